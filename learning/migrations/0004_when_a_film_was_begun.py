import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("learning", "0003_progress_certificates_and_reflections")]

    operations = [
        migrations.AddField(
            model_name="filmprogress",
            name="begun_at",
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name="begynt"),
        ),
    ]
