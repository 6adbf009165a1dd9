"""The tables for charts as a writer of connections sees them: columns, and what each is for."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wavehouse.building.databases import opened_release
from wavehouse.encryption.databases import attach, connect
from wavehouse.errors import WavehouseError
from wavehouse.project import Project
from wavehouse.publishing.contracts import SCHEMA, primary_key
from wavehouse.publishing.releases import release_folder

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Each row of these tables is one figure with all that a chart needs to say of it.
CHARTS = ("chart_trend_estimates", "chart_trend_changes")
# Types whose values a tool offers to add up. Whole numbers of type `integer` put rows in order.
FIGURE_TYPES = ("float8", "bigint")
# Whole numbers that are figures all the same.
WHOLE_FIGURES = ("rounded_percent",)
# The sort column of each label, where the names do not say it.
SORTED_BY = {
    "segment_label": "segment_depth",
    "segment_value_label": "segment_order",
    "category_label": "category_order",
}

FIRST_TREND = """
    select study_id, measure_id, category_code
    from published.marts.chart_trend_estimates
    where segment_depth = 0 and value is not null
    group by all
    order by
        count(*) desc,
        bool_or(measure_kind = 'share') desc,
        count(*) filter (is_significant_since_previous) desc,
        study_id, measure_id, category_code
    limit 1
"""
# The place of a value is that among the values that a measure has in its study.
SEGMENT_VALUES = """
    with placed as (
        select
            study_id, measure_id, segment_id, segment_value_label,
            dense_rank() over (
                partition by study_id, measure_id, segment_id
                order by segment_order, segment_value_label
            ) as place
        from published.marts.chart_trend_estimates
    )

    select distinct
        segment_value_label, place,
        max(place) over (partition by study_id, measure_id, segment_id) as last_place
    from placed
    order by 3, 2, 1
"""


@dataclass(frozen=True)
class ChartColumn:
    """One column of a table for charts."""

    name: str
    data_type: str
    description: str
    is_key: bool

    @property
    def is_figure(self) -> bool:
        """Tell whether a tool may show it of one row only, and never sum or average it."""
        return self.data_type in FIGURE_TYPES or self.name in WHOLE_FIGURES

    @property
    def label(self) -> str:
        """Give its name as a reader sees it: `Value lower` for `value_lower`."""
        words = self.name.replace("_", " ").capitalize()
        return words.replace("Ci ", "CI ").replace(" id", " ID")

    @property
    def number_format(self) -> str:
        """Give the format of a figure, as spreadsheets and BI tools write it."""
        if self.data_type != "float8":
            return "#,##0"
        return "0.00" if self.name == "ci_level" else "#,##0.0#"


@dataclass(frozen=True)
class ChartTable:
    """One table for charts: its columns in their order, types by the names of its contract."""

    name: str
    description: str
    columns: tuple[ChartColumn, ...]

    @property
    def label(self) -> str:
        """Give its name as a reader sees it: `Trend estimates`."""
        return self.name.removeprefix("chart_").replace("_", " ").capitalize()

    @property
    def figures(self) -> tuple[ChartColumn, ...]:
        """Give the columns that need the guard."""
        return tuple(column for column in self.columns if column.is_figure)

    @property
    def facts(self) -> tuple[ChartColumn, ...]:
        """Give the columns to filter, group and sort by."""
        return tuple(column for column in self.columns if not column.is_figure)

    @property
    def date_column(self) -> str:
        """Give the date of a row, for the axis of time."""
        return next(column.name for column in reversed(self.columns) if column.data_type == "date")

    def sort_column(self, label: str) -> str | None:
        """Give the column by which the values of a label are sorted; none for one sorted by name.

        Args:
            label: the name of a column such as `wave_label`.
        """
        names = {column.name for column in self.columns}
        by_name = label.removesuffix("_label") + "_number"
        found = SORTED_BY.get(label, by_name)
        return found if label.endswith("_label") and found in names else None


@dataclass(frozen=True)
class Trend:
    """What one line of a chart shows: a category of a measure, of all respondents of a study."""

    study_id: str
    measure_id: str
    category_code: str


@dataclass(frozen=True)
class SegmentValue:
    """A value of a segment, such as an age group, and its place among the values of the segment."""

    label: str
    place: int
    last_place: int

    @property
    def in_order(self) -> str:
        """Give its name for tools that sort by names: with its place, where there are several."""
        if self.last_place == 1:
            return self.label
        return f"{self.place:0{len(str(self.last_place))}}. {self.label}"


@dataclass(frozen=True)
class ChartFacts:
    """What a dashboard must know of the published figures.

    Args:
        first: the trend to open with; None where no wave has a figure.
        values: the values of segments, each with every place that it has.
    """

    first: Trend | None
    values: tuple[SegmentValue, ...]


def guarded(column: str) -> str:
    """Give SQL for a figure of a group: the figure of its only row, and nothing for several rows.

    Args:
        column: the name of a column of figures.
    """
    return f"case when count(*) = 1 then max({column}) end"


def charts_of_manifest(manifest: dict[str, Any]) -> tuple[ChartTable, ...]:
    """Give the tables for charts as dbt read their contracts.

    Args:
        manifest: what dbt writes to `target/manifest.json`.
    """
    models = {
        node["name"]: node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["name"] in CHARTS
    }
    return tuple(_of_contract(models[name]) for name in CHARTS)


def _of_contract(model: dict[str, Any]) -> ChartTable:
    key = primary_key(model)
    return ChartTable(
        model["name"],
        model["description"].strip(),
        tuple(
            ChartColumn(
                column["name"],
                column["data_type"],
                " ".join(column["description"].split()),
                column["name"] in key,
            )
            for column in model["columns"].values()
        ),
    )


def read_published(project: Project) -> tuple[tuple[ChartTable, ...], ChartFacts]:
    """Read the tables for charts, and what a dashboard must know of them, from one release.

    The trend to open with is of all respondents. Trends of the most waves go first, then shares,
    then the one that changed most often, so that the first look shows something.

    Raises:
        WavehouseError: nothing is published, or what is published is older than these tables.
    """
    folder = release_folder(project)
    with connect() as connection:
        with opened_release(folder / "wavehouse.duckdb") as readable:
            attach(connection, readable, "published")
        tables = tuple(_read(connection, name) for name in CHARTS)
        if missing := [table.name for table in tables if not table.columns]:
            raise WavehouseError(
                f"What is published has no table {' and no table '.join(missing)}: it is of an "
                "earlier version. Run `make` first."
            )
        first = connection.execute(FIRST_TREND).fetchone()
        values = connection.execute(SEGMENT_VALUES).fetchall()
    facts = ChartFacts(
        Trend(*first) if first else None, tuple(SegmentValue(*row) for row in values)
    )
    return tables, facts


def _read(connection: "DuckDBPyConnection", name: str) -> ChartTable:
    columns = connection.execute(
        "select column_name, data_type, column_description, is_key "
        "from published.marts.dictionary_columns where table_name = ? order by column_position",
        [name],
    ).fetchall()
    comment = connection.execute(
        "select comment from duckdb_tables() where database_name = 'published' "
        "and schema_name = ? and table_name = ?",
        [SCHEMA, name],
    ).fetchone()
    return ChartTable(
        name, str((comment or ("",))[0] or ""), tuple(ChartColumn(*row) for row in columns)
    )
