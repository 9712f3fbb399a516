"""«Kursbevis»: what somebody can show of a completed course. Never a certification of anyone."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from learning.models.enrolments import Completion, SubjectKind


class SigningKey(models.Model):
    """A public key that signs, or once signed, digital certificates. The private one is the deployer's secret."""

    key_id = models.CharField(_("nøkkel"), max_length=64, unique=True)
    public_jwk = models.JSONField(_("offentlig nøkkel"))
    created_at = models.DateTimeField(_("tatt i bruk"), default=timezone.now)
    retired_at = models.DateTimeField(_("sluttet å signere"), null=True, blank=True)

    class Meta:
        verbose_name = _("signeringsnøkkel")
        verbose_name_plural = _("signeringsnøkler")

    def __str__(self) -> str:
        return self.key_id


class Certificate(models.Model):
    """A course certificate as it was issued: everything printed on it is kept here, so later edits change nothing.

    A change of name issues a new one in its place (`replaces`); a renewal is a new completion's own.
    """

    wagtail_reference_index_ignore = True

    code = models.CharField(_("kode"), max_length=16, unique=True)
    completion = models.ForeignKey(Completion, on_delete=models.CASCADE, related_name="certificates")
    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="certificates", verbose_name=_("deltaker")
    )
    kind = models.CharField(_("slag"), max_length=6, choices=SubjectKind.choices)
    subject_key = models.UUIDField(_("kurs eller læringssti"))
    holder_name = models.CharField(_("navn"), max_length=300)
    title = models.CharField(_("tittel"), max_length=255)
    hours = models.DecimalField(_("kurstimer"), max_digits=6, decimal_places=2, null=True, blank=True)
    principles = models.JSONField(_("prinsipper"), default=list)
    version = models.PositiveIntegerField(_("kursversjon"))
    issuer = models.CharField(_("utsteder"), max_length=200)
    language = models.CharField(_("språk"), max_length=5, choices=settings.LANGUAGES, default="nb")
    completed_on = models.DateField(_("fullført"))
    expires_on = models.DateField(_("gjelder til"), null=True, blank=True)
    issued_at = models.DateTimeField(_("utstedt"), default=timezone.now)
    replaces = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="replaced_by", verbose_name=_("erstatter")
    )
    shows_name = models.BooleanField(_("viser navnet til den som kontrollerer"), default=True)
    revoked_at = models.DateTimeField(_("trukket tilbake"), null=True, blank=True)
    revoked_reason = models.CharField(_("grunn"), max_length=300, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name = _("kursbevis")
        verbose_name_plural = _("kursbevis")
        ordering: ClassVar[list[str]] = ["-issued_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["completion"], condition=Q(replaces__isnull=True), name="one_first_certificate_a_completion"
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_reason="")
                | (Q(revoked_at__isnull=False) & ~Q(revoked_reason="")),
                name="revoked_certificate_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.code
