"""Who gets which onboarding path, and until when."""

from datetime import date
from typing import Any

import pytest
from django.core.management import call_command

from learning.actions import assign_onboarding_paths
from learning.models import LearningPathPage, PathAssignment
from learning.queries import get_assigned_paths
from people import actions
from people.models import Membership, User
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def fact(home: Any) -> LearningPathPage:
    return factories.LearningPathPageFactory.create(title="FACT", onboarding_for="FACT")


@pytest.fixture
def young(home: Any) -> LearningPathPage:
    return factories.LearningPathPageFactory.create(title="FACT ung", onboarding_for="FACT_UNG")


def join(person: User, programme: str, due_on: date | None = date(2027, 1, 1)) -> Membership:
    """As an approval would; the deadline is set and the news sent at once."""
    team = factories.TeamFactory.create(programme=programme)
    membership = actions.add_member(person=person, team=team)
    actions.set_onboarding_deadline(membership=membership, due_on=due_on)
    assign_onboarding_paths(person=person)
    return membership


def assigned(person: User) -> dict[str, date | None]:
    return {found.page.title: found.due_on for found in get_assigned_paths(person=person, language="nb")}


@pytest.mark.parametrize(
    ("programme", "title"),
    [
        ("FACT", "FACT"),
        ("FACT_UNG", "FACT ung"),
        ("ACT", "FACT"),
        ("D_FACT", "FACT"),
        ("OTHER", "FACT"),
        ("UNSPECIFIED", "FACT"),
    ],
)
def test_path_follows_the_teams_programme(
    learner: User, fact: LearningPathPage, young: LearningPathPage, programme: str, title: str
) -> None:
    join(learner, programme)
    assert assigned(learner) == {title: date(2027, 1, 1)}


def test_young_team_gets_the_common_path_where_it_has_none_of_its_own(learner: User, fact: LearningPathPage) -> None:
    join(learner, "FACT_UNG")
    assert assigned(learner) == {"FACT": date(2027, 1, 1)}


def test_nothing_is_assigned_where_there_is_no_path(learner: User, young: LearningPathPage) -> None:
    join(learner, "FACT")
    assert not PathAssignment.objects.exists()


def test_draft_is_not_assigned(learner: User, fact: LearningPathPage) -> None:
    LearningPathPage.objects.update(live=False)
    join(learner, "FACT")
    assert not PathAssignment.objects.exists()


def test_several_teams_make_one_assignment_with_the_earliest_deadline(learner: User, fact: LearningPathPage) -> None:
    join(learner, "FACT", date(2027, 3, 1))
    early = join(learner, "ACT", date(2027, 2, 1))
    join(learner, "D_FACT", None)
    assert assigned(learner) == {"FACT": date(2027, 2, 1)}
    actions.end_membership(membership=early, by=learner)
    assign_onboarding_paths(person=learner)
    assert assigned(learner) == {"FACT": date(2027, 3, 1)}


def test_two_programmes_make_two_assignments_the_nearest_first(
    learner: User, fact: LearningPathPage, young: LearningPathPage
) -> None:
    join(learner, "FACT", None)
    join(learner, "FACT_UNG", date(2027, 2, 1))
    assert list(assigned(learner).items()) == [("FACT ung", date(2027, 2, 1)), ("FACT", None)]


def test_assignment_goes_with_the_last_team_that_asks_for_it(learner: User, fact: LearningPathPage) -> None:
    membership = join(learner, "FACT")
    actions.end_membership(membership=membership, by=learner)
    assign_onboarding_paths(person=learner)
    assert not PathAssignment.objects.exists()


def test_assigning_again_changes_nothing(learner: User, fact: LearningPathPage) -> None:
    join(learner, "FACT")
    before = list(PathAssignment.objects.values())
    assign_onboarding_paths(person=learner)
    assert list(PathAssignment.objects.values()) == before


def test_news_of_a_membership_is_heard(
    learner: User, fact: LearningPathPage, django_capture_on_commit_callbacks: Any
) -> None:
    """Request, approval, a new deadline and the end, as the pages do them."""
    team = factories.TeamFactory.create(programme="FACT")
    leader = factories.make_leader(team)
    with django_capture_on_commit_callbacks(execute=True):
        request = actions.ask_to_join(person=learner, team=team)
    with django_capture_on_commit_callbacks(execute=True):
        membership = actions.approve_request(request=request, by=leader, started_on=date(2026, 12, 1))
    assert assigned(learner) == {"FACT": date(2027, 3, 1)}
    with django_capture_on_commit_callbacks(execute=True):
        actions.set_onboarding_deadline(membership=membership, due_on=date(2027, 5, 17))
    assert assigned(learner) == {"FACT": date(2027, 5, 17)}
    with django_capture_on_commit_callbacks(execute=True):
        actions.end_membership(membership=membership, by=leader)
    assert assigned(learner) == {}


def test_path_is_shown_in_the_readers_language_where_it_exists(learner: User, fact: LearningPathPage) -> None:
    join(learner, "FACT")
    danish = factories.LearningPathPageFactory.create(
        title="FACT på dansk", locale=factories.make_locale("da"), translation_key=fact.translation_key
    )
    assert [found.page for found in get_assigned_paths(person=learner, language="da")] == [danish]
    assert [found.page for found in get_assigned_paths(person=learner, language="en")] == [fact]


def test_command_catches_up_when_an_editor_names_a_path_later(learner: User, home: Any, capsys: Any) -> None:
    join(learner, "FACT")
    path = factories.LearningPathPageFactory.create(title="FACT", onboarding_for="FACT")
    call_command("assign_onboarding_paths")
    assert capsys.readouterr().out == "1 people looked through.\n"
    assert PathAssignment.objects.get().path_key == path.translation_key
