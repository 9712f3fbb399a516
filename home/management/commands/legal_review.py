"""Writes the list a lawyer goes through, from the law references the starter courses bring."""

from collections import defaultdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from courses.packages.format import LegalEntry
from courses.packages.reader import read_package

CANONICAL = "juridiske-utfordringer"
MARK = "<!-- Under dette merket skriver `manage.py legal_review`. -->"
FILE = settings.BASE_DIR / "docs" / "legal-review.md"


class Command(BaseCommand):
    help = "Write docs/legal-review.md below its mark. What stands above it is left alone."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        above, mark, _below = FILE.read_text(encoding="utf-8").partition(MARK)
        FILE.write_text(f"{above}{mark}\n\n{review_tables()}", encoding="utf-8")


def review_tables() -> str:
    """One table for each law: the rule, what Flett says of it, what to verify, and which lessons link to it."""
    used: dict[str, list[str]] = defaultdict(list)
    rules: dict[str, LegalEntry] = {}
    for folder in sorted((settings.BASE_DIR / "home" / "starter" / "courses").iterdir()):
        package = read_package(folder)
        for lesson in package.lessons:
            for key in dict.fromkeys(block.value["reference"] for block in lesson.blocks if block.type == "law"):
                used[key].append(f"{package.course.slug}/{lesson.slug}")
        if package.course.slug == CANONICAL:
            rules = package.references
    laws: dict[str, list[str]] = defaultdict(list)
    for key, rule in sorted(rules.items()):
        laws[rule.law].append(review_row(key, rule, used[key]))
    heading = "| Regel | Hva vi sier | Gjelder fra | Lest | Å kontrollere | Brukt i |\n|---|---|---|---|---|---|\n"
    return (
        "\n\n".join(f"## {law.capitalize()}\n\n{heading}" + "\n".join(rows) for law, rows in sorted(laws.items()))
        + "\n"
    )


def review_row(key: str, rule: LegalEntry, lessons: list[str]) -> str:
    cells = [
        f"{rule.paragraph} (`{key}`)",
        rule.summary,
        rule.valid_from.isoformat() if rule.valid_from else "ukjent",
        rule.checked_on.isoformat() if rule.checked_on else "**ikke kontrollert**",
        rule.open_question or "At oppsummeringen er dekkende.",
        "<br>".join(lessons) or "ingen leksjon",
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
