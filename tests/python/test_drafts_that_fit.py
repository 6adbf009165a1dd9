"""Drafts that fit: ids of what is asked, scales with their measures, groups, design, interviews."""

from collections.abc import Callable
from pathlib import Path

import pytest
from workbench import codebook_rows, copy_project, keep_studies, query, run_dbt

from wavehouse.cli import main
from wavehouse.codebook.tables import Codebook
from wavehouse.generate import generate
from wavehouse_exchange.onboarding.code_rows import Naming
from wavehouse_exchange.onboarding.draft import SURE, Proposal, read_draft
from wavehouse_exchange.onboarding.groups import group_proposals
from wavehouse_exchange.onboarding.profile import WaveProfile, profile_seed
from wavehouse_exchange.onboarding.question_rows import new_column_proposals
from wavehouse_exchange.onboarding.roles import role_proposals, roles_of
from wavehouse_exchange.onboarding.scales import scale_of
from wavehouse_exchange.onboarding.segments import segment_proposals

RunCommand = Callable[..., tuple[int, str]]
HAPPY = {"1": "Very happy", "2": "Fairly happy", "3": "Not happy", "4": "Not at all happy"}
PEOPLE = 120


def wave(folder: Path, text: str, labels: dict[str, tuple[str, dict[str, str]]]) -> WaveProfile:
    """A delivered CSV file with labels of its columns and codes."""
    import json

    seed = folder / "s_1.csv"
    seed.write_text(text, encoding="utf-8")
    content = {
        name: {"label": label, "value_labels": codes} for name, (label, codes) in labels.items()
    }
    seed.with_suffix(".labels.json").write_text(json.dumps(content), encoding="utf-8")
    return profile_seed(seed, "s", "1")


def drafted(profile: WaveProfile) -> list[Proposal]:
    naming = Naming(Codebook(), "s", "1")
    naming.look_at(profile)
    found = [p for c in profile.columns.values() for p in new_column_proposals(c, naming)]
    return [*found, *group_proposals(naming.groups, found)]


def rows(proposals: list[Proposal], table: str) -> list[dict[str, str]]:
    return [c["add"] for p in proposals for c in p.changes if c["table"] == table]


def file_of(**columns: list[object]) -> str:
    lines = [
        ",".join(columns),
        *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True)),
    ]
    return "\n".join(lines) + "\n"


def some(*codes: object) -> list[object]:
    return [codes[n % len(codes)] for n in range(PEOPLE)]


@pytest.mark.parametrize(
    ("name", "label", "made"),
    [
        ("Q12A", "Q12a. Trust the police", "trust_the_police"),
        (
            "v107",
            "How often have you, in the last 12 months, read a newspaper?",
            "often_last_12_months_read_newspaper",
        ),
        (
            "F3",
            "F3) Wie zufrieden sind Sie mit Ihrem Leben?",
            "wie_zufrieden_sind_sie_mit_ihrem_leben",
        ),
        ("happy", "", "happy"),
        ("Q5", "Q5: 12", "q5"),
    ],
)
def test_ids_are_made_of_what_is_asked(tmp_path: Path, name: str, label: str, made: str) -> None:
    profile = wave(tmp_path, file_of(**{name: some(1, 2, 3, 4)}), {name: (label, HAPPY)})
    (variable,) = rows(drafted(profile), "variables")
    assert variable["variable_id"] == made


def test_items_of_a_battery_keep_what_tells_them_apart(tmp_path: Path) -> None:
    stem = "How much do you trust each of the following institutions in this country"
    items = {"Q7A": "the courts of law", "Q7B": "the police", "Q7C": "the army"}
    profile = wave(
        tmp_path,
        file_of(**{name: some(1, 2, 3, 4) for name in items}),
        {name: (f"{name}. {stem}: {item}", HAPPY) for name, item in items.items()},
    )
    proposals = drafted(profile)
    ids = [row["variable_id"] for row in rows(proposals, "variables")]
    assert [each.rpartition("_")[2] for each in ids] == ["law", "police", "army"]
    assert all(len(each) <= 40 for each in ids)
    (group,) = rows(proposals, "variable_groups")
    assert (group["group_kind"], group["variable_group_label"]) == ("grid", stem)
    assert [row["variable_id"] for row in rows(proposals, "variable_group_members")] == ids
    # One list for all, so that they can be compared.
    assert {row["code_list_id"] for row in rows(proposals, "variables")} == {
        group["variable_group_id"]
    }
    assert "q7" not in group["variable_group_id"]


def test_numbers_are_in_their_order_and_have_a_mean(tmp_path: Path) -> None:
    text = file_of(likely=some(10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0))
    labels = {
        "likely": (
            "How likely is it that you recommend us?",
            {"0": "Not at all", "10": "Certainly"},
        )
    }
    proposals = drafted(wave(tmp_path, text, labels))
    listed = [row["category_code"] for row in rows(proposals, "categories")]
    assert listed == [str(number) for number in range(11)]
    assert rows(proposals, "categories")[0]["category_label"] == "Not at all"
    assert [row["measure_kind"] for row in rows(proposals, "measures")] == [
        "share",
        "nps",
        "mean_code",
    ]


def test_a_list_of_numbers_stays_one(tmp_path: Path) -> None:
    text = file_of(life=some(*range(5)))
    profile = wave(tmp_path, text, {"life": ("Satisfaction with life", {})})
    naming = Naming(Codebook(), "s", "1")
    naming.look_at(profile)
    (made,) = rows(new_column_proposals(profile.columns["life"], naming), "code_lists")
    assert naming.category(made["code_list_id"], "5")[0] == "5"
    assert naming.category(made["code_list_id"], "None")[0] == "none"


def test_ages_of_few_people_are_no_scale(tmp_path: Path) -> None:
    text = file_of(age=some(19, 22, 23, 31, 40))
    proposals = drafted(wave(tmp_path, text, {"age": ("Age of the interviewer", {})}))
    assert [row["measure_kind"] for row in rows(proposals, "measures")] == ["share"]


def test_boxes_follow_the_list_that_items_share(tmp_path: Path) -> None:
    labels = {"0": "Never", "1": "Once", "2": "Twice", "3": "Often", "4": "Always"}
    other = {**labels, "4": "No experience"}
    text = file_of(q1_a=some(*range(5)), q1_b=some(*range(5)))
    profile = wave(
        tmp_path, text, {"q1_a": ("Paid a bribe: A", other), "q1_b": ("Paid a bribe: B", labels)}
    )
    proposals = drafted(profile)
    lists = {row["code_list_id"]: row.get("top_end") for row in rows(proposals, "code_lists")}
    variables = {row["variable_id"]: row["code_list_id"] for row in rows(proposals, "variables")}
    assert len(set(variables.values())) == 1
    assert all(
        lists[variables[row["variable_id"]]]
        for row in rows(proposals, "measures")
        if "box" in row["measure_kind"] or row["measure_kind"] == "mean_step"
    )


def test_a_question_from_0_to_10_about_something_else_has_no_promoters(tmp_path: Path) -> None:
    text = file_of(life=some(*range(11)))
    proposals = drafted(wave(tmp_path, text, {"life": ("Satisfaction with life", {})}))
    assert [row["measure_kind"] for row in rows(proposals, "measures")] == ["share", "mean_code"]


@pytest.mark.parametrize(
    ("steps", "top"),
    [
        (("Strongly agree", "Agree", "Disagree", "Strongly disagree"), "first"),
        (("Very bad", "Bad", "Good", "Very good"), "last"),
        (("Never", "Sometimes", "Often", "Always"), "last"),
        (("Sehr zufrieden", "Zufrieden", "Unzufrieden", "Sehr unzufrieden"), "first"),
        (("Tr\u00e8s satisfait", "Satisfait", "Insatisfait", "Tr\u00e8s insatisfait"), "first"),
        (("Muy de acuerdo", "De acuerdo", "En desacuerdo", "Muy en desacuerdo"), "first"),
        (("North", "East", "South", "West"), ""),
        (("None", "Primary", "Secondary", "Tertiary"), ""),
        (("Increased a lot", "Increased", "Decreased", "Decreased a lot"), ""),
    ],
)
def test_the_top_of_a_scale_is_named_where_it_is_plain(
    tmp_path: Path, steps: tuple[str, ...], top: str
) -> None:
    labels = {str(n): step for n, step in enumerate(steps, start=1)}
    profile = wave(tmp_path, file_of(q=some(1, 2, 3, 4)), {"q": ("Question", labels)})
    assert scale_of(profile.columns["q"], list(labels)).top_end == top
    measures = [row["measure_kind"] for row in rows(drafted(profile), "measures")]
    assert measures == ["share", *(["top_2_box", "bottom_2_box", "mean_step"] if top else [])]


def test_it_depends_is_no_step(tmp_path: Path) -> None:
    labels = {**HAPPY, "5": "It depends (not read)"}
    profile = wave(tmp_path, file_of(q=some(1, 2, 3, 4, 5)), {"q": ("Happiness", labels)})
    proposals = drafted(profile)
    off = [
        row["category_label"] for row in rows(proposals, "categories") if row.get("is_off_scale")
    ]
    assert off == ["It depends (not read)"]
    # A mean would need a base without it.
    assert "mean_step" not in {row["measure_kind"] for row in rows(proposals, "measures")}


def test_a_tick_list_is_one_question_with_several_answers(tmp_path: Path) -> None:
    text = file_of(
        **{"langs[R]": some(1, 0), "langs[Python]": some(0, 1, 1), "langs[SQL]": some(1)}
    )
    proposals = drafted(wave(tmp_path, text, {}))
    (group,) = rows(proposals, "variable_groups")
    chosen = {row["category_code"]: row["category_label"] for row in rows(proposals, "categories")}
    assert group["group_kind"] == "multiple_response"
    assert chosen[group["mention_category_code"]] == "Chosen"
    assert [row["variable_label"] for row in rows(proposals, "variables")] == ["R", "Python", "SQL"]
    kinds = [row["measure_kind"] for row in rows(proposals, "measures")]
    assert kinds == ["share", "share", "share", "share_of_cases"]


PROJECT = Codebook(
    {
        "library_missing_labels": [
            {"language": "en", "label": "refused", "missing_kind": "refused"}
        ],
        "variables": [
            {
                "variable_id": "sex",
                "variable_label": "Sex",
                "value_type": "categorical",
                "code_list_id": "sex",
                "unit": "",
            },
            {
                "variable_id": "age",
                "variable_label": "Age",
                "value_type": "numeric",
                "code_list_id": "",
                "unit": "years",
            },
        ],
        "categories": [
            {
                "code_list_id": "sex",
                "category_code": code,
                "category_label": code.capitalize(),
                "category_order": order,
            }
            for code, order in (("male", "1"), ("female", "2"))
        ],
    }
)


def test_a_variable_of_the_project_is_offered(tmp_path: Path) -> None:
    labels = {"1": "MALE", "2": "Female", "9": "Refused"}
    text = file_of(Q1=some(1, 2), Q2=some(*range(20, 60)), Q3=some(1, 2))
    profile = wave(
        tmp_path,
        text,
        {
            "Q1": ("Q1. Sex of respondent", labels),
            "Q2": ("Q2. Age", {}),
            "Q3": ("Q3. Sex of the head of the household", labels),
        },
    )
    naming = Naming(PROJECT, "s", "1")
    naming.look_at(profile)
    sex, age, head = (new_column_proposals(c, naming)[0] for c in profile.columns.values())
    assert [row["variable_id"] for row in rows([sex, age], "questions")] == ["sex", "age"]
    assert not rows([sex, age], "variables")
    assert {row["source_code"]: row.get("category_code") for row in rows([sex], "crosswalk")} == {
        "1": "male",
        "2": "female",
        "9": None,
    }
    assert max(sex.confidence, age.confidence) < SURE
    # Somebody else's sex is another question.
    assert rows([head], "variables")[0]["variable_id"] == "sex_of_the_head_of_the_household"


def test_segments_are_offered_for_the_variables_that_people_look_at(tmp_path: Path) -> None:
    two, four = {"1": "A", "2": "B"}, {str(n): f"Group {n}" for n in range(1, 5)}
    columns = {
        "Q1": ("Geschlecht", two),
        "Q2": ("Altersgruppe", four),
        "Q3": ("Gender of interviewer", two),
        "URBRUR": ("Urban or rural", two),
        "Q5": ("Satisfaction with the education of your children", four),
    }
    text = file_of(
        **{n: some(1, 2, 3, 4) if c is four else some(1, 2) for n, (_, c) in columns.items()}
    )
    profile = wave(tmp_path, text, columns)
    naming = Naming(Codebook(), "s", "1")
    naming.look_at(profile)
    found = [p for c in profile.columns.values() for p in new_column_proposals(c, naming)]
    offered = segment_proposals(naming, profile, found)
    assert [p.subject for p in offered] == ["geschlecht", "altersgruppe", "urban_or_rural"]
    assert all(p.confidence < SURE for p in offered)


def design(folder: Path) -> WaveProfile:
    numbers = range(PEOPLE)
    return wave(
        folder,
        file_of(
            id=list(numbers),
            wgt=[0.5 + n % 7 / 4 for n in numbers],
            region_stratum=[n % 4 for n in numbers],
            psu=[n % 12 for n in numbers],
            started=[f"2024-05-{1 + n % 28}T10:00:00+02:00" for n in numbers],
            weight_kg=[50 + n % 40 for n in numbers],
        ),
        {"weight_kg": ("Body weight in kilograms", {})},
    )


def test_design_columns_are_found_and_tried(tmp_path: Path) -> None:
    profile = design(tmp_path)
    found = roles_of(profile, tmp_path / "s_1.csv", {"respondent": "id"})
    assert {role.role: role.columns for role in found} == {
        "weight": ("wgt",),
        "stratum": ("region_stratum",),
        "psu": ("psu",),
        "interview_date": ("started",),
    }
    reasons = {role.role: role.reason for role in found}
    assert "numbers from 0.5 to 2" in reasons["weight"]
    assert reasons["psu"].endswith("each lies in one stratum")
    for proposal in role_proposals(found, "s", "1", "s_design"):
        assert proposal.confidence < SURE
        assert proposal.if_rejected[0]["table"] == "waived_columns"


def test_year_month_and_day_are_the_day_of_the_interview(tmp_path: Path) -> None:
    text = file_of(yy=some(2024), mm=some(4, 5), dd=some(*range(1, 31)), q=some(1, 2))
    (found,) = roles_of(wave(tmp_path, text, {}), tmp_path / "s_1.csv", {})
    assert (found.role, found.columns) == ("interview_date", ("yy", "mm", "dd"))


def test_psus_that_are_numbered_within_strata_are_said(tmp_path: Path) -> None:
    text = file_of(stratum=[n % 3 for n in range(PEOPLE)], psu=[n // 3 % 4 for n in range(PEOPLE)])
    found = roles_of(wave(tmp_path, text, {}), tmp_path / "s_1.csv", {})
    psu = next(role for role in found if role.role == "psu")
    assert "4 numbers occur in several strata" in psu.reason


def test_two_weights_are_not_chosen_from(tmp_path: Path) -> None:
    numbers = range(PEOPLE)
    text = file_of(w1_weight=[1 + n % 5 for n in numbers], w2_weight=[2 + n % 7 for n in numbers])
    assert roles_of(wave(tmp_path, text, {}), tmp_path / "s_1.csv", {}) == []


def test_a_draft_that_is_accepted_builds_with_its_scales_and_groups(tmp_path: Path) -> None:
    project = copy_project(tmp_path / "project")
    keep_studies(project, [])
    labels = {
        "1": "Strongly agree",
        "2": "Agree",
        "3": "Disagree",
        "4": "Strongly disagree",
        "8": "Don't know",
    }
    folder = tmp_path / "made"
    folder.mkdir()
    wave(
        folder,
        file_of(
            id=list(range(PEOPLE)),
            wgt=[0.5 + n % 7 / 4 for n in range(PEOPLE)],
            langs=some("R;SQL", "SQL", "R"),
            likely=some(*range(11)),
            t_police=some(1, 2, 3, 4, 8),
            t_courts=some(4, 3, 2, 1),
        ),
        {},
    )
    frame_labels = {"t_police": ("Trust: police", labels), "t_courts": ("Trust: courts", labels)}
    import pandas as pd
    import pyreadstat

    frame = pd.read_csv(folder / "s_1.csv")
    path = folder / "town.sav"
    pyreadstat.write_sav(
        frame,
        str(path),
        column_labels={
            **{name: label for name, (label, _) in frame_labels.items()},
            "likely": "How likely is it that you recommend the town?",
            "langs": "Languages",
        },
        variable_value_labels={
            name: {float(code): text for code, text in codes.items()}
            for name, (_, codes) in frame_labels.items()
        },
    )
    root = ("--project-dir", str(project.root))
    study = (
        *("--study-label", "Town survey", "--date", "2023-05-01", "--respondent", "id"),
        *("--producer", "The town", "--universe", "Adults", "--citation", "T", "--terms", "None."),
    )
    new = ("new-study", "town", "1", str(path), *study, "--as", "seed", "--lists", "langs=;")
    assert main([*root, *new]) == 0
    ids = ",".join(p.id for p in read_draft(project, "town", "1").proposals)
    assert main([*root, "decide", "town", "1", ids, "accept"]) == 0
    assert main([*root, "apply", "town", "1"]) == 0
    assert {row["source_column"] for row in codebook_rows(project, "design_columns")} == {
        "id",
        "wgt",
    }
    generate(project)
    run = run_dbt(project, "build", "--exclude-resource-type", "unit_test")
    assert run.exit_code == 0, run.output
    weights = [0.5 + n % 7 / 4 for n in range(PEOPLE)]
    likely = [n % 11 for n in range(PEOPLE)]
    score = [(answer >= 9) - (answer <= 6) for answer in likely]
    right = {
        "nps": sum(w * s for w, s in zip(weights, score, strict=True)) / sum(weights),
        "mean_code": sum(w * s for w, s in zip(weights, likely, strict=True)) / sum(weights),
    }
    found = {
        row["declared_kind"]: row["estimate"]
        for row in query(
            project,
            "select measure.declared_kind, estimates.estimate "
            "from marts.fct_trend_estimates as estimates "
            "inner join marts.dim_measure as measure on estimates.measure_id = measure.measure_id "
            "where measure.declared_kind in ('nps', 'mean_code') "
            "and estimates.segment_id = 'total'",
        )
    }
    assert found == pytest.approx(right)
