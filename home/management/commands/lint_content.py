"""Is the content as the house wants it? See docs/content-lint.md."""

import json
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from courses.blocks import QUIZ_TYPES
from courses.lint import lint
from courses.lint.content import CourseContent, Document, longest_path
from courses.lint.counts import script_words
from courses.lint.coverage import coverage_table
from courses.lint.findings import Finding, Level
from courses.lint.reading import lix, words
from home.content import read_live_content, read_starter_content, shown

COUNTED = ("quiz", "reflect.", "sources", "law", "script")


class Command(BaseCommand):
    help = (
        "Lint the starter content, these packages, or the published site. Fails on an error; notices are only told. "
        "Needs no database, except with --live."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("packages", nargs="*", type=Path, metavar="PACKAGE_DIR", help="tell only of these packages")
        parser.add_argument("--live", action="store_true", help="the published site instead of the files")
        parser.add_argument("--coverage", action="store_true", help="print what is covered where, and fail on a gap")
        parser.add_argument("--figures", action="store_true", help="print words, reading ease and questions by lesson")
        parser.add_argument("--notices", action="store_true", help="tell each notice; otherwise they are counted")
        parser.add_argument("--strict", action="store_true", help="a notice fails too")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(
        self,
        *args: Any,
        packages: list[Path],
        live: bool,
        coverage: bool,
        figures: bool,
        notices: bool,
        strict: bool,
        **options: Any,
    ) -> None:
        if live and packages:
            raise CommandError("Name packages or --live, not both.")
        for package in packages:
            if not (package / "course.yaml").is_file():
                raise CommandError(f"{package} is no course package: it has no course.yaml.")
        content, faults = (read_live_content(), []) if live else read_starter_content(packages)
        findings = sorted({*faults, *lint(content, today=timezone.localdate())})
        courses = content.courses
        if packages:
            own = tuple(f"{shown(package)}/" for package in packages)
            names = {package.resolve().name for package in packages}
            ours = (*own, *(f"home/starter/coverage/{name}.yaml" for name in names))
            findings = [finding for finding in findings if finding.place.file.startswith(ours)]
            courses = [course for course in courses if course.document.file.startswith(own)]
            content.coverage = [row for row in content.coverage or [] if row.course in names]
        if coverage:
            findings = [finding for finding in findings if finding.code.startswith("coverage")]
            self.stdout.write(coverage_table(content))
        if figures:
            self.stdout.write(figures_table(courses))
        if options["format"] == "json":
            self.stdout.write(as_json(findings))
        else:
            self.report(findings, with_notices=notices or strict)
        failing = [finding for finding in findings if strict or finding.level == Level.ERROR]
        if failing:
            raise CommandError(f"{len(failing)} to mend in the content.")

    def report(self, findings: list[Finding], *, with_notices: bool) -> None:
        errors = [finding for finding in findings if finding.level == Level.ERROR]
        counts = Counter(finding.code for finding in findings if finding.level == Level.NOTICE)
        for finding in findings if with_notices else errors:
            self.stdout.write(str(finding))
        listed = "" if with_notices else ", ".join(f"{code} {count}" for code, count in sorted(counts.items()))
        self.stdout.write(f"{len(errors)} errors, {counts.total()} notices{listed and f' ({listed})'}.")


def as_json(findings: list[Finding]) -> str:
    rows = [
        {
            "file": f"{finding.place.file}{finding.place.anchor}",
            "line": finding.place.line,
            "code": finding.code,
            "level": finding.level,
            "message": finding.message,
        }
        for finding in findings
    ]
    return json.dumps(rows, ensure_ascii=False, indent=1)


def figures_table(courses: Iterable[CourseContent]) -> str:
    """Words, the longest way through a case, reading ease, and what there is to do, by lesson; the whole last."""
    lines = []
    for course in courses:
        lines += [course.slug, row("lesson", "kind", "words", "case", "LIX", *COUNTED)]
        documents = [*course.lessons, *([course.guide] if course.guide else [])]
        counts = [counted(document) for document in documents]
        for document, numbers in zip(documents, counts, strict=True):
            case = sum(len(words(longest_path(block))) for block in document.blocks if block.type == "case")
            ease = f"{lix(document.prose):.1f}"
            lines.append(row(document.slug, document.kind, len(words(document.prose)), case, ease, *numbers))
        totals = [sum(column) for column in zip(*counts, strict=True)]
        lines.append(row("all lessons", "", len(words(course.prose)), "", f"{lix(course.prose):.1f}", *totals))
    return "\n".join(lines)


def counted(document: Document) -> list[int]:
    return [
        document.count(*QUIZ_TYPES),
        document.count("reflection"),
        sum(len(block.value["items"]) for block in document.blocks if block.type == "sources"),
        document.count("law"),
        sum(map(script_words, document.blocks)),
    ]


def row(name: str, kind: str, *cells: object) -> str:
    return f"  {name:42} {kind:9} " + " ".join(f"{cell:>8}" for cell in cells)
