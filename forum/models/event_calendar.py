"""The secret of somebody's private calendar feed."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class CalendarToken(models.Model):
    """The secret in the address of somebody's calendar feed. Only its digest is kept; revoked by deleting the row.

    Apart from the Atom feed's, so that one can be stopped without the other. `holds_all`: all events the person may
    see, not only those they signed up for.
    """

    wagtail_reference_index_ignore = True

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="calendar_token"
    )
    digest = models.CharField(max_length=64, unique=True)
    holds_all = models.BooleanField(_("alle arrangementer jeg kan se"), default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("nøkkel til kalender")
        verbose_name_plural = _("nøkler til kalender")

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d}"
