"""A program that reads a file from somebody is run here: with little memory, little time, and maybe no network.

    python -I confined.py <memory, MB> <time, seconds> <online|offline> <program> [argument …]

It knows nothing of Flett: it gets no settings and no secrets, only what the caller puts in its environment. Offline it
moves into a network of its own that leads nowhere (Linux, `unshare`); where the machine forbids that, it ends with
`NO_ISOLATION` and runs nothing.
"""

import ctypes
import os
import resource
import sys

NO_ISOLATION = 77
LARGEST_FILE_MB = 200
_CLONE_NEWNET = 0x40000000
_CLONE_NEWUSER = 0x10000000
_MEGABYTE = 1024 * 1024


def main(arguments: list[str]) -> None:
    memory, seconds, network, *program = arguments
    if network == "offline" and ctypes.CDLL(None).unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        sys.exit(NO_ISOLATION)
    for what, most in (
        (resource.RLIMIT_AS, int(memory) * _MEGABYTE),
        (resource.RLIMIT_CPU, int(seconds)),
        (resource.RLIMIT_FSIZE, LARGEST_FILE_MB * _MEGABYTE),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    os.execvp(program[0], program)  # noqa: S606 – that is what it is for


if __name__ == "__main__":
    main(sys.argv[1:])
