import uuid

import django.db.models.deletion
import modelsearch.index
import wagtail.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("courses", "0004_help_texts_in_blocks"),
        ("wagtailcore", "0097_baselogentry_uuid_action_timestamp_indexes"),
    ]

    operations = [
        migrations.CreateModel(
            name="RoleIndexPage",
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
                ("intro", models.TextField(blank=True, verbose_name="ingress")),
            ],
            options={
                "verbose_name": "rolleoversikt",
                "verbose_name_plural": "rolleoversikter",
            },
            bases=("wagtailcore.page",),
        ),
        migrations.CreateModel(
            name="RolePage",
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
                ("name_da", models.CharField(max_length=120, verbose_name="på dansk")),
                ("name_en", models.CharField(max_length=120, verbose_name="på engelsk")),
                (
                    "other_names",
                    models.CharField(
                        blank=True,
                        help_text="Med komma mellom, for eksempel andre titler.",
                        max_length=200,
                        verbose_name="kalles også",
                    ),
                ),
                ("summary", models.CharField(max_length=200, verbose_name="kort om rollen")),
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
                            ("film", 25),
                            ("steps", 29),
                            ("accordion", 31),
                            ("download", 34),
                            ("law", 37),
                            ("sources", 43),
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
                                "wagtailmedia.blocks.VideoChooserBlock",
                                (),
                                {"help_text": "Teksting og utskrift legger du inn på selve filmen.", "label": "Film"},
                            ),
                            19: ("wagtail.blocks.CharBlock", (), {"label": "Tittel", "max_length": 160}),
                            20: (
                                "wagtail.blocks.TextBlock",
                                (),
                                {"label": "Før du ser", "max_length": 500, "required": False},
                            ),
                            21: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Navn", "max_length": 120, "required": False},
                            ),
                            22: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Tittel", "max_length": 120, "required": False},
                            ),
                            23: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Virksomhet", "max_length": 160, "required": False},
                            ),
                            24: (
                                "wagtail.blocks.StructBlock",
                                [[("name", 21), ("title", 22), ("organisation", 23)]],
                                {"label": "Navneskilt"},
                            ),
                            25: (
                                "wagtail.blocks.StructBlock",
                                [[("film", 18), ("title", 19), ("intro", 20), ("name_plate", 24)]],
                                {},
                            ),
                            26: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Tittel", "max_length": 160, "required": False},
                            ),
                            27: ("wagtail.blocks.StructBlock", [[("title", 19), ("text", 11)]], {}),
                            28: ("wagtail.blocks.ListBlock", (27,), {"label": "Trinn", "min_num": 2}),
                            29: ("wagtail.blocks.StructBlock", [[("title", 26), ("items", 28)]], {}),
                            30: ("wagtail.blocks.ListBlock", (27,), {"label": "Punkter", "min_num": 1}),
                            31: ("wagtail.blocks.StructBlock", [[("title", 26), ("items", 30)]], {}),
                            32: ("wagtail.documents.blocks.DocumentChooserBlock", (), {"label": "Dokument"}),
                            33: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Beskrivelse", "max_length": 300, "required": False},
                            ),
                            34: (
                                "wagtail.blocks.StructBlock",
                                [[("document", 32), ("title", 19), ("description", 33)]],
                                {},
                            ),
                            35: (
                                "wagtail.snippets.blocks.SnippetChooserBlock",
                                ("courses.LegalReference",),
                                {"label": "Lovhenvisning"},
                            ),
                            36: (
                                "wagtail.blocks.TextBlock",
                                (),
                                {"label": "Hvorfor den er viktig her", "max_length": 500, "required": False},
                            ),
                            37: ("wagtail.blocks.StructBlock", [[("reference", 35), ("note", 36)]], {}),
                            38: ("wagtail.blocks.CharBlock", (), {"label": "Kilde", "max_length": 400}),
                            39: ("wagtail.blocks.URLBlock", (), {"label": "Adresse", "required": False}),
                            40: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Forbehold", "max_length": 400, "required": False},
                            ),
                            41: ("wagtail.blocks.StructBlock", [[("text", 38), ("url", 39), ("caveat", 40)]], {}),
                            42: ("wagtail.blocks.ListBlock", (41,), {"label": "Kilder", "min_num": 1}),
                            43: ("wagtail.blocks.StructBlock", [[("items", 42)]], {}),
                        },
                        verbose_name="innhold",
                    ),
                ),
            ],
            options={
                "verbose_name": "rolle",
                "verbose_name_plural": "roller",
            },
            bases=("wagtailcore.page",),
        ),
        migrations.CreateModel(
            name="GlossaryTerm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("translation_key", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("slug", models.SlugField(help_text="Den samme på alle språk.", max_length=80, verbose_name="adresse")),
                ("term", models.CharField(max_length=120, verbose_name="ord")),
                (
                    "definition",
                    models.CharField(
                        help_text="Én eller to setninger, med egne ord.", max_length=300, verbose_name="betyr"
                    ),
                ),
                (
                    "explanation",
                    models.TextField(
                        blank=True, help_text="Hvordan ordet brukes, og hva det ikke betyr.", verbose_name="forklaring"
                    ),
                ),
                (
                    "other_words",
                    models.CharField(
                        blank=True,
                        help_text="Med komma mellom.",
                        max_length=200,
                        verbose_name="andre ord for det samme",
                    ),
                ),
                (
                    "is_nearest",
                    models.BooleanField(
                        default=False,
                        help_text="Når språket ikke har noe som er helt det samme.",
                        verbose_name="bare det nærmeste ordet",
                    ),
                ),
                (
                    "locale",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="wagtailcore.locale",
                        verbose_name="locale",
                    ),
                ),
            ],
            options={
                "verbose_name": "ord i ordlista",
                "verbose_name_plural": "ordliste",
                "ordering": ["slug"],
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(fields=("slug", "locale"), name="glossary_slug_unique_in_language")
                ],
                "unique_together": {("translation_key", "locale")},
            },
            bases=(modelsearch.index.Indexed, models.Model),
        ),
    ]
