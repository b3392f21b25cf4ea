"""The `camsim designer` command."""

import contextlib
import ipaddress
import os
import socket
import threading
import webbrowser
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING

import click

from camsim.cli import console
from camsim.cli.console import Console
from camsim.cli.settings import SETTING_HELP

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import ASGIApp

    from camsim.designer.server import Start

#: What the page needs beyond the camera.
NEEDED = ("starlette", "uvicorn", "websockets")

#: The port where none is given, and how many after it are tried where it is taken.
PORT, TRIES = 8262, 20


@click.command(short_help="Change a camera in the browser and see at once.")
@click.argument("photos", nargs=-1, type=click.Path(path_type=Path), metavar="[PHOTO]...")
@click.option("--setting", default="f22", show_default=True, metavar="NAME", help=f"{SETTING_HELP} To begin with.")
@click.option(
    "--port", type=click.IntRange(1, 65535), help=f"Where it listens.  [default: {PORT}, or the next free one]"
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="Address to listen on: keep it to yourself.",
)
@click.option(
    "--allow-host", "names", multiple=True, metavar="NAME", help="Another name that browsers reach it by. Repeatable."
)
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@console.reporting
def designer(
    photos: tuple[Path, ...],
    setting: str,
    port: int | None,
    host: str,
    names: tuple[str, ...],
    no_browser: bool,
    console: Console,
) -> None:
    """Change a camera in the browser and see at once what it sees; Ctrl-C ends it.

    PHOTO is a picture or a hyperspectral scene of your own; built-in photographs and charts are there. The page talks
    to this program alone, and no other host is ever asked for anything.
    """
    missing = [name for name in NEEDED if util.find_spec(name) is None]
    if missing:
        raise click.UsageError(f"the designer needs {', '.join(missing)}: pip install 'cam2eye[designer]'")
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")  # before numpy is loaded: waiting threads would take the processor
    start = _start(photos, setting)
    with _listening(host, port) as listener:
        port = listener.getsockname()[1]
        if not _is_loopback(host):
            console.info(f"warning: whoever reaches {host} can use this page and this machine's processor")
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{port}/"
        from camsim.designer.server import application

        console.result(f"Camera Designer: {address}  (Ctrl-C ends it)", {"address": address})
        if not no_browser:
            threading.Timer(0.5, webbrowser.open, [address]).start()
        server_of(application(start, _hosts(host, port, names))).run(sockets=[listener])


def _start(photos: tuple[Path, ...], setting: str) -> "Start":
    """What the page begins with; ValueError for a picture or a camera that cannot be read."""
    from camsim import camera_file
    from camsim.designer import page_form, scenes
    from camsim.designer.server import Start

    opened = scenes.opened(photos)
    if len(opened) < len(photos):
        raise click.UsageError("two of the pictures have the same name")
    camera = camera_file.load(setting)
    return Start(camera=camera, files=page_form.files_of(camera), opened=opened)


def _hosts(host: str, port: int, names: tuple[str, ...]) -> list[str]:
    """The values of the Host header that are ours."""
    own = ["127.0.0.1", "localhost", "[::1]"] if _is_loopback(host) else [f"[{host}]" if ":" in host else host]
    return [f"{name}:{port}" for name in own] + [given for name in names for given in (name, f"{name}:{port}")]


def _is_loopback(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def _listening(host: str, port: int | None) -> socket.socket:
    """A socket that listens; ValueError where the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    trouble = ""
    for candidate in [port] if port else range(PORT, PORT + TRIES):
        listener = socket.socket(family)
        if os.name == "posix":  # elsewhere it would share the port with another program
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, candidate))
            listener.listen()
            return listener
        except OSError as error:
            listener.close()
            trouble = f"{host}:{candidate}: {error.strerror}"
    raise ValueError(trouble)


def server_of(application: "ASGIApp") -> "uvicorn.Server":
    """The server; where it is interrupted it lets go of every window within two seconds."""
    import uvicorn

    from camsim.designer.server import MAX_MESSAGE

    return uvicorn.Server(
        uvicorn.Config(
            application,
            log_level="warning",
            ws="websockets-sansio",
            ws_max_size=MAX_MESSAGE,
            ws_per_message_deflate=False,  # pixels are as long afterwards, and later
            timeout_graceful_shutdown=1,
            server_header=False,
            limit_concurrency=64,
        )
    )
