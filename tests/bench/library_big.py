"""`python -m tests.bench.library_big`: 50,000 items of the library, on a throw-away PostgreSQL.

Built in the database itself, with a version, a file, two keywords and two principles each, in 20 open spaces and 10
closed ones. Asks the list, cut in several ways, through Django's own handler, and prints the medians of server time.
`--items 2000` for a small trial.
"""

import argparse
import contextlib
import os
import signal
import sys
import tempfile
import uuid
from pathlib import Path

from tests.bench.forum_big import CLOSED_SPACES, SPACES, TEXTS, insert, make_texts, measure_addresses
from tests.needs import find_postgresql
from tests.postgres import throw_away_server
from tests.served import flett_environment

ITEMS = 50_000
PRINCIPLES = 8


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.library_big", description=__doc__)
    parser.add_argument("--items", type=int, default=ITEMS)
    parser.add_argument("--explain", action="store_true", help="print the plan of each slow query")
    options = parser.parse_args()
    binaries = find_postgresql()
    if binaries is None:
        print("PostgreSQL 15 or later is not installed; install it with: apt-get install postgresql", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="flett-library-")))
        database = stack.enter_context(throw_away_server(binaries, options=["shared_buffers=1GB", "fsync=off"]))
        os.environ |= flett_environment(database, folder) | {"DJANGO_SETTINGS_MODULE": "config.settings"}
        import django

        django.setup()
        build(options.items)
        measure_addresses(addresses(), explain=options.explain)
    return 0


def build(items: int) -> None:
    from django.core.management import call_command
    from django.db import connection
    from wagtail.models import Locale, Page, Site

    from courses.models import Principle, PrincipleSet
    from forum.models import LibraryFile, LibraryItem, LibraryPrinciple, LibraryTag, LibraryUse, LibraryVersion, Space
    from home.models import HomePage
    from people.models import Membership, Team, User

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    locale = Locale.objects.get_or_create(language_code="nb")[0]
    root = Page.get_first_root_node()
    assert root is not None
    home = root.add_child(instance=HomePage(title="Flett", slug="flett", lead="Lær", intro="Lær", locale=locale))
    Site.objects.all().delete()
    Site.objects.create(hostname="127.0.0.1", port=80, is_default_site=True, root_page=home)
    owner, reader = (User.objects.create_user(f"{name}@example.org") for name in ("owner", "reader"))
    teams = [Team.objects.create(slug=f"team-{number}", name=f"Team {number}") for number in range(100)]
    for person in (owner, reader):
        Membership.objects.create(person=person, team=teams[0])
    for number in range(SPACES + CLOSED_SPACES):
        kind = Space.Kind.OPEN if number < SPACES else Space.Kind.PRIVATE
        Space.objects.create(slug=f"rom-{number}", name=f"Rom {number}", kind=kind)
    first_space = Space.objects.order_by("pk").values_list("pk", flat=True)[0]
    principle_set = PrincipleSet.objects.create(key="fact", name="FACT")
    keys = []
    for number in range(PRINCIPLES):
        principle = Principle.objects.create(
            principle_set=principle_set,
            position=number + 1,
            name=f"Prinsipp {number}",
            slug=f"p{number}",
            locale=locale,
        )
        keys.append(principle.translation_key)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE pool (n int PRIMARY KEY, title text, body text)")
        cursor.executemany(
            "INSERT INTO pool VALUES (%s, %s, %s)", [(n, title, body) for n, (title, body) in enumerate(make_texts())]
        )

        def drawn(column: str, choices: list[str], step: int) -> str:
            values = ", ".join(f"'{choice}'" for choice in choices)
            return f"(ARRAY[{values}])[i * {step} % {len(choices)} + 1]"

        when = f"now() - ({items} - i) * interval '10 minutes'"
        insert(
            cursor,
            LibraryItem,
            f"generate_series(1, {items}) i JOIN pool ON n = i * 31 % {TEXTS}",
            id="i",
            key="gen_random_uuid()",
            family="gen_random_uuid()",
            space_id=f"{first_space} + (i * 7919) % {SPACES + CLOSED_SPACES}",
            title="left(title, 100)",
            summary="left(body, 200)",
            search_text="lower(left(title, 100) || ' ' || left(body, 200))",
            kind=drawn("kind", LibraryItem.Kind.values, 7),
            phase=drawn("phase", ["", *LibraryItem.Phase.values], 11),
            programme=drawn("programme", ["", *LibraryItem.Programme.values], 13),
            language=drawn("language", ["nb", "nb", "nb", "nb", "da", "en", "nn"], 17),
            county=drawn("county", [f"Fylke {number}" for number in range(15)], 19),
            licence=drawn("licence", LibraryItem.Licence.values, 23),
            team_id=f"{teams[0].pk} + i % {len(teams)}",
            owner_id=str(owner.pk),
            created_at=when,
            changed_at=when,
            version_count="1",
            team_count="i % 7",
            download_count="i % 100",
        )
        insert(
            cursor,
            LibraryVersion,
            f"generate_series(1, {items}) i JOIN pool ON n = i * 31 % {TEXTS}",
            id="i",
            item_id="i",
            number="1",
            text="body",
            source="body",
            created_by_id=str(owner.pk),
        )
        cursor.execute("UPDATE forum_libraryitem SET current_id = id")
        insert(
            cursor,
            LibraryFile,
            f"generate_series(1, {items}) i",
            key="gen_random_uuid()",
            version_id="i",
            uploader_id=str(owner.pk),
            name="'avtale' || i || '.docx'",
            file="'finnes/ikke'",
            media_type="'application/pdf'",
            size="1000",
        )
        for step in (1, 3):
            key = "(ARRAY[" + ", ".join(f"'{key}'::uuid" for key in keys) + f"])[(i + {step}) % {PRINCIPLES} + 1]"
            insert(cursor, LibraryPrinciple, f"generate_series(1, {items}) i", item_id="i", principle_key=key)
            word = f"'ord ' || (i * {step}) % 300 + {step * 1000}"
            insert(cursor, LibraryTag, f"generate_series(1, {items}) i", item_id="i", name=word, name_folded=word)
        insert(
            cursor,
            LibraryUse,
            f"generate_series(1, {items}) i",
            item_id="i",
            team_id=f"{teams[0].pk} + i % {len(teams)}",
        )
        for table in ("forum_libraryitem", "forum_libraryversion"):
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {items})")
        cursor.execute("VACUUM ANALYZE")
    print(f"  {uuid.UUID(str(keys[0]))}")


def addresses() -> dict[str, str]:
    from forum.models import LibraryPrinciple

    key = LibraryPrinciple.objects.values_list("principle_key", flat=True).order_by("principle_key")[0]
    queries = {
        "everything, newest": "",
        "everything, most used": "sorter=mest-brukt",
        "the hundredth page": "side=100",
        "a kind": "slag=agreement",
        "kind, phase and county": "slag=agreement&fase=operation&fylke=Fylke+3",
        "a principle": f"prinsipp={key}",
        "principle, kind and language": f"prinsipp={key}&slag=template&sprak=nb",
        "a keyword": "emneord=ord+1007",
        "one word": "q=avtale",
        "two words": "q=plan+team",
        "two words and a kind": "q=plan+team&slag=template",
        "a space": "rom=rom-3",
        "nothing": "q=qwertyqwerty",
    }
    found = {f"library: {name}": f"/forum/bibliotek/?{query}" for name, query in queries.items()}
    return found | {"an item": "/forum/bibliotek/17/"}


if __name__ == "__main__":
    sys.exit(main())
