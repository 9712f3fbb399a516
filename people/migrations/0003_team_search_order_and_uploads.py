import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import people.models.teams
from people.alphabet import fold, sort_key


def fill(apps, schema_editor):
    """Teams that are there already get what search and order ask for."""
    for team in apps.get_model("people", "Team").objects.all():
        team.search_text = fold(f"{team.name} | {team.municipalities} | {team.county}")[:600]
        team.sort_text = f"{sort_key(team.county)}00{sort_key(team.name)}"[:500]
        team.save(update_fields=["search_text", "sort_text"])


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0002_teams_and_memberships"),
    ]

    operations = [
        migrations.CreateModel(
            name="TeamListUpload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=200, verbose_name="filnavn")),
                ("content", models.BinaryField()),
                ("uploaded_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("applied_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "opplastet teamliste",
                "verbose_name_plural": "opplastede teamlister",
                "ordering": ["-uploaded_at", "-pk"],
            },
        ),
        migrations.AlterModelOptions(
            name="team",
            options={"ordering": ["sort_text", "pk"], "verbose_name": "team", "verbose_name_plural": "team"},
        ),
        migrations.AddField(
            model_name="team",
            name="search_text",
            field=people.models.teams.DerivedField(blank=True, default="", editable=False, max_length=600),
        ),
        migrations.AddField(
            model_name="team",
            name="sort_text",
            field=people.models.teams.DerivedField(blank=True, default="", editable=False, max_length=500),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="team",
            index=models.Index(fields=["sort_text", "id"], name="teams_in_order"),
        ),
        migrations.AddIndex(
            model_name="team",
            index=models.Index(fields=["county", "sort_text", "id"], name="teams_of_county_in_order"),
        ),
        migrations.AddIndex(
            model_name="team",
            index=models.Index(fields=["county", "programme", "region", "phase"], name="teams_counted"),
        ),
        migrations.AddField(
            model_name="teamlistupload",
            name="uploaded_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
    ]
