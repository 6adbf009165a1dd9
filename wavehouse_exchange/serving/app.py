"""The application: its routes, limits, metrics and log, and what it says when something fails."""

import logging
import secrets
from dataclasses import dataclass
from typing import Any

from litestar import Litestar, Response
from litestar.config.compression import CompressionConfig
from litestar.config.cors import CORSConfig
from litestar.connection import ASGIConnection
from litestar.datastructures import ResponseHeader
from litestar.exceptions import HTTPException, NotFoundException
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.plugins.prometheus import PrometheusConfig, PrometheusController

from wavehouse.project import Project
from wavehouse_exchange.receiving.checks import Checks
from wavehouse_exchange.receiving.quarantine import Quarantine
from wavehouse_exchange.serving.audit import AuditLog
from wavehouse_exchange.serving.deliveries import LARGEST_BYTES, delivery_routes
from wavehouse_exchange.serving.doors import Doors
from wavehouse_exchange.serving.file_doors import FileDoors
from wavehouse_exchange.serving.formats import json_bytes
from wavehouse_exchange.serving.http import Answered, Asked, who
from wavehouse_exchange.serving.logged import Logged
from wavehouse_exchange.serving.pages import page_routes
from wavehouse_exchange.serving.problems import MEDIA_TYPE, NOT_FOUND, WRONG_PARAMETER, RequestError
from wavehouse_exchange.serving.resources import VERSION
from wavehouse_exchange.serving.routes import routes
from wavehouse_exchange.serving.sdmx_routes import sdmx_routes
from wavehouse_exchange.serving.transport import StrictTransport
from wavehouse_exchange.serving.uploads import upload_routes

LOG = logging.getLogger("wavehouse.serving")
TITLES = {
    400: WRONG_PARAMETER,
    404: NOT_FOUND,
    405: "Not by this method",
    429: "Too many requests",
}
DETAILS = {
    404: f"There is nothing at this address. {VERSION} lists what there is.",
    405: "This address is asked by the methods that Allow names.",
    429: "This key, or this address, asked too often. Ask again when Retry-After says.",
}
LOOPBACK = ("127.0.0.1", "::1")
DUCKDB = "duckdb"
# A year, which is what lists of such servers ask for.
STRICT_DAYS = 365
NOT_LIMITED = ["^/health$", "^/metrics$"]


@dataclass(frozen=True)
class Settings:
    """How a server serves.

    Args:
        requests_a_minute: how many one key, or one address without a key, may send to a process.
        address: how readers reach the server, for the page of the API.
        engine: where releases are read: `duckdb`, in files, or `postgres`, on a server.
        largest_delivery: how many bytes a delivery may have.
        strict_days: for how many days browsers are to ask by https only, if they asked by it.
    """

    requests_a_minute: int = 600
    address: str = "http://127.0.0.1:8600"
    engine: str = DUCKDB
    largest_delivery: int = LARGEST_BYTES
    strict_days: int = STRICT_DAYS


def doors_of(project: Project, engine: str) -> Doors:
    """Give what opens releases on an engine.

    Args:
        project: the project.
        engine: `duckdb` or `postgres`.
    """
    if engine == DUCKDB:
        return FileDoors(project)
    # Nobody who has no server loads it.
    from wavehouse_exchange.serving.postgres_doors import PostgresDoors

    return PostgresDoors()


def create_app(project: Project, settings: Settings) -> StrictTransport:
    """Make the application that serves a project's published release.

    Args:
        project: the project.
        settings: how it is served.
    """
    doors = doors_of(project, settings.engine)
    quarantine = Quarantine(project)
    checks = Checks(quarantine)
    limit = RateLimitConfig(
        rate_limit=("minute", settings.requests_a_minute),
        exclude=NOT_LIMITED,
        identifier_for_request=who,
    )
    metrics = PrometheusConfig(
        app_name="wavehouse", prefix="wavehouse_api", group_path=True, exclude=["^/metrics$"]
    )
    app = Litestar(
        route_handlers=[
            *routes(doors, settings.address),
            *sdmx_routes(project, doors),
            *page_routes(project, doors),
            *delivery_routes(quarantine, checks, doors, settings.largest_delivery),
            *upload_routes(quarantine, checks, doors, settings.largest_delivery),
            _Metrics,
        ],
        middleware=[limit.middleware, metrics.middleware],
        # A key is never sent by a browser of itself, so that any page may ask for what is public.
        cors_config=CORSConfig(
            allow_methods=["GET"],
            allow_headers=["Authorization", "If-None-Match"],
            expose_headers=["ETag", "Link", "Retry-After", "Wavehouse-Release"],
        ),
        response_headers=[ResponseHeader(name="X-Content-Type-Options", value="nosniff")],
        compression_config=CompressionConfig(backend="gzip", gzip_compress_level=1),
        exception_handlers={RequestError: _refuse, HTTPException: _refuse_http, Exception: _fail},
        on_startup=[checks.begin_all],
        on_shutdown=[checks.end],
        openapi_config=None,
    )
    return StrictTransport(Logged(app, AuditLog(project.warehouse)), settings.strict_days)


def _is_of_this_machine(connection: ASGIConnection[Any, Any, Any, Any], _: object) -> None:
    if connection.client is None or connection.client.host not in LOOPBACK:
        raise NotFoundException


class _Metrics(PrometheusController):
    """Metrics, for programs on this machine only: they tell what others ask."""

    guards = (_is_of_this_machine,)


def _refuse(request: Asked, problem: RequestError) -> Answered:
    return Response(
        json_bytes(problem.body(request.url.path)),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **problem.headers},
    )


def _refuse_http(request: Asked, error: HTTPException) -> Answered:
    """Tell what the framework refuses, in our form."""
    status = error.status_code
    headers = {name: str(value) for name, value in (error.headers or {}).items()}
    if status == 429:
        headers["Retry-After"] = headers.get("RateLimit-Reset", "60")
    title = TITLES.get(status, "The request cannot be answered")
    detail = DETAILS.get(status, error.detail)
    return _refuse(request, RequestError(status, title, detail, headers=headers))


def _fail(request: Asked, error: Exception) -> Answered:
    """Tell that something went wrong here, and how those who run the server find it."""
    incident = secrets.token_hex(6)
    LOG.error("Incident %s", incident, exc_info=error)
    detail = f"Something went wrong here. Those who run the server find it as incident {incident}."
    return _refuse(request, RequestError(500, "A fault of the server", detail))
