"""What a lesson says of its rules: when they were checked, and that somebody should ask."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation
from wagtail.models import Page

from courses.law_notice import LawNotice, make_law_notice
from courses.models import CoursePage, LegalReference, LessonPage
from courses.models.legal import CHECK_EVERY
from courses.urls_of import page_path
from learning.models import LearningPathPage
from tests import factories

FRESH = date(2026, 4, 13)


def notice(*, rules: int = 2, unchecked: int = 0, oldest: date | None = FRESH, is_overdue: bool = False) -> LawNotice:
    return LawNotice(("NO",), rules, unchecked, oldest, is_overdue)


@pytest.mark.parametrize(
    ("notice", "nb", "da", "en"),
    [
        (
            notice(),
            "Reglene i denne leksjonen ble sist kontrollert 13. april 2026. Spør en jurist ved tvil.",
            "Reglerne i denne lektion blev sidst kontrolleret 13. april 2026. Spørg en jurist, hvis du er i tvivl.",
            "The rules in this lesson were last checked on 13 April 2026. If in doubt, ask a lawyer.",
        ),
        (
            notice(rules=1, is_overdue=True),
            "Regelen i denne leksjonen ble sist kontrollert 13. april 2026. "
            "Det er mer enn et halvt år siden, så en ny kontroll trengs. Spør en jurist ved tvil.",
            "Reglen i denne lektion blev sidst kontrolleret 13. april 2026. "
            "Det er mere end et halvt år siden, så der er brug for en ny kontrol. Spørg en jurist, hvis du er i tvivl.",
            "The rule in this lesson was last checked on 13 April 2026. "
            "That is more than six months ago, so a new check is needed. If in doubt, ask a lawyer.",
        ),
        (
            notice(unchecked=1),
            "Reglene i denne leksjonen ble sist kontrollert 13. april 2026. 1 av dem er ikke kontrollert ennå. "
            "Spør en jurist ved tvil.",
            "Reglerne i denne lektion blev sidst kontrolleret 13. april 2026. "
            "1 af dem er ikke kontrolleret endnu. Spørg en jurist, hvis du er i tvivl.",
            "The rules in this lesson were last checked on 13 April 2026. 1 of them has not been checked yet. "
            "If in doubt, ask a lawyer.",
        ),
        (
            notice(unchecked=2, oldest=None),
            "Reglene i denne leksjonen er ikke kontrollert ennå. Spør en jurist ved tvil.",
            "Reglerne i denne lektion er ikke kontrolleret endnu. Spørg en jurist, hvis du er i tvivl.",
            "The rules in this lesson have not been checked yet. If in doubt, ask a lawyer.",
        ),
    ],
)
def test_the_words_in_three_languages(notice: LawNotice, nb: str, da: str, en: str) -> None:
    for language, words in (("nb", nb), ("da", da), ("en", en)):
        with translation.override(language):
            assert notice.text == words


def test_the_oldest_check_counts_and_each_rule_once() -> None:
    today = timezone.localdate()
    rules = [
        LegalReference(pk=1, jurisdiction="EU", checked_on=today),
        LegalReference(pk=2, jurisdiction="NO", checked_on=today - CHECK_EVERY),
        LegalReference(pk=2, jurisdiction="NO", checked_on=today - CHECK_EVERY),
    ]
    found = make_law_notice(rules)
    assert found == LawNotice(("NO", "EU"), 2, 0, today - CHECK_EVERY, False)
    assert (found.law, found.needs_check) == ("Norsk rett, EU- og EØS-rett", False)
    rules[1].checked_on = today - CHECK_EVERY - timedelta(days=1)
    overdue = make_law_notice(rules[:2])
    assert overdue is not None
    assert overdue.needs_check
    rules[1].checked_on = None
    assert make_law_notice(rules[:2]) == LawNotice(("NO", "EU"), 2, 1, today, False)
    assert make_law_notice([]) is None


def lesson_with(course: CoursePage, references: list[LegalReference]) -> LessonPage:
    blocks = [("law", {"reference": reference.pk, "note": ""}) for reference in references]
    return factories.LessonPageFactory.create(parent=course, body=factories.make_body(*blocks))


@pytest.fixture
def course(db: None) -> CoursePage:
    return factories.CoursePageFactory.create()


def test_a_lesson_with_law_says_when_it_was_checked_and_one_without_says_nothing(
    course: CoursePage, client: Client
) -> None:
    reference = factories.LegalReferenceFactory.create(open_question="Er dette riktig?")
    lesson = lesson_with(course, [reference])
    path: LearningPathPage = factories.LearningPathPageFactory.create(courses=[course])
    inside = f"{page_path(path)}{course.slug}/{lesson.slug}/"
    for address in (page_path(lesson), inside):
        page = client.get(address).content.decode()
        assert page.count('class="law-notice"') == 1
        assert "<strong>Norsk rett.</strong> Regelen i denne leksjonen ble sist kontrollert" in page
        assert page.index("law-notice") < page.index("lesson-body")
        assert "Er dette riktig?" not in page
    without = factories.LessonPageFactory.create(parent=course)
    assert "law-notice" not in client.get(page_path(without)).content.decode()


def test_a_rule_nobody_has_checked_says_so(course: CoursePage, client: Client) -> None:
    lesson = lesson_with(course, [factories.LegalReferenceFactory.create(checked_on=None, checked_by="")])
    page = client.get(page_path(lesson)).content.decode()
    assert 'class="law-notice needs-check"' in page
    assert "Regelen i denne leksjonen er ikke kontrollert ennå." in page
    assert "Ikke kontrollert</span>" in page
    assert "Sist kontrollert" not in page


@pytest.mark.parametrize("count", [1, 10])
def test_the_notice_costs_no_query_of_its_own(course: CoursePage, count: int, django_assert_num_queries: Any) -> None:
    references = [factories.LegalReferenceFactory.create(paragraph=f"§ {number}") for number in range(count)]
    pk = lesson_with(course, references).pk
    lesson = Page.objects.get(pk=pk).specific
    with django_assert_num_queries(1):
        assert lesson.law_notice.rules == count
        assert [block.value["reference"] for block in lesson.body] == references
