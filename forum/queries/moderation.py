"""What those who moderate see, and what was decided about oneself. Every list costs a fixed number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from forum.actions.moderation import DISMISSING, UPHOLDING, Verb, choices_for, may_appeal, stamp_of
from forum.models import (
    Appeal,
    Attachment,
    DecisionsRead,
    LibraryItem,
    ModerationEntry,
    Post,
    Pseudonym,
    Report,
    SealOpening,
    Silence,
    Space,
    SpaceMembership,
    Topic,
)
from forum.permissions import (
    appeals_decided_by,
    entries_about,
    entries_visible_to,
    posts_moderated_by,
    posts_visible_to,
    spaces_moderated_by,
    spaces_visible_to,
    topics_visible_to,
    user_can_ask_about_alias,
    user_can_read_space,
    user_is_moderator,
)
from forum.pseudonyms import owned_by
from forum.queries.waiting import appeals_for, held_for, openings_for, reported_for, reported_items_for
from people.models import User
from people.models.users import FORMER_MEMBER_EMAIL

SHOWN_AT_ONCE = 50
LOG_PAGE = 50
CONTEXT = 2
EARLIER_SHOWN = 20
TOLD = (
    Verb.HIDE,
    Verb.AUTO_HIDE,
    Verb.SHOW,
    Verb.APPROVE,
    Verb.REFUSE,
    Verb.DELETE,
    Verb.WARN,
    Verb.SILENCE,
    Verb.UNSILENCE,
    Verb.APPEAL_UPHELD,
    Verb.APPEAL_DISMISSED,
)
"""What whoever it was done to is told."""
TOLD_TO_OWNER = (*TOLD, Verb.SEAL_OPENED)
"""And that somebody knows who the alias is: told to its owner, and not that it was asked, or refused."""


def name_of(person: User | None, pseudonym: Pseudonym | None = None) -> str:
    """A person, an alias, or nobody, in words."""
    if pseudonym is not None:
        return _("%(name)s (alias)") % {"name": pseudonym.name}
    if person is None:
        return ""
    if person.email == FORMER_MEMBER_EMAIL:
        return _("Tidligere medlem")
    return person.get_full_name() or _("Medlem uten navn")


# --- who may come in ------------------------------------------------------------------------------------


def facilitates(user: User, space: Space) -> bool:
    """Whether the person moderates the space as its own, not by office. One query."""
    return SpaceMembership.objects.facilitating().filter(person=user, space=space, person__is_active=True).exists()


def get_moderated_space_for(user: User, slug: str) -> Space:
    """The space, for those who moderate it. Raises Http404 where they may not know of it, else PermissionDenied."""
    space = spaces_moderated_by(user).filter(slug=slug).first()
    if space is not None:
        return space
    if spaces_visible_to(user).filter(slug=slug).exists():
        raise PermissionDenied
    raise Http404


def get_post_to_moderate(user: User, pk: int) -> Post:
    """The post, for those who may decide about it. Raises Http404 where they may not see it, else PermissionDenied."""
    rows = Post.objects.select_related("topic__space", "author", "pseudonym").filter(pk=pk)
    post = rows.filter(pk__in=posts_moderated_by(user).values("pk")).first()
    if post is not None:
        return post
    if posts_visible_to(user).filter(pk=pk).exists():
        raise PermissionDenied
    raise Http404


def get_post_to_report(user: User, pk: int) -> Post:
    """The post, for those who see it. Raises Http404."""
    post = posts_visible_to(user).select_related("topic__space", "author", "pseudonym").filter(pk=pk).first()
    if post is None:
        raise Http404
    return post


# --- the queue ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Queue:
    """Oldest first, at most fifty of each; `totals` are all there are."""

    reported: list[Post]
    items: list[LibraryItem]
    held: list[Post]
    appeals: list[Appeal]
    openings: list[SealOpening]
    totals: dict[str, int]

    @property
    def is_empty(self) -> bool:
        return not any(self.totals.values())


def get_queue(user: User, *, space: Space | None = None) -> Queue:
    """What waits for somebody who moderates: everywhere they may, or in one space. A fixed number of queries."""
    waiting = Report.objects.filter(post=OuterRef("pk"), outcome="").order_by("created_at")
    reported = (
        reported_for(user, space)
        .annotate(reported_at=Subquery(waiting.values("created_at")[:1]))
        .select_related("topic__space", "author", "pseudonym")
        .prefetch_related(
            Prefetch("reports", Report.objects.filter(outcome="").order_by("created_at", "pk"), to_attr="waiting")
        )
        .order_by("reported_at", "pk")
    )
    items_waiting = Report.objects.filter(item=OuterRef("pk"), outcome="").order_by("created_at")
    items = (
        reported_items_for(user, space)
        .annotate(reported_at=Subquery(items_waiting.values("created_at")[:1]))
        .select_related("space", "owner")
        .prefetch_related(
            Prefetch("reports", Report.objects.filter(outcome="").order_by("created_at", "pk"), to_attr="waiting")
        )
        .order_by("reported_at", "pk")
    )
    held = held_for(user, space).select_related("topic__space", "author", "pseudonym").order_by("created_at", "pk")
    appeals = appeals_for(user, space).select_related("entry__space", "person", "pseudonym")
    openings = openings_for(user, space).select_related("pseudonym__space", "asked_by").order_by("asked_at", "pk")
    return Queue(
        reported=with_writers(reported[:SHOWN_AT_ONCE]),
        items=list(items[:SHOWN_AT_ONCE]),
        held=with_writers(held[:SHOWN_AT_ONCE]),
        appeals=list(appeals.order_by("created_at", "pk")[:SHOWN_AT_ONCE]),
        openings=list(openings[:SHOWN_AT_ONCE]),
        totals=count_waiting(user, space=space),
    )


def count_waiting(user: User, *, space: Space | None = None) -> dict[str, int]:
    """How much waits, by kind. Five queries, four in one space."""
    return {
        "reported": reported_for(user, space).count(),
        "items": reported_items_for(user, space).count(),
        "held": held_for(user, space).count(),
        "appeals": appeals_for(user, space).count(),
        "openings": openings_for(user, space).count(),
    }


@dataclass(frozen=True, slots=True)
class Work:
    """What stands at the front for those who moderate: how much waits, and where it is done."""

    waiting: int
    is_moderator: bool
    spaces: list[Space]
    """Where it is done by a facilitator who is no moderator."""


def get_work(user: Any, spaces: Iterable[Space]) -> Work | None:
    """Of spaces with `may_moderate` (`forum.queries.topics.with_rights`); None for those who moderate none of them.

    No query for them, and six at most for the others.
    """
    moderated = [space for space in spaces if space.may_moderate]  # type: ignore[attr-defined]
    if not moderated:
        return None
    is_moderator = user_is_moderator(user)
    return Work(
        waiting=sum(count_waiting(user).values()), is_moderator=is_moderator, spaces=[] if is_moderator else moderated
    )


def cases_of(user: Any, space: Space) -> list[QuerySet[Any]]:
    """What waits in one space, by kind. No query."""
    return [
        reported_for(user, space),
        reported_items_for(user, space),
        held_for(user, space),
        appeals_for(user, space),
    ]


def with_writers(posts: Iterable[Post]) -> list[Post]:
    """Set `writer` on each: who wrote it, in words. No query where author and alias are fetched."""
    rows = list(posts)
    for post in rows:
        post.writer = name_of(post.author, post.pseudonym)  # type: ignore[attr-defined]
    return rows


# --- a case ---------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Case:
    """A post, and what one needs to decide about it. `around` is empty where the space is closed to the reader."""

    post: Post
    before: list[Post]
    after: list[Post]
    may_read_space: bool
    reports: list[Report]
    log: list[ModerationEntry]
    earlier: list[ModerationEntry]
    silences: list[Silence]
    attachments: list[Attachment]
    may_ask_seal: bool
    appeal: Appeal | None
    choices: list[str]
    stamp: str
    edits: int
    open_reports: list[Report] = field(default_factory=list)


def get_case(user: User, post: Post) -> Case:
    """A fixed number of queries, whatever has happened to the post before."""
    reads = user_can_read_space(user, post.topic.space)
    near = Post.objects.none()
    if reads:
        near = posts_visible_to(user).filter(topic=post.topic).select_related("author", "pseudonym")
    reports = list(post.reports.select_related("reporter", "decided_by").order_by("created_at", "pk"))
    waiting = [report for report in reports if not report.outcome]
    same = author_is(post)
    if post.author_id and post.author and post.author.email == FORMER_MEMBER_EMAIL:
        same = Q(pk__in=[])  # many people
    appeals = appeals_decided_by(user).filter(entry__post=post, decided_at__isnull=True)
    return Case(
        post=with_writers([post])[0],
        before=with_writers(near.filter(number__lt=post.number).order_by("-number")[:CONTEXT])[::-1],
        after=with_writers(near.filter(number__gt=post.number).order_by("number")[:CONTEXT]),
        may_read_space=reads,
        reports=reports,
        open_reports=waiting,
        log=with_names(post.log.select_related("actor", "appeal").order_by("at", "pk")),
        earlier=get_earlier(entries_visible_to(user).filter(same).exclude(post=post)),
        silences=get_silences(user, author_is(post), post.topic.space_id),
        attachments=list(post.attachments.all()),
        may_ask_seal=post.pseudonym is not None and user_can_ask_about_alias(user, post.pseudonym),
        appeal=appeals.select_related("entry__actor").first(),
        choices=choices_for(post, has_open_reports=bool(waiting)),
        stamp=stamp_of(post),
        edits=post.edits.count(),
    )


def get_earlier(about: QuerySet[ModerationEntry]) -> list[ModerationEntry]:
    """The newest of what was done to somebody before, of entries the reader may see. One query."""
    told = about.filter(verb__in=[*TOLD, Verb.MASKED])
    return with_names(told.select_related("actor", "appeal", "space").order_by("-at", "-pk")[:EARLIER_SHOWN])


def get_silences(user: User, whose: Q, space_id: int) -> list[Silence]:
    """Somebody's pauses now: all, for moderators; for a facilitator those that hold in the space. Two queries."""
    silences = Silence.objects.filter(whose, until__gt=timezone.now(), lifted_at__isnull=True)
    if not user_is_moderator(user):
        silences = silences.filter(Q(space__isnull=True) | Q(space=space_id))
    return list(silences.select_related("space"))


def author_is(post: Post) -> Q:
    """Rows about the post's author: the person, or the alias; never one by the other."""
    return Q(person=post.author_id) if post.author_id else Q(pseudonym=post.pseudonym_id)


def with_names(entries: Iterable[ModerationEntry]) -> list[ModerationEntry]:
    """Set `by` on each: who did it, in words; «Flett» where nobody did."""
    rows = list(entries)
    for entry in rows:
        entry.by = name_of(entry.actor) or "Flett"  # type: ignore[attr-defined]
    return rows


# --- the log --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LogFilter:
    """What the address asks for."""

    verb: str = ""
    space: int | None = None
    since: date | None = None
    until: date | None = None
    before: tuple[datetime, int] | None = None


@dataclass(slots=True)
class LogPage:
    entries: list[ModerationEntry]
    next: str = ""
    """The key of the next page; empty on the last."""


def get_log(user: User, wanted: LogFilter, *, space: Space | None = None) -> LogPage:
    """A part of the log, newest first. Two queries; paged by time and key, so that no page costs more than another."""
    rows = entries_visible_to(user).select_related(
        "actor", "person", "pseudonym", "space", "topic__merged_into", "post", "item", "appeal"
    )
    if space is not None:
        rows = rows.filter(space=space)
    elif wanted.space is not None:
        rows = rows.filter(space=wanted.space)
    if wanted.verb:
        rows = rows.filter(verb=wanted.verb)
    if wanted.since:
        rows = rows.filter(at__gte=_midnight(wanted.since))
    if wanted.until:
        rows = rows.filter(at__lt=_midnight(wanted.until + timedelta(days=1)))
    if wanted.before:
        at, pk = wanted.before
        rows = rows.filter(Q(at__lt=at) | Q(at=at, pk__lt=pk))
    found = with_names(rows.order_by("-at", "-pk")[: LOG_PAGE + 1])
    for entry in found:
        entry.about = name_of(entry.person, entry.pseudonym)  # type: ignore[attr-defined]
    _name_topics(found, user)
    last = found[LOG_PAGE - 1] if len(found) > LOG_PAGE else None
    return LogPage(entries=found[:LOG_PAGE], next=f"{last.at.isoformat()}_{last.pk}" if last else "")


def _name_topics(entries: Iterable[ModerationEntry], user: User) -> None:
    """Set `topics` on each: the topic it was done to, and where that went if it was merged, each with `may_open`.

    A topic that is in another space now is named to those who may read it there. One query.
    """
    rows = list(entries)
    there = {entry.pk: _topics_of(entry) for entry in rows}
    wanted = {topic.pk for topics in there.values() for topic in topics}
    visible = set(topics_visible_to(user).filter(pk__in=wanted).values_list("pk", flat=True))
    for entry in rows:
        topics = [topic for topic in there[entry.pk] if topic.pk in visible or topic.space_id == entry.space_id]
        for topic in topics:
            topic.may_open = topic.pk in visible  # type: ignore[attr-defined]
        entry.topics = topics  # type: ignore[attr-defined]


def _topics_of(entry: ModerationEntry) -> list[Topic]:
    if entry.topic is None:
        return []
    into = entry.topic.merged_into if entry.verb == Verb.MERGE else None
    return [entry.topic, into] if into is not None else [entry.topic]


def read_key(key: str) -> tuple[datetime, int] | None:
    """The key of a page, as the address has it; None where it is none."""
    at, _separator, pk = key.partition("_")
    try:
        moment, number = datetime.fromisoformat(at), int(pk)
    except ValueError:
        return None
    return (moment, number) if timezone.is_aware(moment) and 0 < number < 2**62 else None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))


# --- about oneself --------------------------------------------------------------------------------------


def decisions_about(person: User) -> QuerySet[ModerationEntry]:
    """What was decided about the person and about their aliases, newest first.

    For aliases this query is all there is: no stored row leads from them to the person.
    """
    return (
        entries_about(person)
        .filter(verb__in=TOLD_TO_OWNER)
        .select_related("space", "topic", "post", "item__current", "pseudonym", "appeal")
        .order_by("-at", "-pk")
    )


def unread_alias_decisions(person: User) -> QuerySet[ModerationEntry]:
    """Decisions about the person's aliases that they have not seen. Those about the person have a `Notice`."""
    seen = DecisionsRead.objects.filter(person=person).values("read_at")
    long_ago = timezone.make_aware(datetime(2000, 1, 1))  # noqa: DTZ001 – made aware
    return (
        ModerationEntry.objects.filter(owned_by(person, through="pseudonym"), verb__in=TOLD_TO_OWNER)
        .filter(at__gt=Coalesce(Subquery(seen), long_ago))
        .select_related("space", "pseudonym")
    )


def get_decision(person: User, pk: int) -> ModerationEntry:
    """One of one's own. Raises Http404."""
    entry = decisions_about(person).filter(pk=pk).first()
    if entry is None:
        raise Http404
    return entry


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision as whoever it is about reads it."""

    title: str
    explanation: str
    may_appeal: bool
    appeal: Appeal | None


def words_of_decision(entry: ModerationEntry) -> tuple[str, str]:
    """Title and explanation for the person it was done to, in the language being read."""
    if entry.item_id is not None and entry.verb in _OF_ITEMS:
        return _words_of_item_decision(entry.verb)
    return {
        Verb.HIDE: (_("Innlegget ditt er skjult"), _("Bare de som modererer, ser det. Det slettes etter 180 dager.")),
        Verb.AUTO_HIDE: (
            _("Innlegget ditt er skjult mens noen ser på det"),
            _(
                "Noen meldte at det kan inneholde pasientopplysninger. "
                "Det skjules da straks. Du får vite hva som blir bestemt."
            ),
        ),
        Verb.SHOW: (_("Innlegget ditt vises igjen"), _("De som modererer, har sett på det.")),
        Verb.APPROVE: (_("Innlegget ditt vises"), _("Det første innlegget ditt i rommet er sett gjennom.")),
        Verb.REFUSE: (_("Innlegget ditt ble ikke sluppet gjennom"), _("Det vises ikke for andre.")),
        Verb.DELETE: (_("Innlegget ditt er slettet"), _("Teksten og vedleggene er borte og kan ikke hentes tilbake.")),
        Verb.WARN: (_("Du har fått en advarsel"), _("Den gjelder et innlegg du har skrevet.")),
        Verb.SILENCE: (_("Du har fått en skrivepause"), _("Du kan lese, men ikke skrive, til pausen er over.")),
        Verb.UNSILENCE: (_("Skrivepausen er opphevet"), _("Du kan skrive igjen.")),
        Verb.SEAL_OPENED: (_("Aliaset ditt er åpnet"), _("To moderatorer har sett hvem som står bak.")),
        Verb.APPEAL_UPHELD: (_("Du fikk medhold i klagen"), _("Det som kan gjøres om, er gjort om.")),
        Verb.APPEAL_DISMISSED: (
            _("Du fikk ikke medhold i klagen"),
            _("En annen enn den som bestemte, har sett på den."),
        ),
    }.get(Verb(entry.verb), (str(entry.get_verb_display()), ""))


_OF_ITEMS = (Verb.HIDE, Verb.AUTO_HIDE, Verb.SHOW, Verb.DELETE, Verb.WARN)


def _words_of_item_decision(verb: str) -> tuple[str, str]:
    return {
        Verb.HIDE: (_("Ressursen din er skjult"), _("Bare du og de som modererer, ser den.")),
        Verb.AUTO_HIDE: (
            _("Ressursen din er skjult mens noen ser på den"),
            _(
                "Noen meldte at den kan inneholde pasientopplysninger. "
                "Den skjules da straks. Du får vite hva som blir bestemt."
            ),
        ),
        Verb.SHOW: (_("Ressursen din vises igjen"), _("De som modererer, har sett på den.")),
        Verb.DELETE: (
            _("Ressursen din er slettet"),
            _("Alle versjonene og filene er borte og kan ikke hentes tilbake."),
        ),
        Verb.WARN: (_("Du har fått en advarsel"), _("Den gjelder en ressurs du har delt.")),
    }[Verb(verb)]


def in_words(entry: ModerationEntry) -> Decision:
    """For the person it was done to. No query where `appeal` is fetched."""
    title, explanation = words_of_decision(entry)
    appeal = getattr(entry, "appeal", None)
    return Decision(
        title=title, explanation=explanation, may_appeal=appeal is None and may_appeal(entry), appeal=appeal
    )


def outcome_in_words(entry: ModerationEntry) -> str:
    """For somebody who reported, of the decision that ended it. Says nothing of what was done to whom."""
    if entry.item_id is not None and entry.verb in UPHOLDING:
        return _("Noen har sett på ressursen du meldte fra om, og gjort noe med den. Takk for at du sa fra.")
    if entry.item_id is not None and entry.verb in DISMISSING:
        return _("Noen har sett på ressursen du meldte fra om, og lar den stå. Takk for at du sa fra.")
    if entry.verb in UPHOLDING:
        return _("Noen har sett på innlegget du meldte fra om, og gjort noe med det. Takk for at du sa fra.")
    if entry.verb in DISMISSING:
        return _("Noen har sett på innlegget du meldte fra om, og lar det stå. Takk for at du sa fra.")
    return ""


def get_own_report(person: User, post_pk: int) -> tuple[Report, Post]:
    """The newest report one has made of the post, and the post. Raises Http404."""
    rows = Report.objects.filter(reporter=person, post=post_pk).select_related("post__topic__space")
    report = rows.order_by("-created_at", "-pk").first()
    if report is None or report.post is None:
        raise Http404
    return report, report.post


def log_spaces(user: User) -> QuerySet[Space]:
    """The spaces one may sort the log by."""
    return spaces_moderated_by(user).order_by("name")
