"""News in words, as its reader finds it where they have signed in."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.event_words import moment_words
from forum.models import EntryRequest, Event, EventSignUp, LibraryItem, LibraryVersion, ModerationEntry, Notice, Post
from forum.queries.moderation import words_of_decision
from forum.queries.notices import News, NewsGroup
from people.models.users import FORMER_MEMBER_EMAIL

Kind = Notice.Kind
Status = EventSignUp.Status


@dataclass(frozen=True, slots=True)
class Line:
    """`url` is empty where there is nothing to open; `text` is what somebody wrote to the reader."""

    words: str
    url: str
    at: datetime
    is_unread: bool
    text: str = ""


def lines_of(group: NewsGroup) -> list[Line]:
    """A line for each kind of news in a group; several of a kind are counted, and lead to the first of them."""
    if group.topic is None:
        return [_line_of(item) for item in group.items]
    by_kind: dict[tuple[str, bool], list[News]] = {}
    for item in group.items:
        by_kind.setdefault((item.kind, item.is_unread), []).append(item)
    return [_counted(kind, items) for (kind, _unread), items in by_kind.items()]


def _counted(kind: str, items: list[News]) -> Line:
    """Leads to the earliest, where one begins to read."""
    if len(items) == 1:
        return _line_of(items[0])
    count = len(items)
    words = {
        Kind.MENTION: ngettext("%(count)s innlegg nevner deg", "%(count)s innlegg nevner deg", count),
        Kind.REPLY: ngettext("%(count)s svar til deg", "%(count)s svar til deg", count),
    }.get(Kind(kind), ngettext("%(count)s nytt svar", "%(count)s nye svar", count))
    return Line(words % {"count": count}, _url_of(items[-1]), items[0].at, items[0].is_unread)


def _line_of(item: News) -> Line:
    words, text = _words_of(item)
    return Line(words, _url_of(item), item.at, item.is_unread, text)


def _words_of(item: News) -> tuple[str, str]:
    if item.post is not None:
        return _words_of_post(item.kind, item.post), ""
    if item.request is not None:
        return _words_of_request(item.request), ""
    if item.version is not None or item.item is not None:
        return _words_of_library(item.version, item.item, item.kind), ""
    if item.news is not None:
        return _("Husk å lese og bekrefte: %(title)s") % {"title": item.news.title}, ""
    if item.event is not None:
        return _words_of_event(item.kind, item.event, item.sign_up), ""
    if item.entry is not None and not item.is_about_me:
        return _("Moderatorene har sett på det du meldte"), ""
    if item.entry is not None:
        return _words_of_entry(item.entry), item.entry.message
    return str(Kind(item.kind).label), ""


def _words_of_post(kind: str, post: Post) -> str:
    words = {
        Kind.MENTION: _("%(name)s nevnte deg"),
        Kind.REPLY: _("%(name)s svarte deg"),
        Kind.TOPIC: _("Ny tråd av %(name)s"),
        Kind.ACCEPTED: _("Svaret ditt hjalp"),
    }.get(Kind(kind), _("Nytt svar av %(name)s"))
    return words % {"name": name_of(post)}


def _words_of_library(version: LibraryVersion | None, own: LibraryItem | None, kind: str) -> str:
    if version is not None and own is not None:
        words = {"source": version.item.title, "own": own.title}
        return _("Ny versjon av «%(source)s», som «%(own)s» bygger på") % words
    if version is not None:
        return _("Ny versjon av «%(title)s»") % {"title": version.item.title}
    if own is None or own.review_on is None or kind == Kind.MADE:
        return _("Svaret ditt er blitt en ressurs i biblioteket: «%(title)s»") % {"title": own.title if own else ""}
    words = {"title": own.title, "day": date_format(own.review_on)}
    if own.is_overdue:
        return _("«%(title)s» skulle vært sett gjennom %(day)s") % words
    return _("«%(title)s» bør ses gjennom innen %(day)s") % words


def _words_of_event(kind: str, event: Event, sign_up: EventSignUp | None) -> str:
    if kind == Kind.PLACE and sign_up is not None:
        return _words_of_place(event, sign_up)
    words = {
        Kind.EVENT: _("«%(title)s» er avlyst") if event.is_cancelled else _("Noe er endret i «%(title)s»"),
        Kind.LETTER: _("Brev fra dem som arrangerer «%(title)s». Det ligger i e-posten din."),
        Kind.EVALUATION: _("Hvordan var «%(title)s»? Svar på evalueringen."),
    }.get(Kind(kind), _("Om plassen din på «%(title)s»"))
    return words % {"title": event.title}


def _words_of_place(event: Event, sign_up: EventSignUp) -> str:
    """What it is now, whatever was told."""
    status, until = sign_up.status, sign_up.offered_until
    if status == Status.OFFERED and until is not None and until > timezone.now():
        words = {"title": event.title, "until": moment_words(until, event)}
        return _("Du er tilbudt plass på «%(title)s». Svar innen %(until)s.") % words
    by_another = sign_up.made_by_id is not None and sign_up.made_by_id != sign_up.person_id
    is_straight = by_another and (status == Status.WAITING or sign_up.queue_number is None)
    words_of_status = {
        Status.CONFIRMED: _("Du er meldt på «%(title)s», og har plass")
        if is_straight
        else _("Du har fått plass på «%(title)s»"),
        Status.WAITING: _("Du er meldt på «%(title)s», og står på venteliste")
        if is_straight
        else _("Du står på venteliste til «%(title)s»"),
        Status.CANCELLED: _("Du er meldt av «%(title)s»"),
    }
    return words_of_status.get(Status(status), _("Plassen du ble tilbudt på «%(title)s», gikk til en annen")) % {
        "title": event.title
    }


def name_of(post: Post) -> str:
    """Who wrote it, as others see them."""
    if post.pseudonym is not None:
        return _("%(alias)s (alias)") % {"alias": post.pseudonym.name}
    if post.author is None or post.author.email == FORMER_MEMBER_EMAIL:
        return _("Tidligere medlem")
    return post.author.get_full_name() or _("Medlem uten navn")


def _words_of_request(request: EntryRequest) -> str:
    names = {"space": request.space.name, "name": request.person.get_full_name() or _("Noen")}
    if request.invited_by_id is None and not request.outcome:
        return _("%(name)s vil bli med i %(space)s") % names
    if request.invited_by_id is not None and not request.outcome:
        return _("Du er invitert til %(space)s") % names
    if request.invited_by_id is not None:
        return _("%(name)s er blitt med i %(space)s") % names
    if request.outcome == EntryRequest.Outcome.APPROVED:
        return _("Du er med i %(space)s") % names
    return _("Du fikk nei til å bli med i %(space)s") % names


def _words_of_entry(entry: ModerationEntry) -> str:
    if entry.verb == ModerationEntry.Verb.SEAL_OPENED:
        return _("Et alias du bruker, er åpnet")
    title, _explanation = words_of_decision(entry)
    return (
        title if entry.space is None else _("%(decision)s (%(space)s)") % {"decision": title, "space": entry.space.name}
    )


def way(name: str, *args: object, otherwise: str) -> str:
    """The address of a page of another family; `otherwise` in a forum without it."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return otherwise


def _url_of(item: News) -> str:
    """A stored notice is marked as read on the way; what is derived is read where it stands."""
    if item.is_stored:
        return reverse("forum:notice", args=[item.pk])
    if item.entry is not None and item.entry.verb == ModerationEntry.Verb.SEAL_OPENED:
        return reverse("forum:alias-openings")
    if item.entry is not None:
        return way("forum:decision", item.entry.pk, otherwise="")
    return item.post.get_absolute_url() if item.post is not None else ""
