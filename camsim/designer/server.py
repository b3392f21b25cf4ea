"""The server of the page: files of the page, one websocket per window, uploads and downloads.

A websocket is a session. Only its newest question is answered: what came before it and was not yet begun is dropped.
All rendering is done by one thread, so that windows wait for each other and not for the processor.
"""

import asyncio
import contextlib
import functools
import json
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, TypeVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket, WebSocketDisconnect

from camsim._version import __version__
from camsim.arguments import one_line
from camsim.camera import Camera
from camsim.camera_file import builtin_names, file_schema, load
from camsim.designer import measures, page_form, scenes, take_away
from camsim.designer.guard import Guard
from camsim.designer.request import Request
from camsim.designer.session import Session, pack
from camsim.io import text_file
from camsim.light import illuminants

#: Windows at a time; bytes of an uploaded scene, camera file and file of a camera; bytes of a message.
MAX_SESSIONS = 8
MAX_UPLOAD = {"scene": 64 << 20, "camera": 256 << 10, "file": 16 << 20}
MAX_MESSAGE = 64 << 10

#: The header of everything that belongs to a session.
HEADER = "x-camsim-session"

_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

_log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Start:
    """What the page begins with."""

    camera: Camera = field(default_factory=lambda: load("f22"))
    files: page_form.Files = field(default_factory=dict)
    opened: Mapping[str, scenes.Picture] = field(default_factory=dict)


class Designer:
    """The sessions of one server."""

    def __init__(self, start: Start) -> None:
        self._start = start
        self._sessions: dict[str, Session] = {}
        self._thread = ThreadPoolExecutor(1, "camera")

    def close(self) -> None:
        """End every session."""
        for session in self._sessions.values():
            session.close()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _do(self, session: Session, work: Callable[[], T]) -> T | str:
        """What the work gives, or in one line what was wrong with the request."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except MemoryError:
            return "not enough memory for this"
        except (ValueError, OSError) as error:
            return session.clean(one_line(str(error)))
        except Exception:  # noqa: BLE001  # one window's fault is not to end the others
            _log.exception("a fault of this program")
            return "a fault of this program: the terminal has its traceback"

    # --- the websocket ------------------------------------------------------------------------------------------------

    async def socket(self, socket: WebSocket) -> None:
        """A window, from its first question to its end."""
        await socket.accept()
        if len(self._sessions) >= MAX_SESSIONS:
            await socket.close(1013, f"{MAX_SESSIONS} windows are open: close one")
            return
        name, session = secrets.token_urlsafe(24), Session(self._start.opened, self._start.files)
        self._sessions[name] = session
        try:
            await socket.send_json({"session": name})
            await self._converse(socket, session)
        finally:
            del self._sessions[name]
            session.close()

    async def _converse(self, socket: WebSocket, session: Session) -> None:
        newest: asyncio.Queue[str] = asyncio.Queue(1)

        async def listen() -> None:
            with contextlib.suppress(WebSocketDisconnect):
                while True:
                    text = await socket.receive_text()
                    with contextlib.suppress(asyncio.QueueEmpty):
                        newest.get_nowait()
                    newest.put_nowait(text)

        async def reply() -> None:
            while True:
                text = await newest.get()
                answer = await self._do(session, functools.partial(_answer, session, text))
                if isinstance(answer, str):
                    answer = pack({"id": _id(text), "error": answer}, {})
                await socket.send_bytes(answer)

        both = [asyncio.ensure_future(work()) for work in (listen, reply)]
        try:
            done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # the window went as it was answered
                    task.result()
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)

    # --- HTTP ---------------------------------------------------------------------------------------------------------

    def _session(self, request: HttpRequest) -> Session:
        session = self._sessions.get(request.headers.get(HEADER, ""))
        if session is None:
            raise HTTPException(403, "no such session")
        return session

    async def start(self, request: HttpRequest) -> Response:
        """What the page is made from."""
        return JSONResponse(await asyncio.to_thread(_start, self._start))

    async def thumbnail(self, request: HttpRequest) -> Response:
        """A built-in scene, small."""
        source = request.path_params["source"]
        if source not in [scene.source for scene in scenes.builtin()]:
            raise HTTPException(404)
        return Response(await asyncio.to_thread(take_away.thumbnail, source), media_type="image/webp")

    async def upload(self, request: HttpRequest) -> Response:
        """A scene, a camera file, or a file of a camera; its bytes are counted as they come."""
        session, kind = self._session(request), request.path_params["kind"]
        if kind not in MAX_UPLOAD:
            raise HTTPException(404)
        name = request.path_params["name"].strip()[-120:]
        path = session.place(name)
        if not name or path.parent != session.folder or path.name in ("", ".", ".."):
            raise HTTPException(400, "a file needs a name")
        await _receive(request, path, MAX_UPLOAD[kind])
        taken = await self._do(session, lambda: _taken(session, kind, path))
        if kind != "file":
            path.unlink(missing_ok=True)
        return JSONResponse(
            {"error": taken} if isinstance(taken, str) else taken, 400 if isinstance(taken, str) else 200
        )

    async def take(self, request: HttpRequest) -> Response:
        """One of the things to take away, of the state that is sent."""
        session, kind = self._session(request), request.path_params["kind"]
        if kind not in take_away.KINDS:
            raise HTTPException(404)
        text = (await _body(request, MAX_MESSAGE)).decode(errors="replace")

        def work() -> bytes:
            asked = _request(text)
            camera = session.camera(asked, asked.side)
            return take_away.make(kind, session.picture(asked.source), camera, asked.seed)

        made = await self._do(session, work)
        if isinstance(made, str):
            return JSONResponse({"error": made}, 400)
        return Response(made, media_type="application/octet-stream")


def _start(start: Start) -> dict[str, Any]:
    cameras = [load(name) for name in builtin_names()]
    presets = [{"name": c.name, "words": c.description, "camera": page_form.to_page(c)} for c in cameras]
    if start.camera not in cameras:
        own = page_form.to_page(start.camera)
        presets.insert(0, {"name": start.camera.name, "words": start.camera.description, "camera": own})
    files = [scenes.Scene(f"file:{name}", name, "Yours", "", "", "") for name in start.opened]
    return {
        "version": __version__,
        "schema": file_schema(),
        "presets": presets,
        "setting": start.camera.name,
        "source": files[0].source if files else "photo:astronaut",
        "scenes": [
            {"source": s.source, "name": s.name, "group": s.group, "words": s.words}
            for s in (*files, *scenes.builtin())
        ],
        "illuminants": illuminants.names(),
        "measures": measures.names(),
        "take": list(take_away.KINDS),
    }


def _request(text: str) -> Request:
    values = text_file.parse_json(text, "request")
    if not isinstance(values, dict):
        raise ValueError("a request is a table of keys and values")
    return Request(**values)


def _id(text: str) -> int:
    """The number of a request that may be broken."""
    try:
        found = json.loads(text)["id"]
        return found if isinstance(found, int) else 0
    except (ValueError, KeyError, TypeError, RecursionError):
        return 0


def _answer(session: Session, text: str) -> bytes:
    return pack(*session.answer(_request(text)))


def _taken(session: Session, kind: str, path: "scenes.Path") -> dict[str, Any]:
    if kind == "scene":
        return session.take_scene(path)
    if kind == "file":
        return session.take_file(path)
    values = text_file.read_toml(path)
    values.setdefault("name", path.stem)
    return {"camera": page_form.to_page(page_form.from_page(values, session.files))}


async def _pieces(request: HttpRequest, limit: int) -> AsyncIterator[bytes]:
    """The body as it comes; 413 as soon as it is too long, whatever its header said."""
    length = request.headers.get("content-length", "0")
    total = int(length) if length.isdigit() else 0
    if total > limit:
        raise HTTPException(413, f"more than {limit >> 10} kB")
    total = 0
    async for piece in request.stream():
        total += len(piece)
        if total > limit:
            raise HTTPException(413, f"more than {limit >> 10} kB")
        yield piece


async def _body(request: HttpRequest, limit: int) -> bytes:
    return b"".join([piece async for piece in _pieces(request, limit)])


async def _receive(request: HttpRequest, path: "scenes.Path", limit: int) -> None:
    try:
        with path.open("wb") as file:
            async for piece in _pieces(request, limit):
                file.write(piece)
    except (HTTPException, ClientDisconnect, OSError):
        path.unlink(missing_ok=True)
        raise


def _page() -> dict[str, tuple[bytes, str]]:
    """The files of the page by name: no other file can be asked for."""
    folder = resources.files("camsim") / "designer" / "page"
    return {
        file.name: (file.read_bytes(), _TYPES[ending])
        for file in folder.iterdir()
        if (ending := f".{file.name.rpartition('.')[2]}") in _TYPES
    }


async def _refused(request: HttpRequest, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code)


def application(start: Start, hosts: Iterable[str]) -> ASGIApp:
    """The server as an ASGI application that answers for `hosts` alone, each with its port."""
    designer, page = Designer(start), _page()

    async def file(request: HttpRequest) -> Response:
        name = request.path_params.get("name", "index.html")
        if name not in page:
            raise HTTPException(404)
        content, kind = page[name]
        return Response(content, media_type=kind)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        designer.close()

    routes = [
        Route("/", file),
        Route("/page/{name}", file),
        Route("/start", designer.start),
        Route("/thumbnail/{source}", designer.thumbnail),
        Route("/upload/{kind}/{name}", designer.upload, methods=["PUT"]),
        Route("/take/{kind}", designer.take, methods=["POST"]),
        WebSocketRoute("/socket", designer.socket),
    ]
    return Guard(Starlette(routes=routes, lifespan=lifespan, exception_handlers={HTTPException: _refused}), hosts)
