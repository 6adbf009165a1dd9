"""Bad input stops the build with messages that name culprit and remedy, all of them in one run."""

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import duckdb
import pandas as pd
import pyreadstat
import pytest
from workbench import (
    DbtRun,
    Row,
    add_codebook_rows,
    codebook_rows,
    copy_built,
    copy_project,
    keep_studies,
    own_database,
    query,
    query_postgres,
    read_rows,
    run_dbt,
    run_wavehouse,
    set_codebook_rows,
    write_rows,
)

from wavehouse.building.postgres import PostgresServer
from wavehouse.codebook.wave_files import inspect_files
from wavehouse.generate import generate
from wavehouse.project import Project
from wavehouse_exchange.landing import land_wave
from wavehouse_exchange.landing.load_postgres import load_landed_waves

# A study without any fault, with every part that a codebook and a design can have; `@` is its id.
CODEBOOK = {
    "studies": """
        study_id,study_label,description,universe,producer,citation,terms_of_use,publication_rule_id,ci_level,adjustment_method
        @,Study @,Made up,Adults,Nobody,None,None,open_data,0.95,holm
    """,
    "designs": """
        design_id,study_id,design_label,lonely_psu,applies_fpc,allows_zero_weights,description
        @_areas,@,Areas,adjust,true,false,Areas in strata
    """,
    "design_columns": """
        design_id,design_role,position,source_column
        @_areas,respondent,1,id
        @_areas,stratum,1,part
        @_areas,psu,1,area
        @_areas,weight,1,weight
        @_areas,psu_population,1,areas
        @_areas,interview_date,1,day
    """,
    "waves": """
        study_id,wave_id,wave_number,wave_label,wave_date,fieldwork_start,fieldwork_end,design_id,sample_id,expected_respondents
        @,1,1,First,2001-01-01,2001-01-02,2001-02-28,@_areas,@_first,8
    """,
    "code_lists": """
        code_list_id,code_list_label,description
        @_moods,Moods,Moods
        @_groups,Groups,Groups of hours
    """,
    "categories": """
        code_list_id,category_code,category_order,category_label
        @_moods,good,1,Good
        @_moods,bad,2,Bad
        @_groups,few,1,Few
        @_groups,many,2,Many
    """,
    "variables": """
        variable_id,variable_label,description,value_type,code_list_id,unit,lower_bound,upper_bound
        @_mood,Mood,Mood,categorical,@_moods,,,
        @_hours,Hours,Hours,numeric,,hours,0,24
        @_group,Group,Group of hours,categorical,@_groups,,,
    """,
    "questions": """
        study_id,variable_id,valid_from_wave,valid_to_wave,source_column,crosswalk_id,question_text,universe
        @,@_mood,1,,mood,mood,Asks for the mood,All
        @,@_hours,1,,hours,hours,Asks for the hours,All
    """,
    "crosswalk": """
        study_id,crosswalk_id,source_code,valid_from_wave,valid_to_wave,category_code,numeric_value,missing_kind,mapping_method
        @,mood,1,1,,good,,,recode
        @,mood,2,1,,bad,,,recode
        @,mood,9,1,,,,refused,sentinel
        @,hours,<number>,1,,,,,identity
        @,hours,99,1,,,,dont_know,sentinel
    """,
    "waived_columns": """
        study_id,source_column,valid_from_wave,valid_to_wave,waiver_kind,reason
        @,notes,1,,technical,Nothing about the respondent
    """,
    "derivations": """
        variable_id,position,source_variable_id,source_category_code,lower_bound,upper_bound,category_code
        @_group,1,@_hours,,,5,few
        @_group,2,@_hours,,5,,many
    """,
    "segments": """
        segment_id,segment_label,description
        @_group,Group,Group of hours
    """,
    "segment_variables": """
        segment_id,position,variable_id
        @_group,1,@_group
    """,
    "measures": """
        measure_id,measure_label,measure_kind,variable_id,base_description,description
        @_mood_share,Mood,share,@_mood,All,Share
        @_hours_mean,Hours,mean,@_hours,All,Mean
        @_mood_net,Net,net,@_mood,All,Net
    """,
    "measure_items": """
        measure_id,item_code,item_label,item_order,score_id
        @_mood_net,well,Well,1,@_well
    """,
    "scores": """
        score_id,category_code,score
        @_well,good,1
    """,
    "variable_groups": """
        variable_group_id,variable_group_label,group_kind,mention_category_code,description
        @_answers,Answers,multiple_response,good,Several answers
        @_grid,Grid,grid,,Several variables
    """,
    "variable_group_members": """
        variable_group_id,variable_id,member_order
        @_answers,@_mood,1
        @_grid,@_mood,1
    """,
    "standard_populations": """
        standard_population_id,standard_population_label,variable_id,description,source
        @_standard,Standard,@_group,Fixed shares,Nobody
    """,
    "standard_population_shares": """
        standard_population_id,category_code,population_share
        @_standard,few,0.3333333
        @_standard,many,0.6666666
    """,
    "comparisons": """
        study_id,comparison_id,comparison_kind,base_wave_id
        @,base,base,1
    """,
    "periods": """
        study_id,period_kind,n_waves
        @,pooled_waves,2
        @,month,
    """,
    "segment_contrasts": """
        segment_id,segment_code,reference_segment_code
        @_group,few,many
    """,
    "breaks": """
        break_id,study_id,wave_id,variable_id,break_kind,severity,description
        @_telephone,@,1,,mode,soft,By telephone
    """,
}
WAVE = """
    id,part,area,areas,weight,mood,hours,notes,day
    1,north,1,10,1.5,1,1,,2001-02-21
    2,north,1,10,1.5,2,2.5,,2001-02-22
    3,north,2,10,1.5,1,5,,2001-02-23
    4,north,2,10,1.5,2,7,,2001-02-24
    5,south,3,10,2,9,99,,2001-02-25
    6,south,3,10,2,1,0,,2001-02-26
    7,south,4,10,2,1,24,,2001-02-27
    8,south,4,10,2,2,3,,2001-02-28
"""


class Study:
    """The study, to be spoilt before it is written."""

    def __init__(self, study_id: str) -> None:
        """Take the study's name."""
        self.study_id = study_id
        self.codebook = {table: self._rows(text) for table, text in CODEBOOK.items()}
        self.waves = {"1": self._rows(WAVE)}
        self.columns = list(self.waves["1"][0])
        self.landed: dict[str, list[Row]] = {}
        self.labels: dict[str, str] = {}
        self.files_later: dict[str, list[Row]] = {}

    def change(self, table: str, number: int, **values: str) -> None:
        """Change a row of a codebook table; the first is 0."""
        self.codebook[table][number].update(self._here(values))

    def add(self, table: str, like: int = -1, **values: str) -> None:
        """Add a row to a codebook table, like another one but for these values."""
        self.codebook[table].append({**self.codebook[table][like], **self._here(values)})

    def answer(self, number: int, **values: str) -> None:
        """Change a row of the wave; the first is 0."""
        self.waves["1"][number].update(values)

    def add_wave(self) -> None:
        """Add a second wave, which is like the first."""
        self.add(
            "waves", wave_id="2", wave_number="2", wave_date="2002-01-01", sample_id="@_second"
        )
        self.waves["2"] = self._rows(WAVE)

    def land_first_wave(self) -> None:
        """Deliver the first wave in the landing folder instead of as a seed."""
        self.landed["1"] = self.waves.pop("1")
        self.change("waves", 0, delivered_as="landing")

    def write(self, project: Project) -> None:
        """Add the study to a project, which then has to be generated again."""
        add_codebook_rows(project, self.codebook)
        for wave_id, rows in self.waves.items():
            self._write_wave(project, wave_id, rows, self.columns)
        for wave_id, rows in self.landed.items():
            path = project.root / f"{self.study_id}_{wave_id}.csv"
            seed = project.waves / self.study_id / path.name
            cut = self._cut(rows, self.columns)
            if self.labels:
                # CSV files have no labels.
                path = path.with_suffix(".sav")
                labels = [self.labels.get(column, "") for column in self.columns]
                pyreadstat.write_sav(pd.DataFrame(cut), str(path), column_labels=labels)
            else:
                write_rows(path, self.columns, cut)
            with hidden(seed):
                land_wave(project, self.study_id, wave_id, [path])
            path.unlink()

    def write_later(self, project: Project) -> None:
        """Deliver what comes after the files of the codebook were generated."""
        for wave_id, rows in self.files_later.items():
            self._write_wave(project, wave_id, rows, list(rows[0]))

    def _write_wave(
        self, project: Project, wave_id: str, rows: list[Row], columns: list[str]
    ) -> None:
        path = project.waves / self.study_id / f"{self.study_id}_{wave_id}.csv"
        write_rows(path, columns, self._cut(rows, columns))

    def _cut(self, rows: list[Row], columns: list[str]) -> list[Row]:
        return [{column: row.get(column, "") for column in columns} for row in rows]

    def _rows(self, text: str) -> list[Row]:
        lines = [line.strip() for line in text.replace("@", self.study_id).split("\n")]
        return list(csv.DictReader(StringIO("\n".join(filter(None, lines)))))

    def _here(self, values: Row) -> Row:
        return {column: value.replace("@", self.study_id) for column, value in values.items()}


@contextmanager
def hidden(path: Path) -> Iterator[None]:
    """Put a file out of sight for a while, if it is there."""
    aside = path.with_suffix(".aside")
    if path.exists():
        path.rename(aside)
    yield
    if aside.exists():
        aside.rename(path)


Spoil = Callable[[Study], None]
CASES: dict[str, tuple[Spoil, tuple[str, ...]]] = {}


def case(*lines: str) -> Callable[[Spoil], Spoil]:
    """Keep a function that spoils the study of its own name, and what a build must then say.

    `@` stands for the study, `@1` and `@2` for its waves.
    """

    def keep(spoil: Spoil) -> Spoil:
        CASES[spoil.__name__] = (spoil, lines)
        return spoil

    return keep


@case()
def faultless(_: Study) -> None:
    pass


# --- Files and columns


@case(
    "[wave_file_missing] @1: The codebook declares this wave, but its file is not there. Put the "
    "file there and run make generate, or take the wave out of seeds/codebook/waves.csv."
)
def missing_file(study: Study) -> None:
    del study.waves["1"]


@case(
    "[wave_file_undeclared] seeds/waves/@/@_3.csv, study @, wave 3: The codebook declares no wave "
    "for this file. If the wave is being brought in, go on with its draft: wavehouse review @ 3, "
    "and then wavehouse apply @ 3. If it has no draft, add it to seeds/codebook/waves.csv and run "
    "make generate. To give the wave up and remove its files: wavehouse remove-wave @ 3 --apply."
)
def undeclared_wave(study: Study) -> None:
    study.waves["3"] = study.waves["1"]


@case(
    "[wave_empty] @1, 0 row(s): The file has no rows; the codebook expects 8. Deliver the wave "
    "again, or take it out of seeds/codebook/waves.csv."
)
def empty_wave(study: Study) -> None:
    study.waves["1"] = []


@case(
    "[wave_row_count] @1, 7 row(s): The file has fewer rows than the 8 that the codebook "
    "expects. Check that the delivery is complete. Then correct the file, or "
    "expected_respondents in seeds/codebook/waves.csv."
)
def fewer_rows(study: Study) -> None:
    study.waves["1"].pop()


@case(
    "[wave_row_count] @1, 9 row(s): The file has more rows than the 8 that the codebook expects. "
    "Check that the delivery is complete. Then correct the file, or expected_respondents in "
    "seeds/codebook/waves.csv."
)
def more_rows(study: Study) -> None:
    study.waves["1"].append({**study.waves["1"][0], "id": "9"})


@case(
    "[column_undeclared] @1, column extra: The column was delivered, but the codebook neither "
    "declares nor waives it for this wave. Declare it in seeds/codebook/questions.csv, or waive it "
    "with a reason in seeds/codebook/waived_columns.csv."
)
def undeclared_column(study: Study) -> None:
    study.columns.append("extra")


@case(
    "[column_undeclared] @1, column MOOD: The column was delivered, but the codebook neither "
    "declares nor waives it for this wave. Declare it in seeds/codebook/questions.csv, or waive it "
    "with a reason in seeds/codebook/waived_columns.csv.",
    "[column_not_delivered] @1, column mood: seeds/codebook/questions.csv declares the column "
    "for this wave, but it was not delivered. Correct the name of the column, deliver the "
    "column, or end the row that declares it with the wave before (valid_to_wave).",
)
def other_case(study: Study) -> None:
    study.columns[study.columns.index("mood")] = "MOOD"
    study.waves["1"] = [{**row, "MOOD": row["mood"]} for row in study.waves["1"]]


@case(
    "[column_undeclared] @2, column notes: The column was delivered, but the codebook neither "
    "declares nor waives it for this wave. Declare it in seeds/codebook/questions.csv, or waive it "
    "with a reason in seeds/codebook/waived_columns.csv."
)
def waiver_that_ended(study: Study) -> None:
    study.add_wave()
    study.change("waived_columns", 0, valid_to_wave="1")


@case(
    "[column_not_delivered] @1, column weight: seeds/codebook/design_columns.csv declares the "
    "column for this wave, but it was not delivered. Correct the name of the column, deliver the "
    "column, or end the row that declares it with the wave before (valid_to_wave).",
)
def undelivered_weight(study: Study) -> None:
    study.columns.remove("weight")


@case(
    "[column_declared_and_waived] seeds/codebook/waived_columns.csv, study @, wave 1, column mood: "
    "The column is waived here and declared in seeds/codebook/questions.csv. Remove one of the two "
    "rows.",
)
def waived_and_declared(study: Study) -> None:
    study.add("waived_columns", source_column="mood", valid_to_wave="1")


# --- Landed waves


@case()
def landed_without_fault(study: Study) -> None:
    study.land_first_wave()
    study.change("waived_columns", 0, source_column="no*")


@case(
    "[wave_not_landed] landing/@/1, study @, wave 1: The codebook declares this wave as landed, "
    "but the landing folder does not have it. Land it with wavehouse fetch @ or wavehouse "
    "add-wave, or take the wave out of seeds/codebook/waves.csv."
)
def unlanded_wave(study: Study) -> None:
    study.land_first_wave()
    study.landed.clear()


@case(
    "[wave_not_landed] landing/@/2, study @, wave 2: The codebook declares this wave as landed, "
    "but the landing folder does not have it. Land it with wavehouse fetch @ or wavehouse "
    "add-wave, or take the wave out of seeds/codebook/waves.csv."
)
def optional_study_landed_in_part(study: Study) -> None:
    study.change("studies", 0, is_optional="true")
    study.land_first_wave()
    study.add("waves", wave_id="2", wave_number="2", wave_date="2002-01-01", sample_id="@_second")


@case(
    "[wave_landing_undeclared] landing/@/3, study @, wave 3: A wave is landed that the codebook "
    "does not declare. If the wave is being brought in, go on with its draft: wavehouse review "
    "@ 3, and then wavehouse apply @ 3. If it has no draft, add it to seeds/codebook/waves.csv "
    "with delivered_as landing and run make generate. To give the wave up and remove its files: "
    "wavehouse remove-wave @ 3 --apply."
)
def landed_and_undeclared(study: Study) -> None:
    study.landed["3"] = study.waves["1"]


@case(
    "[wave_landing_undeclared] landing/@/1, study @, wave 1: The wave is landed, but the codebook "
    "declares it as a seed. Set its delivered_as in seeds/codebook/waves.csv to landing and run "
    "make generate, or remove the folder."
)
def landed_and_declared_as_seed(study: Study) -> None:
    study.landed["1"] = study.waves["1"]


@case(
    "[wave_delivered_twice] seeds/waves/@/@_1.csv, study @, wave 1: The codebook declares this "
    "wave as landed, but there is also a file of it. Remove the file, or set delivered_as of the "
    "wave in seeds/codebook/waves.csv to seed."
)
def landed_and_a_seed_too(study: Study) -> None:
    study.land_first_wave()
    study.waves["1"] = study.landed["1"]


@case(
    "[delivery_changed] seeds/codebook/deliveries.csv, study @, wave 1: The file @_1.csv that "
    f"was landed is not the one declared: its sha256 is {'?' * 64}. Land the declared file with "
    "wavehouse fetch @. If the new file is right, correct the row.",
    "[delivery_changed] seeds/codebook/deliveries.csv, study @, wave 1: The file more.csv is "
    "declared, but the wave was landed without it. Land the declared file with wavehouse fetch "
    "@. If the new file is right, correct the row.",
)
def other_delivery(study: Study) -> None:
    study.land_first_wave()
    study.codebook["deliveries"] = [
        {
            "study_id": study.study_id,
            "wave_id": "1",
            "position": str(position),
            "file_name": name,
            "sha256": "0" * 64,
            "size_bytes": "1",
        }
        for position, name in enumerate((f"{study.study_id}_1.csv", "more.csv"), start=1)
    ]


@case(
    "[column_undeclared] landing/@/1, study @, wave 1, column extra: The column was delivered, but "
    "the codebook neither declares nor waives it for this wave. Declare it in "
    "seeds/codebook/questions.csv, or waive it with a reason in seeds/codebook/waived_columns.csv.",
    "[column_not_delivered] landing/@/1, study @, wave 1, column mood: "
    "seeds/codebook/questions.csv declares the column for this wave, but it was not delivered. "
    "Correct the name of the column, deliver the column, or end the row that declares it with "
    "the wave before (valid_to_wave).",
)
def landed_with_other_columns(study: Study) -> None:
    study.land_first_wave()
    study.columns[study.columns.index("mood")] = "extra"


@case(
    "[waiver_without_column] seeds/codebook/waived_columns.csv, study @, wave 1, column zz*: No "
    "delivered column begins like this. Correct the pattern, or remove the row."
)
def idle_pattern(study: Study) -> None:
    study.land_first_wave()
    study.add("waived_columns", source_column="zz*")


@case(
    "[waiver_expired] seeds/codebook/waived_columns.csv, study @, wave 1, column notes: The "
    'column was waived with the label "Notes of the interviewer", but its label is now "Where '
    'did you vote?". End the waiver with the wave before, and declare the column or waive it '
    "again with its new label."
)
def waived_under_another_label(study: Study) -> None:
    study.land_first_wave()
    study.labels["notes"] = "Where did you vote?"
    study.change(
        "waived_columns", 0, column_label="Notes of the interviewer", waived_on="2001-03-01"
    )


@case(
    "[waiver_without_date] seeds/codebook/waived_columns.csv, study @, wave 1, column notes: The "
    "waiver has a label, but no date. Write the day of the decision into waived_on."
)
def undated_waiver(study: Study) -> None:
    study.land_first_wave()
    study.labels["notes"] = "Q4. Notes"
    study.change("waived_columns", 0, column_label="notes.")


# --- Values


@case(
    '[code_unknown] @1, column mood, value "7", 2 row(s): Crosswalk mood (variable @_mood) does '
    "not map this code in this wave. Add it to seeds/codebook/crosswalk.csv, from this wave on "
    "(valid_from_wave), or correct the file."
)
def unknown_code(study: Study) -> None:
    study.answer(0, mood="7")
    study.answer(3, mood="7")


@case(
    '[code_unknown] @2, column mood, value "9", 1 row(s): Crosswalk mood (variable @_mood) does '
    "not map this code in this wave. Add it to seeds/codebook/crosswalk.csv, from this wave on "
    "(valid_from_wave), or correct the file."
)
def code_that_ended(study: Study) -> None:
    study.add_wave()
    study.change("crosswalk", 2, valid_to_wave="1")


@case(
    '[code_unknown] @1, column mood, value "<empty>", 1 row(s): Crosswalk mood (variable @_mood) '
    "does not map this code in this wave. Add it to seeds/codebook/crosswalk.csv, from this wave "
    "on (valid_from_wave), or correct the file."
)
def empty_answer(study: Study) -> None:
    study.answer(1, mood="")


@case(
    '[code_unknown] @1, column hours, value "<empty>", 1 row(s): Crosswalk hours (variable '
    "@_hours) does not map this code in this wave. Add it to seeds/codebook/crosswalk.csv, from "
    "this wave on (valid_from_wave), or correct the file."
)
def empty_number(study: Study) -> None:
    study.answer(1, hours="")


@case(
    *(
        f'[code_unknown] @1, column mood, value "{value}", 1 row(s): Crosswalk mood (variable '
        "@_mood) does not map this code in this wave. Add it to seeds/codebook/crosswalk.csv, from "
        "this wave on (valid_from_wave), or correct the file."
        for value in ("01", "1 ", "1.0")
    )
)
def nearly_the_same_code(study: Study) -> None:
    study.answer(0, mood="01")
    study.answer(1, mood="1 ")
    study.answer(2, mood="1.0")


@case(
    '[code_reserved] @1, column hours, value "<number>", 1 row(s): The crosswalk uses this word '
    "for something else, so the value would be misread. Ask those who deliver the file for "
    "another code.",
    '[code_reserved] @1, column mood, value "<empty>", 1 row(s): The crosswalk uses this word '
    "for something else, so the value would be misread. Ask those who deliver the file for "
    "another code.",
)
def reserved_word(study: Study) -> None:
    study.add("crosswalk", like=2, source_code="<empty>", missing_kind="no_answer")
    study.answer(0, mood="<empty>")
    study.answer(0, hours="<number>")


@case(
    '[code_not_a_number] @1, column hours, value "many", 1 row(s): Variable @_hours is numeric, '
    "but this is not a number, and crosswalk hours does not map it. Correct the file. If the "
    "value is a code (for a kind of missing, or a band), add it to seeds/codebook/crosswalk.csv."
)
def text_in_number(study: Study) -> None:
    study.answer(0, hours="many")


@case(
    *(
        f'[code_unknown] @1, column mood, value "{value}", 1 row(s): Crosswalk mood (variable '
        "@_mood) does not map this code in this wave. Add it to seeds/codebook/crosswalk.csv, from "
        "this wave on (valid_from_wave), or correct the file."
        for value in "abcdefghij"
    )
)
def more_codes_than_anybody_reads(study: Study) -> None:
    row = study.waves["1"][0]
    study.waves["1"] = [{**row, "id": code, "mood": code} for code in "abcdefghijkl"]
    study.change("waves", 0, expected_respondents="12")


@case(
    *(
        f'[code_not_a_number] @1, column hours, value "{value}", 1 row(s): Variable @_hours is '
        "numeric, but this is not a number, and crosswalk hours does not map it. Correct the "
        "file. If the value is a code (for a kind of missing, or a band), add it to "
        "seeds/codebook/crosswalk.csv."
        for value in (" 5", "1,5", "1_000", "inf", "nan", "0x10", "9" * 100 + "...", "1e999", "٣")
    )
)
def nearly_numbers(study: Study) -> None:
    values = (" 5", "1,5", "1_000", "inf", "nan", "0x10", "9" * 400, "1e999")
    for number, value in enumerate(values):
        study.answer(number, hours=value)
    study.waves["1"].append({**study.waves["1"][0], "id": "9", "hours": "٣"})
    study.change("waves", 0, expected_respondents="9")


@case(
    '[number_out_of_bounds] @1, column hours, value "-1", 1 row(s): Variable @_hours lies '
    "between 0 and 24 (hours). If the number is a code for a missing answer, map it in "
    "seeds/codebook/crosswalk.csv. If it is right, widen the bounds in "
    "seeds/codebook/variables.csv. Otherwise correct the file.",
    '[number_out_of_bounds] @1, column hours, value "24.5", 1 row(s): Variable @_hours lies '
    "between 0 and 24 (hours). If the number is a code for a missing answer, map it in "
    "seeds/codebook/crosswalk.csv. If it is right, widen the bounds in "
    "seeds/codebook/variables.csv. Otherwise correct the file.",
)
def number_too_large(study: Study) -> None:
    study.answer(0, hours="24.5")
    study.answer(1, hours="-1")


# --- Respondents and their design


@case(
    '[respondent_duplicate] @1, column id, value "1", 2 row(s): More than one row has this '
    "respondent. Remove the repeated rows, or declare all columns that tell respondents apart in "
    "seeds/codebook/design_columns.csv."
)
def duplicate_respondent(study: Study) -> None:
    study.answer(1, id="1")


@case(
    "[weight_invalid] @1, column weight, 2 row(s): Rows without a weight; the first is row 2 of "
    "the file. Deliver the weight. If empty means outside the weighted sample, set "
    "allows_zero_weights of the design in seeds/codebook/designs.csv."
)
def missing_weight(study: Study) -> None:
    study.answer(1, weight="")
    study.answer(4, weight=" ")


@case(
    '[weight_invalid] @1, column weight, value "-1.5", 1 row(s): The weight is negative; the first '
    "is row 3 of the file. Correct the weight. If zero means outside the weighted sample, set "
    "allows_zero_weights of the design in seeds/codebook/designs.csv."
)
def negative_weight(study: Study) -> None:
    study.answer(2, weight="-1.5")


@case(
    '[weight_invalid] @1, column weight, value "0", 2 row(s): The weight is zero; the first is row '
    "1 of the file. Correct the weight. If zero means outside the weighted sample, set "
    "allows_zero_weights of the design in seeds/codebook/designs.csv."
)
def zero_weight(study: Study) -> None:
    study.answer(0, weight="0")
    study.answer(7, weight="0")


@case()
def allowed_zero_weight(study: Study) -> None:
    study.change("designs", 0, allows_zero_weights="true")
    study.answer(0, weight="0")
    study.answer(4, weight="")


@case(
    "[weight_without_people] @1, column weight, 8 row(s): Nobody has a weight above zero. Deliver "
    "the weight. If this wave has none, give it a design without this weight in "
    "seeds/codebook/waves.csv."
)
def weight_of_nobody(study: Study) -> None:
    study.change("designs", 0, allows_zero_weights="true")
    for number in range(8):
        study.answer(number, weight="0" if number % 2 else "")


def add_weight(study: Study, weight_id: str, name_first: str = "") -> None:
    """Let the design have a second weight, with the column of the first, and name the first."""
    study.codebook["weights"] = [
        {"weight_id": f"{study.study_id}_{name}", "weight_label": name, "description": "Made up"}
        for name in ("main", "panel")
    ]
    study.change("design_columns", 3, weight_id=name_first)
    study.columns.append("weight_again")
    for number, row in enumerate(study.waves["1"]):
        study.answer(number, weight_again=row["weight"])
    study.add("design_columns", like=3, weight_id=weight_id, source_column="weight_again")


@case()
def two_weights(study: Study) -> None:
    add_weight(study, "@_panel", "@_main")
    study.change("studies", 0, weight_id="@_main")
    study.change("measures", 0, weight_id="@_panel")


@case(
    '[weight_invalid] @1, column weight_again, value "-2", 1 row(s): The weight is negative; the '
    "first is row 4 of the file. Correct the weight. If zero means outside the weighted sample, "
    "set allows_zero_weights of the design in seeds/codebook/designs.csv."
)
def second_weight_negative(study: Study) -> None:
    two_weights(study)
    study.answer(3, weight_again="-2")


@case(
    "[weight_name] seeds/codebook/design_columns.csv, study @, column weight_id, value "
    '"@_areas": The design has 2 weights, and one of them has no name. Name each weight in '
    "weight_id, with a name from seeds/codebook/weights.csv."
)
def weight_without_name(study: Study) -> None:
    add_weight(study, "@_panel")


@case(
    '[weight_name] seeds/codebook/design_columns.csv, study @, column weight_id, value "@_main": '
    "Column area of design @_areas has the role psu, which belongs to no weight. Leave weight_id "
    "empty: only the roles weight and replicate_weight have one."
)
def weight_of_a_psu(study: Study) -> None:
    two_weights(study)
    study.change("design_columns", 2, weight_id="@_main")


@case(
    '[weight_of_study] seeds/codebook/studies.csv, study @, column weight_id, value "_Z": The '
    "weights of design @_areas have names, but the study names none. Write into weight_id a "
    "weight that every design of the study with weights has in seeds/codebook/design_columns.csv."
)
def no_weight_chosen(study: Study) -> None:
    two_weights(study)
    study.change("studies", 0, weight_id="")


@case(
    '[weight_of_study] seeds/codebook/studies.csv, study @, column weight_id, value "@_panel": '
    "Design @_areas has weights, but not this one. Write into weight_id a weight that every "
    "design of the study with weights has in seeds/codebook/design_columns.csv."
)
def another_weight_chosen(study: Study) -> None:
    two_weights(study)
    study.codebook["design_columns"].pop()
    study.columns.remove("weight_again")
    study.change("measures", 0, weight_id="")
    study.change("studies", 0, weight_id="@_panel")


@case(
    "[weight_of_measure] seeds/codebook/measures.csv, study @, column weight_id, value "
    '"@_mood_share": The measure needs the weight @_panel, but no wave of study @ that asks its '
    "variables has this weight. Add the column of the weight to a design of the study in "
    "seeds/codebook/design_columns.csv, or choose another weight."
)
def weight_that_no_wave_has(study: Study) -> None:
    two_weights(study)
    study.codebook["design_columns"].pop()
    study.columns.remove("weight_again")


@case(
    "[weight_of_replicates] seeds/codebook/design_columns.csv, study @, column weight_id, value "
    '"@_panel": Design @_areas has fewer than two replicates of this weight. Name the weight in '
    "the rows of its replicate weights: each weight has replicates of its own.",
    "[weight_of_replicates] seeds/codebook/design_columns.csv, study @, column weight_id, value "
    '"_Z": Design @_areas has replicates of this weight, but not the weight itself. Add the row '
    "of the weight, or name the right weight in the rows of the replicates.",
)
def replicates_of_no_weight(study: Study) -> None:
    two_weights(study)
    study.change("designs", 0, applies_fpc="false", variance_method="jk1")
    for name, weight_id in (("a", "@_main"), ("b", "@_main"), ("c", "")):
        study.columns.append(name)
        for number in range(8):
            study.answer(number, **{name: "1"})
        study.add(
            "design_columns",
            like=3,
            design_role="replicate_weight",
            weight_id=weight_id,
            position=str(len(study.codebook["design_columns"])),
            source_column=name,
        )


@case(
    '[weight_invalid] @1, column weight, value "1,5", 1 row(s): The weight is not a number; the '
    "first is row 8 of the file. Correct the weight. If zero means outside the weighted sample, "
    "set allows_zero_weights of the design in seeds/codebook/designs.csv."
)
def text_weight(study: Study) -> None:
    study.answer(7, weight="1,5")


@case(
    "[design_value_missing] @1, column id, 1 row(s): Rows without a respondent; the first is row 1 "
    "of the file. Deliver the value: without it the row has no place in the design.",
    "[design_value_missing] @1, column part, 1 row(s): Rows without a stratum; the first is row 2 "
    "of the file. Deliver the value: without it the row has no place in the design.",
    "[design_value_missing] @1, column area, 1 row(s): Rows without a psu; the first is row 3 of "
    "the file. Deliver the value: without it the row has no place in the design.",
)
def missing_place(study: Study) -> None:
    study.answer(0, id="")
    study.answer(1, part="")
    study.answer(2, area="")


@case(
    "[design_value_missing] @1, column id, area, 1 row(s): Rows without a respondent; the first is "
    "row 5 of the file. Deliver the value: without it the row has no place in the design.",
    "[design_value_missing] @1, column area, 1 row(s): Rows without a psu; the first is row 5 of "
    "the file. Deliver the value: without it the row has no place in the design.",
)
def id_without_its_second_part(study: Study) -> None:
    study.add("design_columns", like=0, position="2", source_column="area")
    study.answer(4, area="")


@case(
    '[psu_population_invalid] @1, column areas, value "north", 4 row(s): Stratum north needs one '
    "number of PSUs in the population, the same in all of its rows and not smaller than the 2 PSUs "
    "of the sample. Correct the column, or set applies_fpc of the design to false in "
    "seeds/codebook/designs.csv.",
    '[psu_population_invalid] @1, column areas, value "south", 4 row(s): Stratum south needs one '
    "number of PSUs in the population, the same in all of its rows and not smaller than the 2 PSUs "
    "of the sample. Correct the column, or set applies_fpc of the design to false in "
    "seeds/codebook/designs.csv.",
)
def bad_population(study: Study) -> None:
    study.answer(0, areas="11")
    for number in range(4, 8):
        study.answer(number, areas="1")


@case(
    '[psu_not_in_one_stratum] @1, column area, value "2", 3 row(s): PSU 2 is in 2 strata, among '
    "them north and south. Correct the stratum or the PSU. If each stratum numbers its own PSUs, "
    "set psu_numbering of the design to within_strata in seeds/codebook/designs.csv.",
)
def psu_in_two_strata(study: Study) -> None:
    study.answer(4, area="2")


# Ids that are numbered afresh in each stratum are declared.
@case()
def psus_numbered_within_strata(study: Study) -> None:
    study.change("designs", 0, psu_numbering="within_strata")
    study.answer(4, area="2")


# --- The codebook


@case(
    "[codebook_orphan_reference] seeds/codebook/questions.csv, study @, column variable_id, value "
    '"@_moood", 1 row(s): Refers to variable_id "@_moood", which seeds/codebook/variables.csv '
    "does not have. Correct the reference, or add the row to seeds/codebook/variables.csv.",
    "[codebook_orphan_reference] seeds/codebook/breaks.csv, study @, wave 3, column study_id, "
    'wave_id, value "3", 1 row(s): Refers to study_id "@", wave_id "3", which '
    "seeds/codebook/waves.csv does not have. Correct the reference, or add the row to "
    "seeds/codebook/waves.csv.",
)
def reference_to_nothing(study: Study) -> None:
    study.change("questions", 0, variable_id="@_moood")
    study.change("breaks", 0, wave_id="3")


@case(
    *(
        f"[codebook_orphan_reference] seeds/codebook/{table}.csv, study @, column study_id, "
        f'{column}, value "7", 1 row(s): Refers to study_id "@", {column} "7", which '
        "seeds/codebook/waves.csv does not have. Correct the reference, or add the row to "
        "seeds/codebook/waves.csv."
        for table, column in (
            ("questions", "valid_from_wave"),
            ("waived_columns", "valid_to_wave"),
            ("crosswalk", "valid_from_wave"),
            ("crosswalk", "valid_to_wave"),
        )
    )
)
def validity_of_no_wave(study: Study) -> None:
    study.change("questions", 0, valid_from_wave="7")
    study.change("waived_columns", 0, valid_to_wave="7")
    study.change("crosswalk", 3, valid_from_wave="7")
    study.change("crosswalk", 4, valid_to_wave="7")


@case(
    "[codebook_orphan_reference] seeds/codebook/waves.csv, study @, wave 1, column design_id, "
    'study_id, value "@", 1 row(s): Refers to design_id "@_villages", study_id "@", which '
    "seeds/codebook/designs.csv does not have. Correct the reference, or add the row to "
    "seeds/codebook/designs.csv.",
)
def wave_of_no_design(study: Study) -> None:
    study.change("waves", 0, design_id="@_villages")


@case(
    "[codebook_cell_type] seeds/codebook/waves.csv, study @, wave 2, column wave_number, value "
    '"II": "II" is not a whole number, in the row with study_id "@", wave_id "2". Write a whole '
    "number.",
)
def wave_without_number(study: Study) -> None:
    study.add_wave()
    study.change("waves", 1, wave_number="II")


@case(
    "[codebook_overlapping_validity] seeds/codebook/crosswalk.csv, study @, wave 2, column "
    'valid_from_wave, valid_to_wave, value "2", 2 row(s): More than one row holds in the same '
    'wave (2) for study_id "@", crosswalk_id "mood", source_code "2". End the earlier row '
    "(valid_to_wave) before the later one begins (valid_from_wave)."
)
def overlapping_crosswalk(study: Study) -> None:
    study.add_wave()
    study.add("crosswalk", like=1, valid_from_wave="2", category_code="good")


@case(
    "[codebook_overlapping_validity] seeds/codebook/crosswalk.csv, study @, wave 2, column "
    'valid_from_wave, valid_to_wave, value "<number>", 2 row(s): More than one row holds in the '
    'same wave (2) for study_id "@", crosswalk_id "hours", source_code "<number>". End the '
    "earlier row (valid_to_wave) before the later one begins (valid_from_wave)."
)
def overlapping_numbers(study: Study) -> None:
    study.add_wave()
    study.add("crosswalk", like=3, valid_from_wave="2")


@case(
    "[codebook_overlapping_validity] seeds/codebook/questions.csv, study @, wave 2, column "
    'valid_from_wave, valid_to_wave, value "@_mood", 2 row(s): More than one row holds in the '
    'same wave (2) for study_id "@", variable_id "@_mood". End the earlier row (valid_to_wave) '
    "before the later one begins (valid_from_wave).",
    "[codebook_overlapping_validity] seeds/codebook/waived_columns.csv, study @, wave 2, column "
    'valid_from_wave, valid_to_wave, value "notes", 2 row(s): More than one row holds in the '
    'same wave (2) for study_id "@", source_column "notes". End the earlier row (valid_to_wave) '
    "before the later one begins (valid_from_wave).",
)
def overlapping_questions(study: Study) -> None:
    study.add_wave()
    study.add("questions", like=0, valid_from_wave="2")
    study.add("waived_columns", valid_from_wave="2")


@case(
    "[codebook_reversed_validity] seeds/codebook/crosswalk.csv, study @, wave 1, column "
    'valid_to_wave, value "8": The row ends before it begins (2 to 1). Exchange the two waves, or '
    "leave valid_to_wave empty where the row still holds."
)
def reversed_validity(study: Study) -> None:
    study.add_wave()
    study.add("crosswalk", like=0, source_code="8", valid_from_wave="2", valid_to_wave="1")


@case(
    "[codebook_cell_missing] seeds/codebook/measures.csv, column measure_label: The cell is empty "
    'in the row with measure_id "@_mood_share". Fill it: the column is required.',
    "[codebook_cell_missing] seeds/codebook/waves.csv, study @, wave 1, column wave_label: The "
    'cell is empty in the row with study_id "@", wave_id "1". Fill it: the column is required.',
)
def missing_cell(study: Study) -> None:
    study.change("measures", 0, measure_label="")
    study.change("waves", 0, wave_label=" ")


@case(
    "[codebook_cell_type] seeds/codebook/waves.csv, study @, wave 1, column wave_date, value "
    '"2001-02-30": "2001-02-30" is not a date such as 2001-12-31, in the row with study_id "@", '
    'wave_id "1". Write a date such as 2001-12-31.',
    '[codebook_cell_type] seeds/codebook/variables.csv, column upper_bound, value "1.000,5": '
    '"1.000,5" is not a number (with a point, without thousands separators), in the row with '
    'variable_id "@_hours". Write a number (with a point, without thousands separators).',
    '[codebook_cell_type] seeds/codebook/categories.csv, column category_order, value "second": '
    '"second" is not a whole number, in the row with code_list_id "@_moods", category_code "bad". '
    "Write a whole number.",
)
def cell_of_another_type(study: Study) -> None:
    study.change("waves", 0, wave_date="2001-02-30")
    study.change("variables", 1, upper_bound="1.000,5")
    study.change("categories", 1, category_order="second")


@case(
    '[codebook_cell_value] seeds/codebook/designs.csv, study @, column lonely_psu, value "centre": '
    '"centre" is not a known value, in the row with design_id "@_areas". Write one of: adjust, '
    "remove, average.",
    "[codebook_cell_value] seeds/codebook/waves.csv, study @, wave 1, column sample_id, value "
    '"The Second": "The Second" has characters that this column cannot hold, in the row with '
    'study_id "@", wave_id "1". Write a value that matches the pattern [a-z][a-z0-9_]* (a '
    "regular expression).",
    *(
        "[codebook_cell_value] seeds/codebook/variables.csv, column value_type, value "
        f'"categorcal": "categorcal" is not a known value, in the row with variable_id "@_{name}". '
        "Write one of: categorical, numeric."
        for name in ("mood", "group")
    ),
)
def cell_of_unknown_value(study: Study) -> None:
    study.change("variables", 0, value_type="categorcal")
    study.change("variables", 2, value_type="categorcal")
    study.change("designs", 0, lonely_psu="centre")
    study.change("waves", 0, sample_id="The Second")


@case(
    "[codebook_duplicate_key] seeds/codebook/measures.csv, column measure_id, 2 row(s): There is "
    'more than one row with measure_id "@_mood_share". Keep one of them.',
    "[codebook_duplicate_key] seeds/codebook/crosswalk.csv, study @, column study_id, "
    "crosswalk_id, source_code, valid_from_wave, 2 row(s): There is more than one row with "
    'study_id "@", crosswalk_id "mood", source_code "1", valid_from_wave "1". Keep one of them.',
)
def duplicate_key(study: Study) -> None:
    study.add("measures", like=0, measure_label="Another")
    study.add("crosswalk", like=0, category_code="bad")


@case(
    '[wave_number] seeds/codebook/waves.csv, study @, column wave_number, value "1", 2 row(s): '
    "More than one wave of the study has this number, so their order is unknown. Number the waves "
    "of a study in the order of their fieldwork."
)
def repeated_wave_number(study: Study) -> None:
    study.add_wave()
    study.change("waves", 1, wave_number="1")


@case(
    "[wave_order] seeds/codebook/waves.csv, study @, wave 2, column wave_number, wave_date, "
    'value "2000-12-31": The wave is numbered after wave 1, but dated before it (2001-01-01). '
    "Correct the date, or number the waves in the order of their dates."
)
def wave_dated_before_the_one_before(study: Study) -> None:
    study.add_wave()
    study.change("waves", 1, wave_date="2000-12-31")


@case(
    '[wave_date_shared] seeds/codebook/waves.csv, study @, wave 2, column wave_date, value "2001-01'
    '-01": Wave 1 of the study has the same date. Correct one of the dates. If the two were '
    "fielded together, such as half-samples, write 1 into shares_date_with."
)
def two_waves_of_one_date(study: Study) -> None:
    study.add_wave()
    study.change("waves", 1, wave_date="2001-01-01")


@case()
def half_samples_of_one_date(study: Study) -> None:
    study.add_wave()
    study.change("waves", 1, wave_date="2001-01-01", shares_date_with="1")


@case(
    "[wave_date_shared] seeds/codebook/waves.csv, study @, wave 2, column shares_date_with, "
    'value "1": The wave named here must come before this wave and have the same date. Leave the '
    "cell empty, or correct it."
)
def shared_date_that_is_none(study: Study) -> None:
    study.add_wave()
    study.change("waves", 1, shares_date_with="1")


@case(
    "[wave_fieldwork] seeds/codebook/waves.csv, study @, wave 1, column fieldwork_start, "
    'fieldwork_end, value "2001-02-28": Fieldwork ends before it begins (2001-03-01). Exchange or '
    "correct the two dates.",
)
def fieldwork_that_ends_before_it_begins(study: Study) -> None:
    study.change("waves", 0, fieldwork_start="2001-03-01")
    study.columns.remove("day")
    study.codebook["design_columns"].pop()
    study.codebook["periods"].pop()


@case(
    *(
        f"[wave_in_future] seeds/codebook/waves.csv, study @, wave 2, column {column}, value "
        f'"{value}": The date lies in the future. Correct the date. Declare a wave only when it '
        "is delivered. If its fieldwork still goes on, fill both fieldwork_start and "
        "fieldwork_end."
        for column, value in (("wave_date", "9001-01-01"), ("fieldwork_end", "9001-02-28"))
    )
)
def wave_of_the_future(study: Study) -> None:
    study.add_wave()
    study.change("waves", 1, wave_date="9001-01-01", fieldwork_start="", fieldwork_end="9001-02-28")


@case()
def fieldwork_that_goes_on(study: Study) -> None:
    study.add_wave()
    study.change("waves", 1, wave_date="9001-01-01", fieldwork_end="9001-02-28")


@case(
    *(
        f"[codebook_cell_value] seeds/codebook/{table}.csv, {named}column {column}, value "
        f'"{value}": "{value}" is too small, in the row with {row}. Write a number that is {bound}.'
        for table, named, column, value, row, bound in (
            (
                "waves",
                "study @, wave 1, ",
                "wave_number",
                "0",
                'study_id "@", wave_id "1"',
                "1 or more",
            ),
            (
                "waves",
                "study @, wave 1, ",
                "expected_respondents",
                "-8",
                'study_id "@", wave_id "1"',
                "1 or more",
            ),
            (
                "designs",
                "study @, ",
                "replicate_scale",
                "0",
                'design_id "@_areas"',
                "more than 0",
            ),
            (
                "categories",
                "",
                "category_order",
                "-1",
                'code_list_id "@_moods", category_code "good"',
                "1 or more",
            ),
        )
    ),
    "[wave_row_count] @1, 8 row(s): The file has more rows than the -8 that the codebook "
    "expects. Check that the delivery is complete. Then correct the file, or "
    "expected_respondents in seeds/codebook/waves.csv.",
)
def negative_numbers(study: Study) -> None:
    study.change("waves", 0, wave_number="0", expected_respondents="-8")
    study.change("designs", 0, replicate_scale="0")
    study.change("categories", 0, category_order="-1")


@case(
    "[crosswalk_target] seeds/codebook/crosswalk.csv, study @, wave 1, column category_code, "
    'numeric_value, missing_kind, value "1": Crosswalk mood must map a code to exactly one of a '
    "category, a number or a kind of missing (and <number> to none of them). Fill exactly one of "
    "the three cells; none for <number>.",
    "[crosswalk_target] seeds/codebook/crosswalk.csv, study @, wave 1, column category_code, "
    'numeric_value, missing_kind, value "8": Crosswalk mood must map a code to exactly one of a '
    "category, a number or a kind of missing (and <number> to none of them). Fill exactly one of "
    "the three cells; none for <number>.",
)
def two_targets_or_none(study: Study) -> None:
    study.change("crosswalk", 0, missing_kind="refused")
    study.add("crosswalk", like=2, source_code="8", missing_kind="")


@case(
    "[crosswalk_category] seeds/codebook/crosswalk.csv, study @, wave 1, column category_code, "
    'value "2": Crosswalk mood gives category "awful", which the code list of variable @_mood does '
    "not have. Correct the category, or add it to seeds/codebook/categories.csv."
)
def category_of_no_list(study: Study) -> None:
    study.change("crosswalk", 1, category_code="awful")


@case(
    "[crosswalk_value_type] seeds/codebook/crosswalk.csv, study @, wave 1, column numeric_value, "
    'value "3": Crosswalk mood gives a number, but variable @_mood is categorical. Map the code to '
    "a category, or declare the variable as numeric."
)
def number_for_a_category(study: Study) -> None:
    study.add("crosswalk", like=0, source_code="3", category_code="", numeric_value="3")


@case(
    "[variable_values] seeds/codebook/variables.csv, column value_type, code_list_id, value "
    '"@_unused": A categorical variable needs a code list, and a numeric one must not have any. '
    "Correct value_type or code_list_id of this variable."
)
def variable_without_its_list(study: Study) -> None:
    study.add("variables", like=0, variable_id="@_unused", code_list_id="")


@case(
    '[measure_variable] seeds/codebook/measures.csv, column measure_kind, value "@_mood_mean": A '
    "mean cannot be estimated for variable @_mood, which is categorical. Shares, nets and scores "
    "have a categorical variable. Means, ratios and quantiles have a numeric one.",
    '[measure_variable] seeds/codebook/measures.csv, column measure_kind, value "@_hours_share": '
    "A share cannot be estimated for variable @_hours, which is numeric. Shares, nets and scores "
    "have a categorical variable. Means, ratios and quantiles have a numeric one.",
)
def measure_of_the_wrong_kind(study: Study) -> None:
    study.add("measures", like=0, measure_id="@_mood_mean", measure_kind="mean")
    study.add("measures", like=1, measure_id="@_hours_share", measure_kind="share")


@case(
    '[segment_variables] seeds/codebook/segment_variables.csv, column position, value "@_nothing": '
    "A segment has one variable (position 1) or two (positions 1 and 2); only the segment total "
    "has none. Add or remove rows of this segment.",
    "[segment_variables] seeds/codebook/segment_variables.csv, column variable_id, value "
    '"@_hours": Segment @_group uses a variable that is not categorical. Derive groups from it in '
    "seeds/codebook/derivations.csv and use those.",
)
def segments_of_nothing_and_of_numbers(study: Study) -> None:
    study.add("segments", segment_id="@_nothing")
    study.add("segment_variables", position="2", variable_id="@_hours")


@case(
    '[codebook_cell_value] seeds/codebook/audiences.csv, column audience_id, value "@ readers": '
    '"@ readers" has characters that this column cannot hold, in the row with audience_id '
    '"@ readers". Write a value that matches the pattern [a-z][a-z0-9_]* (a regular expression).',
    '[codebook_cell_type] seeds/codebook/audiences.csv, column needs_key, value "perhaps": '
    '"perhaps" is not true or false, in the row with audience_id "@ readers". Write true or false.',
    "[codebook_orphan_reference] seeds/codebook/audience_rows.csv, study @, wave 9, column "
    'study_id, wave_id, value "9", 1 row(s): Refers to study_id "@", wave_id "9", which '
    "seeds/codebook/waves.csv does not have. Correct the reference, or add the row to "
    "seeds/codebook/waves.csv.",
    "[codebook_cell_type] seeds/codebook/audience_rows.csv, study @, wave 9, column not_before, "
    'value "soon": "soon" is not a date such as 2001-12-31, in the row with audience_id '
    '"@ readers", study_id "@", wave_id "9", measure_id "", segment_id "". Write a date such as '
    "2001-12-31.",
    "[codebook_duplicate_key] seeds/codebook/audience_columns.csv, column audience_id, "
    'table_or_group, column_name, 2 row(s): There is more than one row with audience_id "@ '
    'readers", table_or_group "answers", column_name "". Keep one of them.',
    "[codebook_duplicate_key] seeds/codebook/audience_deliveries.csv, study @, column audience_id, "
    'study_id, wave_id, 2 row(s): There is more than one row with audience_id "@ readers", '
    'study_id "@", wave_id "". Keep one of them.',
    "[codebook_cell_type] seeds/codebook/study_protections.csv, study @, column rows_until, value "
    '"2030": "2030" is not a date such as 2001-12-31, in the row with study_id "@". Write a date '
    "such as 2001-12-31.",
    "[codebook_cell_value] seeds/codebook/study_protections.csv, study @, column respondent_ids, "
    'value "hidden": "hidden" is not a known value, in the row with study_id "@". Write one of: '
    "as_delivered, pseudonyms.",
)
def audience_that_cannot_be(study: Study) -> None:
    audience = f"{study.study_id} readers"
    study.codebook["audiences"] = [
        {"audience_id": audience, "audience_label": "Readers", "needs_key": "perhaps"}
    ]
    study.codebook["audience_rows"] = [
        {
            "audience_id": audience,
            "study_id": study.study_id,
            "wave_id": "9",
            "not_before": "soon",
        }
    ]
    study.codebook["audience_columns"] = [
        {"audience_id": audience, "table_or_group": "answers"} for _ in range(2)
    ]
    study.codebook["study_protections"] = [
        {"study_id": study.study_id, "respondent_ids": "hidden", "rows_until": "2030"}
    ]
    study.codebook["audience_deliveries"] = [
        {"audience_id": audience, "study_id": study.study_id} for _ in range(2)
    ]


@case(
    "[association_test] seeds/codebook/association_tests.csv, column measure_id, segment_id, "
    'value "@_hours_mean, @_group": A test of association needs a share of one variable that is '
    "not standardised, and a segment of one variable. Name such a measure and such a segment, or "
    "remove the row.",
    "[association_test] seeds/codebook/association_tests.csv, column measure_id, segment_id, "
    'value "@_mood_share, total": A test of association needs a share of one variable that is '
    "not standardised, and a segment of one variable. Name such a measure and such a segment, or "
    "remove the row.",
)
def association_of_a_mean_or_with_nothing(study: Study) -> None:
    mine = study.study_id
    study.codebook["association_tests"] = [
        {"measure_id": f"{mine}_mood_share", "segment_id": f"{mine}_group"},
        {"measure_id": f"{mine}_hours_mean", "segment_id": f"{mine}_group"},
        {"measure_id": f"{mine}_mood_share", "segment_id": "total"},
    ]


@case(
    "[derivation_source] seeds/codebook/derivations.csv, column source_variable_id, value "
    '"@_hours": Variable @_mood must be derived from one variable that was asked, and not be asked '
    "itself. Derive from the asked variable; remove the question, or the derivation."
)
def derived_and_asked(study: Study) -> None:
    study.add("derivations", variable_id="@_mood", lower_bound="", category_code="good")


@case(
    '[derivation_category] seeds/codebook/derivations.csv, column category_code, value "most": The '
    "code list of derived variable @_group does not have this category. Correct the category, or "
    "add it to seeds/codebook/categories.csv."
)
def derivation_to_no_category(study: Study) -> None:
    study.change("derivations", 1, category_code="most")


@case(
    "[derivation_category] seeds/codebook/derivations.csv, column source_category_code, value "
    '"fair": Source variable @_mood of @_group does not have this category. Correct '
    "source_category_code.",
    '[derivation_gap] seeds/codebook/derivations.csv, study @, wave 1, column mood, value "2", 3 '
    "row(s): Derived variable @_group has no category for this value of @_mood. Add a row, or "
    "widen a band, in seeds/codebook/derivations.csv.",
)
def derivation_from_no_category(study: Study) -> None:
    source = {"source_variable_id": "@_mood", "lower_bound": "", "upper_bound": ""}
    study.change("derivations", 0, **source, source_category_code="good")
    study.change("derivations", 1, **source, source_category_code="fair")


@case(
    '[derivation_gap] seeds/codebook/derivations.csv, study @, wave 1, column hours, value "2.5", '
    "1 row(s): Derived variable @_group has no category for this value of @_hours. Add a row, or "
    "widen a band, in seeds/codebook/derivations.csv."
)
def derivation_with_a_gap(study: Study) -> None:
    study.change("derivations", 0, upper_bound="2.5")
    study.change("derivations", 1, lower_bound="2.6")


@case(
    "[derivation_overlap] seeds/codebook/derivations.csv, study @, wave 1, column hours, value "
    '"5", 1 row(s): Derived variable @_group has more than one category for this value of @_hours. '
    "Make the bands in seeds/codebook/derivations.csv meet without overlap (upper bounds are "
    "exclusive)."
)
def derivation_that_overlaps(study: Study) -> None:
    study.change("derivations", 0, upper_bound="5.5")


@case(
    *(
        "[variable_decimals] seeds/codebook/variables.csv, column decimals, value "
        f'"@_{variable}": Only numeric variables have decimals, between 0 and 15. Write a number '
        "from 0 to 15, or leave decimals empty."
        for variable in ("hours", "mood")
    ),
)
def decimals_of_words(study: Study) -> None:
    for row in study.codebook["variables"]:
        row["decimals"] = {"numeric": "16", "categorical": "1"}[row["value_type"]]
        if row["variable_id"].endswith("_group"):
            row["decimals"] = ""


def add_up(study: Study, *scored: str, group: str = "@_grid", minimum: str = "1") -> None:
    """Let a numeric variable be the sum of a group of variables."""
    mine = study.study_id
    study.add(
        "variables",
        variable_id="@_sum",
        value_type="numeric",
        code_list_id="",
        unit="points",
        lower_bound="0",
        upper_bound="1",
    )
    study.codebook["derived_sums"] = [
        {
            "variable_id": f"{mine}_sum",
            "variable_group_id": group.replace("@", mine),
            "score_id": f"{mine}_counts",
            "minimum_answers": minimum,
        }
    ]
    study.codebook["scores"] += [
        {"score_id": f"{mine}_counts", "category_code": code, "score": "1"} for code in scored
    ]


@case()
def sum_without_fault(study: Study) -> None:
    add_up(study, "good", "bad")


@case(
    '[derived_sum] seeds/codebook/derived_sums.csv, column minimum_answers, value "@_sum": The '
    "group of this sum has 1 variables, and minimum_answers must lie between 1 and this number. "
    "Write a number from 1 to the number of variables.",
    '[derived_sum] seeds/codebook/scores.csv, column category_code, value "fair": The scores '
    "@_counts name this category, but no variable of sum @_sum has it. Correct the category, or "
    "remove the row.",
    '[derived_sum] seeds/codebook/derived_sums.csv, column score_id, value "@_sum": No category of '
    "variable @_mood has a score in this sum. Name a set of scores with a row for each of its "
    "categories in seeds/codebook/scores.csv.",
)
def sum_of_too_much(study: Study) -> None:
    add_up(study, "fair", minimum="2")


@case(
    '[derived_sum] seeds/codebook/derived_sums.csv, column variable_id, value "@_hours": A sum '
    "must be a numeric variable that is neither asked nor in derivations.csv. Make the variable "
    "numeric, and remove its question or derivation. Or remove the sum.",
)
def sum_that_is_asked(study: Study) -> None:
    add_up(study, "good", "bad")
    study.codebook["derived_sums"][0]["variable_id"] = f"{study.study_id}_hours"


@case(
    '[derived_sum] seeds/codebook/derived_sums.csv, column variable_group_id, value "@_sum": The '
    "sum includes variable @_group, which is itself derived. Name a group of variables that were "
    "asked.",
)
def sum_of_something_derived(study: Study) -> None:
    add_up(study, "good", "few")
    study.add("variable_group_members", variable_id="@_group", member_order="2")
    study.change("variables", 3, upper_bound="2")


@case(
    "[number_out_of_bounds] seeds/codebook/derived_sums.csv, study @, wave 1, column score_id, "
    'value "@_sum", 3 row(s): Sums of this variable do not all lie between 0 and 1. Correct the '
    "scores, or widen the bounds in seeds/codebook/variables.csv.",
    "[derived_sum_groups] seeds/codebook/derivations.csv, study @, wave 1, column lower_bound, "
    'upper_bound, value "@_level", 4 row(s): The groups of a sum have no category for some of its '
    "values. Make the bands in seeds/codebook/derivations.csv meet without gap or overlap (upper "
    "bounds are exclusive).",
)
def sum_that_is_too_high_and_has_no_group(study: Study) -> None:
    add_up(study, "good", "bad")
    study.codebook["scores"][-1]["score"] = "2"
    study.add("variables", like=2, variable_id="@_level")
    study.add(
        "derivations",
        variable_id="@_level",
        position="1",
        source_variable_id="@_sum",
        lower_bound="2",
        upper_bound="",
    )


@case(
    '[measure_base] seeds/codebook/base_categories.csv, column category_code, value "most": '
    "Variable @_group does not have this category, so it brings nobody into base @_most. Correct "
    "the category, or derive groups of a number in seeds/codebook/derivations.csv and use those.",
    '[measure_base] seeds/codebook/bases.csv, column base_id, value "@_none": This base has no '
    "categories, so nobody is in it. Add its categories in seeds/codebook/base_categories.csv. "
    "For measures of everybody with an answer, leave base_id empty in "
    "seeds/codebook/measures.csv.",
)
def bases_of_nobody(study: Study) -> None:
    mine = study.study_id
    study.change("measures", 0, base_id=f"{mine}_most")
    study.change("measures", 1, base_id=f"{mine}_none")
    study.codebook["bases"] = [
        {"base_id": f"{mine}_{name}", "base_label": name, "description": "Made up"}
        for name in ("most", "none")
    ]
    study.codebook["base_categories"] = [
        {"base_id": f"{mine}_most", "variable_id": f"{mine}_group", "category_code": "most"}
    ]


@case(
    "[design_roles] seeds/codebook/design_columns.csv, study @, column design_role, value "
    '"@_other": A design needs the column of the respondent, and the column psu_population '
    "where it applies a finite population correction. Add the row to "
    "seeds/codebook/design_columns.csv, or set applies_fpc to false."
)
def design_without_columns(study: Study) -> None:
    study.add("designs", design_id="@_other")


# --- Dates and replicates


@case(
    "[interview_date] @1, column day, 2 row(s): The interview has no date; the first is row 2 of "
    "the file. Correct the date, or the fieldwork of the wave in seeds/codebook/waves.csv.",
    *(
        f'[interview_date] @1, column day, value "{value}", 1 row(s): {problem}; the first is row '
        f"{row} of the file. Correct the date, or the fieldwork of the wave in "
        "seeds/codebook/waves.csv."
        for row, value, problem in (
            (1, "2001-02-29", "This is not a date such as 2001-12-31"),
            (
                3,
                "2001-01-01",
                "The interview is dated before the fieldwork of the wave, which began on "
                "2001-01-02",
            ),
            (
                4,
                "2001-03-01",
                "The interview is dated after the fieldwork of the wave, which ended on 2001-02-28",
            ),
            (5, "28.02.2001", "This is not a date such as 2001-12-31"),
        )
    ),
)
def undated_interviews(study: Study) -> None:
    for number, day in enumerate(
        ("2001-02-29", "", "2001-01-01", "2001-03-01", "28.02.2001", " ", "2001-01-02")
    ):
        study.answer(number, day=day)


@case(
    '[interview_date] @1, column day, value "1066-10-14", 1 row(s): The interview is not dated in '
    "the years from 1970 to 2070; the first is row 1 of the file. Correct the date, or the "
    "fieldwork of the wave in seeds/codebook/waves.csv.",
    '[interview_date] @1, column day, value "2070-12-31", 1 row(s): The interview is dated in the '
    "future; the first is row 3 of the file. Correct the date, or the fieldwork of the wave in "
    "seeds/codebook/waves.csv.",
)
def interview_of_another_age(study: Study) -> None:
    study.change("waves", 0, fieldwork_start="", fieldwork_end="")
    study.answer(0, day="1066-10-14")
    study.answer(1, day="1970-01-01")
    study.answer(2, day="2070-12-31")


@case(
    '[calendar_dates] seeds/codebook/periods.csv, study @, column period_kind, value "week": '
    "Calendar periods need the dates of interviews, but design @_areas of this study has no "
    "column with them. Name the column in seeds/codebook/design_columns.csv, in the role "
    "interview_date, or remove the row.",
)
def periods_without_dates(study: Study) -> None:
    study.codebook["design_columns"].pop()
    study.change("periods", 1, period_kind="week")
    study.columns.remove("day")


@case(
    "[design_replicates] seeds/codebook/designs.csv, study @, column variance_method, value "
    '"@_areas": The method jk1 needs the columns of at least two replicate weights. Correct '
    "variance_method and replicate_scale, or the rows with the role replicate_weight in "
    "seeds/codebook/design_columns.csv.",
)
def replicates_without_weights(study: Study) -> None:
    study.change("designs", 0, variance_method="jk1")


def replicate(study: Study, method: str) -> None:
    """Let the design have two replicate weights."""
    study.change("designs", 0, variance_method=method)
    for number in "12":
        study.columns.append(f"replicate{number}")
        study.add(
            "design_columns",
            design_role="replicate_weight",
            position=number,
            source_column=f"replicate{number}",
        )
        for row in study.waves["1"]:
            row[f"replicate{number}"] = "0" if row["area"] == number else "2"


@case()
def replicates_with_weights(study: Study) -> None:
    replicate(study, "jk1")


@case(
    "[design_replicates] seeds/codebook/designs.csv, study @, column variance_method, value "
    '"@_areas": The design has replicate weights, but its method taylor does not use them. '
    "Correct variance_method and replicate_scale, or the rows with the role replicate_weight in "
    "seeds/codebook/design_columns.csv.",
)
def weights_without_replicates(study: Study) -> None:
    replicate(study, "taylor")


@case(
    "[design_replicates] seeds/codebook/designs.csv, study @, column replicate_scale, value "
    '"@_areas": The method fay needs the scale 1 / R / (1 - rho)^2. Correct variance_method and '
    "replicate_scale, or the rows with the role replicate_weight in "
    "seeds/codebook/design_columns.csv.",
)
def fay_without_its_scale(study: Study) -> None:
    replicate(study, "fay")


@case(
    '[replicate_weight] @1, column replicate1, value "two", 1 row(s): The replicate weight is '
    "not a number; the first is row 5 of the file. Deliver the weight: every respondent needs "
    "one in each replicate, even if it is 0.",
    "[replicate_weight] @1, column replicate2, 2 row(s): The replicate weight is missing; the "
    "first is row 3 of the file. Deliver the weight: every respondent needs one in each "
    "replicate, even if it is 0.",
)
def bad_replicate_weights(study: Study) -> None:
    replicate(study, "bootstrap")
    study.answer(4, replicate1="two")
    study.answer(2, replicate2="")
    study.answer(7, replicate2=" ")


# --- Measures and what is made of estimates


@case(
    *(
        f'[measure_parts] seeds/codebook/measures.csv, column {column}, value "@_{measure}": '
        f"{problem}"
        for column, measure, problem in (
            (
                "variable_id, variable_group_id",
                "neither",
                "A share is of one variable, or of one group of variables. Fill one of the two "
                "cells and leave the other empty.",
            ),
            (
                "variable_id, variable_group_id",
                "both",
                "A share is of one variable, or of one group of variables. Fill one of the two "
                "cells and leave the other empty.",
            ),
            *(
                (
                    "variable_id, variable_group_id",
                    measure,
                    f"A {kind} needs a group of the kind multiple_response and no variable. "
                    "Name such a group from seeds/codebook/variable_groups.csv in "
                    "variable_group_id.",
                )
                for measure, kind in (
                    ("cases", "share_of_cases"),
                    ("responses", "share_of_responses"),
                )
            ),
            (
                "variable_group_id",
                "several",
                "A share cannot be estimated for a group that is not a grid. Name a grid, or "
                "make the measure a share of cases or of responses.",
            ),
            (
                "denominator_variable_id",
                "ratio",
                "A ratio needs a variable in its denominator. Fill denominator_variable_id for a "
                "ratio; leave it empty for other kinds.",
            ),
            (
                "denominator_variable_id",
                "divided_mean",
                "A mean has no variable in its denominator. Fill denominator_variable_id for a "
                "ratio; leave it empty for other kinds.",
            ),
            *(
                (
                    "quantile",
                    measure,
                    "A quantile lies between 0 and 1, and is neither of them. Write a fraction, "
                    "such as 0.5 for the median; leave quantile empty for other kinds.",
                )
                for measure in ("no_quantile", "quantile_0", "quantile_50")
            ),
            (
                "quantile",
                "mean_of_half",
                "A mean has no quantile. Write a fraction, such as 0.5 for the median; leave "
                "quantile empty for other kinds.",
            ),
            (
                "standard_population_id",
                "standardised_median",
                "A quantile cannot be standardised. Shares, nets, scores and means can; leave "
                "standard_population_id empty for other kinds.",
            ),
        )
    )
)
def measures_without_their_parts(study: Study) -> None:
    def add(name: str, kind: str, variable: str = "@_hours", **values: str) -> None:
        measure = {"measure_id": f"@_{name}", "measure_kind": kind, "variable_id": variable}
        study.add("measures", like=1, **measure, **values)

    add("neither", "share", "")
    add("both", "share", "@_mood", variable_group_id="@_grid")
    add("cases", "share_of_cases", "", variable_group_id="@_grid")
    add("responses", "share_of_responses", "@_mood", variable_group_id="@_answers")
    add("several", "share", "", variable_group_id="@_answers")
    add("ratio", "ratio")
    add("divided_mean", "mean", denominator_variable_id="@_hours")
    add("no_quantile", "quantile")
    add("quantile_0", "quantile", quantile="0")
    add("quantile_50", "quantile", quantile="50")
    add("mean_of_half", "mean", quantile="0.5")
    add(
        "standardised_median",
        "quantile",
        quantile="0.5",
        standard_population_id="@_standard",
    )


@case()
def every_kind_of_measure(study: Study) -> None:
    hours = {"variable_id": "@_hours"}
    groups = {"variable_id": "", "variable_group_id": "@_answers"}
    for number, values in enumerate(
        (
            {"measure_kind": "ratio", **hours, "denominator_variable_id": "@_hours"},
            {"measure_kind": "quantile", **hours, "quantile": "0.5"},
            {"measure_kind": "total", **hours},
            {"measure_kind": "total", "variable_id": "@_mood"},
            {"measure_kind": "share_of_cases", **groups},
            {"measure_kind": "share_of_responses", **groups},
            {"measure_kind": "share", "variable_id": "", "variable_group_id": "@_grid"},
            {"measure_kind": "mean", **hours, "standard_population_id": "@_standard"},
        )
    ):
        study.add("measures", like=0, measure_id=f"@_{number}", **values)


@case(
    *(
        f'[measure_variable] seeds/codebook/measures.csv, column measure_kind, value "@_{name}": '
        f"A {kind} cannot be estimated for variable {variable}. Shares, nets and scores have a "
        "categorical variable. Means, ratios and quantiles have a numeric one."
        for name, kind, variable in (
            ("quantile", "quantile", "@_mood, which is categorical"),
            ("ratio", "ratio", "@_mood, which is categorical"),
            ("grid_mean", "mean", "@_mood, which is categorical"),
            ("net", "net", "@_hours, which is numeric"),
        )
    ),
    '[measure_items] seeds/codebook/measure_items.csv, column measure_id, value "@_net", 0 '
    "row(s): A net needs items, and each item needs at least one score. Add the item here and "
    "its scores in seeds/codebook/scores.csv, or remove them.",
)
def measures_of_other_values(study: Study) -> None:
    study.add("measures", like=0, measure_id="@_quantile", measure_kind="quantile", quantile="0.5")
    study.add(
        "measures",
        like=1,
        measure_id="@_ratio",
        measure_kind="ratio",
        denominator_variable_id="@_mood",
    )
    study.add(
        "measures",
        like=1,
        measure_id="@_grid_mean",
        variable_id="",
        variable_group_id="@_grid",
    )
    study.add("measures", like=1, measure_id="@_net", measure_kind="net")


@case(
    "[measure_scores] seeds/codebook/scores.csv, column category_code, score, value "
    '"awful": Measure @_mood_net scores a category that its variable does not have. Correct the '
    "category or the score, or make the measure a score.",
    '[measure_scores] seeds/codebook/scores.csv, column category_code, score, value "bad": '
    "Measure @_mood_net is a net, so all of its scores must be 1. Correct the category or the "
    "score, or make the measure a score.",
)
def net_of_other_scores(study: Study) -> None:
    study.add("scores", category_code="bad", score="-1")
    study.add("scores", category_code="awful", score="1")


@case(
    '[scores_unused] seeds/codebook/scores.csv, column score_id, value "@_idle": Neither an item '
    "of a measure nor a sum names this set of scores. Name it in score_id of "
    "seeds/codebook/measure_items.csv or seeds/codebook/derived_sums.csv, or remove its rows.",
)
def scores_that_nothing_names(study: Study) -> None:
    study.add("scores", score_id="@_idle", category_code="good")
    study.add("scores", score_id="@_idle", category_code="bad")


@case(
    *(
        f'[measure_scale] seeds/codebook/measures.csv, column measure_kind, value "@_{kind}": '
        f"Code list @_moods does not say which end of its scale is the top, but a {kind} needs "
        "this. Write first or last in top_end of seeds/codebook/code_lists.csv."
        for kind in ("top_box", "mean_step")
    ),
)
def scales_without_a_top(study: Study) -> None:
    for kind in ("top_box", "mean_step"):
        study.add("measures", like=0, measure_id=f"@_{kind}", measure_kind=kind)


@case(
    '[measure_scale] seeds/codebook/measures.csv, column measure_kind, value "@_bottom_3_box": '
    "Code list @_moods has 2 categories on its scale, and a bottom_3_box would count all of "
    "them. Take fewer boxes, or another code list.",
    '[measure_scale] seeds/codebook/measures.csv, column measure_kind, value "@_nps": A net '
    "promoter score needs the codes 0 to 10, but code list @_moods has 0 of these 11, and 2 "
    "others. Give its categories the codes 0 to 10, and write true in is_off_scale of others "
    "(seeds/codebook/categories.csv). Or take boxes.",
    '[measure_scale] seeds/codebook/measures.csv, column measure_kind, value "@_mean_code": A '
    "mean of codes needs numbers, but code list @_moods has the code bad. Write true in "
    "is_off_scale of codes that are no numbers of the scale (seeds/codebook/categories.csv), or "
    "take mean_step, or a score with scores of your own.",
)
def scales_of_other_kinds(study: Study) -> None:
    study.change("code_lists", 0, top_end="first")
    for kind in ("bottom_3_box", "nps", "mean_code"):
        study.add("measures", like=0, measure_id=f"@_{kind}", measure_kind=kind)


@case(
    '[measure_scale] seeds/codebook/measures.csv, column base_id, value "@_mean_step": Category '
    "depends is off the scale, but a mean_step would count it as 0. Name a base that has only "
    "the categories on the scale (seeds/codebook/bases.csv and base_categories.csv).",
)
def means_off_the_scale(study: Study) -> None:
    study.change("code_lists", 0, top_end="first")
    study.add(
        "categories",
        like=0,
        category_code="depends",
        category_order="3",
        is_off_scale="true",
    )
    study.codebook["bases"] = [
        {"base_id": f"{study.study_id}_scale", "base_label": "Scale", "description": "Made up"}
    ]
    study.codebook["base_categories"] = [
        {
            "base_id": f"{study.study_id}_scale",
            "variable_id": f"{study.study_id}_mood",
            "category_code": code,
        }
        for code in ("good", "bad")
    ]
    for name, kind, base in (
        ("mean_step", "mean_step", ""),
        ("of_scale", "mean_step", "@_scale"),
        # Boxes have them in their base.
        ("top", "top_box", ""),
    ):
        study.add("measures", like=0, measure_id=f"@_{name}", measure_kind=kind, base_id=base)


@case(
    "[variable_group_mention] seeds/codebook/variable_groups.csv, column mention_category_code, "
    'value "@_answers": Variable @_group of this group does not have the category that says that '
    "an answer was given. Name a category in mention_category_code that all variables of the group "
    "have, or make the group a grid."
)
def answers_of_another_list(study: Study) -> None:
    study.add("variable_group_members", like=0, variable_id="@_group", member_order="2")


@case(
    "[item_without_no] seeds/codebook/crosswalk.csv, study @, wave 1, column category_code, "
    'value "@_mood": The crosswalk maps every answer to this item to good, so everybody who '
    "answered would have given this answer. Map the code for an answer that was not given to "
    "another category. This code is often a blank (<empty>). Keep kinds of missing for people "
    "who did not answer."
)
def item_that_can_only_be_given(study: Study) -> None:
    group = {"variable_id": "", "variable_group_id": "@_answers"}
    study.add("measures", like=0, measure_id="@_cases", measure_kind="share_of_cases", **group)
    study.change(
        "crosswalk", 1, category_code="", missing_kind="refused", mapping_method="sentinel"
    )


@case(
    "[standard_population_shares] seeds/codebook/standard_population_shares.csv, column "
    'population_share, value "@_negative": A share of this standard population is negative. Write '
    "shares as fractions of 1, with at least six digits after the point, one for each group.",
    *(
        "[standard_population_shares] seeds/codebook/standard_population_shares.csv, column "
        f'population_share, value "@_{name}": The shares of this standard population do not add up '
        "to 1. Write shares as fractions of 1, with at least six digits after the point, one for "
        "each group."
        for name in ("standard", "empty")
    ),
    "[standard_population_category] seeds/codebook/standard_population_shares.csv, column "
    'category_code, value "lots": Standard population @_negative gives a share to a category that '
    "its variable @_group does not have. Correct the category here, or the variable in "
    "seeds/codebook/standard_populations.csv.",
)
def shares_of_no_whole(study: Study) -> None:
    study.change("standard_population_shares", 1, population_share="0.666668")
    study.add("standard_populations", standard_population_id="@_empty")
    study.add("standard_populations", standard_population_id="@_negative")
    for category, share in (("few", "-0.5"), ("lots", "1.5")):
        study.add(
            "standard_population_shares",
            standard_population_id="@_negative",
            category_code=category,
            population_share=share,
        )


@case(
    '[pooled_waves] seeds/codebook/periods.csv, study @, column n_waves, value "1": A pool needs '
    "at least two waves. Write 2 or more, or remove the row.",
    "[comparison_base] seeds/codebook/comparisons.csv, study @, column base_wave_id, value "
    '"fixed": A comparison with a base wave needs the wave. Fill base_wave_id for the kinds base '
    "and index; leave it empty for other kinds.",
    "[comparison_base] seeds/codebook/comparisons.csv, study @, column base_wave_id, value "
    '"last_year": A comparison of the kind year_earlier has no base wave. Fill base_wave_id for '
    "the kinds base and index; leave it empty for other kinds.",
)
def waves_that_make_no_set(study: Study) -> None:
    study.change("periods", 0, n_waves="1")
    study.add("comparisons", comparison_id="fixed", base_wave_id="")
    study.add("comparisons", like=0, comparison_id="last_year", comparison_kind="year_earlier")


@case(
    '[pooled_waves] seeds/codebook/periods.csv, study @, column n_waves, value "pooled_waves": '
    "Pooled waves need a number of waves. Fill n_waves for pooled_waves; leave it empty for "
    "other kinds.",
    '[pooled_waves] seeds/codebook/periods.csv, study @, column n_waves, value "month": A calendar '
    "period has no number of waves. Fill n_waves for pooled_waves; leave it empty for other kinds.",
)
def periods_of_no_size(study: Study) -> None:
    study.change("periods", 0, n_waves="")
    study.change("periods", 1, n_waves="3")


@case(
    *(
        f"[segment_contrast] seeds/codebook/segment_contrasts.csv, column {column}, value "
        f'"{value}": Segment @_{segment} does not have this value. Write a category of the '
        "variable of the segment. For two variables, write both categories with a | between them."
        for column, value, segment in (
            ("segment_code", "lots", "group"),
            ("reference_segment_code", "none", "group"),
            ("segment_code", "good", "crossed"),
        )
    ),
    "[segment_contrast] seeds/codebook/segment_contrasts.csv, column segment_code, "
    'reference_segment_code, value "few": A value of segment @_group is compared with itself. Name '
    "two values, or remove the row.",
)
def contrasts_of_unknown_values(study: Study) -> None:
    study.add("segment_contrasts", segment_code="lots", reference_segment_code="none")
    study.add("segment_contrasts", segment_code="few", reference_segment_code="few")
    study.add("segments", segment_id="@_crossed")
    for position, variable_id in (("1", "@_mood"), ("2", "@_group")):
        study.add(
            "segment_variables",
            segment_id="@_crossed",
            position=position,
            variable_id=variable_id,
        )
    for value in ("good", "good|few"):
        study.add(
            "segment_contrasts",
            segment_id="@_crossed",
            segment_code=value,
            reference_segment_code="bad|many",
        )


# --- Generated files that are behind, as with a plain `dbt build` and no `make generate`


@case(
    *(
        "[criterion_purpose] seeds/codebook/publication_criteria.csv, column consequence, value "
        f'"@_secret, {position}": A criterion of confidentiality can only suppress; it cannot '
        "mark or accept. Set its consequence to suppress, or its purpose to reliability."
        for position in "12"
    )
)
def secrets_that_are_only_marked(study: Study) -> None:
    study.codebook["publication_rules"] = [
        {
            "publication_rule_id": f"{study.study_id}_secret",
            "rule_label": "Secret",
            "description": "Made up",
            "source": "Nobody",
        }
    ]
    study.codebook["publication_criteria"] = [
        {
            "publication_rule_id": f"{study.study_id}_secret",
            "position": str(position),
            "applies_to": "all",
            "statistic": "n_respondents",
            "comparison": "below",
            "threshold": "10",
            "holds_if_unknown": "true",
            "consequence": consequence,
            "purpose": "confidentiality",
            "reason": "Few",
        }
        for position, consequence in enumerate(("accept", "caution", "suppress"), start=1)
    ]


@case("[generated_file_stale] @2: No staging model reads this file yet. Run make generate.")
def wave_after_generating(study: Study) -> None:
    study.add_wave()
    study.files_later["2"] = study.waves.pop("2")


@case(
    "[generated_file_stale] @1, column late: The description of the file does not have this column "
    "yet, so its values may be misread. Run make generate."
)
def column_after_generating(study: Study) -> None:
    study.add("waived_columns", source_column="late")
    study.files_later["1"] = [{**row, "late": "01"} for row in study.waves["1"]]


# A value that some reader may change on its way, and as what it must arrive.
STRANGE_VALUES = {
    "'1'": "'1'",
    "'2'": "'2'",
    '"3"': '"3"',
    "it's, 100 %; {{ 1 }} {% raw %} %s": "it's, 100 %; {{ 1 }} {% raw %} %s",
    "C:\\new\\table": "C:\\new\\table",
    "#1": "#1",
    "01": "01",
    "1.0": "1.0",
    "1e5": "1e5",
    "2001-01-01": "2001-01-01",
    "True": "True",
    "NA": "NA",
    "N/A": "N/A",
    "None": "None",
    ".": ".",
    "nan": "nan",
    " leading": " leading",
    "trailing ": "trailing ",
    "two\nlines": "two\nlines",
    "three\r\nmore\rlines": "three\nmore\nlines",
    "tab\t": "tab\t",
    "👩🏽‍🔬": "👩🏽‍🔬",
    "e\u0301": "e\u0301",
    "\u00e9": "\u00e9",
    "\ufeff": "\ufeff",
    "x" * 100_000: "x" * 100_000,
    "": None,
    " ": None,
    "\t\u00a0\u3000": None,
}


def write_strange_file(project: Project) -> None:
    """Add a faultless study whose notes are strange; BOM, Windows line ends, all values quoted."""
    study = Study("strange_values")
    row = study.waves["1"][0]
    study.waves["1"] = [
        {**row, "id": str(number), "area": str(number % 2), "notes": value}
        for number, value in enumerate(STRANGE_VALUES, start=1)
    ]
    study.change("waves", 0, expected_respondents=str(len(STRANGE_VALUES)))
    study.write(project)
    path = project.waves / "strange_values/strange_values_1.csv"
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, study.columns, lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(study.waves["1"])


# --- What a build says of all these studies


PROBLEM = re.compile(r"^[0-9:]{8} +[0-9]+\. (\[.*)$", re.MULTILINE)
SELECT_CHECKS = ("build", "--select", "+int_checks__problems")
FIXED = re.compile(
    r"\. (Those|Somebody|The owner of the codebook|`make generate`)[^.]* (fix|fixes|lands) [^.]+\.$"
)


def expected_lines(study_id: str) -> list[str]:
    """Give what the build must say of a case, sorted."""
    lines = "\n".join(CASES[study_id][1])
    for wave in ("1", "2"):
        lines = lines.replace(f"@{wave}", f"seeds/waves/@/@_{wave}.csv, study @, wave {wave}")
    return sorted(without_sums(lines.replace("@", study_id)).splitlines())


def without_sums(text: str) -> str:
    """Leave out SHA-256 sums, which hang on every byte of a file."""
    return re.sub(r"[0-9a-f?]{64}", "<sha256>", text)


def check_ids(lines: Iterable[str]) -> set[str]:
    """Give the checks that problems come from."""
    return {line.partition("]")[0].removeprefix("[") for line in lines}


@pytest.fixture(scope="session")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project in which every case is a study."""
    assert not [(a, b) for a in CASES for b in CASES if b.startswith(f"{a}_")]
    project = copy_project(tmp_path_factory.mktemp("spoilt"))
    keep_studies(project, [])
    studies = [Study(study_id) for study_id in CASES]
    for study in studies:
        CASES[study.study_id][0](study)
        study.write(project)
    write_strange_file(project)
    generate(project)
    for study in studies:
        study.write_later(project)
    return project


@pytest.fixture(scope="session")
def run_on_duckdb(spoilt: Project) -> DbtRun:
    """One build of the spoilt project, as far as the checks."""
    run = run_dbt(spoilt, *SELECT_CHECKS)
    assert run.exit_code == 1, run.output
    return run


@pytest.fixture(scope="session")
def said(run_on_duckdb: DbtRun) -> list[str]:
    """All problems that the build lists."""
    return PROBLEM.findall(without_sums(run_on_duckdb.output))


@pytest.fixture(scope="session")
def on_postgres(
    spoilt: Project, postgres_server: PostgresServer
) -> tuple[list[str], PostgresServer]:
    """The same on PostgreSQL, in a database of its own, and where that is."""
    server = own_database(postgres_server, "spoilt")
    load_landed_waves(spoilt, inspect_files(spoilt).waves, server.environment)
    run = run_dbt(spoilt, *SELECT_CHECKS, target="postgres", env=server.environment)
    assert run.exit_code == 1, run.output
    return PROBLEM.findall(without_sums(run.output)), server


@pytest.mark.parametrize("study_id", CASES)
def test_a_fault_is_named_with_its_place_and_remedy_and_nothing_else_is(
    study_id: str, said: list[str]
) -> None:
    of_study = re.compile(rf"\b{study_id}(_|\b)")
    assert sorted(line for line in said if of_study.search(line)) == expected_lines(study_id)


def test_every_problem_is_one_of_a_case(said: list[str]) -> None:
    assert sorted(said) == sorted(line for study_id in CASES for line in expected_lines(study_id))


def test_very_many_alike_are_counted(spoilt: Project, run_on_duckdb: DbtRun) -> None:
    output = run_on_duckdb.output
    total = len(query(spoilt, "select * from intermediate.int_checks__problems"))
    assert f"{total} problem(s) in the delivered waves or the codebook:" in output
    assert total == len(PROBLEM.findall(output)) + 2
    (more,) = re.findall(r"^[0-9:]{8} +(\.\.\. .*)$", output, re.MULTILINE)
    assert re.fullmatch(r"\.\.\. and 2 more like these: see .*int_checks__problems.*\.", more)


def test_every_check_has_a_case_and_says_who_mends_it(spoilt: Project, said: list[str]) -> None:
    manifest = json.loads((spoilt.target / "manifest.json").read_text())
    checks = manifest["nodes"]["model.wavehouse.int_checks__problems"]["config"]["meta"]["checks"]
    assert set(checks) == check_ids(said), "Add a case here, or the check to those of the YAML."
    assert [check for check, says in checks.items() if not FIXED.search(says)] == []


def test_strange_values_arrive_as_they_are(spoilt: Project, said: list[str]) -> None:
    assert not [line for line in said if "strange_values" in line]
    assert [row["source_code"] for row in query(spoilt, STRANGE_SQL)] == list(
        STRANGE_VALUES.values()
    )


STRANGE_SQL = """
    select source_code
    from intermediate.int_delivered__answers
    where study_id = 'strange_values' and source_column = 'notes'
    order by row_number
"""


def test_postgres_says_the_same_and_reads_the_same(
    said: list[str], on_postgres: tuple[list[str], PostgresServer]
) -> None:
    lines, server = on_postgres
    assert lines == said
    assert [row["source_code"] for row in query_postgres(server, STRANGE_SQL)] == list(
        STRANGE_VALUES.values()
    )


# --- The real studies with everything wrong at once, and what is published meanwhile


def change_wave(
    project: Project, study_id: str, wave_id: str, change: Callable[[list[Row]], object]
) -> None:
    """Change the rows of a delivered wave; the first row has all of its columns."""
    path = project.waves / study_id / f"{study_id}_{wave_id}.csv"
    rows = read_rows(path)
    columns = list(rows[0])
    change(rows)
    write_rows(path, list(rows[0]) if rows else columns, rows)


def change_codebook(project: Project, table: str, where: Row, **values: str) -> None:
    """Change the rows of a codebook table that have the values of `where`."""
    rows = codebook_rows(project, table)
    found = [row for row in rows if where.items() <= row.items()]
    assert found
    for row in found:
        row.update(values)
    set_codebook_rows(project, table, rows)


def spoil_everything(project: Project) -> None:
    """Make every kind of mistake in the real studies."""

    def spoil_1983(rows: list[Row]) -> None:
        for row in rows:
            row["remarks"] = ""
        rows[0].update(party="greens")
        rows[1].update(party="greens", district="")
        rows[2].update(gender="")

    def spoil_1986(rows: list[Row]) -> None:
        rows[1].update(respond=rows[0]["respond"])
        rows[2].update(age="old")
        rows[3].update(age="17")
        del rows[10:]

    def spoil_1999(rows: list[Row]) -> None:
        for row, weight in zip(rows, ("-1", "", "0", "heavy"), strict=False):
            row["pw"] = weight
        rows[4]["cds"] = ""
        rows[5]["api99"] = "1001"

    def spoil_2000(rows: list[Row]) -> None:
        rows.append({**rows[0], "cds": "1"})
        rows[0]["awards"] = "null"
        for row in rows:
            row["scores"] = row.pop("api00")

    change_wave(project, "bsa", "1983", spoil_1983)
    (project.waves / "bsa/bsa_1984.csv").unlink()
    change_wave(project, "bsa", "1985", list.clear)
    change_wave(project, "bsa", "1986", spoil_1986)
    change_wave(project, "api", "1999", spoil_1999)
    change_wave(project, "api", "2000", spoil_2000)
    write_rows(project.waves / "api/api_2001.csv", ["cds"], [{"cds": "1"}])
    write_rows(project.waves / "api/spring.csv", ["cds"], [{"cds": "1"}])
    change_codebook(
        project, "questions", {"variable_id": "enrolment"}, crosswalk_id="nothing", universe=""
    )
    add_codebook_rows(
        project,
        {
            "crosswalk": [
                {
                    "study_id": "bsa",
                    "crosswalk_id": "religion",
                    "source_code": "none",
                    "valid_from_wave": "1986",
                    "category_code": "none",
                    "mapping_method": "identity",
                }
            ],
            "waived_columns": [
                {
                    "study_id": "api",
                    "source_column": "stype",
                    "valid_from_wave": "2000",
                    "valid_to_wave": "1999",
                    "waiver_kind": "useless",
                    "reason": "It was waived by mistake.",
                }
            ],
            "measures": codebook_rows(project, "measures")[:1],
        },
    )
    change_codebook(project, "waves", {"wave_id": "1986"}, wave_date="1986")
    for table in ("segments", "segment_variables"):
        rows = codebook_rows(project, table)
        set_codebook_rows(project, table, [r for r in rows if r["segment_id"] != "total"])


# Where each mistake of `spoil_everything` is, and what is said of it first.
ALL_AT_ONCE = [
    "[code_not_a_number] seeds/waves/bsa/bsa_1986.csv, study bsa, wave 1986, column age, value "
    '"old", 1 row(s): Variable age is numeric, but this is not a number, and crosswalk number does '
    "not map it",
    *(
        f"[code_unknown] seeds/waves/{place}, value {value} row(s): Crosswalk {crosswalk} does not "
        "map this code in this wave"
        for place, value, crosswalk in (
            (
                "api/api_2000.csv, study api, wave 2000, column awards",
                '"null", 1',
                "yes_no (variable awarded)",
            ),
            (
                "bsa/bsa_1983.csv, study bsa, wave 1983, column gender",
                '"<empty>", 1',
                "sex (variable sex)",
            ),
            (
                "bsa/bsa_1983.csv, study bsa, wave 1983, column party",
                '"greens", 2',
                "party (variable party)",
            ),
        )
    ),
    "[codebook_cell_missing] seeds/codebook/questions.csv, study api, column universe: The cell is "
    'empty in the row with study_id "api", variable_id "enrolment", valid_from_wave "2000"',
    "[codebook_cell_type] seeds/codebook/waves.csv, study bsa, wave 1986, column wave_date, "
    'value "1986": "1986" is not a date such as 2001-12-31, in the row with study_id "bsa", '
    'wave_id "1986"',
    "[codebook_cell_value] seeds/codebook/waived_columns.csv, study api, column waiver_kind, value "
    '"useless": "useless" is not a known value, in the row with study_id "api", source_column '
    '"stype", valid_from_wave "2000"',
    "[codebook_duplicate_key] seeds/codebook/measures.csv, column measure_id, 2 row(s): There is "
    'more than one row with measure_id "abortion_support_mean"',
    "[codebook_orphan_reference] seeds/codebook/questions.csv, study api, column study_id, "
    'crosswalk_id, value "nothing", 1 row(s): Refers to study_id "api", crosswalk_id "nothing", '
    "which seeds/codebook/crosswalk.csv does not have",
    "[codebook_overlapping_validity] seeds/codebook/crosswalk.csv, study bsa, wave 1986, column "
    'valid_from_wave, valid_to_wave, value "none", 2 row(s): More than one row holds in the same '
    'wave (1986) for study_id "bsa", crosswalk_id "religion", source_code "none"',
    "[codebook_reversed_validity] seeds/codebook/waived_columns.csv, study api, wave 1999, column "
    'valid_to_wave, value "stype": The row ends before it begins (2000 to 1999)',
    "[column_undeclared] seeds/waves/api/api_2000.csv, study api, wave 2000, column scores: The "
    "column was delivered, but the codebook neither declares nor waives it for this wave",
    "[column_undeclared] seeds/waves/bsa/bsa_1983.csv, study bsa, wave 1983, column remarks: The "
    "column was delivered, but the codebook neither declares nor waives it for this wave",
    "[column_not_delivered] seeds/waves/api/api_2000.csv, study api, wave 2000, column api00: "
    "seeds/codebook/questions.csv declares the column for this wave, but it was not delivered",
    "[design_value_missing] seeds/waves/api/api_1999.csv, study api, wave 1999, column cds, 1 "
    "row(s): Rows without a respondent; the first is row 5 of the file",
    "[weight_invalid] seeds/waves/api/api_1999.csv, study api, wave 1999, column pw, 1 row(s): "
    "Rows without a weight; the first is row 2 of the file",
    "[design_value_missing] seeds/waves/bsa/bsa_1983.csv, study bsa, wave 1983, column district, 1 "
    "row(s): Rows without a psu; the first is row 2 of the file",
    "[number_out_of_bounds] seeds/waves/api/api_1999.csv, study api, wave 1999, column api99, "
    'value "1001", 1 row(s): Variable api_score lies between 200 and 1000 (points)',
    "[number_out_of_bounds] seeds/waves/bsa/bsa_1986.csv, study bsa, wave 1986, column age, value "
    '"17", 1 row(s): Variable age lies between 18 and 110 (years)',
    "[respondent_duplicate] seeds/waves/bsa/bsa_1986.csv, study bsa, wave 1986, column respond, "
    'value "3322", 2 row(s): More than one row has this respondent',
    "[segment_variables] seeds/codebook/segments.csv, column segment_id: The segment total is "
    "missing",
    "[wave_empty] seeds/waves/bsa/bsa_1985.csv, study bsa, wave 1985, 0 row(s): The file has no "
    "rows; the codebook expects 264",
    "[wave_file_missing] seeds/waves/bsa/bsa_1984.csv, study bsa, wave 1984: The codebook declares "
    "this wave, but its file is not there",
    "[wave_file_undeclared] seeds/waves/api/api_2001.csv, study api, wave 2001: The codebook "
    "declares no wave for this file",
    "[wave_file_undeclared] seeds/waves/api/spring.csv: The name does not follow "
    "seeds/waves/<study>/<study>_<wave>.csv",
    "[wave_row_count] seeds/waves/api/api_2000.csv, study api, wave 2000, 184 row(s): The file has "
    "more rows than the 183 that the codebook expects",
    "[wave_row_count] seeds/waves/bsa/bsa_1986.csv, study bsa, wave 1986, 10 row(s): The file has "
    "fewer rows than the 264 that the codebook expects",
    "[weight_invalid] seeds/waves/api/api_1999.csv, study api, wave 1999, column pw, value "
    '"-1", 1 row(s): The weight is negative; the first is row 1 of the file',
    "[weight_invalid] seeds/waves/api/api_1999.csv, study api, wave 1999, column pw, value "
    '"0", 1 row(s): The weight is zero; the first is row 3 of the file',
    "[weight_invalid] seeds/waves/api/api_1999.csv, study api, wave 1999, column pw, value "
    '"heavy", 1 row(s): The weight is not a number; the first is row 4 of the file',
]


@pytest.fixture(scope="module")
def failed_build(
    published: Project, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Project, DbtRun]:
    """A published project that was spoilt and built again."""
    project = copy_built(published, tmp_path_factory.mktemp("failed") / "project")
    spoil_everything(project)
    return project, run_wavehouse(project, "build")


def test_one_build_lists_everything(failed_build: tuple[Project, DbtRun]) -> None:
    _, run = failed_build
    assert run.exit_code == 1
    lines = PROBLEM.findall(run.output)
    # The remedies are those of the cases above.
    assert sorted(line.split(". ")[0] for line in lines) == sorted(ALL_AT_ONCE)
    assert f"{len(ALL_AT_ONCE)} problem(s) in the delivered waves or the codebook:" in run.output
    # dbt cannot see this one on every engine, so it is listed beside its list.
    assert (
        "1 problem in the files:\n"
        "  - seeds/waves/api/api_2000.csv (study api, wave 2000): line 2, column awards: the "
        "value 'null' looks like an empty value on some engines." in run.output
    )


def test_no_test_fails_but_those_of_the_checks(failed_build: tuple[Project, DbtRun]) -> None:
    project, _ = failed_build
    results = json.loads((project.target / "run_results.json").read_text())["results"]
    manifest = json.loads((project.target / "manifest.json").read_text())
    failed = [manifest["nodes"][r["unique_id"]] for r in results if r["status"] == "fail"]
    assert {node["test_metadata"]["name"] for node in failed} == {"no_problems"}
    assert not [r["unique_id"] for r in results if r["status"] == "error"]


def test_no_mart_is_built_on_bad_input(failed_build: tuple[Project, DbtRun]) -> None:
    project, _ = failed_build
    results = json.loads((project.target / "run_results.json").read_text())["results"]
    manifest = json.loads((project.target / "manifest.json").read_text())
    marts = {
        name
        for name, node in manifest["nodes"].items()
        if node["schema"] == "marts" and name.startswith("model.")
    }
    assert len(marts) > 10
    # A build in stages does not even come to them.
    assert not marts & {one["unique_id"] for one in results if one["status"] != "skipped"}


def test_the_published_warehouse_stays_byte_for_byte(
    published: Project, failed_build: tuple[Project, DbtRun]
) -> None:
    project, run = failed_build
    for name in ("wavehouse.duckdb", "parquet/fct_trend_estimates.parquet"):
        before = (published.warehouse / name).read_bytes()
        assert (project.warehouse / name).read_bytes() == before
    with duckdb.connect(str(project.warehouse / "wavehouse.duckdb"), read_only=True) as connection:
        waves = "select count(*) from marts.dim_wave where study_id = 'bsa'"
        assert connection.sql(waves).fetchall() == [(4,)]
    closing = run.output.splitlines()[-1]
    assert re.fullmatch(
        r"The build failed, so nothing was published; see the messages above\. "
        r"warehouse/wavehouse\.duckdb stays as published at 20[^ ]+\. "
        r"What is open: target/drift\.html\.",
        closing,
    )
    # And it is not taken for the outcome of a build that passed.
    assert run_wavehouse(project, "publish").exit_code == 1


def test_dbt_alone_names_the_file_that_went_missing_after_generating(
    published: Project, tmp_path: Path
) -> None:
    project = copy_built(published, tmp_path / "project")
    (project.waves / "bsa/bsa_1984.csv").unlink()
    run = run_dbt(project, "build")
    assert run.exit_code != 0
    assert "depends on a node named 'bsa_1984' which was not found" in run.output


def test_a_file_that_cannot_be_read_stops_the_build_with_the_others_that_are_missing(
    published: Project, tmp_path: Path
) -> None:
    project = copy_built(published, tmp_path / "project")
    (project.waves / "bsa/bsa_1984.csv").unlink()
    (project.waves / "bsa/bsa_1985.csv").write_bytes(b"respond,party\n1,caf\xe9\n")
    run = run_wavehouse(project, "build")
    assert run.exit_code == 1
    assert run.output.splitlines() == [
        "2 problems in the files:",
        "  - seeds/waves/bsa/bsa_1985.csv (study bsa, wave 1985): line 2: byte 0xe9 is not UTF-8. "
        "Save the file as UTF-8.",
        "  - seeds/waves/bsa/bsa_1984.csv: wave 1984 of study bsa is declared, but its file is "
        "missing. Put the file there, or take the wave out of seeds/codebook/waves.csv.",
    ]
    for name in ("wavehouse.duckdb", "parquet/fct_trend_estimates.parquet"):
        before = (published.warehouse / name).read_bytes()
        assert (project.warehouse / name).read_bytes() == before
