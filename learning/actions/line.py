"""The line that everybody who changes something about a learner stands in."""

from django.db.models import F

from learning.models import LearnerStamp
from people.models import User


def take_the_line(learner: User) -> None:
    """Wait until nobody else is changing what is kept about this learner, and say that it changes.

    Call first, inside a transaction; the line is held until it ends. One query, two the first time.
    """
    if not LearnerStamp.objects.filter(learner=learner).update(value=F("value") + 1):
        LearnerStamp.objects.get_or_create(learner=learner)
        LearnerStamp.objects.filter(learner=learner).update(value=F("value") + 1)
