"""Counting everything anew, and letting it be what reports show."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.db import connection, transaction

from learning.models import ReportFigure, ReportPlace, ReportQuestion, ReportRun
from learning.reports.figures import make_figures, make_questions, put_in_places

BATCH = 2000
KEPT_RUNS = 2
"""The one that is shown, and the one before it: a page that is being made reads on in its own."""


def refresh_report_figures() -> ReportRun:
    """Count everything anew and let that be what reports show, all at once. Safe to run twice, and at the same time.

    Everything is counted as it was at one moment, so that no two figures differ by somebody who came in between.
    """
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if connection.vendor == "postgresql" and is_outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        run = ReportRun.objects.create()
        put_in_places(run)
        _keep(ReportFigure, make_figures(run))
        _keep(ReportQuestion, make_questions(run))
        ReportPlace.objects.filter(run=run).delete()
    _drop_old_runs()
    return run


def _keep(model: type[ReportFigure] | type[ReportQuestion], rows: Iterator[Any]) -> None:
    """A batch at a time, so that memory stays flat."""
    while batch := list(islice(rows, BATCH)):
        model._default_manager.bulk_create(batch)


@transaction.atomic
def _drop_old_runs() -> None:
    kept = list(ReportRun.objects.values_list("pk", flat=True)[:KEPT_RUNS])
    old = ReportRun.objects.exclude(pk__in=kept)
    ReportFigure.objects.filter(run__in=old).delete()
    ReportQuestion.objects.filter(run__in=old).delete()
    old.delete()
