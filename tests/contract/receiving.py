"""A receiver of webhooks on this machine."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "T000/B000/s3cr3t"


@dataclass(slots=True)
class Receiver:
    """What the other side got, and what it answers; `silent` lets it keep quiet until it is set."""

    url: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    got: list[tuple[str, str | None, Any]] = field(default_factory=list)
    raw: list[tuple[dict[str, str], bytes]] = field(default_factory=list)  # headers and body
    silent: threading.Event | None = None


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            made.got.append((self.path, self.headers["Content-Type"], json.loads(raw)))
            made.raw.append((dict(self.headers), raw))
            if made.silent is not None:
                made.silent.wait(5)
                return
            self.send_response(made.status)
            for name, value in {"Content-Length": "2", **made.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        scheme = "https" if tls else "http"
        made = Receiver(url=f"{scheme}://127.0.0.1:{server.server_port}/services/{SECRET}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        if made.silent is not None:
            made.silent.set()
        server.shutdown()
        thread.join()
