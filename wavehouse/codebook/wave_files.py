"""Find the delivered wave files, and everything about them that would stop or mislead a build."""

from dataclasses import dataclass, field
from pathlib import Path

from wavehouse.codebook.crosswalk_codes import codes_that_stand_twice
from wavehouse.codebook.csv_files import read_csv
from wavehouse.codebook.id_problems import id_problems
from wavehouse.codebook.ids import complaint_about_study, complaint_about_wave, inside
from wavehouse.codebook.schedule import read_schedule
from wavehouse.codebook.tables import Codebook, Row, read_codebook
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.project import Project


@dataclass
class DeliveredWave:
    """A wave that is declared in the codebook and whose file is there, or that is to be landed.

    Of a landed wave `columns` are those that the codebook names: what is generated must not depend
    on what this machine has landed.
    """

    declared: Row
    columns: list[str]

    @property
    def is_landed(self) -> bool:
        """Whether the wave's place is the landing folder."""
        return is_declared_as_landed(self.declared)

    @property
    def study_id(self) -> str:
        """The study's id."""
        return self.declared["study_id"]

    @property
    def wave_id(self) -> str:
        """The wave's id, unique within the study."""
        return self.declared["wave_id"]

    @property
    def seed(self) -> str:
        """The name of the seed, which is also the file's name."""
        return f"{self.study_id}_{self.wave_id}"

    @property
    def staging_model(self) -> str:
        """The name of the staging model, which is that of the whole study."""
        return f"stg_{self.study_id}__delivered"

    @property
    def path(self) -> str:
        """The file that dbt reads, from the root of the project."""
        if self.is_landed:
            return f"landing/{self.study_id}/{self.wave_id}/answers.parquet"
        return f"seeds/waves/{self.study_id}/{self.seed}.csv"


@dataclass
class Inspection:
    """Codebook and waves together, with the problems of all their files.

    `problems` keep dbt from reading the files at all. The others need not stop a build before its
    checks have listed what they find: `reported`, because the checks list it too, and `ambiguous`,
    because the build can fail for it afterwards. `left_out` are optional studies without any wave.
    """

    codebook: Codebook
    waves: list[DeliveredWave] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    reported: list[str] = field(default_factory=list)
    ambiguous: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    @property
    def all_problems(self) -> list[str]:
        """All problems, of whatever kind."""
        return self.problems + self.reported + self.ambiguous


def inspect_files(project: Project) -> Inspection:
    """Read the codebook and every wave file, and list all problems of the files at once.

    Only what can be seen in the files themselves is judged here: unknown columns and codes are
    found by the build's tests, which know each wave's validity.
    """
    codebook = read_codebook(project)
    found = Inspection(
        codebook, problems=list(codebook.problems), ambiguous=list(codebook.ambiguous)
    )
    found.problems += id_problems(codebook)
    found.problems += read_schedule(codebook).problems
    found.reported += codes_that_stand_twice(codebook.tables)
    declared = {
        (wave["study_id"], f"{wave['study_id']}_{wave['wave_id']}"): wave
        for wave in codebook.waves()
    }
    waves_known = "waves" in codebook.tables
    studies = {wave["study_id"] for wave in codebook.waves()}
    delivered = set()
    for path in sorted(project.waves.rglob("*.csv")):
        name = project.relative(path)
        if leads_out := _leads_out(project.root, path, name):
            found.problems.append(leads_out)
            continue
        study_id = path.parent.name
        wave = declared.get((study_id, path.stem))
        if path.parent.parent != project.waves or not path.stem.startswith(f"{study_id}_"):
            found.reported.append(
                f"{name}: the name does not follow seeds/waves/<study>/<study>_<wave>.csv. "
                "Move or rename the file."
            )
        elif wave is None and waves_known:
            wave_id = path.stem.removeprefix(f"{study_id}_")
            hint = "" if study_id in studies else f", and {study_id} in studies.csv"
            remedy = f"Add it to seeds/codebook/waves.csv{hint}, or remove the file."
            draft = project.root / "drafts" / f"{path.stem}.yml"
            if draft.is_file():
                words = f"{study_id} {wave_id}"
                remedy = (
                    f"It is being brought in, and its draft is {project.relative(draft)}: go on "
                    f"with `wavehouse review {words}`, and then `wavehouse apply {words}`. To give "
                    f"it up and remove its files: `wavehouse remove-wave {words} --apply`."
                )
            found.reported.append(
                f"{name}: wave {wave_id} of study {study_id} is not declared. {remedy}"
            )
        content = read_csv(path)
        label = f" (study {study_id}, wave {wave['wave_id']})" if wave else ""
        found.problems += [f"{name}{label}: {problem}" for problem in content.problems]
        found.ambiguous += [f"{name}{label}: {problem}" for problem in content.ambiguous]
        if content.columns and not content.row_count and not content.problems:
            found.reported.append(
                f"{name}{label}: the wave is empty: its file has a header but no rows. Deliver "
                "the file again, or take the wave out of seeds/codebook/waves.csv."
            )
        if wave is not None and is_declared_as_landed(wave):
            found.reported.append(
                f"{name}{label}: the wave is declared as landed, but there is also a file of it. "
                "Remove the file, or set delivered_as in seeds/codebook/waves.csv to seed."
            )
        elif wave is not None:
            delivered.add((study_id, path.stem))
            found.waves.append(DeliveredWave(wave, content.columns))
    _add_landed_waves(project, found)
    for (study_id, stem), wave in declared.items():
        if (study_id, stem) not in delivered and not is_declared_as_landed(wave):
            found.reported.append(
                f"seeds/waves/{study_id}/{stem}.csv: wave {wave['wave_id']} of study {study_id} "
                "is declared, but its file is missing. Put the file there, or take the wave out "
                "of seeds/codebook/waves.csv."
            )
    if not found.problems:
        from wavehouse.people.kept_out import erased_in_waves
        from wavehouse.people.replaced_ids import delivered_ids_in_waves

        found.problems += erased_in_waves(project, codebook)
        found.problems += delivered_ids_in_waves(project, codebook)
        _add_expired_waivers(project, found)
    found.problems += _name_clashes(project)
    found.waves.sort(key=lambda w: (w.study_id, list(declared).index((w.study_id, w.seed))))
    return found


def _add_expired_waivers(project: Project, found: Inspection) -> None:
    """List waivers given for another label, where there are any: labels are read for it."""
    if any(row.get("column_label") for row in found.codebook.rows("waived_columns")):
        from wavehouse_exchange.onboarding.waivers import expired_waivers

        for wave, problem in expired_waivers(project, found.codebook):
            # The checks of the build know the labels of landed waves only.
            known = found.reported if is_declared_as_landed(wave) else found.ambiguous
            known.append(problem)


def is_declared_as_landed(wave: Row) -> bool:
    """Say whether the codebook expects a wave in the landing folder."""
    return wave["delivered_as"] == "landing"


def _add_landed_waves(project: Project, found: Inspection) -> None:
    """Add the waves that are declared as landed, and list those that are not there."""
    missing: dict[str, list[str]] = {}
    landed = set()
    # The models read what is known of all landed waves, declared or not.
    for folder in sorted(project.landing.glob("*/*")):
        if leads_out := _leads_out(project.landing, folder, project.relative(folder)):
            found.problems.append(leads_out)
    for wave in found.codebook.waves():
        study_id, wave_id = wave["study_id"], wave["wave_id"]
        if not is_declared_as_landed(wave):
            landed.add(study_id)
            continue
        found.waves.append(DeliveredWave(wave, found.codebook.named_columns(wave)))
        if complaint_about_study(study_id) or complaint_about_wave(wave_id, study_id):
            # Listed as a problem already; no path is made of such ids.
            continue
        answers = project.landed_wave(study_id, wave_id) / "answers.parquet"
        if leads_out := _leads_out(project.landing, answers, project.relative(answers)):
            found.problems.append(leads_out)
        elif answers.is_file():
            landed.add(study_id)
        else:
            missing.setdefault(study_id, []).append(wave_id)
    for study_id, wave_ids in missing.items():
        if study_id in found.codebook.optional_studies() - landed:
            found.left_out.append(study_id)
            continue
        found.reported += [
            f"{project.relative(project.landed_wave(study_id, wave_id))}: wave {wave_id} of study "
            f"{study_id} is declared as landed, but it is not there. Land it with `wavehouse fetch "
            f"{study_id}` or `wavehouse add-wave`, or take it out of seeds/codebook/waves.csv."
            for wave_id in wave_ids
        ]


def check_files(project: Project) -> Inspection:
    """Inspect all delivered files before a build.

    Raises:
        ProblemsError: some cannot be read, or there is no wave at all. Everything that is wrong
            with any of them is listed.
    """
    found = inspect_files(project)
    if found.problems or (found.reported and not found.waves):
        raise problems_of_files(found.all_problems)
    return found


def problems_of_files(problems: list[str]) -> ProblemsError:
    """Make the error that lists problems of files."""
    count = len(problems)
    return ProblemsError(f"{count} problem{'' if count == 1 else 's'} in the files:", problems)


def _leads_out(top: Path, path: Path, name: str) -> str | None:
    """Say that a link on the way to a file leads elsewhere; None if none does."""
    try:
        inside(top, path, name)
    except WavehouseError as error:
        return str(error)
    return None


def _name_clashes(project: Project) -> list[str]:
    """List seeds of the same name, which dbt refuses without saying what to do."""
    by_name: dict[str, list[str]] = {}
    for path in sorted(project.seeds.rglob("*.csv")):
        by_name.setdefault(path.stem, []).append(project.relative(path))
    return [
        f"{' and '.join(paths)}: seeds need different names. Rename the study or the wave."
        for paths in by_name.values()
        if len(paths) > 1
    ]
