"""A small site on loopback that notes what it is asked and hears what its pages tell."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = """<!doctype html><meta charset="utf-8"><title>{title}</title>
<style>html {{ background: {colour} }} a {{ position: fixed; left: 0; font-size: 60px }}</style>
<body>{body}<script>fetch("/heard?ready" + location.pathname + location.search)</script></body>"""


class Site:
    """`pages` maps a path to the body of a page; `heard` are the paths asked for, in order."""

    def __init__(self, pages: dict[str, str]) -> None:
        self.pages = pages
        self.heard: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.heard.append(self.path)
                path = self.path.split("?")[0]
                if path == "/file":
                    self._answer(b"kept\n", "application/x-ndjson", 'attachment; filename="kept.jsonl"')
                elif path == "/heard":
                    self._answer(b"", "text/plain")
                else:
                    body = site.pages.get(path, "")
                    page = PAGE.format(title=path, colour="#204060", body=body)
                    self._answer(page.encode(), "text/html")

            def _answer(self, content: bytes, kind: str, disposition: str | None = None) -> None:
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Set-Cookie", "session=secret; HttpOnly; SameSite=Strict; Path=/")
                if disposition:
                    self.send_header("Content-Disposition", disposition)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def is_shown(self, path: str) -> bool:
        """Whether a page was shown, its script run."""
        return f"/heard?ready{path}" in self.heard

    @contextmanager
    def open(self) -> Iterator["Site"]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join(5)
