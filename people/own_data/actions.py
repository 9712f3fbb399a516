"""Every change to somebody's own data. Callers have authorised: it is the person, or a regular job."""

import json
from datetime import datetime, timedelta
from typing import IO, Any

from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from wagtail.admin.models import FormState
from wagtail.models import ModelLogEntry, PageLogEntry
from wagtail.users.models import UserProfile

from people import tasks
from people.models import (
    DataExport,
    Invitation,
    JoinRequest,
    MailKind,
    Membership,
    PeopleSettings,
    Profile,
    ProfilePicture,
    SupportGroupMembership,
    User,
)
from people.models.profiles import PRESENTATION_MAX
from people.models.users import FORMER_MEMBER_EMAIL
from people.own_data import collect, mails
from people.own_data.archive import size_of
from people.own_data.collectors import addresses_of
from people.own_data.exports import EXPORT_LIFETIME, build_export, drop_export
from people.own_data.pictures import make_squares
from people.signals import person_erasing
from safety.guard import refuse_identity_numbers
from safety.text import clean_line, clean_lines

NAME_MAX = 60
AT_ONCE_BYTES = 5 * 1024 * 1024
"""A copy with more than this in files is made in the background."""


def lock(person: User) -> User | None:
    """The person's row, held until the end of the transaction; None where it is gone."""
    return User.objects.select_for_update(no_key=True).filter(pk=person.pk).first()


# --- what one tells of oneself --------------------------------------------------------------------------


@transaction.atomic
def save_profile(*, person: User, first_name: str, last_name: str, presentation: str) -> None:
    """Raises TextRefusedError for a national identity number or a text that is too long."""
    texts = [
        clean_line(first_name, most=NAME_MAX),
        clean_line(last_name, most=NAME_MAX),
        clean_lines(presentation, most=PRESENTATION_MAX),
    ]
    refuse_identity_numbers("\n".join(texts))
    person.first_name, person.last_name, presentation = texts
    person.save(update_fields=["first_name", "last_name"])
    Profile.objects.update_or_create(person=person, defaults={"presentation": presentation})


@transaction.atomic
def save_preferences(*, person: User, language: str, mails_wanted: dict[MailKind, bool]) -> None:
    """The language of mails and of the first page after signing in; which mails somebody wants.

    Of kinds that are not named, the choice stays as it is.
    """
    person.language = language
    person.save(update_fields=["language"])
    Profile.objects.update_or_create(
        person=person, defaults={kind.choice: is_wanted for kind, is_wanted in mails_wanted.items()}
    )


@transaction.atomic
def stop_mails(*, account: int, kind: MailKind) -> None:
    """Send no more mails of this kind to an account, by its number. Doing it again changes nothing.

    Nothing happens where the account is gone: no mail is sent to it either.
    """
    if User.objects.filter(pk=account).exists():
        Profile.objects.update_or_create(person_id=account, defaults={kind.choice: False})


def set_picture(*, person: User, file: IO[bytes], name: str) -> ProfilePicture:
    """Put a picture in place of the one there is. Raises FileRefusedError."""
    small, large = make_squares(file, name=name)
    with transaction.atomic():
        ProfilePicture.objects.filter(person=person).delete()  # a new row has a new key: browsers ask again
        return ProfilePicture.objects.create(person=person, small=small, large=large)


def remove_picture(*, person: User) -> None:
    """Removing it again changes nothing."""
    ProfilePicture.objects.filter(person=person).delete()


# --- everything Flett holds about somebody --------------------------------------------------------------


@transaction.atomic
def request_export(*, person: User) -> DataExport:
    """Make a copy of everything, in place of the copies there are: at once, or in the background where it is large."""
    lock(person)
    for old in DataExport.objects.filter(person=person):
        drop_export(export=old)
    export = DataExport.objects.create(person=person, expires_at=timezone.now() + EXPORT_LIFETIME)
    if size_of(collect(person)) > AT_ONCE_BYTES:
        transaction.on_commit(lambda: tasks.build_export.enqueue(str(export.key)))
    else:
        transaction.on_commit(lambda: build_export(key=str(export.key), tells=False))
    return export


# --- leaving --------------------------------------------------------------------------------------------


@transaction.atomic
def request_deletion(*, person: User) -> datetime:
    """Ask for one's account to be deleted; returns when it will be. Asking again changes nothing.

    Until then everything stays as it is, memberships too, so that keeping the account loses nothing.
    """
    lock(person)
    profile = Profile.of(person)
    if profile.deletion_due_at:
        return profile.deletion_due_at
    profile.deletion_requested_at = timezone.now()
    profile.deletion_due_at = profile.deletion_requested_at + timedelta(days=PeopleSettings.load().deletion_days)
    profile.save()
    due_at = profile.deletion_due_at
    transaction.on_commit(lambda: mails.tell_of_request(person, due_at=due_at))
    return due_at


@transaction.atomic
def keep_account(*, person: User) -> bool:
    """Take the wish back; returns whether there was one."""
    lock(person)
    changed = Profile.objects.filter(person=person, deletion_due_at__isnull=False).update(
        deletion_requested_at=None, deletion_due_at=None
    )
    if changed:
        transaction.on_commit(lambda: mails.tell_of_keeping(person))
    return bool(changed)


def get_former_member() -> User:
    """The row that stands for everybody who has left: nobody can sign in as it."""
    there = User.objects.filter(email=FORMER_MEMBER_EMAIL).first()
    return (
        there
        or User.objects.get_or_create(email=FORMER_MEMBER_EMAIL, defaults={"is_active": False, "password": "!"})[0]
    )


@transaction.atomic
def delete_person(*, person: User) -> None:
    """Delete the account and everything about the person. Cannot be undone. Doing it again changes nothing.

    What other people's numbers rest on stays without the person (docs/decisions/0008-own-data.md): each membership
    becomes one of "tidligere medlem", without roles and with months in place of days. Higher rooms do the same for
    their tables when `person_erasing` is sent, inside this transaction.
    """
    locked = User.objects.select_for_update().filter(pk=person.pk).first()  # rows that point at the person wait too
    if locked is None or locked.email == FORMER_MEMBER_EMAIL:
        return
    addresses = addresses_of(locked)
    to, language = mails.address_of(locked), locked.language
    former = get_former_member()
    person_erasing.send(sender=User, person=locked, former=former)
    _erase_from_editor(locked, former)
    _let_go_of_memberships(locked, former)
    Invitation.objects.filter(Q(email__in=addresses) | Q(accepted_by=locked)).delete()
    for export in DataExport.objects.filter(person=locked):
        drop_export(export=export)
    _end_sessions(locked, addresses)
    locked.delete()
    if to is not None:
        transaction.on_commit(lambda: mails.tell_of_deletion(to=to, language=language))


def _let_go_of_memberships(person: User, former: User) -> None:
    """Teams keep how many they were, month by month, and not who."""
    now = timezone.now()
    Membership.roles.through.objects.filter(membership__person=person).delete()
    for membership in Membership.objects.select_for_update(of=("self",)).filter(person=person):
        membership.person = former
        membership.started_on = membership.started_on.replace(day=1)
        membership.created_at = _month_of(membership.created_at)
        membership.ended_at = _month_of(membership.ended_at or now)
        membership.onboarding_due_on = membership.admitted_by = membership.ended_by = None
        membership.save()


def _month_of(moment: datetime) -> datetime:
    return timezone.localtime(moment).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _erase_from_editor(person: User, former: User) -> None:
    """The editor's log keeps what was done and not by whom; entries that name the person go."""
    about = Q(content_type=ContentType.objects.get_for_model(User), object_id=str(person.pk))
    for model in (Membership, SupportGroupMembership, JoinRequest):
        keys = [str(key) for key in model._default_manager.filter(person=person).values_list("pk", flat=True)]
        about |= Q(content_type=ContentType.objects.get_for_model(model), object_id__in=keys)
    ModelLogEntry.objects.filter(about).delete()
    FormState.objects.filter(about).delete()
    ModelLogEntry.objects.filter(user=person).update(user=former)
    PageLogEntry.objects.filter(user=person).update(user=former)
    for settings_there in UserProfile.objects.filter(user=person).exclude(avatar=""):
        name = settings_there.avatar.name
        transaction.on_commit(lambda name=name: default_storage.delete(name))  # type: ignore[misc]


def _end_sessions(person: User, addresses: list[str]) -> None:
    """Sessions of the person, and those begun with an address of theirs and not finished. Reads every session."""
    own = [
        session.session_key
        for session in Session.objects.iterator()
        if _belongs_to(session.get_decoded(), person, addresses)
    ]
    Session.objects.filter(session_key__in=own).delete()


def _belongs_to(content: dict[str, Any], person: User, addresses: list[str]) -> bool:
    if content.get("_auth_user_id") == str(person.pk):
        return True
    written = json.dumps(content, default=str).lower()
    return any(f'"{address}"' in written for address in addresses)
