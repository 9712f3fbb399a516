"""Small signs of having read."""

from django.core.exceptions import PermissionDenied
from django.db import transaction

from forum.models import Post, Reaction
from forum.permissions import user_can_react
from people.models import User


@transaction.atomic
def set_reaction(*, person: User, post: Post, kind: str, given: bool) -> None:
    """Give a reaction or take it back. Doing it again changes nothing. Raises PermissionDenied and ValueError."""
    kind = Reaction.Kind(kind)
    if not user_can_react(person, post):
        raise PermissionDenied
    if given:
        Reaction.objects.bulk_create([Reaction(post=post, person=person, kind=kind)], ignore_conflicts=True)
    else:
        Reaction.objects.filter(post=post, person=person, kind=kind).delete()
