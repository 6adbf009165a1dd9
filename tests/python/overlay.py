"""The project with all test studies and the bench, built once for all tests that only read."""

import csv
import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from bench.cases import variables
from studies.bases import add_bases_study
from studies.cholesterol import add_cholesterol
from studies.graduates import add_graduates
from studies.jackknife import add_jackknife_studies
from studies.kinds import add_kinds_studies
from studies.landed import add_landed_studies
from studies.made_up import add_made_up_studies
from studies.offered import add_offered_study
from studies.ratings import add_ratings
from studies.replicates import add_replicate_studies
from studies.tracker import add_trackers
from studies.variants import add_variants
from workbench import (
    ROOT,
    add_codebook_rows,
    add_study,
    codebook_rows,
    copy_project,
    read_rows,
)

from wavehouse.generate import generate
from wavehouse.project import Project

HERE = ROOT / "tests/python"
BENCH_SCHEMA = "bench"
# References that the bench reads as seeds.
REFERENCE_SEEDS = ("p_values", "f_tails", "t_quantiles", "p_adjust")
# Besides `logit`, which the publication rules of the studies ask for.
INTERVAL_METHODS = ("t", "wilson", "korn_graubard_capped", "korn_graubard_uncapped")


def make_overlay(destination: Path) -> Project:
    """Copy the project and add every test study and the bench; nothing is built yet."""
    project = copy_project(destination)
    add_variants(project)
    add_made_up_studies(project)
    add_jackknife_studies(project)
    add_kinds_studies(project)
    add_bases_study(project)
    add_offered_study(project)
    add_cholesterol(project)
    add_graduates(project)
    add_replicate_studies(project)
    add_ratings(project)
    add_trackers(project)
    add_landed_studies(project)
    for folder in sorted((HERE / "studies").iterdir()):
        if (folder / "codebook").is_dir():
            add_study(project, folder)
    add_association_tests(project)
    generate(project)
    drop_wide_tables(project)
    add_bench(project)
    return project


def drop_wide_tables(project: Project) -> None:
    """Leave the wide tables to the studies of the project: made-up ones would only take time."""
    folder = project.models / "marts/wide"
    for path in folder.iterdir():
        if not (ROOT / "models/marts/wide" / path.name).exists():
            path.unlink()
    # Exposures of both kinds depend on wide tables.
    for name in ("wide/_wide__exposures.yml", "dictionary/_dictionary__variables.yml"):
        shutil.copy(ROOT / "models/marts" / name, project.models / "marts" / name)


def add_association_tests(project: Project) -> None:
    """Declare every test of association that R's numbers are there for."""
    declared = {tuple(row.values()) for row in codebook_rows(project, "association_tests")}
    # A grid is declared as one measure.
    wanted = {
        (row["measure_id"].split("__")[0], row["segment_id"])
        for row in read_rows(HERE / "references/associations.csv")
    }
    rows = [
        {"measure_id": measure_id, "segment_id": segment_id}
        for measure_id, segment_id in sorted(wanted - declared)
    ]
    add_codebook_rows(project, {"association_tests": rows})


def add_bench(project: Project) -> None:
    """Add the models that put given inputs through macros and models."""
    models = project.models / "bench"
    models.mkdir()
    for path in (HERE / "bench").glob("*.sql"):
        shutil.copy(path, models)
    shutil.copytree(HERE / "bench/macros", project.root / "macros/bench")
    seeds = project.seeds / "bench"
    seeds.mkdir()
    shutil.copy(HERE / "bench/bench_columns.csv", seeds)
    for name in REFERENCE_SEEDS:
        shutil.copy(HERE / f"references/{name}.csv", seeds / f"bench_{name}.csv")
    describe_bench_seeds(seeds)
    with (project.root / "dbt_project.yml").open("a") as file:
        file.write(f"\nvars: {json.dumps(variables())}\n")
    retarget(
        project,
        "int_contrasts__p_values",
        "bench_p_values_of_t",
        {"int_contrasts__contrasts": "bench_t_statistics"},
    )
    retarget(
        project,
        "int_associations__p_values",
        "bench_p_values_of_f",
        {"int_associations__f_statistics": "bench_f_statistics"},
    )
    retarget(
        project,
        "int_design__t_quantiles",
        "bench_t_quantiles_of_degrees",
        {
            "int_design__periods": "bench_degrees",
            "stg_codebook__studies": "bench_levels",
        },
    )
    retarget(
        project,
        "int_estimates__exact_bounds",
        "bench_exact_bounds",
        {"int_estimates__interval_choices": "bench_exact_choices"},
    )
    retarget(
        project,
        "int_rules__consequences",
        "bench_judgements",
        {
            "int_rules__expected_cells": "bench_judged_cells",
            "int_estimates__estimates": "bench_judged_cells",
            "int_estimates__intervals": "bench_judged_cells",
            "int_estimates__effective_bases": "bench_judged_cells",
            "int_estimates__domain_degrees": "bench_judged_cells",
            "int_measures__publication_rules": "bench_judged_cells",
        },
    )
    for method in INTERVAL_METHODS:
        add_intervals(project, method)


def add_intervals(project: Project, method: str) -> None:
    """Give every share the interval of a method, whatever its publication rule asks for."""
    choices = f"bench_choices_{method}"
    bounds = f"bench_bounds_{method}"
    retarget(
        project,
        "int_estimates__interval_choices",
        choices,
        {"int_measures__publication_rules": f"bench_rules_{method}"},
    )
    retarget(
        project,
        "int_estimates__exact_bounds",
        bounds,
        {"int_estimates__interval_choices": choices},
        # Its key is made of computed numbers, by which no two engines can be compared.
        materialized="ephemeral",
    )
    retarget(
        project,
        "int_estimates__intervals",
        f"bench_intervals_{method}",
        {"int_estimates__interval_choices": choices, "int_estimates__exact_bounds": bounds},
    )


def describe_bench_seeds(folder: Path) -> None:
    """Declare every column of the bench's seeds as text."""
    seeds = []
    for path in sorted(folder.glob("*.csv")):
        with path.open(newline="", encoding="utf-8") as file:
            columns = next(csv.reader(file))
        types = dict.fromkeys(columns, "text")
        seeds.append({"name": path.stem, "config": {"schema": BENCH_SCHEMA, "column_types": types}})
    (folder / "_bench__seeds.yml").write_text(json.dumps({"seeds": seeds}), encoding="utf-8")


def retarget(
    project: Project,
    model: str,
    name: str,
    inputs: Mapping[str, str],
    materialized: str = "table",
) -> None:
    """Copy a model under another name and let it read other inputs, to test its very text."""
    (path,) = project.models.rglob(f"{model}.sql")
    text = path.read_text(encoding="utf-8")
    for given, replacement in inputs.items():
        assert f"ref('{given}')" in text, f"{model} no longer reads {given}"
        text = text.replace(f"ref('{given}')", f"ref('{replacement}')")
    config = f"{{{{ config(schema='{BENCH_SCHEMA}', materialized='{materialized}') }}}}\n"
    (project.models / f"bench/{name}.sql").write_text(config + text, encoding="utf-8")
