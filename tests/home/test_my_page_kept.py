"""«Min side» is kept for each person; whatever it shows is shown as it is, at once, and to nobody else."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from courses.models import CoursePage
from learning.actions import assign_onboarding_paths, complete_lesson, revoke_certificate, start_again
from learning.models import LearningPathPage
from people import actions, team_actions
from people.models import Invitation, JoinRequest, Membership, Team, TeamRole, User
from people.own_data.actions import delete_person, save_profile
from tests import factories
from tests.learning.certificates import certify, make_course
from tests.people.cast import make_person

pytestmark = pytest.mark.django_db

TOKENS = re.compile(r'(?<=name="csrfmiddlewaretoken" value=")[^"]+')


class Cast:
    """Kari with a team she leads, one she is in, one she is invited to, one she has asked, and a certificate."""

    def __init__(self) -> None:
        self.kari, self.ola = make_person("kari"), make_person("ola")
        EmailAddress.objects.create(user=self.kari, email="kari@arbeid.example", verified=False)
        self.administrator = make_person("admin", is_superuser=True)
        self.nurse = factories.TeamRoleFactory.create(name="Sykepleier")
        lead = factories.TeamRoleFactory.create(name="Teamleder", leads_team=True)
        self.led, self.own, self.other, self.asked = (
            factories.TeamFactory.create(name=name, slug=name.lower(), programme="FACT")
            for name in ("Ledet", "Eget", "Annet", "Spurt")
        )
        course = factories.CoursePageFactory.create()
        self.lesson = factories.LessonPageFactory.create(parent=course, published=True)
        factories.LessonPageFactory.create(parent=course, published=True)
        self.path = factories.LearningPathPageFactory.create(
            title="Grunnopplæring", slug="grunn", onboarding_for="FACT", courses=[course]
        )
        actions.add_member(person=self.kari, team=self.led, roles=[lead])
        self.membership = actions.add_member(person=self.kari, team=self.own, roles=[self.nurse])
        assign_onboarding_paths(person=self.kari)
        self.waiting = actions.ask_to_join(person=self.ola, team=self.led)
        self.request = actions.ask_to_join(person=self.kari, team=self.asked)
        self.invitation = self.invite(self.kari.email)
        self.certificate = certify(self.kari, make_course())
        self.support = factories.SupportGroupMembershipFactory.create(person=self.kari)

    def invite(self, email: str) -> Invitation:
        invitation = Invitation.objects.create(
            team=self.other, email=email, invited_by=self.ola, expires_at=timezone.now() + timedelta(days=5)
        )
        invitation.roles.set([self.nurse])
        return invitation


@pytest.fixture
def cast(home: Any) -> Cast:
    return Cast()


def page_of(client: Client, address: str = "/min-side/") -> str:
    response = client.get(address)
    assert response.status_code == 200
    return TOKENS.sub("", response.content.decode())


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def rename_team(cast: Cast) -> None:
    cast.own.name = "Nytt navn"
    team_actions.save_team(team=cast.own)


def rename_role(cast: Cast) -> None:
    cast.nurse.name = "Sjukepleiar"
    team_actions.save_entry(entry=cast.nurse)


def close_team(cast: Cast) -> None:
    team_actions.edit_team(
        team=cast.other, about="", contact_route="", municipalities="", hospital_trust="", phase=Team.Phase.CLOSED
    )


def verify_address(cast: Cast) -> None:
    actions.revoke_invitation(invitation=cast.invitation)
    cast.invite("kari@arbeid.example")
    page_of(client_of(cast.kari))
    address = EmailAddress.objects.get(email="kari@arbeid.example")
    address.set_verified(commit=True)


def lose_address(cast: Cast) -> None:
    EmailAddress.objects.get(email=cast.kari.email).delete()


def deactivate_asker(cast: Cast) -> None:
    cast.ola.is_active = False
    cast.ola.save(update_fields=["is_active"])


def revoke(cast: Cast) -> None:
    revoke_certificate(certificate=cast.certificate, reason="mistake", by=cast.administrator)


def rename_path(cast: Cast) -> None:
    page = LearningPathPage.objects.get(pk=cast.path.pk)
    page.title = "Grunnkurs"
    page.save_revision().publish()


CHANGES: dict[str, Callable[[Cast], Any]] = {
    "ask to join": lambda cast: actions.ask_to_join(
        person=cast.kari, team=factories.TeamFactory.create(name="Nyspurt")
    ),
    "withdraw": lambda cast: actions.withdraw_request(request=cast.request),
    "own request approved": lambda cast: actions.approve_request(request=cast.request, by=cast.administrator),
    "own request refused": lambda cast: actions.refuse_request(request=cast.request, by=cast.administrator),
    "somebody asks": lambda cast: actions.ask_to_join(person=make_person("eva"), team=cast.led),
    "somebody withdraws": lambda cast: actions.withdraw_request(request=cast.waiting),
    "somebody approved": lambda cast: actions.approve_request(request=cast.waiting, by=cast.kari),
    "somebody refused": lambda cast: actions.refuse_request(request=cast.waiting, by=cast.kari),
    "asker deleted": lambda cast: delete_person(person=cast.ola),
    "asker deactivated": deactivate_asker,
    "accept": lambda cast: actions.accept_invitation(invitation=cast.invitation, person=cast.kari),
    "invitation taken back": lambda cast: actions.revoke_invitation(invitation=cast.invitation),
    "invitation deleted": lambda cast: Invitation.objects.all().delete(),
    "address verified": verify_address,
    "address lost": lose_address,
    "member": lambda cast: actions.add_member(person=cast.kari, team=cast.other),
    "not a member": lambda cast: actions.end_membership(membership=cast.membership, by=cast.kari),
    "roles": lambda cast: actions.set_roles(membership=cast.membership, roles=[]),
    "team renamed": rename_team,
    "team closed": close_team,
    "role renamed": rename_role,
    "role deleted": lambda cast: TeamRole.objects.get(pk=cast.nurse.pk).delete(),
    "out of support group": lambda cast: team_actions.end_support_membership(membership=cast.support),
    "own name": lambda cast: save_profile(person=cast.kari, first_name="Karianne", last_name="Ny", presentation=""),
    "tick": lambda cast: complete_lesson(
        learner=cast.kari, lesson_key=cast.lesson.translation_key, path_key=cast.path.translation_key
    ),
    "certificate": lambda cast: certify(cast.kari, make_course(title="Et kurs til")),
    "certificate revoked": revoke,
    "course begun again": lambda cast: start_again(
        learner=cast.kari, kind="course", subject_key=cast.certificate.subject_key
    ),
    "path renamed": rename_path,
    "course gone": lambda cast: CoursePage.objects.get(translation_key=cast.certificate.subject_key).unpublish(),
    "deadline": lambda cast: move_deadline(cast),
}


def move_deadline(cast: Cast) -> None:
    for membership in Membership.objects.filter(person=cast.kari):
        actions.set_onboarding_deadline(membership=membership, due_on=date(2031, 4, 9))
    assign_onboarding_paths(person=cast.kari)


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_shows_at_once(cast: Cast, name: str) -> None:
    """The kept page after the change is what a process shows that has kept nothing."""
    client = client_of(cast.kari)
    before = page_of(client)
    assert page_of(client) == before
    CHANGES[name](cast)
    after = page_of(client)
    for cache in caches.all(initialized_only=True):
        cache.clear()
    assert page_of(client) == after
    assert after != before


def test_it_is_kept(cast: Cast) -> None:
    """Session, reader, the stamps of content and learner together, and that of people."""
    client = client_of(cast.kari)
    client.get("/min-side/")
    with CaptureQueriesContext(connection) as captured:
        client.get("/min-side/")
    assert len(captured) == 4


def test_an_invitation_that_grows_too_old_is_gone_from_the_kept_page(cast: Cast, monkeypatch: Any) -> None:
    client = client_of(cast.kari)
    assert "Du er invitert til Annet" in page_of(client)
    later = cast.invitation.expires_at + timedelta(seconds=1)
    Invitation.objects.filter(pk=cast.invitation.pk).update(expires_at=timezone.now() + timedelta(seconds=1))
    for cache in caches.all(initialized_only=True):
        cache.clear()
    assert "Du er invitert til Annet" in page_of(client)
    day = timezone.localdate()
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *args: day)
    assert "Du er invitert til Annet" not in page_of(client)


def test_two_people_never_share(cast: Cast) -> None:
    own = page_of(client_of(cast.kari))
    others = page_of(client_of(cast.ola))
    assert "Sykepleier" in own
    assert cast.certificate.title in own
    assert str(cast.ola) not in own
    for word in ("Sykepleier", "Spurt", cast.certificate.title, str(cast.kari), cast.kari.email):
        assert word not in others
    assert page_of(client_of(cast.kari)) == own


def test_each_language_is_kept_by_itself(cast: Cast) -> None:
    client = client_of(cast.kari)
    page_of(client)
    assert '<html lang="en"' in page_of(client, "/en/min-side/")
    assert '<html lang="nb"' in page_of(client)


def test_the_form_of_a_kept_page_has_the_token_of_its_own_request(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.kari)
    client.get("/min-side/")
    found = [TOKENS.findall(client.get("/min-side/").content.decode()) for _ in range(2)]
    assert found[0][0] != found[1][0]
    answer = client.post("/team/spurt/bli-med/trekk/", {"csrfmiddlewaretoken": found[1][0]})
    assert answer.status_code == 302, answer.content
    assert not JoinRequest.objects.pending().filter(person=cast.kari).exists()


def test_no_mention_of_rows_that_are_not_watched(cast: Cast) -> None:
    """Every table of people the page reads is one whose changes bump the stamp."""
    from people.receivers import STAMPED_MODELS

    client = client_of(cast.kari)
    client.get("/")
    for cache in caches.all(initialized_only=True):
        cache.clear()
    with CaptureQueriesContext(connection) as captured:
        client.get("/min-side/")
    read = {
        table for query in captured for table in re.findall(r'(?:FROM|JOIN) "?((?:people|account)_\w+)', query["sql"])
    }
    stamped = {model._meta.db_table for model in STAMPED_MODELS}
    stamped |= {
        field.remote_field.through._meta.db_table for model in STAMPED_MODELS for field in model._meta.many_to_many
    }
    assert read - stamped == {"people_peoplestamp"}
