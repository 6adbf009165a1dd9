"""Pages of variables say what the codebook says: read here once more, from its files alone."""

import csv
import html
import re
from collections import defaultdict
from pathlib import Path

import duckdb
import pytest
from workbench import ROOT

from wavehouse.generate.entity_diagram import draw_entities
from wavehouse.generate.markdown import code, marked_difference, plain
from wavehouse.project import Project
from wavehouse.yaml_files import read_yaml

BLOCK = re.compile(r"{% docs (\w+) %}\n(.*?)\n{% enddocs %}", re.DOTALL)
# How the page names the grades of dictionary_comparability.
GRADES = {
    "**no**": "not_comparable",
    "**with care**": "with_care",
    "yes, as mapped": "harmonised",
}


def codebook(table: str) -> list[dict[str, str]]:
    """Read a file of the codebook."""
    with (ROOT / f"seeds/codebook/{table}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read_back(text: str) -> str:
    """Give a text as a reader of the page sees it, with the marks of differences taken away."""
    text = re.sub(r"~~.*?~~ ?", "", text).replace("**", "")
    return html.unescape(re.sub(r"\\(.)", r"\1", text))


@pytest.fixture(scope="module")
def blocks() -> dict[str, str]:
    """The doc blocks of variables, by variable."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "docs/variables").glob("*.md")]
    found = [match for text in texts for match in BLOCK.findall(text)]
    assert len(found) == len(dict(found))
    return {
        name.removeprefix("variable__"): text
        for name, text in found
        if name.startswith("variable__")
    }


@pytest.fixture(scope="module")
def waves() -> dict[str, list[str]]:
    """The waves of each study, in order."""
    found = defaultdict(list)
    for row in sorted(codebook("waves"), key=lambda row: int(row["wave_number"])):
        found[row["study_id"]].append(row["wave_id"])
    return dict(found)


def section(text: str, study_id: str) -> str:
    """Give the part of a page about a study."""
    label = next(r["study_label"] for r in codebook("studies") if r["study_id"] == study_id)
    after = text.split(f"#### {plain(label)}\n", 1)[1]
    return after.split("\n#### ", 1)[0]


def rows_of_table(text: str, first: str) -> list[list[str]]:
    """Give the rows of the table whose header begins with a word."""
    lines = text.splitlines()
    start = next((i for i, line in enumerate(lines) if line.startswith(f"| {first} |")), None)
    if start is None:
        return []
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return rows


def waves_of_span(span: str, waves: list[str]) -> list[str]:
    """Give the waves that a span such as `1994-1998, 2002` names."""
    found = []
    for part in span.split(", "):
        first, _, last = part.partition("\N{EN DASH}")
        found += waves[waves.index(first) : waves.index(last or first) + 1]
    return found


def waves_of_row(row: dict[str, str], waves: dict[str, list[str]]) -> list[str]:
    """Give the waves in which a row of the codebook holds."""
    own = waves[row["study_id"]]
    last = own.index(row["valid_to_wave"]) if row["valid_to_wave"] else len(own) - 1
    return own[own.index(row["valid_from_wave"]) : last + 1]


def test_every_variable_has_a_block_and_a_page(blocks: dict[str, str]) -> None:
    variables = {row["variable_id"] for row in codebook("variables")}
    assert set(blocks) == variables
    path = ROOT / "models/marts/dictionary/_dictionary__variables.yml"
    pages = read_yaml(path)["exposures"]
    assert {page["config"]["meta"]["variable_id"] for page in pages} == variables
    assert {page["name"] for page in pages} == {f"variable_{each}" for each in variables}


def test_the_first_line_is_one_sentence_with_the_label(blocks: dict[str, str]) -> None:
    for row in codebook("variables"):
        first, second = blocks[row["variable_id"]].splitlines()[:2]
        assert read_back(first).startswith(f"{row['variable_label']}: ")
        assert first.endswith(".")
        assert row["unit"] in first
        assert read_back(second) == row["description"]


def test_each_wording_stands_with_its_waves_and_those_it_was_asked_of(
    blocks: dict[str, str], waves: dict[str, list[str]]
) -> None:
    for row in codebook("questions"):
        versions = rows_of_table(section(blocks[row["variable_id"]], row["study_id"]), "waves")
        said = [
            (wave, read_back(wording), read_back(universe), column.strip("`"))
            for span, wording, universe, column in versions
            for wave in waves_of_span(span, waves[row["study_id"]])
        ]
        for wave in waves_of_row(row, waves):
            expected = (wave, row["question_text"], row["universe"], row["source_column"])
            assert expected in said, row


def test_waves_without_the_question_are_named(
    blocks: dict[str, str], waves: dict[str, list[str]]
) -> None:
    asked = defaultdict(set)
    for row in codebook("questions"):
        asked[row["study_id"], row["variable_id"]] |= set(waves_of_row(row, waves))
    n_incomplete = 0
    for (study_id, variable_id), found in asked.items():
        text = section(blocks[variable_id], study_id)
        missing = [wave for wave in waves[study_id] if wave not in found]
        said = re.search(r" Not in (.+)\.\n", text)
        assert bool(missing) == bool(said), (study_id, variable_id)
        if said:
            n_incomplete += 1
            assert waves_of_span(said[1], waves[study_id]) == missing
            assert f"in {len(found)} of {len(waves[study_id])} waves" in text
    assert n_incomplete > 10


def test_each_break_stands_on_the_pages_of_all_whom_it_concerns(
    blocks: dict[str, str], waves: dict[str, list[str]]
) -> None:
    derived = defaultdict(set)
    for row in codebook("derivations"):
        derived[row["source_variable_id"]].add(row["variable_id"])
    n_found = 0
    for row in codebook("breaks"):
        study_id, here = row["study_id"], waves[row["study_id"]].index(row["wave_id"])
        for variable_id in {q["variable_id"] for q in codebook("questions")}:
            asked = [
                waves[study_id].index(wave)
                for q in codebook("questions")
                if (q["study_id"], q["variable_id"]) == (study_id, variable_id)
                for wave in waves_of_row(q, waves)
            ]
            crossed = bool(asked) and min(asked) < here <= max(asked)
            if not crossed or row["variable_id"] not in ("", variable_id):
                continue
            for each in {variable_id} | derived[variable_id]:
                text = read_back(section(blocks[each], study_id))
                assert row["description"] in text, (row["break_id"], each)
                kind = f"{row['severity'].capitalize()} break ({row['break_kind']})."
                assert kind in text, (row["break_id"], each)
                n_found += 1
    assert n_found > 50


def test_categories_and_delivered_codes_are_complete(
    blocks: dict[str, str], waves: dict[str, list[str]]
) -> None:
    labels = defaultdict(dict)
    for row in codebook("categories"):
        labels[row["code_list_id"]][row["category_code"]] = row["category_label"]
    lists = {row["variable_id"]: row["code_list_id"] for row in codebook("variables")}
    for variable_id, code_list_id in lists.items():
        shown = rows_of_table(blocks[variable_id], "code")
        assert {c[0].strip("`"): read_back(c[1]) for c in shown} == labels[code_list_id]
    for question in codebook("questions"):
        variable_id, study_id = question["variable_id"], question["study_id"]
        rows = rows_of_table(section(blocks[variable_id], study_id), "delivered")
        said = {
            (by_code or in_words, means.strip("`"), wave)
            for codes, means, span, _ in rows
            for by_code, in_words in re.findall(r"`([^`]+)`|\*([^*]+)\*", codes)
            for wave in waves_of_span(span, waves[study_id])
        }
        for row in codebook("crosswalk"):
            if (row["study_id"], row["crosswalk_id"]) != (study_id, question["crosswalk_id"]):
                continue
            means = labels[lists[variable_id]].get(row["category_code"], row["missing_kind"])
            for wave in set(waves_of_row(row, waves)) & set(waves_of_row(question, waves)):
                delivered = {"<number>": "a number", "<empty>": "empty"}.get(
                    row["source_code"], row["source_code"]
                )
                expected = (delivered, means or row["numeric_value"] or "itself", wave)
                assert expected in said, (question, row)


def test_measures_and_segments_of_a_variable_are_named(blocks: dict[str, str]) -> None:
    for row in codebook("measures"):
        for variable_id in filter(None, (row["variable_id"], row["denominator_variable_id"])):
            assert f"(`{row['measure_id']}`)" in blocks[variable_id]
    for row in codebook("segment_variables"):
        assert f"`{row['segment_id']}`" in blocks[row["variable_id"]].split("**Segments:**")[1]


def test_steps_between_waves_have_the_grades_of_the_dictionary(
    blocks: dict[str, str], waves: dict[str, list[str]], published: Project
) -> None:
    """The page grades by the codebook's files; the model by what was delivered too."""
    with duckdb.connect(
        str(published.root / "warehouse/wavehouse.duckdb"), read_only=True
    ) as warehouse:
        graded = warehouse.execute(
            "select study_id, variable_id, from_wave_id, to_wave_id, comparability_grade "
            "from marts.dictionary_comparability"
        ).fetchall()
    compared = 0
    for study_id, variable_id, before, after, grade in graded:
        text = section(blocks[variable_id], study_id)
        steps = {(row[0], row[1]): GRADES[row[2]] for row in rows_of_table(text, "from")}
        order = waves[study_id]
        if order.index(after) == order.index(before) + 1:
            assert steps.get((before, after), "identical") == grade, (study_id, variable_id)
            compared += 1
    assert compared > 20


# Texts that would break a page ---------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "a | b",
        "{{ doc('x') }} and {% raw %}, {# note #}, {{{",
        "*not bold*, `no code`, ~~not gone~~, [no link](x)",
        "<script>alert(1)</script> & more",
        "__init__ and a_name and _x_",
        "1. no list",
        "# no heading",
        "back\\slash",
    ],
)
def test_texts_of_a_codebook_show_as_they_are(text: str) -> None:
    shown = plain(text)
    assert not re.search(r"{{|{%|{#|\||<|(?<!\\)[*`\[~]", shown)
    assert not re.match(r"#|\d+\.", shown)
    assert html.unescape(re.sub(r"\\(.)", r"\1", shown)).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(("text", "expected"), [("a b", "`a b`"), ("a|b", "a&#124;b"), ("", "")])
def test_codes_stand_in_letters_of_code_where_they_can(text: str, expected: str) -> None:
    assert code(text) == expected


def test_differences_of_wording_are_marked() -> None:
    assert marked_difference("How happy are you?", "How happy are you these days?") == (
        "How happy are ~~you?~~ **you these days?**"
    )
    assert marked_difference("People of 14 and older", "People of 20 and older") == (
        "People of ~~14~~ **20** and older"
    )
    assert marked_difference("Quite another thing", "Nothing alike here") == (
        "**Nothing alike here**"
    )


# The drawing of entities -------------------------------------------------------------------------


def test_the_drawing_has_every_tested_reference_between_public_tables() -> None:
    tables, references = set(), set()
    for path in (ROOT / "models/marts").rglob("*.yml"):
        if path.parent.name == "operations":
            # Not published.
            continue
        for model in read_yaml(path).get("models", []):
            tables.add(model["name"])
            for test in model.get("data_tests", []):
                (kind,) = test
                if kind.removeprefix("wavehouse.") == "references_key":
                    said = test[kind]["arguments"]
                    target = said["to"].split("'")[1]
                    references.add((model["name"], target, ", ".join(said["columns"])))
    drawing = (ROOT / "docs/images/entities.svg").read_text(encoding="utf-8")
    said = set(re.findall(r"(\w+) refers to (\w+) by ([\w, ]+)\.", drawing))
    assert said == {each for each in references if each[1] in tables}
    assert len(said) > 50
    assert set(re.findall(r'class="name"[^>]*>(\w+)<', drawing)) == tables
    dots = re.findall(r'<circle class="dot \w+" cx="\d+" cy="\d+" r="6"/>', drawing)
    # Two of them are the legend's.
    assert len(dots) - 2 == len({(table, target) for table, target, _ in said})


def test_a_project_without_references_has_no_drawing(empty_project: Project) -> None:
    folder = Path(empty_project.models) / "marts/core"
    folder.mkdir(parents=True)
    (folder / "dim_x.yml").write_text("models:\n  - name: dim_x\n")
    assert draw_entities(empty_project, {}) == {}
