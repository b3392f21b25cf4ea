"""Who may talk to the server: this page, in a browser of this machine, and no other.

A page of another site can send requests to 127.0.0.1, and its name can be made to point there (DNS rebinding). So the
host that is asked for must be one of ours; a request that names an origin must name ours; a websocket, which no browser
rule guards, must name one. What changes anything needs a header that no form can send.
"""

from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Sent with every answer.
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


class Guard:
    """An ASGI application behind the two lists."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self._app, self._hosts = app, frozenset(host.lower() for host in hosts)

    def allows(self, headers: Headers, *, websocket: bool) -> bool:
        """Whether Host and Origin are ours; several of either are nobody's."""
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts or len(origins) > 1:
            return False
        if not origins:
            return not websocket
        scheme, _, host = origins[0].lower().partition("://")
        return scheme in ("http", "https") and host in self._hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        websocket = scope["type"] == "websocket"
        if not self.allows(Headers(scope=scope), websocket=websocket):
            if websocket:
                await send({"type": "websocket.close", "code": 1008})  # before it is accepted: 403
            else:
                await PlainTextResponse("not for this host or origin\n", 403)(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self._app(scope, receive, with_headers)
