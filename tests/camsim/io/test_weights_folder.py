"""One folder for pretrained weights, and the checked download of what is missing."""

import hashlib
import http.server
import threading

import platformdirs
import pytest

from camsim.io import web, weights_folder
from camsim.io.weights_folder import Published

CONTENT = bytes(range(256)) * 40


@pytest.fixture
def server(monkeypatch):
    """A web server with one file, and the names that it was asked for; it counts as a public one."""
    monkeypatch.setattr(web, "is_public", lambda address: address == "127.0.0.1")
    asked = []

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            found = self.path == "/net-1.pth"
            self.send_response(200 if found else 404)
            self.send_header("Content-Length", str(len(CONTENT) if found else 0))
            self.end_headers()
            self.wfile.write(CONTENT if found else b"")

        def log_message(self, *arguments):
            pass

    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_address[1]}", asked
    running.shutdown()
    running.server_close()


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.delenv(weights_folder.VARIABLE, raising=False)
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda *_, **__: tmp_path / "cache")


def published(url, **changes):
    values = {
        "what": "the net's weights",
        "patterns": ("net*.npz", "net*.pth"),
        "name": "net-1.pth",
        "url": url,
        "digest": f"sha256:{hashlib.sha256(CONTENT).hexdigest()}",
        "size": len(CONTENT),
    }
    return Published(**values | changes)


def test_a_folder_is_that_which_is_given_else_that_of_the_variable(tmp_path, monkeypatch):
    given, named = tmp_path / "given", tmp_path / "named"
    for folder in (given, named):
        folder.mkdir()
        (folder / "net-2.pth").touch()
    file = published("http://127.0.0.1:9/none")
    with pytest.raises(weights_folder.NoWeightsError, match=r"net's weights are needed: a folder with net.*CAM2EYE_W"):
        weights_folder.locate(file)
    assert weights_folder.locate(file, given) == given / "net-2.pth"
    monkeypatch.setenv(weights_folder.VARIABLE, str(named))
    assert weights_folder.locate(file) == named / "net-2.pth"
    assert weights_folder.locate(file, str(given)) == given / "net-2.pth"
    (named / "net.npz").touch()
    assert weights_folder.locate(file) == named / "net.npz"  # the patterns go before the names' order
    with pytest.raises(weights_folder.NoWeightsError, match=r"named: the other's weights are not here: other.npz"):
        weights_folder.locate(published("", what="the other's weights", patterns=("other.npz",)))
    with pytest.raises(ValueError, match=r"none: no such folder of weights$"):
        weights_folder.locate(file, tmp_path / "none")
    monkeypatch.setenv(weights_folder.VARIABLE, str(tmp_path / "none"))
    with pytest.raises(ValueError, match=r"none: no such folder of weights .of the variable CAM2EYE_WEIGHTS."):
        weights_folder.locate(file)


def test_a_download_is_checked_and_done_once(server, tmp_path, monkeypatch):
    url, asked = server
    file = published(f"{url}/net-1.pth")
    for _ in range(2):
        path = weights_folder.locate(file, "download")
        assert path == tmp_path / "cache" / "net-1.pth" and path.read_bytes() == CONTENT
    assert asked == ["/net-1.pth"]
    (tmp_path / "own").mkdir()
    monkeypatch.setenv(weights_folder.VARIABLE, str(tmp_path / "own"))
    assert weights_folder.locate(file, "download") == tmp_path / "own" / "net-1.pth"
    assert weights_folder.locate(file) == tmp_path / "own" / "net-1.pth"  # from then on it is there
    monkeypatch.setenv(weights_folder.VARIABLE, "download")
    assert weights_folder.locate(file) == tmp_path / "cache" / "net-1.pth"
    assert asked == ["/net-1.pth"] * 2
    md5 = published(
        f"{url}/net-1.pth", name="net-3.pth", patterns=("net-3*",), digest=f"md5:{hashlib.md5(CONTENT).hexdigest()}"
    )
    assert weights_folder.locate(md5).read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("path", "changes", "words"),
    [
        ("/net-1.pth", {"digest": "sha256:" + 64 * "0"}, "not the file that was published, its sha256 differs"),
        ("/net-1.pth", {"size": 100}, "larger than 100 bytes"),
        ("/gone", {}, "404 Not Found"),
    ],
)
def test_what_is_not_the_published_file_is_refused_and_not_kept(server, tmp_path, path, changes, words):
    with pytest.raises(weights_folder.NoWeightsError, match=words):
        weights_folder.locate(published(server[0] + path, **changes), "download")
    assert not [kept for kept in tmp_path.rglob("*") if kept.is_file()]


def test_without_network_one_line_says_what_to_do(tmp_path):
    with pytest.raises(weights_folder.NoWeightsError, match=r"cannot be fetched.*put net-1.pth in a folder") as error:
        weights_folder.locate(published("http://127.0.0.1:9/net-1.pth"), "download")
    assert "\n" not in str(error.value)
