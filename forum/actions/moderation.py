"""What those who moderate do. Each is logged, told to whoever it was done to, and may be appealed.

Order of locks: the people, the space, the topic, the post. Two who act on the same case: `seen` is the case as it
stood on the page (`stamp_of`); where it has changed since, CaseChangedError and nothing is done.

Nothing stored joins an alias with a person. What is decided about an alias is found by its owner's digest
(`forum.queries.moderation.decisions_about`) and gets no `Notice`.
"""

import hashlib
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from forum.actions.counting import lock_post, lock_topic, next_time
from forum.actions.item_state import put_item_state
from forum.actions.posting import empty_post, set_post_state
from forum.models import (
    Appeal,
    DecisionsRead,
    LibraryItem,
    ModerationEntry,
    Notice,
    Post,
    Report,
    Silence,
    Space,
    State,
    Topic,
)
from forum.permissions import (
    entries_about,
    user_can_decide_appeal,
    user_can_moderate_post,
    user_can_moderate_space,
    user_is_moderator,
)
from people.models import User
from safety.guard import refuse_identity_numbers
from safety.text import clean_line, clean_lines

Verb = ModerationEntry.Verb
SILENCE_DAYS = (1, 7, 30)
APPEAL_WITHIN = timedelta(days=30)
APPEALABLE = (Verb.HIDE, Verb.REFUSE, Verb.DELETE, Verb.WARN, Verb.SILENCE)
"""AUTO_HIDE is not there: somebody looks at it anyhow."""
UPHOLDING = (Verb.HIDE, Verb.REFUSE, Verb.DELETE, Verb.WARN, Verb.SILENCE)
DISMISSING = (Verb.SHOW, Verb.APPROVE, Verb.DISMISS)
"""What each says of the open reports of the post."""


class CaseChangedError(Exception):
    """Somebody else has acted, or the post has changed, since the page was shown."""


class AppealError(ValueError):
    """Too late, asked already, or not a thing to appeal."""


# --- the case -------------------------------------------------------------------------------------------


def stamp_of(post: Post) -> str:
    """The case as it stands: the post's state and text, the newest report and the newest line of the log."""
    facts = post.reports.aggregate(newest=Max("pk"), decided=Max("decided_at"))
    entry = post.log.aggregate(newest=Max("pk"))["newest"]
    case = f"{post.state}|{post.edited_at}|{facts['newest']}|{facts['decided']}|{entry}"
    return hashlib.sha256(case.encode()).hexdigest()[:16]


def choices_for(post: Post, *, has_open_reports: bool) -> list[str]:
    """What may be done with a post as it is, as verbs."""
    found = {
        State.NORMAL: [Verb.HIDE, Verb.DELETE, Verb.WARN, Verb.SILENCE],
        State.HELD: [Verb.APPROVE, Verb.REFUSE, Verb.DELETE, Verb.SILENCE],
        State.HIDDEN: [Verb.SHOW, *([Verb.HIDE] if has_open_reports else []), Verb.DELETE, Verb.WARN, Verb.SILENCE],
        State.DELETED: [*([Verb.DELETE] if post.text else []), Verb.WARN, Verb.SILENCE],
    }[State(post.state)]
    if has_open_reports and post.state in {State.NORMAL, State.DELETED}:
        found.append(Verb.DISMISS)
    return [str(verb) for verb in found]


def log(
    *,
    verb: str,
    actor: User | None,
    post: Post,
    reason: str = "",
    message: str = "",
    at: datetime | None = None,
) -> ModerationEntry:
    """A line about a post and its author, or alias."""
    return ModerationEntry.objects.create(
        verb=verb,
        actor=actor,
        space_id=post.topic.space_id,
        topic_id=post.topic_id,
        post=post,
        person_id=post.author_id,
        pseudonym_id=post.pseudonym_id,
        reason=reason,
        message=message,
        at=at or timezone.now(),
    )


def log_item(
    *,
    verb: str,
    actor: User | None,
    item: LibraryItem,
    reason: str = "",
    message: str = "",
    at: datetime | None = None,
) -> ModerationEntry:
    """A line about an item of the library and its owner."""
    return ModerationEntry.objects.create(
        verb=verb,
        actor=actor,
        space_id=item.space_id,
        item=item,
        person_id=item.owner_id,
        reason=reason,
        message=message,
        at=at or timezone.now(),
    )


def tell_author(entry: ModerationEntry) -> None:
    """A line in the list of whoever it was done to; an alias gets none (see above)."""
    if entry.person_id is not None and User.objects.filter(pk=entry.person_id, is_active=True).exists():
        Notice.objects.get_or_create(person_id=entry.person_id, entry=entry, defaults={"kind": Notice.Kind.DECISION})


def _lock_case(*, moderator: User, post: Post, seen: str | None) -> tuple[Topic, Post]:
    """The post and its topic, locked and as they are. Raises PermissionDenied and CaseChangedError."""
    people = [moderator.pk, *([post.author_id] if post.author_id else [])]
    people += list(post.reports.filter(outcome="").values_list("reporter", flat=True))
    list(User.objects.select_for_update(no_key=True).filter(pk__in=people).order_by("pk"))
    topic, post = lock_post(post)
    if not user_can_moderate_post(moderator, post):
        raise PermissionDenied
    if seen is not None and seen != stamp_of(post):
        raise CaseChangedError
    return topic, post


def _decide_reports(*, post: Post, by: User, entry: ModerationEntry) -> None:
    """The open reports get their outcome, and those who reported are told. The post is locked.

    What its author has taken back is emptied now.
    """
    close_reports(post.reports.filter(outcome=""), by=by, entry=entry)
    if post.state == State.DELETED and post.source:
        empty_post(post=post)


def close_reports(waiting: QuerySet[Report], *, by: User, entry: ModerationEntry) -> None:
    """Give these reports the outcome of what was decided, and tell those who reported."""
    outcome = Report.Outcome.UPHELD if entry.verb in UPHOLDING else Report.Outcome.DISMISSED
    reporters = list(waiting.filter(reporter__is_active=True).values_list("reporter", flat=True))
    waiting.update(outcome=outcome, decided_at=entry.at, decided_by=by)
    Notice.objects.bulk_create(
        [Notice(person_id=person, kind=Notice.Kind.DECISION, entry=entry) for person in dict.fromkeys(reporters)],
        ignore_conflicts=True,
    )


# --- acting ---------------------------------------------------------------------------------------------


@transaction.atomic
def decide(
    *,
    moderator: User,
    post: Post,
    verb: str,
    reason: str = "",
    message: str = "",
    seen: str | None = None,
    days: int = 0,
    everywhere: bool = False,
    title: str = "",
) -> ModerationEntry:
    """One thing done with a post or to its author; decides its open reports. Only where a report alone has hidden the
    post, a warning or a pause leaves them open: what becomes of the post is still to be said.

    - hide, show again: what is hidden is emptied after 180 days (`forget_forum`).
    - approve: a held post is shown as new, now. refuse: it stays hidden.
    - delete: emptied at once, with files and earlier versions. `title` is a new title for the topic, where the old
      one gave something away and others have answered.
    - warn; silence for `days` (1, 7 or 30), in the space or, by moderators, `everywhere`.
    - dismiss: the reports only.

    Raises PermissionDenied, CaseChangedError (also where the verb no longer fits) and TextRefusedError.
    """
    reason = clean_line(reason, most=ModerationEntry._meta.get_field("reason").max_length or 0)
    message = clean_lines(message, most=ModerationEntry._meta.get_field("message").max_length or 0)
    title = clean_line(title, most=Topic._meta.get_field("title").max_length or 0)
    refuse_identity_numbers("\n".join((reason, message, title)))
    topic, post = _lock_case(moderator=moderator, post=post, seen=seen)
    if verb not in choices_for(post, has_open_reports=post.reports.filter(outcome="").exists()):
        raise CaseChangedError
    now = timezone.now()
    if verb == Verb.SILENCE:
        where = None if everywhere else post.topic.space
        give_silence(moderator=moderator, author=author_of(post), space=where, days=days, reason=reason, now=now)
    entry = log(verb=verb, actor=moderator, post=post, reason=reason, message=message, at=now)
    if verb in {Verb.HIDE, Verb.REFUSE} and post.state != State.HIDDEN:
        set_post_state(topic=topic, post=post, state=State.HIDDEN)
    elif verb == Verb.SHOW:
        set_post_state(topic=topic, post=post, state=State.NORMAL)
    elif verb == Verb.APPROVE:
        _show_held(topic=topic, post=post)
    elif verb == Verb.DELETE:
        _delete(topic=topic, post=post, title=title)
    if verb not in {Verb.WARN, Verb.SILENCE} or not _is_hidden_by_report(post):
        _decide_reports(post=post, by=moderator, entry=entry)
    if verb != Verb.DISMISS:
        tell_author(entry)
    return entry


def _is_hidden_by_report(post: Post) -> bool:
    """Hidden when it was reported, and nobody has said since that it shall be."""
    hidings = post.log.filter(verb__in=[Verb.HIDE, Verb.AUTO_HIDE, Verb.REFUSE]).order_by("-at", "-pk")
    return post.state == State.HIDDEN and hidings.values_list("verb", flat=True).first() == Verb.AUTO_HIDE


def _show_held(*, topic: Topic, post: Post) -> None:
    """Show a post that was held, as written now: those who have read further get it as unread.

    Its number was given when it was written, and others may have read past it; it gets the next. The first post of a
    topic keeps its own: nobody read a topic that was held.
    """
    now = next_time(topic.space)
    if post.number == 1:
        topic.created_at = now
        topic.save(update_fields=["created_at"])
    else:
        topic.last_number += 1
        topic.save(update_fields=["last_number"])
        post.number = topic.last_number
    post.created_at = now
    post.save(update_fields=["number", "created_at"])
    set_post_state(topic=topic, post=post, state=State.NORMAL, is_news=True)


def _delete(*, topic: Topic, post: Post, title: str) -> None:
    if post.state != State.DELETED:
        set_post_state(topic=topic, post=post, state=State.DELETED)
    if title and post.number == 1 and topic.state != State.DELETED:
        topic.title = title
        topic.save(update_fields=["title"])
    empty_post(post=post)


def author_of(post: Post) -> dict[str, int | None]:
    """The person or the alias, as the tables of moderation name them; never one by the other."""
    return {"person_id": post.author_id, "pseudonym_id": post.pseudonym_id}


def give_silence(
    *, moderator: User, author: dict[str, int | None], space: Space | None, days: int, reason: str, now: datetime
) -> None:
    """A pause for whoever a case is about, that the moderator may decide. Without a space it holds everywhere.

    Raises PermissionDenied.
    """
    if days not in SILENCE_DAYS or (space is None and not user_is_moderator(moderator)):
        raise PermissionDenied
    until = now + timedelta(days=days)
    Silence.objects.create(**author, space=space, until=until, reason=reason, given_by=moderator, given_at=now)


@transaction.atomic
def lift_silence(*, moderator: User, silence: Silence, post: Post, reason: str = "") -> None:
    """End a pause before its time, from the case of a post by the same author. Lifting a lifted one changes nothing.

    Raises PermissionDenied and TextRefusedError.
    """
    reason = clean_line(reason, most=ModerationEntry._meta.get_field("reason").max_length or 0)
    refuse_identity_numbers(reason)
    _, post = _lock_case(moderator=moderator, post=post, seen=None)
    if end_silence(moderator=moderator, silence=silence, author=author_of(post)):
        tell_author(log(verb=Verb.UNSILENCE, actor=moderator, post=post, reason=reason))


def end_silence(*, moderator: User, silence: Silence, author: dict[str, int | None]) -> bool:
    """End a pause of whoever a case is about, that the moderator may decide. Says whether it had not been lifted.

    Raises PermissionDenied: where it is somebody else's, or holds where the moderator does not moderate.
    """
    silence = Silence.objects.select_for_update().get(pk=silence.pk)
    if {"person_id": silence.person_id, "pseudonym_id": silence.pseudonym_id} != author:
        raise PermissionDenied
    may = user_is_moderator(moderator) or (silence.space and user_can_moderate_space(moderator, silence.space))
    if not may:
        raise PermissionDenied
    if silence.lifted_at is not None:
        return False
    silence.lifted_at = timezone.now()
    silence.save(update_fields=["lifted_at"])
    return True


# --- appeals --------------------------------------------------------------------------------------------


def may_appeal(entry: ModerationEntry) -> bool:
    """Whether it is a thing to appeal, in time. Who may is `entries_about`; that there is none yet is the table's."""
    return entry.verb in APPEALABLE and entry.at > timezone.now() - APPEAL_WITHIN


@transaction.atomic
def appeal(*, person: User, entry: ModerationEntry, text: str) -> Appeal:
    """Ask that somebody else looks again. Once for each entry, within thirty days.

    Raises PermissionDenied, AppealError and TextRefusedError.
    """
    text = clean_lines(text, most=Appeal._meta.get_field("text").max_length or 2000)
    refuse_identity_numbers(text)
    entry = ModerationEntry.objects.select_for_update(no_key=True).get(pk=entry.pk)
    if not entries_about(person).filter(pk=entry.pk).exists():
        raise PermissionDenied
    if not may_appeal(entry) or not text or Appeal.objects.filter(entry=entry).exists():
        raise AppealError
    # As the entry has it: an alias' appeal holds no person.
    return Appeal.objects.create(entry=entry, person_id=entry.person_id, pseudonym_id=entry.pseudonym_id, text=text)


@transaction.atomic
def decide_appeal(*, moderator: User, appeal: Appeal, upheld: bool, answer: str) -> ModerationEntry:
    """Answer an appeal; upheld undoes what can be undone: what was hidden is shown, a pause ends, a warning is void.

    What is deleted is gone. By somebody else than who acted. Raises PermissionDenied, CaseChangedError where it is
    answered already, and TextRefusedError.
    """
    answer = clean_lines(answer, most=Appeal._meta.get_field("answer").max_length or 2000)
    refuse_identity_numbers(answer)
    entry = ModerationEntry.objects.select_related("post__topic").get(pk=appeal.entry_id)
    people = [moderator.pk, *([entry.person_id] if entry.person_id else [])]
    list(User.objects.select_for_update(no_key=True).filter(pk__in=people).order_by("pk"))
    topic = lock_topic(entry.post.topic) if entry.post else None
    post = Post.objects.select_for_update(no_key=True).get(pk=entry.post.pk) if entry.post else None
    item = LibraryItem.objects.select_for_update(no_key=True).filter(pk=entry.item_id or 0).first()
    appeal = Appeal.objects.select_for_update().get(pk=appeal.pk)
    if not user_can_decide_appeal(moderator, appeal):
        raise PermissionDenied
    if appeal.decided_at is not None:
        raise CaseChangedError
    now = timezone.now()
    appeal.upheld, appeal.answer, appeal.decided_at, appeal.decided_by = upheld, answer, now, moderator
    appeal.save()
    if upheld and entry.verb == Verb.SILENCE:
        given = Q(person=entry.person_id) if entry.person_id else Q(pseudonym=entry.pseudonym_id)
        Silence.objects.filter(given, given_at=entry.at, lifted_at__isnull=True).update(lifted_at=now)
    if upheld and topic and post and entry.verb in {Verb.HIDE, Verb.REFUSE} and post.state == State.HIDDEN:
        post.topic = topic
        if entry.verb == Verb.REFUSE:
            _show_held(topic=topic, post=post)
        else:
            set_post_state(topic=topic, post=post, state=State.NORMAL)
    if upheld and item and entry.verb == Verb.HIDE and item.state == State.HIDDEN:
        put_item_state(item=item, state=State.NORMAL)
    answered = ModerationEntry.objects.create(
        verb=Verb.APPEAL_UPHELD if upheld else Verb.APPEAL_DISMISSED,
        actor=moderator,
        space_id=entry.space_id,
        topic_id=entry.topic_id,
        post_id=entry.post_id,
        item_id=entry.item_id,
        person_id=entry.person_id,
        pseudonym_id=entry.pseudonym_id,
        message=answer,
        at=now,
    )
    tell_author(answered)
    return answered


def mark_decisions_read(*, person: User) -> None:
    """The person has seen all that was decided about them and their aliases until now."""
    DecisionsRead.objects.update_or_create(person=person, defaults={"read_at": timezone.now()})
    Notice.objects.filter(person=person, kind=Notice.Kind.DECISION, read_at__isnull=True).update(read_at=timezone.now())
