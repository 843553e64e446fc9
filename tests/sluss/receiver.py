"""A real HTTP server on this machine that takes deliveries and answers as it is told."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import msgspec


class Receiver:
    """Use as a context; ``deliveries`` are the decoded bodies in the order of their arrival."""

    def __init__(self, port: int = 0) -> None:
        self.deliveries: list[Any] = []
        self.credentials: list[str] = []
        self.status = 202
        self.delay_s = 0.0
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def push_ids(self) -> list[int]:
        return [delivery["resource"]["pushId"] for delivery in self.deliveries]

    def _handler(receiver) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - its handler has the self
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                time.sleep(receiver.delay_s)
                if receiver.status == 202:
                    receiver.deliveries.append(msgspec.json.decode(body))
                    receiver.credentials.append(self.headers["Authorization"])
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler
