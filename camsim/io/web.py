"""Fetching a file from the web, bounded in bytes and time and kept away from addresses that are not public.

Every byte of an answer, be it of its head, its body or what follows, is counted and timed as it leaves the socket, so
that no part of HTTP is without bound. A name is resolved here, once for every address that is asked; what it resolves
to is judged and is what is connected to, so that a name cannot stand for another place a moment later.
"""

import contextlib
import functools
import http.client
import ipaddress
import queue
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from camsim._version import __version__
from camsim.io.metered import Budget, Metered

if TYPE_CHECKING:
    import urllib3

#: Largest download, in bytes.
MAX_DOWNLOAD = 64 << 20

#: Longest wait for a server to say anything, and for a whole download, in seconds.
SILENCE_S, DOWNLOAD_S = 20.0, 300.0

#: How often an address may send on to another one.
MAX_REDIRECTIONS = 5

#: Networks of IPv6 whose addresses hold one of IPv4 in their last 32 bits: NAT64 (RFC 6052), IPv4-compatible.
_HOLDING_IPV4 = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "::/96")))

#: A function from a name and a port to addresses.
Resolve = Callable[[str, int], list[str]]


class LocalAddressError(ValueError):
    """An address that is not a public one."""


class BrokenOffError(ValueError):
    """An answer that had begun and did not end: asking again may help."""


def is_web(source: str) -> bool:
    """Whether a source is a web address."""
    return source.lower().startswith(("http://", "https://"))


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet: not private, loopback, link-local, multicast or reserved."""
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if inner is None and any(found in network for network in _HOLDING_IPV4):
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return found.is_global and not found.is_multicast


def resolve(name: str, port: int) -> list[str]:
    """The addresses of a name, as the system knows them."""
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def fetch(
    url: str,
    into: Path,
    *,
    limit: int = MAX_DOWNLOAD,
    silence_s: float = SILENCE_S,
    total_s: float = DOWNLOAD_S,
    allow_local: bool = False,
    resolve: Resolve = resolve,
) -> None:
    """Download what a web address gives into a file. Redirections are followed to http and https only.

    Proxies of the environment are used. The proxy then decides what a name stands for; only names that this machine
    can resolve are judged.

    Parameters
    ----------
    url : str
        An http or https address.
    into : Path
        The file to write.
    limit : int
        Most bytes taken, whatever size the server announces.
    silence_s, total_s : float
        Longest wait for the server to say anything, and for everything, in seconds.
    allow_local : bool
        Whether addresses may be asked that are not public.
    resolve : callable
        Gives the addresses of a name.

    Raises
    ------
    LocalAddressError
        Where the address, or one that it sends on to, is not public.
    ValueError
        For addresses that cannot be reached, answers that are errors, and more bytes or time than allowed.
    """
    with answered(
        url, limit=limit, silence_s=silence_s, total_s=total_s, allow_local=allow_local, resolve=resolve
    ) as answer:
        _save(answer, into, limit)


@contextlib.contextmanager
def answered(
    url: str,
    *,
    limit: int,
    silence_s: float = SILENCE_S,
    total_s: float = DOWNLOAD_S,
    allow_local: bool = False,
    resolve: Resolve = resolve,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> "Iterator[urllib3.BaseHTTPResponse]":
    """The answer of a web address, behind its redirections, of which the head is read; for parameters see `fetch`.

    `headers` are asked with besides the usual ones. Trouble within the block is told as that of `fetch` is; raises
    BrokenOffError where the answer had begun.
    """
    import urllib3

    budget, here, begun = Budget(limit=limit, silence_s=silence_s, total_s=total_s), url, False
    try:
        for _ in range(MAX_REDIRECTIONS + 1):
            with _asked(here, budget, resolve, allow_local=allow_local, headers=headers) as answer:
                if not (target := answer.get_redirect_location()):
                    begun = True
                    yield answer
                    return
            here = urljoin(here, target)
        raise ValueError(f"it sends on more than {MAX_REDIRECTIONS} times")
    except (OSError, ValueError, http.client.HTTPException, urllib3.exceptions.HTTPError) as error:
        kind: type[ValueError] = LocalAddressError if isinstance(error, LocalAddressError) else ValueError
        if begun and isinstance(error, TimeoutError | http.client.HTTPException | urllib3.exceptions.HTTPError):
            kind = BrokenOffError
        raise kind(f"{url}: cannot be fetched ({_reason(error, budget)})") from error


def _save(answer: "urllib3.BaseHTTPResponse", into: Path, limit: int) -> None:
    """Write the body of an answer to a file."""
    check_status(answer, 200, 203)  # 203: as a proxy changed it
    size, too_large = 0, f"it is larger than {limit} bytes"
    if (answer.length_remaining or 0) > limit:
        raise ValueError(too_large)
    with into.open("wb") as file:
        for block in answer.stream(1 << 16, decode_content=False):
            size += len(block)
            if size > limit:
                raise ValueError(too_large)
            file.write(block)


def check_status(answer: "urllib3.BaseHTTPResponse", *good: int) -> None:
    """Raise ValueError, with the words of the server, unless an answer has one of the status codes that are good."""
    if answer.status not in good:
        reason = "".join(letter if letter.isprintable() else "?" for letter in str(answer.reason))
        raise ValueError(f"{answer.status} {reason[:80]}")


def _reason(error: Exception, budget: Budget) -> str:
    """Why a download failed, in one line."""
    from urllib3 import exceptions

    cause = error.original_error if isinstance(error, exceptions.ProxyError) else error
    if isinstance(cause, exceptions.NewConnectionError):
        return f"no connection: {cause.__cause__ or 'refused'}"
    if isinstance(cause, TimeoutError | exceptions.TimeoutError):
        return budget.timeout_words()
    if isinstance(cause, exceptions.ProtocolError):
        return "the connection broke off, or what came is no HTTP"
    return " ".join(str(cause).split())[:200] or type(cause).__name__


# --- one address ------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _asked(
    url: str, budget: Budget, resolve: Resolve, *, allow_local: bool, headers: Mapping[str, str]
) -> "Iterator[urllib3.BaseHTTPResponse]":
    """The answer of one address, of which the head is read; the connection is closed afterwards."""
    import urllib3

    try:
        parts = urllib3.util.parse_url(url)
    except urllib3.exceptions.LocationParseError:
        raise ValueError("no web address") from None
    if parts.scheme not in ("http", "https") or not parts.host:
        raise ValueError(f"unknown url type: {parts.scheme}")
    host, port = parts.host.strip("[]"), parts.port or {"http": 80, "https": 443}[parts.scheme]
    proxy = _proxy(parts.scheme, host)
    addresses = _judged(host, port, budget, resolve, allow_local=allow_local, needed=proxy is None)
    asking = {"User-Agent": f"cam2eye/{__version__}", "Host": parts.netloc, "Accept": "*/*", **headers}
    shared: dict[str, Any] = {"redirect": False, "retries": False, "preload_content": False, "headers": asking}
    with contextlib.ExitStack() as stack:
        manager = _manager(parts.scheme, host, budget, proxy)
        stack.callback(manager.clear)  # closes what it has open
        for address in addresses or [host]:
            to = manager if proxy else manager.connection_from_host(address, port, parts.scheme)
            timeout = urllib3.Timeout(connect=budget.seconds(), read=budget.seconds())
            try:
                answer = to.urlopen("GET", url if proxy else parts.request_uri, timeout=timeout, **shared)
            except (
                urllib3.exceptions.NewConnectionError,
                urllib3.exceptions.ConnectTimeoutError,
            ) as error:  # or refused; perhaps another address answers
                failure: Exception = error
                continue
            yield stack.enter_context(contextlib.closing(answer))
            return
    raise failure


def _judged(host: str, port: int, budget: Budget, resolve: Resolve, *, allow_local: bool, needed: bool) -> list[str]:
    """The addresses of a host, every one of them public unless local ones are allowed; none where not `needed`."""
    try:
        addresses = _in_time(lambda: resolve(host, port), budget)
    except OSError as error:
        if needed and isinstance(error, TimeoutError):
            raise
        if needed:
            raise ValueError(f"{host}: {error.strerror or error}") from error
        return []
    if needed and not addresses:
        raise ValueError(f"{host} has no address")
    if not allow_local and (local := [address for address in addresses if not is_public(address)]):
        raise LocalAddressError(f"{host} is at {local[0]}, which is not a public address")
    return addresses


def _in_time(call: Callable[[], list[str]], budget: Budget) -> list[str]:
    """The result of a call that may not come back: the system resolves names for as long as it likes."""
    results: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

    def run() -> None:
        try:
            results.put(call())
        except (OSError, UnicodeError) as error:  # a name that is none in the DNS
            results.put(error if isinstance(error, OSError) else OSError(str(error)))

    threading.Thread(target=run, daemon=True).start()
    try:
        found = results.get(timeout=budget.seconds())
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(found, OSError):
        raise found
    return found


def _proxy(scheme: str, host: str) -> str | None:
    """The proxy that the environment names for an address."""
    from urllib.request import getproxies, proxy_bypass

    found = None if proxy_bypass(host) else getproxies().get(scheme)
    return found if not found or "://" in found else f"http://{found}"


def _manager(scheme: str, host: str, budget: Budget, proxy: str | None) -> "urllib3.PoolManager":
    """What makes connections, to the proxy if there is one; all that comes by them is counted by the budget."""
    import urllib3

    checked: dict[str, Any] = {"server_hostname": host, "assert_hostname": host} if scheme == "https" else {}
    if proxy:
        auth = urllib3.util.parse_url(proxy).auth
        headers = urllib3.make_headers(proxy_basic_auth=auth) if auth else None
        manager: urllib3.PoolManager = urllib3.ProxyManager(proxy, proxy_headers=headers)
    else:
        manager = urllib3.PoolManager(**checked)
    answers = functools.partial(Metered, budget)
    kinds = (urllib3.HTTPConnectionPool, urllib3.HTTPSConnectionPool)
    manager.pool_classes_by_scheme = {
        kind.scheme: type(
            kind.__name__,
            (kind,),
            {"ConnectionCls": type("Connection", (kind.ConnectionCls,), {"response_class": staticmethod(answers)})},
        )
        for kind in kinds
    }
    return manager
