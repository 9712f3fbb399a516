from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("learning", "0003_progress_certificates_and_reflections")]

    operations = [
        migrations.AddField(
            model_name="lessonprogress",
            name="seen_version",
            field=models.PositiveIntegerField(default=0, verbose_name="nytt innhold lest til og med versjon"),
        ),
    ]
