"""What a browser is told of who reads, so that what it keeps for one person is never sent as another's."""

from django.utils.crypto import salted_hmac

from people.models import User


def learner_token(learner: User) -> str:
    """The same for a person on every device, and it says nothing of who they are to whoever finds it there."""
    return salted_hmac("learning.device", str(learner.pk)).hexdigest()[:24]
