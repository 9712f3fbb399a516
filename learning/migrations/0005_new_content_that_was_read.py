from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("learning", "0004_titles_of_deleted_courses")]

    operations = [
        migrations.AddField(
            model_name="lessonprogress",
            name="seen_version",
            field=models.PositiveIntegerField(default=0, verbose_name="nytt innhold lest til og med versjon"),
        ),
    ]
