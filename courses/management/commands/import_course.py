"""`manage.py import_course DIR_OR_ZIP`: put a course package in place."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation
from django.utils.translation import gettext as _

from courses.actions import import_course_package
from courses.models import ChangeKind
from courses.packages.format import PackageError
from courses.packages.zipped import opened_package


class Command(BaseCommand):
    help = "Import a course package (a folder or a zip). A package with a fault changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", type=Path, help="the package's folder or zip")
        parser.add_argument("--section", help="slug of the course section a new course goes into (default: the first)")
        parser.add_argument("--check", action="store_true", help="validate only, change nothing")
        parser.add_argument(
            "--change",
            choices=ChangeKind.values,
            default=ChangeKind.CORRECTION,
            help="what changed lessons mean to those who have completed them (default: correction)",
        )
        parser.add_argument("--note", default="", help="what is new, shown with --change new_content")

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override(translation.get_language() or "nb"):
            try:
                with opened_package(options["source"]) as folder:
                    report = import_course_package(
                        folder=folder,
                        section=options["section"],
                        change_kind=options["change"],
                        change_note=options["note"],
                        check_only=options["check"],
                    )
            except PackageError as error:
                raise CommandError(f"{options['source']}\n{error}") from error
            lines = report.lines() if report else [_("Pakken er i orden. Ingenting er endret.")]
            if options["verbosity"] > 0:
                self.stdout.write("\n".join(lines))
