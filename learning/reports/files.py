"""Files with figures: made in the background, kept for some days, fetched by whoever asked."""

import logging
import tempfile
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import IO
from uuid import UUID

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from learning.models import ReportExport
from learning.queries.report import Scope, get_all_figures, get_run, make_table
from safety.tables import stream_csv, write_long_xlsx

logger = logging.getLogger(__name__)

LIFETIME = timedelta(days=7)
TELL_EVERY = 5000
"""Rows between two notes of how far it has come."""


def make_report_export(*, key: UUID) -> None:
    """Make the file. Safe to run twice: one that is made, or gone in the meantime, is left alone."""
    export = ReportExport.objects.filter(key=key, finished_at__isnull=True).first()
    if export is None:
        return
    try:
        with translation.override(export.language), tempfile.TemporaryFile() as made:
            _write(export, made)
            _keep(export, made)
    except Exception:
        ReportExport.objects.filter(pk=export.pk, finished_at__isnull=True).update(failed_at=timezone.now())
        logger.exception("report file %s was not made", key)


def _write(export: ReportExport, made: IO[bytes]) -> None:
    run = get_run()
    if run is None:
        raise LookupError("There are no figures to write.")
    figures = get_all_figures(run, Scope(region=export.region))
    ReportExport.objects.filter(pk=export.pk).update(rows_total=figures.count(), rows_done=0, failed_at=None)
    rows = make_table(figures.iterator(chunk_size=2000), language=export.language)
    if export.file_format == ReportExport.Format.XLSX:
        write_long_xlsx(_counted(export, rows), made, title=_("Tall"))
        return
    for piece in stream_csv(_counted(export, rows)):
        made.write(piece)


Row = list[str | int]


def _counted(export: ReportExport, rows: Iterable[Row]) -> Iterator[Row]:
    """The rows, with a note now and then of how far it has come."""
    for number, row in enumerate(rows):
        if number and number % TELL_EVERY == 0:
            ReportExport.objects.filter(pk=export.pk).update(rows_done=number)
        yield row


@transaction.atomic
def _keep(export: ReportExport, made: IO[bytes]) -> None:
    there = ReportExport.objects.select_for_update().filter(pk=export.pk, finished_at__isnull=True).first()
    if there is None:
        return
    there.size = made.seek(0, 2)
    made.seek(0)
    there.finished_at = timezone.now()
    there.failed_at = None
    there.rows_done = there.rows_total
    there.expires_at = there.finished_at + LIFETIME
    there.file.save(f"{there.key}.{there.file_format}", File(made), save=False)
    there.save()


def drop_report_export(*, export: ReportExport) -> None:
    """The row now, the file when that is certain."""
    name = export.file.name
    export.delete()
    if name:
        transaction.on_commit(lambda: default_storage.delete(name))
