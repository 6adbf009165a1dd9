"""Columns that are one question: grids, and questions with several answers."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from wavehouse_exchange.onboarding.batteries import find_batteries
from wavehouse_exchange.onboarding.draft import ACCEPT, Change, Proposal, only_when
from wavehouse_exchange.onboarding.missing import MissingKinds
from wavehouse_exchange.onboarding.missing_labels import compared
from wavehouse_exchange.onboarding.profile import ColumnProfile, WaveProfile
from wavehouse_exchange.onboarding.variable_ids import title_of
from wavehouse_exchange.onboarding.wording import asked

MULTIPLE_RESPONSE, GRID = "multiple_response", "grid"
FEWEST_ITEMS = 2
# What items have in common is a title if it has so many letters.
FEWEST_LETTERS = 5

# How columns that were made of lists in cells are called.
_OF_A_LIST = re.compile(r"^(.+)\[(.+)\]$")
# What codes of tick lists are called, as labels are compared: chosen, and not.
_CHOSEN = {
    *("mentioned", "selected", "chosen", "checked", "ticked", "marked", "genannt", "gewahlt"),
    *("angekreuzt", "markiert", "cite", "citee", "mentionne", "coche", "mencionado", "mencionada"),
    *("seleccionado", "marcado", "citato", "menzionato", "selezionato", "wymienione", "wybrane"),
    *("zaznaczone", "genoemd", "gekozen", "aangevinkt", "secildi", "belirtildi"),
    *("\u0443\u043f\u043e\u043c\u044f\u043d\u0443\u0442\u043e", "\u9009\u4e2d", "\u9078\u629e"),
}
_CHOSEN_CODE, _NOT_CHOSEN_CODE = "1", "0"
CHOSEN, NOT_CHOSEN = "Chosen", "Not chosen"


@dataclass(frozen=True)
class Group:
    """Columns of a wave that are one question.

    Attributes:
        kind: `multiple_response` or `grid`.
        title: what is asked.
        columns: the columns, in delivered order.
        mention: of several answers, the code that says that one was chosen.
        list_text: what the id of its code list is made of, if that is not the title.
    """

    kind: str
    title: str
    columns: tuple[str, ...]
    mention: str = ""
    list_text: str = ""


def groups_of(wave: WaveProfile, missing: MissingKinds) -> list[Group]:
    """Find the groups of a wave: what files say of them first, then by names and labels.

    Args:
        wave: the wave.
        missing: finds its missing codes.
    """
    found = [
        Group(MULTIPLE_RESPONSE, each.label or each.name, each.columns, each.counted_code)
        for each in wave.response_sets
    ]
    taken = {name for group in found for name in group.columns}
    by_list: dict[str, list[str]] = {}
    for name in wave.columns:
        if name not in taken and (parts := _OF_A_LIST.match(name)) is not None:
            by_list.setdefault(parts[1], []).append(name)
    for base, names in by_list.items():
        label, _, _ = wave.columns[names[0]].label.rpartition(": ")
        found.append(Group(MULTIPLE_RESPONSE, label or base, tuple(names), _CHOSEN_CODE))
    taken = {name for group in found for name in group.columns}
    for battery in find_batteries(wave.columns.values()):
        names = tuple(name for name in battery.columns if name not in taken)
        if len(names) < FEWEST_ITEMS:
            continue
        columns = [wave.columns[name] for name in names]
        mention = _mention(columns)
        kind = MULTIPLE_RESPONSE if mention else GRID
        title = _title(columns)
        found.append(Group(kind, title, names, mention, _list_text(columns, title, missing)))
    return [group for group in found if len(group.columns) >= FEWEST_ITEMS]


def words_for(group: Group, columns: Mapping[str, ColumnProfile]) -> dict[str, dict[str, str]]:
    """Give labels for the codes of a tick list, by column, where it is delivered without."""
    if group.kind != MULTIPLE_RESPONSE or group.mention != _CHOSEN_CODE:
        return {}
    words = {_CHOSEN_CODE: CHOSEN, _NOT_CHOSEN_CODE: NOT_CHOSEN}
    return {name: words for name in group.columns if not words.keys() & columns[name].value_labels}


def item_titles(
    groups: Iterable[Group], columns: Mapping[str, ColumnProfile] | None = None
) -> dict[str, str]:
    """Give the answer that each column stands for, of those made of lists and of mentions.

    Args:
        groups: the groups of the wave.
        columns: its columns; where a label says the answer behind what is asked, that is taken.
    """
    found = {}
    for group in groups:
        for name in group.columns:
            if (parts := _OF_A_LIST.match(name)) is not None:
                label = columns[name].label if columns and name in columns else ""
                said = label.removeprefix(f"{group.title}: ")
                found[name] = said if said and said != label else parts[2]
    return found


def group_proposals(groups: Sequence[Group], proposals: Sequence[Proposal]) -> list[Proposal]:
    """Draft the groups whose items are new variables; a rejected item is not in its group.

    Args:
        groups: the groups of the wave.
        proposals: those of its columns.
    """
    made = {p.subject: p for p in proposals if p.kind == "new_column"}
    ids: set[str] = set()
    found = []
    for group in groups:
        items = [(made[name], rows) for name in group.columns if (rows := _rows(made.get(name)))]
        lists = {rows["variables"]["code_list_id"] for _, rows in items}
        if len(items) < FEWEST_ITEMS or len(lists) != 1:
            continue
        group_id = lists.pop()
        if group_id in ids:
            continue
        ids.add(group_id)
        found.append(_proposal(group, group_id, items))
    return found


def _rows(proposal: Proposal | None) -> dict[str, dict[str, str]]:
    """Give the rows that say which variable a column becomes; none if it becomes no category."""
    if proposal is None:
        return {}
    rows = {
        change["table"]: change["add"]
        for change in proposal.changes
        if change["table"] in ("variables", "code_lists") and "add" in change
    }
    return rows if len(rows) > 1 else {}


def _proposal(
    group: Group, group_id: str, items: Sequence[tuple[Proposal, dict[str, dict[str, str]]]]
) -> Proposal:
    mention = ""
    if group.mention:
        rows = [change.get("add", {}) for change in items[0][0].changes]
        mention = next(
            (row["category_code"] for row in rows if row.get("source_code") == group.mention), ""
        )
    several = group.kind == MULTIPLE_RESPONSE
    what = "a question with several answers" if several else "a grid"
    changes: list[Change] = [
        {
            "table": "variable_groups",
            "add": {
                "variable_group_id": group_id,
                "variable_group_label": group.title,
                "group_kind": group.kind,
                **({"mention_category_code": mention} if several else {}),
                "description": f"{group.title}.",
            },
        }
    ]
    for order, (item, rows) in enumerate(items, start=1):
        member = {
            "variable_group_id": group_id,
            "variable_id": rows["variables"]["variable_id"],
            "member_order": str(order),
        }
        change: Change = {"table": "variable_group_members", "add": member}
        changes.append(only_when(change, item, ACCEPT))
    if several:
        measure = {
            "measure_id": f"{group_id}_share_of_cases",
            "measure_label": group.title,
            "measure_kind": "share_of_cases",
            "variable_group_id": group_id,
            "base_description": "Respondents with an answer",
            "description": f"Share of respondents who gave each answer: {group.title}.",
        }
        changes.append({"table": "measures", "add": measure})
    return Proposal(
        "variable_group",
        group_id,
        0.85,
        f"{len(items)} columns are {what} ({group.title!r}): {', '.join(group.columns[:6])}"
        f"{', ...' if len(group.columns) > 6 else ''}",
        changes,
    )


def _mention(columns: Sequence[ColumnProfile]) -> str:
    """Give the code that says that an answer was chosen, if the columns are a tick list."""
    labels = columns[0].value_labels
    for code, label in labels.items():
        if compared(label) in _CHOSEN:
            return code
    codes = {code for column in columns for code in column.counts}
    return _CHOSEN_CODE if not labels and codes == {_CHOSEN_CODE, _NOT_CHOSEN_CODE} else ""


def _title(columns: Sequence[ColumnProfile]) -> str:
    """Give what the labels of all columns begin with, as it is written; else the first two."""
    texts = [asked(column.label, column.name).split() for column in columns]
    shared: list[str] = []
    for words in zip(*texts, strict=False):
        if len(set(words)) > 1:
            break
        shared.append(words[0])
    colons = [place for place, word in enumerate(shared, start=1) if word.endswith(":")]
    title = " ".join(shared[: colons[-1]] if colons else shared).rstrip(" :-\u2013(,")
    if sum(character.isalpha() for character in title) >= FEWEST_LETTERS:
        return title
    first, second = (title_of(column) for column in columns[:2])
    more = f" and {len(columns) - 2} more" if len(columns) > 2 else ""
    return f"{first}, {second}{more}"


def _list_text(columns: Sequence[ColumnProfile], title: str, missing: MissingKinds) -> str:
    """Give what the id of the shared code list is made of: what is asked, or the answers' ends."""
    _, answers = missing.split(columns[0])
    labels = [label for code in answers if (label := columns[0].value_labels.get(code, ""))]
    is_shared = all(compared(asked(c.label, c.name)).startswith(compared(title)) for c in columns)
    return title if is_shared or len(labels) < FEWEST_ITEMS else f"{labels[0]} to {labels[-1]}"
