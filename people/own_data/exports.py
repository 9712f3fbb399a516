"""The file of somebody's copy: made, kept for some days, dropped."""

import logging
import tempfile
from datetime import timedelta
from typing import IO

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from people.models import DataExport
from people.own_data import mails
from people.own_data.archive import write_archive

logger = logging.getLogger(__name__)

EXPORT_LIFETIME = timedelta(days=7)


def build_export(*, key: str, tells: bool = True) -> None:
    """Make the file. Safe to run twice: a copy that is made, or gone in the meantime, is left alone."""
    export = DataExport.objects.select_related("person").filter(key=key, finished_at__isnull=True).first()
    if export is None:
        return
    try:
        with tempfile.TemporaryFile() as made:
            write_archive(export.person, made)
            _keep_export(export, made)
    except Exception:
        DataExport.objects.filter(pk=export.pk, finished_at__isnull=True).update(failed_at=timezone.now())
        logger.exception("copy %s was not made", key)
        return
    if tells and export.finished_at:
        mails.tell_of_export(export)


@transaction.atomic
def _keep_export(export: DataExport, made: IO[bytes]) -> None:
    there = DataExport.objects.select_for_update().filter(pk=export.pk, finished_at__isnull=True).first()
    if there is None:
        return
    export.size = made.tell()
    made.seek(0)
    export.finished_at = timezone.now()
    export.failed_at = None
    export.expires_at = export.finished_at + EXPORT_LIFETIME
    export.file.save(f"{export.key}.zip", File(made), save=False)
    export.save()


def drop_export(*, export: DataExport) -> None:
    """The row now, the file when that is certain."""
    name = export.file.name
    export.delete()
    if name:
        transaction.on_commit(lambda: default_storage.delete(name))
