"""How studies protect their respondents, as the codebook's `study_protections` says."""

from dataclasses import dataclass

from wavehouse.codebook.csv_files import read_csv
from wavehouse.errors import ProblemsError
from wavehouse.project import Project

TABLE = "study_protections"
PSEUDONYMS = "pseudonyms"


@dataclass(frozen=True)
class Protection:
    """What is declared for a study.

    Args:
        study_id: the study.
        respondent_ids: `pseudonyms`, `as_delivered`, or nothing, which means the same.
        key_mark: what tells whether a key is the one that the pseudonyms are made with.
        rows_until: the last day on which rows of people are kept.
        rows_days: for how many days they are kept, after the last wave.
        aggregates: `stay` or `go`, when the rows of people go.
    """

    study_id: str
    respondent_ids: str = ""
    key_mark: str = ""
    rows_until: str = ""
    rows_days: str = ""
    aggregates: str = ""

    @property
    def replaces_ids(self) -> bool:
        """Whether respondents' ids are replaced when a wave is landed."""
        return self.respondent_ids == PSEUDONYMS


def read_protections(project: Project) -> dict[str, Protection]:
    """Give what is declared, by study.

    Raises:
        ProblemsError: the table cannot be read, so nobody knows what is to be protected.
    """
    path = project.codebook / f"{TABLE}.csv"
    if not path.is_file():
        # The codebook of an older version, or of a study that is only looked at.
        return {}
    content = read_csv(path, keep_rows=True)
    if content.problems:
        name = project.relative(path)
        raise ProblemsError(
            "It is not clear how studies protect their respondents:",
            [f"{name}: {problem}" for problem in content.problems],
        )
    return {
        row["study_id"]: Protection(
            **{name: row.get(name, "") for name in Protection.__dataclass_fields__}
        )
        for row in content.rows
    }
