"""A course may have one guide for using it in a team meeting."""

import django.core.validators
import django.db.models.deletion
import wagtail.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("courses", "0006_manuscript_of_role_films"),
        ("wagtailcore", "0097_baselogentry_uuid_action_timestamp_indexes"),
    ]

    operations = [
        migrations.CreateModel(
            name="FacilitatorGuidePage",
            fields=[
                (
                    "page_ptr",
                    models.OneToOneField(
                        auto_created=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        parent_link=True,
                        primary_key=True,
                        serialize=False,
                        to="wagtailcore.page",
                    ),
                ),
                ("summary", models.CharField(blank=True, max_length=300, verbose_name="kort om veiledningen")),
                (
                    "minutes",
                    models.PositiveSmallIntegerField(
                        default=30, validators=[django.core.validators.MaxValueValidator(600)], verbose_name="minutter"
                    ),
                ),
                (
                    "body",
                    wagtail.fields.StreamField(
                        [
                            ("text", 0),
                            ("image", 5),
                            ("table", 9),
                            ("fact_box", 12),
                            ("quotation", 15),
                            ("key_message", 17),
                            ("steps", 22),
                            ("accordion", 24),
                            ("download", 27),
                            ("law", 30),
                            ("sources", 36),
                        ],
                        blank=True,
                        block_lookup={
                            0: ("courses.blocks.text.TextBlock", (), {}),
                            1: ("wagtail.images.blocks.ImageChooserBlock", (), {"label": "Bilde"}),
                            2: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {
                                    "help_text": "Si hva bildet viser, ikke at det er et bilde. Leksjonen kan ikke publiseres uten.",
                                    "label": "Beskrivelse for dem som ikke ser bildet",
                                    "max_length": 300,
                                },
                            ),
                            3: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Bildetekst", "max_length": 300, "required": False},
                            ),
                            4: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Kilde", "max_length": 300, "required": False},
                            ),
                            5: (
                                "wagtail.blocks.StructBlock",
                                [[("image", 1), ("alt", 2), ("caption", 3), ("source", 4)]],
                                {},
                            ),
                            6: ("wagtail.blocks.CharBlock", (), {"label": "Tabelltittel", "max_length": 200}),
                            7: ("wagtail.blocks.CharBlock", (), {"label": "Tekst", "required": False}),
                            8: (
                                "wagtail.contrib.typed_table_block.blocks.TypedTableBlock",
                                [[("text", 7)]],
                                {"label": "Tabell"},
                            ),
                            9: ("wagtail.blocks.StructBlock", [[("caption", 6), ("table", 8), ("source", 4)]], {}),
                            10: ("wagtail.blocks.CharBlock", (), {"label": "Tittel", "max_length": 120}),
                            11: ("courses.blocks.text.SmallTextBlock", (), {"label": "Tekst"}),
                            12: ("wagtail.blocks.StructBlock", [[("title", 10), ("text", 11)]], {}),
                            13: ("wagtail.blocks.TextBlock", (), {"label": "Sitat", "max_length": 600}),
                            14: ("wagtail.blocks.CharBlock", (), {"label": "Hvem sier det", "max_length": 160}),
                            15: (
                                "wagtail.blocks.StructBlock",
                                [[("text", 13), ("attribution", 14), ("source", 4)]],
                                {},
                            ),
                            16: ("wagtail.blocks.CharBlock", (), {"label": "Budskap", "max_length": 300}),
                            17: ("wagtail.blocks.StructBlock", [[("text", 16)]], {}),
                            18: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Tittel", "max_length": 160, "required": False},
                            ),
                            19: ("wagtail.blocks.CharBlock", (), {"label": "Tittel", "max_length": 160}),
                            20: ("wagtail.blocks.StructBlock", [[("title", 19), ("text", 11)]], {}),
                            21: ("wagtail.blocks.ListBlock", (20,), {"label": "Trinn", "min_num": 2}),
                            22: ("wagtail.blocks.StructBlock", [[("title", 18), ("items", 21)]], {}),
                            23: ("wagtail.blocks.ListBlock", (20,), {"label": "Punkter", "min_num": 1}),
                            24: ("wagtail.blocks.StructBlock", [[("title", 18), ("items", 23)]], {}),
                            25: ("wagtail.documents.blocks.DocumentChooserBlock", (), {"label": "Dokument"}),
                            26: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Beskrivelse", "max_length": 300, "required": False},
                            ),
                            27: (
                                "wagtail.blocks.StructBlock",
                                [[("document", 25), ("title", 19), ("description", 26)]],
                                {},
                            ),
                            28: (
                                "wagtail.snippets.blocks.SnippetChooserBlock",
                                ("courses.LegalReference",),
                                {"label": "Lovhenvisning"},
                            ),
                            29: (
                                "wagtail.blocks.TextBlock",
                                (),
                                {"label": "Hvorfor den er viktig her", "max_length": 500, "required": False},
                            ),
                            30: ("wagtail.blocks.StructBlock", [[("reference", 28), ("note", 29)]], {}),
                            31: ("wagtail.blocks.CharBlock", (), {"label": "Kilde", "max_length": 400}),
                            32: ("wagtail.blocks.URLBlock", (), {"label": "Adresse", "required": False}),
                            33: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Forbehold", "max_length": 400, "required": False},
                            ),
                            34: ("wagtail.blocks.StructBlock", [[("text", 31), ("url", 32), ("caveat", 33)]], {}),
                            35: ("wagtail.blocks.ListBlock", (34,), {"label": "Kilder", "min_num": 1}),
                            36: ("wagtail.blocks.StructBlock", [[("items", 35)]], {}),
                        },
                        verbose_name="innhold",
                    ),
                ),
            ],
            options={
                "verbose_name": "veiledning til teammøte",
                "verbose_name_plural": "veiledninger til teammøte",
            },
            bases=("wagtailcore.page",),
        ),
    ]
