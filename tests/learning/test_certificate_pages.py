"""One's own certificates, the page where anyone checks one, and the list of those who may revoke."""

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from courses.actions import set_up_training_team
from learning.actions import let_groups_revoke, reissue_certificate, revoke_certificate, set_shows_name
from learning.models import Certificate, Enrolment
from people.models import User
from people.own_data.actions import delete_person
from people.typesetting.codes import show_code
from tests import factories
from tests.learning.certificates import certify, complete, make_course, noon_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def holder(home) -> User:
    return factories.UserFactory.create(first_name="Kari", last_name="Østby")


@pytest.fixture
def certificate(holder: User) -> Certificate:
    return certify(holder)


def check(client: Client, code: str, status: int = 200) -> str:
    answer = client.get(f"/bevis/{code}/")
    assert answer.status_code == status
    assert answer["X-Robots-Tag"] == "noindex"
    page = " ".join(answer.content.decode().split())
    assert '<meta name="robots" content="noindex">' in page
    assert "no-store" in answer["Cache-Control"]
    return page


# --- anyone checks ---------------------------------------------------------------------------------------


def test_anyone_with_the_code_sees_that_it_is_genuine(client: Client, certificate: Certificate) -> None:
    page = check(client, certificate.code)
    assert "Beviset er ekte" in page
    assert "Kari Østby" in page
    assert "Kommunikasjon i FACT-team" in page
    assert "1,5 timer" in page
    assert show_code(certificate.code) in page
    assert certificate.learner.email not in page


def test_the_name_is_shown_only_if_the_holder_lets_it(client: Client, certificate: Certificate) -> None:
    set_shows_name(certificate=certificate, shows_name=False)
    page = check(client, certificate.code)
    assert "Beviset er ekte" in page
    assert "Kari" not in page
    assert "Innehaveren har valgt å ikke vise navnet her." in page


def test_one_that_has_run_out_says_when(client: Client, holder: User) -> None:
    with noon_of("2026-01-15"):
        old = certify(holder, make_course(certificate_valid_months=6))
    page = check(client, old.code)
    assert "Beviset er ekte, men har gått ut" in page
    assert "Det gjaldt til 15. juli 2026." in page


def test_one_that_is_revoked_says_when_and_why_and_not_whose(
    client: Client, certificate: Certificate, administrator: User
) -> None:
    with noon_of("2026-11-20"):
        revoke_certificate(certificate=certificate, reason="not_own_work", by=administrator)
    page = check(client, certificate.code)
    assert "Beviset er trukket tilbake" in page
    assert "20. november 2026" in page
    assert "Kurset ble ikke tatt av den som står på beviset" in page
    assert "Østby" not in page
    assert str(administrator) not in page


def test_one_that_is_replaced_leads_on_and_keeps_the_old_name_to_itself(
    client: Client, certificate: Certificate
) -> None:
    certificate.learner.first_name = "Nora"
    certificate.learner.save()
    new = reissue_certificate(certificate=certificate)
    page = check(client, certificate.code)
    assert "Beviset er erstattet av et nytt" in page
    assert f'href="/bevis/{new.code}/"' in page
    assert "Kari" not in page
    assert "Nora" not in page
    assert "Nora Østby" in check(client, new.code)


def test_unknown_impossible_and_deleted_codes_get_the_same_answer(
    client: Client, certificate: Certificate, holder: User
) -> None:
    delete_person(person=holder)
    assert not Certificate.objects.exists()
    answers = {
        check(client, code, 404).replace(code, "…") for code in (certificate.code, "333333333333", "finnes-ikke")
    }
    assert len(answers) == 1
    assert "Vi finner ikke noe bevis med denne koden" in answers.pop()


def test_a_code_is_found_as_it_is_typed(client: Client, certificate: Certificate) -> None:
    typed = show_code(certificate.code).lower()
    assert client.get("/bevis/", {"kode": f" {typed} "}).url == f"/bevis/{certificate.code}/"
    assert client.get(f"/bevis/{typed}/").url == f"/bevis/{certificate.code}/"
    assert client.get(f"/en/bevis/{certificate.code}/").status_code == 200
    answer = client.get("/bevis/", {"kode": '"><b>'})
    assert answer.status_code == 422
    assert "Dette er ikke en kode." in answer.content.decode()
    assert "<b>" not in answer.content.decode()
    assert client.get("/bevis/").status_code == 200


def test_codes_cannot_be_tried_out_by_the_thousand(client: Client, certificate: Certificate) -> None:
    statuses = [client.get("/bevis/333333333333/").status_code for _ in range(61)]
    assert statuses == [404] * 60 + [429]
    assert "Det gikk litt fort" in check(client, certificate.code, 429)
    cache.clear()
    check(client, certificate.code)


def test_whoever_reads_another_language_is_offered_it(client: Client, certificate: Certificate) -> None:
    address = f"/bevis/{certificate.code}/"
    english = client.get(address, headers={"accept-language": "en-GB,en;q=0.9,nb;q=0.5"}).content.decode()
    assert english.count(f'href="/en{address}"') == 2  # the menu, and a line of its own
    norwegian = client.get(address, headers={"accept-language": "nb-NO,nb;q=0.9"}).content.decode()
    assert norwegian.count(f'href="/en{address}"') == 1


def test_checking_costs_two_queries_and_no_session(
    client: Client, certificate: Certificate, django_assert_num_queries
) -> None:
    client.get(f"/bevis/{certificate.code}/")
    with django_assert_num_queries(2):  # the certificate, and the site's links
        answer = client.get(f"/bevis/{certificate.code}/")
    assert not answer.cookies


# --- one's own -------------------------------------------------------------------------------------------


def test_the_page_issues_what_is_missing(client: Client, holder: User) -> None:
    complete(holder, make_course())
    client.force_login(holder)
    page = client.get("/kursbevis/").content.decode()
    certificate = Certificate.objects.get(learner=holder)
    assert show_code(certificate.code) in page
    assert f"/kursbevis/{certificate.code}/pdf/" in page
    assert f"http://127.0.0.1:8000/bevis/{certificate.code}/" in page


def test_without_a_name_the_page_asks_for_it_first(client: Client, holder: User) -> None:
    holder.first_name = holder.last_name = ""
    holder.save()
    complete(holder, make_course())
    client.force_login(holder)
    page = client.get("/kursbevis/").content.decode()
    assert "Et kursbevis venter på navnet ditt" in page
    assert reverse("people:profile") in page
    assert not Certificate.objects.exists()


ADDRESSES = ["pdf/", "digitalt.svg", "digitalt.jwt"]
CHANGES = ["navn/", "nytt-navn/", "forny/"]


@pytest.mark.parametrize("who", ["holder", "other", "leader", "administrator", "anonymous"])
def test_ones_own_certificates_are_for_oneself(
    client: Client, certificate: Certificate, administrator: User, who: str
) -> None:
    team = factories.TeamFactory.create()
    factories.MembershipFactory.create(person=certificate.learner, team=team)
    people = {
        "holder": certificate.learner,
        "other": factories.UserFactory.create(),
        "leader": factories.make_leader(team),
        "administrator": administrator,
    }
    if who in people:
        client.force_login(people[who])
    expected = {"holder": 200, "anonymous": 302}.get(who, 404)
    got = [client.get(f"/kursbevis/{certificate.code}/{address}").status_code for address in ADDRESSES]
    assert got == [expected] * 3
    changed = [client.post(f"/kursbevis/{certificate.code}/{address}").status_code for address in CHANGES]
    assert changed == ([302] * 3 if who in ("holder", "anonymous") else [404] * 3)
    certificate.refresh_from_db()
    assert certificate.shows_name == (who != "holder")
    assert Enrolment.objects.filter(learner=certificate.learner).count() == (2 if who == "holder" else 1)
    assert client.get(f"/kursbevis/{certificate.code}/navn/").status_code == (302 if who == "anonymous" else 405)


def test_the_pdf_is_a_file_to_keep(client: Client, certificate: Certificate) -> None:
    client.force_login(certificate.learner)
    answer = client.get(f"/kursbevis/{certificate.code}/pdf/")
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="kursbevis-kommunikasjon-i-fact-team.pdf"'
    assert "no-store" in answer["Cache-Control"]
    assert answer.content.startswith(b"%PDF-1.7")


def test_what_is_revoked_or_replaced_is_no_file_any_more(
    client: Client, certificate: Certificate, administrator: User
) -> None:
    holder = certificate.learner
    client.force_login(holder)
    holder.last_name = "Berg"
    holder.save()
    assert client.post(f"/kursbevis/{certificate.code}/nytt-navn/").status_code == 302
    new = Certificate.objects.get(replaces=certificate)
    revoke_certificate(certificate=new, reason="mistake", by=administrator)
    for each in (certificate, new):
        assert client.get(f"/kursbevis/{each.code}/pdf/").status_code == 403
    page = " ".join(client.get("/kursbevis/").content.decode().split())
    assert "Utstedt ved en feil" in page
    assert f"/bevis/{certificate.code}/" in page  # the earlier one
    assert "/pdf/" not in page
    assert client.post(f"/kursbevis/{new.code}/forny/").status_code == 403


def test_the_name_is_hidden_and_shown_again(client: Client, certificate: Certificate) -> None:
    client.force_login(certificate.learner)
    address = f"/kursbevis/{certificate.code}/navn/"
    for sent, shown in (({}, False), ({"shows_name": "on"}, True)):
        client.post(address, sent)
        certificate.refresh_from_db()
        assert certificate.shows_name == shown


def test_renewing_leads_to_the_course(client: Client, holder: User) -> None:
    course = make_course(certificate_valid_months=1)
    certificate = certify(holder, course)
    client.force_login(holder)
    assert "Forny" in client.get("/kursbevis/").content.decode()
    answer = client.post(f"/kursbevis/{certificate.code}/forny/")
    assert answer.url == f"/laer/kurs/{course.slug}/"
    attempts = Enrolment.objects.filter(learner=holder).order_by("attempt").values_list("attempt", "completed_at")
    assert [(attempt, at is None) for attempt, at in attempts] == [(1, False), (2, True)]
    course.unpublish()
    Enrolment.objects.filter(learner=holder, attempt=2).delete()
    answer = client.post(f"/kursbevis/{certificate.code}/forny/", follow=True)
    assert "Kurset er ikke i Flett nå" in answer.content.decode()


@pytest.mark.parametrize("count", [1, 30])
def test_ones_own_page_costs_the_same_for_one_and_for_thirty(
    client: Client, holder: User, django_assert_num_queries, count: int
) -> None:
    course = make_course()
    for _ in range(count):
        certify(factories.UserFactory.create(), course)
    first = certify(holder, course)
    for number in range(count - 1):
        Certificate.objects.create(
            code=f"{number:012d}",
            completion=first.completion,
            learner=holder,
            kind="course",
            subject_key=factories.CoursePageFactory.create().translation_key,
            holder_name="Kari",
            title=f"Kurs {number}",
            version=1,
            issuer="Flett",
            completed_on=first.completed_on,
            replaces=Certificate.objects.order_by("pk").last(),
        )
    client.force_login(holder)
    client.get("/kursbevis/")
    with django_assert_num_queries(7):  # one is for what the forum puts below: certificates of attendance
        page = client.get("/kursbevis/").content.decode()
    assert page.count("<article") == count


# --- those who may revoke --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "may"), [("author", True), ("reviewer", True), ("administrator", True), ("editor elsewhere", False)]
)
def test_the_admins_list_is_for_those_who_may_revoke(
    client: Client, certificate: Certificate, administrator: User, who: str, may: bool
) -> None:
    groups = set_up_training_team(section=factories.make_course_index())
    let_groups_revoke(groups)
    elsewhere = set_up_training_team(
        section=factories.CourseIndexPageFactory.create(title="Andre kurs"), authors="Andre", reviewers="Andres"
    )
    people = {name: factories.UserFactory.create() for name in ("author", "reviewer", "editor elsewhere")}
    for person, group in zip(people.values(), (*groups, elsewhere[0]), strict=True):
        person.groups.add(group)
    client.force_login({**people, "administrator": administrator}[who])
    everything = client.get("/admin/learning/certificates/")
    found = client.get("/admin/learning/certificates/", {"q": show_code(certificate.code).lower()})
    one = client.get(f"/admin/certificates/{certificate.pk}/revoke/")
    done = client.post(f"/admin/certificates/{certificate.pk}/revoke/", {"reason": "mistake"})
    certificate.refresh_from_db()
    if not may:
        assert [answer.status_code for answer in (everything, found, one, done)] == [302] * 4
        assert certificate.revoked_at is None
        return
    assert certificate.code not in everything.content.decode()  # nobody leafs through who has which
    assert certificate.code in found.content.decode()
    assert "Kari Østby" in one.content.decode()
    assert (certificate.revoked_reason, certificate.revoked_by) == (
        "mistake",
        User.objects.get(pk=done.wsgi_request.user.pk),
    )
    assert certificate.code in client.get("/admin/learning/certificates/").content.decode()
    again = client.post(f"/admin/certificates/{certificate.pk}/revoke/", {"reason": "misuse"}, follow=True)
    assert "Beviset er allerede trukket tilbake." in again.content.decode()


@pytest.mark.parametrize("what", ["new/", "edit/{pk}/", "delete/{pk}/"])
def test_nobody_makes_changes_or_deletes_one(administrator_client: Client, certificate: Certificate, what: str) -> None:
    address = f"/admin/learning/certificates/{what.format(pk=certificate.pk)}"
    for answer in (administrator_client.get(address), administrator_client.post(address, {"title": "Annet"})):
        assert answer.status_code in (302, 404)
    certificate.refresh_from_db()
    assert certificate.title == "Kommunikasjon i FACT-team"
    assert Certificate.objects.count() == 1


def test_revoking_asks_for_a_reason(administrator_client: Client, certificate: Certificate) -> None:
    answer = administrator_client.post(f"/admin/certificates/{certificate.pk}/revoke/", {"reason": "fordi"})
    assert answer.status_code == 200
    certificate.refresh_from_db()
    assert certificate.revoked_at is None
