"""What an arranger does around an event, and what comes afterwards: letters, materials, evaluation, certificates.

An evaluation keeps who has answered apart from what was answered. Answers to be chosen from are kept as counts alone,
and free texts without an order, so that nothing of it leads back to a person (docs/decisions/0019).
"""

import uuid
from pathlib import PurePath
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from forum.models.events import ANSWER_MAX, LABEL_MAX, Event, EventGroup, EventLeg, EventQuestion, EventSignUp
from forum.models.events import ProgrammeItem as Point
from forum.models.library import LibraryItem
from forum.models.spaces import Space
from forum.models.topics import TITLE_MAX
from forum.models.writing import attachment_path, attachment_storage

SUBJECT_MAX = 150
LETTER_MAX = 8000


class EventGroupSpace(models.Model):
    """The learning-group space that a group of an event became. It becomes one once."""

    wagtail_reference_index_ignore = True

    group = models.OneToOneField(EventGroup, on_delete=models.CASCADE, primary_key=True, related_name="made_space")
    space = models.OneToOneField(Space, on_delete=models.CASCADE, related_name="made_of_group")

    def __str__(self) -> str:
        return f"{self.group_id} {self.space_id}"


class EventMailing(models.Model):
    """A letter to those who come, or who came. Nobody who writes one sees anybody's address.

    Its receivers are chosen when it is sent; text and receivers go after a year, that it was sent stays.
    """

    wagtail_reference_index_ignore = True

    class Audience(models.TextChoices):
        PLACE = "place", _("Alle med plass")
        WAITING = "waiting", _("Alle på ventelista")
        GROUP = "group", _("Én gruppe")
        CAME = "came", _("De som møtte")
        AWAY = "away", _("De som ikke møtte")
        EVALUATION = "evaluation", _("De som kan svare på evalueringen")

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="mailings")
    audience = models.CharField(_("til"), max_length=10, choices=Audience.choices)
    group = models.ForeignKey(EventGroup, null=True, blank=True, on_delete=models.SET_NULL, related_name="mailings")
    subject = models.CharField(_("emne"), max_length=SUBJECT_MAX, blank=True)
    text = models.TextField(_("tekst"), max_length=LETTER_MAX, blank=True)
    receiver_count = models.PositiveIntegerField(default=0, editable=False)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    submission = models.UUIDField(
        null=True, blank=True, unique=True, editable=False, help_text="Of its form: the same sent twice is one letter."
    )

    class Meta:
        verbose_name = _("brev til deltakere")
        verbose_name_plural = _("brev til deltakere")
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["event"], condition=Q(audience="evaluation"), name="an_evaluation_is_told_of_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} {self.audience}"


class EventMailReceiver(models.Model):
    """Whom a letter is for. Claimed before it is handed over, so that nobody gets it twice (`people.handing_over`)."""

    wagtail_reference_index_ignore = True

    mailing = models.ForeignKey(EventMailing, on_delete=models.CASCADE, related_name="receivers")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="event_mails")
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(_("avvist for godt av mottakerens tjener"), null=True, blank=True)

    class Meta:
        verbose_name = _("mottaker av brev")
        verbose_name_plural = _("mottakere av brev")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["mailing", "person"], name="a_letter_goes_to_a_person_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["mailing"], condition=Q(claimed_at__isnull=True), name="event_letters_that_wait")
        ]

    def __str__(self) -> str:
        return f"{self.mailing_id} {self.person_id}"


class EventEvaluation(models.Model):
    """The form of an event for afterwards. Open from the event's end until it is closed; its row is the lock.

    `answer_count` is how many have answered, those too who have left Flett since.
    """

    wagtail_reference_index_ignore = True

    event = models.OneToOneField(Event, on_delete=models.CASCADE, primary_key=True, related_name="evaluation")
    is_ready = models.BooleanField(_("skal åpnes når arrangementet er slutt"), default=False)
    answer_count = models.PositiveIntegerField(default=0, editable=False)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("evaluering")
        verbose_name_plural = _("evalueringer")

    def __str__(self) -> str:
        return str(self.event_id)


class EvaluationDone(models.Model):
    """That somebody has answered; never what or when. Goes when the evaluation is closed: then nobody answers again."""

    wagtail_reference_index_ignore = True

    key = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    evaluation = models.ForeignKey(EventEvaluation, on_delete=models.CASCADE, related_name="done")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="evaluations_done")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["evaluation", "person"], name="an_evaluation_is_answered_once"),
        ]

    def __str__(self) -> str:
        return str(self.evaluation_id)


class EvaluationTally(models.Model):
    """How many chose an answer. The empty one counts those who answered the question at all."""

    wagtail_reference_index_ignore = True

    question = models.ForeignKey(EventQuestion, on_delete=models.CASCADE, related_name="tallies")
    value = models.CharField(max_length=ANSWER_MAX, blank=True)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["question", "value"], name="an_answer_is_counted_in_one_place"),
        ]

    def __str__(self) -> str:
        return f"{self.question_id}: {self.count}"


class EvaluationText(models.Model):
    """A free answer, by nobody. The key is drawn by lot, and all of them are laid anew with each answer."""

    wagtail_reference_index_ignore = True

    key = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    question = models.ForeignKey(EventQuestion, on_delete=models.CASCADE, related_name="free_answers")
    text = models.TextField(max_length=ANSWER_MAX)

    class Meta:
        ordering: ClassVar[list[str]] = ["key"]

    def __str__(self) -> str:
        return str(self.question_id)


class EventMaterial(models.Model):
    """A file, a link or something of the library that belongs to an event, or to a point of its programme."""

    wagtail_reference_index_ignore = True

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="materials")
    point = models.ForeignKey(
        Point,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="materials",
        verbose_name=_("programpunkt"),
    )
    title = models.CharField(_("tittel"), max_length=LABEL_MAX)
    for_participants = models.BooleanField(_("bare for dem som har plass"), default=False)
    link = models.URLField(_("lenke"), max_length=500, blank=True)
    library_item = models.ForeignKey(
        LibraryItem, null=True, blank=True, on_delete=models.CASCADE, related_name="event_materials"
    )
    file = models.FileField(upload_to=attachment_path, storage=attachment_storage, blank=True)
    name = models.CharField(_("filnavn"), max_length=160, blank=True)
    media_type = models.CharField(max_length=120, blank=True)
    size = models.PositiveBigIntegerField(_("byte"), default=0)
    is_image = models.BooleanField(default=False)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("materiell")
        verbose_name_plural = _("materiell")
        ordering: ClassVar[list[str]] = ["created_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=(~Q(file="") & Q(link="", library_item__isnull=True))
                | (Q(file="", library_item__isnull=True) & ~Q(link=""))
                | Q(file="", link="", library_item__isnull=False),
                name="material_is_one_thing",
            ),
            models.UniqueConstraint(
                fields=["event", "library_item"],
                condition=Q(library_item__isnull=False),
                name="an_event_has_an_item_once",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def kind(self) -> str:
        """What sort of file it is, as people know it by its name: «PDF», «DOCX»."""
        return PurePath(self.name).suffix.removeprefix(".").upper()


class AttendanceCertificateQuerySet(models.QuerySet["AttendanceCertificate"]):
    def in_force(self) -> "AttendanceCertificateQuerySet":
        """Those whose person is said to have come, and that no newer one replaces.

        Who takes the attendance back takes the certificate back.
        """
        return self.filter(
            sign_up__attended=True, sign_up__status=EventSignUp.Status.CONFIRMED, replaced_by__isnull=True
        )


class AttendanceCertificate(models.Model):
    """«Deltakerbevis» as it was issued: what is printed on it is kept, so that later edits change nothing.

    One with the holder's new name is a row of its own and `replaces` the one before: whoever checks that is led on.
    """

    wagtail_reference_index_ignore = True

    sign_up = models.ForeignKey(EventSignUp, on_delete=models.CASCADE, related_name="certificates")
    replaces = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="replaced_by", verbose_name=_("erstatter")
    )
    code = models.CharField(_("kode"), max_length=16, unique=True)
    holder_name = models.CharField(_("navn"), max_length=300)
    title = models.CharField(_("arrangement"), max_length=TITLE_MAX)
    organiser = models.CharField(_("arrangør"), max_length=100)
    mode = models.CharField(_("hvordan"), max_length=8, choices=EventLeg.Mode.choices)
    place = models.CharField(_("sted"), max_length=LABEL_MAX, blank=True)
    starts_on = models.DateField(_("fra"))
    ends_on = models.DateField(_("til"))
    hours = models.DecimalField(_("timer"), max_digits=6, decimal_places=2, null=True, blank=True)
    language = models.CharField(_("språk"), max_length=5, choices=settings.LANGUAGES, default="nb")
    shows_name = models.BooleanField(_("viser navnet til den som kontrollerer"), default=True)
    issued_at = models.DateTimeField(_("utstedt"), default=timezone.now)

    objects = AttendanceCertificateQuerySet.as_manager()

    class Meta:
        verbose_name = _("deltakerbevis")
        verbose_name_plural = _("deltakerbevis")
        ordering: ClassVar[list[str]] = ["-issued_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["sign_up"], condition=Q(replaces__isnull=True), name="a_sign_up_is_certified_once"
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def is_in_force(self) -> bool:
        """As `in_force`."""
        return self.is_of_who_came and getattr(self, "replaced_by", None) is None

    @property
    def is_of_who_came(self) -> bool:
        return self.sign_up.attended is True and self.sign_up.status == EventSignUp.Status.CONFIRMED


class EventExport(models.Model):
    """Who took out a list of an event's participants, and when."""

    wagtail_reference_index_ignore = True

    class What(models.TextChoices):
        PEOPLE = "people", _("Deltakere")
        DIETARY = "dietary", _("Matbehov")
        TEAM = "team", _("Ett team")

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="exports")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    what = models.CharField(max_length=8, choices=What.choices)
    file_format = models.CharField(max_length=4)
    row_count = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("uttrekk")
        verbose_name_plural = _("uttrekk")
        ordering: ClassVar[list[str]] = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.event_id} {self.what}"
