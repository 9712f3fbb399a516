"""Keywords stand with the words an item is found by: looking for them in their own table took as long again."""

from typing import Any

from django.db import migrations

import people.models.teams
from people.alphabet import fold


def add_keywords(apps: Any, schema_editor: Any) -> None:
    for item in apps.get_model("forum", "LibraryItem").objects.prefetch_related("tags").iterator(chunk_size=500):
        tags = [tag.name for tag in item.tags.all()]
        item.search_text = fold(" ".join([item.title, item.summary, *tags]))[:2500]
        item.save(update_fields=["search_text"])


class Migration(migrations.Migration):
    dependencies = [("forum", "0008_events")]

    operations = [
        migrations.AlterField(
            model_name="libraryitem",
            name="search_text",
            field=people.models.teams.DerivedField(blank=True, default="", editable=False, max_length=2500),
        ),
        migrations.RunPython(add_keywords, migrations.RunPython.noop),
    ]
