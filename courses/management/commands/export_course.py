"""`manage.py export_course SLUG DIR`: write a published course as a course package."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from courses.models import CoursePage
from courses.packages.format import PackageError
from courses.packages.zipped import export_folder, export_zip


class Command(BaseCommand):
    help = "Export a published course as a package: a folder, or a zip when the name ends in .zip."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the course's slug")
        parser.add_argument("target", type=Path, help="folder (written over when it holds a package) or .zip")
        parser.add_argument("--language", help="needed where the course exists in several languages")

    def handle(self, *args: Any, **options: Any) -> None:
        courses = CoursePage.objects.filter(slug=options["slug"]).select_related("locale")
        if options["language"]:
            courses = courses.filter(locale__language_code=options["language"])
        found = list(courses)
        if not found:
            raise CommandError(_("Det finnes ikke noe kurs med adressen «%s».") % options["slug"])
        if len(found) > 1:
            languages = ", ".join(sorted(course.locale.language_code for course in found))
            raise CommandError(_("Flere kurs har denne adressen. Velg språk med --language: %s.") % languages)
        target: Path = options["target"]
        try:
            self.write(found[0], target)
        except PackageError as error:
            raise CommandError(str(error)) from error
        if options["verbosity"] > 0:
            self.stdout.write(_("«%(title)s» er skrevet til %(target)s.") % {"title": found[0].title, "target": target})

    def write(self, course: CoursePage, target: Path) -> None:
        """A zip or a folder, by the target's name. Raises CommandError rather than write over something else."""
        if target.suffix.lower() == ".zip":
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as sink:
                export_zip(course, sink)
        else:
            if target.is_dir() and any(target.iterdir()) and not (target / "course.yaml").exists():
                raise CommandError(_("Mappen %s er ikke tom og inneholder ingen kurspakke.") % target)
            export_folder(course, target)
