"""What CSV on the Web says of the tables of a study: columns, types, keys, and texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wavehouse.escapes import CSV_RULE
from wavehouse_exchange.exports.answers import MISSING_PREFIX
from wavehouse_exchange.exports.published import records
from wavehouse_exchange.exports.study import Study, Variable

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

METADATA = "csv-metadata.json"
DATATYPES = {
    "VARCHAR": "string",
    "DOUBLE": "double",
    "BIGINT": "integer",
    "INTEGER": "integer",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "dateTime",
    "TIMESTAMP WITH TIME ZONE": "dateTime",
}
# Description and whether it is part of the key, by table and column of the marts.
Described = Mapping[tuple[str, str], tuple[str, bool]]
Json = dict[str, Any]


@dataclass(frozen=True)
class Table:
    """A CSV file and what the metadata say of it."""

    url: str
    title: str
    description: str
    columns: list[Json]
    primary_key: list[str]
    # Columns here, the file they refer to, and columns there.
    foreign_keys: list[tuple[list[str], str, list[str]]] = field(default_factory=list)

    @property
    def header(self) -> list[str]:
        """The names of the columns."""
        return [column["name"] for column in self.columns]


OF_A_STUDY = (["study_id"], "studies.csv", ["study_id"])
OF_A_WAVE = (["study_id", "wave_id"], "waves.csv", ["study_id", "wave_id"])
OF_A_VARIABLE = (["variable_id"], "variables.csv", ["variable_id"])
OF_A_MEASURE = (["measure_id"], "measures.csv", ["measure_id"])
OF_A_SEGMENT = (
    ["segment_id", "segment_code"],
    "segments.csv",
    ["segment_id", "segment_code"],
)
VARIABLES = "variable_id in (select variable_id from marts.dictionary_variables)"
ESTIMATED = "select {} from marts.fct_trend_estimates"


@dataclass(frozen=True)
class MartTable:
    """A public table that is exported as it is, as far as it is about the study."""

    name: str
    mart: str
    title: str
    foreign_keys: tuple[tuple[list[str], str, list[str]], ...] = ()
    condition: str = "true"

    @property
    def sql(self) -> str:
        """The query for its rows."""
        return f"select * from marts.{self.mart} where {self.condition} order by all"

    def of(self, connection: "DuckDBPyConnection", described: Described) -> Table:
        """Describe it."""
        types = connection.execute(f"describe marts.{self.mart}").fetchall()
        keys = [row[0] for row in types if described[self.mart, row[0]][1]]
        return Table(
            f"{self.name}.csv",
            self.title,
            f"Public table {self.mart} of the warehouse.",
            [
                _column(row[0], row[0], described[self.mart, row[0]][0], DATATYPES[row[1]])
                | ({"required": True} if row[0] in keys else {})
                for row in types
            ],
            keys,
            list(self.foreign_keys),
        )


TABLES = (
    MartTable("studies", "dim_study", "The study"),
    MartTable("waves", "dim_wave", "Waves of the study", (OF_A_STUDY,)),
    MartTable("variables", "dim_variable", "Variables of the study", (), VARIABLES),
    MartTable(
        "categories", "dictionary_categories", "Codes of the variables", (OF_A_VARIABLE,), VARIABLES
    ),
    MartTable(
        "questions",
        "dictionary_questions",
        "Variables as asked in each wave",
        (OF_A_WAVE, OF_A_VARIABLE),
    ),
    MartTable(
        "coverage",
        "dictionary_coverage",
        "Answers and kinds of missing, by variable and wave",
        (OF_A_WAVE, OF_A_VARIABLE),
    ),
    MartTable(
        "comparability",
        "dictionary_comparability",
        "Whether two waves of a variable may be compared",
        (OF_A_STUDY, OF_A_VARIABLE),
    ),
    MartTable(
        "measures",
        "dim_measure",
        "Measures that are estimated",
        (),
        f"measure_id in ({ESTIMATED.format('measure_id')})",
    ),
    MartTable(
        "segments",
        "dim_segment",
        "Parts of the sample that estimates are broken down by",
        (),
        f"(segment_id, segment_code) in ({ESTIMATED.format('(segment_id, segment_code)')})",
    ),
    MartTable(
        "trend_estimates",
        "fct_trend_estimates",
        "Published estimates; numbers that are suppressed are empty",
        (OF_A_WAVE, OF_A_MEASURE, OF_A_SEGMENT),
    ),
    MartTable(
        "trend_changes",
        "fct_trend_changes",
        "Published changes between waves; numbers that are suppressed are empty",
        (OF_A_STUDY, OF_A_MEASURE, OF_A_SEGMENT),
    ),
)
KINDS_SQL = (
    f"select '{MISSING_PREFIX}' || missing_kind, missing_kind, missing_label, description "
    "from missing_kinds order by place"
)


def kinds_table() -> Table:
    """Describe the list of the kinds of missing, as the answers write them."""
    columns = {
        "code": "Value in a column of answers: an underscore and the kind.",
        "missing_kind": "Kind of missing answer, as the warehouse names it.",
        "missing_label": "Name of the kind for readers.",
        "description": "What the kind means.",
    }
    return Table(
        "missing_kinds.csv",
        "Kinds of missing answers",
        "The codes that the tables of answers use for answers that are missing.",
        [_column(name, name, text, "string") for name, text in columns.items()],
        ["code"],
    )


def describe_columns(connection: "DuckDBPyConnection") -> Described:
    """Read the descriptions and keys of all public columns."""
    return {
        (row["table_name"], row["column_name"]): (row["column_description"], row["is_key"])
        for row in records(
            connection,
            "select table_name, column_name, column_description, is_key "
            "from marts.dictionary_columns",
        )
    }


def answers_table(
    connection: "DuckDBPyConnection", study: Study, wave: Json, described: Described
) -> Table:
    """Describe the answers of a wave."""
    types = {
        row[0]: row[1] for row in connection.execute("describe marts.fct_respondents").fetchall()
    }
    questions = {
        row["variable_id"]: row
        for row in records(
            connection,
            "select variable_id, question_text, universe from marts.dictionary_questions "
            "where study_id = $1 and wave_id = $2",
            [study.study_id, wave["wave_id"]],
        )
    }
    columns = [
        _column(column.name, column.name, f"{column.label}. {column.description}", "double")
        if column.weight_id is not None
        else _column(
            column.name,
            column.name,
            described["fct_respondents", column.name][0],
            DATATYPES[types[column.name]],
        )
        for column in study.columns
    ]
    columns[0]["required"] = True
    for variable in study.asked_in(wave["wave_id"]):
        question = questions.get(variable.variable_id, {})
        columns.append(_answers_column(variable, question, study))
    return Table(
        f"answers_{wave['wave_id']}.csv",
        f"{wave['wave_label']}: harmonised answers",
        "One row for each respondent. A missing answer is written as an underscore and its kind, "
        "and declared as null; missing_kinds.csv lists these values.",
        columns,
        ["respondent_key"],
        [OF_A_STUDY, OF_A_WAVE],
    )


def metadata(study: Study, tables: Sequence[Table]) -> Json:
    """Give the whole table group."""
    about = study.study
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "dc:title": about["study_label"],
        "dc:description": about["study_description"],
        "dc:creator": about["producer"],
        "dc:bibliographicCitation": about["citation"],
        "dc:rights": about["terms_of_use"],
        "dc:identifier": f"{study.study_id} {study.release.release_id}",
        "dc:issued": study.release.published_at,
        "notes": [{"dc:description": CSV_RULE}],
        "dialect": {
            "encoding": "utf-8",
            "header": True,
            "delimiter": ",",
            "quoteChar": '"',
            "doubleQuote": True,
            "lineTerminators": ["\r\n"],
        },
        "tables": [
            {
                "url": table.url,
                "dc:title": table.title,
                "dc:description": table.description,
                "tableSchema": {
                    "columns": table.columns,
                    "primaryKey": table.primary_key,
                    "foreignKeys": [
                        {
                            "columnReference": here,
                            "reference": {"resource": resource, "columnReference": there},
                        }
                        for here, resource, there in table.foreign_keys
                    ],
                },
            }
            for table in tables
        ],
    }


def _column(name: str, title: str, description: str, datatype: Any) -> Json:  # noqa: ANN401
    # The header of the file is the first title, as validators compare the two.
    titles: Any = name if title == name else [name, title]
    return {"name": name, "titles": titles, "dc:description": description, "datatype": datatype}


def _answers_column(variable: Variable, question: Json, study: Study) -> Json:
    if variable.is_numeric:
        datatype: Any = "integer" if variable.is_whole else "double"
    else:
        # Codes have no characters that a pattern would read as others.
        codes = "|".join(category.code for category in variable.categories)
        datatype = {"base": "string", "format": f"^({codes})$"}
    parts = [variable.description]
    if variable.unit:
        parts.append(f"Unit: {variable.unit}.")
    if question.get("question_text"):
        parts.append(f"Question: {question['question_text']}")
    if question.get("universe"):
        parts.append(f"Asked of: {question['universe']}.")
    column = _column(variable.column, variable.label, " ".join(parts), datatype)
    return column | {"null": ["", *(kind.code for kind in study.kinds)]}
