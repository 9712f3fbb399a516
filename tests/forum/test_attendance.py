"""Certificates of attendance: who gets one, what stands on it, that it can be read, and when it is in force no more."""

import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from forum.actions.attendance import (
    NoNameError,
    NothingToReissueError,
    NotOverError,
    issue_to_all,
    local_days,
    reissue_certificate,
    set_shows_name,
    take_certificate,
)
from forum.attendance.pdf import certificate_url, make_pdf
from forum.models import AttendanceCertificate, Event, EventLeg, EventSignUp, ProgrammeItem
from forum.queries.event_after import count_hours, get_own_attendance
from people.models import User
from people.typesetting.codes import show_code
from tests import factories
from tests.forum.event_cast import make_arranger, make_event, sign_up
from tests.learning.test_certificate_pdf import HOSTILE, assert_pdfua, elements, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def event(home: Any) -> Event:
    return make_event(is_over=True, title="Nasjonal samling", place="Bergen")


@pytest.fixture
def arranger(event: Event) -> User:
    return make_arranger(event.space)


def take(own: EventSignUp) -> AttendanceCertificate:
    return take_certificate(person=own.person, sign_up=own)


def test_whoever_came_gets_one_and_the_same_the_next_time(event: Event) -> None:
    own = sign_up("kari", event, attended=True)
    certificate = take(own)
    assert (certificate.holder_name, certificate.title, certificate.organiser, certificate.place) == (
        "Kari Dal",
        "Nasjonal samling",
        event.space.name,
        "Bergen",
    )
    assert (certificate.hours, certificate.starts_on) == (Decimal(6), local_days(event)[0])
    assert take(own) == certificate
    with pytest.raises(IntegrityError), transaction.atomic():
        AttendanceCertificate.objects.create(
            sign_up=own, code="X" * 12, holder_name="x", starts_on=certificate.starts_on, ends_on=certificate.ends_on
        )


@pytest.mark.parametrize("attended", [None, False])
def test_whoever_did_not_come_gets_none(event: Event, attended: bool | None) -> None:
    own = sign_up("kari", event, attended=attended)
    with pytest.raises(PermissionDenied):
        take(own)


def test_nobody_gets_one_before_it_is_over_or_where_it_was_not_held(home: Any) -> None:
    own = sign_up("kari", make_event(), attended=True)
    cancelled = make_event(is_over=True, status="cancelled", cancelled_at=timezone.now())
    other = sign_up("ola", cancelled, attended=True)
    for each in (own, other):
        with pytest.raises(PermissionDenied):
            take(each)


def test_nobody_takes_another_s(event: Event) -> None:
    own = sign_up("kari", event, attended=True)
    with pytest.raises(PermissionDenied):
        take_certificate(person=sign_up("ola", event, attended=True).person, sign_up=own)


def test_it_is_issued_to_all_who_came_in_one_go(arranger: User, event: Event) -> None:
    for number in range(3):
        sign_up(f"p{number}", event, attended=True)
    sign_up("away", event, attended=False)
    nameless = sign_up("nameless", event, attended=True)
    User.objects.filter(pk=nameless.person_id).update(first_name="", last_name="")
    assert issue_to_all(by=arranger, event=event) == (3, 1)
    assert issue_to_all(by=arranger, event=event) == (0, 1)
    with pytest.raises(NoNameError):
        take(EventSignUp.objects.get(pk=nameless.pk))
    assert len(set(AttendanceCertificate.objects.values_list("code", flat=True))) == 3
    with pytest.raises(PermissionDenied):
        issue_to_all(by=nameless.person, event=event)


def test_nothing_is_issued_before_the_end(arranger: User, event: Event) -> None:
    Event.objects.filter(pk=event.pk).update(ends_at=timezone.now() + timedelta(hours=1))
    with pytest.raises(NotOverError):
        issue_to_all(by=arranger, event=event)


def test_who_takes_the_attendance_back_takes_the_certificate_back(client: Client, event: Event) -> None:
    own = sign_up("kari", event, attended=True)
    certificate = take(own)
    address = reverse("forum:attendance-check", args=[certificate.code])
    assert "Beviset er ekte" in client.get(address).content.decode()
    EventSignUp.objects.filter(pk=own.pk).update(attended=False)
    html = client.get(address).content.decode()
    assert ("Beviset gjelder ikke" in html, "Kari Dal" in html) == (True, False)
    client.force_login(own.person)
    assert client.get(reverse("forum:event-certificate-pdf", args=[event.pk])).status_code == 403
    EventSignUp.objects.filter(pk=own.pk).update(attended=True)
    assert "Beviset er ekte" in client.get(address).content.decode()


def test_a_space_that_not_everybody_knows_of_is_not_named(settings: Any, home: Any) -> None:
    space = factories.SpaceFactory.create(kind="private", name="Hemmelig")
    own = sign_up("kari", make_event(space, is_over=True), attended=True)
    assert take(own).organiser == settings.CERTIFICATE_ISSUER


# --- hours ---------------------------------------------------------------------------------------------


def at(hour: int, minute: int = 0, day: int = 3) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ends", "points", "hours"),
    [
        (at(15), [], "6"),
        (at(15, 20), [], "6.25"),
        (at(15, day=4), [], None),
        (at(15), [(at(9), at(10)), (at(10, 30), at(12))], "2.5"),
        (at(15), [(at(9), at(11)), (at(9), at(11)), (at(10), at(12))], "3"),
        (at(15, day=4), [(at(9), at(15)), (at(9, day=4), at(12, day=4)), (at(13, day=4), None)], "9"),
    ],
)
def test_hours_are_those_of_the_programme_else_of_the_day(
    home: Any, ends: datetime, points: list[tuple[datetime, datetime | None]], hours: str | None
) -> None:
    event = make_event(starts_at=at(9), ends_at=ends)
    for start, end in points:
        ProgrammeItem.objects.create(event=event, starts_at=start, ends_at=end, title="Punkt")
    assert count_hours(event) == (Decimal(hours) if hours else None)


def test_days_are_those_of_the_place(home: Any) -> None:
    event = make_event(starts_at=at(22, 30, day=3), ends_at=at(23, 30, day=3), time_zone="Europe/Helsinki")
    assert [day.day for day in local_days(event)] == [4, 4]


# --- the paper -----------------------------------------------------------------------------------------


def bare(**fields: Any) -> AttendanceCertificate:
    given = {
        "code": "34CDFGHJKMNP",
        "holder_name": "Kari Dal",
        "title": "Nasjonal samling",
        "organiser": "Fagnettverket",
        "mode": EventLeg.Mode.PHYSICAL,
        "place": "Bergen",
        "starts_on": at(9).date(),
        "ends_on": at(9, day=4).date(),
        "hours": Decimal("9.5"),
        "issued_at": at(12, day=6),
        **fields,
    }
    return AttendanceCertificate(**given)


def test_it_says_who_came_to_what_when_where_and_for_how_long(settings: Any) -> None:
    settings.BASE_URL = "https://flett.example.org"
    assert text_of(make_pdf(bare())).split("\n") == [
        "Deltakerbevis",
        "Dette viser at",
        "Kari Dal",
        "har deltatt på",
        "Nasjonal samling",
        "Når",
        "3. november 2026 – 4. november 2026",
        "Hvor",
        "Bergen",
        "Omfang",
        "9,5 timer",
        "Arrangør",
        "Fagnettverket",
        "Utstedt",
        "6. november 2026",
        "Kontroller at beviset er ekte",
        "Skann koden, eller gå til adressen:",
        "flett.example.org/deltakerbevis/34CDFGHJKMNP/",
        "Kode 34CD-FGHJ-KMNP",
        "Deltakerbeviset viser at personen var til stede. Det er ikke en autorisasjon.",
    ]


def test_on_the_screen_has_no_place_and_unknown_hours_are_left_out() -> None:
    shown = text_of(make_pdf(bare(mode=EventLeg.Mode.DIGITAL, hours=None)))
    assert ("Digitalt" in shown, "Bergen" in shown, "Omfang" in shown) == (True, False, False)


@pytest.mark.parametrize("language", ["nb", "da", "en"])
def test_it_can_be_read_by_assistive_technology(language: str, tmp_path: Path) -> None:
    content = make_pdf(bare(language=language))
    with translation.override(language):
        title = translation.gettext("Deltakerbevis: %(title)s") % {"title": "Nasjonal samling"}
    check(content, language=language, title=title)
    assert_pdfua(content, tmp_path)


def check(content: bytes, *, language: str, title: str) -> None:
    """What `pdfua` leaves out: language, title, tags, one heading of the first level, and a picture with words."""
    document = pikepdf.open(io.BytesIO(content))
    assert (len(document.pages), str(document.Root.Lang)) == (1, language)
    with document.open_metadata() as metadata:
        assert (metadata["pdfuaid:part"], metadata["dc:title"]) == ("1", title)
    tagged = elements(document.Root.StructTreeRoot.K)
    kinds = [str(each.S) for each in tagged]
    assert (document.Root.MarkInfo.Marked, kinds.count("/H1"), kinds.count("/Link")) == (True, 1, 1)
    url = certificate_url("34CDFGHJKMNP")
    assert [url in str(each.Alt) for each in tagged if each.S == "/Figure"] == [True]
    assert [str(each.A.URI) for each in document.pages[0].Annots if each.Subtype == "/Link"] == [url]


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_people_write_is_printed_on_one_page_and_nothing_more(name: str) -> None:
    content = make_pdf(bare(holder_name=name, title=name[:200], organiser=name[:100], place=name[:200]))
    shown = text_of(content)
    assert (shown.count("Deltakerbevis\n"), "34CD-FGHJ-KMNP" in shown) == (1, True)


# --- the pages -----------------------------------------------------------------------------------------


def test_it_is_fetched_on_the_event_s_page(client: Client, event: Event) -> None:
    own = sign_up("kari", event, attended=True)
    client.force_login(own.person)
    address = reverse("forum:event-certificate", args=[event.pk])
    assert address in client.get(event.get_absolute_url()).content.decode()
    html = client.get(address).content.decode()
    certificate = AttendanceCertificate.objects.get()
    assert (show_code(certificate.code) in html, "6 timer" in html) == (True, True)
    response = client.get(reverse("forum:event-certificate-pdf", args=[event.pk]))
    assert response["Content-Disposition"] == 'attachment; filename="deltakerbevis-nasjonal-samling.pdf"'
    assert "Kari Dal" in text_of(response.content)


def test_the_holder_chooses_whether_the_name_is_shown(client: Client, event: Event) -> None:
    own = sign_up("kari", event, attended=True)
    certificate = take(own)
    address = reverse("forum:attendance-check", args=[certificate.code])
    assert "Kari Dal" in client.get(address).content.decode()
    with pytest.raises(PermissionDenied):
        set_shows_name(person=sign_up("ola", event).person, certificate=certificate, shows_name=False)
    client.force_login(own.person)
    client.post(reverse("forum:event-certificate", args=[event.pk]), {})
    client.logout()
    response = client.get(address)
    assert ("Kari Dal" in response.content.decode(), response["X-Robots-Tag"]) == (False, "noindex")


@pytest.mark.parametrize("code", ["34CDFGHJKMNP", "hei", "34CD-FGHJ-KMNP", "<script>"])
def test_an_unknown_code_and_one_that_can_be_none_are_not_found(client: Client, home: Any, code: str) -> None:
    response = client.get(reverse("forum:attendance-check", args=[code]))
    assert (response.status_code, "Vi finner ikke noe bevis" in response.content.decode()) == (404, True)


def test_a_code_as_it_is_printed_leads_to_its_page(client: Client, event: Event) -> None:
    certificate = take(sign_up("kari", event, attended=True))
    response = client.get(reverse("forum:attendance-check", args=[show_code(certificate.code).lower()]))
    assert response.headers["Location"] == reverse("forum:attendance-check", args=[certificate.code])


def test_whoever_has_no_name_is_told_where_to_write_it(client: Client, event: Event) -> None:
    own = sign_up("kari", event, attended=True)
    User.objects.filter(pk=own.person_id).update(first_name="", last_name="")
    client.force_login(User.objects.get(pk=own.person_id))
    assert reverse("people:profile") in client.get(reverse("forum:event-certificate", args=[event.pk])).content.decode()
    pdf = client.get(reverse("forum:event-certificate-pdf", args=[event.pk]))
    assert pdf.status_code == 302
    assert not AttendanceCertificate.objects.exists()


def test_the_arranger_issues_them_from_the_event_s_page(client: Client, arranger: User, event: Event) -> None:
    sign_up("kari", event, attended=True)
    client.force_login(arranger)
    address = reverse("forum:event-certificates-issue", args=[event.pk])
    assert address in client.get(event.get_absolute_url()).content.decode()
    assert client.post(address).headers["Location"] == event.get_absolute_url()
    assert AttendanceCertificate.objects.count() == 1


# --- one's own, and a new name -------------------------------------------------------------------------


def rename(own: EventSignUp, name: str = "Karin") -> User:
    User.objects.filter(pk=own.person_id).update(first_name=name)
    return User.objects.get(pk=own.person_id)


def test_a_new_name_gives_a_new_code_and_the_old_one_leads_on(client: Client, arranger: User, event: Event) -> None:
    own = sign_up("kari", event, attended=True)
    old = take(own)
    client.force_login(rename(own))
    Event.objects.update(title="Nytt navn på samlinga")
    page = reverse("forum:event-certificate", args=[event.pk])
    address = reverse("forum:event-certificate-reissue", args=[event.pk])
    assert address in client.get(page).content.decode()
    assert client.post(address).headers["Location"] == page
    new = AttendanceCertificate.objects.get(replaces=old)
    assert (new.holder_name, new.title, new.hours, new.starts_on) == (
        "Karin Dal",
        "Nasjonal samling",
        old.hours,
        old.starts_on,
    )
    assert address not in client.get(page).content.decode()
    client.post(address)
    assert AttendanceCertificate.objects.count() == 2
    assert "Karin Dal" in text_of(client.get(reverse("forum:event-certificate-pdf", args=[event.pk])).content)
    checked = client.get(reverse("forum:attendance-check", args=[old.code])).content.decode()
    assert ("Beviset er erstattet av et nytt" in checked, "Kari Dal" in checked, new.code in checked) == (
        True,
        False,
        True,
    )
    assert "Beviset er ekte" in client.get(reverse("forum:attendance-check", args=[new.code])).content.decode()
    EventSignUp.objects.update(attended=False)
    for each in (old, new):
        shown = client.get(reverse("forum:attendance-check", args=[each.code])).content.decode()
        assert "Beviset gjelder ikke" in shown
    EventSignUp.objects.update(attended=True)
    assert issue_to_all(by=arranger, event=event) == (0, 0)


def test_nothing_is_issued_anew_for_another_without_a_name_or_with_the_same(event: Event) -> None:
    own = sign_up("kari", event, attended=True)
    certificate = take(own)
    with pytest.raises(PermissionDenied):
        reissue_certificate(person=sign_up("ola", event).person, certificate=certificate)
    with pytest.raises(NothingToReissueError):
        reissue_certificate(person=own.person, certificate=certificate)
    person = rename(own)
    EventSignUp.objects.filter(pk=own.pk).update(attended=False)
    with pytest.raises(NothingToReissueError):
        reissue_certificate(person=person, certificate=certificate)
    EventSignUp.objects.filter(pk=own.pk).update(attended=True)
    User.objects.filter(pk=person.pk).update(first_name="", last_name="")
    with pytest.raises(NoNameError):
        reissue_certificate(person=person, certificate=certificate)
    rename(own)
    new = reissue_certificate(person=person, certificate=certificate)
    with pytest.raises(NothingToReissueError):
        reissue_certificate(person=rename(own, "Katrine"), certificate=certificate)
    with pytest.raises(IntegrityError), transaction.atomic():
        AttendanceCertificate.objects.filter(pk=new.pk).update(replaces=None)


def test_ones_own_stand_beside_the_course_certificates_at_the_same_cost(
    client: Client, event: Event, django_assert_num_queries: Any
) -> None:
    own = sign_up("kari", event, attended=True)
    take(own)
    rename(own)
    sign_up("ola", event, attended=True)
    not_yet = make_event(is_over=True, title="Fagdag")
    factories.make_sign_up(own.person, not_yet, attended=True)
    factories.make_sign_up(own.person, make_event(is_over=True, title="Ikke møtt"), attended=False)
    client.force_login(own.person)
    page = " ".join(client.get(reverse("learning:certificates")).content.decode().split())
    assert [title in page for title in ("<h3>Nasjonal samling</h3>", "<h3>Fagdag</h3>", "Ikke møtt")] == [
        True,
        True,
        False,
    ]
    assert reverse("forum:event-certificate-pdf", args=[not_yet.pk]) in page
    assert page.count("Få beviset med nytt navn") == 1
    assert f"{reverse('learning:certificates')}#deltakerbevis" in client.get("/min-side/").content.decode()
    for _ in range(10):
        factories.make_sign_up(own.person, make_event(is_over=True), attended=True)
    with django_assert_num_queries(2):
        assert len(get_own_attendance(own.person)) == 12
    assert get_own_attendance(User.objects.get(email="ola@example.org"))[0].certificate is None
