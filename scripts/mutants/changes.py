"""The wrong changes: each takes a node of parsed SQL and gives what may stand in its place.

What is equivalent by construction is not made: a default of false in a condition (null is no match
either), `distinct` below a `union` or `in`, `union all` for rows with a key, `row_number` against
`rank`, the negation of a comparison that already has its `not` taken away.
"""

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from decimal import Decimal

from sqlglot import exp
from sqlglot.expressions import Expression

DIALECT = "duckdb"

# What a comparison becomes: at its boundary, and turned round.
COMPARISONS: dict[type[Expression], tuple[type[Expression], ...]] = {
    exp.GT: (exp.GTE, exp.LTE),
    exp.GTE: (exp.GT, exp.LT),
    exp.LT: (exp.LTE, exp.GTE),
    exp.LTE: (exp.LT, exp.GT),
    exp.EQ: (exp.NEQ,),
    exp.NEQ: (exp.EQ,),
    exp.NullSafeEQ: (exp.NullSafeNEQ,),
    exp.NullSafeNEQ: (exp.NullSafeEQ,),
}
# Of whole numbers, `> 1` and `>= 2` are the same: the constant moves where the boundary does not.
STEPS: dict[type[Expression], tuple[int, ...]] = {
    exp.GT: (1,),
    exp.GTE: (-1,),
    exp.LT: (-1,),
    exp.LTE: (1,),
}
FUNCTIONS: dict[type[Expression], type[Expression]] = {
    exp.Min: exp.Max,
    exp.Max: exp.Min,
    exp.Sum: exp.Max,
    exp.Avg: exp.Sum,
    exp.LogicalOr: exp.LogicalAnd,
    exp.LogicalAnd: exp.LogicalOr,
    exp.Lag: exp.Lead,
    exp.Lead: exp.Lag,
    exp.Greatest: exp.Least,
    exp.Least: exp.Greatest,
    exp.Floor: exp.Ceil,
    exp.Ceil: exp.Floor,
    exp.Add: exp.Sub,
    exp.Sub: exp.Add,
    exp.Mul: exp.Div,
    exp.Div: exp.Mul,
}
UNWRAPPED = (exp.Abs, exp.Nullif, exp.Neg)
# Numbers in these are no decisions: types, places of a column, digits of a rounding.
NO_DECISION = (exp.DataType, exp.Interval, exp.Group, exp.Limit, exp.WindowSpec, exp.Round)


@dataclass(frozen=True)
class Change:
    """One wrong change.

    Attributes:
        kind: what sort of change it is.
        node: what is replaced.
        new: what takes its place.
        before: what is changed, as SQL.
        after: what it becomes; empty for what is dropped.
    """

    kind: str
    node: Expression
    new: Expression
    before: str
    after: str


def changes_of(tree: Expression, lines: Container[int] | None = None) -> Iterator[Change]:
    """Give all changes of a tree, in the order of its text.

    Args:
        tree: parsed SQL.
        lines: those whose changes are wanted; all by default.
    """
    for node in list(tree.walk(bfs=False)):
        if lines is None or line_of(node) in lines:
            for make in MAKERS:
                yield from make(node)


def line_of(node: Expression) -> int:
    """Give the first line of what a node is made of; 0 if the parser does not say."""
    # A union begins with all that is united before.
    start = node.expression if isinstance(node, exp.SetOperation) else node
    return min((each.meta["line"] for each in start.walk() if "line" in each.meta), default=0)


def text(node: Expression | None) -> str:
    """Give a node as SQL on one line, without comments."""
    return node.sql(dialect=DIALECT, comments=False) if node else ""


def _change(kind: str, node: Expression, new: Expression) -> Change:
    return Change(kind, node, new, text(node), text(new))


def _comparisons(node: Expression) -> Iterator[Change]:
    if _is_join_key(node):
        return
    for other in COMPARISONS.get(type(node), ()):
        yield _change("comparison", node, _as(other, node))
    is_tested = isinstance(node, exp.Is | exp.In | exp.Exists | exp.Between)
    if is_tested and not isinstance(node.parent, exp.Not):
        yield _change("comparison", node, exp.Not(this=node.copy()))


def _numbers(node: Expression) -> Iterator[Change]:
    if not isinstance(node, exp.Literal) or node.is_string or node.find_ancestor(*NO_DECISION):
        return
    if isinstance(node.parent, exp.Select | exp.Exists):
        return
    steps = STEPS.get(type(node.parent), (1,))
    if isinstance(node.parent, exp.EQ | exp.NEQ):
        steps = (1, -1)
    elif node.parent and node.parent.this is node and isinstance(node.parent, tuple(STEPS)):
        steps = tuple(-step for step in steps)
    for step in steps:
        number = Decimal(node.this) + step
        new = exp.Literal.number(str(number))
        if not isinstance(node.parent, exp.Predicate):
            yield _change("number", node, new)
            continue
        before = text(node.parent)
        node.replace(new)
        after = text(new.parent)
        new.replace(node)
        yield Change("number", node, new, before, after)


def _connectors(node: Expression) -> Iterator[Change]:
    if not isinstance(node, exp.And | exp.Or):
        return
    other = exp.Or if isinstance(node, exp.And) else exp.And
    if not _in_join(node):
        sides = (
            exp.Paren(this=side.copy()) if isinstance(side, exp.Connector) else side.copy()
            for side in (node.this, node.expression)
        )
        new: Expression = other(**dict(zip(("this", "expression"), sides, strict=True)))
        if isinstance(node.parent, exp.Connector | exp.Not):
            new = exp.Paren(this=new)
        yield _change("and/or", node, new)
    for side in (node.this, node.expression):
        if not isinstance(side, type(node)):
            kind = "join key" if _in_join(node) else "condition"
            neutral = exp.Boolean(this=isinstance(node, exp.And))
            yield Change(f"{kind} dropped", side, neutral, text(side), "")


def _single_conditions(node: Expression) -> Iterator[Change]:
    """Drop a condition that stands alone; of several, each is dropped by itself."""
    if isinstance(node, exp.Where | exp.Having):
        condition, kind = node.this, "condition dropped"
    elif isinstance(node, exp.Join) and node.args.get("on"):
        condition, kind = node.args["on"], "join key dropped"
    else:
        return
    if not isinstance(condition, exp.Connector | exp.Boolean):
        yield Change(kind, condition, exp.true(), text(condition), "")


def _joins(node: Expression) -> Iterator[Change]:
    if not isinstance(node, exp.Join) or node.kind == "CROSS" or not _has_condition(node):
        return
    new = node.copy()
    new.set("kind", None)
    side = {"": "LEFT", "LEFT": "", "FULL": "LEFT", "RIGHT": ""}[node.side]
    new.set("side", side or None)
    before = f"{(node.side or 'inner').lower()} join {node.this.alias_or_name}"
    yield Change("join", node, new, before, f"{(side or 'inner').lower()} join")


def _functions(node: Expression) -> Iterator[Change]:
    other = FUNCTIONS.get(type(node))
    if other:
        yield _change("function", node, _as(other, node))
    if isinstance(node, UNWRAPPED):
        yield _change("function", node, node.this.copy())
    if isinstance(node, exp.Count) and isinstance(node.this, exp.Distinct):
        new = exp.Count(this=node.this.expressions[0].copy(), big_int=True)
        yield _change("distinct", node, new)
    elif isinstance(node, exp.Count) and not isinstance(node.this, exp.Star | exp.Literal):
        yield _change("function", node, exp.Count(this=exp.Star(), big_int=True))


def _coalesce(node: Expression) -> Iterator[Change]:
    if not isinstance(node, exp.Coalesce):
        return
    *_, last = node.expressions
    is_no_match = isinstance(last, exp.Boolean) and not last.this and _is_matched(node)
    if not is_no_match:
        shorter = node.copy()
        shorter.set("expressions", shorter.expressions[:-1])
        new = shorter if shorter.expressions else node.this.copy()
        yield _change("coalesce", node, new)
    yield _change("coalesce", node, last.copy())


def _cases(node: Expression) -> Iterator[Change]:
    if not isinstance(node, exp.Case):
        return
    branches = node.args["ifs"]
    for place, branch in enumerate(branches):
        new = node.copy()
        dropped = f"when {text(branch.this)} then {text(branch.args['true'])}"
        if len(branches) > 1:
            new.set("ifs", [each for at, each in enumerate(new.args["ifs"]) if at != place])
            yield Change("case branch dropped", node, new, dropped, "")
        else:
            yield Change("case branch always", node, branch.args["true"].copy(), dropped, "")
    default = node.args.get("default")
    if default is not None and not isinstance(default, exp.Null):
        new = node.copy()
        new.set("default", None)
        yield Change("case branch dropped", node, new, f"else {text(default)}", "")


def _negations(node: Expression) -> Iterator[Change]:
    if isinstance(node, exp.Not):
        yield _change("not dropped", node, node.this.copy())


def _windows(node: Expression) -> Iterator[Change]:
    if not isinstance(node, exp.Window):
        return
    for place, key in enumerate(node.args.get("partition_by") or []):
        new = node.copy()
        new.args["partition_by"].pop(place)
        yield Change("partition key dropped", node, new, f"{text(node.this)}: {text(key)}", "")
    if node.args.get("spec"):
        new = node.copy()
        new.set("spec", None)
        yield Change("frame dropped", node, new, text(node.args["spec"]), "")


def _orders(node: Expression) -> Iterator[Change]:
    """Turn an order round, or drop a key of it; what a query's own order is, no table keeps."""
    if not isinstance(node, exp.Order) or isinstance(node.parent, exp.Query):
        return
    for place, key in enumerate(node.expressions):
        new = node.copy()
        new.expressions[place].set("desc", not key.args.get("desc"))
        yield Change("order", node, new, text(key), text(new.expressions[place]))
        if len(node.expressions) > 1:
            new = node.copy()
            new.expressions.pop(place)
            yield Change("order key dropped", node, new, text(key), "")


def _sets(node: Expression) -> Iterator[Change]:
    """Keep rows twice, or leave out one side of a union."""
    if isinstance(node, exp.Select) and node.args.get("distinct") and not _is_set(node):
        new = node.copy()
        new.set("distinct", None)
        names = ", ".join(each.alias_or_name for each in node.expressions)
        yield Change("distinct", node, new, f"select distinct {names}", "select")
    if not isinstance(node, exp.SetOperation):
        return
    if isinstance(node, exp.Union):
        if node.args.get("distinct") and not _is_set(node):
            new = node.copy()
            new.set("distinct", False)
            yield Change("distinct", node, new, f"union {_end(node)}", "union all")
        if not isinstance(node.this, exp.Union):
            new = node.expression.copy()
            yield Change("union side dropped", node, new, _end(node.this), "")
    yield Change("union side dropped", node, node.this.copy(), _end(node.expression), "")


def _end(query: Expression) -> str:
    """Name a side of a union by what it reads."""
    tables = [table.sql(dialect=DIALECT) for table in query.find_all(exp.Table)]
    where = query.args.get("where")
    return " ".join(["from", *tables[-1:], text(where)]).strip().lower()[:150]


def _as(kind: type[Expression], node: Expression) -> Expression:
    """Give the same operands another operator or function."""
    allowed = kind.arg_types
    return kind(
        **{
            name: [each.copy() for each in value]
            if isinstance(value, list)
            else value.copy()
            if isinstance(value, Expression)
            else value
            for name, value in node.args.items()
            if name in allowed
        }
    )


def _has_condition(join: exp.Join) -> bool:
    return bool(join.args.get("on") or join.args.get("using"))


def _in_join(node: Expression) -> bool:
    """Tell whether a condition is one of those that a join lists."""
    child, parent = node, node.parent
    while isinstance(parent, exp.And | exp.Paren):
        child, parent = parent, parent.parent
    return isinstance(parent, exp.Join) and parent.args.get("on") is child


def _is_join_key(node: Expression) -> bool:
    """Tell whether it equates two columns of a join: dropped, not turned round."""
    return isinstance(node, exp.EQ | exp.NullSafeEQ) and _in_join(node)


def _is_matched(node: Expression) -> bool:
    """Tell whether it is a condition itself, or a part of one without `not`."""
    parent = node.parent
    while isinstance(parent, exp.And | exp.Or | exp.Paren):
        parent = parent.parent
    return isinstance(parent, exp.Where | exp.Having | exp.Join | exp.If)


def _is_set(node: Expression) -> bool:
    """Tell whether it does not matter that a row comes twice."""
    parent = node.parent
    while isinstance(parent, exp.Subquery | exp.Paren):
        parent = parent.parent
    if isinstance(parent, exp.SetOperation):
        return bool(parent.args.get("distinct"))
    return isinstance(parent, exp.In | exp.Exists)


MAKERS: tuple[Callable[[Expression], Iterator[Change]], ...] = (
    _comparisons,
    _numbers,
    _connectors,
    _single_conditions,
    _joins,
    _functions,
    _coalesce,
    _cases,
    _negations,
    _windows,
    _orders,
    _sets,
)
