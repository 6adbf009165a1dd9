"""What one audience may ask, described as OpenAPI 3.1 and as a page, with examples that ran."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar.openapi.spec import (
    Components,
    Info,
    License,
    OpenAPI,
    OpenAPIHeader,
    OpenAPIMediaType,
    OpenAPIResponse,
    Operation,
    Parameter,
    PathItem,
    Reference,
    Schema,
    SecurityScheme,
    Server,
    Tag,
)
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType

from wavehouse import __version__
from wavehouse_exchange.serving.answers import LARGEST_ANSWER, answer, one
from wavehouse_exchange.serving.description_of_deliveries import ABOUT as ABOUT_DELIVERIES
from wavehouse_exchange.serving.description_of_deliveries import PATH as DELIVERIES
from wavehouse_exchange.serving.description_of_deliveries import (
    TAG,
    paths_of_deliveries,
    schemas_of_deliveries,
)
from wavehouse_exchange.serving.doors import Column, Opened
from wavehouse_exchange.serving.formats import MEDIA_TYPES
from wavehouse_exchange.serving.parameters import (
    AGGREGATES,
    FORMATS,
    LARGEST_PAGE,
    LONGEST_VALUE,
    read_parameters,
)
from wavehouse_exchange.serving.problems import MEDIA_TYPE as PROBLEM
from wavehouse_exchange.serving.problems import RequestError
from wavehouse_exchange.serving.resources import BY_ITSELF, RESOURCES, VERSION, Resource

EXAMPLE_ROWS = 2
STRING, OBJECT, ARRAY = OpenAPIType.STRING, OpenAPIType.OBJECT, OpenAPIType.ARRAY
TYPES = {
    "text": (STRING, None),
    "number": (OpenAPIType.NUMBER, None),
    "integer": (OpenAPIType.INTEGER, None),
    "boolean": (OpenAPIType.BOOLEAN, None),
    "date": (STRING, OpenAPIFormat.DATE),
}
ABOUT = """\
What a warehouse of surveys has published: studies, waves, questions as they were asked, and
estimates with their errors. Every row carries what it needs to be believed: interval, bases,
status, labels. A figure that may not be published has its row, its status and no number.

**Keys.** Without a key the public audience is answered. With one
(`Authorization: Bearer AGE-SECRET-KEY-1…`) its audience is. What an audience may not read is not
there for it, and is not described here.

**Rows.** An answer holds all rows that were asked for, or it is refused with the way out: a filter,
or pages by `page[size]`, whose `links.next` leads on. Rows are in the order of their key.

**Filters.** `filter[segment]=sex` keeps rows; several values are `filter[wave]=1994,1996`, a range
of numbers or days is `filter[wave_date]=2000-01-01..2004-12-31`. The short form is
`filter=segment:sex,wave:1994|1996`. A short name stands for a column: `wave` for `wave_id`.

**Releases.** Each answer names its release. `as_of` reads an earlier one. `ETag` is of release,
audience and request: `If-None-Match` costs nothing until something new is published.
"""
ABOUT_ESTIMATES = """
**Estimates that nobody declared.** `by=sex,age_group` crosses variables, a filter on a variable
(`filter[region]=pacific`) chooses respondents, and `aggregate` puts waves together. Such figures
are estimated from answers, with the errors of the design and the rules of publication, never
averaged.
"""


def describe(opened: Opened) -> dict[str, Any]:
    """Describe what an audience may ask, as a document of OpenAPI.

    Args:
        opened: the release, as the audience may read it.
    """
    document = _described(opened).to_schema()
    for path, entry in document["paths"].items():
        if path.startswith(DELIVERIES):
            continue
        name = path.removeprefix(f"{VERSION}/").partition("/")[0]
        example = (_one_example if "{" in path else _example)(RESOURCES[name], opened)
        content = entry["get"]["responses"]["200"]["content"]["application/json"]
        # The framework would leave out what is null in it.
        if example is not None:
            content["examples"] = {"example": {"value": example}}
    return document


def _described(opened: Opened) -> OpenAPI:
    known = [each for each in RESOURCES.values() if each.table in opened.tables]
    paths: dict[str, PathItem] = {}
    schemas: dict[str, Schema | Reference] = {"problem": _problem_schema()}
    for each in known:
        columns = _columns(each, opened)
        schemas[each.name] = _row_schema(each, columns)
        paths[f"{VERSION}/{each.name}"] = PathItem(get=_reading(each, columns, known))
        if each.name in BY_ITSELF:
            path = "/".join(f"{{{name}}}" for name in each.key)
            paths[f"{VERSION}/{each.name}/{path}"] = PathItem(get=_reading_one(each, opened))
    delivering = paths_of_deliveries(opened)
    if delivering:
        paths |= delivering
        schemas |= schemas_of_deliveries()
    return OpenAPI(
        info=Info(
            title="Wavehouse",
            version=__version__,
            description=ABOUT
            + (ABOUT_ESTIMATES if opened.can_estimate else "")
            + (ABOUT_DELIVERIES if delivering else ""),
            license=License(name="Terms of each study: see /v1/studies"),
        ),
        servers=[Server(url="/")],
        paths=paths,
        components=Components(
            schemas=schemas,
            security_schemes={
                "key": SecurityScheme(
                    type="http", scheme="bearer", description="A key of `wavehouse key add`."
                )
            },
        ),
        # A key is never needed for what the public may read.
        security=[{}, {"key": []}],
        tags=[
            *(Tag(name=each.name, description=each.says) for each in known),
            *([TAG] if delivering else []),
        ],
    )


def page_of(opened: Opened, base: str) -> dict[str, Any]:
    """Give what the page of the description shows.

    Args:
        opened: the release, as the audience may read it.
        base: the address of the server.
    """
    known = [each for each in RESOURCES.values() if each.table in opened.tables]
    names = {each.name for each in known}
    # Who may only deliver reads nothing.
    first = next((each for each in known if each.name == "estimates"), known[0] if known else None)
    return {
        "audience": opened.audience_id,
        "is_public": opened.key_id is None,
        "release": opened.release_id,
        "base": base,
        "first": address_of(first, opened) if first else VERSION,
        "largest": f"{LARGEST_ANSWER:,}",
        "aggregates": ", ".join(sorted(set(AGGREGATES.values()))),
        "formats": ", ".join(FORMATS),
        "estimates": opened.can_estimate,
        "deliveries": [
            f"{VERSION}/studies/{study_id}/waves/{wave_id or 'WAVE'}/deliveries"
            for study_id, wave_id in opened.deliverable
        ],
        "resources": [
            {
                "name": each.name,
                "path": f"{VERSION}/{each.name}",
                "says": each.says,
                "one": f"{VERSION}/{each.name}/" + "/".join(f"{{{name}}}" for name in each.key)
                if each.name in BY_ITSELF
                else None,
                "include": [name for name, (to, _) in each.includes.items() if to in names],
                "address": address_of(each, opened),
                "example": _shown(_example(each, opened)),
                "columns": [
                    {
                        "name": column.name,
                        "kind": column.kind,
                        "description": column.description,
                        "is_key": column.name in each.key,
                    }
                    for column in _columns(each, opened).values()
                ],
            }
            for each in known
        ],
    }


def example_of(resource: Resource, opened: Opened) -> dict[str, str]:
    """Give the parameters of a request that has rows, for the description to show.

    Args:
        resource: what is asked for.
        opened: the release, as the audience may read it.
    """
    names = [name for name in resource.example if name in opened.tables[resource.table]]
    if not names:
        return {}
    key = ", ".join(name for name in resource.key if name in opened.tables[resource.table])
    rows = opened.read(f"select {', '.join(names)} from {resource.table} order by {key} limit 1")
    filters = {
        name.removesuffix("_id"): value for row in rows.records() for name, value in row.items()
    }
    return {f"filter[{name}]": str(value) for name, value in filters.items() if value is not None}


def address_of(resource: Resource, opened: Opened) -> str:
    """Give the address of the request of `example_of`, without the server's."""
    pages = {"page[size]": "100"} if resource.is_of_people else {}
    query = urlencode(example_of(resource, opened) | pages, safe="[]")
    return f"{VERSION}/{resource.name}" + (f"?{query}" if query else "")


def _shown(example: Mapping[str, Any] | None) -> str | None:
    if example is None:
        return None
    text = msgspec.json.format(msgspec.json.encode({"data": example["data"][:1]}), indent=2)
    return text.decode()


def _columns(resource: Resource, opened: Opened) -> dict[str, Column]:
    columns = dict(opened.tables[resource.table])
    for name, (table, _) in resource.adds.items():
        if name in opened.tables.get(table, {}):
            columns[name] = opened.tables[table][name]
    return columns


def _row_schema(resource: Resource, columns: Mapping[str, Column]) -> Schema:
    return Schema(
        type=OBJECT,
        title=resource.name,
        description=resource.says,
        properties={name: _value_schema(column) for name, column in columns.items()},
        # Periods and pools have a few columns more.
        additional_properties=resource.name == "estimates",
    )


def _value_schema(column: Column) -> Schema:
    kind, form = TYPES[column.kind]
    return Schema(
        type=[kind, OpenAPIType.NULL], format=form, description=column.description or None
    )


def _problem_schema() -> Schema:
    text = Schema(type=STRING)
    return Schema(
        type=OBJECT,
        description="What is wrong and what to do (RFC 9457). `parameter` names the one at fault.",
        properties={
            "type": text,
            "title": text,
            "status": Schema(type=OpenAPIType.INTEGER),
            "detail": text,
            "instance": text,
            "parameter": text,
        },
        required=["type", "title", "status", "detail", "instance"],
    )


def _reading(resource: Resource, columns: Mapping[str, Column], known: list[Resource]) -> Operation:
    names = {each.name for each in known}
    included = {name: to for name, (to, _) in resource.includes.items() if to in names}
    return Operation(
        operation_id=f"list_{resource.name}",
        tags=[resource.name],
        summary=resource.says,
        parameters=_parameters(resource, columns, included),
        responses=_responses(_document(resource, included)),
    )


def _reading_one(resource: Resource, opened: Opened) -> Operation:
    first = _first_key(resource, opened)
    return Operation(
        operation_id=f"one_of_{resource.name}",
        tags=[resource.name],
        summary=f"One row of {resource.name}.",
        parameters=[
            Parameter(
                name=name,
                param_in="path",
                required=True,
                schema=Schema(type=STRING, min_length=1, examples=[first[name]] if first else None),
            )
            for name in resource.key
        ],
        responses=_responses(_document(resource, {})),
    )


def _parameters(
    resource: Resource, columns: Mapping[str, Column], included: Mapping[str, str]
) -> list[Parameter | Reference]:
    text = Schema(type=STRING, min_length=1, max_length=LONGEST_VALUE)
    filters = {
        name: Schema(type=STRING, min_length=1, description=column.description or None)
        for name, column in columns.items()
        if name not in resource.adds
    }
    parameters: list[Parameter | Reference] = [
        Parameter(
            name="filter",
            param_in="query",
            style="deepObject",
            explode=True,
            description="Which rows: `filter[column]=value`, or in short `filter=column:value`.",
            schema=Schema(type=OBJECT, properties=filters, additional_properties=False),
        ),
        _list_parameter("fields", "Which columns; those of the key always come.", columns),
        _one_parameter(
            "page[size]",
            "Rows of a page. Without it an answer has all rows.",
            Schema(type=OpenAPIType.INTEGER, minimum=1, maximum=LARGEST_PAGE),
        ),
        _one_parameter("page[after]", "The mark of a page, as `links.next` has it.", text),
        _one_parameter("as_of", "A release, or the release of a day such as 2026-05-01.", text),
        _one_parameter(
            "format",
            "The format, where `Accept` cannot be set.",
            Schema(type=STRING, enum=list(FORMATS)),
        ),
    ]
    if resource.searched:
        parameters.append(_one_parameter("search", "Words that must all occur in its texts.", text))
    if included:
        parameters.append(_list_parameter("include", "What else to give.", included))
    if resource.name == "estimates":
        parameters += [
            _list_parameter("by", "Variables or segments to cross.", ()),
            _one_parameter(
                "aggregate",
                "How waves are put together.",
                Schema(type=STRING, enum=list(AGGREGATES)),
            ),
        ]
    return parameters


def _one_parameter(name: str, says: str, schema: Schema) -> Parameter:
    return Parameter(name=name, param_in="query", description=says, schema=schema)


def _list_parameter(name: str, says: str, values: Iterable[str]) -> Parameter:
    """Describe a parameter that takes names with commas between them."""
    items = Schema(type=STRING, enum=list(values) or None, pattern="^[A-Za-z][A-Za-z0-9_]*$")
    return Parameter(
        name=name,
        param_in="query",
        style="form",
        explode=False,
        description=f"{says} Commas stand between several.",
        schema=Schema(type=ARRAY, items=items, min_items=1),
    )


def _document(resource: Resource, included: Mapping[str, str]) -> Schema:
    rows = Schema(type=ARRAY, items=Reference(ref=f"#/components/schemas/{resource.name}"))
    properties: dict[str, Schema | Reference] = {
        "data": rows,
        "links": Schema(
            type=OBJECT,
            description="Addresses of this page, and of the next one if there is one.",
            properties={"self": Schema(type=STRING), "next": Schema(type=STRING)},
            required=["self"],
        ),
        "meta": Schema(
            type=OBJECT,
            properties={
                "release": Schema(type=STRING, description="The release that is read."),
                "audience": Schema(type=STRING, description="Whose release it is."),
                "rows": Schema(type=OpenAPIType.INTEGER, description="Rows of this answer."),
                "estimated": Schema(
                    type=OpenAPIType.BOOLEAN,
                    description="Whether the figures were estimated for this request.",
                ),
                "notes": Schema(
                    type=OpenAPIType.ARRAY,
                    items=Schema(type=STRING),
                    description="What to know of this answer: ids that no row has, if it is empty.",
                ),
            },
            required=["release", "audience", "rows", "estimated"],
        ),
    }
    if included:
        properties["included"] = Schema(
            type=OBJECT,
            properties={
                name: Schema(type=ARRAY, items=Reference(ref=f"#/components/schemas/{name}"))
                for name in sorted(set(included.values()))
            },
            additional_properties=False,
        )
    return Schema(type=OBJECT, properties=properties, required=["data", "links", "meta"])


def _responses(document: Schema) -> dict[str, OpenAPIResponse | Reference]:
    tables = {
        media_type: OpenAPIMediaType(schema=Schema(type=STRING))
        for name, media_type in MEDIA_TYPES.items()
        if name != "json"
    }
    responses: dict[str, OpenAPIResponse | Reference] = {
        "200": OpenAPIResponse(
            description="The rows.",
            headers={
                "ETag": OpenAPIHeader(schema=Schema(type=STRING)),
                "Wavehouse-Release": OpenAPIHeader(schema=Schema(type=STRING)),
            },
            content={
                "application/json": OpenAPIMediaType(schema=document),
                **tables,
            },
        ),
        "304": OpenAPIResponse(description="Nothing changed since the answer with this ETag."),
    }
    problems = {
        "400": "A parameter is wrong, or the answer is too large.",
        "401": "The key is not accepted.",
        "403": "The audience may not have this.",
        "404": "There is no such row, table or release.",
        "406": "There is no such format.",
        "429": "Too many requests. `Retry-After` says when to ask again.",
        "503": "The server cannot answer now. `Retry-After` says when to ask again.",
    }
    schema = Reference(ref="#/components/schemas/problem")
    return responses | {
        status: OpenAPIResponse(
            description=says, content={PROBLEM: OpenAPIMediaType(schema=schema)}
        )
        for status, says in problems.items()
    }


def _example(resource: Resource, opened: Opened) -> dict[str, Any] | None:
    """Ask the example of a resource; it is left out where nothing comes of it."""
    pairs = example_of(resource, opened) | {"page[size]": str(EXAMPLE_ROWS)}
    try:
        wanted = read_parameters(resource, list(pairs.items()))
        found = answer(resource, wanted, opened)
    except RequestError:
        return None
    return {"data": found.rows.records()} if found.rows.values else None


def _one_example(resource: Resource, opened: Opened) -> dict[str, Any] | None:
    """Ask for the first row of a resource by its key."""
    first = _first_key(resource, opened)
    return {"data": one(resource, first, opened).records()} if first else None


def _first_key(resource: Resource, opened: Opened) -> dict[str, str]:
    """Give the key of the first row; it is empty where there is none."""
    key = ", ".join(resource.key)
    rows = opened.read(f"select {key} from {resource.table} order by {key} limit 1")
    return {name: str(value) for row in rows.records() for name, value in row.items()}
