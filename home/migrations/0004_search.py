"""What search keeps, and the index of each database over it."""

import django.contrib.postgres.search
import django.db.models.deletion
from django.conf import settings
from django.db import DatabaseError, migrations, models, transaction

TABLE = "home_searchdocument"
AREAS = ("site", "topics", "posts")


def make_indexes(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        make_postgresql_indexes(schema_editor)
    else:
        make_sqlite_table(schema_editor)


def make_postgresql_indexes(schema_editor):
    # Writing is rare beside searching: without the list of pending words a search never waits for its clearing.
    for area in AREAS:
        schema_editor.execute(
            f"CREATE INDEX found_{area}_by_words ON {TABLE} USING gin (vector) WITH (fastupdate = off) WHERE area = '{area}'"
        )
    schema_editor.execute(
        f"CREATE INDEX found_topics_by_title ON {TABLE} USING gin (ts_filter(vector, '{{a}}')) WITH (fastupdate = off) WHERE area = 'topics'"
    )
    try:
        with transaction.atomic(using=schema_editor.connection.alias):
            schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            schema_editor.execute(
                f"CREATE INDEX found_by_like_title ON {TABLE} USING gin (title_folded gin_trgm_ops) WHERE title_folded <> ''"
            )
    except DatabaseError:
        # Without the right to add it, titles that are mistyped are looked for without an index (docs/operations.md).
        pass


def make_sqlite_table(schema_editor):
    schema_editor.execute(
        "CREATE VIRTUAL TABLE home_searchwords USING fts5("
        "title, title_keys, summary, body, body_keys, tokenize='unicode61 remove_diacritics 2')"
    )
    schema_editor.execute(
        "CREATE TRIGGER home_searchwords_follow AFTER DELETE ON home_searchdocument "
        "BEGIN DELETE FROM home_searchwords WHERE rowid = OLD.id; END"
    )


def drop_indexes(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TRIGGER home_searchwords_follow")
        schema_editor.execute("DROP TABLE home_searchwords")


class Migration(migrations.Migration):
    dependencies = [
        ("forum", "0001_forum"),
        ("home", "0003_reference_pages"),
        ("wagtailcore", "0097_baselogentry_uuid_action_timestamp_indexes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SearchDocument",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.CharField(
                        help_text="What it is and its number, such as `page:12`.", max_length=40, unique=True
                    ),
                ),
                (
                    "area",
                    models.CharField(
                        choices=[("site", "Flett"), ("topics", "Tråder"), ("posts", "Innlegg")], max_length=6
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("course", "Kurs"),
                            ("lesson", "Leksjoner"),
                            ("page", "Sider"),
                            ("term", "Ordliste"),
                            ("topic", "Tråder"),
                            ("post", "Innlegg"),
                            ("space", "Rom"),
                            ("team", "Team"),
                            ("person", "Folk"),
                        ],
                        max_length=6,
                    ),
                ),
                ("language", models.CharField(max_length=5)),
                ("identity", models.UUIDField(help_text="The same for a thing's translations.", null=True)),
                ("title", models.CharField(blank=True, max_length=255)),
                ("title_folded", models.CharField(blank=True, max_length=320)),
                ("summary", models.TextField(blank=True)),
                (
                    "body",
                    models.TextField(blank=True, help_text="For excerpts. Empty for what is written in the forum."),
                ),
                (
                    "address",
                    models.CharField(blank=True, help_text="The parts of its address, with / between.", max_length=255),
                ),
                ("sign_in_required", models.BooleanField(default=False)),
                (
                    "is_shown",
                    models.BooleanField(default=True, help_text="Neither topic nor post is held, hidden or deleted."),
                ),
                ("written_at", models.DateTimeField()),
                (
                    "fingerprint",
                    models.CharField(help_text="Of all that it was made from, and by which rules.", max_length=32),
                ),
                (
                    "vector",
                    django.contrib.postgres.search.SearchVectorField(help_text="PostgreSQL's search words.", null=True),
                ),
                (
                    "page",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="wagtailcore.page"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "post",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="forum.post"
                    ),
                ),
                (
                    "space",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="forum.space"
                    ),
                ),
                (
                    "topic",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="forum.topic"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("area", "topics"), ("is_shown", True)),
                        fields=["-written_at"],
                        name="found_topics_in_order",
                    ),
                    models.Index(
                        condition=models.Q(("area", "posts"), ("is_shown", True)),
                        fields=["-written_at"],
                        name="found_posts_in_order",
                    ),
                    models.Index(condition=models.Q(("is_shown", False)), fields=["area"], name="found_not_shown"),
                    models.Index(
                        condition=models.Q(("identity__isnull", False)),
                        fields=["identity", "language"],
                        name="found_translations",
                    ),
                ],
            },
        ),
        migrations.RunPython(make_indexes, drop_indexes, elidable=False),
    ]
