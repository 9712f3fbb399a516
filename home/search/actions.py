"""Keeping the index as the things are. Safe to run twice: what is written depends on the things alone."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from wagtail.models import Page

from forum.models import Post
from home.models import SearchDocument
from home.search.documents import Source, all_numbers, key_of, make_entries, prefix_of
from home.search.engines import engine

BATCH = 500
ATTEMPTS = 3
_COLUMNS = (
    "key",
    "area",
    "kind",
    "language",
    "identity",
    "title",
    "title_folded",
    "summary",
    "body",
    "address",
    "sign_in_required",
    "page_id",
    "person_id",
    "space_id",
    "topic_id",
    "post_id",
    "item_id",
    "news_id",
    "event_id",
    "is_shown",
    "written_at",
    "fingerprint",
)


def index_documents(*, source: str, numbers: Iterable[int]) -> None:
    """Make the documents of these rows again, and take away those of rows that are gone or that nobody may find.

    Posts are told by the number of the post, whether it begins a topic or answers: use `index_posts`.
    """
    for batch in batched(numbers):
        for _attempt in range(ATTEMPTS):
            if _put(source, batch):
                break


def index_posts(*, numbers: Iterable[int]) -> None:
    """Make what is kept of these posts again, with the topics they begin, or began before they were moved."""
    for batch in batched(numbers):
        places = list(Post.objects.filter(pk__in=batch).order_by().values_list("topic", "number"))
        begun = {topic for topic, number in places if number == 1}
        # A topic whose first post has gone elsewhere has a document without a post.
        keys = {key_of(Source.TOPICS, topic) for topic, _number in places}
        kept = Q(post__in=batch, area=SearchDocument.Area.TOPICS) | Q(key__in=keys, post__isnull=True)
        begun |= set(SearchDocument.objects.filter(kept).values_list("topic", flat=True))
        index_documents(source=Source.TOPICS, numbers=sorted(number for number in begun if number))
        index_documents(source=Source.REPLIES, numbers=batch)


def index_page_tree(*, numbers: Iterable[int]) -> None:
    """These pages and all below them: whether a lesson is for those who have signed in is its course's to say."""
    below: set[int] = set(numbers)
    for page in Page.objects.filter(pk__in=list(below)):
        below |= set(Page.objects.descendant_of(page).values_list("pk", flat=True))
    index_documents(source=Source.PAGES, numbers=sorted(below))


@transaction.atomic
def _put(source: str, numbers: Sequence[int]) -> bool:
    """Make these documents; False where somebody else made one at the same time, and it must be looked at again.

    The rows are locked before the things are read, so that of two who come at once the later writes what is newer.
    """
    there = SearchDocument.objects.filter(key__in=[key_of(source, number) for number in numbers])
    are_there = bool(there.select_for_update().order_by("key").values_list("pk"))
    entries = make_entries(source, numbers)
    if are_there:
        there.delete()
    text = engine()
    SearchDocument.objects.bulk_create(
        [
            SearchDocument(**{name: getattr(entry, name) for name in _COLUMNS}, **text.columns(entry))
            for entry in entries
        ],
        ignore_conflicts=True,
    )
    rows = {key: (pk, fingerprint) for key, pk, fingerprint in there.values_list("key", "pk", "fingerprint")}
    own = [entry for entry in entries if entry.key in rows and rows[entry.key][1] == entry.fingerprint]
    text.write([(rows[entry.key][0], entry) for entry in own])
    return len(own) == len(entries)


def batched(numbers: Iterable[int], size: int = BATCH) -> Iterator[list[int]]:
    """The numbers, some at a time."""
    rest = iter(numbers)
    while batch := list(itertools.islice(rest, size)):
        yield batch


# --- rebuilding ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Drift:
    """A document that is not as it should be."""

    source: str
    number: int
    fault: str


def find_drift() -> Iterator[Drift]:
    """Documents that are missing, superfluous, made from something older, or without words."""
    for source in Source:
        for batch in batched(all_numbers(source).iterator(chunk_size=2_000)):
            should_be = {entry.key: entry.fingerprint for entry in make_entries(source, batch)}
            keys = {key_of(source, number): number for number in batch}
            there = dict(SearchDocument.objects.filter(key__in=keys).values_list("key", "fingerprint"))
            for key, number in keys.items():
                if key in should_be and key not in there:
                    yield Drift(source, number, "missing")
                elif key in there and key not in should_be:
                    yield Drift(source, number, "superfluous")
                elif there.get(key) != should_be.get(key):
                    yield Drift(source, number, "outdated")
        yield from (Drift(source, number, "superfluous") for number in _orphans(source))
    for key in without_words().values_list("key", flat=True):
        yield Drift(_source_of(key), int(key.partition(":")[2]), "without words")


def _orphans(source: str) -> Iterator[int]:
    """Numbers of documents whose row is gone."""
    prefix = prefix_of(source)
    keys = SearchDocument.objects.filter(key__startswith=prefix).order_by("pk").values_list("key", flat=True)
    numbers = (int(key.removeprefix(prefix)) for key in keys.iterator(chunk_size=2_000))
    for batch in batched(numbers):
        there = set(all_numbers(source).filter(pk__in=batch))
        yield from (number for number in batch if number not in there)


def _source_of(key: str) -> str:
    return next(source for source in Source if key.startswith(prefix_of(source)))


def without_words() -> QuerySet[SearchDocument]:
    """Documents the database's own index knows nothing of."""
    return engine().without_words(SearchDocument.objects.all())


def rebuild(*, drifts: Iterable[Drift]) -> None:
    """Make these documents again."""
    for source, group in itertools.groupby(drifts, key=lambda drift: drift.source):
        index_documents(source=source, numbers=[drift.number for drift in group])
    with connection.cursor() as cursor:
        engine().optimise(cursor)
