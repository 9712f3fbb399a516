"""Logs and error reports without identity numbers.

A number that is refused, or that arrives where nobody asked for one (an address, a search, a database's complaint),
must not live on in what is written about the request. Both classes mask the finished text, whatever it was made of.
Named in the settings; they see nothing of what is shown to people.
"""

import logging
import re

from django.utils.safestring import SafeString
from django.views.debug import ExceptionReporter

from safety.guard.masking import mask

_SECRET_ADDRESS = re.compile(r"(/(?:strom|kalender)/)[\w-]{43}(?![\w-])")
"""The address of somebody's private feed: who has it, reads it."""


class MaskingFormatter(logging.Formatter):
    """A line of the log, its traceback included, with words in place of identity numbers, and no feed's secret."""

    def format(self, record: logging.LogRecord) -> str:
        return _SECRET_ADDRESS.sub(r"\1…", mask(super().format(record)))


class MaskingReporter(ExceptionReporter):
    """Django's report of an error (page, mail) with words in place of identity numbers."""

    def get_traceback_html(self) -> SafeString:
        return SafeString(mask(super().get_traceback_html()))

    def get_traceback_text(self) -> SafeString:
        return SafeString(mask(super().get_traceback_text()))
