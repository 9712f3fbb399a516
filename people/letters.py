"""One mail to one reader, as text and as simple HTML, in the language that is active when it is made."""

from dataclasses import dataclass, field

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from people.models import MailKind, User
from people.unsubscribe import make_headers, make_link


@dataclass(frozen=True, slots=True)
class Link:
    text: str
    url: str
    """The path; the site's own address comes before it."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a mail: some lines and where they lead. The title is empty where there is only one part."""

    lines: list[str]
    links: list[Link]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """What is due to one reader. `kind` and `occasion` are the sender's own words for it; `why` is why they get it."""

    person: User
    to: str
    kind: str
    occasion: str
    subject: str
    why: str
    sections: list[Section] = field(default_factory=list)


def write(letter: Letter, *, mail_kind: MailKind) -> EmailMultiAlternatives:
    """The mail in its reader's language, with the way out of its kind in the headers and at its end."""
    with translation.override(letter.person.language):
        unsubscribe = make_link(account=letter.person.pk, kind=mail_kind)
        subject = " ".join(letter.subject.split())
        context = {
            "letter": letter,
            "subject": subject,
            "language": letter.person.language,
            "site": settings.BASE_URL,
            "unsubscribe": unsubscribe,
            "preferences": f"{settings.BASE_URL}{reverse('people:preferences')}",
        }
        message = EmailMultiAlternatives(
            subject=f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}{subject}",
            body=render_to_string("people/mail/letter.txt", context),
            to=[letter.to],
            headers=make_headers(unsubscribe),
        )
        message.attach_alternative(render_to_string("people/mail/letter.html", context), "text/html")
    return message
