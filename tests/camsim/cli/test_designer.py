"""The command that starts the page: what it refuses, whom it listens to, that it ends."""

import json
import os
import signal
import socket
import subprocess
import sys
from importlib import util

import pytest

from camsim.cli import designer


def test_without_the_extra_one_line_says_so(refused, monkeypatch):
    found = util.find_spec
    monkeypatch.setattr(util, "find_spec", lambda name, *a: None if name == "uvicorn" else found(name, *a))
    assert "needs uvicorn: pip install 'cam2eye[designer]'" in refused("camsim", "designer", "--no-browser")


@pytest.fixture
def _extra():
    for name in designer.NEEDED:
        pytest.importorskip(name, reason="the extra `designer` is not installed")


@pytest.mark.usefixtures("_extra")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing.png"], "nothing.png"),
        (["--setting", "f23"], "unknown setting 'f23'"),
        (["--port", "0"], "0 is not in the range"),
        (["--host", "300.1.1.1"], "300.1.1.1"),
    ],
)
def test_what_cannot_be_is_one_line(refused, words, said):
    assert said in refused("camsim", "designer", "--no-browser", *words)


@pytest.mark.usefixtures("_extra")
def test_a_port_that_is_taken_is_said(refused):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert f"127.0.0.1:{port}" in refused("camsim", "designer", "--no-browser", "--port", port)


def test_only_our_own_names_are_answered():
    own = {"127.0.0.1:8262", "localhost:8262", "[::1]:8262"}
    assert set(designer._hosts("127.0.0.1", 8262, ())) == set(designer._hosts("localhost", 8262, ())) == own
    assert designer._hosts("192.0.2.7", 80, ()) == ["192.0.2.7:80"]
    assert designer._hosts("2001:db8::1", 80, ())[0] == "[2001:db8::1]:80"
    assert {"cam.example", "cam.example:8262"} <= set(designer._hosts("127.0.0.1", 8262, ("cam.example",)))


@pytest.mark.slow
@pytest.mark.usefixtures("_extra")
@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent otherwise elsewhere")
def test_ctrl_c_ends_it_though_a_window_is_open(tmp_path):
    from websockets.sync.client import connect

    code = "from camsim.cli.main import main; main()"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-c", code, "designer", "--no-browser", "--json", "--port", str(port)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    assert running.stdout is not None
    told = "".join(iter(lambda: running.stdout.readline(), "}\n")) + "}"
    assert json.loads(told) == {"address": f"http://127.0.0.1:{port}/"}
    with connect(f"ws://127.0.0.1:{port}/socket", origin=f"http://127.0.0.1:{port}") as window:
        window.recv()
        running.send_signal(signal.SIGINT)
        assert running.wait(30) in (0, 130)
    _, words = running.communicate()
    assert "Traceback" not in words
