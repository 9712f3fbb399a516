"""Who belongs to which team, and how they came there. Rows are history: they are ended, never deleted."""

import uuid
from datetime import date
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.models.teams import Team, TeamRole


class MembershipQuerySet(models.QuerySet["Membership"]):
    def active(self) -> Self:
        """Memberships that have not been ended."""
        return self.filter(ended_at__isnull=True)


class Membership(models.Model):
    """A person in a team, from a day until it is ended. The same person may come back: that is a new row."""

    wagtail_reference_index_ignore = True

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("person")
    )
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("team"))
    roles = models.ManyToManyField(TeamRole, blank=True, related_name="memberships", verbose_name=_("roller"))
    started_on = models.DateField(_("begynte"), default=timezone.localdate)
    onboarding_due_on = models.DateField(_("foreslått frist for grunnopplæringen"), null=True, blank=True)
    admitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(_("avsluttet"), null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("medlemskap")
        verbose_name_plural = _("medlemskap")
        ordering: ClassVar[list[str]] = ["-started_on", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["person", "team"], condition=Q(ended_at__isnull=True), name="one_active_membership_per_team"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["team"], condition=Q(ended_at__isnull=True), name="active_members_of_team"),
        ]

    def __str__(self) -> str:
        return f"{self.person} – {self.team}"

    @property
    def is_active(self) -> bool:
        return self.ended_at is None

    @property
    def ended_on(self) -> date | None:
        """The last day, in local time."""
        return timezone.localdate(self.ended_at) if self.ended_at else None


class JoinRequestQuerySet(models.QuerySet["JoinRequest"]):
    def pending(self) -> Self:
        """Requests nobody has answered, from people who can still sign in."""
        return self.filter(outcome="", person__is_active=True)


class JoinRequest(models.Model):
    """Somebody asks to join a team. Decided once."""

    wagtail_reference_index_ignore = True

    class Outcome(models.TextChoices):
        APPROVED = "approved", _("Godkjent")
        REFUSED = "refused", _("Avslått")
        WITHDRAWN = "withdrawn", _("Trukket tilbake")

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="join_requests")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="join_requests")
    roles = models.ManyToManyField(TeamRole, blank=True, related_name="+", verbose_name=_("roller"))
    started_on = models.DateField(_("begynte eller begynner"), null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = JoinRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("ønske om å bli med")
        verbose_name_plural = _("ønsker om å bli med")
        ordering: ClassVar[list[str]] = ["created_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["person", "team"], condition=Q(outcome=""), name="one_pending_request_per_team"
            ),
            models.CheckConstraint(
                condition=Q(outcome="", decided_at__isnull=True) | (~Q(outcome="") & Q(decided_at__isnull=False)),
                name="request_decided_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} → {self.team}"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> Self:
        """Neither used, taken back nor too old."""
        return self.unanswered().filter(expires_at__gt=timezone.now())

    def unanswered(self) -> Self:
        """Neither used nor taken back, whatever their age."""
        return self.filter(accepted_at__isnull=True, revoked_at__isnull=True)


class Invitation(models.Model):
    """A leader's invitation, good for one address and a limited time. `key` is what the e-mail's link carries."""

    wagtail_reference_index_ignore = True

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(_("e-postadresse"))
    roles = models.ManyToManyField(TeamRole, blank=True, related_name="+", verbose_name=_("roller"))
    started_on = models.DateField(_("begynner"), null=True, blank=True)
    language = models.CharField(_("språk"), max_length=5, choices=settings.LANGUAGES, default="nb")
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    sent_at = models.DateTimeField(_("sendt"), default=timezone.now)
    expires_at = models.DateTimeField(_("gjelder til"))
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitasjon")
        verbose_name_plural = _("invitasjoner")
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["team", "email"],
                condition=Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="one_open_invitation_per_address",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="invitation_expires_after_it_is_made"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} → {self.team}"

    @property
    def is_open(self) -> bool:
        """Twin of `InvitationQuerySet.open`."""
        return self.accepted_at is None and self.revoked_at is None and self.expires_at > timezone.now()
