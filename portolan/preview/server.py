"""The preview's server: the site as it would be published, but for a script that reloads a page when it is stale."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import os
import re
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from portolan.preview.broken import STYLE, error_page
from portolan.preview.sources import Sources
from portolan.problem import Problem
from portolan.sources import read

_CSP = "content-security-policy"
# No page elsewhere may include what isn't published yet, as a script or a picture.
_FRESH = {
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
}
_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
# A hidden page doesn't listen, because a browser holds no more than six connections to a host: it asks when it is looked at again.
# Where a page was scrolled to is kept here: a page of problems, which begins at its top, may come in between.
_RELOAD = """\
const { version, broken } = document.currentScript.dataset;
const place = `preview ${location.pathname}`;
let events;
history.scrollRestoration = broken || sessionStorage[place] ? "manual" : "auto";
addEventListener("pagehide", () => { if (!broken) history.scrollRestoration = "auto"; });
if (!broken && sessionStorage[place]) addEventListener("load", () => {
  scrollTo({ top: sessionStorage[place], behavior: "instant" });
  delete sessionStorage[place];
});
function reload() {
  events.close();
  if (!broken) sessionStorage[place] = scrollY;
  location.reload();
}
function listen() {
  events?.close();
  if (document.hidden) return;
  events = new EventSource("/.preview/events");
  events.onmessage = ({ data }) => { if (data !== version) reload(); };
}
document.addEventListener("visibilitychange", listen);
listen();
"""


class CannotListen(Exception):
    """The address can't be served: the message says why."""


def serve(root: Path, host: str, port: int, tell: Callable[[str], None]) -> None:
    """Serve the sources below ``root`` until Ctrl-C. CannotListen if the address is taken or not ours."""
    with _listen(host, port) as listener:
        try:
            asyncio.run(_run(root, host, listener, tell))
        except KeyboardInterrupt:
            pass  # the way to end it


async def _run(root: Path, host: str, listener: socket.socket, tell: Callable[[str], None]) -> None:
    sources = Sources(root, tell)
    server = _Server(sources, uvicorn.Config(app(root, host, sources, tell), log_config=None, access_log=False, lifespan="off", ws="none"))
    watching = asyncio.create_task(sources.watch())
    address = f"[{host}]" if ":" in host else host
    tell(f"http://{address}:{listener.getsockname()[1]}/  (Ctrl-C ends)")
    if not _is_loopback(host):
        tell(f"Warning: others on the network can read this preview, because it listens on {host}.")
    try:
        await server.serve([listener])
    finally:
        watching.cancel()
        await sources.close()


class _Server(uvicorn.Server):
    """Ends the streams of events first: it would wait for them."""

    def __init__(self, sources: Sources, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._sources = sources

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._sources.close()
        await super().shutdown(sockets)


def app(root: Path, host: str, sources: Sources, tell: Callable[[str], None]) -> Starlette:
    """The application. On a loopback address it answers to no name but the machine's own, so that no web page elsewhere,
    whose name could be made to lead here (DNS rebinding), can read it."""

    async def page(request: Request) -> Response:
        loaded, answer = await sources.answer(request.path_params["path"])
        if answer is None:
            return _broken(request, loaded.page, loaded.version)
        if isinstance(answer, Problem):
            tell(str(answer))
            return _broken(request, error_page(root, [answer]), loaded.version)
        status, headers, data = answer
        if _is_navigation(request) and headers.get("content-type", "").startswith("text/html"):
            data, headers = _with_script(data, loaded.version), {**headers, _CSP: _listening(headers.get(_CSP, _POLICY))}
        return Response(data, status, headers | _FRESH)

    async def events(request: Request) -> Response:
        async def stream() -> AsyncIterator[str]:
            yield "retry: 500\n\n"  # after a restart, in milliseconds
            async for version in sources.versions():
                yield f"data: {version}\n\n"

        return StreamingResponse(stream(), headers=_FRESH, media_type="text/event-stream")

    async def script(request: Request) -> Response:
        return Response(_RELOAD, headers=_FRESH, media_type="text/javascript")

    async def style(request: Request) -> Response:
        data = read(root, "assets/style.css", []) or b""
        return Response(data + STYLE.encode(), headers=_FRESH, media_type="text/css")

    return Starlette(
        routes=[
            Route("/.preview/events", events),
            Route("/.preview/reload.js", script),
            Route("/.preview/style.css", style),
            Route("/{path:path}", page),
        ],
        middleware=[Middleware(TrustedHostMiddleware, ["localhost", "127.0.0.1", "[::1]", host], www_redirect=False)] if _is_loopback(host) else [],
    )


def _broken(request: Request, page: bytes, version: str) -> Response:
    data = _with_script(page, version, broken=True) if _is_navigation(request) else page
    return Response(data, 500, {_CSP: _POLICY, **_FRESH}, "text/html")


def _is_navigation(request: Request) -> bool:
    """Whether a browser opens a page. It says so only to addresses that it trusts, such as loopback ones."""
    told = request.headers.get("sec-fetch-dest")
    return told == "document" if told else "text/html" in request.headers.get("accept", "")


def _with_script(page: bytes, version: str, broken: bool = False) -> bytes:
    before, end, after = page.rpartition(b"</body>")
    state = f'data-version="{version}"' + ' data-broken="yes"' * broken
    return before + f'<script src="/.preview/reload.js" {state} defer></script>\n'.encode() + end + after


def _listening(policy: str) -> str:
    """The site's policy, with leave to listen to the events."""
    return re.sub(r"\bconnect-src\b", "connect-src 'self'", policy) if "connect-src" in policy else f"{policy}; connect-src 'self'"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        number = error.errno or 0
        reason = os.strerror(number) if number > 0 else "no such host"  # of getaddrinfo, whose numbers are negative
        advice = "; --port chooses another" if number in (errno.EADDRINUSE, errno.EACCES) else ""
        raise CannotListen(f"{host}, port {port}: {reason}{advice}") from None
