"""The addresses below `/v1`, the description, and whether all is well."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from litestar import Response, route
from litestar.handlers import HTTPRouteHandler

from wavehouse import __version__, reports
from wavehouse_exchange.serving.answers import Answer, answer, one
from wavehouse_exchange.serving.description import describe, page_of
from wavehouse_exchange.serving.doors import Doors, Opened
from wavehouse_exchange.serving.formats import Body, chosen_format, json_bytes, written
from wavehouse_exchange.serving.http import READING, Answered, Asked, answered, entered, response
from wavehouse_exchange.serving.logged import notes_of
from wavehouse_exchange.serving.parameters import FORMATS, Wanted, read_parameters
from wavehouse_exchange.serving.problems import bad_parameter
from wavehouse_exchange.serving.resources import BY_ITSELF, RESOURCES, VERSION, Resource

# Of files that answers are saved as.
ENDINGS = {name: "csv" if name.endswith("csv") else name for name in FORMATS}


def routes(doors: Doors, address: str) -> list[HTTPRouteHandler]:
    """Give the handlers of all these addresses."""
    return [
        _index(doors),
        _health(doors),
        _description(doors),
        _page(doors, address),
        *(_rows(each, doors) for each in RESOURCES.values()),
        *(_row(RESOURCES[name], doors) for name in BY_ITSELF),
    ]


def _index(doors: Doors) -> HTTPRouteHandler:
    @route(VERSION, http_method=READING, sync_to_thread=True, name="index")
    def index(request: Asked) -> Answered:
        for parameter in request.query_params:
            raise bad_parameter(
                parameter, "This address takes no parameters; a key goes into the head."
            )
        opened = entered(request, doors)
        document = {
            "data": {
                name: {"address": f"{VERSION}/{name}", "rows": each.says}
                for name, each in RESOURCES.items()
                if each.table in opened.tables
            },
            "links": {"self": VERSION, "description": "/openapi.json", "page": "/api"},
            "meta": {
                "release": opened.release_id,
                "audience": opened.audience_id,
                "wavehouse": __version__,
            },
        }
        return response(Body(json_bytes(document), "application/json"), opened)

    return index


def _health(doors: Doors) -> HTTPRouteHandler:
    @route("/health", http_method=READING, sync_to_thread=True, name="health")
    def health(request: Asked) -> Answered:  # noqa: ARG001 (what a route takes)
        opened = doors.enter(None)
        opened.read("select 1")
        document = {"status": "ok", "release": opened.release_id}
        return Response(json_bytes(document), media_type="application/json")

    return health


def _description(doors: Doors) -> HTTPRouteHandler:
    @route("/openapi.json", http_method=READING, sync_to_thread=True, name="description")
    def description(request: Asked) -> Answered:
        opened = entered(request, doors)

        def make() -> Body:
            said = opened.once("openapi", lambda: json_bytes(describe(opened)))
            return Body(said, "application/json")

        return answered(request, opened, "openapi", make)

    return description


def _page(doors: Doors, address: str) -> HTTPRouteHandler:
    @route("/api", http_method=READING, sync_to_thread=True, name="page of the description")
    def page(request: Asked) -> Answered:
        opened = entered(request, doors)

        def make() -> Body:
            said = opened.once(
                "page", lambda: reports.page("api", str, **page_of(opened, address)).encode()
            )
            return Body(said, "text/html")

        return answered(request, opened, "page", make)

    return page


def _rows(resource: Resource, doors: Doors) -> HTTPRouteHandler:
    @route(
        f"{VERSION}/{resource.name}", http_method=READING, sync_to_thread=True, name=resource.name
    )
    def rows(request: Asked) -> Answered:
        wanted = read_parameters(resource, list(request.query_params.multi_items()))
        name = chosen_format(wanted.format, request.headers.get("accept", ""))
        opened = entered(request, doors, wanted.as_of)

        def make() -> Body:
            given = answer(resource, wanted, opened)
            notes_of(request.scope).rows = len(given.rows.values)
            links = _links(request, wanted, given, opened)
            # Where it is saved as a file it has a name; formats without links have them here.
            head = {"Content-Disposition": f'inline; filename="{resource.name}.{ENDINGS[name]}"'}
            if "next" in links:
                head["Link"] = f'<{links["next"]}>; rel="next"'
            return replace(written(given, name, links, _meta(given, opened)), head=head)

        return answered(request, opened, name, make)

    return rows


def _row(resource: Resource, doors: Doors) -> HTTPRouteHandler:
    path = "/".join(f"{{{name}:str}}" for name in resource.key)

    @route(
        f"{VERSION}/{resource.name}/{path}",
        http_method=READING,
        sync_to_thread=True,
        name=f"one of {resource.name}",
    )
    def row(request: Asked) -> Answered:
        for parameter in request.query_params:
            raise bad_parameter(parameter, "The address of one row takes no parameters.")
        name = chosen_format(None, request.headers.get("accept", ""))
        opened = entered(request, doors)

        def make() -> Body:
            key = {name: str(request.path_params[name]) for name in resource.key}
            given = Answer(one(resource, key, opened))
            notes_of(request.scope).rows = 1
            return written(given, name, {"self": request.url.path}, _meta(given, opened))

        return answered(request, opened, name, make)

    return row


def _links(request: Asked, wanted: Wanted, given: Answer, opened: Opened) -> dict[str, str]:
    path = request.url.path
    query = f"?{request.url.query}" if request.url.query else ""
    links = {"self": f"{path}{query}"}
    if given.after is not None:
        # The next page is of this release, whatever is published meanwhile.
        rest = [pair for pair in wanted.pairs if pair[0] not in {"page[after]", "as_of"}]
        following = [*rest, ("as_of", opened.release_id), ("page[after]", given.after)]
        links["next"] = f"{path}?{urlencode(following)}"
    return links


def _meta(given: Answer, opened: Opened) -> dict[str, Any]:
    return {
        "release": opened.release_id,
        "audience": opened.audience_id,
        "rows": len(given.rows.values),
        "estimated": given.is_estimated,
    } | ({"notes": list(given.notes)} if given.notes else {})
