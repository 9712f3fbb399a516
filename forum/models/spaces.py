"""Spaces: where people meet, who may enter, and who is in them."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.models import TeamRole


class Space(models.Model):
    """A room of the forum. `key` is its identity through renames.

    Who may know of it and who may read it is decided in `forum.permissions` alone. The counters and `last_post_at`
    are summaries that `rebuild_forum` can make again.
    """

    wagtail_reference_index_ignore = True

    class Kind(models.TextChoices):
        OPEN = "open", _("Åpent for alle medlemmer")
        RESTRICTED = "restricted", _("Lukket – be om å bli med")
        PRIVATE = "private", _("Skjult – bare for inviterte")
        ROLE_NETWORK = "role_network", _("Nettverk for en rolle")
        LEARNING_GROUP = "learning_group", _("Læringsgruppe")
        YOUTH_PANEL = "youth_panel", _("Ungdomspanel")

    LISTED: ClassVar[tuple[str, ...]] = (Kind.OPEN, Kind.RESTRICTED, Kind.ROLE_NETWORK)
    """Kinds every member may know of. That the others exist is known to their own people only."""

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(_("adresse"), max_length=80, unique=True)
    name = models.CharField(_("navn"), max_length=100)
    kind = models.CharField(_("slag"), max_length=16, choices=Kind.choices, default=Kind.OPEN)
    role = models.ForeignKey(
        TeamRole,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("rolle"),
        help_text=_("De som har rollen i et team nå, er med."),
    )
    about = models.CharField(_("om rommet"), max_length=400, blank=True)
    rules_source = models.TextField(_("husregler"), max_length=8000, blank=True)
    rules = models.TextField(editable=False, blank=True)
    welcome_source = models.TextField(_("velkomst"), max_length=8000, blank=True)
    welcome = models.TextField(editable=False, blank=True)
    allows_pseudonyms = models.BooleanField(_("alias er tillatt"), default=False)
    holds_first_posts = models.BooleanField(
        _("se gjennom første innlegg"),
        default=False,
        help_text=_("Det første innlegget fra hver person vises når en rådgiver har sett det."),
    )
    starts_on = models.DateField(_("begynner"), null=True, blank=True)
    ends_on = models.DateField(_("slutter"), null=True, blank=True)
    position = models.PositiveSmallIntegerField(_("plass i lista"), default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(_("arkivert"), null=True, blank=True)
    topic_count = models.PositiveIntegerField(default=0, editable=False)
    last_post_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("rom")
        verbose_name_plural = _("rom")
        ordering: ClassVar[list[str]] = ["position", "name", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(kind="role_network", role__isnull=False) | (~Q(kind="role_network") & Q(role__isnull=True)),
                name="only_a_role_network_has_a_role",
            ),
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True) | Q(ends_on__isnull=True) | Q(ends_on__gte=models.F("starts_on")),
                name="a_space_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("forum:space", args=[self.slug])

    @property
    def is_listed(self) -> bool:
        """Whether every member may know that the space exists."""
        return self.kind in self.LISTED

    @property
    def is_archived(self) -> bool:
        return self.archived_at is not None


class SpaceMembershipQuerySet(models.QuerySet["SpaceMembership"]):
    def active(self) -> "SpaceMembershipQuerySet":
        return self.filter(ended_at__isnull=True)

    def facilitating(self) -> "SpaceMembershipQuerySet":
        return self.active().filter(role=SpaceMembership.Role.FACILITATOR)


class SpaceMembership(models.Model):
    """A person in a space, from then until ended. Those a role network holds by their role have none."""

    wagtail_reference_index_ignore = True

    class Role(models.TextChoices):
        MEMBER = "member", _("Medlem")
        FACILITATOR = "facilitator", _("Rådgiver")

    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="memberships")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="space_memberships")
    role = models.CharField(_("rolle"), max_length=12, choices=Role.choices, default=Role.MEMBER)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    started_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = SpaceMembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("medlem av rom")
        verbose_name_plural = _("medlemmer av rom")
        ordering: ClassVar[list[str]] = ["space", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["person", "space"], condition=Q(ended_at__isnull=True), name="one_active_membership_per_space"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["space", "role"], condition=Q(ended_at__isnull=True), name="active_people_of_space"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} – {self.space_id}"


class EntryRequest(models.Model):
    """Somebody asks to enter a restricted space, or is invited to one. Answered once."""

    wagtail_reference_index_ignore = True

    class Outcome(models.TextChoices):
        APPROVED = "approved", _("Godkjent")
        REFUSED = "refused", _("Avslått")
        WITHDRAWN = "withdrawn", _("Trukket tilbake")

    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="entry_requests")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="space_entry_requests")
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    message = models.CharField(_("melding"), max_length=400, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name = _("ønske om å bli med i rom")
        verbose_name_plural = _("ønsker om å bli med i rom")
        ordering: ClassVar[list[str]] = ["created_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["person", "space"], condition=Q(outcome=""), name="one_pending_request_per_space"
            ),
            models.CheckConstraint(
                condition=Q(outcome="", decided_at__isnull=True) | (~Q(outcome="") & Q(decided_at__isnull=False)),
                name="space_request_decided_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} → {self.space_id}"


class Pseudonym(models.Model):
    """A name somebody writes under in one space. Who it is, is sealed: no column points at a person.

    `owner` is a keyed digest of the person (so that the person is known again), `sealed` the person's number
    encrypted (so that two moderators can open it). Both by `FLETT_PSEUDONYM_KEY`: a copy of the database alone tells
    nobody who it is. Only `forum.pseudonyms` reads them.
    """

    wagtail_reference_index_ignore = True

    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="pseudonyms")
    name = models.CharField(_("alias"), max_length=40)
    name_folded = models.CharField(max_length=60, editable=False)
    owner = models.CharField(max_length=64, editable=False)
    sealed = models.TextField(editable=False)
    created_on = models.DateField(default=timezone.localdate, editable=False)

    class Meta:
        verbose_name = _("alias")
        verbose_name_plural = _("alias")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["space", "owner"], name="one_alias_a_person_and_space"),
            models.UniqueConstraint(fields=["space", "name_folded"], name="an_alias_is_one_persons"),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["owner"], name="aliases_of_owner")]

    def __str__(self) -> str:
        return self.name


class SealOpening(models.Model):
    """One moderator asks to know who an alias is, another agrees; then it is opened and the author is told.

    Who it is, is never written here. Each of the two looks once (`*_has_seen`). The author finds the row by the owner
    digest of the alias: a `Notice` would hold person and time, and beside this row tell whose alias it is.
    """

    wagtail_reference_index_ignore = True

    pseudonym = models.ForeignKey(Pseudonym, on_delete=models.CASCADE, related_name="openings")
    reason = models.CharField(_("grunn"), max_length=600)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    agreed = models.BooleanField(null=True, blank=True)
    asker_has_seen = models.BooleanField(default=False)
    answerer_has_seen = models.BooleanField(default=False)
    owner_has_seen = models.BooleanField(default=False)
    mail_claimed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("åpning av alias")
        verbose_name_plural = _("åpninger av alias")
        ordering: ClassVar[list[str]] = ["-asked_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, agreed__isnull=True)
                | Q(answered_at__isnull=False, agreed__isnull=False),
                name="an_opening_is_answered_with_a_time",
            ),
            models.CheckConstraint(
                condition=Q(agreed__isnull=False, agreed=True)
                | Q(asker_has_seen=False, answerer_has_seen=False, owner_has_seen=False),
                name="only_an_opened_seal_is_seen",
            ),
            models.CheckConstraint(
                condition=Q(answered_by__isnull=True) | Q(asked_by__isnull=True) | ~Q(answered_by=models.F("asked_by")),
                name="an_opening_takes_two",
            ),
            models.UniqueConstraint(
                fields=["pseudonym"], condition=Q(answered_at__isnull=True), name="one_waiting_opening_an_alias"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pseudonym_id}"
