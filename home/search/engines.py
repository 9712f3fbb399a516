"""Full text on PostgreSQL and on SQLite (FTS5), behind one face.

Both keep a document's words with a weight by where they stand: title, summary, text; and in the lowest weight what
`home.search.words` makes of the text: stems, parts of compounds, synonyms.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, Protocol

from django.contrib.postgres.search import SearchVectorField
from django.db import connection, transaction
from django.db.models import (
    BigIntegerField,
    BooleanField,
    Exists,
    F,
    FloatField,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from home.models import SearchDocument
from home.search import words
from home.search.asked import Asked, Term
from home.search.documents import NEVER, Entry

_CONFIGS = {"nb": "norwegian", "da": "danish", "en": "english"}
_LEAST_PREFIX = 4

Documents = QuerySet[SearchDocument]


class Engine(Protocol):
    """What a database's full text does for search."""

    def columns(self, entry: Entry) -> dict[str, Any]:
        """What the document's own row keeps of its words."""

    def write(self, rows: Sequence[tuple[int, Entry]]) -> None:
        """Keep what stands beside the rows of these documents, in place of what was kept before."""

    asks_together: bool
    """Whether the newest of several areas are found in one query."""

    @property
    def alike(self) -> str:
        """How titles are compared: by `trigrams`, or by `pieces` of the words."""

    def read(self, asked: Asked, *, any_word: bool) -> "Question":
        """What was asked for, as the database asks for it. At most one query."""

    def matching(self, documents: Documents, words: "Words") -> Documents:
        """The documents that hold what was asked for."""

    def newest(self, documents: Documents, words: "Words", *, of_title: bool, among_last: str = "") -> Documents:
        """Those that hold it (in the title), the newest first; `among_last` names an area of which the latest alone are
        looked at, one after another, since the words are common there.
        """

    def ranked(self, documents: Documents, words: "Words") -> Documents:
        """With `in_title` and `rank`, the higher the better."""

    def like(self, terms: Sequence[str]) -> list[str]:
        """What a title has one of that may hold a word that is spelled like one of these."""

    def comparing(self) -> AbstractContextManager[None]:
        """While titles are compared."""

    def in_order(self, documents: Documents) -> Documents:
        """The newest first, of these that are matched already."""

    def without_words(self, documents: Documents) -> Documents:
        """Documents whose words are not kept."""

    def optimise(self, cursor: Any) -> None:
        """After many changes."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for in the database's own words, to be given to prepared queries."""

    values: dict[str, str]
    """`query`, `titles` and `phrases`."""
    has_phrases: bool = False
    common: frozenset[str] = frozenset()
    """`titles`, `topics` and `replies` of which so many are found that the newest are among the latest documents."""


@dataclass(frozen=True, slots=True)
class Words:
    """The place of a question in a query that is put together."""

    query: Any
    titles: Any
    phrases: Any = None
    """None where no words are to stand beside each other."""


def titles_like(documents: Documents, terms: Sequence[Any], *, alike: str) -> Documents:
    """Those whose title may hold a word that is spelled like one of these: more than do, never fewer."""
    lookup = "title_folded__trigram_word_similar" if alike == "trigrams" else "title_folded__contains"
    found = Q(pk__in=[])
    for term in terms:
        found |= Q(**{lookup: term})
    return documents.filter(found).exclude(title_folded="")


def engine() -> Engine:
    """That of the database in use."""
    return PostgreSQL() if connection.vendor == "postgresql" else SQLite()


# --- PostgreSQL ----------------------------------------------------------------------------------------------

_VECTOR = (
    "setweight(to_tsvector(%s::regconfig, %s) || to_tsvector('simple', %s), 'A')"
    " || setweight(to_tsvector(%s::regconfig, %s), 'B')"
    " || setweight(to_tsvector(%s::regconfig, %s), 'C')"
    " || setweight(to_tsvector('simple', %s), 'D')"
)
_TERM = (
    "(plainto_tsquery('norwegian', %s) || plainto_tsquery('danish', %s) || plainto_tsquery('english', %s)"
    " || to_tsquery('simple', %s))"
)
_PHRASE = "(phraseto_tsquery('norwegian', %s) || phraseto_tsquery('danish', %s) || phraseto_tsquery('english', %s))"
_MANY = 20_000
"""Documents of which fewer are fetched at once, however large a share they are."""
_COMMON = 0.04
"""Of an area's documents: the estimate for a word that is common. It is too high where word lists add to the word, and
some 0.02 for words that no statistics know.
"""
_LATEST = 40_000
"""Documents that are read in order."""
_LIKENESS = 0.34
"""Of trigrams, where a word with two mistakes still passes; `words.near` has the last word."""


def vector_sql(entry: Entry) -> tuple[str, list[str]]:
    """The words of a document, by weight, as SQL and its values."""
    config = _CONFIGS.get(entry.language, "norwegian")
    return _VECTOR, [
        config, entry.title, entry.title_keys, config, entry.summary, config, entry.searched, entry.body_keys
    ]  # fmt: skip


@cache
def has_trigrams(alias: str) -> bool:
    """Whether pg_trgm may be used here. One query, once a process."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm')")
        return bool(cursor.fetchone()[0])


class _Holds(Func):
    arg_joiner = " @@ "
    template = "%(expressions)s"
    output_field = BooleanField()


class _Read(Func):
    """The words of a document that is read: no index holds this."""

    template = "COALESCE(%(expressions)s, '')"
    output_field = SearchVectorField()


class _OfTitle(Func):
    template = "ts_filter(%(expressions)s, '{a}')"
    output_field = SearchVectorField()


class _AsWritten(Func):
    """The text itself: stems and synonyms are kept one after another, which says nothing of what stood together."""

    arg_joiner = ", '{b,c}') || to_tsvector('norwegian', "
    template = "(ts_filter(%(expressions)s))"
    output_field = SearchVectorField()


class _Rank(Func):
    template = "ts_rank(%(expressions)s, 1)"
    output_field = FloatField()


_TABLE = SearchDocument._meta.db_table
_SIZE = f"(SELECT reltuples FROM pg_class WHERE oid = '{_TABLE}'::regclass)"  # noqa: S608 – no value in it
_HOLDING = {
    "titles": "area = 'topics' AND ts_filter(vector, '{a}') @@ %s::tsquery",
    "topics": "area = 'topics' AND vector @@ %s::tsquery",
    "replies": "area = 'posts' AND vector @@ %s::tsquery",
}


def _where_common(cursor: Any, query: str) -> frozenset[str]:
    """By what the database knows of how often words stand there: nothing is looked up."""
    each = [f"SELECT 1 FROM {_TABLE} WHERE {holding}" for holding in _HOLDING.values()]  # noqa: S608 – no value in it
    all_there = [f"SELECT 1 FROM {_TABLE} WHERE area = '{area}'" for area in ("topics", "topics", "posts")]  # noqa: S608
    cursor.execute(f"EXPLAIN (FORMAT JSON) {' UNION ALL '.join(each + all_there)}", [query] * len(each))
    [[explained]] = cursor.fetchone()
    rows = [plan["Plan Rows"] for plan in explained["Plan"]["Plans"]]
    found = zip(_HOLDING, rows[: len(each)], rows[len(each) :], strict=True)
    return frozenset(name for name, count, of in found if count > max(_MANY, _COMMON * of))


class PostgreSQL:
    def columns(self, entry: Entry) -> dict[str, Any]:
        """With the row, which has a dozen indexes, and would be written in each a second time."""
        return {"vector": RawSQL(*vector_sql(entry))}  # noqa: S611 – values are passed apart

    def write(self, rows: Sequence[tuple[int, Entry]]) -> None:
        """All words are in the row."""

    def _query(self, asked: Asked, *, any_word: bool) -> tuple[str, list[str]]:
        pieces, values = [], []
        for term in asked.terms:
            pieces.append(_TERM)
            values += [term.text] * 3 + [_simple(term)]
        for phrase in asked.phrases:
            pieces.append(_PHRASE)
            values += [phrase] * 3
        sql = (" || " if any_word else " && ").join(pieces)
        for term in asked.excluded:
            sql = f"({sql}) && !! to_tsquery('simple', %s)"
            values.append(f"'{term.stem}'")
        return f"({sql})", values

    def read(self, asked: Asked, *, any_word: bool) -> Question:
        sql, values = self._query(asked, any_word=any_word)
        phrases = () if any_word else asked.phrases
        in_a_row = " && ".join([_PHRASE] * len(phrases)) or "''::tsquery"
        columns = f"{sql}::text, ({in_a_row})::text"
        values += [phrase for phrase in phrases for _config in range(3)]
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {columns}, {_SIZE}", values)
            query, beside, size = cursor.fetchone()
            common = _where_common(cursor, query) if size > _MANY else frozenset()
        return Question(
            values={"query": query, "titles": query, "phrases": beside}, has_phrases=bool(phrases), common=common
        )

    def matching(self, documents: Documents, words: Words, *, column: Any = None) -> Documents:
        found = documents.filter(_Holds(column or F("vector"), words.query))
        return (
            found if words.phrases is None else found.filter(_Holds(_AsWritten(F("vector"), F("title")), words.phrases))
        )

    def newest(self, documents: Documents, words: Words, *, of_title: bool, among_last: str = "") -> Documents:
        """PostgreSQL left to itself takes a rare word for a common one, and the other way about. So what is common is
        asked in a way that no index of words answers, and what is not in one that no order does.
        """
        if not among_last:
            matched = documents.filter(_Holds(_OfTitle(F("vector")), words.titles)) if of_title else documents
            return self.in_order(self.matching(matched, words))
        in_order = SearchDocument.objects.filter(area=among_last, is_shown=True).order_by("-written_at")
        since = Subquery(in_order.values("written_at")[_LATEST : _LATEST + 1])
        latest = documents.filter(written_at__gte=Coalesce(since, Value(NEVER))).order_by("-written_at")
        column = _Read(F("vector"))
        matched = latest.filter(_Holds(_OfTitle(column), words.titles)) if of_title else latest
        return self.matching(matched, words, column=column)

    def ranked(self, documents: Documents, words: Words) -> Documents:
        return documents.annotate(
            in_title=_Holds(_OfTitle(F("vector")), words.titles), rank=_Rank(F("vector"), words.query)
        )

    asks_together = True

    @property
    def alike(self) -> str:
        return "trigrams" if has_trigrams(connection.alias) else "pieces"

    def like(self, terms: Sequence[str]) -> list[str]:
        return list(dict.fromkeys(terms)) if self.alike == "trigrams" else all_pieces_of(terms)

    @contextmanager
    def comparing(self) -> Iterator[None]:
        with transaction.atomic(), connection.cursor() as cursor:  # for this transaction only
            if self.alike == "trigrams":
                cursor.execute("SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)", [str(_LIKENESS)])
            yield

    def in_order(self, documents: Documents) -> Documents:
        unordered = Coalesce(F("written_at"), Value(NEVER))  # the same time, and no index has it in order
        return documents.order_by(unordered.desc())

    def without_words(self, documents: Documents) -> Documents:
        return documents.filter(vector__isnull=True)

    def optimise(self, cursor: Any) -> None:
        cursor.execute("SELECT to_regclass('found_by_like_title') IS NULL")
        if cursor.fetchone()[0] and has_trigrams(connection.alias):
            cursor.execute(
                "CREATE INDEX found_by_like_title ON home_searchdocument"
                " USING gin (title_folded gin_trgm_ops) WHERE title_folded <> ''"
            )
        cursor.execute("ANALYZE home_searchdocument")


def _simple(term: Term) -> str:
    """What `home.search.words` knows of the term, as a text for to_tsquery: a–z, digits and our own signs only."""
    found = [f"'{term.stem}':*" if term.is_last and len(term.stem) >= _LEAST_PREFIX else f"'{term.stem}'"]
    found = found if term.stem else []
    found += [f"'{code}'" for code in term.codes]
    found += ["(" + " & ".join(_either(part) for part in parts) + ")" for parts in term.in_parts]
    return " | ".join(found)


def _either(keys: Iterable[str]) -> str:
    return "(" + " | ".join(f"'{key}'" for key in keys) + ")"


# --- SQLite --------------------------------------------------------------------------------------------------

_WORDS = "home_searchwords"
_WEIGHTS = "10, 8, 4, 2, 1"


class _Rows(Func):
    template = f"(SELECT rowid FROM {_WORDS} WHERE {_WORDS} MATCH %(expressions)s)"  # noqa: S608
    output_field = BigIntegerField()


class _Fits(Func):
    arg_joiner = " AND rowid = "
    template = f"COALESCE((SELECT -bm25({_WORDS}, {_WEIGHTS}) FROM {_WORDS} WHERE {_WORDS} MATCH %(expressions)s), 0)"  # noqa: S608
    output_field = FloatField()


class SQLite:
    def columns(self, _entry: Entry) -> dict[str, Any]:
        return {}

    def write(self, rows: Sequence[tuple[int, Entry]]) -> None:
        with connection.cursor() as cursor:
            cursor.executemany(f"DELETE FROM {_WORDS} WHERE rowid = %s", [[number] for number, _entry in rows])  # noqa: S608
            cursor.executemany(
                f"INSERT INTO {_WORDS} (rowid, title, title_keys, summary, body, body_keys)"  # noqa: S608
                " VALUES (%s, %s, %s, %s, %s, %s)",
                [
                    [number, entry.title, entry.title_keys, entry.summary, entry.searched, entry.body_keys]
                    for number, entry in rows
                ],
            )

    def _query(self, asked: Asked, *, any_word: bool) -> str:
        pieces = [self._term(term) for term in asked.terms]
        pieces += [f'"{" ".join(words.tokens_unfolded(phrase))}"' for phrase in asked.phrases]
        query = (" OR " if any_word else " AND ").join(f"({piece})" for piece in pieces)
        return f"(({query})" + "".join(f' NOT ("{term.stem}")' for term in asked.excluded) + ")"

    def _term(self, term: Term) -> str:
        found = [f'"{" ".join(words.tokens_unfolded(term.text))}"'] if words.tokens_unfolded(term.text) else []
        if term.stem:
            found.append(f'"{term.stem}"' + (" *" if term.is_last and len(term.stem) >= _LEAST_PREFIX else ""))
        found += [f'"{code}"' for code in term.codes]
        found += [
            "(" + " AND ".join("(" + " OR ".join(f'"{key}"' for key in part) + ")" for part in parts) + ")"
            for parts in term.in_parts
        ]
        return " OR ".join(found)

    def read(self, asked: Asked, *, any_word: bool) -> Question:
        query = self._query(asked, any_word=any_word)
        return Question(values={"query": query, "titles": f"{{title title_keys}} : {query}", "phrases": ""})

    def matching(self, documents: Documents, words: Words) -> Documents:
        return documents.filter(pk__in=_Rows(words.query))

    def newest(self, documents: Documents, words: Words, *, of_title: bool, among_last: str = "") -> Documents:
        matched = documents.filter(pk__in=_Rows(words.titles)) if of_title else documents
        return self.in_order(self.matching(matched, words))

    def ranked(self, documents: Documents, words: Words) -> Documents:
        return documents.annotate(
            in_title=Exists(SearchDocument.objects.filter(pk=OuterRef("pk"), pk__in=_Rows(words.titles))),
            rank=_Fits(words.query, F("pk")),
        )

    asks_together = False
    alike = "pieces"

    def like(self, terms: Sequence[str]) -> list[str]:
        return all_pieces_of(terms)

    @contextmanager
    def comparing(self) -> Iterator[None]:
        yield

    def in_order(self, documents: Documents) -> Documents:
        return documents.order_by("-written_at")

    def without_words(self, documents: Documents) -> Documents:
        return documents.exclude(pk__in=RawSQL(f"SELECT rowid FROM {_WORDS}", []))  # noqa: S608, S611

    def optimise(self, cursor: Any) -> None:
        cursor.execute(f"INSERT INTO {_WORDS}({_WORDS}) VALUES ('optimize')")  # noqa: S608


def all_pieces_of(terms: Sequence[str]) -> list[str]:
    """Without trigrams: cut in more pieces than mistakes can touch, one piece of a mistyped word is as it should be.

    A mistake touches one piece, or two where neighbours are swapped.
    """
    return list(dict.fromkeys(piece for term in terms for piece in pieces_of(term, count=2 * words.slack(term) + 1)))


def pieces_of(term: str, *, count: int) -> list[str]:
    """The term cut in about equal pieces."""
    cuts = [round(place * len(term) / count) for place in range(count + 1)]
    return [piece for start, end in pairwise(cuts) if (piece := term[start:end])]
