import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
<<<<<<<< HEAD:learning/migrations/0008_when_a_film_was_begun.py
    dependencies = [("learning", "0007_figures_of_reports")]
========
    dependencies = [("learning", "0004_new_content_that_was_read")]
>>>>>>>> prog-client:learning/migrations/0005_when_a_film_was_begun.py

    operations = [
        migrations.AddField(
            model_name="filmprogress",
            name="begun_at",
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name="begynt"),
        ),
    ]
