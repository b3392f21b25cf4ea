"""Fetching from the web: what a server should not answer, and what is not fetched."""

import http.server
import threading

import pytest

from camsim.io import web

CONTENT = bytes(range(256)) * 100


@pytest.fixture(scope="module")
def server():
    """A web server with a file, and with what a hostile one would answer."""

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            path = self.path.partition("?")[0]
            if path == "/photo%20one.png":
                self.answer(CONTENT)
            elif path == "/announced":
                self.answer(b"", {"Content-Length": str(10**12)})
            elif path == "/endless":
                self.answer(None, {})
                try:
                    while True:
                        self.wfile.write(bytes(1 << 16))
                except OSError:
                    return
            elif path == "/broken":
                self.answer(b"short", {"Content-Length": "100"})
            elif path.startswith("/to/"):
                self.answer(b"", {"Location": path.removeprefix("/to/")}, 302)
            elif path == "/silent":
                release.wait(5)
            else:
                self.answer(b"", code=404)

        def answer(self, body, headers=None, code=200):
            self.send_response(code)
            for name, value in ({"Content-Length": str(len(body or b""))} if headers is None else headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *arguments):
            pass

    release = threading.Event()
    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_address[1]}"
    release.set()
    running.shutdown()
    running.server_close()


def test_a_picture_is_fetched(server, tmp_path):
    web.fetch(f"{server}/photo%20one.png", tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == CONTENT
    web.fetch(f"{server}/to/{server}/photo%20one.png", tmp_path / "b")  # redirected
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/gone", "404 Not Found"),
        ("/announced", "larger than 65536 bytes"),
        ("/endless", "larger than 65536 bytes"),
        ("/broken", "broke off"),
        ("/to/file:///etc/hostname", "not allowed"),
        ("/to/ftp://127.0.0.1/x.png", "unknown url type: ftp"),
        ("/to/data:image/png;base64,AAAA", "not allowed"),
        ("/silent", "timed out"),
    ],
)
def test_what_the_web_should_not_answer_is_one_line(server, path, words, tmp_path):
    with pytest.raises(ValueError, match=words) as refusal:
        web.fetch(f"{server}{path}", tmp_path / "a", limit=1 << 16, silence_s=0.3)
    assert str(refusal.value).startswith(f"{server}{path}: cannot be fetched") and "\n" not in str(refusal.value)


def test_a_download_that_takes_too_long_is_stopped(server, tmp_path):
    with pytest.raises(ValueError, match="took longer than 0 s"):
        web.fetch(f"{server}/endless", tmp_path / "a", total_s=0.0)


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://x/y.png", "data:,x"])
def test_other_addresses_are_not_fetched(url, tmp_path):
    with pytest.raises(ValueError, match="unknown url type"):
        web.fetch(url, tmp_path / "a")
