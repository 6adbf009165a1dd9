"""What a wave looks like, column by column, wherever it is kept."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb
import numpy as np

from wavehouse.encryption import parquet
from wavehouse.encryption.databases import connect
from wavehouse.escapes import sql_name, sql_text
from wavehouse.project import Project
from wavehouse_exchange.landing.documents import natural_order
from wavehouse_exchange.landing.landed import LandedWave, is_landed, read_landed
from wavehouse_exchange.landing.tables import ResponseSet

# Columns with more codes are numbers or texts: their codes are not compared one by one.
MOST_CODES = 200
# Values of a wave that are held in memory while it is profiled.
MOST_HELD = 5_000_000
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
# A column is of numbers if this part of it is, or all but so few different texts (NA, refused).
LEAST_NUMBERS_SHARE = 0.9
MOST_TEXTS_AMONG_NUMBERS = 3
FEWEST_DIFFERENT_NUMBERS = 5
# Columns with fewer different values are not looked at for what they look like.
FEWEST_VALUES_OF_A_SHAPE = 5
# Numbers that files write for missing answers: 98, 999, 997, 88, 77, -1.
RESERVED_NUMBER = re.compile(r"(-\d+|9+[6-9]|8{2,}|7{2,}|9{2,})(\.0+)?")


@dataclass(frozen=True)
class NumberSummary:
    """The numbers of a column: a few quantiles, and how many lie at the largest."""

    quantiles: tuple[float, ...]
    smallest: float
    largest: float
    share_at_largest: float
    share_below_largest: float
    count: int


@dataclass(frozen=True)
class ValueShape:
    """What the values of a column look like: parts of the rows that are filled, and means.

    `decimals` are numbers with four decimals and more, `account_numbers` are IBANs, `words` are
    texts without a digit that are no short code such as DE or USA. `single_values` is the part of
    the different values that one row has. None of them is a value.
    """

    numbers: float
    dates: float
    decimals: float
    e_mails: float
    telephones: float
    coordinates: float
    network_addresses: float
    account_numbers: float
    web_addresses: float
    words: float
    mean_words: float
    mean_digits: float
    single_values: float


@dataclass(frozen=True)
class ColumnProfile:
    """One column of a wave.

    `counts` are of codes, weighted where the wave has a weight, without those of nothing delivered;
    `row_counts` are the same without weights, and empty where there are none: see `rows_with`.
    `label_is_delivered` is false where the label is the codebook's paraphrase. Of a column of
    numbers, `reserved_counts` are the rows with numbers such as 998, which are often no answers,
    and `other_numbers` are all the others.
    """

    name: str
    label: str = ""
    value_labels: Mapping[str, str] = field(default_factory=dict)
    missing_codes: frozenset[str] = frozenset()
    counts: Mapping[str, float] = field(default_factory=dict)
    empty_count: int = 0
    row_count: int = 0
    code_count: int = 0
    numbers: NumberSummary | None = None
    label_is_delivered: bool = True
    reserved_counts: Mapping[str, float] = field(default_factory=dict)
    other_numbers: NumberSummary | None = None
    shape: ValueShape | None = None
    row_counts: Mapping[str, float] = field(default_factory=dict)

    def rows_with(self, code: str) -> str:
        """Say how many rows have a code, whatever their weights are, as in "12 rows"."""
        count = round((self.row_counts or self.counts).get(code, 0))
        return "1 row" if count == 1 else f"{count} rows"

    @property
    def weighted(self) -> str:
        """The word that texts say before shares: "weighted ", or nothing without a weight."""
        return "weighted " if self.row_counts else ""

    @property
    def is_coded(self) -> bool:
        """Whether its codes are few enough to be compared one by one."""
        return 0 < self.code_count <= MOST_CODES

    def shares(self, without: frozenset[str] = frozenset()) -> dict[str, float]:
        """Give the share of each code among those that are not missing."""
        left_out = self.missing_codes | without
        kept = {code: count for code, count in self.counts.items() if code not in left_out}
        total = sum(kept.values())
        return {code: count / total for code, count in kept.items()} if total else {}

    @property
    def number_summary(self) -> NumberSummary | None:
        """The numbers without missing codes, where these can be told apart."""
        if self.numbers is None or not self.is_coded or not self.missing_codes & set(self.counts):
            return self.numbers
        return _summary_of(
            {code: count for code, count in self.counts.items() if code not in self.missing_codes}
        )

    @property
    def answer_count(self) -> int:
        """The number of rows with something delivered."""
        return self.row_count - self.empty_count


@dataclass(frozen=True)
class WaveProfile:
    """A wave: its columns in delivered order. `effective_share` is Kish's, 1 without weights.

    `notes` are what was assumed of its files when they were read; `response_sets` the columns that
    they call one question with several answers.
    """

    study_id: str
    wave_id: str
    columns: Mapping[str, ColumnProfile]
    row_count: int
    effective_share: float = 1.0
    notes: Sequence[str] = ()
    response_sets: Sequence[ResponseSet] = ()


def _summary_of(counts: Mapping[str, float]) -> NumberSummary | None:
    numbers: dict[float, float] = {}
    for code, count in counts.items():
        try:
            numbers[float(code)] = numbers.get(float(code), 0) + count
        except ValueError:
            continue
    values = np.array(sorted(numbers))
    weights = np.array([numbers[value] for value in values])
    total = weights.sum()
    if not total:
        return None
    places = np.searchsorted(weights.cumsum() / total, np.array(QUANTILES) - 1e-12)
    near = values >= values[-1] - (values[-1] - values[0]) / 10
    return NumberSummary(
        tuple(float(value) for value in values[places]),
        float(values[0]),
        float(values[-1]),
        float(weights[-1] / total),
        float((weights[near].sum() - weights[-1]) / total),
        round(total),
    )


def labels_file(seed: Path) -> Path:
    """Give the file that keeps the labels of a wave that is a seed."""
    return seed.with_suffix(".labels.json")


def seed_file(project: Project, study_id: str, wave_id: str) -> Path:
    """Give the CSV file of a wave that is a seed, whether it is there or not."""
    return project.waves / study_id / f"{study_id}_{wave_id}.csv"


def answers_of(project: Project, study_id: str, wave_id: str) -> Path:
    """Give the file with the answers of a wave that is delivered: CSV of a seed, or Parquet."""
    seed = seed_file(project, study_id, wave_id)
    return seed if seed.is_file() else read_landed(project, study_id, wave_id).answers


def profile_wave(
    project: Project, study_id: str, wave_id: str, weight: str | None = None
) -> WaveProfile | None:
    """Profile a wave that is landed or a seed; None if it is neither.

    Args:
        project: the project.
        study_id: the study.
        wave_id: the wave.
        weight: the column of the weight, if there is one.
    """
    seed = seed_file(project, study_id, wave_id)
    if seed.is_file():
        return profile_seed(seed, study_id, wave_id, weight)
    if is_landed(project, study_id, wave_id):
        return profile_landed(read_landed(project, study_id, wave_id), weight)
    return None


def labelled_wave(project: Project, study_id: str, wave_id: str) -> WaveProfile | None:
    """Give names and labels of a wave without its counts, which cost far more; None if it is gone.

    Of a seed without labels nothing is said that the codebook does not say.
    """
    seed = seed_file(project, study_id, wave_id)
    if is_landed(project, study_id, wave_id):
        landed = read_landed(project, study_id, wave_id)
        columns = {
            column.source_column: ColumnProfile(
                column.source_column,
                column.column_label or "",
                {
                    code: known.value_label or ""
                    for code, known in landed.value_labels.get(column.source_column, {}).items()
                },
                frozenset(_declared_missing(landed, column.source_column)),
            )
            for column in landed.columns
        }
        return WaveProfile(study_id, wave_id, columns, 0)
    if not labels_file(seed).is_file():
        return None
    labels = json.loads(labels_file(seed).read_text(encoding="utf-8"))
    return WaveProfile(
        study_id,
        wave_id,
        {
            name: ColumnProfile(
                name,
                said.get("label", ""),
                said.get("value_labels", {}),
                frozenset(said.get("missing_codes", [])),
            )
            for name, said in labels.items()
        },
        0,
    )


def profile_landed(landed: LandedWave, weight: str | None = None) -> WaveProfile:
    """Profile a landed wave, with the labels that it was delivered with."""
    declared = {
        column.source_column: _declared_missing(landed, column.source_column)
        for column in landed.columns
    }
    profile = _profile_answers(
        parquet.source(landed.answers),
        landed.study_id,
        landed.wave_id,
        weight,
        declared,
    )
    columns = {}
    for column in landed.columns:
        labels = landed.value_labels.get(column.source_column, {})
        own = profile.columns[column.source_column]
        ranges = landed.missing_ranges.get(column.source_column, [])
        in_range = {code for code in own.counts if _in_ranges(code, ranges)}
        columns[column.source_column] = replace(
            own,
            label=column.column_label or "",
            value_labels={c: known.value_label or "" for c, known in labels.items()},
            missing_codes=frozenset(in_range | declared[column.source_column]),
        )
    notes = [note for file in landed.files for note in file.notes]
    return replace(profile, columns=columns, notes=notes, response_sets=landed.response_sets)


def profile_seed(seed: Path, study_id: str, wave_id: str, weight: str | None = None) -> WaveProfile:
    """Profile a CSV file, with the labels that are kept beside it, if there are any."""
    source = (
        f"read_csv({sql_text(seed)}, all_varchar = true, header = true, delim = ',', "
        "quote = '\"', escape = '\"', nullstr = '')"
    )
    profile = _profile_answers(source, study_id, wave_id, weight)
    kept = labels_file(seed)
    if not kept.is_file():
        return profile
    labels = json.loads(kept.read_text(encoding="utf-8"))
    columns = {
        name: replace(
            column,
            label=labels.get(name, {}).get("label", ""),
            value_labels=labels.get(name, {}).get("value_labels", {}),
            missing_codes=frozenset(labels.get(name, {}).get("missing_codes", [])),
        )
        for name, column in profile.columns.items()
    }
    return replace(profile, columns=columns)


def profile_source(source: str) -> Mapping[str, ColumnProfile]:
    """Profile the columns of anything that DuckDB can select from, if all of them are texts."""
    return _profile_answers(source, "", "", None).columns


def labels_text(profile: WaveProfile) -> str:
    """Write the labels of a wave the way `profile_seed` reads them."""
    content = {
        name: {
            "label": column.label,
            "value_labels": dict(column.value_labels),
            "missing_codes": sorted(column.missing_codes),
        }
        for name, column in profile.columns.items()
        if column.label or column.value_labels or column.missing_codes
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _declared_missing(landed: LandedWave, column: str) -> set[str]:
    """Give the codes that a file declares as missing one by one."""
    labels = landed.value_labels.get(column, {})
    single = {
        low
        for low, high in landed.missing_ranges.get(column, [])
        if low is not None and low == high
    }
    return {code for code, known in labels.items() if known.is_missing} | single


def _profile_answers(
    source: str,
    study_id: str,
    wave_id: str,
    weight: str | None,
    missing: Mapping[str, Collection[str]] | None = None,
) -> WaveProfile:
    with connect() as connection:
        # A CSV file is parsed once, and a small Parquet file too: a query costs three times as much
        # on the file. Of a large one each query reads only the column it needs.
        connection.execute(f"create temp view delivered as select * from {source}")
        names = [row[0] for row in connection.execute("describe delivered").fetchall()]
        is_file = not source.startswith("read_csv")
        count = "select count(*) from delivered"
        is_large = is_file and connection.execute(count).fetchall()[0][0] * len(names) > MOST_HELD
        kind = "view" if is_large else "table"
        connection.execute(f"create temp {kind} answers as select * from delivered")
        rows = connection.execute("select count(*) from answers").fetchall()[0][0]
        factor, effective = "1", 1.0
        if weight in names:
            factor = f"coalesce(try_cast({sql_name(weight or '')} as double), 0)"
            total, squares = connection.execute(
                f"select sum({factor}), sum({factor} * {factor}) from answers"
            ).fetchall()[0]
            if rows and squares:
                effective = total * total / squares / rows
        columns = {
            name: _profile_column(
                connection, name, rows, factor, sorted((missing or {}).get(name, ()))
            )
            for name in names
        }
    return WaveProfile(study_id, wave_id, columns, rows, effective)


def _profile_column(
    connection: duckdb.DuckDBPyConnection, name: str, rows: int, factor: str, missing: list[str]
) -> ColumnProfile:
    column = sql_name(name)
    code_count, filled = connection.execute(
        f"select count(distinct {column}), count({column}) from answers"
    ).fetchall()[0]
    counts: dict[str, float] = {}
    row_counts: dict[str, float] = {}
    if code_count <= MOST_CODES:
        of_codes = connection.execute(
            f"select {column}, sum({factor}), count(*) from answers where {column} is not null "
            "group by 1"
        ).fetchall()
        of_codes.sort(key=lambda row: natural_order(row[0]))
        counts = {code: weighted for code, weighted, _ in of_codes}
        row_counts = {code: count for code, _, count in of_codes} if factor != "1" else {}
    numbers = _numbers(connection, column, missing)
    reserved = _reserved(connection, column, missing) if numbers else {}
    return ColumnProfile(
        name,
        counts=counts,
        empty_count=rows - filled,
        row_count=rows,
        code_count=code_count,
        numbers=numbers,
        reserved_counts=reserved,
        other_numbers=_numbers(connection, column, [*missing, *reserved]) if reserved else None,
        shape=_shape(connection, column) if code_count >= FEWEST_VALUES_OF_A_SHAPE else None,
        row_counts=row_counts,
    )


def _shape(connection: duckdb.DuckDBPyConnection, column: str) -> ValueShape:
    """Measure what the values of a column look like."""
    date_or_time = r"\d{4}-\d\d?-\d\d?.*|\d{1,2}[./]\d{1,2}[./]\d{2,4}.*|\d{1,2}:\d\d.*"
    patterns = (
        r"-?\d+([.,]\d+)?",
        date_or_time,
        r"-?\d{1,3}[.,]\d{4,}",
        r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}",
        # With a sign that telephone numbers have, or it could be any number.
        r"(\+|00?[1-9]|\()[\d ()/.-]{6,18}\d|\d{2,4}[ /-]\d{2,4}[ /-]\d{2,6}([ /-]\d{2,4})?",
        r"-?\d{1,3}\.\d{3,}\s*[,; ]\s*-?\d{1,3}\.\d{3,}",
        r"\d{1,3}(\.\d{1,3}){3}",
        r"[A-Z]{2}\d{2}[ ]?([A-Z0-9]{4}[ ]?){2,7}[A-Z0-9]{0,4}",
        r"(?i)(https?://|www\.)\S+",
        # A small letter, four letters in a row, or two of those that stand for syllables.
        r"\D*(\p{Ll}|\p{L}{4}|[\x{3040}-\x{30ff}\x{3400}-\x{9fff}\x{ac00}-\x{d7af}]{2})\D*",
    )
    date, e_mail = patterns[1], patterns[3]
    parts = [f"avg(cast(regexp_full_match(value, {sql_text(each)}) as int))" for each in patterns]
    # Days are written like telephone numbers.
    parts[4] = (
        f"avg(cast(regexp_full_match(value, {sql_text(patterns[4])}) "
        f"and not regexp_full_match(value, {sql_text(date)}) as int))"
    )
    found = connection.execute(
        f"with filled as (select trim({column}) as value from answers where {column} is not null) "
        f"select {', '.join(parts)}, "
        f"avg(case when regexp_full_match(value, {sql_text(e_mail)}) then 1 "
        "else len(regexp_split_to_array(value, '\\s+')) end), "
        "avg(len(regexp_replace(value, '\\D', '', 'g'))), "
        "(select avg(cast(n = 1 as int)) from (select count(*) as n from filled group by value)) "
        "from filled"
    ).fetchall()[0]
    return ValueShape(*(float(part or 0) for part in found))


def _reserved(
    connection: duckdb.DuckDBPyConnection, column: str, missing: list[str]
) -> dict[str, float]:
    """Count the numbers that are often no answers."""
    rows = connection.execute(
        f"select {column}, count(*) from answers where not list_contains($missing, {column}) "
        f"and regexp_full_match({column}, {sql_text(RESERVED_NUMBER.pattern)}) group by 1",
        {"missing": missing},
    ).fetchall()
    return dict(sorted(rows, key=lambda row: natural_order(row[0])))


def _numbers(
    connection: duckdb.DuckDBPyConnection, column: str, missing: list[str]
) -> NumberSummary | None:
    """Summarise a column of which nearly everything but missing codes is a number."""
    levels = ", ".join(str(level) for level in QUANTILES)
    numbers = (
        f"with numbers as (select {column} as text, {_as_number(column)} as number from answers "
        f"where {column} is not null and not list_contains($missing, {column})) "
    )
    found = connection.execute(
        f"{numbers} select count(*), count(number), quantile_cont(number, [{levels}]), "
        "min(number), max(number), count(distinct number), "
        "count(distinct text) filter (where number is null) from numbers",
        {"missing": missing},
    ).fetchall()[0]
    filled, count, quantiles, smallest, largest, different, texts = found
    has_few_texts = texts <= MOST_TEXTS_AMONG_NUMBERS and different >= FEWEST_DIFFERENT_NUMBERS
    if not count or not (count >= LEAST_NUMBERS_SHARE * filled or has_few_texts):
        return None
    span = (largest - smallest) / 10
    at_largest, near_largest = connection.execute(
        f"{numbers} select count(*) filter (where number = $largest), "
        "count(*) filter (where number < $largest and number >= $near) from numbers",
        {"missing": missing, "largest": largest, "near": largest - span},
    ).fetchall()[0]
    return NumberSummary(
        tuple(quantiles), smallest, largest, at_largest / count, near_largest / count, count
    )


def _as_number(column: str) -> str:
    """Give the number in a column; NaN and infinity are none."""
    number = f"try_cast({column} as double)"
    return f"case when isfinite({number}) then {number} end"


def _in_ranges(code: str, ranges: list[tuple[str | None, str | None]]) -> bool:
    for low, high in ranges:
        try:
            number = float(code)
            if (low is None or float(low) <= number) and (high is None or number <= float(high)):
                return True
        except ValueError:
            if code in (low, high):
                return True
    return False
