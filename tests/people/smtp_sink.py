"""A mail server that keeps what it is given: `with serve_sink() as sink: …; sink.wait_for("kari@example.org")`.

`sink.answers` is asked before each command, in small letters, and may answer in its own way:
`lambda line: "450 later"`, or None for the usual answer. Raising `HangUp` ends the connection. `sink.kept` is told of
each message before the client is.
"""

import contextlib
import email
import email.policy
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage


class HangUp(Exception):  # noqa: N818 – what the server does
    """End the connection without a word."""


@dataclass
class Sink:
    port: int = 0
    messages: list[EmailMessage] = field(default_factory=list)
    connections: int = 0
    answers: Callable[[str], str | None] = lambda line: None
    kept: Callable[[EmailMessage], None] = lambda message: None

    def to(self, address: str) -> list[EmailMessage]:
        return [message for message in list(self.messages) if address in str(message["To"])]

    def wait_for(self, address: str, *, count: int = 1, seconds: float = 20) -> EmailMessage:
        """The `count`th message to this address. Raises AssertionError where it does not come."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = self.to(address)
            if len(found) >= count:
                return found[count - 1]
            time.sleep(0.05)
        raise AssertionError(f"no mail number {count} to {address}")


@contextlib.contextmanager
def serve_sink() -> Iterator[Sink]:
    sink = Sink()

    class Handler(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def handle(self) -> None:
            sink.connections += 1
            with contextlib.suppress(HangUp):
                self.converse()

        def converse(self) -> None:
            self.say("220 sink")
            while line := self.rfile.readline():
                verb = line[:4].upper().strip()
                if answer := sink.answers(line.decode().strip().lower()):
                    self.say(answer)
                elif verb == b"DATA":
                    self.say("354 go on")
                    lines = []
                    while (line := self.rfile.readline()) not in {b".\r\n", b""}:
                        lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
                    message = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
                    sink.messages.append(message)  # type: ignore[arg-type]
                    sink.kept(message)  # type: ignore[arg-type]
                    self.say("250 kept")
                elif verb == b"QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 ok")

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        sink.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield sink
        server.shutdown()
        thread.join(5)
