"""How R and Stata are told of the sampling design: design.R and design.do beside the files.

Nothing but ids stands in the lines, so no text of a codebook is run. Each wave has its own lines,
because PSUs that only other waves have would count in its errors.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from wavehouse_exchange.exports.design import POPULATION, REPLICATE, Design, Weight
from wavehouse_exchange.exports.study import Study

R_SCRIPT = "design.R"
STATA_SCRIPT = "design.do"
# What R calls `adjust`, `remove` and `average` of a stratum with one PSU.
SINGLE_UNITS = {"adjust": "centered", "remove": "certainty", "average": "scaled"}

# From what replicates deviate, as the codebook says it.
AROUND_FULL_SAMPLE = "full_sample"

R_HEAD = """\
# The sampling design of {study} in R, with its packages haven and survey.
# Release {release}. Start R in the folder of this file, and take the lines of one wave.
# Afterwards, where x is a number and g has categories:
#   svymean(~x, design, na.rm = TRUE)
#   svymean(~g, design, na.rm = TRUE)
#   svyby(~x, ~g, design, svymean, na.rm = TRUE)
# For a part of the people, such as the base of a measure, take subset(design, ...), not fewer rows.
library(survey)
"""
STATA_HEAD = """\
* The sampling design of {study} in Stata. These lines were not run in Stata.
* Release {release}. Start in the folder of this file, and take the lines of one wave.
* Afterwards, where x is a number and g has categories:
*   svy, subpop(if !missing(x)): mean x
*   svy, subpop(if !missing(g)): proportion g
* For a part of the people, such as the base of a measure, take subpop(if ...), not fewer rows.
"""
R_CHANGES = """\
# Changes between waves, of one file: people and PSUs may be in both, and then the error of the
# change is not that of two independent waves. Keep the two waves that you compare.
#   means <- svyby(~x, ~wave_id, subset(design, !is.na(x)), svymean, covmat = TRUE)
#   change <- svycontrast(means, c(-1, 1))
"""
# Names a line, of long lists.
NAMES_A_LINE = 4


def write_r_script(
    folder: Path, study: Study, names: Mapping[str, str], suffix: str, reading: str
) -> Path:
    """Write the lines for R.

    Args:
        folder: that of the files.
        study: the study.
        names: the name in the files of each column.
        suffix: that of the files.
        reading: the call that reads a file, with `{}` for its name.
    """
    parts = [R_HEAD.format(study=study.study_id, release=study.release.release_id)]
    for design, wave_id in _waves(study):
        for weight in _weights(study, [wave_id]):
            read = reading.format(f'"{study.study_id}_{wave_id}{suffix}"')
            parts.append(
                f"# wave {wave_id}{_of_weight(study, weight)}\n"
                f"answers <- {read}\n"
                + (
                    _r_lines(design, [wave_id], weight, names, f"~{names['stratum_id']}")
                    if design.is_taylor
                    else _r_replicates(wave_id, weight, names)
                )
            )
    parts += _r_changes(study, names, suffix, reading)
    path = folder / R_SCRIPT
    path.write_text("\n".join(parts), encoding="utf-8")
    return path


def _r_lines(
    design: Design,
    waves: Sequence[str],
    weight: Weight,
    names: Mapping[str, str],
    strata: str,
) -> str:
    column = names[weight.column]
    lines = _r_sample(waves, weight, column)
    arguments = [f"ids = ~{names['psu_key']}", f"strata = {strata}", f"weights = ~{column}"]
    if design.applies_fpc:
        arguments.append(f"fpc = ~{names[POPULATION.name]}")
    lines += [
        f'options(survey.lonely.psu = "{design.lonely_psu}")',
        f"design <- svydesign({', '.join([*arguments, 'data = answers'])})",
    ]
    return "".join(f"{line}\n" for line in lines)


def _r_sample(waves: Sequence[str], weight: Weight, column: str) -> list[str]:
    if not weight.partial.intersection(waves):
        return []
    # Whoever has no weight is not of the sample that it is for.
    return [f"answers <- answers[!is.na(answers${column}), ]"]


def _r_replicates(wave_id: str, weight: Weight, names: Mapping[str, str]) -> str:
    """Give the lines for replicate weights: what each counts holds the scale of the method too."""
    column = names[weight.column]
    replicates = weight.replicates[wave_id]
    columns = _list([f'"{names[each.column]}"' for each in replicates], ",", "")
    factors = _list([repr(each.factor) for each in replicates], ",", "")
    is_around_full = weight.centres[wave_id] == AROUND_FULL_SAMPLE
    lines = [
        *_r_sample([wave_id], weight, column),
        f"replicates <- c(\n{columns}\n)",
        f"factors <- c(\n{factors}\n)",
        f"design <- svrepdesign(weights = ~{column}, repweights = answers[replicates], "
        'type = "other",',
        "  combined.weights = TRUE, scale = 1, rscales = factors, "
        f"mse = {str(is_around_full).upper()}, data = answers)",
    ]
    return "".join(f"{line}\n" for line in lines)


def _list(items: Sequence[str], separator: str, ending: str) -> str:
    """Write a long list, some items a line."""
    lines = [
        f"{separator} ".join(items[start : start + NAMES_A_LINE])
        for start in range(0, len(items), NAMES_A_LINE)
    ]
    return f"{separator}{ending}\n".join(f"  {line}" for line in lines)


def _r_changes(study: Study, names: Mapping[str, str], suffix: str, reading: str) -> Iterator[str]:
    """Give the lines for changes: of the last two waves, if they have one design."""
    for design in study.designs:
        # With a correction, the fraction sampled would be another one than that of either wave.
        if len(design.waves) == 1 or not design.is_taylor or design.applies_fpc:
            continue
        waves = design.waves[-2:]
        for weight in _weights(study, waves):
            read = reading.format(f'"{study.study_id}{suffix}"')
            kept = ", ".join(f'"{wave_id}"' for wave_id in waves)
            strata = f"~interaction({names['sample_id']}, {names['stratum_id']}, drop = TRUE)"
            yield (
                f"{R_CHANGES}# waves {' and '.join(waves)}{_of_weight(study, weight)}\n"
                f"answers <- {read}\n"
                f"answers <- answers[answers${names['wave_id']} %in% c({kept}), ]\n"
                + _r_lines(design, waves, weight, names, strata)
            )


def write_stata_script(folder: Path, study: Study, names: Mapping[str, str], suffix: str) -> Path:
    """Write the lines for Stata; takes what `write_r_script` does."""
    psu, stratum = _free("design_psu", names), _free("design_stratum", names)
    parts = [STATA_HEAD.format(study=study.study_id, release=study.release.release_id)]
    for design, wave_id in _waves(study):
        for weight in _weights(study, [wave_id]):
            column = names[weight.column]
            if not design.is_taylor:
                head = f"* wave {wave_id}{_of_weight(study, weight)}"
                use = f'use "{study.study_id}_{wave_id}{suffix}", clear'
                parts.append("\n".join([head, use, *_stata_replicates(wave_id, weight, names), ""]))
                continue
            fpc = f" fpc({names[POPULATION.name]})" if design.applies_fpc else ""
            lines = [
                f"* wave {wave_id}{_of_weight(study, weight)}",
                f'use "{study.study_id}_{wave_id}{suffix}", clear',
                *([f"drop if missing({column})"] if wave_id in weight.partial else []),
                f"egen long {psu} = group({names['psu_key']})",
                f"egen long {stratum} = group({names['stratum_id']})",
                f"svyset {psu} [pweight = {column}], strata({stratum}){fpc} "
                f"singleunit({SINGLE_UNITS[design.lonely_psu]})",
            ]
            parts.append("".join(f"{line}\n" for line in lines))
    path = folder / STATA_SCRIPT
    path.write_text("\n".join(parts), encoding="utf-8")
    return path


def _stata_replicates(wave_id: str, weight: Weight, names: Mapping[str, str]) -> list[str]:
    """Give the lines for replicate weights: as those of a jackknife, with what each counts."""
    column = names[weight.column]
    replicates = weight.replicates[wave_id]
    columns = _list([names[each.column] for each in replicates], "", " ///")
    factors = _list([repr(each.factor) for each in replicates], "", " ///")
    is_around_full = weight.centres[wave_id] == AROUND_FULL_SAMPLE
    return [
        *([f"drop if missing({column})"] if wave_id in weight.partial else []),
        f"svyset [pweight = {column}], jkrweight( ///",
        f"{columns}, ///",
        "  multiplier( ///",
        f"{factors})) ///",
        f"  vce(jackknife){' mse' if is_around_full else ''}",
    ]


def _free(wanted: str, names: Mapping[str, str]) -> str:
    """Give a name that no column has."""
    while wanted in names.values():
        wanted += "_"
    return wanted


def _waves(study: Study) -> Iterator[tuple[Design, str]]:
    of = {wave_id: design for design in study.designs for wave_id in design.waves}
    for wave in study.waves:
        yield of[wave["wave_id"]], wave["wave_id"]


def _weights(study: Study, waves: Sequence[str]) -> list[Weight]:
    return [weight for weight in study.weights if weight.waves.issuperset(waves)]


def _of_weight(study: Study, weight: Weight) -> str:
    return f", weight {weight.weight_id}" if len(study.weights) > 1 else ""


def describe_design(study: Study) -> list[str]:
    """Say in words what the design of the waves is, for the README; each a paragraph."""
    told = []
    for design in study.designs:
        waves = ", ".join(design.waves)
        named = f"waves {waves}" if len(design.waves) > 1 else f"wave {waves}"
        if not design.is_taylor:
            told.append(
                f"Sampling design of {named}: errors come from replicate weights, in the columns "
                f"that begin with {REPLICATE}. Errors made from PSUs and strata are not the "
                "published ones."
            )
            continue
        population = (
            f"{POPULATION.name} is the number of PSUs in the population of the stratum: published "
            "errors have the finite population correction (fpc) that is made with it."
            if design.applies_fpc
            else "Published errors have no finite population correction: give no fpc."
        )
        told.append(
            f"Sampling design of {named}: PSUs are psu_key, strata stratum_id. {population} A "
            f'stratum with one PSU counts as R\'s survey.lonely.psu = "{design.lonely_psu}" says.'
        )
    return told


def describe_weights(study: Study) -> list[str]:
    """Say in words which weight is which, for the README; each a paragraph."""
    if len(study.weights) == 1:
        return [f"Weight: {study.weights[0].column}."]
    return [
        "The study has several weights. The column weight is the same as that of the first:",
        *(f"{each.column}: {each.label}. {each.description}" for each in study.weights),
    ]
