"""Topics and posts: what is written, and how it is shown."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from forum.models.spaces import Pseudonym, Space

WARNING_MAX = 120
TITLE_MAX = 160
POSTS_A_PAGE = 20


class State(models.TextChoices):
    NORMAL = "normal", _("Vises")
    HELD = "held", _("Venter på å bli sett gjennom")
    HIDDEN = "hidden", _("Skjult")
    DELETED = "deleted", _("Slettet")


def _one_author(name: str) -> models.CheckConstraint:
    """Either a person or an alias wrote it, never both: the person would give the alias away."""
    return models.CheckConstraint(
        condition=Q(author__isnull=False, pseudonym__isnull=True) | Q(author__isnull=True, pseudonym__isnull=False),
        name=name,
    )


class Topic(models.Model):
    """A conversation. Its state follows its first post; a merged one says where it went.

    `last_number` gives out the posts' numbers and never falls. `post_count` counts the posts that are shown,
    `last_post_at` is when the newest of them was written: summaries that `rebuild_forum` can make again.
    """

    wagtail_reference_index_ignore = True

    class SubjectKind(models.TextChoices):
        COURSE = "course", _("Kurs")
        LESSON = "lesson", _("Leksjon")
        ITEM = "item", _("Ressurs i biblioteket")

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="topics")
    title = models.CharField(_("tittel"), max_length=TITLE_MAX)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="forum_topics"
    )
    pseudonym = models.ForeignKey(Pseudonym, null=True, blank=True, on_delete=models.PROTECT, related_name="topics")
    state = models.CharField(max_length=8, choices=State.choices, default=State.NORMAL)
    content_warning = models.CharField(_("innholdsvarsel"), max_length=WARNING_MAX, blank=True)
    subject_kind = models.CharField(max_length=6, choices=SubjectKind.choices, blank=True)
    subject_key = models.UUIDField(
        _("kurs, leksjon eller ressurs"),
        null=True,
        blank=True,
        help_text="The page's translation key, or an item's key.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    pinned_at = models.DateTimeField(_("festet"), null=True, blank=True)
    closed_at = models.DateTimeField(_("stengt"), null=True, blank=True)
    accepted_post = models.ForeignKey(
        "forum.Post", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("svaret")
    )
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="merged")
    last_number = models.PositiveIntegerField(default=0, editable=False)
    post_count = models.PositiveIntegerField(default=0, editable=False)
    last_post_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("tråd")
        verbose_name_plural = _("tråder")
        ordering: ClassVar[list[str]] = ["-last_post_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            _one_author("a_topic_has_one_author"),
            models.CheckConstraint(
                condition=Q(subject_kind="", subject_key__isnull=True)
                | (~Q(subject_kind="") & Q(subject_key__isnull=False)),
                name="a_topics_subject_has_kind_and_key",
            ),
            models.UniqueConstraint(
                fields=["subject_key"],
                condition=Q(subject_kind="item", merged_into__isnull=True) & ~Q(state="deleted"),
                name="an_item_is_talked_of_in_one_topic",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["space", "-last_post_at", "-id"], name="topics_of_space_in_order"),
            models.Index(fields=["-last_post_at", "-id"], name="topics_in_order"),
            models.Index(fields=["space"], condition=Q(pinned_at__isnull=False), name="pinned_topics_of_space"),
            models.Index(
                fields=["subject_key", "-last_post_at"],
                condition=Q(subject_key__isnull=False),
                name="topics_of_subject",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("forum:topic", args=[self.pk])

    @property
    def page_count(self) -> int:
        """Pages by position: a page is a range of numbers, whatever became of the posts in it."""
        return max(1, -(-self.last_number // POSTS_A_PAGE))


class TopicPrinciple(models.Model):
    """A principle a topic is about. The key is the same in every language."""

    wagtail_reference_index_ignore = True

    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="principles")
    principle_key = models.UUIDField(_("prinsipp"))

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["topic", "principle_key"], name="a_topic_has_a_principle_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["principle_key", "topic"], name="topics_of_principle")
        ]

    def __str__(self) -> str:
        return str(self.principle_key)


class Post(models.Model):
    """What somebody wrote: the source, the sanitised HTML, and which rules made it (ARCHITECTURE §5.3).

    `number` is its place in the topic, from 1; a number is never given out twice. `text` is the plain text, for
    excerpts and search. A deleted post keeps its place and loses what was written.
    """

    wagtail_reference_index_ignore = True

    class Format(models.TextChoices):
        HTML = "html", "HTML"
        TEXT = "text", _("Ren tekst")

    topic = models.ForeignKey(Topic, on_delete=models.PROTECT, related_name="posts")
    number = models.PositiveIntegerField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="forum_posts"
    )
    pseudonym = models.ForeignKey(Pseudonym, null=True, blank=True, on_delete=models.PROTECT, related_name="posts")
    source = models.TextField()
    source_format = models.CharField(max_length=4, choices=Format.choices, default=Format.HTML)
    html = models.TextField()
    rendering_version = models.PositiveSmallIntegerField()
    text = models.TextField()
    content_warning = models.CharField(_("innholdsvarsel"), max_length=WARNING_MAX, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.NORMAL)
    reply_to = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="replies")
    created_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True, blank=True)
    submission = models.UUIDField(
        null=True,
        blank=True,
        unique=True,
        editable=False,
        help_text="Made of the form it was written in and its text: the same sent twice is one post.",
    )

    class Meta:
        verbose_name = _("innlegg")
        verbose_name_plural = _("innlegg")
        ordering: ClassVar[list[str]] = ["topic", "number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["topic", "number"], name="a_posts_number_is_its_own"),
            _one_author("a_post_has_one_author"),
            models.CheckConstraint(condition=Q(number__gte=1), name="posts_from_one"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["author", "-created_at"], name="posts_of_author"),
            models.Index(fields=["pseudonym", "-created_at"], name="posts_of_alias"),
            models.Index(fields=["topic", "number"], condition=~Q(state="normal"), name="posts_not_shown"),
        ]

    def __str__(self) -> str:
        return f"{self.topic_id} #{self.number}"

    def get_absolute_url(self) -> str:
        return reverse("forum:post", args=[self.pk])


class PostEdit(models.Model):
    """How a post read before a change. Kept as long as the post's text is."""

    wagtail_reference_index_ignore = True

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="edits")
    html = models.TextField()
    title = models.CharField(max_length=TITLE_MAX, blank=True)
    content_warning = models.CharField(max_length=WARNING_MAX, blank=True)
    replaced_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("tidligere utgave")
        verbose_name_plural = _("tidligere utgaver")
        ordering: ClassVar[list[str]] = ["post", "pk"]

    def __str__(self) -> str:
        return f"{self.post_id} {self.replaced_at:%Y-%m-%d}"


class Reaction(models.Model):
    """A small sign of having read. Shown as numbers, never as names."""

    wagtail_reference_index_ignore = True

    class Kind(models.TextChoices):
        THANKS = "thanks", _("Takk")
        SUPPORT = "support", _("Støtter deg")
        SAME_HERE = "same_here", _("Kjenner meg igjen")
        USEFUL = "useful", _("Nyttig")

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="reactions")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="forum_reactions")
    kind = models.CharField(max_length=10, choices=Kind.choices)

    class Meta:
        verbose_name = _("reaksjon")
        verbose_name_plural = _("reaksjoner")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["post", "person", "kind"], name="a_reaction_counts_once"),
        ]

    def __str__(self) -> str:
        return self.kind


class Mention(models.Model):
    """A person, a role or a team a post speaks to. Who of them is told is decided when it is sent."""

    wagtail_reference_index_ignore = True

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="mentions")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="forum_mentions"
    )
    role = models.ForeignKey("people.TeamRole", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    team = models.ForeignKey("people.Team", null=True, blank=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("omtale")
        verbose_name_plural = _("omtaler")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(person__isnull=False, role__isnull=True, team__isnull=True)
                | Q(person__isnull=True, role__isnull=False, team__isnull=True)
                | Q(person__isnull=True, role__isnull=True, team__isnull=False),
                name="a_mention_is_of_one",
            ),
            models.UniqueConstraint(
                fields=["post", "person"], condition=Q(person__isnull=False), name="a_person_is_mentioned_once"
            ),
            models.UniqueConstraint(
                fields=["post", "role"], condition=Q(role__isnull=False), name="a_role_is_mentioned_once"
            ),
            models.UniqueConstraint(
                fields=["post", "team"], condition=Q(team__isnull=False), name="a_team_is_mentioned_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.post_id}"
