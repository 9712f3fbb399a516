"""Which reminders and digests have been sent, so that none is sent twice."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class SentNotice(models.Model):
    """Claimed before the e-mail is handed over: a worker that dies and starts again finds the row and sends nothing.

    `occasion` says what it was about and when, such as `due:<path>:2026-12-01`.
    """

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
    claimed_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(_("sendt"), null=True, blank=True)

    class Meta:
        verbose_name = _("sendt varsel")
        verbose_name_plural = _("sendte varsler")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["person", "kind", "occasion"], name="a_notice_is_sent_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.occasion}"
