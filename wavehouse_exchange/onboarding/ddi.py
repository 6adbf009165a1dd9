"""Read a codebook in DDI-Codebook (2.5, 2.1 or 1.2.2): what archives deliver beside their data.

Elements are known by their names whatever their namespace, since older versions have none. What
Wavehouse itself writes as `concept` and `notes` (wavehouse_exchange/exports/ddi.py) is read back;
files of others do without.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse_exchange.onboarding.texts import kind_of_missing

MISSING_KINDS = ("not_asked", "not_applicable", "dont_know", "refused", "no_answer", "invalid")
# What Wavehouse writes into `concept` to say what a column is.
VARIABLE, DESIGN_ROLE = "variable", "design role"

Element = etree._Element


@dataclass(frozen=True)
class DdiCategory:
    """A code of a variable; `missing_kind` is empty for answers, `is_sure` whether it is stated."""

    code: str
    label: str
    missing_kind: str = ""
    is_sure: bool = True


@dataclass(frozen=True)
class DdiBreak:
    """A break in words; `wave_id` is empty where it is that of the variable it stands at."""

    wave_id: str
    kind: str
    severity: str
    description: str


@dataclass(frozen=True)
class DdiVariable:
    """A variable of a file. Texts are empty and numbers None where the codebook does not say.

    `concept` is the variable that it shows or its role in the design, in Wavehouse's own files.
    """

    name: str
    line: int
    label: str = ""
    question: str = ""
    universe: str = ""
    description: str = ""
    categories: tuple[DdiCategory, ...] = ()
    invalid_values: tuple[str, ...] = ()
    is_numeric: bool = False
    lower_bound: str = ""
    upper_bound: str = ""
    decimals: str = ""
    unit: str = ""
    is_weight: bool = False
    concept: str = ""
    design_role: str = ""
    code_list: tuple[str, str] = ("", "")
    breaks: tuple[DdiBreak, ...] = ()

    @property
    def answers(self) -> tuple[DdiCategory, ...]:
        """The codes that are answers."""
        return tuple(category for category in self.categories if not category.missing_kind)


@dataclass(frozen=True)
class DdiFile:
    """A data file, which becomes a wave. `wave_id` is empty where the codebook names none."""

    name: str
    line: int
    label: str = ""
    wave_id: str = ""
    sample_id: str = ""
    case_count: str = ""
    variables: tuple[DdiVariable, ...] = ()


@dataclass(frozen=True)
class DdiCodebook:
    """A study as its codebook describes it; `dates` are by wave, each date by its event.

    `settings` are what Wavehouse notes of the estimation, by name.
    """

    path: Path
    title: str
    producer: str = ""
    citation: str = ""
    terms: str = ""
    universe: str = ""
    abstract: str = ""
    files: tuple[DdiFile, ...] = ()
    dates: dict[str, dict[str, str]] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    breaks: tuple[DdiBreak, ...] = ()


def read_ddi(path: Path) -> DdiCodebook:
    """Read a codebook.

    Args:
        path: the XML file.

    Raises:
        WavehouseError: it is not there, no XML, or no DDI-Codebook.
        ProblemsError: parts of it contradict one another, each named with its line.
    """
    root = _parse(path)
    study = _first(root, "stdyDscr")
    if _name(root) != "codeBook" or study is None:
        raise WavehouseError(
            f"{path}: the root element is {_name(root)}, not codeBook with a stdyDscr. Give a "
            "file in DDI-Codebook; convert DDI-Lifecycle first."
        )
    problems: list[str] = []
    files = _files(path, root, problems)
    if problems:
        raise ProblemsError(f"{path} cannot be read as a codebook:", problems)
    title = _text(_first(study, "citation", "titlStmt", "titl")) or path.stem
    return DdiCodebook(
        path,
        title,
        producer=_text(_first(study, "citation", "prodStmt", "producer"))
        or _text(_first(study, "citation", "rspStmt", "AuthEnty")),
        citation=_text(_first(study, "citation", "biblCit")),
        terms=_text(_first(study, "dataAccs", "useStmt", "conditions"))
        or _text(_first(study, "dataAccs", "useStmt", "restrctn")),
        universe=_text(_first(study, "stdyInfo", "sumDscr", "universe")),
        abstract=_text(_first(study, "stdyInfo", "abstract")),
        files=tuple(files),
        dates=_dates(study),
        settings={
            note.get("subject", ""): _text(note)
            for note in study.iter("{*}notes")
            if note.get("type") in ("design", "estimation")
        },
        breaks=tuple(_breaks(study)),
    )


def _parse(path: Path) -> Element:
    # Nothing is fetched and no entity is expanded: codebooks come from anywhere.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        return etree.parse(str(path), parser).getroot()
    except OSError as error:
        raise WavehouseError(f"{path}: there is no such file. Correct its name.") from error
    except etree.XMLSyntaxError as error:
        raise WavehouseError(
            f"{path}: the file cannot be read as XML: {error.msg}. Repair it."
        ) from error


def _files(path: Path, root: Element, problems: list[str]) -> list[DdiFile]:
    described = [child for child in root if _name(child) == "fileDscr"]
    variables: dict[str, list[DdiVariable]] = {}
    known = {element.get("ID") or "" for element in described}
    for data in root:
        if _name(data) != "dataDscr":
            continue
        for element in _children(data, "var"):
            found = _variable(path, element, problems)
            named = (element.get("files") or "").split()
            for location in _children(element, "location"):
                named += [location.get("fileid") or ""]
            lost = [name for name in named if name and name not in known]
            problems += [
                f"{path}, line {element.sourceline}: var {found.name} is in file {name}, but no "
                "fileDscr has this ID. Correct one of the two."
                for name in lost
            ]
            if not any(named) and len(described) > 1:
                problems.append(
                    f"{path}, line {element.sourceline}: var {found.name} does not say in which of "
                    f"the {len(described)} files it is. Add the attribute files."
                )
            default = next(iter(known)) if len(known) == 1 else ""
            for name in dict.fromkeys([name for name in named if name] or [default]):
                variables.setdefault(name, []).append(found)
    files = []
    for element in described or [root]:
        key = (element.get("ID") or "") if described else ""
        of_file = variables.get(key, [])
        names = [variable.name for variable in of_file]
        for name in sorted({name for name in names if names.count(name) > 1}):
            problems.append(
                f"{path}: file {key or 'without ID'} has {names.count(name)} variables {name}. "
                "Rename all but one."
            )
        if not of_file:
            problems.append(
                f"{path}, line {element.sourceline}: no var belongs to this file. A codebook "
                "needs the variables of each of its files."
            )
        notes = {
            note.get("subject"): _text(note)
            for note in (_children(element, "notes") if described else [])
            if note.get("type") == "wave"
        }
        files.append(
            DdiFile(
                _text(_first(element, "fileTxt", "fileName")) if described else "",
                element.sourceline or 0,
                _text(_first(element, "fileTxt", "fileCont")) if described else "",
                notes.get("wave_id", ""),
                notes.get("sample_id", ""),
                _text(_first(element, "fileTxt", "dimensns", "caseQnty")) if described else "",
                tuple(of_file),
            )
        )
    return files


def _variable(path: Path, element: Element, problems: list[str]) -> DdiVariable:
    name = element.get("name") or element.get("ID") or ""
    if not name:
        problems.append(f"{path}, line {element.sourceline}: a var has no name. Add it.")
    concept = _first(element, "concept")
    vocabulary = concept.get("vocab") if concept is not None else None
    bounds = _first(element, "valrng", "range")
    notes = {
        (note.get("type"), note.get("subject") or ""): _text(note)
        for note in _children(element, "notes")
    }
    variable_format = _first(element, "varFormat")
    is_text = variable_format is not None and variable_format.get("type") == "character"
    categories = tuple(_categories(element))
    return DdiVariable(
        name,
        element.sourceline or 0,
        _text(_first(element, "labl")),
        _text(_first(element, "qstn", "qstnLit")),
        _text(_first(element, "universe")),
        _text(_first(element, "txt")),
        categories,
        tuple(
            item.get("VALUE") or ""
            for place in _children(element, "invalrng")
            for item in _children(place, "item")
        ),
        is_numeric=not is_text
        and (element.get("intrvl") == "contin" or not any(not c.missing_kind for c in categories)),
        lower_bound=(bounds.get("min") or "") if bounds is not None else "",
        upper_bound=(bounds.get("max") or "") if bounds is not None else "",
        decimals=element.get("dcml") or "",
        unit=notes.get(("unit", ""), ""),
        is_weight=element.get("wgt") == "wgt",
        concept=_text(concept) if vocabulary == VARIABLE else "",
        design_role=_text(concept) if vocabulary == DESIGN_ROLE else "",
        code_list=(
            notes.get(("code list", "code_list_id"), ""),
            notes.get(("code list", "label"), ""),
        ),
        breaks=tuple(_breaks(element)),
    )


def _categories(element: Element) -> Iterator[DdiCategory]:
    for category in _children(element, "catgry"):
        code = _text(_first(category, "catValu"))
        if not code:
            # A group of categories, or a row of totals.
            continue
        label = _text(_first(category, "labl"))
        kind, is_sure = "", True
        if category.get("missing") == "Y":
            stated = category.get("missType") or ""
            guess = kind_of_missing(label)
            kind = stated if stated in MISSING_KINDS else guess[0] if guess else "no_answer"
            is_sure = stated in MISSING_KINDS or guess is not None
        yield DdiCategory(code, label, kind, is_sure)


def _breaks(parent: Element) -> Iterator[DdiBreak]:
    for note in _children(parent, "notes"):
        words = (note.get("subject") or "").split()
        if note.get("type") == "break" and len(words) == 3:
            yield DdiBreak(*words, _text(note))


def _dates(study: Element) -> dict[str, dict[str, str]]:
    """Give the dates of each wave: `single`, `start` and `end` of collection or of the period."""
    dates: dict[str, dict[str, str]] = {}
    for tag in ("timePrd", "collDate"):
        for element in study.iter(f"{{*}}{tag}"):
            found = re.match(r"\d{4}(-\d\d(-\d\d)?)?", element.get("date") or _text(element))
            if found:
                wave = dates.setdefault(element.get("cycle") or "", {})
                wave.setdefault(element.get("event") or "single", found[0])
    return dates


def _name(element: Element) -> str:
    return etree.QName(element).localname


def _children(parent: Element, tag: str) -> list[Element]:
    return [child for child in parent if isinstance(child.tag, str) and _name(child) == tag]


def _first(parent: Element, *tags: str) -> Element | None:
    """Follow a path of children, the first of each name."""
    for tag in tags:
        found = _children(parent, tag)
        if not found:
            return None
        parent = found[0]
    return parent


def _text(element: Element | None) -> str:
    """Give the text of an element and all in it, with single blanks."""
    return "" if element is None else " ".join("".join(element.itertext()).split())
