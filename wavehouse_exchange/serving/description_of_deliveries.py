"""How deliveries are sent, as the description of the API tells an audience that may deliver."""

from typing import Any

from litestar.openapi.spec import (
    Example,
    OpenAPIHeader,
    OpenAPIMediaType,
    OpenAPIResponse,
    Operation,
    Parameter,
    PathItem,
    Reference,
    RequestBody,
    Schema,
    Tag,
)
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType

from wavehouse_exchange.receiving.bodies import FORM, MEDIA_TYPES, NAME, OFTEN, ONCE
from wavehouse_exchange.receiving.quarantine import Delivery, Fault, SentFile, State, ToDecide
from wavehouse_exchange.serving.deliveries import NEXT, shown_delivery
from wavehouse_exchange.serving.doors import Opened
from wavehouse_exchange.serving.problems import MEDIA_TYPE as PROBLEM
from wavehouse_exchange.serving.resources import VERSION

STRING, OBJECT, ARRAY = OpenAPIType.STRING, OpenAPIType.OBJECT, OpenAPIType.ARRAY
NUMBER, NULL = OpenAPIType.INTEGER, OpenAPIType.NULL
PATH = f"{VERSION}/studies/{{study_id}}/waves/{{wave_id}}/deliveries"
NAME_OF_TAG = "deliveries"
ABOUT = """
**Deliveries.** `POST /v1/studies/{study_id}/waves/{wave_id}/deliveries` sends a wave, or a
correction of one. It waits in quarantine until those who run the warehouse take it in; nothing is
published by it. The checks answer at once: 201, with what remains to be decided, or 422, with
each problem by file, column, value and remedy, and then nothing of it is kept. The same bytes
again are the same delivery.
"""
MEANS = {
    "201": "It is accepted, and is a new one.",
    "200": "It is accepted, and was delivered before.",
    "202": "It is being checked. `Retry-After` says when to ask at `Location`.",
}
PROBLEMS = {
    "400": "A parameter or file name is wrong, or the body did not arrive as a whole.",
    "401": "The key is not accepted, or there is none.",
    "404": "There is nothing here for this key.",
    "408": "Nothing came for too long.",
    "413": "The body is larger than the server takes.",
    "415": "The body is of no known format.",
    "429": "Too many requests, or too many deliveries wait.",
    "500": "A fault of the server.",
    "503": "The server cannot answer now.",
    "507": "The disk of the server is full.",
}
FILE = SentFile(
    "towns_2026.csv", "4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a", 1024
)
FAULT = Fault(
    "weight_invalid",
    "The weight is negative; the first is row 12 of the file.",
    "Correct the weight, or deliver it where it is missing.",
    FILE.name,
    "weight",
    "-1",
    2,
)
TO_DECIDE = ToDecide("new_column", "q12", "q12 is not in the codebook; 2 codes in 1,000 rows")


def paths_of_deliveries(opened: Opened) -> dict[str, PathItem]:
    """Describe the addresses of deliveries; none to an audience that may not deliver."""
    grants = opened.deliverable
    if not grants:
        return {}
    study_id, wave_id = grants[0]
    example = _example("accepted", study_id, wave_id or "2026")
    names = [_in_path("study_id", study_id), _in_path("wave_id", wave_id or "2026")]
    one = [*names, _in_path("delivery_id", str(example["delivery_id"]))]
    return {
        PATH: PathItem(
            post=Operation(
                operation_id="deliver",
                tags=[NAME_OF_TAG],
                summary="Send a wave, or a correction of one.",
                parameters=[*names, *_parameters()],
                request_body=_body(),
                security=[{"key": []}],
                responses=_answers(example, refused=_example("refused", study_id, "2026")),
            ),
            get=Operation(
                operation_id="list_deliveries",
                tags=[NAME_OF_TAG],
                summary="The deliveries of a wave that your audience sent.",
                parameters=[*names],
                security=[{"key": []}],
                responses=_reading(Schema(type=ARRAY, items=_ref("delivery")), [example]),
            ),
        ),
        f"{PATH}/{{delivery_id}}": PathItem(
            get=Operation(
                operation_id="one_of_deliveries",
                tags=[NAME_OF_TAG],
                summary="What became of a delivery.",
                parameters=[*one],
                security=[{"key": []}],
                responses=_reading(_ref("delivery"), example),
            )
        ),
        **_uploads(names, example, study_id),
    }


def _uploads(names: list[Parameter], example: dict[str, Any], study_id: str) -> dict[str, PathItem]:
    """Describe how a large file is sent in parts."""
    one = [*names, _in_path("upload_id", "u_0123456789abcdef0123456789abcdef")]
    count = Schema(type=NUMBER, minimum=0)
    told = {
        "Upload-Offset": OpenAPIHeader(schema=count, description="How many bytes arrived."),
        "Upload-Length": OpenAPIHeader(schema=count, description="How many there are to be."),
    }
    place = {"Location": OpenAPIHeader(schema=Schema(type=STRING), description="Its address.")}
    begun = OpenAPIResponse(description="It may begin.", headers={**told, **place})
    so_far = OpenAPIResponse(description="What arrived.", headers={**told})
    no_fit = _problems({"409": "The part begins elsewhere; Upload-Offset says where to go on."})
    wrong = _problems(PROBLEMS)
    answers = _answers(example, refused=_example("refused", study_id, "2026"))
    answers["200"] = OpenAPIResponse(
        description="The part arrived; or the file is whole, and was delivered before.",
        headers={**told},
    )
    file = OpenAPIMediaType(schema=Schema(type=STRING, description="The next bytes of the file."))
    return {
        f"{PATH}/uploads": PathItem(
            post=Operation(
                operation_id="begin_upload",
                tags=[NAME_OF_TAG],
                summary="Begin to send a large file in parts.",
                parameters=[*names, *_parameters(), _header("Upload-Length", count)],
                security=[{"key": []}],
                responses={"201": begun, **wrong},
            )
        ),
        f"{PATH}/uploads/{{upload_id}}": PathItem(
            get=Operation(
                operation_id="one_of_uploads",
                tags=[NAME_OF_TAG],
                summary="Ask how much of a file arrived.",
                parameters=[*one],
                security=[{"key": []}],
                responses={"200": so_far, **wrong},
            ),
            patch=Operation(
                operation_id="add_to_upload",
                tags=[NAME_OF_TAG],
                summary="Send the next part; with the last one the file is a delivery.",
                parameters=[*one, _header("Upload-Offset", count)],
                request_body=RequestBody(content={"application/octet-stream": file}, required=True),
                security=[{"key": []}],
                responses={**answers, **no_fit},
            ),
        ),
    }


def _header(name: str, schema: Schema) -> Parameter:
    return Parameter(name=name, param_in="header", required=True, schema=schema)


def schemas_of_deliveries() -> dict[str, Schema | Reference]:
    """Describe a delivery, and why one is refused."""
    text, maybe = Schema(type=STRING), Schema(type=[STRING, NULL])
    number = Schema(type=[NUMBER, NULL])
    problem = Schema(
        type=OBJECT,
        title="problem of a delivery",
        properties={
            "code": Schema(type=STRING, description="Which check found it."),
            "detail": Schema(type=STRING, description="What is wrong."),
            "remedy": Schema(type=STRING, description="What to do."),
            "file": Schema(type=[STRING, NULL], description="The file's name."),
            "column": Schema(type=[STRING, NULL], description="The column, as delivered."),
            "value": Schema(type=[STRING, NULL], description="The value in that column."),
            "rows": Schema(type=[NUMBER, NULL], description="How many rows have it."),
        },
        required=["code", "detail", "remedy"],
    )
    decision = Schema(
        type=OBJECT,
        properties={
            "kind": Schema(type=STRING, description="What was found, as drafts call it."),
            "subject": Schema(type=STRING, description="The column, or the wave."),
            "detail": Schema(type=STRING, description="What speaks for it."),
        },
    )
    states = "; ".join(f"`{state}`: {says}" for state, says in NEXT.items())
    return {
        "delivery_problem": problem,
        "delivery": Schema(
            type=OBJECT,
            title="delivery",
            properties={
                "delivery_id": text,
                "study_id": text,
                "wave_id": text,
                "state": Schema(type=STRING, enum=list(NEXT), description=states),
                "next": Schema(type=STRING, description="What happens next, in words."),
                "received_at": Schema(type=STRING, format=OpenAPIFormat.DATE_TIME),
                "checked_at": maybe,
                "files": Schema(
                    type=ARRAY,
                    items=Schema(
                        type=OBJECT,
                        properties={"name": text, "sha256": text, "size_bytes": number},
                    ),
                ),
                "reading_options": maybe,
                "rows": number,
                "columns": number,
                "problems": Schema(type=ARRAY, items=_ref("delivery_problem")),
                "to_decide": Schema(type=ARRAY, items=decision),
                "note": Schema(type=[STRING, NULL], description="Why it was declined."),
            },
            required=["delivery_id", "study_id", "wave_id", "state", "problems", "to_decide"],
        ),
        "refused_delivery": Schema(
            all_of=[
                _ref("problem"),
                Schema(
                    type=OBJECT,
                    properties={
                        "delivery": Schema(type=STRING, description="Its id."),
                        "problems": Schema(type=ARRAY, items=_ref("delivery_problem")),
                    },
                    required=["delivery", "problems"],
                ),
            ]
        ),
    }


TAG = Tag(name=NAME_OF_TAG, description="Waves that your audience sends.")


def _ref(name: str) -> Reference:
    return Reference(ref=f"#/components/schemas/{name}")


def _in_path(name: str, example: str) -> Parameter:
    schema = Schema(type=STRING, min_length=1, examples=[example])
    return Parameter(name=name, param_in="path", required=True, schema=schema)


def _parameters() -> list[Parameter | Reference]:
    says = {NAME: "The file's name, whose ending says its format; where Content-Type does not."}
    said = "As the option of this name of `wavehouse add-wave`."
    return [
        Parameter(
            name=name,
            param_in="query",
            description=says.get(name, said),
            schema=Schema(type=STRING, min_length=1)
            if name not in OFTEN
            else Schema(type=ARRAY, items=Schema(type=STRING, min_length=1)),
        )
        for name in (NAME, *ONCE, *OFTEN)
    ]


def _body() -> RequestBody:
    rows = Schema(type=ARRAY, items=Schema(type=OBJECT), min_items=1)
    content = {
        kind: OpenAPIMediaType(schema=rows if kind == "application/json" else Schema(type=STRING))
        for kind in MEDIA_TYPES
    }
    content["text/csv"].examples = {
        "example": Example(value="person,weight,q1\n1,0.9,2\n2,1.1,1\n")
    }
    content["application/octet-stream"] = OpenAPIMediaType(
        schema=Schema(type=STRING, description="Any file; the parameter name says its format.")
    )
    content[FORM] = OpenAPIMediaType(
        schema=Schema(
            type=OBJECT,
            description="Files; if there are several, the first has all respondents.",
            properties={"file": Schema(type=STRING, content_media_type="application/octet-stream")},
        )
    )
    return RequestBody(content=content, required=True, description="The file, files, or rows.")


def _example(state: State, study_id: str, wave_id: str) -> dict[str, Any]:
    is_refused = state == "refused"
    return shown_delivery(
        Delivery(
            "d_0123456789abcdef0123456789abcdef",
            *("partners", "key_0a1b2c3d", study_id, wave_id),
            files=(FILE,),
            reading_options="",
            received_at="2026-11-30T09:00:00+00:00",
            state=state,
            checked_at="2026-11-30T09:00:03+00:00",
            n_rows=1_000,
            n_columns=40,
            faults=(FAULT,) if is_refused else (),
            to_decide=() if is_refused else (TO_DECIDE,),
        )
    )


def _document(data: Schema | Reference, example: object) -> dict[str, OpenAPIMediaType]:
    schema = Schema(
        type=OBJECT,
        properties={
            "data": data,
            "links": Schema(type=OBJECT, properties={"self": Schema(type=STRING)}),
            "meta": Schema(type=OBJECT),
        },
        required=["data", "links", "meta"],
    )
    examples = {"example": Example(value={"data": example})}
    return {"application/json": OpenAPIMediaType(schema=schema, examples=examples)}


def _answers(
    example: dict[str, Any], refused: dict[str, Any]
) -> dict[str, OpenAPIResponse | Reference]:
    head = {"Location": OpenAPIHeader(schema=Schema(type=STRING), description="Its address.")}
    said = {
        "title": "The delivery is refused",
        "status": 422,
        "delivery": refused["delivery_id"],
        "problems": refused["problems"],
    }
    return {
        **{
            status: OpenAPIResponse(
                description=says, headers={**head}, content=_document(_ref("delivery"), example)
            )
            for status, says in MEANS.items()
        },
        "422": OpenAPIResponse(
            description="It is refused, and nothing of it is kept.",
            headers={**head},
            content={
                PROBLEM: OpenAPIMediaType(
                    schema=_ref("refused_delivery"), examples={"example": Example(value=said)}
                )
            },
        ),
        **_problems(PROBLEMS),
    }


def _reading(data: Schema | Reference, example: object) -> dict[str, OpenAPIResponse | Reference]:
    known = ("400", "401", "404", "429", "503")
    found = OpenAPIResponse(description="What there is.", content=_document(data, example))
    return {"200": found, **_problems({each: PROBLEMS[each] for each in known})}


def _problems(means: dict[str, str]) -> dict[str, OpenAPIResponse | Reference]:
    return {
        status: OpenAPIResponse(
            description=says, content={PROBLEM: OpenAPIMediaType(schema=_ref("problem"))}
        )
        for status, says in means.items()
    }
