"""The codebook rows that answer changes of codes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from wavehouse.codebook.tables import Codebook, Row
from wavehouse_exchange.onboarding.codes import CodeChange, CodeComparison
from wavehouse_exchange.onboarding.draft import ACCEPT, REJECT, Change, Proposal, only_when
from wavehouse_exchange.onboarding.groups import Group, groups_of, item_titles, words_for
from wavehouse_exchange.onboarding.known import EMPTY, NUMBER, KnownColumn
from wavehouse_exchange.onboarding.missing import MissingKinds, missing_kinds
from wavehouse_exchange.onboarding.profile import ColumnProfile, WaveProfile
from wavehouse_exchange.onboarding.signs import plain
from wavehouse_exchange.onboarding.texts import MOST_ID_CHARACTERS, identifier
from wavehouse_exchange.onboarding.variable_ids import VariableIds

# Changes that give an existing code another meaning, the most serious first: they need a crosswalk
# of their own from this wave on, since another question may share the old one.
RECODING = (
    "reversed_scale",
    "codes_moved",
    "codes_merged",
    "code_split",
    "code_relabelled",
    "changed_missing_code",
)
# Another proposal, and how it must be decided.
Condition = tuple[Proposal, str]
_METHODS = {True: "identity", False: "recode"}


@dataclass
class Naming:
    """Gives ids, each once, also over several proposals of one draft.

    `missing` finds the missing codes of the wave; by the codebook's table of labels alone, unless
    `look_at` knows more of the wave. `ids` makes ids of what is asked; `lists` has the code list
    that items of one battery share, by column, `titles` what these lists are of, and `words` labels
    for codes that a column delivers without.
    """

    codebook: Codebook
    study_id: str
    wave_id: str
    taken: dict[str, set[str]] = field(default_factory=dict)
    categories: dict[tuple[str, str], str] = field(default_factory=dict)
    orders: dict[str, int] = field(default_factory=dict)
    missing: MissingKinds = field(init=False)
    ids: VariableIds = field(default_factory=VariableIds)
    lists: dict[str, str] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)
    titles: dict[str, str] = field(default_factory=dict)
    words: dict[str, dict[str, str]] = field(default_factory=dict)
    made: dict[tuple[str, str], Change] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.missing = missing_kinds(self.codebook)
        for table, column in (
            ("variables", "variable_id"),
            ("code_lists", "code_list_id"),
            ("crosswalk", "crosswalk_id"),
            ("breaks", "break_id"),
            ("measures", "measure_id"),
            ("segments", "segment_id"),
        ):
            self.taken[table] = {row[column] for row in self.codebook.rows(table)}
        for row in self.codebook.rows("categories"):
            key = (row["code_list_id"], plain(row["category_label"]))
            self.categories[key] = row["category_code"]
            self.taken.setdefault(row["code_list_id"], set()).add(row["category_code"])
            order = int(row["category_order"]) if row["category_order"].isdecimal() else 0
            self.orders[row["code_list_id"]] = max(self.orders.get(row["code_list_id"], 0), order)

    def new_id(self, table: str, text: str, fallback: str = "item") -> str:
        """Make an id for a table, and remember it."""
        # Ids that are made of others keep their endings.
        longest = MOST_ID_CHARACTERS * (1 if table in ("variables", "code_lists") else 2)
        made = identifier(text, self.taken.setdefault(table, set()), fallback, longest)
        self.taken[table].add(made)
        return made

    def known_category(self, code_list: str, label: str) -> str | None:
        """Give the category of a label; None if there is none yet."""
        return self.categories.get((code_list, plain(label)))

    def look_at(self, wave: WaveProfile, earlier: Iterable[KnownColumn] = ()) -> None:
        """Take what the columns of the wave, and of earlier ones, say of codes, ids and groups."""
        self.missing = missing_kinds(self.codebook, wave.columns, earlier)
        self.groups = groups_of(wave, self.missing)
        self.ids = VariableIds(wave.columns.values(), item_titles(self.groups, wave.columns))
        for group in self.groups:
            code_list = self.new_id("code_lists", group.list_text or group.title, "group")
            self.titles[code_list] = group.title
            self.lists |= dict.fromkeys(group.columns, code_list)
            self.words |= words_for(group, wave.columns)

    def code_list(self, code_list: str, row: Row) -> Change:
        """Give the row of a code list; of one that several columns share, always the same."""
        return self.made.setdefault((code_list, ""), {"table": "code_lists", "add": row})

    def category(
        self, code_list: str, label: str, wanted: str = "", *, is_off_scale: bool = False
    ) -> tuple[str, list[Change]]:
        """Give the category of a label, and the row that makes it where it is new.

        Args:
            code_list: the code list.
            label: the label.
            wanted: the code that it is to have; one made of the label if left out.
            is_off_scale: whether it is no step of a scale.
        """
        key = (code_list, plain(label))
        if key not in self.categories:
            known = self.taken.get(code_list, set())
            if label.isdecimal() and known and all(code.isdecimal() for code in known):
                # A list of numbers stays one.
                wanted = wanted or str(int(label))
            self.categories[key] = wanted or self.new_id(code_list, label, "code")
            self.taken.setdefault(code_list, set()).add(self.categories[key])
            self.orders[code_list] = self.orders.get(code_list, 0) + 1
            row = {
                "code_list_id": code_list,
                "category_code": self.categories[key],
                "category_order": str(self.orders[code_list]),
                "category_label": label,
                **({"is_off_scale": "true"} if is_off_scale else {}),
            }
            self.made[key] = {"table": "categories", "add": row}
        elif key not in self.made or code_list not in self.lists.values():
            return self.categories[key], []
        # Items of a battery share their list. Each brings it along, since any may be rejected.
        return self.categories[key], [self.made[key]]


def code_proposals(
    known: KnownColumn, new: ColumnProfile, compared: CodeComparison, naming: Naming
) -> list[Proposal]:
    """Draft the rows for all changes of the codes of one column."""
    proposals = []
    recoding = [change for change in compared.changes if change.kind in RECODING]
    main, crosswalk_id = None, known.questions[0]["crosswalk_id"]
    recoded_id = crosswalk_id
    if recoding:
        recoding.sort(key=lambda change: RECODING.index(change.kind))
        recoded_id = naming.new_id("crosswalk", f"{crosswalk_id}_{naming.wave_id}")
        main = _recoding_proposal(known, new, compared, recoding, recoded_id, naming)
        proposals.append(main)
    for change in compared.changes:
        if change.kind in RECODING:
            continue
        if change.kind == "code_dropped":
            proposals.append(
                Proposal(
                    change.kind,
                    new.name,
                    0.6,
                    f"{change.reason}. If nobody could give it, end its row in "
                    "seeds/codebook/crosswalk.csv with the wave before (valid_to_wave); it is "
                    "then not collected. If nobody gave it, no row is needed; it is then 0",
                )
            )
            continue
        label = new.value_labels.get(change.codes[0]) or change.codes[0]
        code_list = _code_list(known, naming)
        there = naming.known_category(code_list, label)
        if change.kind == "code_added" and there is not None:
            shared = [
                row["source_code"] for row in known.crosswalk if row["category_code"] == there
            ]
            proposals.append(
                equal_labels_proposal(
                    naming,
                    new.name,
                    code_list,
                    label,
                    [*shared[:1], change.codes[0]],
                    [(recoded_id, (main, ACCEPT)), (crosswalk_id, (main, REJECT))]
                    if main
                    else [(crosswalk_id, None)],
                )
            )
            continue
        where: list[tuple[str, Condition | None]] = (
            [(recoded_id, (main, ACCEPT)), (crosswalk_id, (main, REJECT))]
            if main
            else [(crosswalk_id, None)]
        )
        changes = _rows_of_code(known, new, change, naming, where)
        rejected: list[Change] = []
        if change.kind == "code_respelled" and there is None:
            # Two answers then: the code has a category of its own.
            rejected = _rows_of_code(known, new, replace(change, old_codes=()), naming, where)
        proposals.append(
            Proposal(change.kind, new.name, change.confidence, change.reason, changes, rejected)
        )
    return proposals


def _rows_of_code(
    known: KnownColumn,
    new: ColumnProfile,
    change: CodeChange,
    naming: Naming,
    crosswalk_ids: Sequence[tuple[str, Condition | None]],
) -> list[Change]:
    """Give all rows of a code that is new, or has another number."""
    changes, row = _added_code(known, new, change, naming)
    for crosswalk_id, condition in crosswalk_ids:
        added: Change = {"table": "crosswalk", "add": {**row, "crosswalk_id": crosswalk_id}}
        changes.append(only_when(added, *condition) if condition is not None else added)
    return changes


def equal_labels_proposal(
    naming: Naming,
    column: str,
    code_list: str,
    label: str,
    codes: Sequence[str],
    crosswalk_ids: Sequence[tuple[str, Condition | None]],
) -> Proposal:
    """Ask whether codes with the same label are one answer: accepted they are, rejected not.

    Args:
        naming: gives ids.
        column: the delivered column.
        code_list: its code list, which has a category of the label already.
        label: the label that they share.
        codes: the first is the one that has the category; the others are asked about.
        crosswalk_ids: where their rows belong, and on which other decision that depends.
    """
    category = naming.known_category(code_list, label) or ""
    together: list[Change] = []
    apart: list[Change] = []
    names = []
    for code in codes[1:]:
        own_label = f"{label} ({code})"
        names.append(repr(own_label))
        own, made = naming.category(code_list, own_label)
        only = crosswalk_ids[0][1] if len(crosswalk_ids) == 1 else None
        apart += [only_when(change, *only) if only else change for change in made]
        for crosswalk_id, condition in crosswalk_ids:
            for changes, target, method in (
                (together, category, "collapse"),
                (apart, own, "identity"),
            ):
                row = crosswalk_row(naming, crosswalk_id, code, target, method=method)
                changes.append({"table": "crosswalk", "add": row})
                if condition is not None:
                    changes[-1] = only_when(changes[-1], *condition)
    return Proposal(
        "equal_labels",
        column,
        0.5,
        f"codes {', '.join(codes)} have the same label {label!r}. Accept if they are one answer. "
        f"Reject if they differ: then {', '.join(names)} is added, whose label you can edit",
        together,
        apart,
    )


def crosswalk_row(
    naming: Naming,
    crosswalk_id: str,
    code: str,
    category: str = "",
    missing: str = "",
    method: str = "recode",
    note: str = "",
) -> Row:
    """Make a crosswalk row that begins with the wave."""
    row = {
        "study_id": naming.study_id,
        "crosswalk_id": crosswalk_id,
        "source_code": code,
        "valid_from_wave": naming.wave_id,
        "category_code": category,
        "missing_kind": missing,
        "mapping_method": "sentinel" if missing else method,
        "note": note,
    }
    return {column: value for column, value in row.items() if value}


def break_row(naming: Naming, variable: str, kind: str, severity: str, description: str) -> Change:
    """Make the row of a break at the wave."""
    break_id = naming.new_id("breaks", f"{naming.study_id}_{naming.wave_id}_{variable}_{kind}")
    return {
        "table": "breaks",
        "add": {
            "break_id": break_id,
            "study_id": naming.study_id,
            "wave_id": naming.wave_id,
            "variable_id": variable,
            "break_kind": kind,
            "severity": severity,
            "description": description,
        },
    }


def _added_code(
    known: KnownColumn, new: ColumnProfile, change: CodeChange, naming: Naming
) -> tuple[list[Change], Row]:
    """Give the rows that a code needs besides its crosswalk row, and that row."""
    crosswalk_id = known.questions[0]["crosswalk_id"]
    code = change.codes[0]
    if change.missing_kind:
        return [], crosswalk_row(naming, crosswalk_id, code, missing=change.missing_kind)
    if change.old_codes:
        there = known.target(change.old_codes[0]) or {}
        return [], crosswalk_row(naming, crosswalk_id, code, there.get("category_code", ""))
    label = new.value_labels.get(code) or code
    category, changes = naming.category(_code_list(known, naming), label)
    return changes, crosswalk_row(naming, crosswalk_id, code, category, method="identity")


def _recoding_proposal(
    known: KnownColumn,
    new: ColumnProfile,
    compared: CodeComparison,
    recoding: list[CodeChange],
    recoded_id: str,
    naming: Naming,
) -> Proposal:
    """Draft a crosswalk of its own, with all codes of the column as they are now."""
    code_list = _code_list(known, naming)
    changes: list[Change] = []
    targets: dict[str, Row] = {}
    shares_label = False
    for change in recoding:
        if change.kind == "codes_merged" or change.kind == "code_relabelled":
            code = change.codes[0]
            label = new.value_labels.get(code) or code
            shares_label |= naming.known_category(code_list, label) is not None
            category, made = naming.category(code_list, label)
            changes += made
            targets[code] = crosswalk_row(
                naming,
                recoded_id,
                code,
                category,
                method="collapse" if change.kind == "codes_merged" else "recode",
            )
        elif change.kind == "code_split":
            there = known.target(change.old_codes[0]) or {}
            for code in change.codes:
                targets[code] = crosswalk_row(
                    naming, recoded_id, code, there.get("category_code", ""), method="collapse"
                )
        elif change.kind == "changed_missing_code":
            code = change.codes[0]
            targets[code] = crosswalk_row(
                naming, recoded_id, code, missing=change.missing_kind or ""
            )
    added = {change.codes[0] for change in compared.changes if change.codes} - {
        code for change in recoding for code in change.codes
    }
    gone = {c for change in recoding for c in change.old_codes} | {
        c for change in compared.changes if change.kind == "code_dropped" for c in change.old_codes
    }
    codes = dict.fromkeys([*new.value_labels, *new.counts])
    # Codes that were not delivered this time keep their meaning, where nothing took it away.
    codes |= dict.fromkeys(
        r["source_code"] for r in known.crosswalk if r["source_code"] not in gone
    )
    for code in codes:
        if code in targets or code in added:
            continue
        there = known.target(compared.meaning.get(code, code))
        if there is None:
            continue
        targets[code] = crosswalk_row(
            naming,
            recoded_id,
            code,
            there["category_code"],
            there["missing_kind"],
            there["mapping_method"] if code == there["source_code"] else "recode",
            there["note"] if code in (EMPTY, NUMBER) else "",
        )
    changes += [{"table": "crosswalk", "add": row} for row in targets.values()]
    for question in known.questions:
        changes.append(
            {
                "table": "questions",
                "version": {
                    "study_id": naming.study_id,
                    "variable_id": question["variable_id"],
                },
                "set": {"crosswalk_id": recoded_id},
            }
        )
    kinds = {change.kind for change in recoding}
    reason = "; ".join(change.reason for change in recoding)
    if kinds & {"codes_merged", "code_split", "code_relabelled"}:
        changes.append(
            break_row(
                naming,
                known.questions[0]["variable_id"],
                "code_list",
                # Categories that can no longer be chosen would show as falls to nothing.
                "hard" if kinds & {"codes_merged", "code_relabelled"} else "soft",
                f"Codes of {new.name} changed: {reason}.",
            )
        )
    if kinds == {"code_relabelled"}:
        reason += ". Accept if it is now another answer. Reject if only the words changed"
    confidence = min(change.confidence for change in recoding)
    if shares_label:
        confidence = min(confidence, 0.5)
        reason += ". Another category already has this label: check whether it is the same answer"
    return Proposal(
        recoding[0].kind,
        new.name,
        confidence,
        reason,
        changes,
    )


def _code_list(known: KnownColumn, naming: Naming) -> str:
    variable = known.questions[0]["variable_id"]
    return next(
        (
            row["code_list_id"]
            for row in naming.codebook.rows("variables")
            if row["variable_id"] == variable
        ),
        "",
    )
