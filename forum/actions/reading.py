"""How far somebody has read. Reading is monotone: two tabs, two devices and late requests never lower it."""

from django.db import models, transaction
from django.db.models import F
from django.db.models.functions import Greatest

from forum.actions.counting import lock_space, next_time
from forum.models import Space, SpaceRead, Topic, TopicRead
from people.models import User


def mark_read(*, reader: User, topic: Topic, number: int) -> None:
    """Read up to and with `number` (from 1). One query, two the first time."""
    number = min(number, topic.last_number)
    changed = TopicRead.objects.filter(person=reader, topic=topic)
    if changed.update(last_read_number=Greatest(F("last_read_number"), models.Value(number))):
        return
    _, made = TopicRead.objects.get_or_create(person=reader, topic=topic, defaults={"last_read_number": number})
    if not made:
        changed.update(last_read_number=Greatest(F("last_read_number"), models.Value(number)))


@transaction.atomic
def mark_all_read(*, reader: User, space: Space) -> None:
    """Everything written in the space until now is read. Three queries, however much there is."""
    now = next_time(lock_space(space.pk))
    SpaceRead.objects.update_or_create(person=reader, space=space, defaults={"read_all_at": now})
