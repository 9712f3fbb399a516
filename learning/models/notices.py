"""Which reminders and digests have been sent, so that none is sent twice."""

from datetime import timedelta
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class SentNoticeQuerySet(models.QuerySet["SentNotice"]):
    def waiting(self) -> Self:
        """Asked for by a leader, and in nobody's hands."""
        return self.filter(claimed_at__isnull=True)

    def lost(self) -> Self:
        """Claimed for more than a day without an end: whoever was to send it died."""
        return self.filter(
            claimed_at__lt=timezone.now() - timedelta(days=1), sent_at__isnull=True, refused_at__isnull=True
        )


class SentNotice(models.Model):
    """Claimed before the e-mail is handed over: a worker that dies and starts again finds the row and sends nothing.

    `occasion` says what it was about and when, such as `due:<path>:2026-12-01`. What a leader asks for waits
    unclaimed until it is sent. A claim without `sent_at` and `refused_at` is one whose worker died: nobody knows
    whether the mail left, and it is not sent again.
    """

    wagtail_reference_index_ignore = True

    class Kind(models.TextChoices):
        DEADLINE = "deadline", _("Frist for grunnopplæring")
        LEADER_REMINDER = "leader_reminder", _("Påminnelse fra teamleder")
        LEADER_DIGEST = "leader_digest", _("Ukesbrev til teamleder")
        CERTIFICATE_EXPIRY = "certificate_expiry", _("Kursbevis som går ut")

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(_("slag"), max_length=20, choices=Kind.choices)
    occasion = models.CharField(_("anledning"), max_length=120)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    asked_at = models.DateTimeField(_("da lederen ba om det"), null=True, blank=True)
    claimed_at = models.DateTimeField(default=timezone.now, null=True, blank=True)
    sent_at = models.DateTimeField(_("sendt"), null=True, blank=True)
    refused_at = models.DateTimeField(_("avvist for godt av mottakerens tjener"), null=True, blank=True)

    objects = SentNoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("sendt varsel")
        verbose_name_plural = _("sendte varsler")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["person", "kind", "occasion"], name="a_notice_is_sent_once"),
            models.CheckConstraint(
                condition=Q(claimed_at__isnull=False) | Q(asked_at__isnull=False, sent_at__isnull=True),
                name="only_what_is_asked_for_waits",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["person", "claimed_at"], name="notices_of_person"),
            models.Index(fields=["claimed_at"], condition=Q(sent_at__isnull=True), name="notices_not_sent"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.occasion}"
