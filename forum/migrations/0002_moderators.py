"""A group that moderates. Django makes permissions after migrating, so the permission is made here first."""

from typing import Any

from django.db import migrations

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
    ]

    operations = [migrations.RunPython(make_moderators, migrations.RunPython.noop)]
