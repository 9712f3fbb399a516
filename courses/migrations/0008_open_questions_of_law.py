"""A rule may have a question for a lawyer, and may be one that nobody has checked."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("courses", "0007_facilitator_guides"),
    ]

    operations = [
        migrations.AddField(
            model_name="legalreference",
            name="open_question",
            field=models.TextField(
                blank=True,
                help_text="Det en jurist må ta stilling til. Bare redaktører ser det. Det blir stående til du tømmer feltet, også når regelen merkes som kontrollert.",
                max_length=1000,
                verbose_name="til juristen",
            ),
        ),
        migrations.AlterField(
            model_name="legalreference",
            name="checked_by",
            field=models.CharField(
                blank=True, help_text="Rolle eller redaksjon.", max_length=120, verbose_name="kontrollert av"
            ),
        ),
        migrations.AlterField(
            model_name="legalreference",
            name="checked_on",
            field=models.DateField(
                blank=True,
                default=django.utils.timezone.localdate,
                help_text="Tomt når ingen har kontrollert den. Da står det i leksjonen.",
                null=True,
                verbose_name="sist kontrollert",
            ),
        ),
    ]
