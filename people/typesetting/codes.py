"""The short code that stands on a certificate, and is typed by whoever checks it."""

import secrets

ALPHABET = "34679CDFGHJKMNPQRTVWXY"
"""No 0/O, 1/I/L, 2/Z, 5/S, 8/B or U/V pair, and no A or E, so that no word comes out of it."""
LENGTH = 12
"""22 ** 12 codes: 53 bits. Whoever tries a thousand a second meets a real one of a million in 400 years."""
GROUP = 4


def make_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def show_code(code: str) -> str:
    """In groups of four, as it is printed: `34CD-FGHJ-KMNP`."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def read_code(typed: str) -> str:
    """What somebody typed, as it is kept; empty where it can be no code."""
    bare = "".join(letter for letter in typed.upper() if letter not in " -–—\u00a0\t\r\n")
    return bare if len(bare) == LENGTH and set(bare) <= set(ALPHABET) else ""
