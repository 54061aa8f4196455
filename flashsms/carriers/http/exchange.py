"""One request and its answer, and whether any of it was written."""

from collections.abc import Sequence
from types import SimpleNamespace

from aiohttp import (
    ClientHandlerType,
    ClientOSError,
    ClientRequest,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    ServerDisconnectedError,
    TCPConnector,
    TraceConfig,
)
from aiohttp.tracing import TraceRequestHeadersSentParams
from yarl import URL

from flashsms.carriers.contract import Submission
from flashsms.carriers.http.provider import Answer, Request
from flashsms.carriers.options import CarrierOptions

MOST_BYTES = 1_000_000  # of an answer
# Servers close a connection that idles, most of them after 5 s or more, and a request that crosses
# the closing has an unknown outcome: ours are closed before.
KEEP_ALIVE = 4.0


class NoAnswerError(Exception):
    """The request was written, and what came back is no answer."""


class Exchange:
    """One group on its way: `written` turns true before the first byte of its request is sent."""

    def __init__(self, group: Sequence[Submission]) -> None:
        self.group = group
        self.written = False

    async def make(self, session: ClientSession, request: Request) -> Answer:
        """Make the request, once. Redirects are not followed: they would repeat it elsewhere.

        Raises NoAnswerError, and what aiohttp raises; `written` then tells what that means.
        """
        async with session.request(
            request.method,
            URL(request.url, encoded=True),
            headers=request.headers,
            data=request.body or None,
            allow_redirects=False,
            middlewares=(self._once,),
            trace_request_ctx=self,
        ) as response:
            body = await _body(response)
            headers = {name.lower(): text for name, text in response.headers.items()}
            return Answer(response.status, body, headers)

    async def _once(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        """Keep aiohttp from repeating a GET whose connection broke: it sends a message, too."""
        try:
            return await handler(request)
        except (ClientOSError, ServerDisconnectedError) as error:
            if self.written:
                raise NoAnswerError from error
            raise


def new_session(options: CarrierOptions, connector: TCPConnector) -> ClientSession:
    """A session that keeps connections open and nothing else: no cookies, no proxy, no netrc."""
    trace = TraceConfig()
    trace.on_request_headers_sent.append(_take_note)
    return ClientSession(
        connector=connector,
        cookie_jar=DummyCookieJar(),
        headers={"User-Agent": "FlashSMS"},
        timeout=ClientTimeout(total=options.response_timeout),
        trace_configs=[trace],
    )


async def _take_note(
    _session: ClientSession, context: SimpleNamespace, _sent: TraceRequestHeadersSentParams
) -> None:
    context.trace_request_ctx.written = True


async def _body(response: ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MOST_BYTES:
            raise NoAnswerError
    return bytes(body)
