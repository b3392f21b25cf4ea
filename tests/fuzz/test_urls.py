"""Web addresses: what a server of our own answers, and where it leads."""

import contextlib
import itertools
import socketserver
import threading

import pytest
from fuzzing import edits, picture_files
from fuzzing.door import Case
from hypothesis import strategies as st

pytestmark = pytest.mark.slow


class Answers(socketserver.StreamRequestHandler):
    """Sends the pieces that are kept for an address; None waits a little."""

    def handle(self):
        path = self.rfile.readline().split()[1].decode()
        while self.rfile.readline().strip():
            pass
        with contextlib.suppress(OSError):
            for piece in self.server.pieces.get(path, lambda: [b"HTTP/1.1 404 Gone\r\n\r\n"])():
                if piece is None and self.server.done.wait(0.05):
                    return
                self.wfile.write(piece or b"")


@pytest.fixture
def server():
    class Server(socketserver.ThreadingTCPServer):
        daemon_threads, allow_reuse_address, block_on_close = True, True, False

    with Server(("127.0.0.1", 0), Answers) as running:
        running.pieces, running.done = {}, threading.Event()
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield running
        running.done.set()
        running.shutdown()


GOOD = sorted(picture_files.sound())

STATUS = [b"HTTP/1.1 200 OK"] * 6 + [
    *(
        b"HTTP/1.0 200 OK",
        b"HTTP/1.1 203 x",
        b"HTTP/1.1 206 Part",
        b"HTTP/1.1 404 \x1b[2J",
        b"HTTP/1.1 500 ",
        b"HTTP/1.1 999",
    ),
    *(b"HTTP/1.1 100 Continue", b"HTTP/2 200", b"ICY 200 OK", b"HTTP/1.1 -1 x", b"HTTP/9.9 200 OK", b"", b"200", b"\0"),
]
SENT_ON = [b"HTTP/1.1 %d On" % code for code in (301, 302, 303, 307, 308)]

HEADS = [
    *(
        b"Content-Length: 99999999999",
        b"Content-Length: -1",
        b"Content-Length: 10",
        b"Content-Length: x",
        b"Content-Length: ",
    ),
    *(b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip", b"Content-Encoding: gzip", b"Content-Encoding: br"),
    *(
        b"Content-Type: text/html",
        b"Connection: keep-alive",
        b"Set-Cookie: a=b",
        b"a" * 3000 + b": b",
        b"a: " + b"b" * 70_000,
    ),
    *(
        b" folded",
        b"no colon",
        b": empty",
        b"\xff\xfe: x",
        b"a: \0",
        b"Location: /good",
        b"Content-Disposition: ../../x",
    ),
]

PLACES = [
    *(
        "/good",
        "/good",
        "SELF",
        "//127.0.0.1:PORT/good",
        "http://localhost:PORT/good",
        "http://[::1]:PORT/good",
        "?x",
        "#x",
    ),
    *(
        "http://0x7f000001:PORT/good",
        "http://2130706433:PORT/good",
        "http://127.1:PORT/good",
        "http://user:p@127.0.0.1:PORT/good",
    ),
    *(
        "http://127.0.0.1:1/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:x/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
    ),
    *(
        "gopher://127.0.0.1:PORT/x",
        "https://127.0.0.1:PORT/good",
        "",
        "http://",
        "http:///good",
        "/" + "a" * 9000,
        "/a b\x7f",
    ),
    *("http://169.254.169.254/x", "http://0.0.0.0:PORT/good", "http://[::ffff:127.0.0.1]:PORT/good", "/%00", "/\xe9"),
]

ANSWERS = st.tuples(
    st.sampled_from(GOOD),
    st.one_of(st.just([]), edits.few(edits.byte_edit)),
    st.sampled_from(["length", "length", "pieces", "pieces", "end", "none"]),
    st.one_of(
        st.tuples(st.sampled_from(STATUS), st.just("")), st.tuples(st.sampled_from(SENT_ON), st.sampled_from(PLACES))
    ),
    st.one_of(st.just([]), st.just([]), st.lists(st.sampled_from(HEADS), max_size=2)),
    st.one_of(st.just([]), st.just([]), edits.few(edits.byte_edit)),
    st.sampled_from([True, True, True, False]),
)


def answer(body, *, framing, status=b"HTTP/1.1 200 OK", heads=()):
    """A whole answer."""
    heads = list(heads)
    if framing == "length":
        heads.append(b"Content-Length: %d" % len(body))
    elif framing == "pieces":
        heads.append(b"Transfer-Encoding: chunked")
        pieces = [body[at : at + 999] for at in range(0, len(body), 999)]
        body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""])
    return b"\r\n".join([status, *heads, b"", body])


OK = b"HTTP/1.1 200 OK\r\n"
PIECES = OK + b"Transfer-Encoding: chunked\r\n\r\n"
ENDLESS = b"x" * (1 << 16)

#: Servers that never come to an end, or lie.
CORPUS = {
    "silent": lambda: itertools.repeat(None),
    "slow": lambda: itertools.chain([OK + b"\r\n"], itertools.cycle([b"x", None])),
    "slow head": lambda: itertools.chain([OK + b"a: "], itertools.cycle([b"x", None])),
    "slow status": lambda: itertools.cycle([b"H", None]),
    "endless": lambda: itertools.chain([OK + b"\r\n"], itertools.repeat(ENDLESS)),
    "endless pieces": lambda: itertools.chain([PIECES], itertools.repeat(b"1\r\nx\r\n" * 999)),
    "endless piece": lambda: itertools.chain([PIECES], itertools.repeat(ENDLESS)),
    "endless behind": lambda: itertools.chain([PIECES + b"0\r\n"], itertools.repeat(b"a: b\r\n" * 999)),
    "endless heads": lambda: itertools.chain([OK], itertools.repeat(b"a: b\r\n" * 999)),
    "endless head": lambda: itertools.chain([OK + b"a: "], itertools.repeat(ENDLESS)),
    "endless before": lambda: itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n" * 999),
    "endless refusal": lambda: itertools.chain([b"HTTP/1.1 404 Gone\r\n\r\n"], itertools.repeat(ENDLESS)),
    "announced": lambda: [OK + b"Content-Length: 1000000000000\r\n\r\n"],
    "short": lambda: [OK + b"Content-Length: 100\r\n\r\nshort"],
    "empty": list,
    "nonsense": lambda: [b"\0\1\2 what is this\r\n\r\n"],
    "postscript": lambda: [answer(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n", framing="length")],
}


def test_urls(fuzz, server):
    port = server.server_address[1]
    rgb = answer(picture_files.sound()["rgb.png"][0], framing="length")
    server.pieces["/good"] = lambda: [rgb]
    number = itertools.count()

    def asking(pieces, *, allow_local=True, accepted=None):
        path = f"/{next(number)}"
        server.pieces[path] = pieces
        words = ("doors", "fetch", f"http://127.0.0.1:{port}{path}", *["--allow-local"] * allow_local)
        return Case(words=words, files={}, accepted=accepted if allow_local else False)

    def answered(drawn):
        name, body_edits, framing, (status, place), heads, all_edits, allow_local = drawn
        if place:
            place = place.replace("PORT", str(port)).replace("SELF", "/round")
            heads = [b"Location: " + place.encode("latin-1"), *heads]
        body = edits.edit_bytes(picture_files.sound()[name][0], body_edits)
        whole = edits.edit_bytes(answer(body, framing=framing, status=status, heads=heads), all_edits)
        return asking(lambda: [whole], allow_local=allow_local)

    server.pieces["/round"] = lambda: [b"HTTP/1.1 302 On\r\nLocation: /round\r\nContent-Length: 0\r\n\r\n"]
    corpus = [asking(pieces) for pieces in CORPUS.values()]
    sent_on = b"HTTP/1.1 302 Found\r\nLocation: /good\r\n\r\n"
    corpus.append(asking(lambda: itertools.chain([sent_on], itertools.repeat(ENDLESS)), accepted=True))
    corpus.append(asking(lambda: [rgb], accepted=True))
    corpus.append(asking(lambda: [rgb], allow_local=False))
    fuzz("web addresses", ANSWERS, answered, corpus=corpus, count=350)
