"""How a mail about learning reads: as every letter does (`people.letters`), with the way out of its kind."""

from django.core.mail import EmailMultiAlternatives

from learning.actions.notices import MAIL_KINDS
from people import letters
from people.letters import Letter, Link, Section

__all__ = ["Letter", "Link", "Section", "write"]


def write(letter: Letter) -> EmailMultiAlternatives:
    return letters.write(letter, mail_kind=MAIL_KINDS[letter.kind])
