"""Queries that are put together once a process, and asked with other values each time.

The visibility rule (`forum.permissions`) is long: Django takes some twenty milliseconds to put such a query together,
the database five to plan it, and half of one to answer it. Here the very same queryset is built for nobody in
particular (`Reader`), turned into SQL once, and asked with the person, the time and what else holds now. So the rule is
in the query still, and said in one place. PostgreSQL keeps the plan with the connection.

Whatever a builder reads while it builds is built in. So it gets `Given`s for all that differs between two askings, and
takes the time and the day from `now_of` and `today_of`; `tests/forum/test_prepared.py` asserts that no time, day or
person is built in.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple, cast
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.backends.signals import connection_created
from django.db.models import (
    BigIntegerField,
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    Field,
    Func,
    Model,
    QuerySet,
    Value,
)
from django.db.models.expressions import RawSQL
from django.db.models.query import ModelIterable, get_related_populators
from django.dispatch import receiver
from django.utils import timezone

from forum.pseudonyms import aliases_are_possible, owner_digest

Builder = Callable[..., "QuerySet[Any, Any]"]
Row = Any


class Place:
    """Where a value goes among a query's parameters."""

    __slots__ = ("field", "name")

    def __init__(self, name: str, field: "Field[Any, Any]") -> None:
        self.name, self.field = name, field


class Given(Value):
    """A value that is told when the query is asked."""

    def __init__(self, name: str, output_field: "Field[Any, Any]") -> None:
        super().__init__(name, output_field=output_field)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        place = [Place(self.value, self.output_field)]
        # PostgreSQL plans before it sees a value, and must be told of what type it will be.
        sql = f"%s::{self.output_field.db_type(connection)}" if connection.vendor == "postgresql" else "%s"
        return sql, place


class Several:
    """Given values of which there are more or fewer each time: the builder gets a list of them.

    The list is a little longer than it need be, filled with the last value again, so that few lengths are put together.
    """

    def __init__(self, field: "Field[Any, Any]") -> None:
        self.field = field

    @staticmethod
    def length(count: int) -> int:
        return 4 ** max(1, -(-(max(count, 1) - 1).bit_length() // 2))


class Each(Several):
    """Several, of which there are few and each is dear: the list is as long as it need be."""

    @staticmethod
    def length(count: int) -> int:
        return count


class _NumbersField(Field):
    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        start, end = "{}" if connection.vendor == "postgresql" else "[]"
        return f"{start}{','.join(map(str, value))}{end}"  # as text: an array of a thousand takes the driver long


class Numbers(Given):
    """However many given numbers, as one value."""

    def __init__(self, name: str) -> None:
        super().__init__(name, _NumbersField())

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        rows = "ANY(%s::bigint[])" if connection.vendor == "postgresql" else "(SELECT value FROM json_each(%s))"
        return rows, [Place(self.value, self.output_field)]


class Among(Func):
    """Whether a column holds one of `Numbers`, as a condition. The numbers are looked up one by one in its index."""

    template = "%(expressions)s"
    arg_joiner = " IN "
    output_field = BooleanField()

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return self.as_sql(compiler, connection, arg_joiner=" = ")


def key_of(name: str) -> ExpressionWrapper:
    """A foreign key as a number, to be asked for among `Several`: Django's own `…__in` takes no `Given`."""
    return ExpressionWrapper(F(name), output_field=BigIntegerField())


class Reader(Given):
    """Stands for an active person in `forum.permissions`."""

    is_authenticated = is_active = True
    is_superuser: bool
    """Where a rule branches by it, a builder must be told it as one of its ways."""

    def __init__(self) -> None:
        super().__init__("person", BigIntegerField())
        self.pk = self
        self.owner = Given("owner", CharField())
        self.now = Given("now", DateTimeField())
        self.today = Given("today", DateField())
        self.facts: dict[str, Exists] | None = None
        """What is asked of the person alone, by the name of its table, where several queries are asked as one."""


def once(user: Any, name: str, condition: Exists) -> Any:
    """A condition about the person alone. `Together` asks the database once, however often the rule names it."""
    if not isinstance(user, Reader) or user.facts is None:
        return condition
    user.facts[name] = condition
    return RawSQL(f"SELECT yes FROM {name}", [], output_field=BooleanField())  # noqa: S608, S611 – names of ours


def now_of(user: Any) -> datetime:
    """The time, for a query about a person or about `Reader`."""
    return cast(datetime, user.now) if isinstance(user, Reader) else timezone.now()


def today_of(user: Any) -> date:
    """The day where Flett is, for a query about a person or about `Reader`."""
    return cast(date, user.today) if isinstance(user, Reader) else timezone.localdate()


def _cursor() -> Any:
    """One whose statements the database keeps prepared, where it can."""
    if connection.vendor != "postgresql":
        return connection.cursor()
    connection.ensure_connection()
    return connection._prepare_cursor(_preparing_cursor()(connection.connection))  # type: ignore[attr-defined]


@cache
def _preparing_cursor() -> Any:
    """Not at the top: where SQLite is used there may be no driver for PostgreSQL.

    It takes SQL as the database does: psycopg would read a text as long as the rule through for places, each time.
    """
    from django.db.backends.postgresql.base import CursorMixin
    from psycopg import RawCursor

    class PreparingCursor(CursorMixin, RawCursor):
        def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
            return super().execute(query, params, prepare=True, **options)

    return PreparingCursor


def _with_constants(sql: str, parameters: Any) -> tuple[str, list[str]]:
    """With what is always the same written into it, and a number for each value that is given: few values travel.

    The names of the values are in the order of their numbers.
    """
    from psycopg.sql import Literal

    rest = iter(parameters)
    names: list[str] = []

    def put(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%"
        value = next(rest)
        if type(value) is not Place:
            return Literal(value).as_string(connection.connection)
        if value.name not in names:
            names.append(value.name)
        return f"${names.index(value.name) + 1}"

    return re.sub("%s|%%", put, sql), names


@receiver(connection_created, dispatch_uid="forum.keep_plans")
def keep_plans(connection: Any, **kwargs: Any) -> None:
    """One plan for a prepared statement, whatever its values: planning the rule costs ten times what answering does.
    And no compiling: the rule is long and finds few rows, which PostgreSQL takes for much work.

    Nothing else in Flett is prepared in the database. A connection that lives for one request gains nothing by it, and
    may be a pooler's that does not know what was prepared (docs/operations.md).
    """
    if connection.vendor == "postgresql" and connection.settings_dict["CONN_MAX_AGE"] != 0:
        connection.connection.prepare_threshold = 0
        with connection.cursor() as cursor:
            cursor.execute("SET plan_cache_mode = force_generic_plan; SET jit = off")


def _as_stored(value: Any, field: "Field[Any, Any]") -> Any:
    """A number or a text is what it is; a page asks for some hundred numbers."""
    return value if type(value) is int or type(value) is str else field.get_db_prep_value(value, connection)


class _Statement:
    """SQL with its places, ready to be asked."""

    def __init__(self, sql: str, parameters: Iterable[Any], *, plans_anew: bool = False) -> None:
        self.plans_anew = plans_anew
        self.sql, self.parameters = sql, list(parameters)
        self.fields = {each.name: each.field for each in self.parameters if type(each) is Place}
        self.order: list[str] | None = None
        if connection.vendor == "postgresql" and not plans_anew:
            self.sql, self.order = _with_constants(sql, self.parameters)

    def rows(self, values: dict[str, Any]) -> list[Any]:
        given: Any = {name: _as_stored(values[name], field) for name, field in self.fields.items()}
        if self.order is not None:
            given = [given[name] for name in self.order]
        else:
            given = [given[each.name] if type(each) is Place else each for each in self.parameters]
        with connection.cursor() if self.plans_anew else _cursor() as cursor:
            cursor.execute(self.sql, given)
            return cast("list[Any]", cursor.fetchall())


class _Made:
    """How rows of a query become what its queryset would have given."""

    def __init__(self, queryset: "QuerySet[Any, Any]", compiler: Any) -> None:
        fields = [column[0] for column in compiler.select[: compiler.col_count]]
        self.converters = compiler.get_converters(fields)
        self.fields = fields
        self.is_of_models = issubclass(queryset._iterable_class, ModelIterable)
        if self.is_of_models:
            info: Any = compiler.klass_info
            columns = info["select_fields"]
            self.model: type[Model] = info["model"]
            self.start, self.end = columns[0], columns[-1] + 1
            self.names = [column[0].target.attname for column in compiler.select[self.start : self.end]]
            self.related = get_related_populators(info, compiler.select, connection.alias)  # type: ignore[call-arg]
            self.annotations = list(compiler.annotation_col_map.items())

    def of(self, rows: list[Any]) -> list[Row]:
        if self.converters:
            rows = [self._convert(list(row)) for row in rows]
        return [self._make(row) for row in rows] if self.is_of_models else rows

    def _convert(self, row: list[Any]) -> Any:
        for place, (functions, expression) in self.converters.items():
            value = row[place]
            for function in functions:
                value = function(value, expression, connection)
            row[place] = value
        return tuple(row)

    def _make(self, row: Any) -> Model:
        made = self.model.from_db(connection.alias, self.names, row[self.start : self.end])
        for each in self.related:
            each.populate(row, made)
        for name, place in self.annotations:
            setattr(made, name, row[place])
        return made


class _Compiled:
    """A queryset as SQL, and how its rows become what it would have given."""

    def __init__(self, queryset: "QuerySet[Any, Any]", *, plans_anew: bool = False, within: str = "%s") -> None:
        compiler = queryset.query.get_compiler(using=connection.alias)
        self.statement: _Statement | None = None
        try:
            sql, parameters = compiler.as_sql()
        except EmptyResultSet:  # what nobody is in, such as spaces with aliases where there is no key to seal them
            return
        self.statement = _Statement(within.replace("%s", sql), parameters, plans_anew=plans_anew)
        self.made = _Made(queryset, compiler) if within == "%s" else None

    @property
    def sql(self) -> str:
        return self.statement.sql if self.statement else ""

    def ask(self, values: dict[str, Any]) -> list[Row]:
        if self.statement is None:
            return []
        rows = self.statement.rows(values)
        return self.made.of(rows) if self.made else rows


NUMBERS = _NumbersField()
"""What a builder that gets `Numbers` is decorated with."""
EVERY: "list[Prepared]" = []
KEPT_MOST = 200
"""So many ways of one builder are kept: whoever asks for all there are costs time, and no memory."""


class Prepared:
    """A builder of querysets, called once for each way of building. As a decorator: `@prepared("pk", …)`.

    `plans_anew` where the values decide how the database had best go about it: it is told them before it plans.
    `within` is told the ways and gives SQL with a place, %s, for the queryset of values: the rows are then what the
    database answers to that.
    """

    def __init__(
        self,
        build: Builder,
        given: Mapping[str, "Field[Any, Any] | Several"],
        *,
        plans_anew: bool = False,
        within: Callable[..., str] | None = None,
    ) -> None:
        self.build, self.given, self.plans_anew, self.within = build, given, plans_anew, within
        self.several = [name for name, field in given.items() if isinstance(field, Several)]
        self._compiled: dict[Any, Any] = {}
        EVERY.append(self)

    def queryset(self, lengths: dict[str, int], **ways: Any) -> "QuerySet[Any, Any]":
        return self.build(Reader(), **self.givens(lengths), **ways)

    def givens(self, lengths: dict[str, int]) -> dict[str, Any]:
        given: dict[str, Any] = {}
        for name, field in self.given.items():
            if isinstance(field, Several):
                given[name] = [Given(f"{name}{place}", field.field) for place in range(lengths[name])]
            elif isinstance(field, _NumbersField):
                given[name] = Numbers(name)
            else:
                given[name] = Given(name, field)
        return given

    def __call__(self, person: Any, *, ways: dict[str, Any] | None = None, **values: Any) -> list[Row]:
        """The rows for this person: none where the account is not active. One query.

        `ways` are what the builder branches by: few, and hashable.
        """
        if not (person.is_authenticated and person.is_active):
            return []
        of_person = {"person": person.pk, "owner": owner_digest(person)}
        return self.for_all(ways=ways, now=timezone.now(), today=timezone.localdate(), **of_person, **values)

    def for_all(self, *, ways: dict[str, Any] | None = None, **values: Any) -> list[Row]:
        """The rows of a query that asks for nobody. One query, none where of several values there are none."""
        chosen = ways or {}
        lengths = {}
        for name in self.several:
            several = list(values.pop(name))
            if not several:
                return []
            lengths[name] = cast(Several, self.given[name]).length(len(several))
            several += several[-1:] * (lengths[name] - len(several))
            values |= {f"{name}{place}": value for place, value in enumerate(several)}
        key = (connection.vendor, aliases_are_possible(), *lengths.values(), *chosen.values())
        compiled = self._compiled.get(key)
        if compiled is None:
            if len(self._compiled) >= KEPT_MOST:
                self._compiled.clear()
            compiled = self._compiled[key] = self._compile(lengths, chosen)
        return compiled.ask(values)

    def _compile(self, lengths: dict[str, int], ways: dict[str, Any]) -> Any:
        within = self.within(**ways) if self.within else "%s"
        return _Compiled(self.queryset(lengths, **ways), plans_anew=self.plans_anew, within=within)


def prepared(**given: "Field[Any, Any] | Several") -> Callable[[Builder], Prepared]:
    """`@prepared(pk=BigIntegerField())` over a builder that takes the reader and a `Given` for each name."""
    return lambda build: Prepared(build, given)


# --- several questions as one ----------------------------------------------------------------------------


class Sql(NamedTuple):
    """A table or a part that is no queryset: SQL, with a %s for each of the values that are given."""

    text: str
    columns: int = 1
    given: tuple[Given, ...] = ()

    def put(self) -> tuple[str, list[Any]]:
        found = [each.as_sql(None, connection) for each in self.given]
        pieces = self.text.split("%s")
        put = "".join(f"{piece}{sql}" for piece, (sql, _) in zip(pieces, [*found, ("", [])], strict=True))
        return put, [place for _, places in found for place in places]


def among(table: str, column: str = "pk") -> RawSQL:
    """What stands in a table of `Together`, for `pk__in`."""
    return RawSQL(f"SELECT {column} FROM {table}", [])  # noqa: S608, S611 – names of ours


_READ_FROM_JSON: dict[str, Callable[[str], Any] | None] = {
    "DateTimeField": datetime.fromisoformat,
    "DateField": date.fromisoformat,
    "UUIDField": UUID,
    **dict.fromkeys(("AutoField", "BigAutoField", "IntegerField", "BigIntegerField", "SmallIntegerField")),
    **dict.fromkeys(("PositiveIntegerField", "PositiveSmallIntegerField", "PositiveBigIntegerField")),
    **dict.fromkeys(("CharField", "TextField", "SlugField", "URLField", "EmailField", "BooleanField")),
}
"""What PostgreSQL writes in JSON otherwise than its driver reads it. SQLite has no more types than JSON has."""


def _reader_of(field: Any) -> Callable[[str], Any] | None:
    while field.is_relation:
        field = field.target_field
    kind = field.get_internal_type()
    if kind not in _READ_FROM_JSON:
        raise TypeError(f"{kind} is not read from JSON")
    return _READ_FROM_JSON[kind]


class _Part:
    """One of several questions, answered as a text of JSON: a list of rows, or nothing where there are none."""

    def __init__(self, built: Any) -> None:
        self.made: _Made | None = None
        self.readers: list[tuple[int, Callable[[str], Any]]] = []
        if isinstance(built, Sql):
            sql, self.parameters = built.put()
            columns = built.columns
        else:
            compiler = built.query.get_compiler(using=connection.alias)
            try:
                sql, parameters = compiler.as_sql()
            except EmptyResultSet:
                self.sql, self.parameters = "NULL", []
                return
            self.parameters = list(parameters)
            columns = len(compiler.select)
            self.made = _Made(built, compiler)
            if connection.vendor == "postgresql":
                readers = [(place, _reader_of(field.output_field)) for place, field in enumerate(self.made.fields)]
                self.readers = [(place, read) for place, read in readers if read is not None]
        names = ", ".join(f"c{place}" for place in range(columns))
        found = (
            f"CAST(json_agg(json_build_array({names})) AS text)"
            if connection.vendor == "postgresql"
            else f"CASE WHEN COUNT(*) > 0 THEN json_group_array(json_array({names})) END"
        )
        self.sql = f"(WITH part({names}) AS ({sql}) SELECT {found} FROM part)"  # noqa: S608 – puts SQL together

    def read(self, text: str) -> list[Row]:
        rows: list[Any] = json.loads(text)
        for place, read in self.readers:
            for row in rows:
                if row[place] is not None:
                    row[place] = read(row[place])
        return self.made.of(rows) if self.made else rows


class Answers:
    """What `Together` was answered: a text for each part, of which rows are made when they are asked for."""

    __slots__ = ("_parts", "_texts")

    def __init__(self, parts: dict[str, _Part], texts: Iterable[str | None]) -> None:
        self._parts, self._texts = parts, dict(zip(parts, texts, strict=True))

    def texts(self, *, but: str = "") -> list[str | None]:
        return [text for name, text in self._texts.items() if name != but]

    def has(self, name: str) -> bool:
        return self._texts.get(name) is not None

    def rows(self, name: str) -> list[Row]:
        text = self._texts.get(name)
        return [] if text is None else self._parts[name].read(text)


def _sql_of(built: Any) -> tuple[str, Iterable[Any]]:
    """A table of `Together`."""
    if isinstance(built, Sql):
        return built.put()
    if isinstance(built, Exists):
        sql, parameters = built.as_sql(built.query.get_compiler(connection.alias), connection)
        return f"SELECT {sql} AS yes", parameters
    return cast("tuple[str, Iterable[Any]]", built.query.get_compiler(connection.alias).as_sql())


class _CompiledTogether:
    def __init__(self, tables: dict[str, Any], parts: dict[str, Any]) -> None:
        self.parts = {name: _Part(built) for name, built in parts.items()}
        texts: list[str] = []
        parameters: list[Any] = []
        for name, built in tables.items():
            sql, own = _sql_of(built)
            texts.append(f"{name} AS MATERIALIZED ({sql})")
            parameters += own
        for part in self.parts.values():
            parameters += part.parameters
        tables_sql = f"WITH {', '.join(texts)} " if texts else ""
        self.statement = _Statement(
            f"{tables_sql}SELECT {', '.join(part.sql for part in self.parts.values())}", parameters
        )

    def ask(self, values: dict[str, Any]) -> Answers:
        return Answers(self.parts, self.statement.rows(values)[0])


class Together(Prepared):
    """Several queries about one page, asked as one: one way to the database and back.

    `tables` are what more than one part asks of, such as those the reader may see: the rule is asked once. A part finds
    them by `among`. Both are builders, as of `Prepared`, or give `Sql`.

    Each part is answered as JSON, and becomes rows only when they are asked for: what was shown before is found under
    the texts themselves (`forum.kept_pages.serve_answers`).
    """

    def __init__(
        self,
        given: Mapping[str, "Field[Any, Any] | Several"],
        *,
        tables: Mapping[str, Callable[..., Any]] | None = None,
        parts: Mapping[str, Callable[..., Any]],
    ) -> None:
        super().__init__(self._no_builder, given)
        self.tables, self.parts = dict(tables or {}), dict(parts)

    @staticmethod
    def _no_builder(*_args: Any, **_kwargs: Any) -> Any:
        raise TypeError("what is asked together has several builders")

    def built(self, lengths: dict[str, int], **ways: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        reader, told = Reader(), self.givens(lengths) | ways
        reader.facts = {}
        tables = {name: build(reader, **told) for name, build in self.tables.items()}
        parts = {name: build(reader, **told) for name, build in self.parts.items()}
        return reader.facts | tables, parts

    def _compile(self, lengths: dict[str, int], ways: dict[str, Any]) -> Any:
        return _CompiledTogether(*self.built(lengths, **ways))

    def ask(self, person: Any, *, ways: dict[str, Any] | None = None, **values: Any) -> Answers:
        """What this person is answered: nothing where the account is not active. One query."""
        found: Any = self(person, ways=ways, **values)
        return cast(Answers, found or Answers({}, ()))
