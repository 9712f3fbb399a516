"""Logs and error reports without identity numbers.

A number that is refused, or that arrives where nobody asked for one (an address, a search, a database's complaint),
must not live on in what is written about the request. Both classes mask the finished text, whatever it was made of.
Named in the settings; they see nothing of what is shown to people.
"""

import logging

from django.views.debug import ExceptionReporter

from safety.guard.masking import mask


class MaskingFormatter(logging.Formatter):
    """A line of the log, its traceback included, with words in place of identity numbers."""

    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record))


class MaskingReporter(ExceptionReporter):
    """Django's report of an error (page, mail) with words in place of identity numbers."""

    def get_traceback_html(self) -> str:
        return mask(super().get_traceback_html())

    def get_traceback_text(self) -> str:
        return mask(super().get_traceback_text())
