"""The list for the lawyer: every rule, every open question, and the lessons that link to them."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from courses.packages.reader import read_package
from home.management.commands import legal_review


def test_document_holds_every_rule_and_what_to_verify() -> None:
    written = (settings.BASE_DIR / "docs" / "legal-review.md").read_text(encoding="utf-8")
    rules = read_package(settings.BASE_DIR / "home" / "starter" / "courses" / legal_review.CANONICAL).references
    missing = [
        key
        for key, rule in rules.items()
        if f"`{key}`" not in written or rule.summary not in written or rule.open_question not in written
    ]
    assert missing == [], "run manage.py legal_review"


def test_command_leaves_what_stands_above_the_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "legal-review.md"
    file.write_text(f"# Til juristen\n\n{legal_review.MARK}\n\nWritten last year.\n", encoding="utf-8")
    monkeypatch.setattr(legal_review, "FILE", file)

    call_command("legal_review")

    above, _mark, below = file.read_text(encoding="utf-8").partition(legal_review.MARK)
    assert above == "# Til juristen\n\n"
    assert "Written last year." not in below
    row = next(line for line in below.splitlines() if "(`phvl-3-5`)" in line)
    assert row.startswith("| § 3-5 (`phvl-3-5`) | Tvungent vern uten døgnopphold kan brukes")
    assert "juridiske-utfordringer/tvang-og-frivillighet" in row
