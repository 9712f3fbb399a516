"""News: what those who look after a space tell everybody who reads it, and who has confirmed that they have read it."""

from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from forum.models.spaces import Space
from forum.models.topics import TITLE_MAX, Post, State

LEAD_MAX = 300


def is_current(at: datetime) -> Q:
    """Whether a piece of news is out and has not expired at this time."""
    return Q(state=State.NORMAL, published_at__lte=at) & (Q(expires_at__isnull=True) | Q(expires_at__gt=at))


class NewsItemQuerySet(models.QuerySet["NewsItem"]):
    def current(self, at: datetime) -> Self:
        return self.filter(is_current(at))

    def archived(self, at: datetime) -> Self:
        """What was out and has expired by this time."""
        return self.filter(state=State.NORMAL, published_at__lte=at, expires_at__lte=at)

    def set_aside(self, at: datetime) -> Self:
        """What is not out at this time: not yet, or hidden."""
        return self.filter(Q(state=State.HIDDEN) | Q(state=State.NORMAL, published_at__gt=at))


class NewsItem(models.Model):
    """A piece of news. Lives in a space: who reads the space may see it, from `published_at` on.

    After `expires_at` it is in the archive alone. One that must be read is confirmed by each reader once a `round`;
    a new round begins when its editor says that a change must be read again. `version` counts how often it has been
    changed: of two who change it at once, the later is told.
    """

    wagtail_reference_index_ignore = True

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="news", verbose_name=_("rom"))
    title = models.CharField(_("tittel"), max_length=TITLE_MAX)
    lead = models.CharField(_("ingress"), max_length=LEAD_MAX, blank=True)
    source = models.TextField(blank=True)
    source_format = models.CharField(max_length=4, choices=Post.Format.choices, default=Post.Format.TEXT)
    html = models.TextField(blank=True)
    rendering_version = models.PositiveSmallIntegerField(default=0)
    text = models.TextField(blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="forum_news"
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.NORMAL)
    published_at = models.DateTimeField(_("vises fra"), default=timezone.now)
    expires_at = models.DateTimeField(_("vises til"), null=True, blank=True)
    is_pinned = models.BooleanField(_("festet øverst"), default=False)
    must_read = models.BooleanField(_("må leses"), default=False)
    read_by = models.DateField(_("leses innen"), null=True, blank=True)
    round = models.PositiveSmallIntegerField(default=1, editable=False)
    round_at = models.DateTimeField(default=timezone.now, editable=False, help_text="When it was to be read from.")
    reminded_at = models.DateTimeField(null=True, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    edited_at = models.DateTimeField(null=True, blank=True, editable=False)
    submission = models.UUIDField(
        null=True, blank=True, unique=True, editable=False, help_text="Of its form: the same sent twice is one item."
    )

    objects = NewsItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("nyhet")
        verbose_name_plural = _("nyheter")
        ordering: ClassVar[list[str]] = ["-published_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=F("published_at")),
                name="news_expires_after_it_is_out",
            ),
            models.CheckConstraint(
                condition=Q(read_by__isnull=True) | Q(must_read=True), name="only_a_must_read_has_a_deadline"
            ),
            models.CheckConstraint(condition=Q(round__gte=1), name="rounds_from_one"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["-published_at", "-id"], name="news_in_order"),
            models.Index(fields=["space", "-published_at"], name="news_of_space"),
            models.Index(fields=["-published_at"], condition=Q(must_read=True), name="news_to_confirm"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("forum:news-item", args=[self.pk])

    @property
    def is_scheduled(self) -> bool:
        return self.published_at > timezone.now()

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()


class NewsPrinciple(models.Model):
    """A principle a piece of news is about. The key is the same in every language."""

    wagtail_reference_index_ignore = True

    item = models.ForeignKey(NewsItem, on_delete=models.CASCADE, related_name="principles")
    principle_key = models.UUIDField(_("prinsipp"))

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["item", "principle_key"], name="news_has_a_principle_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["principle_key", "item"], name="news_of_principle")
        ]

    def __str__(self) -> str:
        return str(self.principle_key)


class NewsEdit(models.Model):
    """How a piece of news read before a change, and in which round. Never changed after."""

    wagtail_reference_index_ignore = True

    item = models.ForeignKey(NewsItem, on_delete=models.CASCADE, related_name="edits")
    version = models.PositiveIntegerField(_("nummer"))
    round = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=TITLE_MAX)
    lead = models.CharField(max_length=LEAD_MAX, blank=True)
    html = models.TextField(blank=True)
    replaced_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    replaced_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("tidligere utgave av en nyhet")
        verbose_name_plural = _("tidligere utgaver av nyheter")
        ordering: ClassVar[list[str]] = ["item", "-version"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["item", "version"], name="a_version_of_news_is_kept_once"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} v{self.version}"


class NewsReading(models.Model):
    """Somebody has opened a piece of news, and where `confirmed_at` is set, said «lest og forstått». One a round.

    That somebody has opened it is theirs alone to see: it takes away «ny» in their own list. What they have confirmed
    is shown to those who follow up (`forum.permissions.news`). It is never taken back.
    """

    wagtail_reference_index_ignore = True

    item = models.ForeignKey(NewsItem, on_delete=models.CASCADE, related_name="readings")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="news_readings")
    round = models.PositiveSmallIntegerField()
    seen_at = models.DateTimeField(default=timezone.now, editable=False)
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("lesing av en nyhet")
        verbose_name_plural = _("lesinger av nyheter")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["item", "person", "round"], name="one_reading_a_person_and_round"),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["person", "item"], name="readings_of_person")]

    def __str__(self) -> str:
        return f"{self.item_id} {self.round}"
