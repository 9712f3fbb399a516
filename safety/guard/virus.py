"""Ask ClamAV about a file, where FLETT_CLAMAV says that there is one (clamd's INSTREAM, clamd(8)).

Each chunk goes with its length before it, four bytes, and a chunk of nothing ends the stream; the answer ends with a
zero byte. Without the setting nothing is asked; with it, no answer means no file.

The file that scanners have agreed to find for a try (EICAR, eicar.org) is found here too, with or without a scanner,
also packed: whoever tries the door sees that it is one.
"""

import re
import socket
import struct
import zipfile
import zlib
from io import BytesIO
from typing import IO

from django.conf import settings
from django.utils.translation import gettext as _

from safety.files import FileRefusedError

TIMEOUT = 30.0
"""Seconds, for connecting and for each answer."""
_CHUNK = 64 * 1024
_TRIAL = re.compile(rb"X5O!P%@AP\[4\\PZX54\(P\^\)7CC\)7\}\$" + rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!")
_TRIAL_PARTS = 5_000
_TRIAL_PART_BYTES = 64 * 1024
_TRIAL_DEPTH = 3
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)


def refuse_viruses(file: IO[bytes]) -> None:
    """Raise FileRefusedError when the scanner finds something, refuses the size, or does not answer."""
    address: str = getattr(settings, "CLAMAV", "")
    file.seek(0)
    if _has_trial(file.read()):
        file.seek(0)
        raise FileRefusedError(_found_message())
    file.seek(0)
    if not address:
        return
    try:
        answer = _ask(file, address)
    except OSError as error:
        raise FileRefusedError(
            _("Viruskontrollen svarer ikke, så filen kan ikke tas imot nå. Prøv igjen om litt.")
        ) from error
    finally:
        file.seek(0)
    if answer.endswith("FOUND"):
        raise FileRefusedError(_found_message())
    if not answer.endswith("OK"):
        raise FileRefusedError(_("Viruskontrollen kunne ikke lese filen, så den er ikke tatt imot."))


def _found_message() -> str:
    return _("Viruskontrollen fant noe skadelig i filen. Den er ikke tatt imot.")


def _has_trial(content: bytes, depth: int = 0) -> bool:
    """Whether the trial file is in it, or in a small part of a zip, or of a zip in that."""
    if _TRIAL.search(content):
        return True
    if depth > _TRIAL_DEPTH or not content.startswith(b"PK"):
        return False
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            for entry in archive.infolist()[:_TRIAL_PARTS]:
                if entry.file_size > _TRIAL_PART_BYTES or entry.is_dir():
                    continue
                with archive.open(entry) as part:
                    if _has_trial(part.read(_TRIAL_PART_BYTES), depth + 1):
                        return True
    except _UNREADABLE:
        return False  # what it is instead, others say
    return False


def _ask(file: IO[bytes], address: str) -> str:
    with _connection(address) as connection:
        connection.sendall(b"zINSTREAM\0")
        try:
            while chunk := file.read(_CHUNK):
                connection.sendall(len(chunk).to_bytes(4, "big") + chunk)
            connection.sendall(bytes(4))
        except (BrokenPipeError, ConnectionResetError):
            pass  # the scanner has heard enough; what it says about it can still be read
        answer = b""
        while not answer.endswith(b"\0") and len(answer) < 4096:
            part = connection.recv(4096)
            if not part:
                break
            answer += part
    return answer.rstrip(b"\0\n").decode("utf-8", "replace").strip()


def _connection(address: str) -> socket.socket:
    """To «host:port», or to the socket at a path."""
    if address.startswith("/"):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(TIMEOUT)
        try:
            connection.connect(address)
        except OSError:
            connection.close()
            raise
        return connection
    host, _colon, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=TIMEOUT)
