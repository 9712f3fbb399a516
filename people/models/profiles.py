"""What somebody tells of themselves, and what becomes of their account."""

import uuid
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.models.users import User

PRESENTATION_MAX = 600


class MailKind(models.TextChoices):
    """Mails one may do without. What is about the account, or asked for by oneself, is sent whatever one chose."""

    REQUESTS = "requests", _("e-post når noen vil bli med i et team du leder")
    DEADLINES = "deadlines", _("påminnelser om grunnopplæringen")
    TEAM_NEWS = "team_news", _("ukesbrev om team du leder")
    EXPIRY = "expiry", _("påminnelser om kursbevis som går ut")
    FORUM_AT_ONCE = "forum_at_once", _("e-post når noen nevner deg eller svarer deg i forumet")
    FORUM_DIGEST = "forum_digest", _("oppsummeringer av det som er nytt i forumet")

    @property
    def choice(self) -> str:
        """The column of `Profile` that says whether somebody wants these mails."""
        return f"mail_on_{self.value}"


class ProfileQuerySet(models.QuerySet["Profile"]):
    def to_be_deleted(self) -> Self:
        """Those whose person has asked for it and whose waiting period is over."""
        return self.filter(deletion_due_at__lte=timezone.now())


class Profile(models.Model):
    """Beside the account, made the first time there is something to keep. The name is the account's own."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="profile"
    )
    presentation = models.TextField(_("kort om deg"), max_length=PRESENTATION_MAX, blank=True)
    mail_on_requests = models.BooleanField(_("e-post når noen vil bli med i et team du leder"), default=True)
    mail_on_deadlines = models.BooleanField(_("påminnelser om grunnopplæringen"), default=True)
    mail_on_team_news = models.BooleanField(_("ukesbrev om team du leder"), default=True)
    mail_on_expiry = models.BooleanField(_("påminnelser om kursbevis som går ut"), default=True)
    mail_on_forum_at_once = models.BooleanField(
        _("e-post når noen nevner deg eller svarer deg i forumet"), default=True
    )
    mail_on_forum_digest = models.BooleanField(_("oppsummeringer av det som er nytt i forumet"), default=True)
    deletion_requested_at = models.DateTimeField(_("ba om sletting"), null=True, blank=True)
    deletion_due_at = models.DateTimeField(_("blir slettet"), null=True, blank=True)
    unused_warned_at = models.DateTimeField(_("fikk beskjed om at kontoen ikke brukes"), null=True, blank=True)

    objects = ProfileQuerySet.as_manager()

    class Meta:
        verbose_name = _("profil")
        verbose_name_plural = _("profiler")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(deletion_requested_at__isnull=True, deletion_due_at__isnull=True)
                | Q(deletion_requested_at__isnull=False, deletion_due_at__isnull=False),
                name="deletion_asked_for_has_a_day",
            )
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["deletion_due_at"], condition=Q(deletion_due_at__isnull=False), name="accounts_to_be_deleted"
            )
        ]

    def __str__(self) -> str:
        return str(self.person)

    @classmethod
    def of(cls, person: User) -> "Profile":
        """The person's profile, or an empty one that is not saved. One query."""
        return cls.objects.filter(person=person).first() or cls(person=person)


class ProfilePicture(models.Model):
    """A person's picture in two square sizes, made anew by us. The picture handed in is not kept.

    In the database and not among the media, so that no proxy serves it, and that it is gone when the row is.
    """

    SMALL = 96
    LARGE = 320

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="picture"
    )
    key = models.UUIDField(default=uuid.uuid4, editable=False)
    small = models.BinaryField()
    large = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("profilbilde")
        verbose_name_plural = _("profilbilder")

    def __str__(self) -> str:
        return str(self.key)


class DataExportQuerySet(models.QuerySet["DataExport"]):
    def ready(self) -> Self:
        """Finished, and not too old to be fetched."""
        return self.filter(finished_at__isnull=False, expires_at__gt=timezone.now())


class DataExport(models.Model):
    """A file with everything Flett holds about somebody, for them alone and for some days."""

    wagtail_reference_index_ignore = True

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="data_exports")
    file = models.FileField(upload_to="exports/", blank=True)
    size = models.PositiveBigIntegerField(_("byte"), default=0)
    requested_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()

    objects = DataExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("kopi av opplysninger")
        verbose_name_plural = _("kopier av opplysninger")
        ordering: ClassVar[list[str]] = ["-requested_at", "-pk"]

    def __str__(self) -> str:
        return str(self.key)

    @property
    def is_ready(self) -> bool:
        """Twin of `DataExportQuerySet.ready`."""
        return self.finished_at is not None and self.expires_at > timezone.now()
