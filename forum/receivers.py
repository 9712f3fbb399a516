"""News from other rooms, handed to actions. No rule lives here."""

from typing import Any

from django.dispatch import receiver

from forum.actions.erasing import let_go_of_person
from people.models import User
from people.signals import person_erasing


@receiver(person_erasing, dispatch_uid="forum.let_go_of_person")
def account_going(person: User, former: User, **kwargs: Any) -> None:
    let_go_of_person(person=person, former=former)
