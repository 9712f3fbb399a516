from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("home", "0002_help_texts_in_blocks"),
    ]

    operations = [
        migrations.AddField(
            model_name="standardpage",
            name="show_as_reference",
            field=models.BooleanField(default=False, verbose_name="vis under «Slå opp»"),
        ),
    ]
