"""The SQL of the models, which DuckDB takes, as Spark SQL that means the same. Nothing is passed on that is not known to mean
the same there: what is not in the lists of this module is refused, with the model and the construct.

sqlglot translates; it passes on without a word what it does not know, so what goes in and what comes out are looked through.
Running the SQL belongs in ``spark_engine``, what it computes in ``dbt_project``.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from sqlglot import ErrorLevel, exp, parse_one
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import SqlglotError

from pipelines.runtime.errors import NightlyFailed

#: Clauses and expressions that mean the same in both engines, once translated (``_rewritten``).
_KNOWN = {
    "Abs", "Add", "Alias", "And", "ArgMax", "Array", "ArrayAgg", "ArrayAppend", "ArrayContains", "ArraySort", "Between",
    "Boolean", "Bracket", "CTE", "Case", "Cast", "Coalesce", "Column", "Concat", "ConcatWs", "Count", "DPipe", "DataType",
    "DataTypeParam", "DateFromParts", "Day", "DenseRank", "Distinct", "Div", "EQ", "Except", "Exists", "Filter",
    "FirstValue", "From", "GT", "GTE", "GenerateSeries", "Greatest", "Group", "Grouping", "GroupingSets", "Having",
    "Identifier", "If", "In", "IntDiv", "Intersect", "Interval", "Is", "Join", "LT", "LTE", "Lag", "Lead", "Least",
    "Literal", "LogicalOr", "Max", "Min", "Mod", "Month", "Mul", "NEQ", "Neg", "Not", "Null", "NullSafeEQ", "NullSafeNEQ",
    "Nullif", "Or", "Order", "Ordered", "Paren", "Qualify", "Round", "RowNumber", "Select", "Split", "Star", "StartsWith",
    "Sub", "Subquery", "Sum", "Table", "TableAlias", "Tuple", "Union", "Unnest", "Values", "Var", "Where", "Window",
    "WindowSpec", "With", "Year",
}  # fmt: skip

#: Functions that may come out: each gives in Spark what the SQL that it comes of gives in DuckDB. No approximation is one.
_FUNCTIONS = {
    "abs", "array", "array_append", "array_contains", "array_sort", "bool_or", "cast", "coalesce", "collect_list", "concat",
    "concat_ws", "count", "day", "dense_rank", "exists", "explode", "first_value", "get", "greatest", "grouping", "if",
    "lag", "lead", "least", "make_date", "max", "max_by", "min", "month", "nullif", "round", "row_number", "sequence",
    "size", "split", "startswith", "sum", "to_date", "year",
}  # fmt: skip

#: Types that values may be cast to.
_TYPES = {exp.DType.VARCHAR, exp.DType.TEXT, exp.DType.INT, exp.DType.BIGINT, exp.DType.DATE,
          exp.DType.BOOLEAN, exp.DType.DECIMAL, exp.DType.DOUBLE}  # fmt: skip

#: Units whose intervals both engines add to a day in the same way.
_UNITS = {"DAY", "MONTH", "YEAR"}

#: The schema that ``recurring.<name>`` names: all that is known so far of a table that is learnt round by round.
_RECURRING = "recurring"


class _Duckdb(DuckDB):
    """Places in lists as they are written: sqlglot would count some of them from 0, those that it sees to be numbers."""

    INDEX_OFFSET = 0


class NotTranslated(NightlyFailed):
    """SQL that Spark cannot run, or would understand in another way."""


@dataclass(frozen=True)
class Question:
    """A query whose rows are to be had under a name. ``is_plain``: rows of other relations as they are, so that nothing is
    gained by keeping them; ``is_short``: made in one step, so that a view may stay one; ``is_shared``: only the query after it
    asks for them, and more than once."""

    relation: str
    sql: str
    is_plain: bool = False
    is_short: bool = False
    is_shared: bool = False


@dataclass(frozen=True)
class Learnt:
    """A table with one row per key, learnt round by round (DuckDB's ``using key``): ``base`` gives its first rows; ``step`` asks
    ``newest``, the rows that the round before has added or changed, and ``relation``, all of them; the rows that it gives take
    the places of those with their key. It ends with the round that changes nothing. Neither gives two rows of one key."""

    relation: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    base: str
    step: str
    newest: str


Step = Question | Learnt


def spark_name(relation: str) -> str:
    """The name in Spark of a relation that DuckDB's SQL names with its database or schema: ``history__extract`` of
    ``"history"."main"."extract"`` and of ``history.extract``."""
    parts = [part for part in relation.replace('"', "").split(".") if part != "main"]
    if len(parts) < 2:
        raise ValueError(relation)
    return "__".join(parts[-2:])


def translated(model: str, sql: str) -> list[Step]:
    """What Spark is to do for a query of DuckDB, in order; the last one is the query itself, under the name ``model``.

    Raises NotTranslated, which names the model and what of it is not known to mean the same.
    """
    try:
        tree = parse_one(sql, read=_Duckdb, error_level=ErrorLevel.RAISE)
        _refuse_unknown(tree)
        taken_out = list(_taken_out(tree, model))
        taken_out += list(_shared(tree, model, [step.relation for step in taken_out]))
        known = [step.relation for step in taken_out]
        is_plain = not tree.find(exp.With, exp.Join, exp.Group, exp.Window, exp.Distinct)
        return [
            *taken_out,
            Question(model, _written(tree, known), is_plain, is_short=not taken_out and not tree.find(exp.With)),
        ]
    except _Refused as refused:
        raise NotTranslated(f"Spark cannot run the model {model}: {refused}. Ask DuckDB for it.") from None
    except SqlglotError as error:
        said = re.sub(r"\x1b\[\d+m", "", str(error).partition("\n")[0])
        raise NotTranslated(f"Spark cannot run the model {model}: {said} Ask DuckDB for it.") from None


class _Refused(Exception):
    """A construct that is not known to mean the same."""


def _refuse_unknown(tree: exp.Expr) -> None:
    for node in tree.walk():
        kind = type(node).__name__
        if kind == "Anonymous":
            raise _Refused(f"the function {node.name.lower()}")
        if kind not in _KNOWN:
            raise _Refused(f"{_words(node)} ({kind})")
        for fault in _CHECKS.get(kind, _no_faults)(node):
            raise _Refused(fault)


def _words(node: exp.Expr) -> str:
    return " ".join(node.sql("duckdb", comments=False).split())[:80]


def _no_faults(_: exp.Expr) -> Iterator[str]:
    return iter(())


def _join_faults(join: exp.Expr) -> Iterator[str]:
    if join.args.get("method"):
        yield f"{str(join.args['method']).lower()} join"
    if str(join.args.get("kind")).lower() in ("semi", "anti"):
        yield f"{str(join.args['kind']).lower()} join, where in and exists say the same to everybody"


def _window_faults(window: exp.Expr) -> Iterator[str]:
    if isinstance(window.this, exp.Filter):
        yield "filter in a window"
    spec = window.args.get("spec")
    if spec and str(spec.args.get("kind")).upper() != "ROWS":
        yield f"a window over a {str(spec.args.get('kind')).lower()} of values"


def _select_faults(query: exp.Expr) -> Iterator[str]:
    select = cast(exp.Select, query)
    for column in select.expressions:
        if column.find(exp.Unnest, exp.Explode):
            yield "a list taken apart in select"
    distinct = select.args.get("distinct")
    if distinct and distinct.args.get("on"):
        yield "distinct on"
    if distinct and select.args.get("qualify"):
        yield "distinct with qualify"
    group = select.args.get("group")
    if group and (group.args.get("all") or group.args.get("totals")):
        yield "group by all"


def _in_faults(within: exp.Expr) -> Iterator[str]:
    """Where nulls are it may be unknown whether a query has a value: Spark says no then, but in a condition of where."""
    rows = within.args.get("query")
    asked = len(within.this.expressions) if isinstance(within.this, exp.Tuple) else 1
    if rows and len(rows.unnest().selects) != asked:
        yield "a row looked for among single values"
    if within.args.get("unnest") or within.args.get("field"):
        yield "a value looked for in a list by in"
    if rows and not _is_known(within, asked):
        yield "in (select …) whose answer may be unknown, where coalesce(… in (select …), false) says what is meant"


def _is_known(within: exp.Expr, asked: int) -> bool:
    """Whether an unknown answer says the same as no, where it stands."""
    node, above = within, within.parent
    is_negated = is_combined = False
    while isinstance(above, exp.Paren | exp.And | exp.Or | exp.Not):
        if (is_negated and not isinstance(above, exp.Paren | exp.And)) or (is_combined and isinstance(above, exp.Not)):
            return False
        is_negated = is_negated or isinstance(above, exp.Not)
        is_combined = is_combined or isinstance(above, exp.And | exp.Or)
        node, above = above, above.parent
    if isinstance(above, exp.Where):
        return not (is_negated and asked > 1) and isinstance(above.parent, exp.Select)
    if isinstance(above, exp.If):
        return not is_negated and above.this is node
    return (
        isinstance(above, exp.Coalesce)
        and not is_negated
        and above.this is within
        and above.expressions == [exp.false()]
    )


def _cast_faults(node: exp.Expr) -> Iterator[str]:
    if node.args["to"].this not in _TYPES:
        yield f"a cast to {node.args['to'].sql('duckdb').lower()}"
    if node.args.get("format") or node.args.get("safe"):
        yield "a cast with a format"


def _interval_faults(node: exp.Expr) -> Iterator[str]:
    unit = node.args.get("unit")
    if unit is None or unit.name.upper() not in _UNITS or not isinstance(node.this, exp.Literal):
        yield f"the interval {_words(node)}"


def _array_agg_faults(node: exp.Expr) -> Iterator[str]:
    """A list of a group is null in DuckDB where there are no rows, and holds nulls; in Spark it is empty and holds none, and it
    has no order. None of that shows where one of the sorted values that are not null is taken."""
    among = node.parent
    kept = among.expression.this if isinstance(among, exp.Filter) else None
    is_of_values = isinstance(kept, exp.Not) and kept.this == exp.Is(this=node.this, expression=exp.Null())
    taken = among.parent if among else None
    if not (is_of_values and isinstance(taken, exp.ArraySort) and isinstance(taken.parent, exp.Bracket)):
        yield "array_agg but for list_sort(array_agg(x) filter (where x is not null))[n]"


def _array_sort_faults(node: exp.Expr) -> Iterator[str]:
    if node.args.get("expression"):
        yield "list_sort in another order"


def _bracket_faults(node: exp.Expr) -> Iterator[str]:
    if len(node.expressions) != 1 or isinstance(node.expressions[0], exp.Slice | exp.PropertyEQ):
        yield f"{_words(node)} (a part of a list)"


def _split_faults(node: exp.Expr) -> Iterator[str]:
    by = node.expression
    if not (isinstance(by, exp.Literal) and by.is_string and by.name and "\\" not in by.name):
        yield "string_split by something else than a word"


def _series_faults(node: exp.Expr) -> Iterator[str]:
    step = node.args.get("step")
    value = step.this if isinstance(step, exp.Interval) else step
    if node.args.get("is_end_exclusive") or not isinstance(node.parent, exp.Unnest):
        yield "a series that is not unnest(generate_series(…))"
    if value is not None and not (isinstance(value, exp.Literal) and float(value.name) > 0):
        yield "a series of steps that are not a number larger than 0"


def _unnest_faults(node: exp.Expr) -> Iterator[str]:
    if len(node.expressions) != 1 or node.args.get("offset") or not node.args.get("alias"):
        yield "unnest of several lists, or with a place"


def _round_faults(node: exp.Expr) -> Iterator[str]:
    if node.args.get("decimals"):
        yield "round to decimals"


def _count_faults(node: exp.Expr) -> Iterator[str]:
    """DuckDB counts a row of nulls, Spark a row with any null not."""
    counted = node.this.expressions if isinstance(node.this, exp.Distinct) else [node.this]
    if len(counted) != 1 or node.expressions:
        yield "count of several columns"


def _grouping_sets_faults(node: exp.Expr) -> Iterator[str]:
    """DuckDB gives one row for () where there is nothing to group, Spark none."""
    if any(isinstance(each, exp.Tuple) and not each.expressions for each in node.expressions):
        yield "grouping sets with ()"


def _with_faults(clause: exp.Expr) -> Iterator[str]:
    with_ = cast(exp.With, clause)
    for cte in with_.expressions:
        calls_itself = any(_is_named(table, cte.alias) for table in cte.this.find_all(exp.Table))
        if with_.recursive and calls_itself and cte.this.args.get("distinct") and not cte.args.get("key_expressions"):
            yield "recursion without union all"


def _values_faults(node: exp.Expr) -> Iterator[str]:
    for row in node.expressions:
        if any(value.find(exp.Column, exp.Subquery) for value in row.expressions):
            yield "values that are no constants"


_CHECKS: dict[str, Callable[[exp.Expr], Iterator[str]]] = {
    "Join": _join_faults, "Window": _window_faults, "Select": _select_faults, "In": _in_faults, "Cast": _cast_faults,
    "Interval": _interval_faults, "ArrayAgg": _array_agg_faults, "ArraySort": _array_sort_faults, "Bracket": _bracket_faults,
    "Split": _split_faults, "GenerateSeries": _series_faults, "Unnest": _unnest_faults, "Round": _round_faults,
    "Count": _count_faults, "GroupingSets": _grouping_sets_faults, "With": _with_faults, "Values": _values_faults,
}  # fmt: skip


def _taken_out(tree: exp.Expr, model: str) -> Iterator[Step]:
    """Take the tables that are learnt by key out of a query, with the CTEs before them; each is a relation of its own then."""
    for clause in list(tree.find_all(exp.With)):
        last = max(
            (place for place, cte in enumerate(clause.expressions) if cte.args.get("key_expressions")), default=-1
        )
        names: dict[str, str] = {}
        for cte in clause.expressions[: last + 1]:
            relation = f"{model}__{cte.alias}"
            if cte.args.get("key_expressions"):
                yield _learnt(cte, relation, names)
            else:
                if cte.args["alias"].columns:
                    raise _Refused(f"named columns of {cte.alias}, which stands before using key")
                yield Question(relation, _outside(cte.this, names))
            names[cte.alias] = relation
        if names:
            _rename(cast(exp.Expr, clause.parent), names)
            _leave(clause, last + 1)


def _shared(tree: exp.Expr, model: str, known: Iterable[str]) -> Iterator[Step]:
    """Take the last CTE out of a query, with those before it, where it counts and is asked several times: Spark would count each
    time anew."""
    clause = tree.args.get("with_")
    if clause is None or clause.recursive:
        return
    cte = clause.expressions[-1]
    asked = [table for table in tree.find_all(exp.Table) if _is_named(table, cte.alias)]
    if len(asked) > 1 and cte.this.find(exp.Group) and not cte.args["alias"].columns:
        relation = f"{model}__{cte.alias}"
        counting = cte.this.copy()
        if clause.expressions[1:]:
            counting.set("with_", exp.With(expressions=[each.copy() for each in clause.expressions[:-1]]))
        yield Question(relation, _written(counting, known), is_shared=True)
        clause.pop()
        _rename(tree, {cte.alias: relation})


def _leave(clause: exp.With, taken: int) -> None:
    rest = clause.expressions[taken:]
    clause.set("expressions", rest)
    clause.set("recursive", any(_is_named(table, cte.alias) for cte in rest for table in cte.this.find_all(exp.Table)))
    if not rest:
        clause.pop()


def _learnt(cte: exp.CTE, relation: str, names: dict[str, str]) -> Learnt:
    union = cte.this
    columns = tuple(column.name for column in cte.args["alias"].columns)
    key = tuple(column.name for column in cte.args["key_expressions"])
    if not isinstance(union, exp.Union) or not union.args.get("distinct") or not columns:
        raise _Refused(f"using key of {cte.alias} without named columns, or without union")
    for part in (union.left, union.right):
        _refuse_several_rows(cast(exp.Expr, part), cte.alias, [columns.index(name) for name in key])
    newest = f"{relation}__newest"
    step = cast(exp.Expr, union.right.copy())
    for table in list(step.find_all(exp.Table)):
        if table.db == _RECURRING and table.name == cte.alias:
            _replace_table(table, relation)
    rename = names | {cte.alias: newest, relation: relation}
    return Learnt(relation, columns, key, _outside(union.left, names), _outside(step, rename), newest)


def _refuse_several_rows(query: exp.Expr, name: str, places: Sequence[int]) -> None:
    group = query.args.get("group")
    grouped = list(group.expressions) if group else []
    keys = [query.selects[place].unalias() for place in places] if isinstance(query, exp.Select) else []
    if not keys or len(keys) != len(grouped) or any(key not in grouped for key in keys):
        raise _Refused(f"using key of {name} with a query that is not grouped by the key")


def _outside(query: exp.Expr, names: dict[str, str]) -> str:
    """A query that stood in a with clause, as one that stands alone."""
    query = query.copy()
    _rename(query, names)
    return _written(query, names.values())


def _rename(query: exp.Expr, names: dict[str, str]) -> None:
    for table in list(query.find_all(exp.Table)):
        if not table.db and table.name in names:
            _replace_table(table, names[table.name])


def _is_named(table: exp.Table, name: str) -> bool:
    return not table.db and table.name == name


def _replace_table(table: exp.Table, relation: str) -> None:
    """Another name for a relation, under the alias that the columns name it by."""
    alias = table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(table.name))
    kept = {name: table.args.get(name) for name in ("joins", "laterals")}
    table.replace(exp.Table(this=exp.to_identifier(relation), alias=alias, **kept))


def _written(tree: exp.Expr, known: Iterable[str] = ()) -> str:
    """A query as Spark SQL. ``known``: names of relations that are Spark's already."""
    names = {*known, *(cte.alias for cte in tree.find_all(exp.CTE))}
    for table in list(tree.find_all(exp.Table)):
        if not table.db and table.name not in names:
            raise _Refused(f"the relation {table.name}, which has no schema")
        if table.db:
            _replace_table(table, spark_name(".".join(part for part in (table.catalog, table.db, table.name) if part)))
    tree = tree.transform(_rewritten)
    text = tree.sql("spark", unsupported_level=ErrorLevel.RAISE, comments=False)
    again = parse_one(text, read="spark")
    for call in again.find_all(exp.Func):
        name = re.match(r"(\w+)\(", call.sql("spark"))
        if name and name[1].lower() not in _FUNCTIONS:
            raise _Refused(f"the function {name[1].lower()}")
    for clause in again.find_all(exp.With):
        aliases = [each.alias for each in clause.expressions]
        for one in aliases:
            if aliases.count(one) > 1:
                raise _Refused(f"two CTEs called {one}")  # translated, a query's CTEs stand beside the outer ones
    return text


def _rewritten(node: exp.Expr) -> exp.Expr:
    """An expression that sqlglot would pass on with another meaning, as one that means in Spark what it does in DuckDB."""
    rewrite = _REWRITES.get(type(node))
    return rewrite(node) if rewrite else node


def _element(node: exp.Expr) -> exp.Expr:
    """``list[n]``: null beyond both ends, and from the end where n is negative. Spark would fail or count otherwise."""
    place, one = node.expressions[0], exp.Literal.number(1)
    if isinstance(place, exp.Literal) and place.is_int and int(place.name) > 0:
        return exp.Anonymous(this="get", expressions=[node.this, exp.Literal.number(int(place.name) - 1)])
    zero = exp.Literal.number(0)
    from_end = exp.Add(this=exp.Anonymous(this="size", expressions=[node.this.copy()]), expression=_paren(place))
    is_from_end = exp.LT(this=_paren(place), expression=zero)
    counted = exp.case().when(is_from_end, from_end).else_(exp.Sub(this=_paren(place), expression=one))
    return exp.Anonymous(this="get", expressions=[node.this, counted])


def _paren(node: exp.Expr) -> exp.Expr:
    return exp.Paren(this=node.copy())


def _contains(node: exp.Expr) -> exp.Expr:
    """Whether a list contains a value: a null in it does not matter. In Spark the answer would be null."""
    found = exp.Coalesce(this=exp.ArrayContains(this=node.this, expression=node.expression), expressions=[exp.false()])
    nothing = exp.Or(
        this=exp.Is(this=_paren(node.this), expression=exp.Null()),
        expression=exp.Is(this=_paren(node.expression), expression=exp.Null()),
    )
    return exp.case().when(exp.Not(this=exp.Paren(this=nothing)), found)


def _max_by(node: exp.Expr) -> exp.Expr:
    """The value with the largest of another one: DuckDB looks at those that are not null."""
    are_there = exp.And(
        this=exp.Not(this=exp.Is(this=_paren(node.this), expression=exp.Null())),
        expression=exp.Not(this=exp.Is(this=_paren(node.expression), expression=exp.Null())),
    )
    if isinstance(node.parent, exp.Filter):
        raise _Refused("max_by with a filter")
    return exp.Filter(this=node, expression=exp.Where(this=are_there))


def _series(node: exp.Expr) -> exp.Expr:
    """Nothing where the end is before the start. Spark would fail."""
    is_forward = exp.LTE(this=_paren(node.args["start"]), expression=_paren(node.args["end"]))
    return exp.case().when(is_forward, node).else_(exp.Array(expressions=[]))


def _int_div(node: exp.Expr) -> exp.Expr:
    """By 0: null. Spark would fail."""
    by = node.expression
    if isinstance(by, exp.Literal) and float(by.name) != 0:
        return node
    zero = exp.Literal.number(0)
    return type(node)(this=node.this, expression=exp.Nullif(this=by, expression=zero))


def _div(node: exp.Expr) -> exp.Expr:
    """A division is one of floating-point numbers, whatever is divided. By 0 it fails in Spark."""
    this, by = (exp.cast(_paren(side), exp.DType.DOUBLE) for side in (node.this, node.expression))
    return exp.Div(this=this, expression=by, typed=False, safe=False)


def _qualified(node: exp.Expr) -> exp.Expr:
    """``qualify`` as a condition on a query within: sqlglot would leave its own column in ``select *``."""
    select = cast(exp.Select, node)
    qualify = select.args.get("qualify")
    if qualify is None:
        return node
    if select.args.get("order") or select.args.get("limit"):
        raise _Refused("qualify with order by or limit")
    inner = select.copy()
    with_ = inner.args.get("with_")
    inner.set("with_", None)
    condition = inner.args["qualify"].this
    inner.set("qualify", None)
    inner.append("expressions", exp.alias_(condition, "is_qualified"))
    star = exp.Star(**{"except_": [exp.to_identifier("is_qualified")]})
    outer = exp.Select(expressions=[star]).from_(
        exp.Subquery(this=inner, alias=exp.TableAlias(this=exp.to_identifier("qualified")))
    )
    outer.set("where", exp.Where(this=exp.column("is_qualified")))
    if with_:
        outer.set("with_", with_)
    return outer


_REWRITES: dict[type[exp.Expr], Callable[[exp.Expr], exp.Expr]] = {
    exp.Bracket: _element, exp.ArrayContains: _contains, exp.ArgMax: _max_by, exp.GenerateSeries: _series, exp.IntDiv: _int_div,
    exp.Mod: _int_div, exp.Div: _div, exp.Select: _qualified,
}  # fmt: skip
