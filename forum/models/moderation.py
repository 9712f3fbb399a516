"""Safety: reports, what moderators did, and what those it was done to may say."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses.models.versions import ImmutableError
from forum.models.library import LibraryItem
from forum.models.spaces import Pseudonym, Space
from forum.models.topics import Post, Topic


class Report(models.Model):
    """Somebody says that something is wrong with a post, or with an item of the library. Decided once."""

    wagtail_reference_index_ignore = True

    class Reason(models.TextChoices):
        PATIENT_DATA = "patient_data", _("Pasientopplysninger")
        HARASSMENT = "harassment", _("Hets eller trakassering")
        WORRY = "worry", _("Jeg er bekymret for den som skrev")
        WRONG_PLACE = "wrong_place", _("Hører hjemme et annet sted")
        RIGHTS = "rights", _("Brudd på opphavsrett eller personvern")
        OTHER = "other", _("Noe annet")

    class Outcome(models.TextChoices):
        UPHELD = "upheld", _("Tatt til følge")
        DISMISSED = "dismissed", _("Ikke tatt til følge")

    post = models.ForeignKey(Post, null=True, blank=True, on_delete=models.CASCADE, related_name="reports")
    item = models.ForeignKey(LibraryItem, null=True, blank=True, on_delete=models.CASCADE, related_name="reports")
    reporter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="forum_reports")
    reason = models.CharField(_("grunn"), max_length=16, choices=Reason.choices)
    message = models.TextField(_("hva er galt?"), max_length=1000, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name = _("melding om innlegg")
        verbose_name_plural = _("meldinger om innlegg")
        permissions = [("moderate_forum", "Can moderate FACT Forum")]
        ordering: ClassVar[list[str]] = ["created_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["post", "reporter"],
                condition=Q(outcome="", post__isnull=False),
                name="one_open_report_a_person_and_post",
            ),
            models.UniqueConstraint(
                fields=["item", "reporter"],
                condition=Q(outcome="", item__isnull=False),
                name="one_open_report_a_person_and_item",
            ),
            models.CheckConstraint(
                condition=Q(post__isnull=False, item__isnull=True) | Q(post__isnull=True, item__isnull=False),
                name="a_report_is_of_one",
            ),
            models.CheckConstraint(
                condition=Q(outcome="", decided_at__isnull=True) | (~Q(outcome="") & Q(decided_at__isnull=False)),
                name="a_report_decided_has_a_time",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["created_at"], condition=Q(outcome=""), name="open_reports")
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.post_id or self.item_id}"


class ModerationEntry(models.Model):
    """The log: who did what to what, why, and what they wrote to the author. Never changed."""

    wagtail_reference_index_ignore = True

    class Verb(models.TextChoices):
        HIDE = "hide", _("Skjulte")
        SHOW = "show", _("Viste igjen")
        AUTO_HIDE = "auto_hide", _("Skjult straks etter melding")
        APPROVE = "approve", _("Godkjente")
        REFUSE = "refuse", _("Slapp ikke gjennom")
        DELETE = "delete", _("Slettet")
        WARN = "warn", _("Ga advarsel")
        SILENCE = "silence", _("Ga skrivepause")
        UNSILENCE = "unsilence", _("Opphevet skrivepause")
        DISMISS = "dismiss", _("Avviste melding")
        MOVE = "move", _("Flyttet")
        SPLIT = "split", _("Delte tråd")
        MERGE = "merge", _("Slo sammen tråder")
        CLOSE = "close", _("Stengte")
        REOPEN = "reopen", _("Åpnet igjen")
        PIN = "pin", _("Festet")
        UNPIN = "unpin", _("Løsnet")
        SEAL_ASKED = "seal_asked", _("Ba om å åpne alias")
        SEAL_OPENED = "seal_opened", _("Åpnet alias")
        SEAL_REFUSED = "seal_refused", _("Sa nei til å åpne alias")
        APPEAL_UPHELD = "appeal_upheld", _("Ga medhold i klage")
        APPEAL_DISMISSED = "appeal_dismissed", _("Ga ikke medhold i klage")
        MASKED = "masked", _("Sladdet nummer")

    verb = models.CharField(_("handling"), max_length=16, choices=Verb.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Nobody where Flett did it by itself.",
    )
    space = models.ForeignKey(Space, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    topic = models.ForeignKey(Topic, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    post = models.ForeignKey(Post, null=True, blank=True, on_delete=models.SET_NULL, related_name="log")
    item = models.ForeignKey(LibraryItem, null=True, blank=True, on_delete=models.SET_NULL, related_name="log")
    pseudonym = models.ForeignKey(Pseudonym, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Whom it was done to; empty for an alias.",
    )
    reason = models.CharField(_("grunn"), max_length=600, blank=True)
    message = models.TextField(_("beskjed til den det gjelder"), max_length=2000, blank=True)
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("moderering")
        verbose_name_plural = _("modereringer")
        ordering: ClassVar[list[str]] = ["-at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["-at", "-id"], name="moderation_in_order")]

    def __str__(self) -> str:
        return f"{self.verb} {self.at:%Y-%m-%d}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise ImmutableError("The log cannot be changed.")
        super().save(*args, **kwargs)


class Silence(models.Model):
    """A pause from writing. Held by the person, or by the owner digest of an alias so that the seal stays shut.

    Without a space it holds everywhere.
    """

    wagtail_reference_index_ignore = True

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="forum_silences"
    )
    pseudonym = models.ForeignKey(Pseudonym, null=True, blank=True, on_delete=models.CASCADE, related_name="silences")
    space = models.ForeignKey(Space, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    until = models.DateTimeField(_("til"))
    reason = models.CharField(_("grunn"), max_length=600)
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    given_at = models.DateTimeField(default=timezone.now, editable=False)
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("skrivepause")
        verbose_name_plural = _("skrivepauser")
        ordering: ClassVar[list[str]] = ["-given_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(person__isnull=False, pseudonym__isnull=True)
                | Q(person__isnull=True, pseudonym__isnull=False),
                name="a_silence_is_of_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.until:%Y-%m-%d}"


class Appeal(models.Model):
    """Whoever something was done to asks another moderator to look again. Once for each entry of the log."""

    wagtail_reference_index_ignore = True

    entry = models.OneToOneField(ModerationEntry, on_delete=models.CASCADE, related_name="appeal")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="forum_appeals"
    )
    pseudonym = models.ForeignKey(Pseudonym, null=True, blank=True, on_delete=models.CASCADE, related_name="appeals")
    text = models.TextField(_("klagen"), max_length=2000)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    upheld = models.BooleanField(null=True, blank=True)
    answer = models.TextField(_("svaret"), max_length=2000, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name = _("klage")
        verbose_name_plural = _("klager")
        ordering: ClassVar[list[str]] = ["created_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(person__isnull=False, pseudonym__isnull=True)
                | Q(person__isnull=True, pseudonym__isnull=False),
                name="an_appeal_is_of_one",
            ),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True, upheld__isnull=True)
                | Q(decided_at__isnull=False, upheld__isnull=False),
                name="an_appeal_decided_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id}"


class DecisionsRead(models.Model):
    """Up to when somebody has seen what moderators decided about them.

    One time for the person and all their aliases: a row a decision would say who an alias is.
    """

    wagtail_reference_index_ignore = True

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="forum_decisions_read"
    )
    read_at = models.DateTimeField()

    class Meta:
        verbose_name = _("sett avgjørelser")
        verbose_name_plural = _("sett avgjørelser")

    def __str__(self) -> str:
        return f"{self.read_at:%Y-%m-%d}"
