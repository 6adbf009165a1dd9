"""Generated files follow the codebook, and all problems of the files are named at once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from wavehouse.generate.text import MARKER
from wavehouse.generate.variable_facts import DASH
from wavehouse.project import Project
from wavehouse.yaml_files import read_yaml

Run = Callable[..., tuple[int, str]]

CODEBOOK = {
    "studies": "study_id,study_label,is_optional\nmood,Mood Survey,\n",
    "waves": (
        "study_id,wave_id,wave_number,wave_label,design_id,fieldwork_start,fieldwork_end,"
        "delivered_as\n"
        "mood,2001,1,Mood 2001,people,2001-02-01,2001-03-01,\n"
        "mood,2002,2,2002,people,,,\n"
        "mood,2003,3,2003,people,,,seed\n"
    ),
    "design_columns": "design_id,design_role,position,source_column\npeople,weight,1,wt\n",
    "variables": "variable_id,variable_label\nhappy,Happiness\n",
    "questions": (
        "study_id,variable_id,valid_from_wave,valid_to_wave,source_column,crosswalk_id,"
        "question_text,universe\n"
        'mood,happy,2001,2002,q1,h,"Are you ""happy""?",adults\n'
        "mood,happy,2003,,q.9,h,How happy {{ are }} you,\n"
    ),
    "segments": ("segment_id,segment_label\ntotal,Total\nsex,Sex\nsex_region,Sex by region\n"),
    "segment_variables": (
        "segment_id,position,variable_id\nsex,1,sex\nsex_region,1,sex\nsex_region,2,region\n"
    ),
    "waived_columns": (
        "study_id,source_column,valid_from_wave,valid_to_wave,waiver_kind,reason\n"
        "mood,dummy,2002,,derived,follows from q1\n"
    ),
}
WAVES = {
    "2001": "q1,wt,dummy\n1,0.5,1\n,1,\n",
    "2002": "q1,wt,dummy\n1,0.5,1\n",
    "2003": "wt,q.9\n1,2\n",
}
STAGED = f"""\
-- {MARKER}
with

delivered as (
    {{{{ wavehouse.stage_wave('mood', '2001') | indent(4) }}}}

    union all

    {{{{ wavehouse.stage_wave('mood', '2002') | indent(4) }}}}

    union all

    {{{{ wavehouse.stage_wave('mood', '2003') | indent(4) }}}}

    union all

    {{{{ wavehouse.stage_landed_wave('mood', '2004', [
        "q.9",
        "wt",
    ]) | indent(4) }}}}
)

select * from delivered
"""
WAVE_FILE = "seeds/waves/mood/mood_2002.csv"


@pytest.fixture
def project(empty_project: Project) -> Project:
    """A study of three waves whose question moved to another column in the last."""
    for table, text in CODEBOOK.items():
        write(empty_project, f"seeds/codebook/{table}.csv", text)
    for wave, text in WAVES.items():
        write(empty_project, f"seeds/waves/mood/mood_{wave}.csv", text)
    return empty_project


def write(project: Project, name: str, content: str | bytes) -> None:
    """Write a file of the project, with the folders to it."""
    path = project.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def snapshot(project: Project) -> dict[str, bytes]:
    """Give all files of the project."""
    return {
        project.relative(path): path.read_bytes()
        for path in project.root.rglob("*")
        if path.is_file()
    }


def described(project: Project, name: str, kind: str) -> dict[str, dict]:
    """Give the resources that a YAML file describes, by name."""
    return {r["name"]: r for r in read_yaml(project.root / name)[kind]}


def test_wave_seeds_are_text_and_every_column_says_what_the_codebook_says(
    project: Project, run_command: Run
) -> None:
    assert run_command(project, "generate")[0] == 0
    seeds = described(project, "seeds/waves/mood/_mood__waves.yml", "seeds")
    assert list(seeds) == ["mood_2001", "mood_2002", "mood_2003"]
    assert seeds["mood_2001"]["description"] == (
        "Mood Survey, Mood 2001, as delivered: one row per respondent, every value as text. "
        "Fieldwork 2001-02-01 to 2001-03-01."
    )
    assert seeds["mood_2003"]["config"] == {
        "column_types": {"wt": "text", "q.9": "text"},
        "meta": {"study_id": "mood", "wave_id": "2003"},
    }
    said = {
        name: {column["name"]: column["description"] for column in seed["columns"]}
        for name, seed in seeds.items()
    }
    assert said == {
        "mood_2001": {
            "q1": 'Happiness (variable happy). Are you "happy"? Asked of: adults.',
            "wt": "Sample design: weight.",
            "dummy": "Not declared in the codebook.",
        },
        "mood_2002": {
            "q1": 'Happiness (variable happy). Are you "happy"? Asked of: adults.',
            "wt": "Sample design: weight.",
            "dummy": "Not used (derived): follows from q1.",
        },
        "mood_2003": {
            "wt": "Sample design: weight.",
            # Two braces would be Jinja to dbt.
            "q.9": "Happiness (variable happy). How happy { { are }} you.",
        },
    }


def test_a_study_has_staging_models_of_all_its_waves_and_says_which_files_it_reads(
    project: Project, run_command: Run
) -> None:
    waves = CODEBOOK["waves"] + "other,a,1,,people,,,landing\nmood,2004,4,Mood 4,people,,,landing\n"
    write(project, "seeds/codebook/waves.csv", waves)
    run_command(project, "generate")
    staging = project.models / "staging/mood"
    assert [path.name for path in sorted(staging.glob("*.sql"))] == [
        "stg_mood__delivered.sql",
        "stg_mood__waves.sql",
    ]
    assert (staging / "stg_mood__delivered.sql").read_text() == STAGED
    models = described(project, "models/staging/mood/_mood__staging.yml", "models")
    model, contents = models.values()
    assert [column["name"] for column in contents["columns"]] == [
        "study_id",
        "wave_id",
        "n_rows",
        "content_digest",
    ]
    assert model["name"] == "stg_mood__delivered"
    assert model["description"].endswith(
        "Waves are read one after the other: Mood 2001 (`seeds/waves/mood/mood_2001.csv`), "
        "2002 (`seeds/waves/mood/mood_2002.csv`), 2003 (`seeds/waves/mood/mood_2003.csv`), "
        "Mood 4 (`landing/mood/2004/answers.parquet`)."
    )
    assert [column["name"] for column in model["columns"]] == [
        "study_id",
        "wave_id",
        "row_number",
        "source_column",
        "source_code",
    ]
    assert all(column["description"] for column in model["columns"])
    union = (project.models / "intermediate/delivered/int_delivered__answers.sql").read_text()
    assert [line.strip() for line in union.splitlines() if "ref('stg_" in line] == [
        "ref('stg_mood__delivered'),",
        "ref('stg_other__delivered'),",
    ]
    waves = (project.models / "staging/mood/stg_mood__waves.sql").read_text()
    assert "{{ wavehouse.wave_content('mood', '2001', ref('mood_2001')) | indent(4) }}" in waves


def test_the_table_of_respondents_has_a_column_for_each_segment_of_one_variable(
    project: Project, run_command: Run
) -> None:
    run_command(project, "generate")
    models = described(project, "models/marts/core/fct_respondents.yml", "models")
    columns = {column["name"]: column for column in models["fct_respondents"]["columns"]}
    assert [name for name in columns if name.startswith("segment_")] == ["segment_sex"]
    assert columns["segment_sex"]["config"]["meta"] == {"segment_id": "sex"}


def test_a_variable_has_a_page_and_its_column_the_same_text(
    project: Project, run_command: Run
) -> None:
    run_command(project, "generate")
    text = (project.root / "docs/variables/mood.md").read_text()
    block = text.split("{% docs variable__happy %}\n")[1].split("\n{% enddocs %}")[0]
    # Two braces would be Jinja to dbt, and both wordings differ by more than they share.
    assert f'| 2001{DASH}2002 | Are you "happy"? | adults | `q1` |' in block
    assert "| 2003 | **How happy { { are }} you** |  | `q.9` |" in block
    assert "| 2002 | 2003 | **with care** | The wording of the question differs." in block
    pages = described(project, "models/marts/dictionary/_dictionary__variables.yml", "exposures")
    said = "{{ doc('variable__happy') }}"
    assert pages["variable_happy"]["description"] == said
    assert pages["variable_happy"]["depends_on"] == ["ref('wide_mood')"]
    wide = described(project, "models/marts/wide/wide_mood.yml", "models")["wide_mood"]
    assert {c["name"]: c["description"] for c in wide["columns"]}["happy"] == said
    assert (
        f"variable_happy) | `happy` | 2001{DASH}2003 |"
        in (project.root / "docs/variables/index.md").read_text()
    )


def test_a_second_run_changes_nothing(project: Project, run_command: Run) -> None:
    run_command(project, "generate")
    before = snapshot(project)
    assert run_command(project, "generate") == (0, "Generated files: no change.\n")
    assert snapshot(project) == before
    assert run_command(project, "generate", "--check")[0] == 0


def test_check_lists_missing_stale_and_superseded_files_and_changes_none(
    project: Project, run_command: Run
) -> None:
    run_command(project, "generate")
    write(project, "models/staging/mood/stg_mood__delivered.sql", f"-- {MARKER}\nselect 1\n")
    (project.models / "staging/mood/_mood__staging.yml").unlink()
    write(project, "models/staging/mood/stg_mood__2001.sql", f"-- {MARKER}\nselect 1\n")
    before = snapshot(project)
    code, said = run_command(project, "generate", "--check")
    assert code == 1
    assert "run `make generate`" in said
    assert "models/staging/mood/stg_mood__delivered.sql: stale" in said
    assert "models/staging/mood/_mood__staging.yml: missing" in said
    assert "models/staging/mood/stg_mood__2001.sql: no longer needed" in said
    assert snapshot(project) == before


def test_files_of_a_wave_that_is_gone_are_removed_and_files_by_hand_are_not(
    project: Project, run_command: Run
) -> None:
    run_command(project, "generate")
    write(project, "models/staging/mood/notes.sql", "select 1\n")
    for wave in WAVES:
        (project.waves / f"mood/mood_{wave}.csv").unlink()
    write(project, "seeds/codebook/waves.csv", CODEBOOK["waves"].splitlines()[0] + "\n")
    assert run_command(project, "generate")[0] == 0
    left = {name for name in snapshot(project) if not name.startswith("seeds/codebook/")}
    # The last six are there before the first wave, too.
    assert left == {
        "dbt_project.yml",
        "models/staging/mood/notes.sql",
        "models/intermediate/delivered/int_delivered__answers.sql",
        "models/intermediate/delivered/int_delivered__answers.yml",
        "models/intermediate/delivered/int_delivered__waves.sql",
        "models/intermediate/delivered/int_delivered__waves.yml",
        "models/marts/core/fct_respondents.sql",
        "models/marts/core/fct_respondents.yml",
    }
    assert not (project.waves / "mood").exists()


def test_a_file_written_by_hand_is_not_overwritten(project: Project, run_command: Run) -> None:
    write(project, "models/staging/mood/stg_mood__delivered.sql", "select 1\n")
    before = snapshot(project)
    code, said = run_command(project, "generate")
    assert code == 1
    assert "models/staging/mood/stg_mood__delivered.sql: rename or remove the file" in said
    assert snapshot(project) == before


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (WAVE_FILE, b"q1,wt\n1,2\n\xff,3\n", "line 3: byte 0xff is not UTF-8. Save"),
        (WAVE_FILE, "q1,wt\n1,2\n1,2,3\n", "line 3 has 3 values where the header has 2 columns"),
        (WAVE_FILE, "q1,wt\n\n1,2\n", "line 2 is blank. Remove it."),
        (WAVE_FILE, 'q1,wt\n1,"2\n', "line 2: unexpected end of data. Repair the quotes"),
        (WAVE_FILE, "q1,q1\n1,2\n", "column q1 occurs 2 times in the header"),
        (WAVE_FILE, "q1,\n1,2\n", "column 2 has no name"),
        (WAVE_FILE, "q1, wt\n1,2\n", "column ' wt' begins or ends with a blank"),
        (WAVE_FILE, "q1,{{wt\n1,2\n", "column '{{wt' has a quote, brace or control character"),
        (WAVE_FILE, "q1,Q1\n1,2\n", "columns q1, Q1 differ only by upper and lower case"),
        (WAVE_FILE, "q1,wt\n1,\0\n", "line 2 has a NUL character"),
        (WAVE_FILE, 'q1,wt\n1, "2"\n', "line 2, column wt: blanks before a quote"),
        (WAVE_FILE, "", "the file is empty: it has no header"),
        ("seeds/waves/mood/old/mood_2001.csv", "q1\n1\n", "does not follow seeds/waves/<study>/"),
        ("seeds/codebook/variables.csv", "variable_id\nhappy\n", "column variable_label is miss"),
        ("seeds/codebook/measures.csv", "measure_id,x\na\n", "line 2 has 1 values where the"),
    ],
)
def test_a_bad_file_is_named_with_its_place_and_remedy(
    project: Project, run_command: Run, name: str, content: str | bytes, message: str
) -> None:
    write(project, name, content)
    before = snapshot(project)
    code, said = run_command(project, "generate")
    assert code == 1
    assert any(line.startswith(f"  - {name}") and message in line for line in said.splitlines())
    assert snapshot(project) == before


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            WAVE_FILE,
            "q1,wt\n1,NULL\n",
            "line 2, column wt: the value 'NULL' looks like an empty value",
        ),
        (WAVE_FILE, "q1,wt\n", "the wave is empty: its file has a header but no rows"),
        (
            "seeds/waves/mood/mood_2009.csv",
            "q1\n1\n",
            "wave 2009 of study mood is not declared. Add it to seeds/codebook/waves.csv, or",
        ),
        (
            "seeds/waves/jobs/jobs_2001.csv",
            "q1\n1\n",
            "Add it to seeds/codebook/waves.csv, and jobs in studies.csv, or",
        ),
        ("seeds/waves/mood/2001.csv", "q1\n1\n", "does not follow seeds/waves/<study>/"),
    ],
)
def test_what_does_not_keep_dbt_from_reading_is_listed_and_left_to_the_build(
    project: Project, run_command: Run, name: str, content: str, message: str
) -> None:
    write(project, name, content)
    code, said = run_command(project, "check")
    assert code == 1
    assert any(line.startswith(f"  - {name}") and message in line for line in said.splitlines())
    assert run_command(project, "generate")[0] == 0


def test_a_wave_without_its_file_is_left_out_of_what_is_generated(
    project: Project, run_command: Run
) -> None:
    (project.root / WAVE_FILE).unlink()
    code, said = run_command(project, "check")
    assert code == 1
    assert f"  - {WAVE_FILE}: wave 2002 of study mood is declared, but its file is missing" in said
    assert run_command(project, "generate")[0] == 0
    seeds = described(project, "seeds/waves/mood/_mood__waves.yml", "seeds")
    assert list(seeds) == ["mood_2001", "mood_2003"]


def test_without_any_wave_there_is_nothing_to_build(project: Project, run_command: Run) -> None:
    for wave in WAVES:
        (project.waves / f"mood/mood_{wave}.csv").unlink()
    code, said = run_command(project, "generate")
    assert code == 1
    assert said.startswith("3 problems in the files:")


def test_tables_and_columns_that_the_checks_read_must_be_there(
    project: Project, run_command: Run
) -> None:
    write(
        project,
        "seeds/codebook/_codebook__seeds.yml",
        "seeds: [{name: measures, columns: [{name: measure_id}, {name: measure_kind}]},"
        " {name: breaks, columns: [{name: break_id}]}]",
    )
    write(project, "seeds/codebook/measures.csv", "measure_id,measure_kinds\na,share\n")
    code, said = run_command(project, "generate")
    assert code == 1
    assert said.splitlines() == [
        "2 problems in the files:",
        "  - seeds/codebook/measures.csv: column measure_kind is missing. Add it to the header.",
        "  - seeds/codebook/breaks.csv: the file is missing. Add it, with at least a header.",
    ]


def test_ids_that_cannot_name_a_file_are_reported(project: Project, run_command: Run) -> None:
    rows = CODEBOOK["waves"] + "mood,Spring 2004,4,2004,people,,,\n"
    write(project, "seeds/codebook/waves.csv", rows)
    write(project, "seeds/codebook/segments.csv", "segment_id,segment_label\nAge group,Age\n")
    write(project, "seeds/codebook/variables.csv", "variable_id,variable_label\nq-1,Happiness\n")
    code, said = run_command(project, "check")
    assert code == 1
    assert "variables.csv: variable_id 'q-1' becomes the name of a column and part of the" in said
    assert (
        "segments.csv: segment_id 'Age group' cannot be an id, because ids become part of" in said
    )
    assert "wave 'Spring 2004': wave_id cannot be an id, because ids become part of names" in said


def test_two_seeds_of_the_same_name_are_reported(project: Project, run_command: Run) -> None:
    write(project, "seeds/reference/mood_2001.csv", "a\n1\n")
    code, said = run_command(project, "check")
    assert code == 1
    assert "mood_2001.csv and seeds/waves/mood/mood_2001.csv: seeds need different names" in said


def test_a_file_with_a_draft_is_not_to_be_removed(project: Project, run_command: Run) -> None:
    write(project, "seeds/waves/mood/mood_2009.csv", "q1\n1\n")
    write(project, "drafts/mood_2009.yml", "study: mood\n")
    code, said = run_command(project, "check")
    assert code == 1
    assert "its draft is drafts/mood_2009.yml: go on with `wavehouse review mood 2009`" in said
    assert "remove the file" not in said


def test_all_problems_of_all_files_come_in_one_list(project: Project, run_command: Run) -> None:
    (project.waves / "mood/mood_2001.csv").unlink()
    write(project, WAVE_FILE, "q1,q1\n1\n")
    write(project, "seeds/waves/mood/mood_2009.csv", "")
    (project.codebook / "variables.csv").unlink()
    code, said = run_command(project, "check")
    assert code == 1
    assert said.splitlines()[0] == "6 problems in the files:"
    for part in (
        "mood_2001.csv: wave 2001 of study mood is declared, but its file is missing",
        f"{WAVE_FILE} (study mood, wave 2002): column q1 occurs 2 times",
        f"{WAVE_FILE} (study mood, wave 2002): line 2 has 1 values",
        "mood_2009.csv: wave 2009 of study mood is not declared",
        "mood_2009.csv: the file is empty",
        "seeds/codebook/variables.csv: the file is missing",
    ):
        assert part in said


def test_the_same_problem_on_many_lines_is_counted(project: Project, run_command: Run) -> None:
    write(project, WAVE_FILE, "q1,wt\n" + "1\n" * 100)
    _, said = run_command(project, "check")
    assert "95 more lines with the same problem" in said
    assert len(said.splitlines()) == 7


def test_delivered_values_may_hold_commas_quotes_line_breaks_and_a_byte_order_mark(
    project: Project, run_command: Run
) -> None:
    text = '﻿q1,wt\n"a, ""b""\nand c\u2028d",1\n'
    write(project, WAVE_FILE, text)
    assert run_command(project, "check")[0] == 0
    run_command(project, "generate")
    seeds = described(project, "seeds/waves/mood/_mood__waves.yml", "seeds")
    assert list(seeds["mood_2002"]["config"]["column_types"]) == ["q1", "wt"]


def test_outside_of_a_project_the_command_says_so(tmp_path: Path, run_command: Run) -> None:
    code, said = run_command(Project(tmp_path), "check")
    assert code == 1
    assert "No dbt_project.yml" in said


def test_the_generated_files_of_this_project_are_up_to_date(
    project_root: Path, run_command: Run
) -> None:
    assert run_command(Project(project_root), "generate", "--check") == (
        0,
        "Generated files are up to date.\n",
    )
