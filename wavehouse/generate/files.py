"""Bring the generated files up to date, or tell which are not."""

from pathlib import Path, PurePosixPath

from wavehouse.codebook.ids import inside
from wavehouse.codebook.tables import DESCRIPTIONS
from wavehouse.codebook.wave_files import Inspection, check_files
from wavehouse.errors import ProblemsError
from wavehouse.generate.entity_diagram import draw_entities
from wavehouse.generate.generators import expected_files
from wavehouse.generate.text import BROUGHT, Texts
from wavehouse.generated import is_generated_file
from wavehouse.product import CODEBOOK
from wavehouse.project import Project
from wavehouse.writing import explained, write_whole


def compare(project: Project, texts: Texts) -> tuple[list[str], list[str], list[str]]:
    """Tell the generated files on disk from the expected ones.

    Returns:
        paths of missing files, of stale ones, and of superseded ones: files that carry the marker
        and that nothing in the codebook asks for any more.

    Raises:
        ProblemsError: a file written by hand stands where a generated one belongs.
        WavehouseError: a link leads out of the project.
    """
    missing, stale, by_hand = [], [], []
    for path, text in sorted(texts.items()):
        file = inside(project.root, project.root / path, str(path))
        if not file.exists():
            missing.append(str(path))
        elif not is_generated_file(file):
            by_hand.append(f"{path}: rename or remove the file; a generated file needs this name.")
        elif file.read_bytes() != text.encode():
            stale.append(str(path))
    if by_hand:
        raise ProblemsError("Files written by hand would be overwritten:", by_hand)
    expected = set(map(str, texts))
    superseded = [
        name
        for file in _candidates(project)
        if (name := project.relative(file)) not in expected and is_generated_file(file)
    ]
    return missing, stale, superseded


def generate(project: Project, found: Inspection | None = None) -> list[str]:
    """Bring all generated files up to date.

    Args:
        project: the project.
        found: what `check_files` gave, if it was called already.

    Returns:
        one line for each file changed; none if everything was up to date.

    Raises:
        ProblemsError: see `check_files` and `compare`; nothing is changed then.
    """
    texts = _expected(project, found or check_files(project))
    missing, stale, superseded = compare(project, texts)
    for name in missing + stale:
        write_whole(project.root / name, texts[PurePosixPath(name)])
    for name in superseded:
        file = project.root / name
        with explained(file):
            file.unlink()
            if not any(file.parent.iterdir()):
                file.parent.rmdir()
    return _changes(missing, stale, superseded)


def check_generated(project: Project) -> None:
    """Make sure that all generated files are up to date.

    Raises:
        ProblemsError: the files that are not, or see `check_files` and `compare`.
    """
    texts = _expected(project, check_files(project))
    changes = _changes(*compare(project, texts))
    if changes:
        raise ProblemsError("Generated files are out of date; run `make generate`:", changes)


def _expected(project: Project, found: Inspection) -> Texts:
    texts = expected_files(found)
    if project.is_own:
        texts |= _brought(project)
    elif not found.waves:
        # What there is even before the first wave stands beside models of ours, or is not needed.
        texts = {
            path: text for path, text in texts.items() if (project.root / path.parent).is_dir()
        }
    return {**texts, **draw_entities(project, texts)}


def _brought(project: Project) -> Texts:
    """Give what dbt reads only beside what it describes: the descriptions of the codebook."""
    text = (project.product / CODEBOOK / DESCRIPTIONS).read_text(encoding="utf-8")
    return {PurePosixPath("seeds/codebook", DESCRIPTIONS): f"# {BROUGHT}\n{text}"}


def _candidates(project: Project) -> list[Path]:
    patterns = [
        (project.seeds, "*.yml"),
        (project.models, "*.yml"),
        (project.models, "*.sql"),
        (project.docs, "*.md"),
        (project.docs, "*.svg"),
    ]
    return sorted(file for folder, pattern in patterns for file in folder.rglob(pattern))


def _changes(missing: list[str], stale: list[str], superseded: list[str]) -> list[str]:
    return [
        *(f"{name}: missing" for name in missing),
        *(f"{name}: stale" for name in stale),
        *(f"{name}: no longer needed" for name in superseded),
    ]
