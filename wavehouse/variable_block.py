"""The text of a variable's page, from the codebook: no counts, since those are data."""

from collections.abc import Iterator

from wavehouse.codebook import Codebook, Row
from wavehouse.generated_text import sentence
from wavehouse.markdown import code, codes, marked_difference, plain, table
from wavehouse.variable_facts import Step, StudyFacts, Version, group_members, rows_about

GRADES = {
    "not_comparable": "**no**",
    "with_care": "**with care**",
    "harmonised": "yes, as mapped",
}
ENDING = (
    "Whether any two waves may be compared is in "
    "[`dictionary_comparability`](#!/model/model.wavehouse.dictionary_comparability), how many "
    "answered in [`dictionary_coverage`](#!/model/model.wavehouse.dictionary_coverage)."
)


def block_of_variable(codebook: Codebook, variable: Row, facts: list[StudyFacts]) -> str:
    """Write the page of a variable, with a section for each study that has it."""
    categories = rows_about(
        codebook, "categories", "code_list_id", [variable.get("code_list_id") or "-"]
    )
    lines = [_first_line(variable, len(categories))]
    if variable.get("description"):
        lines.append(plain(sentence(variable["description"])))
    lines.append("")
    for each in facts:
        lines += _study_section(codebook, each)
    lines += _category_section(codebook, variable, categories)
    lines += _sum_section(codebook, variable)
    lines += _use_section(codebook, variable["variable_id"])
    return "\n".join([*lines, ENDING])


def link(codebook: Codebook, variable_id: str) -> str:
    """Give a link to a variable's page."""
    labels = {row["variable_id"]: row["variable_label"] for row in codebook.rows("variables")}
    label = plain(labels.get(variable_id) or variable_id)
    return f"[{label}](#!/exposure/exposure.wavehouse.variable_{variable_id})"


def _first_line(variable: Row, n_categories: int) -> str:
    label = plain(variable["variable_label"] or variable["variable_id"])
    if n_categories:
        return f"{label}: one of {n_categories} categories."
    if variable.get("value_type") != "numeric":
        return f"{label}."
    unit = f" of {plain(variable['unit'])}" if variable.get("unit") else ""
    low, high = variable.get("lower_bound"), variable.get("upper_bound")
    span = f" from {low} to {high}" if low and high else ""
    return f"{label}: a number{unit}{span}."


# A study ------------------------------------------------------------------------------------------


def _study_section(codebook: Codebook, facts: StudyFacts) -> list[str]:
    asked = [wave["wave_id"] for wave in facts.asked]
    missing = [wave["wave_id"] for wave in facts.waves if wave["wave_id"] not in asked]
    verb = "Derived" if facts.sources else "Asked"
    there = f"{verb} in all {len(asked)} waves: " if len(asked) > 1 else f"{verb} in the one wave: "
    if missing:
        there = f"{verb} in {len(asked)} of {len(facts.waves)} waves: "
    left_out = f" Not in {plain(facts.span(missing))}." if missing else ""
    return [
        f"#### {plain(codebook.study_label(facts.study_id))}",
        "",
        f"{there}{plain(facts.span(asked))}.{left_out}",
        "",
        *_wording_table(facts),
        *_comparison(facts),
        *_code_table(codebook, facts),
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
        "**May waves be compared?** Yes, but for these steps from one wave to the next. For waves "
        "further apart, each step between them counts.",
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
        yield "The question was worded in another way."
    if step.differs_in_universe:
        yield "It was asked of others."
    if step.differs_in_detail:
        yield "In one of the waves several answers were put into one category."
    if step.differs_in_delivery:
        yield "Column or codes differ; the crosswalk has made them alike."


def _code_table(codebook: Codebook, facts: StudyFacts) -> list[str]:
    """Write what each delivered code means; those of the same meaning and waves share a row."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    labels = {
        row["category_code"]: row["category_label"]
        for row in codebook.rows("categories")
        if row["code_list_id"] == _code_list(codebook, facts.variable_id)
    }
    for row, waves in facts.mapped_codes():
        if row["category_code"]:
            means = plain(labels.get(row["category_code"]) or row["category_code"])
        elif row["missing_kind"]:
            means = code(row["missing_kind"])
        else:
            means = code(row["numeric_value"]) or "itself"
        key = (means, plain(facts.span(waves)), plain(row.get("note", "")))
        rows.setdefault(key, []).append(row["source_code"])
    if not rows:
        return []
    return table(
        ("delivered", "means", "waves", "note"),
        ((codes(delivered), *key) for key, delivered in rows.items()),
    )


def _code_list(codebook: Codebook, variable_id: str) -> str:
    found = rows_about(codebook, "variables", "variable_id", [variable_id])
    return found[0].get("code_list_id", "") if found else ""


# The variable -------------------------------------------------------------------------------------


def _category_section(codebook: Codebook, variable: Row, categories: list[Row]) -> list[str]:
    if not categories:
        return []
    rules = rows_about(codebook, "derivations", "variable_id", [variable["variable_id"]])
    ordered = sorted(categories, key=lambda row: int(row["category_order"] or 0))
    if not rules:
        cells = [(code(row["category_code"]), plain(row["category_label"])) for row in ordered]
        return ["#### Categories", "", *table(("code", "category"), cells)]
    sources = dict.fromkeys(row["source_variable_id"] for row in rules)
    return [
        "#### Categories",
        "",
        f"Derived from {', '.join(link(codebook, each) for each in sources)}.",
        "",
        *table(
            ("code", "category", "made of"),
            (
                (
                    code(row["category_code"]),
                    plain(row["category_label"]),
                    _rule(
                        codebook, [r for r in rules if r["category_code"] == row["category_code"]]
                    ),
                )
                for row in ordered
            ),
        ),
    ]


def _rule(codebook: Codebook, rules: list[Row]) -> str:
    parts = []
    for rule in rules:
        low, high = rule["lower_bound"], rule["upper_bound"]
        if rule["source_category_code"]:
            parts.append(_label_of(codebook, rule))
        elif low and high:
            parts.append(f"{low} to below {high}")
        else:
            parts.append(f"below {high}" if high else f"{low} or more")
    return ", ".join(parts)


def _label_of(codebook: Codebook, rule: Row) -> str:
    code_list = _code_list(codebook, rule["source_variable_id"])
    for row in rows_about(codebook, "categories", "code_list_id", [code_list]):
        if row["category_code"] == rule["source_category_code"]:
            return plain(row["category_label"])
    return code(rule["source_category_code"])


def _sum_section(codebook: Codebook, variable: Row) -> list[str]:
    lines = []
    for row in rows_about(codebook, "derived_sums", "variable_id", [variable["variable_id"]]):
        items = group_members(codebook, row["variable_group_id"])
        scores = rows_about(codebook, "derived_sum_scores", "variable_id", [row["variable_id"]])
        counts = ", ".join(f"{code(each['category_code'])} {each['score']}" for each in scores)
        lines += [
            f"**Sum of** {', '.join(link(codebook, item) for item in items)}. At least "
            f"{row['minimum_answers'] or 1} must be answered."
            + (f" Answers count: {counts}." if counts else ""),
            "",
        ]
    return lines


def _use_section(codebook: Codebook, variable_id: str) -> list[str]:
    groups = [
        row["variable_group_id"]
        for row in rows_about(codebook, "variable_group_members", "variable_id", [variable_id])
    ]
    bases = {
        row["measure_id"]
        for row in rows_about(codebook, "measure_bases", "variable_id", [variable_id])
    }
    standards = [
        row["standard_population_id"]
        for row in rows_about(codebook, "standard_populations", "variable_id", [variable_id])
    ]
    measures = codebook.rows("measures")
    uses = [
        (
            "Measures",
            [
                row
                for row in measures
                if variable_id in (row["variable_id"], row["denominator_variable_id"])
                or row["variable_group_id"] in groups
            ],
        ),
        ("Says who counts in", [row for row in measures if row["measure_id"] in bases]),
        ("Standardises", [row for row in measures if row["standard_population_id"] in standards]),
    ]
    lines = []
    for title, found in uses:
        if found:
            named = (f"{plain(row['measure_label'])} ({code(row['measure_id'])})" for row in found)
            lines += [f"**{title}:** {', '.join(named)}.", ""]
    for title, table_name, column in (
        ("Segments", "segment_variables", "segment_id"),
        ("Made into", "derivations", "variable_id"),
    ):
        key = "source_variable_id" if table_name == "derivations" else "variable_id"
        found_ids = dict.fromkeys(
            row[column] for row in rows_about(codebook, table_name, key, [variable_id])
        )
        if found_ids:
            named = (
                link(codebook, each) if table_name == "derivations" else code(each)
                for each in found_ids
            )
            lines += [f"**{title}:** {', '.join(named)}.", ""]
    return lines
