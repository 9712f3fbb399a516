"""What this room holds about somebody. Imported when the room starts."""

from django.utils.translation import gettext_lazy as _

from learning.models import LearningPathPage, PathAssignment
from people.models import User
from people.own_data import Collected, Fact, register


def paths(person: User) -> Collected:
    """Onboarding paths somebody's teams ask for. Two queries."""
    assigned = list(PathAssignment.objects.filter(person=person).order_by("pk"))
    titles = dict(
        LearningPathPage.objects.filter(
            translation_key__in=[each.path_key for each in assigned], locale__language_code=person.language
        ).values_list("translation_key", "title")
    )
    return Collected(
        entries=[
            [
                Fact("path", _("Læringssti"), titles.get(each.path_key, str(each.path_key))),
                Fact("due_on", _("Foreslått frist"), each.due_on),
            ]
            for each in assigned
        ]
    )


register(
    "paths",
    paths,
    title=_("Læringsstiene dine"),
    why=_("Så Min side viser hva teamet ditt ber deg lære. Følger medlemskapene dine."),
    covers=("learning.PathAssignment.person",),
)
