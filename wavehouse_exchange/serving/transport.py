"""How connections of readers are protected: TLS, and browsers that are told to insist on it."""

import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING

from wavehouse_exchange.serving.logged import App, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from uvicorn import Config

DAY_SECONDS = 86_400
# Of TLS 1.2 those ciphers only that keep what was said before a key of the server leaks, and that
# notice changes; those of TLS 1.3 all do.
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"


def modern_tls(_: "Config", default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    """Give uvicorn's settings of TLS, with TLS 1.2 as the oldest version.

    The libraries' own defaults depend on the machine.
    """
    context = default()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    return context


class StrictTransport:
    """An application around another one: what is answered by https says to ask by https only.

    The header is HTTP Strict Transport Security (RFC 6797), which browsers keep for its time. By
    http it says nothing, as the RFC demands.
    """

    def __init__(self, app: App, days: int) -> None:
        """Take the application, and for how many days; 0 lets browsers forget it."""
        self._app = app
        self._header = (b"strict-transport-security", f"max-age={days * DAY_SECONDS}".encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def strict_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), self._header]
            await send(message)

        # Behind a proxy uvicorn takes the scheme from what the proxy says.
        is_safe = scope["type"] == "http" and scope.get("scheme") == "https"
        await self._app(scope, receive, strict_send if is_safe else send)
