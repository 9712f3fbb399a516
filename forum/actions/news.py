"""Publishing news, changing it, confirming that one has read it, and reminding those who have not.

The news' row is locked before it is changed or confirmed: what is confirmed is what stood on the page.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from forum import tasks
from forum.models import (
    ModerationEntry,
    NewsEdit,
    NewsItem,
    NewsPrinciple,
    NewsReading,
    Post,
    Space,
    State,
)
from forum.models.news import LEAD_MAX
from forum.models.topics import TITLE_MAX
from forum.permissions.news import (
    user_can_confirm_news,
    user_can_edit_news,
    user_can_moderate_news,
    user_can_publish_in_space,
    user_can_see_news,
)
from forum.rendering import Rendered, render
from forum.writing import source_to_guard, tidy_source
from people.models import User
from people.tasks import after_commit
from safety.guard import guard_html
from safety.text import TextRefusedError, clean_line

REMINDER_EVERY = timedelta(days=7)

Verb = ModerationEntry.Verb


class NewsChangedError(Exception):
    """Somebody has changed the news since the page was shown."""


class RemindedAlreadyError(Exception):
    """Less than `REMINDER_EVERY` has passed since the last reminder."""


@dataclass(frozen=True, slots=True)
class NewsDetails:
    """A piece of news as it is written. `published_at` None is at once, `expires_at` None never."""

    title: str
    lead: str = ""
    source: str = ""
    source_format: str = Post.Format.TEXT
    principle_keys: tuple[UUID, ...] = ()
    published_at: datetime | None = None
    expires_at: datetime | None = None
    is_pinned: bool = False
    must_read: bool = False
    read_by: date | None = None


@dataclass(frozen=True, slots=True)
class ReadNews:
    """The words of a piece of news as they may be stored and shown."""

    title: str
    lead: str
    source: str
    source_format: str
    rendered: Rendered


@sensitive_variables()
def read_news(details: NewsDetails, *, confirmed: bool = False) -> ReadNews:
    """Tidied, sanitised and guarded; also for a preview. Raises TextRefusedError and the guard's kinds of it."""
    title = clean_line(details.title, most=TITLE_MAX)
    lead = clean_line(details.lead, most=LEAD_MAX)
    source = tidy_source(details.source, source_format=details.source_format)
    rendered = render(source, source_format=details.source_format)
    if not title:
        raise TextRefusedError(_("Skriv en tittel."))
    if not rendered.text:
        raise TextRefusedError(_("Skriv noe først."))
    guarded = source_to_guard(source, source_format=details.source_format, rendered=rendered)
    guard_html({"title": escape(title), "lead": escape(lead), "source": guarded}, confirmed=confirmed)
    return ReadNews(title, lead, source, details.source_format, rendered)


@sensitive_variables()
@transaction.atomic
def publish_news(
    *, person: User, space: Space, details: NewsDetails, submission: UUID | None = None, confirmed: bool = False
) -> NewsItem:
    """A new piece of news, out now or at its time. The same form sent twice makes one.

    Raises PermissionDenied, TextRefusedError and the guard's kinds of it.
    """
    person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    before = NewsItem.objects.filter(submission=submission, author=person).first() if submission else None
    if before is not None:
        return before
    if not user_can_publish_in_space(person, space):
        raise PermissionDenied
    read = read_news(details, confirmed=confirmed)
    now = timezone.now()
    item = NewsItem(space=space, author=person, submission=submission, created_at=now)
    item.published_at = item.round_at = max(now, details.published_at or now)
    _set_words(item, read)
    _set_details(item, details, now=now)
    item.save()
    _set_principles(item, details.principle_keys)
    after_commit(tasks.follow_news, [item.pk])
    return item


@sensitive_variables()
@transaction.atomic
def edit_news(
    *,
    person: User,
    item: NewsItem,
    details: NewsDetails,
    version: int,
    must_be_read_again: bool = False,
    confirmed: bool = False,
) -> NewsItem:
    """Say it otherwise. How it read before is kept. A correction leaves what is confirmed; with `must_be_read_again`
    a new round begins. When it comes out may be changed until it is out.

    `version` is the news as it stood on the page: NewsChangedError where somebody has changed it since. Raises
    PermissionDenied, TextRefusedError and the guard's kinds of it.
    """
    item = _locked(item)
    if not user_can_edit_news(person, item):
        raise PermissionDenied
    if item.version != version:
        raise NewsChangedError
    read = read_news(details, confirmed=confirmed)
    now = timezone.now()
    was_must_read, was_pinned = item.must_read, item.is_pinned
    if (read.title, read.lead, read.rendered.html) != (item.title, item.lead, item.html):
        NewsEdit.objects.create(
            item=item,
            version=item.version,
            round=item.round,
            title=item.title,
            lead=item.lead,
            html=item.html,
            replaced_by=person,
            replaced_at=now,
        )
        item.edited_at = now
    if item.published_at > now:
        item.published_at = item.round_at = max(now, details.published_at or now)
    elif details.must_read and was_must_read and must_be_read_again:
        item.round, item.round_at, item.reminded_at = item.round + 1, now, None
    elif details.must_read and not was_must_read:
        item.round_at = now
    item.version += 1
    _set_words(item, read)
    _set_details(item, details, now=now)
    item.save()
    _set_principles(item, details.principle_keys)
    after_commit(tasks.follow_news, [item.pk])
    if item.is_pinned != was_pinned:
        _log(Verb.PIN if item.is_pinned else Verb.UNPIN, person=person, item=item)
    return item


def _locked(item: NewsItem) -> NewsItem:
    return NewsItem.objects.select_for_update(no_key=True, of=("self",)).select_related("space").get(pk=item.pk)


def _set_words(item: NewsItem, read: ReadNews) -> None:
    item.title, item.lead = read.title, read.lead
    item.source, item.source_format = read.source, read.source_format
    item.html, item.text, item.rendering_version = read.rendered.html, read.rendered.text, read.rendered.version


def _set_details(item: NewsItem, details: NewsDetails, *, now: datetime) -> None:
    """What the news does. Raises TextRefusedError for times in an order that makes no sense."""
    expires_at, read_by = details.expires_at, details.read_by if details.must_read else None
    if expires_at is not None and expires_at != item.expires_at and expires_at <= max(now, item.published_at):
        raise TextRefusedError(_("Den siste dagen må være etter at nyheten er kommet ut."))
    if read_by is not None and read_by < timezone.localdate(item.published_at):
        raise TextRefusedError(_("Fristen for å lese kan ikke være før nyheten er kommet ut."))
    if read_by is not None and expires_at is not None and read_by > timezone.localdate(expires_at):
        raise TextRefusedError(_("Fristen for å lese kan ikke være etter den siste dagen nyheten vises."))
    item.expires_at, item.is_pinned = expires_at, details.is_pinned
    item.must_read, item.read_by = details.must_read, read_by


def _set_principles(item: NewsItem, keys: tuple[UUID, ...]) -> None:
    item.principles.exclude(principle_key__in=keys).delete()
    NewsPrinciple.objects.bulk_create(
        [NewsPrinciple(item=item, principle_key=key) for key in dict.fromkeys(keys)], ignore_conflicts=True
    )


def _log(verb: ModerationEntry.Verb, *, person: User, item: NewsItem) -> None:
    """By its number: the title goes when the news is deleted."""
    ModerationEntry.objects.create(
        verb=verb, actor=person, space_id=item.space_id, reason=_("Nyhet %(number)d") % {"number": item.pk}
    )


@transaction.atomic
def set_news_state(*, person: User, item: NewsItem, state: State) -> NewsItem:
    """Hide the news, show it again, or delete it with all it said and who has read it. Doing it again changes nothing.

    Raises PermissionDenied.
    """
    item = _locked(item)
    if not user_can_moderate_news(person, item):
        raise PermissionDenied
    if item.state == state:
        return item
    if state == State.DELETED:
        item.title = item.lead = item.source = item.html = item.text = ""
        item.edits.all().delete()
        item.principles.all().delete()
        item.readings.all().delete()
        item.notices.all().delete()
    item.state = state
    item.save()
    verbs = {State.HIDDEN: Verb.HIDE, State.NORMAL: Verb.SHOW, State.DELETED: Verb.DELETE}
    _log(verbs[state], person=person, item=item)
    after_commit(tasks.follow_news, [item.pk])
    return item


# --- reading -------------------------------------------------------------------------------------------


def mark_news_seen(*, person: User, item: NewsItem) -> None:
    """The person has opened it. Doing it again changes nothing. Two queries."""
    if user_can_see_news(person, item):
        NewsReading.objects.bulk_create(
            [NewsReading(item=item, person=person, round=item.round)], ignore_conflicts=True
        )


@transaction.atomic
def confirm_news(*, person: User, item: NewsItem, round_: int) -> NewsReading:
    """«Lest og forstått», for the round that stood on the page. Doing it again changes nothing, not even the time.

    Raises PermissionDenied, and NewsChangedError where a new round has begun since.
    """
    item = _locked(item)
    if not user_can_confirm_news(person, item):
        raise PermissionDenied
    if item.round != round_:
        raise NewsChangedError
    now = timezone.now()
    reading, _made = NewsReading.objects.get_or_create(
        item=item, person=person, round=item.round, defaults={"seen_at": now, "confirmed_at": now}
    )
    if reading.confirmed_at is None:
        reading.confirmed_at = now
        reading.save(update_fields=["confirmed_at"])
    return reading


# --- reminding -----------------------------------------------------------------------------------------


@transaction.atomic
def remind_of_news(*, person: User, item: NewsItem) -> None:
    """A line in the list of news of everybody who has not confirmed it, at most once in `REMINDER_EVERY`.

    Raises PermissionDenied, and RemindedAlreadyError.
    """
    item = _locked(item)
    now = timezone.now()
    is_asked = item.must_read and NewsItem.objects.current(now).filter(pk=item.pk).exists()
    if not is_asked or not user_can_edit_news(person, item):
        raise PermissionDenied
    if not may_be_reminded(item):
        raise RemindedAlreadyError
    item.reminded_at = now
    item.save(update_fields=["reminded_at"])
    after_commit(tasks.tell_of_news, item.pk)


def may_be_reminded(item: NewsItem) -> bool:
    """Whether it is so long since the last reminder that there may be another."""
    return item.reminded_at is None or item.reminded_at <= timezone.now() - REMINDER_EVERY
