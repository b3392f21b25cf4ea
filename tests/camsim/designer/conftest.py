"""The designer's server, run in a thread of the tests, and a client that talks to it as a page does."""

import http.client
import json
import socket
import struct
import threading
import time

import numpy as np
import pytest

KINDS = {"uint8": np.uint8, "float32": np.float32}


def unpacked(content):
    """JSON and arrays of an answer, by what `camsim.designer.session.pack` says of itself."""
    (length,) = struct.unpack("<I", content[:4])
    head, body = json.loads(content[4 : 4 + length]), content[4 + length :]
    planes = {}
    for plane in head["planes"]:
        count = int(np.prod(plane["shape"]))
        planes[plane["name"]] = np.frombuffer(body, KINDS[plane["kind"]], count, plane["at"]).reshape(plane["shape"])
    return head, planes


class Server:
    """Where it listens, and what may be asked there."""

    def __init__(self, port):
        self.port = port
        self.host = f"127.0.0.1:{port}"
        self.origin = f"http://{self.host}"

    def http(self, method, path, body=None, **headers):
        """Status, headers and content of an answer; names of headers with underscores."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, dict(answer.getheaders()), content

    def window(self, **headers):
        """A websocket, as a page of ours opens it unless headers say otherwise."""
        from websockets.sync.client import connect

        headers = {"origin": self.origin} | headers
        origin = headers.pop("origin")
        return connect(f"ws://{self.host}/socket", origin=origin, additional_headers=headers, max_size=2**26)


class Window:
    """One window: its session, and questions with their answers."""

    def __init__(self, socket):
        self.socket = socket
        self.session = json.loads(socket.recv())["session"]

    def ask(self, **request):
        self.socket.send(json.dumps(request))
        return self.receive()

    def receive(self):
        return unpacked(self.socket.recv())


@pytest.fixture(scope="session")
def server():
    """A running server; what needs it skips where the extra `designer` is not installed."""
    uvicorn = pytest.importorskip("uvicorn", reason="the extra `designer` is not installed")
    pytest.importorskip("starlette", reason="the extra `designer` is not installed")
    pytest.importorskip("websockets", reason="the extra `designer` is not installed")
    from camsim.cli import designer
    from camsim.designer.server import Start, application

    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    running = designer.server_of(application(Start(), [f"127.0.0.1:{port}"]))
    assert isinstance(running, uvicorn.Server)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    until = time.monotonic() + 30
    while not running.started and time.monotonic() < until:
        time.sleep(0.02)
    yield Server(port)
    running.should_exit = True
    thread.join(10)
    assert not thread.is_alive(), "the server ends when it is asked to"


@pytest.fixture
def window(server):
    """A window that is open."""
    with server.window() as socket:
        yield Window(socket)


@pytest.fixture
def open_window():
    """A window of a websocket that is open."""
    return Window


@pytest.fixture(scope="session")
def camera():
    """A function that gives a built-in camera as the page holds it, with other values by key."""
    from camsim import camera_file
    from camsim.designer import page_form

    def made(setting="f22", **changes):
        values = page_form.to_page(camera_file.load(setting))
        for key, value in changes.items():
            table, _, name = key.partition("__")
            values[table][name] = value
        return values

    return made
