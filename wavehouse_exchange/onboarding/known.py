"""What the codebook says of the columns of an earlier wave."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from wavehouse.codebook.tables import Codebook, Row
from wavehouse_exchange.onboarding.profile import ColumnProfile, WaveProfile

EMPTY = "<empty>"
NUMBER = "<number>"


@dataclass(frozen=True)
class KnownColumn:
    """A column of an earlier wave, with all that the codebook says of it then.

    `crosswalk` has the rows of its first question; the profile's labels are those delivered, or
    else the codebook's.
    """

    profile: ColumnProfile
    questions: Sequence[Row] = ()
    crosswalk: Sequence[Row] = ()
    design_roles: Sequence[str] = ()
    waiver: Row | None = None
    missing: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The column's name as delivered."""
        return self.profile.name

    @property
    def is_numeric(self) -> bool:
        """Whether numbers pass as themselves."""
        return any(row["source_code"] == NUMBER for row in self.crosswalk)

    def target(self, code: str) -> Row | None:
        """Give the crosswalk row of a code; None if it is not mapped."""
        return next((row for row in self.crosswalk if row["source_code"] == code), None)


def known_columns(
    codebook: Codebook, wave: Row, profile: WaveProfile | None
) -> dict[str, KnownColumn]:
    """Give the columns of a wave that the codebook knows, by name.

    Args:
        codebook: the codebook.
        wave: the wave's row.
        profile: what was delivered then; None if it is not at hand.
    """
    delivered = profile.columns if profile else {}
    questions: dict[str, list[Row]] = {}
    for row in codebook.valid_rows("questions", wave):
        questions.setdefault(row["source_column"], []).append(row)
    roles: dict[str, list[str]] = {}
    for row in codebook.rows("design_columns"):
        if row["design_id"] == wave["design_id"]:
            roles.setdefault(row["source_column"], []).append(row["design_role"])
    waivers = list(codebook.valid_rows("waived_columns", wave))
    crosswalks: dict[str, list[Row]] = {}
    for row in codebook.valid_rows("crosswalk", wave):
        crosswalks.setdefault(row["crosswalk_id"], []).append(row)
    labels = {
        (row["code_list_id"], row["category_code"]): row["category_label"]
        for row in codebook.rows("categories")
    }
    lists = {row["variable_id"]: row["code_list_id"] for row in codebook.rows("variables")}
    known = {}
    for name in dict.fromkeys([*delivered, *questions, *roles]):
        asked = questions.get(name, [])
        mapped = crosswalks.get(asked[0]["crosswalk_id"], []) if asked else []
        code_list = lists.get(asked[0]["variable_id"], "") if asked else ""
        known[name] = KnownColumn(
            _with_codebook_labels(
                delivered.get(name) or ColumnProfile(name),
                asked[0] if asked else None,
                {
                    row["source_code"]: labels.get((code_list, row["category_code"]), "")
                    for row in mapped
                    if row["source_code"] not in (EMPTY, NUMBER)
                },
            ),
            asked,
            mapped,
            roles.get(name, []),
            next((row for row in waivers if covers(row["source_column"], name)), None),
            {
                row["source_code"]: row["missing_kind"]
                for row in mapped
                if row["missing_kind"] and row["source_code"] not in (EMPTY, NUMBER)
            },
        )
        known[name] = replace(
            known[name],
            profile=replace(known[name].profile, missing_codes=frozenset(known[name].missing)),
        )
    return known


def covers(pattern: str, column: str) -> bool:
    """Say whether a waiver covers a column; it may end in `*`."""
    if pattern.endswith("*"):
        return column.casefold().startswith(pattern[:-1].casefold())
    return pattern == column


def _with_codebook_labels(
    profile: ColumnProfile, question: Row | None, labels: dict[str, str]
) -> ColumnProfile:
    """Add what the codebook says where nothing was delivered."""
    if question is None:
        return profile
    return replace(
        profile,
        label=profile.label or question["question_text"],
        label_is_delivered=bool(profile.label),
        value_labels={
            code: profile.value_labels.get(code) or label for code, label in labels.items()
        },
    )
