"""Conditions on people, as somebody types them. They are read, checked and written anew, never run.

    region = 'south' and not (sex = 'female' or age_group in ('18-29', '30-44'))
    age >= 30 and tv_hours between 1 and 3

A condition compares a variable with categories (`=`, `!=`, `in`) or a variable of numbers (`<`,
`<=`, `>`, `>=`, `between` too), and joins such comparisons by `and`, `or`, `not` and parentheses.
Who gave no valid answer to a variable meets no comparison with it, nor the opposite of one.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import sqlglot
from sqlglot import exp

from wavehouse.errors import WavehouseError
from wavehouse.escapes import sql_text
from wavehouse.estimating.names import listed

LONGEST = 4_000
# What is shown of one in messages.
SHORT = 120
EQUALITIES = {exp.EQ: "=", exp.NEQ: "<>"}
ORDERS = {exp.GT: ">", exp.GTE: ">=", exp.LT: "<", exp.LTE: "<="}
MAY_HOLD = (
    "It may hold =, !=, <, <=, >, >=, in (…), between … and …, and, or, not and parentheses, with "
    "a variable on the left and plain values on the right, such as region = 'south' and age >= 30"
)


@dataclass(frozen=True)
class FilterVariable:
    """A variable that a condition may name.

    Args:
        variable_id: its id.
        categories: the labels of its categories by their codes; None if it has numbers.
    """

    variable_id: str
    categories: Mapping[str, str] | None


@dataclass
class Filter:
    """A condition that was read.

    Args:
        sql: it, over columns `f1`, `f2`, …; values stand in it as parameters, `?`.
        values: the parameters in their order.
        text: it, as it was understood.
        variables: the id of the variable of each column.
        named: the codes that it names, by variable; none of numbers.
    """

    sql: str = ""
    values: list[str | float] = field(default_factory=list)
    text: str = ""
    variables: dict[str, str] = field(default_factory=dict)
    named: dict[str, list[str]] = field(default_factory=dict)


def read_filter(text: str, find: Callable[[str], FilterVariable]) -> Filter:
    """Read a condition.

    Args:
        text: the condition, as somebody typed it.
        find: gives the variable of a name; raises WavehouseError, which says what there is.

    Raises:
        WavehouseError: it is not a condition, or names what there is not.
    """
    if len(text) > LONGEST:
        raise WavehouseError(f"The filter has more than {LONGEST:,} characters. Ask for less.")
    try:
        tree = sqlglot.parse_one(text, into=exp.Condition, dialect="duckdb")
    except (sqlglot.errors.SqlglotError, RecursionError) as error:
        raise WavehouseError(f"The filter cannot be read: {_short(text)!r}. {MAY_HOLD}.") from error
    reading = _Reading(text, find, Filter())
    try:
        reading.found.sql, reading.found.text = reading.condition(tree)
    except RecursionError as error:
        raise WavehouseError("The filter is nested too deep. Ask for less.") from error
    return reading.found


@dataclass
class _Reading:
    """A condition while it is read."""

    whole: str
    find: Callable[[str], FilterVariable]
    found: Filter

    def condition(self, tree: exp.Expression) -> tuple[str, str]:
        """Give a condition as SQL and as text."""
        if isinstance(tree, exp.And | exp.Or):
            word = "and" if isinstance(tree, exp.And) else "or"
            parts = [self.condition(part) for part in (tree.this, tree.expression)]
            return tuple(f" {word} ".join(each) for each in zip(*parts, strict=True))  # type: ignore[return-value]
        if isinstance(tree, exp.Paren):
            sql, text = self.condition(tree.this)
            return f"({sql})", f"({text})"
        if isinstance(tree, exp.Not):
            sql, text = self.condition(tree.this)
            return f"not ({sql})", f"not {text}"
        if type(tree) in EQUALITIES or type(tree) in ORDERS:
            return self._comparison(tree)
        if (
            isinstance(tree, exp.In)
            and tree.expressions
            and set(tree.args)
            <= {
                "this",
                "expressions",
            }
        ):
            return self._list(tree)
        if isinstance(tree, exp.Between):
            return self._between(tree)
        raise self._refused(tree)

    def _comparison(self, tree: exp.Expression) -> tuple[str, str]:
        variable, column = self._variable(tree.this)
        sign = {**EQUALITIES, **ORDERS}[type(tree)]
        if variable.categories is not None and type(tree) in ORDERS:
            raise WavehouseError(
                f"The filter compares {variable.variable_id} by {sign}, but it has categories, "
                f"which have no order. Use = or in: {_listed(variable)}."
            )
        value, mark = self._value(variable, tree.expression)
        return f"{column} {sign} {mark}", f"{variable.variable_id} {sign} {value}"

    def _list(self, tree: exp.In) -> tuple[str, str]:
        variable, column = self._variable(tree.this)
        values, marks = zip(
            *(self._value(variable, each) for each in tree.expressions), strict=True
        )
        return (
            f"{column} in ({', '.join(marks)})",
            f"{variable.variable_id} in ({', '.join(values)})",
        )

    def _between(self, tree: exp.Between) -> tuple[str, str]:
        variable, column = self._variable(tree.this)
        if variable.categories is not None:
            raise WavehouseError(
                f"The filter compares {variable.variable_id} by between, but it has categories, "
                f"which have no order. Use = or in: {_listed(variable)}."
            )
        (low, first), (high, last) = (
            self._value(variable, tree.args[name]) for name in ("low", "high")
        )
        return (
            f"{column} between {first} and {last}",
            f"{variable.variable_id} between {low} and {high}",
        )

    def _variable(self, tree: exp.Expression) -> tuple[FilterVariable, str]:
        if not isinstance(tree, exp.Column) or not isinstance(tree.this, exp.Identifier):
            raise self._refused(tree)
        if tree.args.keys() - {"this"} and any(
            tree.args[name] for name in tree.args if name != "this"
        ):
            raise self._refused(tree)
        variable = self.find(tree.name)
        places = self.found.variables
        column = next(
            (name for name, known in places.items() if known == variable.variable_id),
            f"f{len(places) + 1}",
        )
        places[column] = variable.variable_id
        self.found.named.setdefault(variable.variable_id, [])
        return variable, column

    def _value(self, variable: FilterVariable, tree: exp.Expression) -> tuple[str, str]:
        """Take a value to be bound; give it as text, and what stands for it."""
        sign = ""
        if isinstance(tree, exp.Neg):
            sign, tree = "-", tree.this
        if not isinstance(tree, exp.Literal) or (sign and tree.is_string):
            raise self._refused(tree)
        word = f"{sign}{tree.this}"
        if variable.categories is None:
            if tree.is_string or not math.isfinite(float(word)):
                raise WavehouseError(
                    f"The filter compares {variable.variable_id}, which has numbers, with {word!r}."
                )
            return word, self._bound(float(word))
        if word not in variable.categories:
            raise WavehouseError(
                f"The filter names {word!r}, which is no category of {variable.variable_id}. "
                f"It has: {_listed(variable)}."
            )
        self.found.named[variable.variable_id].append(word)
        return sql_text(word), self._bound(word)

    def _bound(self, value: object) -> str:
        self.found.values.append(value)
        kind = "varchar" if isinstance(value, str) else "double precision"
        return f"cast(${len(self.found.values)} as {kind})"

    def _refused(self, tree: exp.Expression) -> WavehouseError:
        part = _short(tree.sql(dialect="duckdb"))
        return WavehouseError(f"The filter holds what it may not: {part}. {MAY_HOLD}.")


def _short(text: str) -> str:
    return text if len(text) <= SHORT else f"{text[:SHORT]}…"


def _listed(variable: FilterVariable) -> str:
    return listed(f"{code!r} ({label})" for code, label in (variable.categories or {}).items())
