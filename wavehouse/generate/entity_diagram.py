"""A drawing of the public tables and of the keys by which they refer to each other.

Relations are those that the tests `references_key` of the marts' YAML guard, keys those of their
contracts. With more than sixty relations, lines between boxes would cross everywhere: each table is
a row, each table that others refer to is a column, and a dot says where a row refers to it.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from pathlib import PurePosixPath
from textwrap import wrap
from typing import Any

from wavehouse.generate.text import MARKER, Texts
from wavehouse.generated import is_generated_file
from wavehouse.project import Project

DIAGRAM = PurePosixPath("docs/images/entities.svg")
MARTS = PurePosixPath("models/marts")
# Of the machine, not of the surveys, and not published.
OPERATIONS = "operations"
# The folders of the marts in the order in which people read; others follow.
GROUPS = ("core", "trends", "charts", "dictionary", "wide")
REFERENCE = re.compile(r"ref\(\s*'(\w+)'\s*\)")

LEFT, NAME_WIDTH, COLUMN_WIDTH = 16, 330, 92
TOP, HEAD_HEIGHT, GROUP_HEIGHT = 16, 76, 34
# A row has a line for the name and one or two for the key.
ROW_HEIGHT, LINE_HEIGHT, KEY_LETTERS = 26, 15, 52

STYLE = """\
    .box { stroke-width: 1.5; fill: #e6f4ea; stroke: #2f7d4f; }
    .lane { stroke: #b7cdbf; stroke-width: 2; }
    .row { stroke: #d5dae1; stroke-width: 1; }
    .dot { stroke: #2f7d4f; stroke-width: 2; }
    .key { fill: #2f7d4f; }
    .other { fill: #ffffff; }
    .head { font-size: 13px; font-weight: 700; fill: #1a202c; }
    .name { font-size: 13.5px; font-weight: 700; fill: #1a202c; }
    .text { font-size: 11.5px; fill: #4a5568; }
    .role { font-size: 11px; fill: #2d3748; stroke: #ffffff; stroke-width: 4; paint-order: stroke; }
    .layer { font-size: 12.5px; font-weight: 700; fill: #4a5568; letter-spacing: .6px; }"""


@dataclass(frozen=True)
class Reference:
    """A key of a table that is a row of another one."""

    to: str
    columns: tuple[str, ...]
    to_columns: tuple[str, ...]


@dataclass
class Entity:
    """A public table."""

    name: str
    group: str
    key: tuple[str, ...]
    references: list[Reference] = field(default_factory=list)


def draw_entities(project: Project, generated: Texts) -> Texts:
    """Draw the public tables; nothing, if none refers to another.

    Args:
        project: the project, whose YAML of the marts is read.
        generated: generated files as they should be, whatever is on disk.
    """
    entities = _read_entities(project, generated)
    names = {each.name for each in entities}
    for each in entities:
        each.references = [found for found in each.references if found.to in names]
    if not any(each.references for each in entities):
        return {}
    return {DIAGRAM: _draw(entities)}


def _read_entities(project: Project, generated: Texts) -> list[Entity]:
    from wavehouse.yaml_files import parse_yaml

    files = {
        PurePosixPath(path.relative_to(part).as_posix()): path.read_text(encoding="utf-8")
        for part in project.parts
        for path in part.joinpath(MARTS).rglob("*.yml")
        if not is_generated_file(path)
    }
    files |= {path: text for path, text in generated.items() if path.suffix == ".yml"}
    found = [
        _entity(model, path.parts[2])
        for path, text in sorted(files.items())
        if path.is_relative_to(MARTS) and len(path.parts) > 3 and path.parts[2] != OPERATIONS
        for model in (parse_yaml(text) or {}).get("models") or []
    ]
    order = [*GROUPS, *sorted({each.group for each in found} - set(GROUPS))]
    return sorted(found, key=lambda each: (order.index(each.group), each.name))


def _entity(model: dict[str, Any], group: str) -> Entity:
    key: list[str] = []
    for constraint in model.get("constraints", []):
        if constraint["type"] == "primary_key":
            key = constraint["columns"]
    entity = Entity(model["name"], group, tuple(key))
    for test in model.get("data_tests", []):
        said = _reference(test)
        target = REFERENCE.search(said["arguments"]["to"]) if said else None
        if said and target:
            columns, to_columns = said["arguments"]["columns"], said["arguments"]["to_columns"]
            entity.references.append(Reference(target[1], tuple(columns), tuple(to_columns)))
    return entity


# Drawing ------------------------------------------------------------------------------------------


def _draw(entities: list[Entity]) -> str:
    used = Counter(found.to for each in entities for found in each.references)
    lanes = sorted(
        (each for each in entities if used[each.name]), key=lambda each: -used[each.name]
    )
    groups = list(dict.fromkeys(each.group for each in entities))
    width = LEFT * 2 + NAME_WIDTH + COLUMN_WIDTH * len(lanes)
    height = TOP * 2 + HEAD_HEIGHT + GROUP_HEIGHT * len(groups)
    height += sum(map(_height, entities))
    lines = [
        f"<!-- {MARKER} -->",
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-labelledby="title desc" '
        'font-family="Helvetica, Arial, sans-serif">',
        '  <title id="title">The public tables, and the keys by which they refer to each other'
        "</title>",
        f'  <desc id="desc">{escape(" ".join(_in_words(entities)))}</desc>',
        f"  <style>\n{STYLE}\n  </style>",
        f'  <rect width="{width}" height="{height}" fill="#ffffff"/>',
        *_legend(),
    ]
    bottom = height - TOP
    for position, lane in enumerate(lanes):
        lines += _draw_lane(lane, _lane_x(position), bottom)
    y = TOP + HEAD_HEIGHT
    for group in groups:
        lines.append(
            f'  <text class="layer" x="{LEFT}" y="{y + 24}">{escape(group.upper())}</text>'
        )
        y += GROUP_HEIGHT
        for each in entities:
            if each.group == group:
                lines += _draw_row(each, [lane.name for lane in lanes], y, width)
                y += _height(each)
    return "\n".join([*lines, "</svg>"]) + "\n"


def _lane_x(position: int) -> int:
    return LEFT + NAME_WIDTH + COLUMN_WIDTH * position + COLUMN_WIDTH // 2


def _legend() -> list[str]:
    return [
        f'  <circle class="dot key" cx="{LEFT + 7}" cy="{TOP + 14}" r="6"/>',
        f'  <text class="text" x="{LEFT + 20}" y="{TOP + 18}">refers to it by a part of its own key'
        "</text>",
        f'  <circle class="dot other" cx="{LEFT + 7}" cy="{TOP + 36}" r="6"/>',
        f'  <text class="text" x="{LEFT + 20}" y="{TOP + 40}">refers to it by other columns</text>',
        f'  <text class="text" x="{LEFT}" y="{TOP + 62}">Below each table: its key.</text>',
    ]


def _draw_lane(lane: Entity, x: int, bottom: int) -> list[str]:
    prefix, _, rest = lane.name.partition("_")
    half = COLUMN_WIDTH // 2 - 4
    lines = [
        f'  <line class="lane" x1="{x}" y1="{TOP + 44}" x2="{x}" y2="{bottom}"/>',
        f'  <rect class="box" x="{x - half}" y="{TOP}" width="{half * 2}" height="44" rx="6"/>',
    ]
    for text, y in ((f"{prefix}_", TOP + 19), (rest, TOP + 35)):
        place = f'x="{x}" y="{y}" text-anchor="middle"'
        lines.append(f'  <text class="head" {place}>{escape(text)}</text>')
    return lines


def _draw_row(entity: Entity, lanes: list[str], y: int, width: int) -> list[str]:
    end = y + _height(entity)
    lines = [
        f'  <line class="row" x1="{LEFT}" y1="{end}" x2="{width - LEFT}" y2="{end}"/>',
        f'  <text class="name" x="{LEFT}" y="{y + 17}">{escape(entity.name)}</text>',
    ]
    for position, text in enumerate(_key_lines(entity)):
        place = f'x="{LEFT}" y="{y + 33 + position * LINE_HEIGHT}"'
        lines.append(f'  <text class="text" {place}>{escape(text)}</text>')
    for target in dict.fromkeys(found.to for found in entity.references):
        found = [each for each in entity.references if each.to == target]
        x = _lane_x(lanes.index(target))
        own = all(set(each.columns) <= set(entity.key) for each in found)
        lines.append(
            f'  <circle class="dot {"key" if own else "other"}" cx="{x}" cy="{y + 15}" r="6"/>'
        )
        roles = [_role(each) for each in found]
        if len(roles) > 1 or roles[0] != _subject(target):
            lines.append(
                f'  <text class="role" x="{x}" y="{y + 34}" text-anchor="middle">'
                f"{escape(', '.join(roles))}</text>"
            )
    return lines


def _role(reference: Reference) -> str:
    """Give what columns of another name say of what they refer to, else what it is."""
    for column, to_column in zip(reference.columns, reference.to_columns, strict=True):
        if column != to_column:
            return column.removesuffix(f"_{to_column}")
    return _subject(reference.to)


def _subject(name: str) -> str:
    return name.partition("_")[2]


def _key_lines(entity: Entity) -> list[str]:
    return wrap(", ".join(entity.key), KEY_LETTERS) or [""]


def _height(entity: Entity) -> int:
    return ROW_HEIGHT + LINE_HEIGHT * len(_key_lines(entity))


def _in_words(entities: list[Entity]) -> Iterable[str]:
    for each in entities:
        for found in each.references:
            yield f"{each.name} refers to {found.to} by {', '.join(found.columns)}."


def _reference(test: str | dict[str, Any]) -> dict[str, Any] | None:
    """Give what the test of a reference says, with the package's name before it or without."""
    if isinstance(test, str):
        return None
    return test.get("references_key") or test.get("wavehouse.references_key")
