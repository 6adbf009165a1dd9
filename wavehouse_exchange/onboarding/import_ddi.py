"""The steps of `wavehouse import-ddi`: a study with all its waves, from a DDI codebook."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wavehouse.codebook.ids import complaint_about_wave, inside, judge_ids, shown
from wavehouse.codebook.tables import Codebook, read_codebook
from wavehouse.encryption.key import secret
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.project import Project
from wavehouse_exchange.landing.options import fitting, for_each
from wavehouse_exchange.landing.tables import AS_DELIVERED, ReadingOptions
from wavehouse_exchange.onboarding.code_rows import Naming
from wavehouse_exchange.onboarding.ddi import DdiCodebook, DdiFile, read_ddi
from wavehouse_exchange.onboarding.ddi_rows import Asked, CodeLists, variable_proposal
from wavehouse_exchange.onboarding.deliver import Placed, all_or_nothing, deliver, file_sums
from wavehouse_exchange.onboarding.draft import (
    Draft,
    Proposal,
    draft_path,
    number_proposals,
    save_draft,
)
from wavehouse_exchange.onboarding.profile import WaveProfile
from wavehouse_exchange.onboarding.question_rows import new_column_proposals
from wavehouse_exchange.onboarding.reviewing import review
from wavehouse_exchange.onboarding.texts import identifier
from wavehouse_exchange.onboarding.wave_rows import (
    StudyOptions,
    WaveOptions,
    delivery_proposal,
    design_column,
    reading_proposals,
    study_proposals,
    wave_proposal,
)

DATE_LENGTH = len("YYYY-MM-DD")
# The roles of columns in a design, as Wavehouse itself writes them; other columns have none.
DESIGN_ROLES = frozenset(
    {"respondent", "stratum", "psu", "weight", "psu_population", "interview_date"}
)


@dataclass(frozen=True)
class ImportOptions:
    """What the user says; what is left out is taken from the codebook that is read."""

    files: tuple[Path, ...] = ()
    waves: tuple[str, ...] = ()
    roles: tuple[tuple[str, str], ...] = ()
    delivered_as: str | None = None
    reading: ReadingOptions = AS_DELIVERED
    replace: bool = False


@dataclass(frozen=True)
class _Wave:
    """A wave to be: the file's description, where the file is, and what is in it."""

    wave_id: str
    described: DdiFile
    path: Path
    profile: WaveProfile


def import_ddi(project: Project, study_id: str, codebook: Path, options: ImportOptions) -> str:
    """Bring in a study with all its waves, and draft its codebook rows.

    Args:
        project: the project.
        study_id: the study's id to be.
        codebook: the DDI-Codebook file.
        options: what the user says.

    Returns:
        what to tell the user.

    Raises:
        WavehouseError: it cannot be done; nothing is left of it then.
        ProblemsError: the codebook and the files do not fit; each problem names file and line.
    """
    judge_ids(study_id, title="Nothing was imported:")
    own = read_codebook(project)
    if own.problems:
        raise ProblemsError("The codebook cannot be read:", own.problems)
    if any(row["study_id"] == study_id for row in own.rows("studies")):
        raise WavehouseError(
            f"seeds/codebook/studies.csv: study {study_id} exists already. Choose another id, or "
            f"add a wave with `wavehouse add-wave {study_id} WAVE FILE...`."
        )
    ddi = read_ddi(codebook)
    ids = _wave_ids(ddi, study_id, options)
    if draft_path(project, study_id, ids[0]).is_file() and not options.replace:
        return (
            "There is a draft already; it is left as it is (--replace makes a new one).\n"
            + review(project, study_id, ids[0])
        )
    paths = _data_files(ddi, options)
    delivered_as = options.delivered_as or (
        "seed"
        if all(path.suffix.lower() == ".csv" for path in paths) and secret() is None
        else "landing"
    )
    roles = _roles(ddi, options)
    reading = for_each(options.reading, paths)
    with all_or_nothing() as placed:
        waves = [
            _Wave(
                wave_id,
                described,
                path,
                deliver(
                    project,
                    study_id,
                    wave_id,
                    [path],
                    delivered_as,
                    roles["respondent"],
                    roles.get("weight"),
                    placed,
                    how,
                    replace=options.replace,
                ),
            )
            for wave_id, described, path, how in zip(ids, ddi.files, paths, reading, strict=True)
        ]
        told = {role for role, _ in options.roles}
        roles = {
            role: column
            for role, column in roles.items()
            # A design without strata, say, comes back with an empty column.
            if role in told or not _is_empty(column, waves)
        }
        _check_columns(ddi, waves, roles)
        proposals = _proposals(own, ddi, study_id, waves, roles, delivered_as, options.reading)
        _save(project, study_id, waves, roles, delivered_as, options.reading, proposals, placed)
    return review(project, study_id, ids[0])


def _wave_ids(ddi: DdiCodebook, study_id: str, options: ImportOptions) -> list[str]:
    if options.waves and len(options.waves) != len(ddi.files):
        raise WavehouseError(
            f"--wave is given {len(options.waves)} times, but {ddi.path} describes "
            f"{len(ddi.files)} data files. Give one wave for each file, in their order."
        )
    ids = list(options.waves)
    for described in ddi.files if not ids else ():
        stem = Path(described.name or described.label or ddi.path.name).stem
        made = described.wave_id or identifier(stem, fallback="wave").removeprefix(f"{study_id}_")
        ids.append(made.removeprefix("wave_") if made.startswith("wave_") else made)
    problems = [
        f"wave {shown(wave_id)} {complaint}. Name the waves with --wave, once for each file."
        for wave_id in ids
        if (complaint := complaint_about_wave(wave_id, study_id))
    ] + [
        f"wave {wave_id} is the id of {ids.count(wave_id)} files. Name the waves with --wave, once "
        "for each file."
        for wave_id in sorted(set(ids))
        if ids.count(wave_id) > 1
    ]
    if problems:
        raise ProblemsError("The waves need ids:", problems)
    return ids


def _data_files(ddi: DdiCodebook, options: ImportOptions) -> list[Path]:
    if options.files:
        if len(options.files) != len(ddi.files):
            raise WavehouseError(
                f"{len(options.files)} data files are given, but {ddi.path} describes "
                f"{len(ddi.files)}. Give one for each, in the order of its fileDscr elements."
            )
        return list(options.files)
    problems = []
    paths = []
    for described in ddi.files:
        path = ddi.path.parent / described.name
        # A codebook from elsewhere may name files, but not take any that it likes.
        inside(ddi.path.parent, path, f"{ddi.path}, line {described.line}: {described.name}")
        paths.append(path)
        if not described.name:
            problems.append(
                f"{ddi.path}, line {described.line}: the file has no fileName. Name the data "
                "files after the codebook."
            )
        elif not path.is_file():
            problems.append(
                f"{path}: {ddi.path.name} (line {described.line}) describes this file, but it is "
                "missing. Put it beside the codebook, or name the data files after it."
            )
    if problems:
        raise ProblemsError("Data files are missing:", problems)
    return paths


def _roles(ddi: DdiCodebook, options: ImportOptions) -> dict[str, str]:
    roles = {}
    for variable in ddi.files[0].variables:
        if variable.design_role in DESIGN_ROLES:
            roles.setdefault(variable.design_role, variable.name)
        elif variable.is_weight:
            roles.setdefault("weight", variable.name)
    roles |= dict(options.roles)
    if "respondent" not in roles:
        raise WavehouseError(
            "Name the column that identifies the respondent: --respondent COLUMN. If the file "
            "has them, also name --weight, --stratum and --psu."
        )
    return roles


def _is_empty(name: str, waves: Sequence[_Wave]) -> bool:
    columns = [wave.profile.columns.get(name) for wave in waves]
    return all(column is not None and not column.code_count for column in columns)


def _check_columns(ddi: DdiCodebook, waves: Sequence[_Wave], roles: dict[str, str]) -> None:
    """Refuse variables that are not in their file, and a design that does not fit."""
    problems = []
    for wave in waves:
        columns = wave.profile.columns
        for variable in wave.described.variables:
            if variable.name not in columns:
                alike = [name for name in columns if name.casefold() == variable.name.casefold()]
                hint = f" It has {alike[0]}." if alike else ""
                problems.append(
                    f"{ddi.path}, line {variable.line}: {wave.path.name} has no column "
                    f"{variable.name}.{hint} Correct the codebook or the file."
                )
        problems += [
            f"{wave.path.name}: --{role} {column} is not delivered in wave {wave.wave_id}."
            for role, column in roles.items()
            if column not in columns
        ]
        respondent = columns.get(roles["respondent"])
        if respondent is not None and (
            respondent.code_count < wave.profile.row_count or respondent.empty_count
        ):
            problems.append(
                f"{wave.path.name}: {respondent.name} has {respondent.code_count} different "
                f"values in {wave.profile.row_count} rows, so it does not identify respondents. "
                "Name another column with --respondent."
            )
        stated = wave.described.case_count
        if stated.isdecimal() and int(stated) != wave.profile.row_count:
            problems.append(
                f"{wave.path.name}: {wave.profile.row_count} rows, but {ddi.path.name} (line "
                f"{wave.described.line}) says {stated}. Is the file complete?"
            )
    if problems:
        raise ProblemsError("The codebook does not fit its data files:", problems)


def _proposals(
    own: Codebook,
    ddi: DdiCodebook,
    study_id: str,
    waves: Sequence[_Wave],
    roles: dict[str, str],
    delivered_as: str,
    reading: ReadingOptions,
) -> list[Proposal]:
    ids = [wave.wave_id for wave in waves]
    design_id = f"{study_id}_design"
    naming = Naming(own, study_id, ids[0])
    lists = CodeLists(naming)
    proposals = _study(own, ddi, waves[0].profile, ids[0], design_id, roles)
    for number, wave in enumerate(waves, start=1):
        proposals.append(_wave(own, ddi, wave, number, design_id, delivered_as))
        if delivered_as == "landing":
            sums = file_sums([wave.path], fitting(reading, wave.path))
            proposals.append(delivery_proposal(study_id, wave.wave_id, sums))
        proposals += reading_proposals(wave.profile.notes)
    groups: dict[str, list[Asked]] = {}
    for wave in waves:
        for variable in wave.described.variables:
            if variable.name in roles.values() or variable.design_role:
                continue
            column = wave.profile.columns[variable.name]
            key = variable.concept or variable.name
            groups.setdefault(key, []).append(Asked(wave.wave_id, variable, column))
    proposals += [variable_proposal(key, of, ids, naming, lists) for key, of in groups.items()]
    proposals += _undescribed(own, study_id, waves, roles)
    return proposals


def _study(
    own: Codebook,
    ddi: DdiCodebook,
    profile: WaveProfile,
    wave_id: str,
    design_id: str,
    roles: dict[str, str],
) -> list[Proposal]:
    study, design = study_proposals(
        profile,
        design_id,
        StudyOptions(
            ddi.title,
            roles["respondent"],
            roles.get("weight"),
            roles.get("stratum"),
            roles.get("psu"),
            ddi.producer or None,
            ddi.universe or None,
            ddi.citation or None,
            ddi.terms or None,
        ),
    )
    row = study.changes[0]["add"]
    row["description"] = ddi.abstract or row["description"]
    known = {
        rule["publication_rule_id"]
        for table in ("publication_rules", "library_publication_rules")
        for rule in own.rows(table)
    }
    for name in ("publication_rule_id", "ci_level", "adjustment_method"):
        stated = ddi.settings.get(name)
        if stated and (name != "publication_rule_id" or stated in known):
            row[name] = stated
    for name in ("lonely_psu", "applies_fpc"):
        if ddi.settings.get(name):
            design.changes[0]["add"][name] = ddi.settings[name]
    design.changes += [
        design_column(design_id, role, column)
        for role, column in roles.items()
        if role not in ("respondent", "stratum", "psu", "weight")
    ]
    unused = [
        variable
        for variable in ddi.files[0].variables
        if variable.design_role and variable.name not in roles.values()
    ]
    design.changes += [
        {
            "table": "waived_columns",
            "add": {
                "study_id": profile.study_id,
                "source_column": variable.name,
                "valid_from_wave": wave_id,
                "waiver_kind": "technical",
                "reason": f"{variable.label or variable.name}; the design does not use it.",
            },
        }
        for variable in unused
    ]
    study.changes += [
        {
            "table": "breaks",
            "add": {
                "break_id": f"{profile.study_id}_{found.wave_id}_{found.kind}",
                "study_id": profile.study_id,
                "wave_id": found.wave_id,
                "break_kind": found.kind,
                "severity": found.severity,
                "description": found.description,
            },
        }
        for found in ddi.breaks
    ]
    study.reason = f"{ddi.path.name}: read its terms of use before you pass on its data"
    return [study, design]


def _wave(
    own: Codebook, ddi: DdiCodebook, wave: _Wave, number: int, design_id: str, delivered_as: str
) -> Proposal:
    # Without cycles, dates are of the only wave.
    dates = ddi.dates.get(wave.wave_id) or (ddi.dates.get("", {}) if len(ddi.files) == 1 else {})
    whole = {event: date for event, date in dates.items() if len(date) == DATE_LENGTH}
    options = WaveOptions(
        label=wave.described.label or f"{ddi.title} {wave.wave_id}",
        date=whole.get("single") or whole.get("start") or _first_day(dates),
        fieldwork_start=whole.get("start"),
        fieldwork_end=whole.get("end"),
        expected=wave.described.case_count or None,
    )
    proposal = wave_proposal(own, wave.profile, None, options, delivered_as, design_id)
    own_sample = f"{wave.profile.study_id}_{wave.wave_id}"
    proposal.changes[0]["add"] |= {
        "wave_number": str(number),
        "sample_id": wave.described.sample_id or own_sample,
    }
    if dates and not whole:
        proposal.confidence = 0.7
        proposal.reason += "; the codebook has no day, so the first one is taken"
    return proposal


def _first_day(dates: dict[str, str]) -> str | None:
    """Make a whole date of a year or month, where that is all there is."""
    date = dates.get("single") or dates.get("start")
    return (
        f"{date}-01-01"[:DATE_LENGTH]
        if date and len(date) == len("YYYY")
        else (f"{date}-01" if date else None)
    )


def _undescribed(
    own: Codebook, study_id: str, waves: Sequence[_Wave], roles: dict[str, str]
) -> list[Proposal]:
    """Draft what files have and the codebook does not describe, at the first wave that has it."""
    described = {v.name for wave in waves for v in wave.described.variables} | set(roles.values())
    found: dict[str, list[Proposal]] = {}
    for wave in waves:
        naming = Naming(own, study_id, wave.wave_id)
        for name, column in wave.profile.columns.items():
            if name not in described and name not in found:
                found[name] = new_column_proposals(column, naming)
                proposal = found[name][0]
                proposal.confidence = min(proposal.confidence, 0.5)
                proposal.reason = f"not in the codebook; {proposal.reason}"
    return [proposal for proposals in found.values() for proposal in proposals]


def _save(
    project: Project,
    study_id: str,
    waves: Sequence[_Wave],
    roles: dict[str, str],
    delivered_as: str,
    reading: ReadingOptions,
    proposals: list[Proposal],
    placed: Placed,
) -> None:
    draft = Draft(
        study_id,
        waves[0].wave_id,
        "",
        "",
        delivered_as,
        [dict(row) for row in file_sums([wave.path for wave in waves], reading)],
        len(roles),
        number_proposals(proposals),
    )
    path = draft_path(project, study_id, waves[0].wave_id)
    placed.keep_file(path)
    placed.paths.append(path)
    save_draft(project, draft)
