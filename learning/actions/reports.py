"""Files with the figures of the reports: asked for, and taken away again."""

from datetime import timedelta
from functools import partial

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from learning import tasks
from learning.models import ReportExport
from learning.reports.files import LIFETIME, drop_report_export
from people.models import User

FOLDER = "report-exports"
ORPHAN = timedelta(days=1)


@transaction.atomic
def request_report_export(*, maker: User, file_format: str, region: str, language: str) -> ReportExport:
    """Ask for a file with all figures of the region, or of everybody where it is empty; in place of the ones there are.

    Callers have authorised: whoever asks may see them.
    """
    for old in ReportExport.objects.filter(maker=maker):
        drop_report_export(export=old)
    export = ReportExport.objects.create(
        maker=maker,
        file_format=file_format,
        region=region,
        language=language,
        expires_at=timezone.now() + LIFETIME,
    )
    transaction.on_commit(partial(tasks.make_report_export.enqueue, str(export.key)))
    return export


@transaction.atomic
def forget_report_exports_of(*, person: User) -> None:
    """Before an account goes: its files go too."""
    for export in ReportExport.objects.filter(maker=person):
        drop_report_export(export=export)


def delete_old_report_exports() -> int:
    """Files whose time is over, and files no row knows. Returns how many."""
    count = 0
    with transaction.atomic():
        for export in ReportExport.objects.select_for_update().filter(expires_at__lte=timezone.now()):
            drop_report_export(export=export)
            count += 1
    try:
        _folders, names = default_storage.listdir(FOLDER)
    except FileNotFoundError:
        return count
    known = set(ReportExport.objects.exclude(file="").values_list("file", flat=True))
    before = timezone.now() - ORPHAN  # one that is being made has no row yet
    for name in (f"{FOLDER}/{name}" for name in names):
        if name not in known and default_storage.get_modified_time(name) <= before:
            default_storage.delete(name)
            count += 1
    return count
