"""Every change to who learns what."""

from uuid import UUID

from django.conf import settings
from django.db import transaction

from learning.models import LearningPathPage, PathAssignment
from people.models import Membership, Team, User


@transaction.atomic
def assign_onboarding_paths(*, person: User) -> None:
    """Bring somebody's onboarding paths in step with the teams they are in now.

    Each team asks for the path of its programme, else for FACT's; none where there is no such path. Two teams that ask
    for the same path make one assignment, with the earliest deadline either suggests. A path no team asks for any more
    is no longer assigned; what the person has learnt is kept elsewhere and stays. Safe to run twice, and at once:
    the last to run sees what all have changed.
    """
    if not User.objects.select_for_update(no_key=True).only("pk").filter(pk=person.pk).first():
        return  # the account has been deleted since the news was sent
    paths = get_onboarding_paths()
    wanted: dict[UUID, list[Membership]] = {}
    for membership in Membership.objects.active().filter(person=person).select_related("team"):
        key = paths.get(membership.team.programme) or paths.get(Team.Programme.FACT)
        if key is not None:
            wanted.setdefault(key, []).append(membership)
    PathAssignment.objects.filter(person=person).exclude(path_key__in=wanted).delete()
    for key, memberships in wanted.items():
        deadlines = [membership.onboarding_due_on for membership in memberships if membership.onboarding_due_on]
        PathAssignment.objects.update_or_create(
            person=person, path_key=key, defaults={"due_on": min(deadlines, default=None)}
        )


def get_onboarding_paths() -> dict[str, UUID]:
    """The path of each programme that has one: the first in the tree where editors have named two. One query."""
    found = (
        LearningPathPage.objects.live()
        .filter(locale__language_code=settings.LANGUAGE_CODE)
        .exclude(onboarding_for="")
        .order_by("-path")
    )
    return dict(found.values_list("onboarding_for", "translation_key"))
