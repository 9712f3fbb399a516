"""Compile locale/*.po without gettext's tools, which a bare machine lacks."""

import os
from pathlib import Path
from typing import Any

import polib
from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Compile the translations that have changed."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        for folder in settings.LOCALE_PATHS:
            for source in sorted(Path(folder).glob("*/LC_MESSAGES/*.po")):
                target = source.with_suffix(".mo")
                if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
                    compile_file(source, target)
                    self.stdout.write(f"Compiled {source.relative_to(folder)}")


def compile_file(source: Path, target: Path) -> None:
    """Write `target` whole or not at all: an interrupted run leaves no half file behind."""
    part = target.with_suffix(f".{os.getpid()}.part")
    polib.pofile(str(source), encoding="utf-8").save_as_mofile(str(part))
    part.replace(target)
