"""Fetching a file from the web, bounded in size and time."""

import time
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path

from camsim._version import __version__

#: Largest download, in bytes.
MAX_DOWNLOAD = 64 << 20

#: Longest wait for a server to say anything, and for a whole download, in seconds.
SILENCE_S, DOWNLOAD_S = 20.0, 300.0


def is_web(source: str) -> bool:
    """Whether a source is a web address."""
    return source.lower().startswith(("http://", "https://"))


def fetch(
    url: str, into: Path, *, limit: int = MAX_DOWNLOAD, silence_s: float = SILENCE_S, total_s: float = DOWNLOAD_S
) -> None:
    """Download what a web address gives into a file. Redirections are followed to http and https only.

    Parameters
    ----------
    url : str
        An http or https address.
    into : Path
        The file to write.
    limit : int
        Most bytes taken, whatever size the server announces.
    silence_s, total_s : float
        Longest wait for the server to say anything, and for the whole file, in seconds.

    Raises
    ------
    ValueError
        For addresses that cannot be reached, answers that are errors, and more bytes or time than allowed.
    """
    opener = urllib.request.OpenerDirector()  # with no handlers for file:, ftp: and data:
    for handler in (
        *(urllib.request.ProxyHandler, urllib.request.UnknownHandler, urllib.request.HTTPHandler),
        *(urllib.request.HTTPSHandler, urllib.request.HTTPDefaultErrorHandler),
        *(urllib.request.HTTPRedirectHandler, urllib.request.HTTPErrorProcessor),
    ):
        opener.add_handler(handler())
    request = urllib.request.Request(url, headers={"User-Agent": f"cam2eye/{__version__}"})
    end = time.monotonic() + total_s
    try:
        with opener.open(request, timeout=silence_s) as answer, into.open("wb") as file:
            if int(answer.headers.get("Content-Length") or 0) > limit:
                raise ValueError(f"it is larger than {limit} bytes")
            size = 0
            while block := answer.read1(1 << 16):
                size += len(block)
                if size > limit:
                    raise ValueError(f"it is larger than {limit} bytes")
                if time.monotonic() > end:
                    raise ValueError(f"it took longer than {total_s:g} s")
                file.write(block)
            if answer.length:  # what is still missing of the size announced
                raise ValueError("the connection broke off")
    except urllib.error.HTTPError as error:
        raise ValueError(f"{url}: cannot be fetched ({error.code} {' '.join(str(error.reason).split())})") from error
    except (OSError, HTTPException, ValueError) as error:  # URLError and time-outs are OSErrors
        reason = getattr(error, "reason", None) or str(error) or type(error).__name__
        raise ValueError(f"{url}: cannot be fetched ({reason})") from error
