from django.db import migrations

PROGRAMMES = [("ACT", "ACT"), ("FACT", "FACT"), ("FACT_UNG", "FACT ung")]


def add_rows(apps, schema_editor):
    programme = apps.get_model("courses", "Programme")
    for code, name in PROGRAMMES:
        programme.objects.get_or_create(code=code, defaults={"name": name})
    apps.get_model("courses", "ContentStamp").objects.get_or_create(pk=1)


class Migration(migrations.Migration):
    dependencies = [("courses", "0002_page_relations")]

    operations = [migrations.RunPython(add_rows, migrations.RunPython.noop)]
