"""The published trends of a study as SDMX-JSON, in its versions for SDMX 2.1 and for SDMX 3.0."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sdmx import message

from wavehouse_exchange.exports.sdmx_files import attribute_values, series_key
from wavehouse_exchange.exports.sdmx_structures import (
    AGENCY,
    ATTRIBUTES,
    DIMENSIONS,
    TIME,
    VALUE,
    Concept,
    Structures,
)

# By the version of the format: how an attribute says that it is of observations, how a value that
# is of no code list is written, and what a set of data does to one that is known.
FORMS = {
    "1.0.0": ({"primaryMeasure": VALUE.id}, "name", "Information"),
    "2.0.0": ({"observation": {}}, "value", "Replace"),
}
SCHEMA = (
    "https://raw.githubusercontent.com/sdmx-twg/sdmx-json/master/data-message/tools/schemas/"
    "{version}/sdmx-json-data-schema.json"
)


class _Places:
    """Values in the order in which they came, each with its place."""

    def __init__(self) -> None:
        self.values: dict[Any, int] = {}

    def of(self, value: object) -> int:
        return self.values.setdefault(value, len(self.values))


def data_json(
    structures: Structures,
    rows: Sequence[Mapping[str, Any]],
    header: message.Header,
    name: str,
    version: str,
) -> bytes:
    """Write observations as SDMX-JSON: series by the places of their values in lists.

    Args:
        structures: what the observations refer to.
        rows: rows of `OBSERVATIONS`, in that order.
        header: the head of the message.
        name: what the set of data is called.
        version: of the format, `1.0.0` or `2.0.0`.
    """
    of_observations, _, action = FORMS[version]
    series_places, periods = [_Places() for _ in DIMENSIONS], _Places()
    values = [attribute_values(row) for row in rows]
    # One that no observation has is left out.
    used = [each for each in ATTRIBUTES if any(row[each.id] is not None for row in values)]
    attribute_places = [_Places() for _ in used]
    series: dict[str, dict[str, Any]] = {}
    for row, attributes in zip(rows, values, strict=True):
        key = ":".join(
            str(places.of(value))
            for places, (_, value) in zip(series_places, series_key(row), strict=True)
        )
        period = str(periods.of(str(row["wave_date"])))
        series.setdefault(key, {"observations": {}})["observations"][period] = [
            row["estimate"],
            *(
                None if attributes[each.id] is None else places.of(attributes[each.id])
                for each, places in zip(used, attribute_places, strict=True)
            ),
        ]
    names = {
        codelist: {code.id: str(code.name) for code in codes.items.values()}
        for codelist, codes in structures.codelists.items()
    }
    described: dict[str, Any] = {
        "name": name,
        "dimensions": {
            "series": [
                _component(each, places, names, version) | {"keyPosition": place}
                for place, (each, places) in enumerate(zip(DIMENSIONS, series_places, strict=True))
            ],
            "observation": [
                _component(TIME, periods, names, version) | {"keyPosition": len(DIMENSIONS)}
            ],
        },
        "attributes": {
            "series": [],
            "observation": [
                _component(each, places, names, version) | {"relationship": of_observations}
                for each, places in zip(used, attribute_places, strict=True)
            ],
        },
    }
    data_set: dict[str, Any] = {"action": action, "links": [], "series": series}
    data: dict[str, Any] = {"dataSets": [data_set]}
    if version == "1.0.0":
        data["structure"] = described
    else:
        data_set["structure"] = 0
        described |= {
            "dataSets": [0],
            "measures": {"observation": [{"id": VALUE.id, "name": VALUE.name}]},
        }
        data["structures"] = [described]
    meta = {
        "schema": SCHEMA.format(version=version),
        "id": header.id,
        "prepared": header.prepared.isoformat() if header.prepared else None,
        "test": False,
        "sender": {"id": AGENCY.id},
    }
    return msgspec.json.encode({"meta": meta, "data": data})


def _component(
    concept: Concept, places: _Places, names: Mapping[str, Mapping[str, str]], version: str
) -> dict[str, Any]:
    """Describe a part of the structure with the values that occur."""
    known = names.get(concept.values)
    if known is None and concept is not TIME:
        key = FORMS[version][1]
        values = [{key: str(each)} for each in places.values]
    else:
        values = [
            {"id": str(each), "name": (known or {}).get(str(each), str(each))}
            for each in places.values
        ]
    return {"id": concept.id, "name": concept.name, "values": values}
