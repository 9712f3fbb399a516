import uuid

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Region",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.SlugField(unique=True, verbose_name="nøkkel")),
                ("name", models.CharField(max_length=80, verbose_name="navn")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="plass i lista")),
            ],
            options={
                "verbose_name": "region",
                "verbose_name_plural": "regioner",
                "ordering": ["position", "name"],
            },
        ),
        migrations.CreateModel(
            name="TeamRole",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.SlugField(
                        help_text="Den samme som rollesidens adresse.", unique=True, verbose_name="nøkkel"
                    ),
                ),
                ("name", models.CharField(max_length=80, verbose_name="navn")),
                ("name_da", models.CharField(max_length=80, verbose_name="på dansk")),
                ("name_en", models.CharField(max_length=80, verbose_name="på engelsk")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="plass i lista")),
                (
                    "leads_team",
                    models.BooleanField(
                        default=False,
                        help_text="Kan ta imot folk, avslutte medlemskap og endre teamets side.",
                        verbose_name="leder teamet",
                    ),
                ),
            ],
            options={
                "verbose_name": "rolle i teamet",
                "verbose_name_plural": "roller i teamet",
                "ordering": ["position", "name"],
            },
        ),
        migrations.CreateModel(
            name="PeopleSettings",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "onboarding_days",
                    models.PositiveSmallIntegerField(
                        default=90,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(730),
                        ],
                        verbose_name="dager til grunnopplæringen bør være gjort",
                    ),
                ),
                (
                    "invitation_days",
                    models.PositiveSmallIntegerField(
                        default=14,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(90),
                        ],
                        verbose_name="dager en invitasjon gjelder",
                    ),
                ),
            ],
            options={
                "verbose_name": "innstillinger for folk og team",
                "verbose_name_plural": "innstillinger for folk og team",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("pk", 1)), name="people_settings_is_one_row")
                ],
            },
        ),
        migrations.CreateModel(
            name="SupportGroup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, unique=True, verbose_name="navn")),
                (
                    "region",
                    models.ForeignKey(
                        blank=True,
                        help_text="Tomt: gruppa er nasjonal.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="support_groups",
                        to="people.region",
                        verbose_name="region",
                    ),
                ),
            ],
            options={
                "verbose_name": "støttegruppe",
                "verbose_name_plural": "støttegrupper",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Team",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="nøkkel")),
                ("slug", models.SlugField(max_length=120, unique=True, verbose_name="adresse")),
                ("name", models.CharField(max_length=120, verbose_name="navn")),
                (
                    "programme",
                    models.CharField(
                        choices=[
                            ("ACT", "ACT"),
                            ("FACT", "FACT"),
                            ("FACT_UNG", "FACT ung"),
                            ("D_FACT", "D-FACT"),
                            ("OTHER", "Annet"),
                            ("UNSPECIFIED", "Ikke oppgitt"),
                        ],
                        default="UNSPECIFIED",
                        max_length=12,
                        verbose_name="program",
                    ),
                ),
                (
                    "country",
                    models.CharField(
                        choices=[("NO", "Norge"), ("DK", "Danmark"), ("SE", "Sverige"), ("XX", "Annet land")],
                        default="NO",
                        max_length=2,
                        verbose_name="land",
                    ),
                ),
                ("county", models.CharField(blank=True, db_index=True, max_length=60, verbose_name="fylke")),
                (
                    "municipalities",
                    models.CharField(
                        blank=True, help_text="Med komma mellom.", max_length=300, verbose_name="kommuner"
                    ),
                ),
                ("hospital_trust", models.CharField(blank=True, max_length=120, verbose_name="helseforetak")),
                (
                    "phase",
                    models.CharField(
                        choices=[
                            ("pre_project", "Forprosjekt"),
                            ("setting_up", "Under etablering"),
                            ("operation", "I drift"),
                            ("closed", "Avviklet"),
                            ("unknown", "Ukjent"),
                        ],
                        default="unknown",
                        max_length=12,
                        verbose_name="fase",
                    ),
                ),
                (
                    "status_source",
                    models.CharField(
                        blank=True,
                        help_text="Hvor opplysningene om teamet kommer fra.",
                        max_length=160,
                        verbose_name="kilde",
                    ),
                ),
                ("status_on", models.DateField(blank=True, null=True, verbose_name="opplysningene er fra")),
                (
                    "name_note",
                    models.CharField(
                        blank=True,
                        help_text="Når navnet er usikkert.",
                        max_length=200,
                        verbose_name="merknad om navnet",
                    ),
                ),
                ("about", models.TextField(blank=True, max_length=2000, verbose_name="om teamet")),
                (
                    "contact_route",
                    models.CharField(
                        blank=True,
                        help_text="En nettside, en felles postkasse eller et sentralbord. Aldri et privat nummer.",
                        max_length=200,
                        verbose_name="slik tar du kontakt",
                    ),
                ),
                (
                    "region",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="teams",
                        to="people.region",
                        verbose_name="region",
                    ),
                ),
            ],
            options={
                "verbose_name": "team",
                "verbose_name_plural": "team",
                "ordering": ["county", "name", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("started_on", models.DateField(default=django.utils.timezone.localdate, verbose_name="begynte")),
                (
                    "onboarding_due_on",
                    models.DateField(blank=True, null=True, verbose_name="foreslått frist for grunnopplæringen"),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="avsluttet")),
                (
                    "admitted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to="people.team",
                        verbose_name="team",
                    ),
                ),
                (
                    "roles",
                    models.ManyToManyField(
                        blank=True, related_name="memberships", to="people.teamrole", verbose_name="roller"
                    ),
                ),
            ],
            options={
                "verbose_name": "medlemskap",
                "verbose_name_plural": "medlemskap",
                "ordering": ["-started_on", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="JoinRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("started_on", models.DateField(blank=True, null=True, verbose_name="begynte eller begynner")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("approved", "Godkjent"), ("refused", "Avslått"), ("withdrawn", "Trukket tilbake")],
                        max_length=10,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="join_requests",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="join_requests", to="people.team"
                    ),
                ),
                (
                    "roles",
                    models.ManyToManyField(blank=True, related_name="+", to="people.teamrole", verbose_name="roller"),
                ),
            ],
            options={
                "verbose_name": "ønske om å bli med",
                "verbose_name_plural": "ønsker om å bli med",
                "ordering": ["created_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("email", models.EmailField(max_length=254, verbose_name="e-postadresse")),
                ("started_on", models.DateField(blank=True, null=True, verbose_name="begynner")),
                (
                    "language",
                    models.CharField(
                        choices=[("nb", "Norsk bokmål"), ("da", "Dansk"), ("en", "English")],
                        default="nb",
                        max_length=5,
                        verbose_name="språk",
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("expires_at", models.DateTimeField(verbose_name="gjelder til")),
                ("accepted_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "accepted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "invited_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="invitations", to="people.team"
                    ),
                ),
                (
                    "roles",
                    models.ManyToManyField(blank=True, related_name="+", to="people.teamrole", verbose_name="roller"),
                ),
            ],
            options={
                "verbose_name": "invitasjon",
                "verbose_name_plural": "invitasjoner",
                "ordering": ["-created_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="SupportGroupMembership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="avsluttet")),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to="people.supportgroup",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="support_memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "medlem av støttegruppe",
                "verbose_name_plural": "medlemmer av støttegrupper",
                "ordering": ["group", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("person", "group"),
                        name="one_active_support_membership",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="team",
            constraint=models.UniqueConstraint(fields=("country", "county", "name"), name="team_name_unique_in_county"),
        ),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", True)), fields=["team"], name="active_members_of_team"
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)),
                fields=("person", "team"),
                name="one_active_membership_per_team",
            ),
        ),
        migrations.AddConstraint(
            model_name="joinrequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("outcome", "")), fields=("person", "team"), name="one_pending_request_per_team"
            ),
        ),
        migrations.AddConstraint(
            model_name="joinrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at__isnull", True), ("outcome", "")),
                    models.Q(models.Q(("outcome", ""), _negated=True), ("decided_at__isnull", False)),
                    _connector="OR",
                ),
                name="request_decided_has_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("accepted_at__isnull", True), ("revoked_at__isnull", True)),
                fields=("team", "email"),
                name="one_open_invitation_per_address",
            ),
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_at__gt", models.F("created_at"))),
                name="invitation_expires_after_it_is_made",
            ),
        ),
    ]
