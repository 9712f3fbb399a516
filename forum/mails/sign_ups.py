"""Mails about one's own sign-up, each in its reader's language.

Asked again for each reader when the mail is made: does it still hold, and may they see the event. A mailbox is no place
for what a closed space holds: only of an open space is the title said, and nobody's name, answers or dietary needs.
"""

import logging
from collections.abc import Collection
from functools import partial
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from forum.actions.sign_up_mails import claim_news, mark_refused, mark_sent, put_back, set_aside, waiting_news
from forum.event_words import moment_words, when_words
from forum.mails.outside import may_say_titles
from forum.models import Event, EventSignUp, SignUpNews
from forum.permissions.events import user_can_see_event
from people.handing_over import Ends, Errand, Outcome, hand_over
from people.models import MailKind, User
from people.queries.mail import get_mail_addresses, people_wanting
from people.unsubscribe import make_headers, make_link

logger = logging.getLogger(__name__)

Kind = SignUpNews.Kind
Status = EventSignUp.Status
ENDS = Ends(sent=mark_sent, refused=mark_refused, put_back=put_back)
MOST = 500
"""Mails in one go; the rest is for the next run."""


def send_sign_up_mails(*, sign_ups: Collection[int] | None = None) -> Outcome:
    """Send what waits, of these sign-ups or of all. Safe to run twice, and at once."""
    waiting = waiting_news(timezone.now()).select_related("sign_up__event__space", "sign_up__person", "sign_up__leg")
    if sign_ups is not None:
        waiting = waiting.filter(sign_up__in=sign_ups)
    rows = list(waiting.order_by("created_at", "pk")[:MOST])
    people = [row.sign_up.person for row in rows]
    addresses = get_mail_addresses(people) if people else {}
    open_accounts = User.objects.filter(is_active=True, profile__deletion_due_at__isnull=True)
    reached = set(open_accounts.filter(pk__in=[each.pk for each in people]).values_list("pk", flat=True))
    wanting = set(
        people_wanting(MailKind.FORUM_AT_ONCE).filter(pk__in=[each.pk for each in people]).values_list("pk", flat=True)
    )
    errands = []
    for row in rows:
        person = row.sign_up.person
        to = addresses.get(person.pk)
        wants = person.pk in (wanting if row.kind == Kind.REMINDER else reached)
        if to is None or not wants or not holds(row) or not user_can_see_event(person, row.sign_up.event):
            set_aside([row.pk])
            continue
        errands.append(Errand(write=partial(write, row, to=to), claim=partial(claim_news, pk=row.pk)))
    return hand_over(errands, ends=ENDS, logger=logger, what="mails about sign-ups")


def holds(news: SignUpNews) -> bool:
    """Whether what it tells is still so."""
    sign_up, event = news.sign_up, news.sign_up.event
    if news.kind == Kind.EVENT_CANCELLED:
        return event.is_cancelled
    if event.status != Event.Status.PUBLISHED:
        return False
    if news.kind == Kind.LAPSED:
        return sign_up.status == Status.LAPSED
    if news.kind == Kind.ENDED:
        return sign_up.status == Status.CANCELLED
    if news.kind == Kind.CHANGED:
        return sign_up.status in EventSignUp.STANDING and not event.is_over
    if news.kind == Kind.REMINDER:
        return sign_up.status == Status.CONFIRMED and event.starts_at > timezone.now()
    if news.kind == Kind.OFFERED:
        return sign_up.offered_until is not None and sign_up.offered_until > timezone.now()
    return sign_up.status == news.kind


def words_of(news: SignUpNews) -> tuple[str, str]:
    """Subject and text, in the language that is active."""
    sign_up, event = news.sign_up, news.sign_up.event
    by_another = sign_up.made_by_id is not None and sign_up.made_by_id != sign_up.person_id
    if news.kind == Kind.CONFIRMED:
        text = _("Du har plass.")
        if by_another and sign_up.team_id is not None:
            text = _("Du er meldt på av noen i teamet ditt, og du har plass.")
        elif by_another:
            text = _("Du er meldt på av dem som arrangerer, og du har plass.")
        return _("Du har plass"), text + " " + _("Kan du ikke likevel, så meld av, så får en annen plassen.")
    if news.kind == Kind.WAITING:
        text = ""
        if by_another and sign_up.team_id is not None:
            text = _("Du er meldt på av noen i teamet ditt.") + " "
        elif by_another:
            text = _("Du er meldt på av dem som arrangerer.") + " "
        return _("Du står på venteliste"), text + _("Det er fullt. Du får beskjed når det er en plass til deg.")
    if news.kind == Kind.OFFERED and sign_up.offered_until is not None:
        return _("Det er en plass til deg"), _(
            "En plass er blitt ledig, og den er din om du vil. Svar innen %(until)s. Ellers går den til den neste."
        ) % {"until": moment_words(sign_up.offered_until, event)}
    return {
        Kind.LAPSED: (
            _("Plassen gikk til en annen"),
            _("Du svarte ikke innen fristen. Vil du komme likevel, kan du melde deg på igjen, bakerst i køen."),
        ),
        Kind.ENDED: (_("Du er meldt av"), _("Noen i teamet ditt eller de som arrangerer, har meldt deg av.")),
        Kind.EVENT_CANCELLED: (_("Avlyst"), _("Arrangementet du var påmeldt, er avlyst. Grunnen står på siden.")),
        Kind.CHANGED: (_("Noe er endret"), _("Tid, sted eller noe annet er endret. Se på siden hva som gjelder nå.")),
        Kind.REMINDER: (_("Snart er det klart"), _("Du har plass på noe som begynner om kort tid.")),
    }[Kind(news.kind)]


def write(news: SignUpNews, *, to: str) -> EmailMessage:
    """The mail in its reader's language. Reminders have a way out; the others are about one's own place."""
    sign_up, event = news.sign_up, news.sign_up.event
    with translation.override(sign_up.person.language):
        subject, text = words_of(news)
        is_open = may_say_titles(event.space)
        if is_open:
            subject = f"{subject}: {event.title}"
        is_reminder = news.kind == Kind.REMINDER
        unsubscribe = make_link(account=sign_up.person_id, kind=MailKind.FORUM_AT_ONCE) if is_reminder else ""
        context: dict[str, Any] = {
            "title": event.title if is_open else _("Et arrangement i FACT Forum"),
            "when": when_words(event) if is_open else "",
            "place": event.place if is_open else "",
            "text": text,
            "link": f"{settings.BASE_URL}{reverse('forum:event', args=[event.pk])}",
            "site": settings.BASE_URL,
            "unsubscribe": unsubscribe,
        }
        return EmailMessage(
            subject=f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}{' '.join(subject.split())}",
            body=render_to_string("forum/mail/sign_up.txt", context),
            to=[to],
            headers=make_headers(unsubscribe) if unsubscribe else {"Auto-Submitted": "auto-generated"},
        )
