"""Full text on PostgreSQL and on SQLite (FTS5), behind one face.

Both keep a document's words with a weight by where they stand: title, summary, text; and in the lowest weight what
`home.search.words` makes of the text: stems, parts of compounds, synonyms.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, Protocol

from django.db import connection
from django.db.models import BooleanField, Exists, F, FloatField, OuterRef, Q, QuerySet, Subquery, Value
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

    def matching(self, documents: Documents, asked: Asked, *, any_word: bool) -> Documents:
        """The documents that hold all the words asked for, or any of them."""

    def matching_titles(self, documents: Documents, asked: Asked, *, any_word: bool) -> Documents:
        """The documents that hold them in the title."""

    def ranked(self, documents: Documents, asked: Asked, *, any_word: bool) -> Documents:
        """With `in_title` and `rank`, the higher the better."""

    def like_titles(self, documents: Documents, terms: Sequence[str]) -> Documents:
        """Those whose title may hold a word that is spelled like one of these: more than do, never fewer."""

    def newest(self, documents: Documents, *, most: int, area: str = "") -> set[int]:
        """The numbers of the newest of these, which are matched already; `area` where all stand in one."""

    def without_words(self, documents: Documents) -> Documents:
        """Documents whose words are not kept."""

    def optimise(self, cursor: Any) -> None:
        """After many changes."""


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
_IN_A_ROW = (
    '(ts_filter("home_searchdocument"."vector", \'{b,c}\')'
    f' || to_tsvector(\'norwegian\', "home_searchdocument"."title")) @@ {_PHRASE}'
)
"""In the text itself: stems and synonyms are kept one after another, which says nothing of what stood together."""
_WINDOW = 40_000
"""Documents that are read in order: a word of which `most` stand among them is common."""
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

    def matching(self, documents: Documents, asked: Asked, *, any_word: bool) -> Documents:
        sql, values = self._query(asked, any_word=any_word)
        found = documents.filter(
            RawSQL(f'"home_searchdocument"."vector" @@ {sql}', values, output_field=BooleanField())  # noqa: S611
        )
        if not any_word:
            for phrase in asked.phrases:
                found = found.filter(RawSQL(_IN_A_ROW, [phrase] * 3, output_field=BooleanField()))  # noqa: S611
        return found

    def matching_titles(self, documents: Documents, asked: Asked, *, any_word: bool) -> Documents:
        return documents.filter(self._in_title(asked, any_word=any_word))

    def _in_title(self, asked: Asked, *, any_word: bool) -> RawSQL:
        sql, values = self._query(asked, any_word=any_word)
        return RawSQL(  # noqa: S611 – values are passed apart
            f'ts_filter("home_searchdocument"."vector", \'{{a}}\') @@ {sql}', values, output_field=BooleanField()
        )

    def ranked(self, documents: Documents, asked: Asked, *, any_word: bool) -> Documents:
        sql, values = self._query(asked, any_word=any_word)
        return documents.annotate(
            in_title=self._in_title(asked, any_word=any_word),
            rank=RawSQL(  # noqa: S611 – values are passed apart
                f'ts_rank("home_searchdocument"."vector", {sql}, 1)', values, output_field=FloatField()
            ),
        )

    def like_titles(self, documents: Documents, terms: Sequence[str]) -> Documents:
        if not has_trigrams(connection.alias):
            return like_by_pieces(documents, terms)
        with connection.cursor() as cursor:  # for this transaction only
            cursor.execute("SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)", [str(_LIKENESS)])
        alike = Q()
        for term in terms:
            alike |= Q(title_folded__trigram_word_similar=term)
        return documents.filter(alike).exclude(title_folded="")

    def newest(self, documents: Documents, *, most: int, area: str = "") -> set[int]:
        """A common word is found among the newest documents, read in their order; for any other the index of words is
        asked. PostgreSQL left to itself takes a rare word for a common one, and reads all documents in order.
        """
        if area:
            area_in_order = SearchDocument.objects.filter(area=area, is_shown=True).order_by("-written_at")
            since = Subquery(area_in_order.values("written_at")[_WINDOW : _WINDOW + 1])
            recent = documents.filter(written_at__gte=since).order_by("-written_at")
            found = set(recent.values_list("pk", flat=True)[:most])
            if len(found) == most:
                return found
        unordered = Coalesce(F("written_at"), Value(NEVER))  # the same time, and no index has it in order
        return set(documents.order_by(unordered.desc()).values_list("pk", flat=True)[:most])

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

    def _rows(self, query: str) -> RawSQL:
        return RawSQL(f"SELECT rowid FROM {_WORDS} WHERE {_WORDS} MATCH %s", [query])  # noqa: S608, S611

    def matching(self, documents: Documents, asked: Asked, *, any_word: bool) -> Documents:
        return documents.filter(pk__in=self._rows(self._query(asked, any_word=any_word)))

    def matching_titles(self, documents: Documents, asked: Asked, *, any_word: bool) -> Documents:
        return documents.filter(pk__in=self._rows(self._titles(asked, any_word=any_word)))

    def _titles(self, asked: Asked, *, any_word: bool) -> str:
        return f"{{title title_keys}} : {self._query(asked, any_word=any_word)}"

    def ranked(self, documents: Documents, asked: Asked, *, any_word: bool) -> Documents:
        query = self._query(asked, any_word=any_word)
        return documents.annotate(
            in_title=Exists(
                SearchDocument.objects.filter(
                    pk=OuterRef("pk"), pk__in=self._rows(self._titles(asked, any_word=any_word))
                )
            ),
            rank=RawSQL(  # noqa: S611 – values are passed apart
                f"COALESCE((SELECT -bm25({_WORDS}, {_WEIGHTS}) FROM {_WORDS}"  # noqa: S608
                f' WHERE {_WORDS} MATCH %s AND rowid = "home_searchdocument"."id"), 0)',
                [query],
                output_field=FloatField(),
            ),
        )

    def like_titles(self, documents: Documents, terms: Sequence[str]) -> Documents:
        return like_by_pieces(documents, terms)

    def newest(self, documents: Documents, *, most: int, area: str = "") -> set[int]:
        return set(documents.order_by("-written_at").values_list("pk", flat=True)[:most])

    def without_words(self, documents: Documents) -> Documents:
        return documents.exclude(pk__in=RawSQL(f"SELECT rowid FROM {_WORDS}", []))  # noqa: S608, S611

    def optimise(self, cursor: Any) -> None:
        cursor.execute(f"INSERT INTO {_WORDS}({_WORDS}) VALUES ('optimize')")  # noqa: S608


def like_by_pieces(documents: Documents, terms: Sequence[str]) -> Documents:
    """Without trigrams: cut in more pieces than mistakes can touch, one piece of a mistyped word is as it should be.

    A mistake touches one piece, or two where neighbours are swapped.
    """
    alike = Q(pk__in=[])
    for term in terms:
        for piece in pieces_of(term, count=2 * words.slack(term) + 1):
            alike |= Q(title_folded__contains=piece)
    return documents.filter(alike)


def pieces_of(term: str, *, count: int) -> list[str]:
    """The term cut in about equal pieces."""
    cuts = [round(place * len(term) / count) for place in range(count + 1)]
    return [piece for start, end in pairwise(cuts) if (piece := term[start:end])]
