"""The text of a variable's page, from the codebook: no counts, since those are data."""

from collections.abc import Iterator

from wavehouse.codebook.tables import Row, whole_number
from wavehouse.generate.codebook_index import CodebookIndex
from wavehouse.generate.markdown import code, codes, marked_difference, plain, table
from wavehouse.generate.text import sentence
from wavehouse.generate.variable_facts import Step, StudyFacts, Version
from wavehouse.generate.variable_uses import lines_about_uses, link

GRADES = {
    "not_comparable": "**no**",
    "with_care": "**with care**",
    "harmonised": "yes, as mapped",
}
# What the crosswalk has for values that no code stands for.
NOT_A_CODE = {"<number>": "*a number*", "<empty>": "*empty*"}
ENDING = (
    "Whether any two waves may be compared is in "
    "[`dictionary_comparability`](#!/model/model.wavehouse.dictionary_comparability), how many "
    "answered in [`dictionary_coverage`](#!/model/model.wavehouse.dictionary_coverage)."
)


def block_of_variable(index: CodebookIndex, variable: Row, facts: list[StudyFacts]) -> str:
    """Write the page of a variable, with a section for each study that has it."""
    categories = index.where("categories", "code_list_id", variable.get("code_list_id", ""))
    lines = [_first_line(variable, len(categories))]
    if variable.get("description"):
        lines.append(plain(sentence(variable["description"])))
    lines.append("")
    for each in facts:
        lines += _study_section(index, each)
    lines += _category_section(index, variable, categories)
    lines += _sum_section(index, variable)
    lines += lines_about_uses(index, variable["variable_id"])
    return "\n".join([*lines, ENDING])


def _first_line(variable: Row, n_categories: int) -> str:
    label = plain(variable["variable_label"] or variable["variable_id"])
    if n_categories:
        return f"{label}: one of {n_categories} categories."
    if variable.get("value_type") != "numeric":
        return f"{label}."
    unit = f" of {plain(variable['unit'])}" if variable.get("unit") else ""
    low, high = variable.get("lower_bound"), variable.get("upper_bound")
    span = f" from {plain(low)} to {plain(high)}" if low and high else ""
    return f"{label}: a number{unit}{span}."


# A study ------------------------------------------------------------------------------------------


def _study_section(index: CodebookIndex, facts: StudyFacts) -> list[str]:
    asked = [wave["wave_id"] for wave in facts.asked]
    missing = [wave["wave_id"] for wave in facts.waves if wave["wave_id"] not in asked]
    verb = "Derived" if facts.sources else "Asked"
    there = f"{verb} in all {len(asked)} waves: " if len(asked) > 1 else f"{verb} in the one wave: "
    if missing:
        there = f"{verb} in {len(asked)} of {len(facts.waves)} waves: "
    left_out = f" Not in {plain(facts.span(missing))}." if missing else ""
    return [
        f"#### {plain(index.codebook.study_label(facts.study_id))}",
        "",
        f"{there}{plain(facts.span(asked))}.{left_out}",
        "",
        *_wording_table(facts),
        *_comparison(facts),
        *_code_table(index, facts),
    ]


def _wording_table(facts: StudyFacts) -> list[str]:
    """Write a row for each version of the question; waves of the same version are joined."""
    waves_of: dict[Version, list[str]] = {}
    shown: dict[Version, tuple[str, str]] = {}
    before = None
    for wave in facts.asked:
        version = facts.versions[wave["wave_id"]]
        waves_of.setdefault(version, []).append(wave["wave_id"])
        if version not in shown:
            shown[version] = (
                _shown(before.wordings if before else None, version.wordings),
                _shown(before.universes if before else None, version.universes),
            )
        before = version
    header = ("waves", "wording", "asked of", "delivered as")
    return table(
        header,
        (
            (plain(facts.span(waves)), *shown[version], codes(version.columns))
            for version, waves in waves_of.items()
        ),
    )


def _shown(before: tuple[str, ...] | None, after: tuple[str, ...]) -> str:
    """Show texts as they are, or as they differ from those of the wave before."""
    old, new = " / ".join(filter(None, before or ())), " / ".join(filter(None, after))
    if before is None or old == new:
        return plain(new)
    return marked_difference(old, new)


def _comparison(facts: StudyFacts) -> list[str]:
    steps = [step for step in facts.steps if step.grade != "identical"]
    if not facts.steps:
        return ["**May waves be compared?** There is one wave only.", ""]
    if not steps:
        return ["**May waves be compared?** Yes: nothing differs between any of them.", ""]
    return [
        "**May waves be compared?** Yes, except across these steps from one wave to the next. For "
        "waves further apart, each step between them counts.",
        "",
        *table(
            ("from", "to", "compare?", "why"),
            (
                (
                    plain(step.before["wave_id"]),
                    plain(step.after["wave_id"]),
                    GRADES[step.grade],
                    " ".join(_reasons(step)),
                )
                for step in steps
            ),
        ),
    ]


def _reasons(step: Step) -> Iterator[str]:
    for each in step.breaks:
        kind = plain(f"{each['severity'].capitalize()} break ({each['break_kind']}).")
        yield f"*{kind}* {plain(sentence(each['description']))}"
    if step.differs_in_wording:
        yield "The wording of the question differs."
    if step.differs_in_universe:
        yield "It was asked of other people."
    if step.differs_in_detail:
        yield "Only one of the waves maps several answers to one category."
    if step.differs_in_categories:
        yield "One of the waves did not offer all categories of the other."
    if step.differs_in_delivery:
        yield "Column or codes differ; the crosswalk harmonises them."


def _code_table(index: CodebookIndex, facts: StudyFacts) -> list[str]:
    """Write what each delivered code means; those of the same meaning and waves share a row."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    code_list = index.code_list(facts.variable_id)
    labels = {
        row["category_code"]: row["category_label"]
        for row in index.where("categories", "code_list_id", code_list)
    }
    for row, waves in facts.mapped_codes():
        if row["category_code"]:
            means = plain(labels.get(row["category_code"]) or row["category_code"])
        elif row["missing_kind"]:
            means = code(row["missing_kind"])
        else:
            means = code(row["numeric_value"]) or "itself"
        key = (means, plain(facts.span(waves)), plain(row.get("note", "")))
        rows.setdefault(key, []).append(
            NOT_A_CODE.get(row["source_code"]) or code(row["source_code"])
        )
    if not rows:
        return []
    return table(
        ("delivered", "means", "waves", "note"),
        ((", ".join(found), *key) for key, found in rows.items()),
    )


# The variable -------------------------------------------------------------------------------------


def _category_section(index: CodebookIndex, variable: Row, categories: list[Row]) -> list[str]:
    if not categories:
        return []
    rules = index.where("derivations", "variable_id", variable["variable_id"])
    ordered = sorted(categories, key=lambda row: whole_number(row["category_order"]))
    if not rules:
        cells = [(code(row["category_code"]), plain(row["category_label"])) for row in ordered]
        return ["#### Categories", "", *table(("code", "category"), cells)]
    sources = dict.fromkeys(row["source_variable_id"] for row in rules)
    return [
        "#### Categories",
        "",
        f"Derived from {', '.join(link(index, each) for each in sources)}.",
        "",
        *table(
            ("code", "category", "made of"),
            (
                (
                    code(row["category_code"]),
                    plain(row["category_label"]),
                    _rule(index, [r for r in rules if r["category_code"] == row["category_code"]]),
                )
                for row in ordered
            ),
        ),
    ]


def _rule(index: CodebookIndex, rules: list[Row]) -> str:
    parts = []
    for rule in rules:
        low, high = plain(rule["lower_bound"]), plain(rule["upper_bound"])
        if rule["source_category_code"]:
            parts.append(_label_of(index, rule))
        elif low and high:
            parts.append(f"{low} to below {high}")
        else:
            parts.append(f"below {high}" if high else f"{low} or more")
    return ", ".join(parts)


def _label_of(index: CodebookIndex, rule: Row) -> str:
    code_list = index.code_list(rule["source_variable_id"])
    for row in index.where("categories", "code_list_id", code_list):
        if row["category_code"] == rule["source_category_code"]:
            return plain(row["category_label"])
    return code(rule["source_category_code"])


def _sum_section(index: CodebookIndex, variable: Row) -> list[str]:
    lines = []
    for row in index.where("derived_sums", "variable_id", variable["variable_id"]):
        items = index.members(row["variable_group_id"])
        scores = index.where("scores", "score_id", row["score_id"])
        counts = ", ".join(
            f"{code(each['category_code'])} {plain(each['score'])}" for each in scores
        )
        lines += [
            f"**Sum of** {', '.join(link(index, item) for item in items)}. At least "
            f"{plain(row['minimum_answers'] or '1')} must be answered."
            + (f" Answers count: {counts}." if counts else ""),
            "",
        ]
    return lines
