"""What somebody is told, how much of it they want, and what has been sent."""

from datetime import timedelta
from typing import ClassVar, Self

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from forum.models.events import Event
from forum.models.library import LibraryItem, LibraryVersion
from forum.models.moderation import ModerationEntry
from forum.models.news import NewsItem
from forum.models.spaces import EntryRequest, Space
from forum.models.topics import Post, Topic


class Notice(models.Model):
    """A line in somebody's list of news. Shown only while they may see what it is about.

    What it is about is a post (mention, reply, new topic or post they watch), a decision (`entry`), a request, a piece
    of news they are reminded of, or something in the library: a new `version` of what they follow, or of what their own
    `item` builds on; an `item` to look through again, or made of an answer of theirs. Or it is an `event`: one's place
    there, that it is cancelled or changed, a letter from those who arrange it, its evaluation. A person has one of each
    for an event, made new when there is more to tell (`forum.actions.event_notices`).

    No row, and no missing row, may tell whose an alias is. So an answer to an alias has no row: its owner finds it by
    query (`forum.queries.notices.alias_news`). And a post by an alias has a row for everybody who watches, its owner
    too: one who is told of all but these would be the owner. The owner's own are left out when they are read.
    """

    wagtail_reference_index_ignore = True

    class Kind(models.TextChoices):
        MENTION = "mention", _("Noen nevnte deg")
        REPLY = "reply", _("Svar til deg")
        TOPIC = "topic", _("Ny tråd")
        POST = "post", _("Nytt svar i en tråd du følger")
        ACCEPTED = "accepted", _("Svaret ditt hjalp")
        DECISION = "decision", _("Fra moderatorene")
        ENTRY = "entry", _("Om et rom")
        VERSION = "version", _("Ny versjon i biblioteket")
        REVIEW = "review", _("Bør ses gjennom")
        MADE = "made", _("Svaret ditt er blitt en ressurs")
        NEWS = "news", _("Påminnelse om en nyhet")
        PLACE = "place", _("Plassen din på et arrangement")
        EVENT = "event", _("Et arrangement er avlyst eller endret")
        LETTER = "letter", _("Brev fra dem som arrangerer")
        EVALUATION = "evaluation", _("Evaluering av et arrangement")

    OF_POSTS: ClassVar[tuple[str, ...]] = (Kind.MENTION, Kind.REPLY, Kind.TOPIC, Kind.POST)
    """Kinds that are read when the post is."""
    OF_EVENTS: ClassVar[tuple[str, ...]] = (Kind.PLACE, Kind.EVENT, Kind.LETTER, Kind.EVALUATION)
    """Kinds that are read when the event is opened."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="forum_notices")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    post = models.ForeignKey(Post, null=True, blank=True, on_delete=models.CASCADE, related_name="notices")
    entry = models.ForeignKey(ModerationEntry, null=True, blank=True, on_delete=models.CASCADE, related_name="notices")
    request = models.ForeignKey(EntryRequest, null=True, blank=True, on_delete=models.CASCADE, related_name="notices")
    version = models.ForeignKey(LibraryVersion, null=True, blank=True, on_delete=models.CASCADE, related_name="notices")
    item = models.ForeignKey(LibraryItem, null=True, blank=True, on_delete=models.CASCADE, related_name="notices")
    news = models.ForeignKey(NewsItem, null=True, blank=True, on_delete=models.CASCADE, related_name="notices")
    event = models.ForeignKey(Event, null=True, blank=True, on_delete=models.CASCADE, related_name="notices")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("varsel")
        verbose_name_plural = _("varsler")
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["person", "post"],
                condition=Q(post__isnull=False, kind__in=["mention", "reply", "topic", "post"]),
                name="told_once_of_a_post",
            ),
            models.UniqueConstraint(
                fields=["person", "post"], condition=Q(kind="accepted"), name="told_once_of_an_accepted_answer"
            ),
            models.UniqueConstraint(
                fields=["person", "entry"], condition=Q(entry__isnull=False), name="told_once_of_a_decision"
            ),
            models.UniqueConstraint(
                fields=["person", "request"], condition=Q(request__isnull=False), name="told_once_of_a_request"
            ),
            models.UniqueConstraint(
                fields=["person", "version"],
                condition=Q(version__isnull=False, item__isnull=True),
                name="told_once_of_a_version",
            ),
            models.UniqueConstraint(
                fields=["person", "version", "item"],
                condition=Q(version__isnull=False, item__isnull=False),
                name="told_once_of_a_version_for_an_item",
            ),
            models.UniqueConstraint(
                fields=["person", "item", "kind"],
                condition=Q(item__isnull=False, version__isnull=True),
                name="one_notice_a_kind_and_item",
            ),
            models.UniqueConstraint(
                fields=["person", "news"], condition=Q(news__isnull=False), name="one_reminder_a_person_and_news"
            ),
            models.UniqueConstraint(
                fields=["person", "event", "kind"],
                condition=Q(event__isnull=False),
                name="one_notice_a_kind_and_event",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["person", "-created_at", "-id"], name="notices_in_order"),
            models.Index(fields=["person"], condition=Q(read_at__isnull=True), name="unread_notices"),
        ]

    def __str__(self) -> str:
        return self.kind


class Told(models.Model):
    """A post has been told of, and when. What is derived and not kept as notices (answers to an alias) takes its time
    from here. `is_settled`: no mail of it waits any more.
    """

    wagtail_reference_index_ignore = True

    class Kind(models.TextChoices):
        POST = "post", _("Innlegg")
        ACCEPTED = "accepted", _("Svaret")

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="tellings")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    told_at = models.DateTimeField(default=timezone.now, editable=False)
    is_settled = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["post", "kind"], name="a_post_is_told_of_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["told_at"], condition=Q(is_settled=False), name="tellings_with_mails_to_come")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.post_id}"


class NoticeRead(models.Model):
    """Everything told up to `all_read_at` is read. One row marks all, what is derived too."""

    wagtail_reference_index_ignore = True

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="forum_notices_read"
    )
    all_read_at = models.DateTimeField()

    class Meta:
        verbose_name = _("leste varsler")
        verbose_name_plural = _("leste varsler")

    def __str__(self) -> str:
        return f"{self.all_read_at:%Y-%m-%d %H:%M}"


class Watch(models.Model):
    """How much somebody wants to hear from a space, a topic or an item of the library.

    No row is the quiet default: mentions, and new versions of what is one's own or what one built on.
    """

    wagtail_reference_index_ignore = True

    class Level(models.TextChoices):
        ALL = "all", _("Alt som skrives")
        TOPICS = "topics", _("Nye tråder")
        MENTIONS = "mentions", _("Bare omtaler og svar til meg")
        NONE = "none", _("Ingenting")

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="forum_watches")
    space = models.ForeignKey(Space, null=True, blank=True, on_delete=models.CASCADE, related_name="watches")
    topic = models.ForeignKey(Topic, null=True, blank=True, on_delete=models.CASCADE, related_name="watches")
    item = models.ForeignKey(LibraryItem, null=True, blank=True, on_delete=models.CASCADE, related_name="watches")
    level = models.CharField(max_length=8, choices=Level.choices)

    class Meta:
        verbose_name = _("varselvalg")
        verbose_name_plural = _("varselvalg")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(space__isnull=False, topic__isnull=True, item__isnull=True)
                | Q(space__isnull=True, topic__isnull=False, item__isnull=True)
                | Q(space__isnull=True, topic__isnull=True, item__isnull=False),
                name="a_watch_is_of_one",
            ),
            models.UniqueConstraint(
                fields=["person", "space"], condition=Q(space__isnull=False), name="one_watch_a_space"
            ),
            models.UniqueConstraint(
                fields=["person", "topic"], condition=Q(topic__isnull=False), name="one_watch_a_topic"
            ),
            models.UniqueConstraint(
                fields=["person", "item"], condition=Q(item__isnull=False), name="one_watch_an_item"
            ),
        ]

    def __str__(self) -> str:
        return self.level


class MailChoice(models.Model):
    """When the forum sends somebody e-mail. No row: a weekly digest on Mondays at 8.

    Whether, is the person's `Profile` alone (`MailKind.FORUM_AT_ONCE`, `FORUM_DIGEST`), so that one place says no.
    Hours are those of Norway's clock, 0–23. Quiet hours hold back what would be sent at once; they may pass midnight.
    """

    wagtail_reference_index_ignore = True

    class Digest(models.TextChoices):
        DAILY = "daily", _("Hver dag")
        WEEKLY = "weekly", _("Hver uke")

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="forum_mail_choice"
    )
    digest = models.CharField(_("oppsummering"), max_length=8, choices=Digest.choices, default=Digest.WEEKLY)
    digest_hour = models.PositiveSmallIntegerField(_("klokkeslett"), default=8, validators=[MaxValueValidator(23)])
    digest_weekday = models.PositiveSmallIntegerField(
        _("ukedag"), default=0, validators=[MaxValueValidator(6)], help_text="0 is Monday."
    )
    quiet_from = models.PositiveSmallIntegerField(
        _("stille fra klokka"), default=20, validators=[MaxValueValidator(23)]
    )
    quiet_to = models.PositiveSmallIntegerField(_("stille til klokka"), default=7, validators=[MaxValueValidator(23)])

    class Meta:
        verbose_name = _("valg om e-post fra forumet")
        verbose_name_plural = _("valg om e-post fra forumet")

    def __str__(self) -> str:
        return self.digest


class SentMailQuerySet(models.QuerySet["SentMail"]):
    def lost(self) -> Self:
        """Claimed for more than a day without an end: whoever was to send it died."""
        return self.filter(
            claimed_at__lt=timezone.now() - timedelta(days=1),
            sent_at__isnull=True,
            refused_at__isnull=True,
            nothing_to_tell=False,
        )


class SentMail(models.Model):
    """Claimed before the e-mail is handed over, so that none is sent twice (`people.handing_over`).

    A digest is a person's, and its occasion the day. What is sent at once names neither person nor post: its occasion
    is a keyed digest of both (`forum.pseudonyms.mail_digest`). A row that said who was sent a mail of an answer to an
    alias would tell whose alias it is; rows for answers to people alone would tell by what is missing. So it is with
    what those who moderate are told: whoever is behind an alias is told nothing of its cases. There the digest is of
    account and day, and `claimed_at` the time the letter counts up to.
    """

    wagtail_reference_index_ignore = True

    class Kind(models.TextChoices):
        AT_ONCE = "at_once", _("Omtale eller svar")
        DIGEST = "digest", _("Oppsummering")
        MODERATION = "moderation", _("Saker som venter på dem som modererer")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    occasion = models.CharField(_("anledning"), max_length=80)
    claimed_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(_("avvist for godt av mottakerens tjener"), null=True, blank=True)
    nothing_to_tell = models.BooleanField(default=False)

    objects = SentMailQuerySet.as_manager()

    class Meta:
        verbose_name = _("sendt e-post fra forumet")
        verbose_name_plural = _("sendt e-post fra forumet")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["person", "occasion"], condition=Q(kind="digest"), name="a_forum_digest_is_sent_once"
            ),
            models.UniqueConstraint(
                fields=["occasion"], condition=Q(kind="at_once"), name="a_forum_mail_at_once_is_sent_once"
            ),
            models.UniqueConstraint(
                fields=["occasion"], condition=Q(kind="moderation"), name="a_forum_mail_of_cases_is_sent_once"
            ),
            models.CheckConstraint(
                condition=Q(kind="digest", person__isnull=False)
                | Q(kind__in=["at_once", "moderation"], person__isnull=True),
                name="only_a_forum_digest_says_whose_it_is",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["kind", "claimed_at"], name="forum_mails_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.claimed_at:%Y-%m-%d}"


class FeedToken(models.Model):
    """The secret in the address of somebody's Atom feed. Only its digest is kept; revoked by deleting the row."""

    wagtail_reference_index_ignore = True

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="forum_feed_token"
    )
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("nøkkel til nyhetsstrøm")
        verbose_name_plural = _("nøkler til nyhetsstrøm")

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d}"
