"""The figures of the national and regional reports, counted anew."""

from typing import Any

from django.core.management.base import BaseCommand

from learning.actions.reports import delete_old_report_exports
from learning.reports.refresh import refresh_report_figures


class Command(BaseCommand):
    help = (
        "Count anew what the national and regional reports show, and delete report files whose time is over. Run it "
        "every night. Safe to run twice; readers see the old figures until the new ones are all there."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        run = refresh_report_figures()
        deleted = delete_old_report_exports()
        self.stdout.write(f"{run.figures.count()} figures kept; {deleted} old files deleted.")
