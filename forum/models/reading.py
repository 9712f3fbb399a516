"""Who has read how far (ARCHITECTURE §5.4)."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from forum.models.spaces import Space
from forum.models.topics import Topic


class TopicRead(models.Model):
    """The last number somebody has read in a topic. It never falls by reading; «mark as unread» lowers it."""

    wagtail_reference_index_ignore = True

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="+")
    last_read_number = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["person", "topic"], name="one_reading_a_person_and_topic"),
        ]

    def __str__(self) -> str:
        return f"{self.topic_id}: {self.last_read_number}"


class SpaceRead(models.Model):
    """All that was written in a space up to `read_all_at` is read, whatever the topics' own rows say.

    A space's posts get their times in order, under the space's row lock (`forum.actions.posting`), so that one time
    divides them. One row marks everything read.
    """

    wagtail_reference_index_ignore = True

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+")
    read_all_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["person", "space"], name="one_reading_a_person_and_space"),
        ]

    def __str__(self) -> str:
        return f"{self.space_id}: {self.read_all_at:%Y-%m-%d %H:%M}"
