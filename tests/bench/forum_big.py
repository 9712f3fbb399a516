"""`python -m tests.bench.forum_big`: 200,000 topics and two million posts, on a throw-away PostgreSQL.

Builds the forum in the database itself (INSERT … SELECT generate_series) from a few thousand texts that are analysed as
real ones are, with words as common and as rare as in the starter content. Asks each page through Django's own handler,
so that what is measured is server time and nothing of the network, and prints the medians. `--topics 10000` for a small
trial: there are ten posts a topic, and one topic of 5,000.
"""

import argparse
import contextlib
import os
import random
import re
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.measure import processor_seconds
from tests.needs import find_postgresql
from tests.postgres import throw_away_server
from tests.served import ROOT, flett_environment

POSTS_A_TOPIC = 10
LONG_TOPIC = 5_000
SPACES, CLOSED_SPACES = 20, 10
TEXTS = 3_000
WORDS_A_TEXT = (15, 120)
ROUNDS = 15
SEARCHES = {
    "a word in a tenth of the posts": "kommune",
    "a word with synonyms": "erfaringskonsulent",
    "part of a compound": "avtale",
    "two words": "taushetsplikt pårørende",
    "three words": "team møte plan",
    "a phrase": '"felles ansvar"',
    "a number that stands in few posts": "sak4711",
    "a number that stands once": "nummer77777",
    "half a word": "samarb",
    "a mistyped word": "samarbeidsavtlae",
    "nothing": "qwertyqwerty",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.forum_big", description=__doc__)
    parser.add_argument("--topics", type=int, default=200_000)
    parser.add_argument("--explain", action="store_true", help="print the plan of each slow query")
    options = parser.parse_args()
    binaries = find_postgresql()
    if binaries is None:
        print("PostgreSQL 15 or later is not installed; install it with: apt-get install postgresql", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the server goes with us
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="flett-forum-")))
        server = ["shared_buffers=1GB", "fsync=off", "max_wal_size=8GB", "work_mem=32MB", "random_page_cost=1.1"]
        server.append("maintenance_work_mem=1GB")
        database = stack.enter_context(throw_away_server(binaries, options=server))
        os.environ |= flett_environment(database, folder) | {"DJANGO_SETTINGS_MODULE": "config.settings"}
        import django

        django.setup()
        build(options.topics)
        measure_addresses(addresses(options.topics), explain=options.explain)
    return 0


# --- building -------------------------------------------------------------------------------------------


def starter_words() -> list[str]:
    """Every word of the starter content, as often as it stands there."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "home" / "starter").glob("**/*.md"))]
    return re.findall(r"[A-Za-zÆØÅæøå]{2,}", " ".join(texts))


def make_texts() -> list[tuple[str, str]]:
    """A title and a text each, of words in the starter content's own frequencies."""
    dice = random.Random(6)  # noqa: S311 – the same texts every time
    found: dict[str, int] = {}
    for word in starter_words():
        found[word] = found.get(word, 0) + 1
    known, weights = list(found), list(accumulate(found.values()))

    def words(count: int) -> str:
        return " ".join(dice.choices(known, cum_weights=weights, k=count))

    texts = [(words(dice.randint(3, 9)).capitalize(), words(dice.randint(*WORDS_A_TEXT))) for _number in range(TEXTS)]
    texts[7] = ("Mal for samarbeidsavtale", texts[7][1])
    return texts


def insert(cursor: Any, model: Any, source: str, /, **columns: str) -> None:
    """A row for each of the source's, every other column with the model's own default."""
    from django.db import connection

    names, values, given = [], [], []
    for field in model._meta.local_concrete_fields:
        if field.primary_key and field.column not in columns:
            continue
        names.append(f'"{field.column}"')
        if field.column in columns:
            values.append(columns[field.column].replace("%", "%%"))
        else:
            values.append("%s")
            given.append(field.get_db_prep_save(field.get_default(), connection))
    began = time.monotonic()
    table, source = model._meta.db_table, source.replace("%", "%%")
    cursor.execute(f'INSERT INTO "{table}" ({", ".join(names)}) SELECT {", ".join(values)} FROM {source}', given)  # noqa: S608
    print(f"  {time.monotonic() - began:6.1f} s  {cursor.rowcount:>9,} {table}", flush=True)


def make_pool(cursor: Any) -> None:
    """The texts with the words search keeps of them, as `home.search` makes them."""
    from home.search.documents import Entry
    from home.search.engines import vector_sql

    cursor.execute(
        "CREATE TEMP TABLE pool (n int PRIMARY KEY, title text, folded text, body text, reply tsvector, topic tsvector)"
    )
    for number, (title, text) in enumerate(make_texts()):
        reply = Entry(key="", area="posts", kind="post", language="nb", words=text)
        topic = Entry(key="", area="topics", kind="topic", language="nb", title=title, words=text)
        sql, values = vector_sql(reply)
        cursor.execute(
            f"INSERT INTO pool VALUES (%s, %s, %s, %s, {sql}, {sql})",  # noqa: S608
            [number, title, topic.title_folded, text, *values, *vector_sql(topic)[1]],
        )


def take_word_indexes(cursor: Any) -> list[str]:
    """Drop the indexes of words, and return how to make them again: kept up row by row they take most of the time."""
    cursor.execute(
        "SELECT indexname, indexdef FROM pg_indexes"
        " WHERE tablename = 'home_searchdocument' AND indexdef LIKE '%USING gin%'"
    )
    found = cursor.fetchall()
    for name, _definition in found:
        cursor.execute(f"DROP INDEX {name}")
    return [definition for _name, definition in found]


def build(topics: int) -> None:
    from django.core.management import call_command
    from django.db import connection
    from wagtail.models import Locale, Page, Site

    from forum.models import Post, Space, Topic
    from home.models import HomePage, SearchDocument
    from people.models import Membership, Team, User

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    locale = Locale.objects.get_or_create(language_code="nb")[0]
    root = Page.get_first_root_node()
    assert root is not None
    home = root.add_child(instance=HomePage(title="Flett", slug="flett", lead="Lær", intro="Lær", locale=locale))
    Site.objects.all().delete()
    Site.objects.create(hostname="127.0.0.1", port=80, is_default_site=True, root_page=home)
    author, reader = (User.objects.create_user(f"{name}@example.org") for name in ("author", "reader"))
    team = Team.objects.create(slug="team", name="Team")
    for person in (author, reader):
        Membership.objects.create(person=person, team=team)
    for number in range(SPACES + CLOSED_SPACES):
        kind = Space.Kind.OPEN if number < SPACES else Space.Kind.PRIVATE
        Space.objects.create(slug=f"rom-{number}", name=f"Rom {number}", kind=kind)
    first_space = Space.objects.order_by("pk").values_list("pk", flat=True)[0]
    spaces = SPACES + CLOSED_SPACES
    posts = topics * POSTS_A_TOPIC
    total = posts + LONG_TOPIC
    place = f"(CASE WHEN p > {posts} THEN {topics} ELSE (p - 1) / {POSTS_A_TOPIC} + 1 END)"
    number = f"(CASE WHEN p > {posts} THEN p - {posts} + {POSTS_A_TOPIC} ELSE (p - 1) % {POSTS_A_TOPIC} + 1 END)"
    space = f"{first_space} + ({{}} * 7919) % {spaces}"
    when = f"now() - ({total} - p) * interval '20 seconds'"
    with connection.cursor() as cursor:
        word_indexes = take_word_indexes(cursor)
        make_pool(cursor)
        last = f"CASE WHEN t = {topics} THEN {POSTS_A_TOPIC + LONG_TOPIC} ELSE {POSTS_A_TOPIC} END"
        topic_when = f"now() - ({total} - t * {POSTS_A_TOPIC}) * interval '20 seconds'"
        insert(
            cursor,
            Topic,
            f"generate_series(1, {topics}) t JOIN pool ON n = t * 31 % {TEXTS}",
            id="t",
            space_id=f"CASE WHEN t = {topics} THEN {first_space} ELSE {space.format('t')} END",
            title="title",
            author_id=str(author.pk),
            created_at=topic_when,
            last_post_at=topic_when,
            last_number=last,
            post_count=last,
        )
        insert(
            cursor,
            Post,
            f"generate_series(1, {total}) p JOIN pool ON n = (p::bigint * 7919 + p / {TEXTS}) % {TEXTS}",
            id="p",
            topic_id=place,
            number=number,
            author_id=str(author.pk),
            source="''",
            html="'<p>' || body || '</p>'",
            text="body || ' sak' || p % 20000 || ' nummer' || p",
            rendering_version="1",
            created_at=when,
        )
        extra = "setweight(to_tsvector('simple', 'sak' || p.id % 20000 || ' nummer' || p.id), 'C')"
        shared = {"language": "'nb'", "space_id": "t.space_id", "topic_id": "t.id", "post_id": "p.id"}
        shared |= {"written_at": "p.created_at", "fingerprint": "''"}
        drawn = f"pool ON n = (p.id * 7919 + p.id / {TEXTS}) % {TEXTS}"
        insert(
            cursor,
            SearchDocument,
            f"forum_topic t JOIN forum_post p ON topic_id = t.id AND number = 1 JOIN pool ON n = t.id * 31 % {TEXTS}",
            key="'topic:' || t.id",
            area="'topics'",
            kind="'topic'",
            title="t.title",
            title_folded="folded",
            vector=f"topic || {extra}",
            **shared,
        )
        insert(
            cursor,
            SearchDocument,
            f"forum_post p JOIN forum_topic t ON p.topic_id = t.id AND p.number > 1 JOIN {drawn}",
            key="'post:' || p.id",
            area="'posts'",
            kind="'post'",
            vector=f"reply || {extra}",
            **shared,
        )
        for table in ("forum_topic", "forum_post"):
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")  # noqa: S608
        for definition in word_indexes:
            cursor.execute(definition)
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("SELECT pg_size_pretty(pg_total_relation_size('home_searchdocument'))")
        print(f"  search takes {cursor.fetchone()[0]} with its indexes", flush=True)


# --- asking ---------------------------------------------------------------------------------------------


def addresses(topics: int) -> dict[str, str]:
    from urllib.parse import urlencode

    from forum.models import POSTS_A_PAGE

    last = -(-(LONG_TOPIC + POSTS_A_TOPIC) // POSTS_A_PAGE)
    found = {
        "list of topics": "/forum/rom/rom-0/",
        "forum": "/forum/",
        "first page of a topic": f"/forum/trad/{topics}/",
        "last page of 5,000 posts": f"/forum/trad/{topics}/?side={last}",
    }
    return found | {f"search: {name}": f"/sok/?{urlencode({'q': words})}" for name, words in SEARCHES.items()}


def measure_addresses(addresses: dict[str, str], *, explain: bool) -> None:
    """Medians of server time in milliseconds, processor time of Python and the database together (which other work on
    the machine hardly moves), and how many queries each page asks.
    """
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from people.models import User

    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(User.objects.get(email="reader@example.org"))
    print(f"\n{'':42} median ms  worst ms    CPU ms  queries  slowest query ms")
    for name, address in addresses.items():
        times = []
        response = client.get(address)
        if response.status_code != 200:
            print(f"{name:42} answers {response.status_code}")
            continue
        client.get(address)
        spent = processor_seconds([os.getpid()])
        for _round in range(ROUNDS):
            began = time.perf_counter()
            client.get(address)
            times.append((time.perf_counter() - began) * 1000)
        spent = (processor_seconds([os.getpid()]) - spent) * 1000 / ROUNDS
        with CaptureQueriesContext(connection) as asked:
            client.get(address)
        slowest = max(asked.captured_queries, key=lambda query: float(query["time"]))
        query = float(slowest["time"]) * 1000
        print(
            f"{name:42} {median(times):9.0f} {max(times):9.0f} {spent:9.0f} {len(asked):8} {query:10.0f}",
            flush=True,
        )
        if explain and float(slowest["time"]) > 0.05:
            print_plan(slowest["sql"])


def print_plan(sql: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, BUFFERS) " + sql)
        lines: Sequence[tuple[str]] = cursor.fetchall()
    print("    " + "\n    ".join(line for (line,) in lines), flush=True)


if __name__ == "__main__":
    sys.exit(main())
