"""A group that moderates. Django makes permissions after migrating, so the permission is made here first."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

GROUP = "Forum-moderatorer"


def make_moderators(apps: Any, schema_editor: Any) -> None:
    alias = schema_editor.connection.alias
    content_type, _ = (
        apps.get_model("contenttypes", "ContentType")
        .objects.using(alias)
        .get_or_create(app_label="forum", model="report")
    )
    permission, _ = (
        apps.get_model("auth", "Permission")
        .objects.using(alias)
        .get_or_create(
            content_type=content_type, codename="moderate_forum", defaults={"name": "Can moderate FACT Forum"}
        )
    )
    group, _ = apps.get_model("auth", "Group").objects.using(alias).get_or_create(name=GROUP)
    group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("forum", "0001_forum"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DecisionsRead",
            fields=[
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="forum_decisions_read",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("read_at", models.DateTimeField()),
            ],
            options={"verbose_name": "sett avgjørelser", "verbose_name_plural": "sett avgjørelser"},
        ),
        migrations.RunPython(make_moderators, migrations.RunPython.noop),
    ]
