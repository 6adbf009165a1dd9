"""A model's statement, CTE by CTE, so that one can be changed and the rest stays as it is."""

from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import dataclass, field

import sqlglot
from sqlglot import exp
from sqlglot.expressions import Expression

from mutants.changes import DIALECT, Change, changes_of, line_of

# dbt gives a unit test's inputs as CTEs with this prefix.
FIXTURE = "__dbt__cte__"
# The part of a statement after its CTEs.
END = "(end)"


@dataclass(frozen=True, order=True)
class Key:
    """What a mutant is known by, whatever is edited elsewhere in its model.

    Attributes:
        part: the CTE it is in.
        kind: the sort of change.
        before: what is changed.
        after: what it becomes.
        nth: which of equal places in this CTE, from 1.
    """

    part: str
    kind: str
    before: str
    after: str
    nth: int = 1

    @property
    def told(self) -> str:
        """Say it in a line."""
        change = f"{self.before} -> {self.after}" if self.after else self.before
        again = f" ({self.nth})" if self.nth > 1 else ""
        return f"{self.part}: {self.kind}: {change}{again}"


@dataclass(frozen=True)
class Mutant:
    """A statement with one wrong change.

    Attributes:
        key: what it is known by.
        line: the line of the parsed text at which the change begins; 0 if the parser does not say.
        sql: the whole statement, reading fixtures as tables.
    """

    key: Key
    line: int
    sql: str


@dataclass
class Statement:
    """A statement in parts.

    Attributes:
        head: `with` or `with recursive`.
        parts: a holder of each CTE and of what comes after, by name.
        fixtures: the SQL of each of a unit test's inputs, by its name.
    """

    head: str
    parts: dict[str, Expression]
    fixtures: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, query: Expression) -> "Statement":
        """Take a parsed query apart."""
        head, parts, fixtures = "with", {}, {}
        query = query.copy()
        with_ = query.args.get("with_")
        if with_:
            head = "with recursive" if with_.recursive else "with"
            for cte in with_.expressions:
                if cte.alias.startswith(FIXTURE):
                    fixtures[cte.alias] = cte.this.sql(dialect=DIALECT)
                else:
                    parts[cte.alias] = cte
            query.set("with_", None)
        parts[END] = exp.Subquery(this=query)
        return cls(head, parts, fixtures)

    @classmethod
    def parse(cls, sql: str) -> "Statement":
        """Parse a statement and take it apart."""
        return cls.of(sqlglot.parse_one(sql, read=DIALECT))

    def sql(self) -> str:
        """Give the statement as it is, reading fixtures as tables."""
        return self._join({name: _render(name, part) for name, part in self.parts.items()})

    def mutants(self, lines: Container[int] | None = None) -> Iterator[Mutant]:
        """Give the statement with each wrong change, or with those that begin on some lines."""
        whole = {name: _render(name, part) for name, part in self.parts.items()}
        for key, change in self.changes(lines):
            rendered = _changed(key.part, self.parts[key.part], change)
            # What reads the same is the same.
            if rendered != whole[key.part]:
                sql = self._join({**whole, key.part: rendered})
                yield Mutant(key, line_of(change.node), sql)

    def changes(self, lines: Container[int] | None = None) -> Iterator[tuple[Key, Change]]:
        """Give the wrong changes, each with what it is known by."""
        for name, part in self.parts.items():
            count: Counter[tuple[str, str, str]] = Counter()
            for change in list(changes_of(part, lines)):
                told = (change.kind, change.before, change.after)
                count[told] += 1
                yield Key(name, *told, count[told]), change

    def _join(self, rendered: dict[str, str]) -> str:
        ctes = ",\n".join(text for name, text in rendered.items() if name != END)
        return f"{self.head} {ctes}\n{rendered[END]}" if ctes else rendered[END]


def _render(name: str, part: Expression) -> str:
    return (part.this if name == END else part).sql(dialect=DIALECT, comments=False)


def _changed(name: str, part: Expression, change: Change) -> str:
    """Render a part with a change, and leave the part as it was."""
    new = change.new
    change.node.replace(new)
    try:
        return _render(name, part)
    finally:
        new.replace(change.node)
