"""What engines spell differently stands in `macros/engines`, and nowhere else in the SQL."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from workbench import ROOT

# Where an engine may be named: its own seam, and what stands for a macro of its adapter.
OF_ENGINES = ("engines", "overrides")
# A pattern, and what to write instead.
SPELLED = {
    r"\b(string_agg|listagg|array_agg|group_concat)\b": "joined_in_order",
    r"\bunion\b(?!\s+(all|distinct)\b)": "`union distinct`: BigQuery wants it said",
    r"\b(try_cast|safe_cast)\b": "to_number, to_integer, to_date",
    r"::\s*\w": "cast(... as ...)",
    r"->>?\s*'": "json_text, json_elements",
    r"\bregexp_\w+|\bsimilar\s+to\b|\bilike\b|\brlike\b": "matches, replace_matches",
    r"\bunpivot\b|\bunnest\b|\blateral\b": "unpivot_rows, json_elements",
    r"\bqualify\b": "row_number() in a query of its own",
    r"\bdouble precision\b|(?<!== ')\bfloat[48]\b|\bdouble\b": "type_number",
    r"\bas\s+(text|varchar|string)\s*\)": "dbt.type_string",
    r"\bquantile_cont\b|\bpercentile_cont\b|\bmedian\s*\(": "no quantile: engines differ in it",
    r"\bgrouping\s+sets\b|\brollup\b|\bcube\b|\bgroup\s+by\s+all\b": "the columns of each group",
    r"\bbool_(or|and)\b": "max or min of a number",
    r"\bfilter\s*\(\s*where\b": "a case within the aggregate",
    r"\bdistinct\s+on\b|\barg_(max|min)\b|\bany_value\b": "row_number() in a query of its own",
}
COMMENTS = re.compile(r"\{#.*?#\}|/\*.*?\*/|--[^\n]*", re.DOTALL)


def spelled(text: str) -> Iterator[tuple[int, str, str]]:
    """Find what engines spell differently: line, what stands there, what to write instead."""
    # Lines stay where they are.
    bare = COMMENTS.sub(lambda found: "\n" * found[0].count("\n"), text)
    for pattern, instead in SPELLED.items():
        for found in re.finditer(pattern, bare, re.IGNORECASE):
            yield bare.count("\n", 0, found.start()) + 1, found[0].strip(), instead


def files() -> Iterator[Path]:
    """Give the SQL of the project that every engine gets as it is."""
    for folder in ("models", "macros", "tests", "analyses"):
        for path in sorted((ROOT / folder).rglob("*.sql")):
            inside = path.relative_to(ROOT).parts
            if not (inside[0] == "macros" and inside[1] in OF_ENGINES) and inside[1] != "python":
                yield path


def test_no_word_of_one_engine_stands_outside_of_the_dialect_layer() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: `{words}` is not the same on every engine; use {instead}"
        for path in files()
        for line, words, instead in spelled(path.read_text(encoding="utf-8"))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "text",
    [
        "select string_agg(a, ',' order by b) from c",
        "select a from b\nunion\nselect a from c",
        "select a::text from b",
        "select try_cast(a as integer) from b",
        "select cast(a as varchar) from b",
        "select json ->> 'a' from b",
        "select a from b qualify row_number() over (order by a) = 1",
        "select count(*) filter (where a) from b",
    ],
)
def test_the_rules_see_what_they_forbid(text: str) -> None:
    assert list(spelled(text))
    assert not list(spelled(f"-- {text.splitlines()[0]}\nselect a from b"))
