"""Fetching from the web: what a server should not answer, where it should not lead, and what is not fetched."""

import contextlib
import itertools
import socketserver
import threading
import time

import pytest

from camsim.io import web

CONTENT = bytes(range(256)) * 100

OK = b"HTTP/1.1 200 OK\r\n"
PIECES = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def pieces(path):
    """What the server says of a path, piece by piece; None waits a little."""
    endless = itertools.repeat(b"x" * (1 << 16))
    sends_on = b"HTTP/1.1 302 Found\r\nLocation: "
    if path.startswith("/to/"):
        return [sends_on + path.removeprefix("/to/").encode() + b"\r\nContent-Length: 0\r\n\r\n"]
    return {
        "/photo%20one.png": [OK + b"Content-Length: %d\r\n\r\n" % len(CONTENT), CONTENT],
        "/pieces": [PIECES + b"6400\r\n", CONTENT, b"\r\n0\r\n\r\n"],
        "/announced": [OK + b"Content-Length: 1000000000000\r\n\r\n"],
        "/endless": itertools.chain([OK + b"\r\n"], endless),
        "/endless/pieces": itertools.chain([PIECES], itertools.repeat(b"1\r\nx\r\n" * 999)),
        "/endless/piece": itertools.chain([PIECES], endless),
        "/endless/behind": itertools.chain([PIECES + b"0\r\n"], itertools.repeat(b"a: b\r\n" * 1000)),
        "/endless/heads": itertools.chain([OK], itertools.repeat(b"a: b\r\n" * 1000)),
        "/endless/head": itertools.chain([OK + b"a: "], endless),
        "/endless/first": endless,
        "/endless/before": itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
        "/endless/sent-on": itertools.chain([sends_on + b"/photo%20one.png\r\n\r\n"], endless),
        "/endless/refusal": itertools.chain([b"HTTP/1.1 404 Not Found\r\n\r\n"], endless),
        "/slow": itertools.chain([OK + b"\r\n"], itertools.cycle([b"x", None])),
        "/slow/head": itertools.chain([OK + b"a: "], itertools.cycle([b"x", None])),
        "/slow/first": itertools.cycle([b"H", None]),
        "/coloured": [b"HTTP/1.1 404 \x1b[31mred\r\nContent-Length: 0\r\n\r\n"],
        "/lies": [OK + b"Content-Length: 100\r\n\r\nshort"],
        "/nonsense": [b"\0\1\2 what is this\r\n\r\n"],
        "/empty": [],
        "/silent": itertools.repeat(None),
        "/round": [sends_on + b"/round\r\nContent-Length: 0\r\n\r\n"],
    }.get(path, [b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"])


class Answers(socketserver.StreamRequestHandler):
    """Notes the first line of what is asked, and answers by the book of `pieces`."""

    def handle(self):
        line = self.rfile.readline().decode()
        while self.rfile.readline().strip():
            pass
        self.server.asked.append((self.server.server_address[0], line.split()[1]))
        with contextlib.suppress(OSError):
            for piece in pieces(line.split()[1].removeprefix("http://public.test")):
                if piece is None and self.server.done.wait(0.02):
                    return
                self.wfile.write(piece or b"")


@contextlib.contextmanager
def serving(address="127.0.0.1", port=0):
    class Server(socketserver.ThreadingTCPServer):
        daemon_threads, allow_reuse_address = True, True

    with Server((address, port), Answers) as running:
        running.asked, running.done = [], threading.Event()
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield running
        running.done.set()
        running.shutdown()


@pytest.fixture(scope="module")
def running():
    with serving() as server:
        yield server


@pytest.fixture
def server(running):
    running.asked.clear()
    return f"http://127.0.0.1:{running.server_address[1]}"


@pytest.fixture
def as_public(monkeypatch):
    """127.0.0.1 counts as an address of the public internet: tests reach no other."""
    judge = web.is_public
    monkeypatch.setattr(web, "is_public", lambda address: address == "127.0.0.1" or judge(address))


@pytest.mark.parametrize("path", ["/photo%20one.png", "/pieces", "/to//photo%20one.png", "/endless/sent-on"])
def test_a_picture_is_fetched(server, path, tmp_path):
    web.fetch(f"{server}{path}", tmp_path / "a", allow_local=True)
    assert (tmp_path / "a").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/gone", "404 Not Found"),
        ("/coloured", r"404 \?\[31mred"),
        ("/announced", "larger than 65536 bytes"),
        ("/endless", "larger than 65536 bytes"),
        ("/endless/pieces", "larger than 65536 bytes"),
        ("/endless/piece", "broke off|larger than"),
        ("/endless/behind", "larger than 65536 bytes"),
        ("/endless/heads", "broke off|larger than"),
        ("/endless/head", "broke off|larger than"),
        ("/endless/first", "broke off|larger than"),
        ("/endless/before", "broke off|larger than"),
        ("/endless/refusal", "404 Not Found"),
        ("/lies", "broke off"),
        ("/nonsense", "no HTTP"),
        ("/empty", "broke off"),
        ("/round", "sends on more than 5 times"),
        ("/to/file:///etc/hostname", "unknown url type: file"),
        ("/to/ftp://127.0.0.1/x.png", "unknown url type: ftp"),
        ("/to/data:image/png;base64,AAAA", "unknown url type: data"),
        ("/to/http://:80/", "unknown url type|no web address"),
        ("/silent", "was silent for 0.3 s"),
    ],
)
def test_what_the_web_should_not_answer_is_one_line(server, path, words, tmp_path):
    with pytest.raises(ValueError, match=words) as refusal:
        web.fetch(f"{server}{path}", tmp_path / "a", limit=1 << 16, silence_s=0.3, total_s=20, allow_local=True)
    assert str(refusal.value).startswith(f"{server}{path}: cannot be fetched") and "\n" not in str(refusal.value)
    assert not (tmp_path / "a").exists() or (tmp_path / "a").stat().st_size <= 1 << 16


@pytest.mark.parametrize("path", ["/slow", "/slow/head", "/slow/first"])
def test_a_server_that_never_falls_silent_is_left_when_the_time_is_over(server, path, tmp_path):
    begun = time.monotonic()
    with pytest.raises(ValueError, match=r"took longer than 0\.3 s"):
        web.fetch(f"{server}{path}", tmp_path / "a", silence_s=5, total_s=0.3, allow_local=True)
    assert time.monotonic() - begun < 5


def test_a_name_that_is_never_resolved_is_not_waited_for(tmp_path):
    never = threading.Event()
    with pytest.raises(ValueError, match=r"took longer than 0\.1 s"):
        web.fetch("http://x.test/", tmp_path / "a", total_s=0.1, resolve=lambda name, port: [str(never.wait(5))])
    never.set()


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://x/y.png", "data:,x", "http://:80/x", "http://[::1"])
def test_other_addresses_are_not_fetched(url, tmp_path):
    with pytest.raises(ValueError, match=r"unknown url type|no web address"):
        web.fetch(url, tmp_path / "a")


# --- addresses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("127.0.0.1", False),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),  # where clouds keep what a machine may do
        ("100.64.0.1", False),  # behind a provider's NAT (RFC 6598)
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),  # IPv4 within IPv6 (RFC 4291)
        ("::ffff:93.184.215.14", True),
        ("::127.0.0.1", False),
        ("64:ff9b::7f00:1", False),  # behind NAT64 (RFC 6052)
        ("64:ff9b::5db8:d70e", True),
        ("2002:7f00:1::", False),  # 6to4 (RFC 3056)
    ],
)
def test_which_addresses_are_public(address, public):
    assert web.is_public(address) is public


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]"])
def test_this_machine_is_not_asked_under_any_of_its_names(server, running, host, tmp_path):
    with pytest.raises(web.LocalAddressError, match="not a public address"):
        web.fetch(server.replace("127.0.0.1", host) + "/pieces", tmp_path / "a")
    assert running.asked == []


def test_a_public_name_that_sends_on_to_this_machine_is_not_followed(server, running, as_public, tmp_path):
    port = running.server_address[1]
    names = {"public.test": ["127.0.0.1"], "inside.test": ["127.0.0.2"]}

    def fetch(path):
        web.fetch(
            f"http://public.test:{port}{path}", tmp_path / "a", resolve=lambda name, port: names.get(name, [name])
        )

    fetch("/to//pieces")
    assert (tmp_path / "a").read_bytes() == CONTENT
    with serving("127.0.0.2", port) as inside:
        for target in (f"http://inside.test:{port}/pieces", f"//127.0.0.2:{port}/pieces"):
            with pytest.raises(web.LocalAddressError, match=r"is at 127\.0\.0\.2"):
                fetch(f"/to/{target}")
        assert inside.asked == []


def test_a_name_is_resolved_once_so_that_it_cannot_turn_to_another_place(server, running, as_public, tmp_path):
    port = running.server_address[1]
    answers = iter([["127.0.0.1"], ["127.0.0.2"], ["127.0.0.2"]])  # public when it is judged, local afterwards
    with serving("127.0.0.2", port) as inside:
        web.fetch(f"http://turns.test:{port}/pieces", tmp_path / "a", resolve=lambda name, port: next(answers))
        assert inside.asked == [] and running.asked == [("127.0.0.1", "/pieces")]
        with pytest.raises(web.LocalAddressError):
            web.fetch(f"http://turns.test:{port}/pieces", tmp_path / "a", resolve=lambda name, port: next(answers))


def test_a_name_of_which_one_address_is_local_is_refused(as_public, tmp_path):
    with pytest.raises(web.LocalAddressError, match=r"both\.test is at 10\.0\.0\.1"):
        web.fetch("http://both.test/", tmp_path / "a", resolve=lambda name, port: ["127.0.0.1", "10.0.0.1"])


def test_a_name_without_an_address_is_not_looked_up_by_anyone_else(server, running, tmp_path):
    with pytest.raises(ValueError, match="localhost has no address"):
        web.fetch(server.replace("127.0.0.1", "localhost") + "/pieces", tmp_path / "a", resolve=lambda name, port: [])
    assert running.asked == []


def test_the_next_address_is_tried_where_one_does_not_answer(server, running, tmp_path):
    port = running.server_address[1]  # where nobody listens at 127.0.0.3
    web.fetch(
        f"http://two.test:{port}/pieces",
        tmp_path / "a",
        allow_local=True,
        resolve=lambda name, port: ["127.0.0.3", "127.0.0.1"],
    )
    assert (tmp_path / "a").read_bytes() == CONTENT


def test_a_proxy_of_the_environment_is_asked_and_local_places_stay_refused(server, running, monkeypatch, tmp_path):
    monkeypatch.setenv("http_proxy", server)
    monkeypatch.delenv("no_proxy", raising=False)
    web.fetch("http://public.test/pieces", tmp_path / "a", resolve=lambda name, port: ["93.184.215.14"])
    assert running.asked == [("127.0.0.1", "http://public.test/pieces")]
    with pytest.raises(web.LocalAddressError):
        web.fetch("http://10.0.0.1/pieces", tmp_path / "a")
