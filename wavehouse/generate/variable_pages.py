"""A page of the docs site for each variable, an index of them, and the blocks for their columns.

dbt's docs list and search nodes, not doc blocks; an exposure is the node that stands for what
people look at. So each variable is a doc block, which columns repeat, and an exposure.
"""

from pathlib import PurePosixPath

from wavehouse.codebook.tables import Row
from wavehouse.codebook.wave_files import Inspection
from wavehouse.escapes import no_jinja, yaml_text
from wavehouse.generate.codebook_index import CodebookIndex
from wavehouse.generate.markdown import code, plain, table
from wavehouse.generate.text import MARKER, Texts, sentence, yaml_file
from wavehouse.generate.variable_block import block_of_variable
from wavehouse.generate.variable_facts import StudyFacts
from wavehouse.generate.wide_tables import column_of, variables_of_study

BLOCKS = PurePosixPath("docs/variables")
PAGES = PurePosixPath("models/marts/dictionary/_dictionary__variables.yml")

# Where `wavehouse pages` writes them, seen from the docs site.
TRENDS = "../pages/index.html"


def generate_variable_pages(found: Inspection) -> Texts:
    """Write a doc block and an exposure for each variable, and the index of variables."""
    index = CodebookIndex(found.codebook)
    by_study = variables_by_study(found)
    if not by_study:
        return {}
    facts = {
        (variable["variable_id"], study_id): StudyFacts(index, study_id, variable["variable_id"])
        for study_id, variables in by_study.items()
        for variable in variables
    }
    studies_of: dict[str, list[str]] = {}
    for variable_id, study_id in facts:
        studies_of.setdefault(variable_id, []).append(study_id)
    texts: Texts = {BLOCKS / "index.md": _markdown([_index(index, by_study, facts)])}
    exposures = ["exposures:"]
    for study_id, variables in by_study.items():
        blocks = []
        for variable in variables:
            variable_id = variable["variable_id"]
            studies = studies_of[variable_id]
            # A variable of several studies stands with the first of them.
            if studies[0] == study_id:
                found_in = [facts[variable_id, each] for each in studies]
                blocks.append(_block(variable_id, block_of_variable(index, variable, found_in)))
                exposures += _exposure(variable, studies)
        if blocks:
            texts[BLOCKS / f"{study_id}.md"] = _markdown(blocks)
    # Waves may be there before any variable is; dbt refuses a list without anything in it.
    texts[PAGES] = yaml_file(exposures if exposures[1:] else ["exposures: []"])
    return texts


def variables_by_study(found: Inspection) -> dict[str, list[Row]]:
    """Give the variables of each study that has waves, in the codebook's order of studies."""
    present = {wave.study_id for wave in found.waves}
    order = [row["study_id"] for row in found.codebook.rows("studies")]
    return {
        study_id: variables_of_study(found.codebook, study_id)
        for study_id in sorted(present, key=lambda each: [*order, each].index(each))
    }


def described_variables(found: Inspection) -> set[str]:
    """Give the variables that have a doc block."""
    return {row["variable_id"] for rows in variables_by_study(found).values() for row in rows}


def described_by(text: str, variable_id: str) -> list[str]:
    """Give the lines of a column's description: a line of Markdown, then a variable's doc block."""
    return [
        "        description: |-",
        f"          {text}",
        "",
        f"          {{{{ doc('variable__{variable_id}') }}}}",
    ]


def _markdown(blocks: list[str]) -> str:
    return "\n\n".join([f"<!-- {MARKER} -->", *blocks]) + "\n"


def _block(variable_id: str, text: str) -> str:
    return f"{{% docs variable__{variable_id} %}}\n{no_jinja(text)}\n{{% enddocs %}}"


def _exposure(variable: Row, studies: list[str]) -> list[str]:
    variable_id = variable["variable_id"]
    return [
        f"  - name: variable_{variable_id}",
        f"    label: {yaml_text(variable['variable_label'] or variable_id)}",
        f"    description: \"{{{{ doc('variable__{variable_id}') }}}}\"",
        "    type: dashboard",
        f"    url: {yaml_text(f'{TRENDS}#/variable/{studies[0]}/{variable_id}')}",
        "    owner:",
        "      name: Dictionary stewards",
        "      email: dictionary@wavehouse.example",
        "    depends_on:",
        *(f"      - ref('wide_{study_id}')" for study_id in studies),
        "    config:",
        "      meta:",
        f"        variable_id: {yaml_text(variable_id)}",
    ]


def _index(
    index: CodebookIndex, by_study: dict[str, list[Row]], facts: dict[tuple[str, str], StudyFacts]
) -> str:
    """Give the page that the top folder of the docs site shows: all variables by study."""
    lines = [
        "{% docs __wavehouse__ %}",
        "# Variables",
        "",
        "Each variable has a page: how it was asked in which waves, of whom, with which codes, and "
        "whether its waves may be compared. The search field above finds it by the words of its "
        "question. Back to the [overview](#!/overview).",
        "",
    ]
    for study_id, variables in by_study.items():
        lines += [
            f"## {plain(index.codebook.study_label(study_id))}",
            "",
            f"Their answers, a column for each: "
            f"[`wide_{study_id}`](#!/model/model.wavehouse.wide_{study_id}).",
            "",
            *table(
                ("variable", "column", "waves", "what it is"),
                (_index_row(each, facts[each["variable_id"], study_id]) for each in variables),
            ),
        ]
    return "\n".join([*lines[:-1], "{% enddocs %}"])


def _index_row(variable: Row, facts: StudyFacts) -> tuple[str, ...]:
    variable_id = variable["variable_id"]
    label = variable["variable_label"] or variable_id
    return (
        f"[{plain(label)}](#!/exposure/exposure.wavehouse.variable_{variable_id})",
        code(column_of(variable_id)),
        plain(facts.span(facts.versions)),
        plain(sentence(variable.get("description") or label)),
    )
