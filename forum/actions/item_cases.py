"""Reporting an item of the library, and deciding about it: as for posts (`forum.actions.moderation`), with the same
log, notices, appeals and pauses from writing, which are the owner's.

Order of locks: the people, then the item.
"""

import hashlib

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from forum.actions.item_state import put_item_state
from forum.actions.moderation import (
    CaseChangedError,
    Verb,
    close_reports,
    end_silence,
    give_silence,
    log_item,
    tell_author,
)
from forum.actions.pace import check_report_pace
from forum.actions.reports import may_hide_by_reporting
from forum.models import LibraryItem, ModerationEntry, Report, Silence, State
from forum.permissions.library import user_can_decide_item, user_can_report_item
from people.models import User
from safety.guard import refuse_identity_numbers
from safety.text import clean_line, clean_lines


@transaction.atomic
def report_item(*, reporter: User, item: LibraryItem, reason: str, message: str = "") -> Report:
    """Tell those who moderate. One open report a person and item: reporting again gives the one that waits.

    «Pasientopplysninger» hides the item at once, where `item_hides_at_once` says so.
    Raises PermissionDenied, TooFastError and TextRefusedError (an identity number in the message).
    """
    check_report_pace(reporter=reporter)
    message = clean_lines(message, most=Report._meta.get_field("message").max_length or 0)
    refuse_identity_numbers(message)
    item = LibraryItem.objects.select_for_update(no_key=True).get(pk=item.pk)
    waiting = item.reports.filter(reporter=reporter, outcome="").first()
    if waiting is not None:
        return waiting
    if not user_can_report_item(reporter, item):
        raise PermissionDenied
    report = Report.objects.create(item=item, reporter=reporter, reason=reason, message=message)
    if reason == Report.Reason.PATIENT_DATA and item_hides_at_once(reporter, item):
        put_item_state(item=item, state=State.HIDDEN)
        tell_author(log_item(verb=Verb.AUTO_HIDE, actor=None, item=item))
    return report


def item_hides_at_once(reporter: User, item: LibraryItem) -> bool:
    """As `reports_hide_at_once`: an item that somebody who moderates has looked at since its newest version stays."""
    if user_can_decide_item(reporter, item):
        return True
    looked_at = item.log.filter(verb__in=[Verb.SHOW, Verb.DISMISS], at__gte=item.changed_at)
    return not looked_at.exists() and may_hide_by_reporting(reporter)


def stamp_of_item(item: LibraryItem) -> str:
    """The case as it stands: the item's state and newest version, the newest report and the newest line of the log."""
    facts = item.reports.aggregate(newest=Max("pk"), decided=Max("decided_at"))
    entry = item.log.aggregate(newest=Max("pk"))["newest"]
    case = f"{item.state}|{item.changed_at}|{facts['newest']}|{facts['decided']}|{entry}"
    return hashlib.sha256(case.encode()).hexdigest()[:16]


def choices_for_item(item: LibraryItem, *, has_open_reports: bool) -> list[str]:
    """What may be done with an item as it is, as verbs. A pause where it has an owner still."""
    found = {
        State.NORMAL: [Verb.HIDE, Verb.DELETE, Verb.WARN],
        State.HIDDEN: [Verb.SHOW, *([Verb.HIDE] if has_open_reports else []), Verb.DELETE, Verb.WARN],
        State.DELETED: [*([Verb.DELETE] if item.title else []), Verb.WARN],
    }[State(item.state)]
    if has_open_reports and item.state in {State.NORMAL, State.DELETED}:
        found.append(Verb.DISMISS)
    if item.owner_id is not None:
        found.insert(found.index(Verb.WARN) + 1, Verb.SILENCE)
    return [str(verb) for verb in found]


def owner_of(item: LibraryItem) -> dict[str, int | None]:
    """As `author_of` a post: an item is owned under a name."""
    return {"person_id": item.owner_id, "pseudonym_id": None}


@transaction.atomic
def decide_item(
    *,
    moderator: User,
    item: LibraryItem,
    verb: str,
    reason: str = "",
    message: str = "",
    seen: str | None = None,
    days: int = 0,
    everywhere: bool = False,
) -> ModerationEntry:
    """One thing done with an item or to its owner; decides its open reports. Only where a report alone has hidden it, a
    warning or a pause leaves them open. Logged, told to the owner, and may be appealed.

    A pause is for `days` (1, 7 or 30), in the space or, by moderators, `everywhere`.

    Raises PermissionDenied, CaseChangedError (also where the verb no longer fits) and TextRefusedError.
    """
    reason = clean_line(reason, most=ModerationEntry._meta.get_field("reason").max_length or 0)
    message = clean_lines(message, most=ModerationEntry._meta.get_field("message").max_length or 0)
    refuse_identity_numbers("\n".join((reason, message)))
    item = _lock_item_case(moderator=moderator, item=item, seen=seen)
    waiting = item.reports.filter(outcome="")
    if verb not in choices_for_item(item, has_open_reports=waiting.exists()):
        raise CaseChangedError
    now = timezone.now()
    if verb == Verb.SILENCE:
        where = None if everywhere else item.space
        give_silence(moderator=moderator, author=owner_of(item), space=where, days=days, reason=reason, now=now)
    entry = log_item(verb=verb, actor=moderator, item=item, reason=reason, message=message, at=now)
    if verb not in {Verb.WARN, Verb.SILENCE} or not _is_hidden_by_report(item):
        close_reports(waiting, by=moderator, entry=entry)
    if verb == Verb.HIDE and item.state != State.HIDDEN:
        put_item_state(item=item, state=State.HIDDEN)
    elif verb == Verb.SHOW:
        put_item_state(item=item, state=State.NORMAL)
    elif verb == Verb.DELETE or (item.state == State.DELETED and item.title and not waiting.exists()):
        put_item_state(item=item, state=State.DELETED)
    if verb != Verb.DISMISS:
        tell_author(entry)
    return entry


@transaction.atomic
def lift_silence_of_owner(*, moderator: User, silence: Silence, item: LibraryItem) -> None:
    """End a pause of an item's owner before its time. Lifting a lifted one changes nothing. Raises PermissionDenied."""
    item = _lock_item_case(moderator=moderator, item=item, seen=None)
    if end_silence(moderator=moderator, silence=silence, author=owner_of(item)):
        tell_author(log_item(verb=Verb.UNSILENCE, actor=moderator, item=item))


def _lock_item_case(*, moderator: User, item: LibraryItem, seen: str | None) -> LibraryItem:
    """The item, locked and as it is. Raises PermissionDenied and CaseChangedError."""
    people = [moderator.pk, *([item.owner_id] if item.owner_id else [])]
    people += list(item.reports.filter(outcome="").values_list("reporter", flat=True))
    list(User.objects.select_for_update(no_key=True).filter(pk__in=people).order_by("pk"))
    item = LibraryItem.objects.select_for_update(no_key=True).get(pk=item.pk)
    if not user_can_decide_item(moderator, item):
        raise PermissionDenied
    if seen is not None and seen != stamp_of_item(item):
        raise CaseChangedError
    return item


def _is_hidden_by_report(item: LibraryItem) -> bool:
    """Hidden when it was reported, and nobody has said since that it shall be."""
    hidings = item.log.filter(verb__in=[Verb.HIDE, Verb.AUTO_HIDE]).order_by("-at", "-pk")
    return item.state == State.HIDDEN and hidings.values_list("verb", flat=True).first() == Verb.AUTO_HIDE
