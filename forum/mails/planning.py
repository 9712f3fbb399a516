"""Which mails are due now, and to whom. Asked when a batch is handed over; what one may see is asked for each reader.

Hours and days are those of Norway's clock. An hour that the clock skips in spring is over when the next has begun; one
that comes twice in autumn comes once, since the day is what a digest is claimed by.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Count, Exists, Q, QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.actions.mails import CASES_KEPT
from forum.mails.outside import may_say_titles, place_outside, title_outside
from forum.models import (
    Appeal,
    MailChoice,
    Notice,
    Post,
    Report,
    SealOpening,
    SentMail,
    Space,
    SpaceMembership,
    State,
    Told,
    Topic,
    Watch,
)
from forum.permissions import forum_moderators, posts_visible_to, topics_visible_to
from forum.pseudonyms import day_digest, mail_digest, owned_by, owner_of
from forum.queries.news import news_for_digest
from forum.queries.notices import MANY, count_unread_for_digest, notices_of, unread_for_mail
from forum.queries.waiting import News, get_news
from forum.queries.watching import spaces_followed_by
from people.letters import Letter, Link, Section
from people.models import MailKind, User
from people.queries.mail import get_mail_addresses, people_wanting

GRACE = timedelta(minutes=5)
"""Before a mail is sent at once: time to regret, and to read it in the forum."""
PATIENCE = timedelta(days=2)
"""A mail that could not be sent at once by then is not sent; the digest tells of it."""
LISTED = 5
"""Titles in a part of a digest."""

BEFORE_ALL = datetime.min.replace(year=2000, tzinfo=UTC)

Digest = MailChoice.Digest


# --- at once ---------------------------------------------------------------------------------------------


@dataclass(slots=True)
class AtOncePlan:
    letters: list[tuple[Letter, list[int]]] = field(default_factory=list)
    """Each with the posts it tells of."""
    waiting: set[int] = field(default_factory=set)
    """Posts that somebody is told of when their quiet hours are over."""
    settled: set[int] = field(default_factory=set)
    """Posts of which no mail will be sent any more."""


def posts_to_tell_of() -> list[int]:
    """Posts with mails at once that may be due, those of a topic together. One query."""
    told = Told.objects.filter(kind=Told.Kind.POST, is_settled=False, told_at__lte=timezone.now() - GRACE)
    return list(told.order_by("post__topic", "post").values_list("post", flat=True))


def is_quiet(choice: MailChoice, hour: int) -> bool:
    """Whether `hour`, 0–23 of Norway's clock, is a quiet one. The same hour twice means none is."""
    first, last = choice.quiet_from, choice.quiet_to
    return first <= hour < last if first <= last else hour >= first or hour < last


def plan_at_once(*, posts: Collection[int]) -> AtOncePlan:
    """One letter for each person and topic. Seven queries, and one for each person who may be told."""
    now = timezone.now()
    plan = AtOncePlan()
    tellings = {
        telling.post_id: telling
        for telling in Told.objects.filter(
            post__in=posts, kind=Told.Kind.POST, is_settled=False, told_at__lte=now - GRACE
        ).select_related("post__topic__space", "post__topic__pseudonym", "post__reply_to__pseudonym")
    }
    patient = {pk: each.post for pk, each in tellings.items() if each.told_at > now - PATIENCE}
    speaks_to, of_alias = _spoken_to(patient.values())
    people = {person.pk: person for person in people_wanting(MailKind.FORUM_AT_ONCE).filter(pk__in=speaks_to)}
    choices = {choice.person_id: choice for choice in MailChoice.objects.filter(person__in=people)}
    addresses = get_mail_addresses(people.values())
    digests = {
        mail_digest(account=account, post_id=pk): (account, pk) for account in people for pk in speaks_to[account]
    }
    claimed = SentMail.objects.filter(kind=SentMail.Kind.AT_ONCE, occasion__in=digests)
    sent = {digests[occasion] for occasion in claimed.values_list("occasion", flat=True)}
    hour = timezone.localtime(now).hour
    for account in sorted(addresses):
        left = {pk for pk in speaks_to[account] if (account, pk) not in sent}
        news = unread_for_mail(people[account], left) if left else set()
        if not news:
            continue
        if is_quiet(choices.get(account) or MailChoice(), hour):
            plan.waiting |= news
            continue
        by_topic: dict[int, list[Post]] = {}
        for pk in sorted(news):
            by_topic.setdefault(patient[pk].topic_id, []).append(patient[pk])
        for found in by_topic.values():
            is_open = may_say_titles(found[0].topic.space) and not any((account, each.pk) in of_alias for each in found)
            letter = _at_once_letter(people[account], addresses[account], found, is_open=is_open)
            plan.letters.append((letter, [each.pk for each in found]))
    in_letters = {pk for _letter, told in plan.letters for pk in told}
    plan.settled = set(tellings) - in_letters - plan.waiting
    return plan


def _spoken_to(posts: Iterable[Post]) -> tuple[dict[int, set[int]], set[tuple[int, int]]]:
    """Posts by the account they name or answer, and which of them it is by an alias. One query."""
    posts = list(posts)
    found: dict[int, set[int]] = {}
    of_alias = set()
    rows = Notice.objects.filter(
        post__in=[post.pk for post in posts], kind__in=[Notice.Kind.MENTION, Notice.Kind.REPLY]
    )
    for account, pk in rows.values_list("person", "post"):
        found.setdefault(account, set()).add(pk)
    for post in posts:
        answered = post.reply_to or post.topic
        owner = owner_of(answered.pseudonym) if post.number > 1 and answered.pseudonym is not None else None
        if owner is not None:
            found.setdefault(owner, set()).add(post.pk)
            of_alias.add((owner, post.pk))
    return found, of_alias


def _at_once_letter(person: User, to: str, posts: list[Post], *, is_open: bool) -> Letter:
    """What is new in one topic. Where it is not open to all: that there is something, and the way in."""
    count = len(posts)
    with translation.override(person.language):
        words = {"count": count}
        if is_open:
            title = title_outside(posts[0].topic)
            subject = _("Til deg i «%(title)s»") % {"title": title}
            line = ngettext(
                "%(count)s nytt innlegg i FACT Forum er skrevet til deg.",
                "%(count)s nye innlegg i FACT Forum er skrevet til deg.",
                count,
            )
            lines = [
                line % words,
                _("Rom: %(space)s. Tråd: %(title)s") % {"space": posts[0].topic.space, "title": title},
            ]
            link = Link(text=_("Les og svar"), url=posts[0].get_absolute_url())
        else:
            subject = _("Noen har skrevet til deg i FACT Forum")
            lines = [_("Hvor det er, og hva det gjelder, ser du når du har logget inn.")]
            link = Link(text=_("Se varslene dine"), url=reverse("forum:notices"))
        return Letter(
            person=person,
            to=to,
            kind=SentMail.Kind.AT_ONCE,
            occasion="",
            subject=subject,
            why=_("Du får denne e-posten fordi noen nevnte deg eller svarte deg."),
            sections=[Section(lines=lines, links=[link])],
        )


# --- to those who moderate -------------------------------------------------------------------------------


def people_with_cases() -> QuerySet[User]:
    """Everybody who moderates where something waits, and may be written to. One query.

    Their own posts and aliases are not left out here, so that neither a count nor a queue says whose an alias is.
    """
    reports, appeals = Report.objects.filter(outcome=""), Appeal.objects.filter(decided_at__isnull=True)
    held, openings = Post.objects.filter(state=State.HELD), SealOpening.objects.filter(answered_at__isnull=True)
    facilitators = SpaceMembership.objects.facilitating().filter(
        Q(space__in=reports.filter(post__isnull=False).values("post__topic__space"))
        | Q(space__in=reports.filter(item__isnull=False).values("item__space"))
        | Q(space__in=held.values("topic__space"))
        | Q(space__in=appeals.values("entry__space"))
    )
    anything = Q(Exists(reports)) | Q(Exists(held)) | Q(Exists(appeals)) | Q(Exists(openings))
    return (
        people_wanting(MailKind.FORUM_AT_ONCE)
        .filter(Q(pk__in=facilitators.values("person")) | (Q(pk__in=forum_moderators().values("pk")) & anything))
        .order_by("pk")
    )


def plan_cases(*, day: date, now: datetime) -> list[Letter]:
    """One letter at most for each who moderates, where something has come since the last.

    What is younger than `GRACE` is for the next letter: whoever brought it has committed by then. Five queries, and
    five for each person who has had none that day.
    """
    hour = timezone.localtime(now).hour
    people = {person.pk: person for person in people_with_cases()}
    choices = {choice.person_id: choice for choice in MailChoice.objects.filter(person__in=people)}
    awake = [person for pk, person in people.items() if not is_quiet(choices.get(pk) or MailChoice(), hour)]
    addresses = get_mail_addresses(awake)
    moderators = set(forum_moderators().filter(pk__in=people).values_list("pk", flat=True))
    claimed = {mail.occasion: mail for mail in SentMail.objects.filter(kind=SentMail.Kind.MODERATION)}
    letters = []
    for account in sorted(addresses):
        occasion = day_digest(account=account, day=day)
        if occasion in claimed:
            continue
        since = _told_until(account, day, claimed)
        news = get_news(people[account], since=since, until=now - GRACE)
        if news.is_new:
            is_moderator = account in moderators
            letters.append(_cases_letter(people[account], addresses[account], occasion, news, is_moderator))
    return letters


def _told_until(account: int, day: date, claimed: dict[str, SentMail]) -> datetime:
    """Up to when somebody has been told of cases. One that got lost on the way has told them nothing."""
    earlier = (
        claimed.get(day_digest(account=account, day=day - timedelta(days=ago))) for ago in range(1, CASES_KEPT.days + 2)
    )
    told = [mail.claimed_at - GRACE for mail in earlier if mail is not None and (mail.sent_at or mail.refused_at)]
    return max(told, default=BEFORE_ALL)


def _cases_letter(person: User, to: str, occasion: str, news: News, is_moderator: bool) -> Letter:
    """How many of each kind, and nothing of what they are about or where."""
    with translation.override(person.language):
        counted = [
            (news.urgent, ngettext("Én sak haster", "%(number)s saker haster", news.urgent)),
            (news.reported, ngettext("Ett innlegg er meldt", "%(number)s innlegg er meldt", news.reported)),
            (
                news.items,
                ngettext("Én ressurs er meldt", "%(number)s ressurser er meldt", news.items),
            ),
            (
                news.held,
                ngettext(
                    "Ett innlegg venter på å bli sett gjennom",
                    "%(number)s innlegg venter på å bli sett gjennom",
                    news.held,
                ),
            ),
            (
                news.appeals,
                ngettext("Én klage venter på svar", "%(number)s klager venter på svar", news.appeals),
            ),
            (
                news.openings,
                ngettext("Noen ber om å åpne ett alias", "Noen ber om å åpne %(number)s alias", news.openings),
            ),
        ]
        way = (
            Link(text=_("Til køen"), url=reverse("forum:moderation"))
            if is_moderator  # the queue of everything is closed to others; theirs would name the space in its address
            else Link(text=_("Gå til forumet"), url=reverse("forum:home"))
        )
        return Letter(
            person=person,
            to=to,
            kind=SentMail.Kind.MODERATION,
            occasion=occasion,
            subject=_("Noe haster i FACT Forum") if news.urgent else _("Noe venter på moderering i FACT Forum"),
            why=_("Du får denne e-posten fordi du modererer i FACT Forum. Den kommer høyst én gang om dagen."),
            sections=[Section(lines=[line % {"number": number} for number, line in counted if number], links=[way])],
        )


# --- digests ---------------------------------------------------------------------------------------------


def _due(*, weekday: int, hour: int, missed: bool) -> Q:
    """Choices whose digest is due on this weekday, from this hour on; `missed` are those of the day before."""
    weekly = Q(forum_mail_choice__digest=Digest.WEEKLY, forum_mail_choice__digest_weekday=weekday)
    none = Q(forum_mail_choice__isnull=True)
    usual = MailChoice()
    is_usual = usual.digest_weekday == weekday and usual.digest_hour <= hour
    due = weekly if missed else weekly | Q(forum_mail_choice__digest=Digest.DAILY)
    due &= Q(forum_mail_choice__digest_hour__lte=hour)
    return due | none if is_usual else due


def accounts_due(*, day: date, missed: bool = False) -> QuerySet[User]:
    """Everybody whose digest of the day is due now and neither sent nor found empty.

    A digest comes at its hour or later the same day. A weekly one that was missed comes the day after, from its hour
    on: then `day` is the day it was for.
    """
    hour = timezone.localtime().hour
    claimed = SentMail.objects.filter(kind=SentMail.Kind.DIGEST, occasion=day.isoformat())
    return (
        people_wanting(MailKind.FORUM_DIGEST)
        .filter(_due(weekday=day.weekday(), hour=hour, missed=missed))
        .exclude(pk__in=claimed.values("person"))
        .order_by("pk")
    )


def plan_digests(*, day: date, accounts: Collection[int], missed: bool = False) -> list[tuple[int, Letter | None]]:
    """The letters of those whose digest of the day is due; None for whom there is nothing to tell.

    Three queries, and at most seven for each person.
    """
    people = list(accounts_due(day=day, missed=missed).filter(pk__in=accounts).select_related("forum_mail_choice"))
    addresses = get_mail_addresses(people)
    return [
        (person.pk, _digest_letter(person, addresses[person.pk], day)) for person in people if person.pk in addresses
    ]


def _digest_letter(person: User, to: str, day: date) -> Letter | None:
    choice = getattr(person, "forum_mail_choice", None) or MailChoice()
    is_daily = choice.digest == Digest.DAILY
    begins = day - timedelta(days=1 if is_daily else 7)
    since = timezone.make_aware(datetime.combine(begins, time(hour=choice.digest_hour)))
    with translation.override(person.language):
        until = timezone.make_aware(datetime.combine(day, time(hour=choice.digest_hour)))
        sections = [*_to_you(person), *_of_news(person, since=since, until=until), *_of_spaces(person, since)]
        if not sections:
            return None
        return Letter(
            person=person,
            to=to,
            kind=SentMail.Kind.DIGEST,
            occasion=day.isoformat(),
            subject=_("Nytt i FACT Forum siden i går") if is_daily else _("Nytt i FACT Forum denne uka"),
            why=_("Du får denne e-posten fordi du er med i FACT Forum. Hvor ofte den kommer, bestemmer du."),
            sections=sections,
        )


def _to_you(person: User) -> list[Section]:
    """How much waits to be read; titles only where all members may read them. Two queries."""
    count = count_unread_for_digest(person)
    if not count:
        return []
    line = ngettext("Du har %(count)s varsel du ikke har lest.", "Du har %(count)s varsler du ikke har lest.", count)
    words = {"count": f"{MANY}+" if count == MANY else count}
    to_me = (
        notices_of(person)
        .filter(is_unread=True, kind__in=[Notice.Kind.MENTION, Notice.Kind.REPLY])
        .filter(post__topic__space__kind=Space.Kind.OPEN)
        .select_related("post__topic__space")
        .order_by("-created_at", "-pk")[: LISTED * 4]
    )
    topics = {notice.post.topic_id: notice.post for notice in to_me if notice.post is not None}
    links = [
        Link(text=title_outside(post.topic), url=post.get_absolute_url()) for post in list(topics.values())[:LISTED]
    ]
    return [
        Section(
            title=_("Til deg"),
            lines=[line % words],
            links=[*links, Link(text=_("Se varslene dine"), url=reverse("forum:notices"))],
        )
    ]


def _of_news(person: User, *, since: datetime, until: datetime) -> list[Section]:
    """What is to be confirmed, each time until it is; and what else has come out since the last digest, once. Titles
    only where all members may read them. One query.
    """
    found = list(news_for_digest(person, since=since, until=until))
    if not found:
        return []
    asked, new = [each for each in found if each.is_asked], [each for each in found if not each.is_asked]
    lines = []
    if asked:
        line = ngettext(
            "%(count)s nyhet skal du lese og bekrefte.", "%(count)s nyheter skal du lese og bekrefte.", len(asked)
        )
        lines.append(line % {"count": len(asked)})
    if new:
        lines.append(ngettext("%(count)s ny nyhet.", "%(count)s nye nyheter.", len(new)) % {"count": len(new)})
    named = [each for each in found if may_say_titles(each.space)][:LISTED]
    links = [Link(text=each.title, url=each.get_absolute_url()) for each in named]
    return [
        Section(title=_("Nyheter"), lines=lines, links=[*links, Link(text=_("Se nyhetene"), url=reverse("forum:news"))])
    ]


def _of_spaces(person: User, since: datetime) -> list[Section]:
    """What is new in the spaces the person follows, their own posts left out. Two queries."""
    muted = Watch.objects.filter(person=person, topic__isnull=False, level=Watch.Level.NONE)
    own = Q(author=person) | owned_by(person, through="pseudonym")
    topics = (
        topics_visible_to(person)
        .filter(space__in=spaces_followed_by(person).values("pk"), state=State.NORMAL, last_post_at__gte=since)
        .exclude(pk__in=muted.values("topic"))
    )
    new: dict[int, list[Topic]] = {}
    for topic in topics.filter(created_at__gte=since).exclude(own).select_related("space").order_by("-created_at"):
        new.setdefault(topic.space_id, []).append(topic)
    counted = (
        posts_visible_to(person)
        .filter(topic__in=topics.values("pk"), state=State.NORMAL, created_at__gte=since, number__gt=1)
        .exclude(own)
        .order_by()
        .values_list("topic__space")
        .annotate(count=Count("pk"))
    )
    answers: dict[int, int] = dict(counted)
    spaces = Space.objects.filter(pk__in={*new, *answers}).in_bulk() if new or answers else {}
    open_parts, closed_lines = [], []
    for space in sorted(spaces.values(), key=lambda each: (each.position, each.name, each.pk)):
        if may_say_titles(space):
            open_parts.append(_open_section(space, new.get(space.pk, []), answers.get(space.pk, 0)))
        else:
            closed_lines.append(place_outside(space))
    if closed_lines:
        link = Link(text=_("Gå til forumet"), url=reverse("forum:home"))
        lines = list(dict.fromkeys(closed_lines))
        open_parts.append(Section(title=_("Rom som ikke er åpne for alle"), lines=lines, links=[link]))
    return open_parts


def _open_section(space: Space, topics: list[Topic], answers: int) -> Section:
    lines = []
    if topics:
        words = ngettext("%(count)s ny tråd", "%(count)s nye tråder", len(topics))
        lines.append(words % {"count": len(topics)})
    if answers:
        lines.append(ngettext("%(count)s nytt svar", "%(count)s nye svar", answers) % {"count": answers})
    links = [Link(text=title_outside(topic), url=topic.get_absolute_url()) for topic in topics[:LISTED]]
    links.append(Link(text=_("Gå til %(space)s") % {"space": space.name}, url=space.get_absolute_url()))
    return Section(title=space.name, lines=lines, links=links)
