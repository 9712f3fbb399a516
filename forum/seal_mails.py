"""The mail to whoever's alias was opened. It names neither alias, space nor reason, its address
included: a mailbox is no sealed place."""

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from people.models import User

logger = logging.getLogger(__name__)


def tell_of_opening(person: User) -> None:
    """One mail. That it was not sent is logged without saying to whom."""
    with translation.override(person.language):
        context = {"link": f"{settings.BASE_URL}{reverse('forum:alias-openings')}", "site": settings.BASE_URL}
        message = EmailMessage(
            subject=f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}{gettext('Noe du bør lese')}",
            body=render_to_string("forum/mail/alias_opened.txt", context),
            to=[person.email],
        )
    try:
        message.send()
    except (SMTPException, OSError):
        logger.error("A mail of kind alias_opened was not sent")
