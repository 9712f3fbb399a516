"""Opening the seal of an alias: one moderator asks and says why, another agrees, and the author is told.

Who it is, is written nowhere: not in the opening, not in the log, not in a `Notice`. A notice of the kind DECISION
would hold the person and the entry; even with an entry that names no alias, its time would stand beside the opening's
and tell anybody with a copy of the database whose alias it is. So the author finds the opening itself, by the owner
digest (`forum.queries.seals.get_openings_told_to`): Flett shows it in the list of news, in the space and on a page of
its own, and a mail that names no alias says that there is something to read. The mail is the one thing the seal is
opened for without somebody looking.
"""

from functools import partial

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from forum import seal_mails, tasks
from forum.models import ModerationEntry, Pseudonym, SealOpening
from forum.permissions import user_can_answer_opening, user_can_ask_about_alias, user_can_see_identity
from forum.pseudonyms import SealedForEverError, open_seal, owned_by
from people.models import User
from safety.guard import guard_texts
from safety.text import TextRefusedError, clean_line

LEAST_REASON = 20
"""Characters. What is worth opening a seal for takes a sentence."""


class AlreadyAskedError(Exception):
    """Somebody has asked to open this seal, and there is no answer yet."""


class AlreadyAnsweredError(Exception):
    """The question has been answered. Nothing was changed."""


@transaction.atomic
def ask_to_open(*, pseudonym: Pseudonym, by: User, reason: str) -> SealOpening:
    """Ask another moderator to agree. Raises PermissionDenied, AlreadyAskedError, TextRefusedError."""
    if not user_can_ask_about_alias(by, pseudonym):
        raise PermissionDenied
    reason = clean_line(reason, most=SealOpening._meta.get_field("reason").max_length or 0)
    if len(reason) < LEAST_REASON:
        raise TextRefusedError(_("Skriv grunnen med en hel setning, minst 20 tegn."))
    guard_texts({"reason": reason}, confirmed=True)
    try:
        with transaction.atomic():
            opening = SealOpening.objects.create(pseudonym=pseudonym, asked_by=by, reason=reason)
    except IntegrityError as error:
        raise AlreadyAskedError from error
    _log(ModerationEntry.Verb.SEAL_ASKED, opening, by=by)
    return opening


@transaction.atomic
def agree_to_open(*, opening: SealOpening, by: User) -> SealOpening:
    """Open it: the two may look behind it once each, and the author is told.

    Raises PermissionDenied (whoever asked, and whose alias it is, among others) and AlreadyAnsweredError.
    """
    locked = _answer(opening, by=by, agreed=True)
    _log(ModerationEntry.Verb.SEAL_OPENED, locked, by=by)
    transaction.on_commit(partial(tasks.tell_of_opening.enqueue, locked.pk))
    return locked


@transaction.atomic
def refuse_to_open(*, opening: SealOpening, by: User) -> SealOpening:
    """Leave it shut. Raises PermissionDenied and AlreadyAnsweredError."""
    locked = _answer(opening, by=by, agreed=False)
    _log(ModerationEntry.Verb.SEAL_REFUSED, locked, by=by)
    return locked


def _answer(opening: SealOpening, *, by: User, agreed: bool) -> SealOpening:
    locked = SealOpening.objects.select_for_update(of=("self",)).select_related("pseudonym").get(pk=opening.pk)
    if locked.answered_at is not None:
        raise AlreadyAnsweredError
    if not user_can_answer_opening(by, locked):
        raise PermissionDenied
    locked.answered_by, locked.answered_at, locked.agreed = by, timezone.now(), agreed
    locked.save(update_fields=["answered_by", "answered_at", "agreed"])
    return locked


def _log(verb: ModerationEntry.Verb, opening: SealOpening, *, by: User) -> None:
    ModerationEntry.objects.create(
        verb=verb, actor=by, space_id=opening.pseudonym.space_id, pseudonym=opening.pseudonym, reason=opening.reason
    )


@transaction.atomic
@sensitive_variables()
def look_behind(*, opening: SealOpening, by: User) -> User | None:
    """Who it is, told once to each of the two; None where the account is deleted.

    Raises PermissionDenied (seen already, too late, or never allowed) and SealedForEverError, which uses nothing up.
    """
    locked = SealOpening.objects.select_for_update(of=("self",)).select_related("pseudonym").get(pk=opening.pk)
    if not user_can_see_identity(by, locked):
        raise PermissionDenied
    person = User.objects.filter(pk=open_seal(locked.pseudonym)).first()
    if locked.asked_by_id == by.pk:
        locked.asker_has_seen = True
    else:
        locked.answerer_has_seen = True
    locked.save(update_fields=["asker_has_seen", "answerer_has_seen"])
    return person


def mark_openings_seen(*, person: User) -> None:
    """The author has read what was opened. One query."""
    SealOpening.objects.filter(owned_by(person, through="pseudonym"), agreed=True, owner_has_seen=False).update(
        owner_has_seen=True
    )


@sensitive_variables()
def tell_of_opening(*, opening_id: int) -> None:
    """A mail to the author, once. Claimed before the mail server sees it: none is sent twice, one may be lost.

    Nobody is told where the key or the account is gone; the page in Flett stands in any case.
    """
    claimed = SealOpening.objects.filter(pk=opening_id, agreed=True, mail_claimed_at__isnull=True).update(
        mail_claimed_at=timezone.now()
    )
    if not claimed:
        return
    pseudonym = Pseudonym.objects.get(openings=opening_id)
    try:
        person = User.objects.filter(pk=open_seal(pseudonym), is_active=True).first()
    except SealedForEverError:
        return
    if person is not None:
        seal_mails.tell_of_opening(person)
