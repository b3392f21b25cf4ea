"""Downloads that break off, and servers that do not keep to what they say."""

import contextlib
import hashlib
import http.server
import json
import threading

import numpy as np
import pytest

from camsim.io import download as downloads
from camsim.io import web

CONTENT = np.random.default_rng(0).bytes(300_000)


class Server(http.server.ThreadingHTTPServer):
    """Serves CONTENT; what it does wrong is set on it. `asked` has the range of every request."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answers)
        self.asked, self.content, self.tag = [], CONTENT, '"one"'
        self.cut_after, self.ranges, self.announce, self.shift = None, True, None, 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/set.zip"


class Answers(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        about, asked = self.server, self.headers.get("Range")
        about.asked.append(asked)
        first = 0
        if asked and about.ranges and self.headers.get("If-Range") == about.tag:
            first = int(asked.removeprefix("bytes=").removesuffix("-"))
            if first >= len(about.content):
                self.send_response(416)
                if first == len(about.content):
                    self.send_header("Content-Range", f"bytes */{first + about.shift}")
                self.end_headers()
                return
            self.send_response(206)
            last = len(about.content) - 1
            self.send_header("Content-Range", f"bytes {first + about.shift}-{last}/{len(about.content)}")
        else:
            self.send_response(200)
        body = about.content[first:]
        self.send_header("Content-Length", str(len(body) if about.announce is None else about.announce))
        if about.tag:
            self.send_header("ETag", about.tag)
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body if about.cut_after is None else body[: about.cut_after])
        self.close_connection = True


@pytest.fixture
def server():
    with Server() as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield running
        running.shutdown()


def fetch(server, into, **options):
    came = []
    given = {"limit": 1 << 20, "size": len(CONTENT), "silence_s": 5, "total_s": 20, "pause_s": 0.001} | options
    downloads.download(server.url, into, step=came.append, allow_local=True, **given)
    return came


def test_a_file_comes_whole_and_every_byte_is_told(server, tmp_path):
    came = fetch(server, tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == CONTENT and sum(came) == len(CONTENT)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_what_is_cut_again_and_again_goes_on_where_it_was(server, tmp_path):
    server.cut_after = 40_000
    came = fetch(server, tmp_path / "a")
    assert hashlib.sha256((tmp_path / "a").read_bytes()).digest() == hashlib.sha256(CONTENT).digest()
    assert server.asked == [None, *(f"bytes={n}-" for n in range(40_000, 300_000, 40_000))]
    assert sum(came) == len(CONTENT)


def test_a_later_call_goes_on_where_an_earlier_one_was_cut_for_good(server, tmp_path):
    server.cut_after = 100_000
    server.ranges = False  # begins anew every time, and never ends
    with pytest.raises(web.BrokenOffError, match="broke off"):
        fetch(server, tmp_path / "a")
    assert not (tmp_path / "a").exists() and (tmp_path / "a.part").stat().st_size == 100_000
    server.cut_after, server.ranges = None, True
    came = fetch(server, tmp_path / "a")
    assert server.asked[-1] == "bytes=100000-" and came[0] == 100_000 and sum(came) == len(CONTENT)
    assert (tmp_path / "a").read_bytes() == CONTENT


def test_a_server_that_ignores_ranges_gives_the_file_from_its_beginning(server, tmp_path):
    (tmp_path / "a.part").write_bytes(b"some other beginning")
    (tmp_path / "a.part.json").write_text(json.dumps({"url": server.url, "validator": '"one"'}))
    server.ranges = False
    came = fetch(server, tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == CONTENT and sum(came) == len(CONTENT)


def test_a_file_that_changed_meanwhile_is_not_mixed_with_the_old_one(server, tmp_path):
    server.cut_after, server.ranges = 100_000, False
    with pytest.raises(ValueError, match="broke off"):
        fetch(server, tmp_path / "a")
    server.cut_after, server.ranges, server.tag = None, True, '"two"'
    server.content = bytes(len(CONTENT))
    fetch(server, tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == bytes(len(CONTENT))


@pytest.mark.parametrize("tag", ["", 'W/"weak"'])
def test_without_a_strong_tag_nothing_is_gone_on_with(server, tmp_path, tag):
    """RFC 9110, 13.1.5: a weak validator does not tell whether two files are the same to the byte."""
    server.tag, server.cut_after, server.ranges = tag, 100_000, False
    with pytest.raises(ValueError, match="broke off"):
        fetch(server, tmp_path / "a")
    server.cut_after = None
    fetch(server, tmp_path / "a")
    assert set(server.asked) == {None} and (tmp_path / "a").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("wrong", "options", "words"),
    [
        ({"announce": 400_000}, {}, "it has 400000 bytes, not 300000"),
        ({"announce": 400_000, "shift": 1}, {"size": 0}, "of no use"),
        ({"announce": 2 << 20}, {"size": 0}, "larger than 1048576 bytes"),
        ({"content": CONTENT[:1000]}, {}, "it has 1000 bytes, not 300000"),
        ({"content": bytes(2 << 20)}, {"size": 0}, "larger than 1048576 bytes"),
        ({"announce": 1000}, {"size": 300_000}, "it has 1000 bytes, not 300000"),
        ({"cut_after": 50_000, "shift": 7}, {}, "another part than it was asked for"),
    ],
)
def test_a_server_that_lies_is_one_line_and_leaves_no_file(server, tmp_path, wrong, options, words):
    for name, value in wrong.items():
        setattr(server, name, value)
    with pytest.raises(ValueError, match=words) as refusal:
        fetch(server, tmp_path / "a", **options)
    assert "\n" not in str(refusal.value) and not (tmp_path / "a").exists()


def test_what_had_come_whole_before_the_process_was_killed_does_not_come_again(server, tmp_path):
    (tmp_path / "a.part").write_bytes(CONTENT)
    (tmp_path / "a.part.json").write_text(json.dumps({"url": server.url, "validator": '"one"'}))
    fetch(server, tmp_path / "a")
    assert server.asked == ["bytes=300000-"] and (tmp_path / "a").read_bytes() == CONTENT


def test_what_lies_there_and_is_no_part_of_it_is_thrown_away(server, tmp_path):
    (tmp_path / "a.part").write_bytes(bytes(400_000))
    (tmp_path / "a.part.json").write_text(json.dumps({"url": server.url, "validator": '"one"'}))
    with pytest.raises(ValueError, match="of no use"):
        fetch(server, tmp_path / "a")
    fetch(server, tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == CONTENT


def test_without_a_network_it_is_one_line_at_once(tmp_path):
    with pytest.raises(ValueError, match="no connection"):
        downloads.download("http://127.0.0.1:9/x", tmp_path / "a", limit=10, allow_local=True)
    assert list(tmp_path.iterdir()) == []


def test_local_addresses_are_not_asked(server, tmp_path):
    with pytest.raises(web.LocalAddressError):
        downloads.download(server.url, tmp_path / "a", limit=10)
    assert server.asked == []
