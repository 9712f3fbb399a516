"""Choosing the name one writes under in one space."""

import unicodedata

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from forum.models import Pseudonym, Space
from forum.permissions import people_who_read, user_can_choose_alias
from forum.pseudonyms import owned_by, owner_digest, seal
from people.alphabet import fold
from people.models import User
from safety.guard import guard_texts
from safety.text import TextRefusedError, clean_line

LEAST_LETTERS = 3
_BETWEEN = frozenset(" -'’.")
"""What may stand between letters and digits."""
_LOOKS_LIKE = str.maketrans({"0": "o", "1": "l", "i": "l", "j": "l", "5": "s", "3": "e", "4": "a", "8": "b"})
_RESERVED = (
    "moderator",
    "administrator",
    "admin",
    "rådgiver",
    "redaksjon",
    "fasilitator",
    "facilitator",
    "flett",
    "tidligere medlem",
    "slettet",
)
"""Nobody is to be taken for one of these, also inside a longer name."""


class AliasTakenError(TextRefusedError):
    """Somebody in the space writes under this name, or one that looks like it."""

    def __init__(self) -> None:
        super().__init__(_("Noen her skriver under dette navnet, eller et som ligner. Finn på et annet."))


class HasAliasError(Exception):
    """The person has an alias in the space. It stays: others know them by it."""


def fold_alias(name: str) -> str:
    """How names are compared: case, accents, signs, spaces and letters that look alike aside. At most 60 characters.

    Longer ones are cut, so that a few more names count as the same, and never fewer.
    """
    return "".join(fold(name).split()).translate(_LOOKS_LIKE)[:60]


def clean_alias(name: str) -> str:
    """The name as it may stand. Raises TextRefusedError and its kin from the guard.

    Latin letters only: a Cyrillic «а» is no other letter to the eye.
    """
    name = clean_line(name, most=Pseudonym._meta.get_field("name").max_length or 0)
    letters = [letter for letter in name if letter.isalpha()]
    if not all(
        letter in _BETWEEN or letter in "0123456789" or unicodedata.name(letter, "").startswith("LATIN ")
        for letter in name
    ):
        raise TextRefusedError(_("Bruk vanlige bokstaver, tall, mellomrom og bindestrek."))
    if len(letters) < LEAST_LETTERS:
        raise TextRefusedError(_("Et alias har minst tre bokstaver."))
    guard_texts({"name": name}, confirmed=True)
    folded = fold_alias(name)
    if any(fold_alias(word) in folded for word in _RESERVED):
        raise TextRefusedError(_("Aliaset kan forveksles med noen som har ansvar i Flett. Finn på et annet."))
    return name


@transaction.atomic
@sensitive_variables()
def choose_alias(*, person: User, space: Space, name: str) -> Pseudonym:
    """The name this person writes under in this space from now on.

    Two who choose the same name at once: the constraint lets one of them have it. No lock of the person and no other
    row is written, so that nothing beside the alias has its time. Raises PermissionDenied, HasAliasError,
    AliasTakenError, TextRefusedError.
    """
    if not user_can_choose_alias(person, space):
        if Pseudonym.objects.filter(owned_by(person), space=space).exists():
            raise HasAliasError
        raise PermissionDenied
    name = clean_alias(name)
    folded = fold_alias(name)
    _refuse_own_name(person, folded)
    _refuse_others_name(space, folded)
    if Pseudonym.objects.filter(space=space, name_folded=folded).exists():
        raise AliasTakenError
    try:
        with transaction.atomic():
            return Pseudonym.objects.create(
                space=space, name=name, name_folded=folded, owner=owner_digest(person), sealed=seal(person)
            )
    except IntegrityError as error:
        if Pseudonym.objects.filter(owned_by(person), space=space).exists():
            raise HasAliasError from error
        raise AliasTakenError from error


def _refuse_own_name(person: User, folded: str) -> None:
    """An alias with one's own name in it hides nobody."""
    own = {fold_alias(part) for part in (*person.first_name.split(), *person.last_name.split())}
    if any(len(part) >= LEAST_LETTERS and part in folded for part in own):
        raise TextRefusedError(_("Aliaset inneholder navnet ditt. Da er du ikke skjult."))


def _refuse_others_name(space: Space, folded: str) -> None:
    """Nobody writes under the name of somebody else who reads the space. One query; done once a person and space."""
    readers = people_who_read(space).exclude(first_name="").values_list("first_name", "last_name")
    for first, last in readers.iterator():
        if last and folded in {fold_alias(f"{first} {last}"), fold_alias(f"{last} {first}")}:
            raise TextRefusedError(_("Aliaset er navnet til noen som er med her. Finn på et annet."))
