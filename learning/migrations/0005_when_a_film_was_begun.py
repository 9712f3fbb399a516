import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("learning", "0004_new_content_that_was_read")]

    operations = [
        migrations.AddField(
            model_name="filmprogress",
            name="begun_at",
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name="begynt"),
        ),
    ]
