"""The addresses of SDMX's REST API, as SDMX 2.1 has them and as SDMX 3.0 does."""

from litestar import route
from litestar.handlers import HTTPRouteHandler

from wavehouse.project import Project
from wavehouse_exchange.serving.doors import Doors
from wavehouse_exchange.serving.formats import Body
from wavehouse_exchange.serving.http import READING, Answered, Asked, answered, entered, response
from wavehouse_exchange.serving.logged import notes_of
from wavehouse_exchange.serving.parameters import shown
from wavehouse_exchange.serving.problems import bad_parameter, not_found
from wavehouse_exchange.serving.sdmx import AGENCY, Flows, asked_for, list_of, structure

STRUCTURES = ("dataflow", "datastructure")
OLD, NEW = "/sdmx/2.1", "/sdmx/3.0"
ANY = ("all", "*", "latest", "~", "+", "1.0", "1.0.0")


def sdmx_routes(project: Project, doors: Doors) -> list[HTTPRouteHandler]:
    """Give the handlers of all these addresses."""
    flows = Flows(project)
    new = f"{NEW}/data/dataflow/{{agency:str}}/{{flow:str}}/{{version:str}}"
    old = f"{OLD}/data/{{flow:str}}"
    of_data = (old, f"{old}/{{key:str}}", f"{old}/{{key:str}}/{{provider:str}}")
    parts = (
        "",
        "/{agency:str}",
        "/{agency:str}/{flow:str}",
        "/{agency:str}/{flow:str}/{version:str}",
    )
    # One handler for each address: the framework runs a handler of several in no thread.
    return [
        *(_data(path, flows, doors) for path in (*of_data, new, f"{new}/{{key:str}}")),
        *(
            _structure(f"{base}/{kind}{part}", flows, doors)
            for base in (OLD, f"{NEW}/structure")
            for kind in STRUCTURES
            for part in parts
        ),
    ]


def _data(path: str, flows: Flows, doors: Doors) -> HTTPRouteHandler:
    @route(path, http_method=READING, sync_to_thread=True, name=f"SDMX {path}")
    def observations(request: Asked) -> Answered:
        opened = entered(request, doors)
        given = request.path_params
        _check(str(given.get("agency", AGENCY)), str(given.get("version", "1.0")))
        pairs = list(request.query_params.multi_items())
        parameters = dict(pairs)
        if len(parameters) < len(pairs):
            raise bad_parameter("query", "A parameter is given twice. Give it once.")
        accept = request.headers.get("accept", "")

        def make() -> Body:
            asked = asked_for(str(given.get("key", "all")), parameters)
            body, count = flows.data(_flow_id(str(given["flow"])), opened, asked, accept)
            notes_of(request.scope).rows = count
            return body

        return answered(request, opened, accept, make)

    return observations


def _structure(path: str, flows: Flows, doors: Doors) -> HTTPRouteHandler:
    """Answer for a structure, which brings all that it refers to; or for the list of them."""

    @route(path, http_method=READING, sync_to_thread=True, name=f"SDMX {path}")
    def structures(request: Asked) -> Answered:
        opened = entered(request, doors)
        given = request.path_params
        _check(str(given.get("agency", AGENCY)), str(given.get("version", "1.0")))
        wanted = str(given.get("flow", "all"))
        known = flows.ids(opened)
        if wanted == "DSD_TRENDS" and known:
            # Each dataflow has its own code lists; its structure is asked for by its own id.
            wanted = known[0]
        if wanted in ANY:
            return response(list_of([flows.flow(each, opened) for each in known]), opened)
        return response(structure(flows.flow(wanted, opened)), opened)

    return structures


def _flow_id(text: str) -> str:
    """Give the id of a dataflow, which may stand behind its agency and before its version."""
    parts = text.split(",")
    if len(parts) == 1:
        return text
    agency, flow, *version = parts
    _check(agency, version[0] if version else "1.0")
    return flow


def _check(agency: str, version: str) -> None:
    if agency not in {AGENCY, "all", "*"}:
        raise not_found(f"Nothing here is of the agency {shown(agency)}. All is of {AGENCY}.")
    if version not in ANY:
        raise not_found(f"There is no version {shown(version)}. There is 1.0.")
