"""Where somebody writes: a new topic in a space, an answer in a topic, or a post of theirs to change."""

from dataclasses import dataclass

from django.urls import reverse

from forum.models import Post, Space, Topic


@dataclass(frozen=True, slots=True)
class Place:
    """`topic` where one answers or changes a post; `post` where one changes it."""

    space: Space
    topic: Topic | None = None
    post: Post | None = None

    @property
    def key(self) -> str:
        """What drafts and files on their way are kept under."""
        if self.post is not None:
            return f"post:{self.post.pk}"
        return f"topic:{self.topic.pk}" if self.topic is not None else f"space:{self.space.pk}"

    @property
    def keeps_drafts(self) -> bool:
        """A draft holds the person: one of a change to an alias' post would say who the alias is."""
        return self.post is None or self.post.pseudonym_id is None

    @property
    def has_title(self) -> bool:
        return self.topic is None or (self.post is not None and self.post.number == 1)

    @property
    def url(self) -> str:
        if self.post is not None:
            return reverse("forum:post-edit", args=[self.post.pk])
        if self.topic is not None:
            return reverse("forum:reply", args=[self.topic.pk])
        return reverse("forum:topic-start", args=[self.space.slug])
