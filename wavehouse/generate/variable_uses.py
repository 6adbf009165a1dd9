"""What a variable is used for: measures, segments, and variables made of it."""

from collections.abc import Iterable

from wavehouse.codebook.tables import Row
from wavehouse.generate.codebook_index import CodebookIndex
from wavehouse.generate.markdown import code, plain


def lines_about_uses(index: CodebookIndex, variable_id: str) -> list[str]:
    """Write a paragraph for each kind of use that there is."""

    def ids(table: str, column: str, key: str = "variable_id") -> list[str]:
        return list(dict.fromkeys(row[column] for row in index.where(table, key, variable_id)))

    measured = [
        *index.where("measures", "variable_id", variable_id),
        *index.where("measures", "denominator_variable_id", variable_id),
        *index.where_any(
            "measures", "variable_group_id", ids("variable_group_members", "variable_group_id")
        ),
    ]
    bases = index.where_any("measures", "base_id", ids("base_categories", "base_id"))
    standardised = index.where_any(
        "measures",
        "standard_population_id",
        ids("standard_populations", "standard_population_id"),
    )
    made = ids("derivations", "variable_id", "source_variable_id")
    return [
        *_paragraph("Measures", map(_measure, measured)),
        *_paragraph("Says who counts in", map(_measure, bases)),
        *_paragraph("Standardises", map(_measure, standardised)),
        *_paragraph("Segments", map(code, ids("segment_variables", "segment_id"))),
        *_paragraph("Made into", (link(index, each) for each in made)),
    ]


def link(index: CodebookIndex, variable_id: str) -> str:
    """Give a link to a variable's page."""
    label = plain(index.label(variable_id))
    return f"[{label}](#!/exposure/exposure.wavehouse.variable_{variable_id})"


def _measure(row: Row) -> str:
    return f"{plain(row['measure_label'])} ({code(row['measure_id'])})"


def _paragraph(title: str, texts: Iterable[str]) -> list[str]:
    text = ", ".join(dict.fromkeys(texts))
    return [f"**{title}:** {text}.", ""] if text else []
