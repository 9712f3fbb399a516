"""Events: gatherings that a space announces, their programme, and who comes.

How many may come is said of each leg (in the room, on the screen). A sign-up that is confirmed or offered takes one
place of its leg; `EventLeg.taken` counts them, and the database refuses more than there are. Whoever signs up locks
the leg's row first.
"""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from forum.models.spaces import Space
from forum.models.topics import TITLE_MAX, State
from people.alphabet import fold
from people.models import Team
from people.models.teams import DerivedField

EVENT_SUMMARY_MAX = 600
LABEL_MAX = 200
ANSWER_MAX = 1000
DIETARY_MAX = 300


class Event(models.Model):
    """Something to come to, from one moment to another (UTC), told in the local time of `time_zone`.

    Lives in a space: who reads the space sees it once it is published. `sequence` is iCalendar's: it grows whenever
    what a calendar shows is changed. The link to the digital leg is for those who have a place there.
    """

    wagtail_reference_index_ignore = True

    class Status(models.TextChoices):
        DRAFT = "draft", _("Kladd")
        PUBLISHED = "published", _("Publisert")
        CANCELLED = "cancelled", _("Avlyst")

    class Kind(models.TextChoices):
        GATHERING = "gathering", _("Samling")
        COURSE = "course", pgettext_lazy("one course", "Kurs")
        WEBINAR = "webinar", _("Webinar")
        MEETING = "meeting", _("Møte")
        CONFERENCE = "conference", _("Konferanse")

    class TimeZone(models.TextChoices):
        OSLO = "Europe/Oslo", _("Norge")
        COPENHAGEN = "Europe/Copenhagen", _("Danmark")
        STOCKHOLM = "Europe/Stockholm", _("Sverige")
        HELSINKI = "Europe/Helsinki", _("Finland")
        REYKJAVIK = "Atlantic/Reykjavik", _("Island")

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="events", verbose_name=_("rom"))
    title = models.CharField(_("tittel"), max_length=TITLE_MAX)
    summary = models.CharField(_("kort om arrangementet"), max_length=EVENT_SUMMARY_MAX, blank=True)
    kind = models.CharField(_("slag"), max_length=12, choices=Kind.choices, default=Kind.GATHERING)
    source = models.TextField(blank=True)
    source_format = models.CharField(max_length=4, default="text")
    html = models.TextField(blank=True)
    rendering_version = models.PositiveSmallIntegerField(default=0)
    text = models.TextField(blank=True)
    starts_at = models.DateTimeField(_("begynner"))
    ends_at = models.DateTimeField(_("slutter"))
    time_zone = models.CharField(_("tid i"), max_length=32, choices=TimeZone.choices, default=TimeZone.OSLO)
    place = models.CharField(_("sted"), max_length=LABEL_MAX, blank=True)
    address = models.CharField(_("adresse"), max_length=LABEL_MAX, blank=True)
    link = models.URLField(_("lenke til møtet"), max_length=500, blank=True)
    county = models.CharField(_("fylke"), max_length=40, blank=True)
    audience = models.CharField(_("for hvem"), max_length=LABEL_MAX, blank=True)
    price = models.CharField(_("pris"), max_length=LABEL_MAX, blank=True)
    contact = models.CharField(_("kontakt"), max_length=LABEL_MAX, blank=True)
    may_change = models.BooleanField(_("med forbehold om endringer"), default=False)
    takes_sign_ups = models.BooleanField(_("påmelding i Flett"), default=True)
    sign_up_opens_at = models.DateTimeField(_("påmeldingen åpner"), null=True, blank=True)
    sign_up_closes_at = models.DateTimeField(_("påmeldingsfrist"), null=True, blank=True)
    asks_dietary = models.BooleanField(_("spør om mat"), default=False)
    offer_hours = models.PositiveSmallIntegerField(
        _("timer på å svare på en ledig plass"), default=24, help_text=_("For dem som rykker opp fra ventelista.")
    )
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    cancelled_at = models.DateTimeField(null=True, blank=True, editable=False)
    cancel_note = models.CharField(_("hvorfor det er avlyst"), max_length=EVENT_SUMMARY_MAX, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.NORMAL)
    sequence = models.PositiveIntegerField(default=0, editable=False)
    is_example = models.BooleanField(_("eksempel"), default=False)
    submission = models.UUIDField(
        null=True, blank=True, unique=True, editable=False, help_text="Of its form: the same sent twice is one event."
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="events_made"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    changed_at = models.DateTimeField(default=timezone.now, editable=False)
    search_text = DerivedField(max_length=1000)

    class Meta:
        verbose_name = _("arrangement")
        verbose_name_plural = _("arrangementer")
        ordering: ClassVar[list[str]] = ["starts_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="an_event_ends_after_it_starts"),
            models.CheckConstraint(
                condition=~Q(status="cancelled") | Q(cancelled_at__isnull=False), name="a_cancelled_event_says_when"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["starts_at", "id"], name="events_by_start"),
            models.Index(fields=["ends_at", "id"], name="events_by_end"),
            models.Index(fields=["space", "starts_at"], name="events_of_space"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("forum:event", args=[self.pk])

    def make_search_text(self) -> str:
        return fold(f"{self.title} {self.summary} {self.place}")

    @property
    def is_over(self) -> bool:
        return self.ends_at <= timezone.now()

    @property
    def is_cancelled(self) -> bool:
        return self.status == self.Status.CANCELLED


class EventPrinciple(models.Model):
    """A principle an event is about. The key is the same in every language."""

    wagtail_reference_index_ignore = True

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="principles")
    principle_key = models.UUIDField(_("prinsipp"))

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["event", "principle_key"], name="an_event_has_a_principle_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["principle_key", "event"], name="events_of_principle")
        ]

    def __str__(self) -> str:
        return str(self.principle_key)


class EventLeg(models.Model):
    """A way to take part: in the room or on the screen. An event has one of them or both.

    `capacity` None is no limit. `taken` counts sign-ups that are confirmed or offered; `last_queue_number` is the
    last place given out on the waiting list. Both change under the row's lock.
    """

    wagtail_reference_index_ignore = True

    class Mode(models.TextChoices):
        PHYSICAL = "physical", _("Fysisk")
        DIGITAL = "digital", _("Digitalt")

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="legs")
    mode = models.CharField(_("hvordan"), max_length=8, choices=Mode.choices)
    capacity = models.PositiveIntegerField(_("plasser"), null=True, blank=True)
    taken = models.PositiveIntegerField(default=0, editable=False)
    last_queue_number = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("måte å delta på")
        verbose_name_plural = _("måter å delta på")
        ordering: ClassVar[list[str]] = ["-mode"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["event", "mode"], name="an_event_has_a_leg_once"),
            models.CheckConstraint(
                condition=Q(capacity__isnull=True) | Q(taken__lte=F("capacity")), name="never_over_capacity"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} {self.mode}"

    @property
    def places_left(self) -> int | None:
        """None is no limit."""
        return None if self.capacity is None else self.capacity - self.taken


class ProgrammeItem(models.Model):
    """A point of the programme. Who speaks is said by role, not by name."""

    wagtail_reference_index_ignore = True

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="programme")
    starts_at = models.DateTimeField(_("fra"))
    ends_at = models.DateTimeField(_("til"), null=True, blank=True)
    title = models.CharField(_("tittel"), max_length=LABEL_MAX)
    text = models.CharField(_("kort om punktet"), max_length=ANSWER_MAX, blank=True)
    room = models.CharField(_("rom eller sal"), max_length=LABEL_MAX, blank=True)
    speaker_role = models.CharField(_("hvem som holder det"), max_length=LABEL_MAX, blank=True)

    class Meta:
        verbose_name = _("programpunkt")
        verbose_name_plural = _("programpunkter")
        ordering: ClassVar[list[str]] = ["starts_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="a_point_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class EventQuestion(models.Model):
    """What the organiser asks: of those who sign up, or of those who were there."""

    wagtail_reference_index_ignore = True

    class Purpose(models.TextChoices):
        SIGN_UP = "sign_up", _("Ved påmelding")
        EVALUATION = "evaluation", _("Etterpå")

    class Kind(models.TextChoices):
        LINE = "line", _("Kort svar")
        TEXT = "text", _("Langt svar")
        CHOICE = "choice", _("Velg én")
        SEVERAL = "several", _("Velg flere")
        SCALE = "scale", _("Fra 1 til 5")

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="questions")
    purpose = models.CharField(max_length=10, choices=Purpose.choices, default=Purpose.SIGN_UP)
    kind = models.CharField(_("slags svar"), max_length=8, choices=Kind.choices, default=Kind.LINE)
    label = models.CharField(_("spørsmål"), max_length=LABEL_MAX)
    choices = models.TextField(_("svar å velge mellom"), max_length=2000, blank=True, help_text=_("Ett på hver linje."))
    is_required = models.BooleanField(_("må besvares"), default=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("spørsmål")
        verbose_name_plural = _("spørsmål")
        ordering: ClassVar[list[str]] = ["purpose", "position", "pk"]

    def __str__(self) -> str:
        return self.label

    @property
    def options(self) -> list[str]:
        return [line.strip() for line in self.choices.splitlines() if line.strip()]


class EventGroup(models.Model):
    """A learning group of an event's participants."""

    wagtail_reference_index_ignore = True

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="groups")
    number = models.PositiveSmallIntegerField()
    name = models.CharField(_("navn"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("gruppe")
        verbose_name_plural = _("grupper")
        ordering: ClassVar[list[str]] = ["number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["event", "number"], name="a_groups_number_is_its_own"),
        ]

    def __str__(self) -> str:
        return self.name or str(self.number)


class SignUpQuerySet(models.QuerySet["EventSignUp"]):
    def standing(self) -> "SignUpQuerySet":
        """Those that were not given up: with a place, an offer, or in the queue."""
        return self.filter(status__in=EventSignUp.STANDING)

    def with_place(self) -> "SignUpQuerySet":
        """Those that take a place: confirmed, or offered and not answered yet."""
        return self.filter(status__in=EventSignUp.TAKES_A_PLACE)


class EventSignUp(models.Model):
    """A person's sign-up to one leg of an event. A person has one that stands; those given up are kept as history."""

    wagtail_reference_index_ignore = True

    class Status(models.TextChoices):
        CONFIRMED = "confirmed", _("Har plass")
        OFFERED = "offered", _("Er tilbudt plass")
        WAITING = "waiting", _("På venteliste")
        CANCELLED = "cancelled", _("Meldt av")
        LAPSED = "lapsed", _("Svarte ikke i tide")

    STANDING: ClassVar[tuple[str, ...]] = (Status.CONFIRMED, Status.OFFERED, Status.WAITING)
    TAKES_A_PLACE: ClassVar[tuple[str, ...]] = (Status.CONFIRMED, Status.OFFERED)

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="sign_ups")
    leg = models.ForeignKey(EventLeg, on_delete=models.PROTECT, related_name="sign_ups")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="event_sign_ups")
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="event_sign_ups", verbose_name=_("team")
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Whoever signed the person up; the person, or a leader of the team.",
    )
    status = models.CharField(_("status"), max_length=10, choices=Status.choices)
    queue_number = models.PositiveIntegerField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    offered_until = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    attended = models.BooleanField(_("møtte"), null=True, blank=True)
    group = models.ForeignKey(EventGroup, null=True, blank=True, on_delete=models.SET_NULL, related_name="sign_ups")
    submission = models.UUIDField(null=True, blank=True, unique=True, editable=False)

    objects = SignUpQuerySet.as_manager()

    class Meta:
        verbose_name = _("påmelding")
        verbose_name_plural = _("påmeldinger")
        ordering: ClassVar[list[str]] = ["created_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["event", "person"],
                condition=Q(status__in=["confirmed", "offered", "waiting"]),
                name="a_person_has_one_place",
            ),
            models.UniqueConstraint(
                fields=["leg", "queue_number"],
                condition=Q(queue_number__isnull=False),
                name="a_place_in_the_queue_is_one_persons",
            ),
            models.CheckConstraint(
                condition=~Q(status="waiting") | Q(queue_number__isnull=False),
                name="who_waits_has_a_place_in_the_queue",
            ),
            models.CheckConstraint(
                condition=Q(status="offered", offered_until__isnull=False)
                | (~Q(status="offered") & Q(offered_until__isnull=True)),
                name="an_offer_has_an_end",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["cancelled", "lapsed"], ended_at__isnull=False)
                | (~Q(status__in=["cancelled", "lapsed"]) & Q(ended_at__isnull=True)),
                name="a_sign_up_given_up_says_when",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["event", "status"], name="sign_ups_of_event"),
            models.Index(fields=["offered_until"], condition=Q(status="offered"), name="offers_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} {self.person_id} {self.status}"


class SignUpAnswer(models.Model):
    """What somebody answered the organiser. Several choices stand one on each line."""

    wagtail_reference_index_ignore = True

    sign_up = models.ForeignKey(EventSignUp, on_delete=models.CASCADE, related_name="answers")
    question = models.ForeignKey(EventQuestion, on_delete=models.CASCADE, related_name="answers")
    text = models.CharField(max_length=ANSWER_MAX, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["sign_up", "question"], name="a_question_is_answered_once"),
        ]

    def __str__(self) -> str:
        return f"{self.sign_up_id} {self.question_id}"


class DietaryNeed(models.Model):
    """What somebody can not eat. May tell of health or faith: kept apart, for the organiser alone, and not for long.

    Goes when the sign-up is given up, and by routine after the event (GDPR art. 5 (1) e and art. 9).
    """

    wagtail_reference_index_ignore = True

    sign_up = models.OneToOneField(EventSignUp, on_delete=models.CASCADE, primary_key=True, related_name="dietary_need")
    text = models.CharField(_("matbehov"), max_length=DIETARY_MAX)

    def __str__(self) -> str:
        return str(self.sign_up_id)


class SignUpNews(models.Model):
    """What somebody is to be told of their sign-up, written with the change itself and claimed before it is mailed.

    Once of each: `occasion` tells two changes, or two reminders, apart.
    """

    wagtail_reference_index_ignore = True

    class Kind(models.TextChoices):
        CONFIRMED = "confirmed", _("Har plass")
        WAITING = "waiting", _("På venteliste")
        OFFERED = "offered", _("Er tilbudt plass")
        LAPSED = "lapsed", _("Svarte ikke i tide")
        ENDED = "ended", _("Meldt av")
        EVENT_CANCELLED = "event_off", _("Arrangementet er avlyst")
        CHANGED = "changed", _("Arrangementet er endret")
        REMINDER = "reminder", _("Påminnelse")

    sign_up = models.ForeignKey(EventSignUp, on_delete=models.CASCADE, related_name="news")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    occasion = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("beskjed om en påmelding")
        verbose_name_plural = _("beskjeder om påmeldinger")
        ordering: ClassVar[list[str]] = ["created_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["sign_up", "kind", "occasion"], name="told_once_of_a_sign_up"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["created_at"], condition=Q(claimed_at__isnull=True), name="sign_up_news_to_send"),
        ]

    def __str__(self) -> str:
        return f"{self.sign_up_id} {self.kind}"
