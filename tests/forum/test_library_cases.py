"""Items of the library that somebody reports: who may, what is hidden at once, decisions, the log and appeals."""

from datetime import timedelta
from io import BytesIO, StringIO
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from forum.actions.item_cases import decide_item, lift_silence_of_owner, report_item, stamp_of_item
from forum.actions.library import set_item_state
from forum.actions.moderation import CaseChangedError, appeal, decide_appeal
from forum.mails.planning import people_with_cases
from forum.models import (
    LibraryFile,
    LibraryItem,
    LibraryTag,
    LibraryVersion,
    ModerationEntry,
    Notice,
    Report,
    Silence,
    State,
)
from forum.permissions import user_can_write_in_space
from forum.permissions.library import (
    items_decided_by,
    items_reportable_by,
    items_visible_to,
    user_can_decide_item,
    user_can_report_item,
)
from forum.queries.moderation import LogFilter, get_log, get_queue
from forum.queries.waiting import get_news
from people.models import User
from people.own_data.actions import delete_person
from safety.guard import PatientDataError, mask
from tests import factories
from tests.forum.test_library import KINDS, MODERATES, READS, ROLES, make_people, share

pytestmark = pytest.mark.django_db

NUMBER = "01010" + "750160"


def make_member(**fields: Any) -> User:
    """Long enough in Flett for a report to hide at once."""
    joined = timezone.now() - timedelta(days=400)
    return factories.MembershipFactory.create(person=factories.UserFactory.create(date_joined=joined, **fields)).person


@pytest.fixture
def owner(home: Any) -> User:
    return make_member()


@pytest.fixture
def reader(home: Any) -> User:
    return make_member()


@pytest.fixture
def item(owner: User) -> LibraryItem:
    return share(owner, factories.SpaceFactory.create(), "Samarbeidsavtale")


@pytest.fixture
def facilitator(item: LibraryItem) -> User:
    return factories.SpaceMembershipFactory.create(space=item.space, facilitator=True).person


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def words(client: Client, address: str) -> str:
    return " ".join(client.get(address).content.decode().split())


def state_of(item: LibraryItem) -> str:
    item.refresh_from_db()
    return str(item.state)


# --- who may -------------------------------------------------------------------------------------------


def test_who_reports_and_who_decides(home: Any) -> None:
    """Role × kind of space, before anything is reported and after; predicates and twins agree."""
    role = factories.TeamRoleFactory.create()
    spaces = [factories.SpaceFactory.create(kind=kind, role=role if kind == "role_network" else None) for kind in KINDS]
    people = make_people(spaces, role)
    clients = {name: signed_in(people[name]) for name in ROLES}
    wrong: list[tuple[Any, ...]] = []
    for reported in (False, True):
        items = {space: share(people["in_space"], space) for space in spaces}
        if reported:
            for item in items.values():
                Report.objects.create(item=item, reporter=people["facilitator"], reason="other")
        for name in ROLES:
            person, client = people[name], clients[name]
            reportable, decided = set(items_reportable_by(person)), set(items_decided_by(person))
            for space, item in items.items():
                reports = space.kind in READS[name] and name != "in_space"
                by_office = name in {"moderator", "administrator"} and reported
                decides = space.kind in MODERATES.get(name, set()) or by_office
                answers = (
                    user_can_report_item(person, item),
                    item in reportable,
                    user_can_decide_item(person, item),
                    item in decided,
                )
                if answers != (reports, reports, decides, decides):
                    wrong.append((name, space.kind, reported, answers))
                status = client.get(reverse("forum:library-report", args=[item.pk])).status_code
                seen = space.kind in READS[name]
                if status != (200 if reports else 403 if seen else 404):
                    wrong.append((name, space.kind, reported, "report", status))
                if name not in {"moderator", "administrator"}:  # those meet the second factor first
                    status = client.get(reverse("forum:space-item-case", args=[space.slug, item.pk])).status_code
                    if (status == 200) != decides:
                        wrong.append((name, space.kind, reported, "case", status))
    assert wrong == []
    for person in people.values():
        own = share(people["in_space"], spaces[0])
        LibraryItem.objects.filter(pk=own.pk).update(owner=person)
        assert not user_can_report_item(person, own)
        assert not user_can_decide_item(person, own)
    assert "/konto/" in Client().get(reverse("forum:library-report", args=[item.pk]))["Location"]


def test_a_report_is_of_one_thing(item: LibraryItem, reader: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Report.objects.create(reporter=reader, reason="other")
    assert report_item(reporter=reader, item=item, reason="other") == report_item(
        reporter=reader, item=item, reason="rights"
    )
    with pytest.raises(PatientDataError):
        report_item(reporter=make_member(), item=item, reason="other", message=f"Det står {NUMBER}")
    assert Report.objects.count() == 1


# --- hidden at once ------------------------------------------------------------------------------------


def test_patient_data_hides_at_once_and_the_owner_is_told(item: LibraryItem, owner: User, reader: User) -> None:
    client, address = signed_in(reader), reverse("forum:library-report", args=[item.pk])
    sent = client.post(address, {"reason": "patient_data", "message": "Det står et navn"})
    assert sent["Location"] == reverse("forum:library-report-thanks", args=[item.pk])
    assert "Ressursen er skjult for andre" in words(client, sent["Location"])
    assert state_of(item) == State.HIDDEN
    assert not items_visible_to(reader).filter(pk=item.pk).exists()
    entry = ModerationEntry.objects.get()
    assert (entry.verb, entry.item, entry.person, entry.actor) == ("auto_hide", item, owner, None)
    page = words(signed_in(owner), reverse("forum:decision", args=[entry.pk]))
    assert "Ressursen din er skjult mens noen ser på den" in page
    assert "Samarbeidsavtale" in page
    assert signed_in(make_member()).get(sent["Location"]).status_code == 404


def test_not_every_report_hides(item: LibraryItem, facilitator: User) -> None:
    report_item(reporter=make_member(), item=item, reason="rights")
    newcomer = factories.MembershipFactory.create().person
    User.objects.filter(pk=newcomer.pk).update(date_joined=timezone.now())
    newcomer.refresh_from_db()
    report_item(reporter=newcomer, item=item, reason="patient_data")
    assert state_of(item) == State.NORMAL
    decide_item(moderator=facilitator, item=item, verb="dismiss")
    report_item(reporter=make_member(), item=item, reason="patient_data")
    assert state_of(item) == State.NORMAL
    LibraryItem.objects.filter(pk=item.pk).update(changed_at=timezone.now() + timedelta(minutes=1))
    report_item(reporter=make_member(), item=item, reason="patient_data")
    assert state_of(item) == State.HIDDEN


# --- deciding ------------------------------------------------------------------------------------------


def test_a_case_from_the_queue_to_the_appeal(item: LibraryItem, owner: User, reader: User, facilitator: User) -> None:
    report_item(reporter=reader, item=item, reason="harassment", message="Se side to")
    queue_address = reverse("forum:space-moderation", args=[item.space.slug])
    case_address = reverse("forum:space-item-case", args=[item.space.slug, item.pk])
    client = signed_in(facilitator)
    queue = words(client, queue_address)
    assert "Én ressurs er meldt" in queue
    assert f'href="{case_address}"' in queue
    page = client.get(case_address)
    assert "Se side to" in page.content.decode()
    seen = page.context["case"].stamp
    refused = client.post(case_address, {"do": "decide", "verb": "hide", "seen": seen})
    assert (refused.status_code, state_of(item)) == (422, State.NORMAL)
    sent = {"do": "decide", "verb": "hide", "seen": seen, "reason": "Hets", "message": "Ta bort side to."}
    assert client.post(case_address, sent)["Location"] == queue_address
    assert state_of(item) == State.HIDDEN
    assert client.post(case_address, sent).status_code == 422
    entry = ModerationEntry.objects.get()
    assert (entry.verb, entry.reason, entry.person, entry.space) == ("hide", "Hets", owner, item.space)
    assert Report.objects.get().outcome == "upheld"
    assert "Ressursen din er skjult" in words(signed_in(owner), reverse("forum:notices"))
    assert Notice.objects.filter(person=reader, entry=entry).count() == 1
    log = words(client, reverse("forum:space-moderation-log", args=[item.space.slug]))
    assert f'href="{case_address}"' in log
    decision = reverse("forum:decision", args=[entry.pk])
    assert "Ta bort side to." in words(signed_in(owner), decision)
    assert signed_in(reader).get(decision).status_code == 404
    signed_in(owner).post(decision, {"text": "Side to er borte nå."})
    other = factories.SpaceMembershipFactory.create(space=item.space, facilitator=True).person
    assert get_queue(facilitator, space=item.space).totals["appeals"] == 0
    assert f'href="{case_address}"' in words(signed_in(other), queue_address)
    signed_in(other).post(case_address, {"do": "answer", "upheld": "yes", "answer": "Enig."})
    assert state_of(item) == State.NORMAL
    assert ModerationEntry.objects.filter(item=item, verb="appeal_upheld", person=owner).count() == 1


def test_each_verb_does_what_it_says(item: LibraryItem, owner: User, reader: User, facilitator: User) -> None:
    for verb, state, outcome in (
        ("hide", State.HIDDEN, "upheld"),
        ("show", State.NORMAL, "dismissed"),
        ("warn", State.NORMAL, "upheld"),
        ("dismiss", State.NORMAL, "dismissed"),
        ("delete", State.DELETED, "upheld"),
    ):
        report = Report.objects.create(item=item, reporter=reader, reason="other")
        decide_item(moderator=facilitator, item=item, verb=verb, reason="Grunn", message="Beskjed")
        report.refresh_from_db()
        assert (verb, state_of(item), report.outcome) == (verb, state, outcome)
    assert (item.title, LibraryFile.objects.count()) == ("", 0)
    assert list(ModerationEntry.objects.order_by("pk").values_list("verb", flat=True)) == [
        "hide",
        "show",
        "warn",
        "dismiss",
        "delete",
    ]
    assert Notice.objects.filter(person=owner, kind="decision").count() == 4


@pytest.mark.parametrize("verb", ["warn", "silence"])
def test_a_warning_or_a_pause_leaves_open_what_a_report_has_hidden(
    item: LibraryItem, reader: User, facilitator: User, verb: str
) -> None:
    report_item(reporter=reader, item=item, reason="patient_data")
    decide_item(moderator=facilitator, item=item, verb=verb, reason="x", message="y", days=1)
    assert (state_of(item), Report.objects.get().outcome) == (State.HIDDEN, "")
    decide_item(moderator=facilitator, item=item, verb="show")
    assert (state_of(item), Report.objects.get().outcome) == (State.NORMAL, "dismissed")


def test_nobody_decides_what_has_changed(item: LibraryItem, reader: User, facilitator: User) -> None:
    seen = stamp_of_item(item)
    report_item(reporter=reader, item=item, reason="other")
    with pytest.raises(CaseChangedError):
        decide_item(moderator=facilitator, item=item, verb="hide", reason="x", seen=seen)
    with pytest.raises(CaseChangedError):
        decide_item(moderator=facilitator, item=item, verb="show")
    with pytest.raises(PermissionDenied):
        decide_item(moderator=reader, item=item, verb="hide", reason="x")
    assert not ModerationEntry.objects.exists()


def test_what_is_reported_and_deleted_stays_unseen_until_it_is_decided(
    item: LibraryItem, owner: User, reader: User, facilitator: User
) -> None:
    report_item(reporter=reader, item=item, reason="harassment")
    set_item_state(person=owner, item=item, state=State.DELETED)
    item.refresh_from_db()
    assert (item.state, item.title, LibraryFile.objects.count()) == (State.DELETED, "Samarbeidsavtale", 1)
    assert not items_visible_to(owner).filter(pk=item.pk).exists()
    assert [each.pk for each in get_queue(facilitator).items] == [item.pk]
    decide_item(moderator=facilitator, item=item, verb="dismiss")
    item.refresh_from_db()
    assert (item.title, LibraryFile.objects.count()) == ("", 0)


def test_what_was_deleted_while_reported_goes_with_its_last_report(
    item: LibraryItem, owner: User, reader: User
) -> None:
    report = report_item(reporter=reader, item=item, reason="harassment")
    set_item_state(person=owner, item=item, state=State.DELETED)
    call_command("forget_forum", stdout=StringIO())
    item.refresh_from_db()
    assert item.title == "Samarbeidsavtale"
    report.delete()
    call_command("forget_forum", stdout=StringIO())
    item.refresh_from_db()
    assert (item.title, LibraryFile.objects.count()) == ("", 0)


def test_hiding_showing_and_anothers_deleting_are_logged(item: LibraryItem, owner: User, facilitator: User) -> None:
    for state in (State.HIDDEN, State.HIDDEN, State.NORMAL, State.DELETED):
        set_item_state(person=facilitator, item=item, state=state)
    entries = ModerationEntry.objects.order_by("pk").values_list("verb", "actor", "person")
    assert list(entries) == [(verb, facilitator.pk, owner.pk) for verb in ("hide", "show", "delete")]
    assert Notice.objects.filter(person=owner, kind="decision").count() == 3
    own = share(owner, item.space)
    set_item_state(person=owner, item=own, state=State.DELETED)
    assert ModerationEntry.objects.count() == 3


def test_the_button_on_the_page_leads_to_the_case(item: LibraryItem, owner: User, facilitator: User) -> None:
    page = words(signed_in(facilitator), item.get_absolute_url())
    assert f'href="{reverse("forum:item-case", args=[item.pk])}"' in page
    sent = signed_in(facilitator).post(reverse("forum:library-state", args=[item.pk]), {"shown": "0"})
    assert sent["Location"] == reverse("forum:item-case", args=[item.pk])
    assert state_of(item) == State.NORMAL
    sent = signed_in(facilitator).get(reverse("forum:item-case", args=[item.pk]))
    assert sent["Location"] == reverse("forum:space-item-case", args=[item.space.slug, item.pk])
    assert "Moderer" not in words(signed_in(owner), item.get_absolute_url())


def test_moderators_see_of_a_closed_space_what_was_reported(owner: User, reader: User) -> None:
    space = factories.SpaceFactory.create(kind="private")
    for person in (owner, reader):
        factories.SpaceMembershipFactory.create(space=space, person=person)
    item, other = share(owner, space, "Meldt"), share(owner, space, "Ikke meldt")
    moderator = factories.make_moderator()
    report_item(reporter=reader, item=item, reason="other")
    assert [each.pk for each in get_queue(moderator).items] == [item.pk]
    assert not user_can_decide_item(moderator, other)
    entry = decide_item(moderator=moderator, item=item, verb="hide", reason="x")
    second = factories.make_moderator()
    assert entry in get_log(second, LogFilter()).entries
    answer = appeal(person=owner, entry=entry, text="Nei")
    with pytest.raises(PermissionDenied):
        decide_appeal(moderator=moderator, appeal=answer, upheld=True, answer="Ja")
    decide_appeal(moderator=second, appeal=answer, upheld=True, answer="Ja")
    assert state_of(item) == State.NORMAL


# --- pauses --------------------------------------------------------------------------------------------


def test_a_pause_is_given_and_lifted_from_the_case_of_an_item(
    item: LibraryItem, owner: User, reader: User, facilitator: User
) -> None:
    """As from a post's: with how long, a reason, the log, a notice; in the space alone."""
    elsewhere = factories.SpaceFactory.create()
    report_item(reporter=reader, item=item, reason="harassment")
    address = reverse("forum:space-item-case", args=[item.space.slug, item.pk])
    client = signed_in(facilitator)
    page = client.get(address)
    assert 'name="everywhere"' not in page.content.decode()
    sent = {"do": "decide", "verb": "silence", "seen": page.context["case"].stamp, "everywhere": "on"}
    refused = client.post(address, sent).content.decode()
    assert ("Skriv en grunn" in refused, "Velg hvor lenge" in refused, Silence.objects.exists()) == (True, True, False)
    client.post(address, sent | {"reason": "Hets", "message": "Ta en pause", "days": "7"})
    silence = Silence.objects.get()
    assert (silence.person, silence.pseudonym, silence.space) == (owner, None, item.space)
    assert (silence.given_by, silence.reason, silence.until - silence.given_at) == (
        facilitator,
        "Hets",
        timedelta(days=7),
    )
    assert [user_can_write_in_space(owner, each) for each in (item.space, elsewhere)] == [False, True]
    with pytest.raises(PermissionDenied):
        share(owner, item.space)
    assert (state_of(item), Report.objects.get().outcome) == (State.NORMAL, "upheld")
    entry = ModerationEntry.objects.get()
    assert (entry.verb, entry.item, entry.person, entry.message) == ("silence", item, owner, "Ta en pause")
    assert "Du har fått en skrivepause" in words(signed_in(owner), reverse("forum:notices"))
    assert "Ta en pause" in words(signed_in(owner), reverse("forum:decision", args=[entry.pk]))
    page = words(client, address)
    assert ("Skrivepauser nå" in page, "Opphev skrivepausen" in page) == (True, True)
    for _ in range(2):
        client.post(address, {"do": "lift", "silence": silence.pk})
    assert user_can_write_in_space(owner, item.space)
    assert list(ModerationEntry.objects.order_by("pk").values_list("verb", flat=True)) == ["silence", "unsilence"]
    assert "Skrivepauser nå" not in words(client, address)
    assert "Skrivepausen er opphevet" in words(signed_in(owner), reverse("forum:notices"))


def test_only_moderators_pause_an_owner_everywhere_and_it_may_be_appealed(
    item: LibraryItem, owner: User, facilitator: User
) -> None:
    moderator, elsewhere = factories.make_moderator(), factories.SpaceFactory.create()
    for given in ({"days": 7, "everywhere": True}, {"days": 365}, {}):
        with pytest.raises(PermissionDenied):
            decide_item(moderator=facilitator, item=item, verb="silence", reason="x", **given)
    entry = decide_item(moderator=moderator, item=item, verb="silence", reason="x", days=30, everywhere=True)
    assert [user_can_write_in_space(owner, each) for each in (item.space, elsewhere)] == [False, False]
    silence = Silence.objects.get()
    case_address = reverse("forum:space-item-case", args=[item.space.slug, item.pk])
    assert "hele forumet" in words(signed_in(facilitator), case_address)
    with pytest.raises(PermissionDenied):
        lift_silence_of_owner(moderator=facilitator, silence=silence, item=item)
    answer = appeal(person=owner, entry=entry, text="Nei")
    decide_appeal(moderator=facilitator, appeal=answer, upheld=True, answer="Ja")
    assert [user_can_write_in_space(owner, each) for each in (item.space, elsewhere)] == [True, True]


def test_a_pause_of_somebody_else_is_not_lifted_from_the_case(
    item: LibraryItem, reader: User, owner: User, facilitator: User
) -> None:
    other = share(reader, item.space)
    decide_item(moderator=facilitator, item=other, verb="silence", reason="x", days=1)
    silence = Silence.objects.get()
    with pytest.raises(PermissionDenied):
        lift_silence_of_owner(moderator=facilitator, silence=silence, item=item)
    address = reverse("forum:space-item-case", args=[item.space.slug, item.pk])
    assert signed_in(facilitator).post(address, {"do": "lift", "silence": silence.pk}).status_code == 404
    alias = factories.make_pseudonym(reader, item.space)
    of_alias = Silence.objects.create(pseudonym=alias, until=silence.until, reason="x")
    LibraryItem.objects.filter(pk=item.pk).update(owner=None)
    assert signed_in(facilitator).post(address, {"do": "lift", "silence": of_alias.pk}).status_code == 403
    assert not Silence.objects.filter(lifted_at__isnull=False).exists()


def test_what_was_done_to_the_owner_before_stands_in_the_case(
    item: LibraryItem, owner: User, facilitator: User
) -> None:
    address = reverse("forum:space-item-case", args=[item.space.slug, item.pk])
    other = share(owner, item.space, "En annen")
    decide_item(moderator=facilitator, item=other, verb="warn", reason="Gjelder en annen", message="x")
    assert "Gjelder en annen" in words(signed_in(facilitator), address)
    LibraryItem.objects.filter(pk=item.pk).update(owner=None)
    page = signed_in(facilitator).get(address)
    assert "Gjelder en annen" not in page.content.decode()
    assert "silence" not in page.context["case"].choices


def test_those_who_moderate_are_written_to(item: LibraryItem, reader: User, facilitator: User) -> None:
    assert facilitator not in people_with_cases()
    report_item(reporter=reader, item=item, reason="patient_data")
    assert facilitator in people_with_cases()
    now = timezone.now()
    news = get_news(facilitator, since=now - timedelta(days=1), until=now)
    assert (news.items, news.reported, news.urgent, news.is_new) == (1, 0, 1, True)


def test_a_report_stays_when_its_reporter_goes(item: LibraryItem, facilitator: User) -> None:
    for _ in range(2):
        person = make_member()
        report_item(reporter=person, item=item, reason="other")
        delete_person(person=person)
    assert (Report.objects.count(), get_queue(facilitator).totals["items"]) == (1, 1)


# --- the sweep -----------------------------------------------------------------------------------------


def run(*arguments: str) -> list[str]:
    out = StringIO()
    call_command("sweep_patient_data", *arguments, stdout=out)
    return out.getvalue().splitlines()


def test_the_sweep_finds_and_masks_numbers_in_the_library(item: LibraryItem, owner: User) -> None:
    version = item.versions.get()
    LibraryItem.objects.filter(pk=item.pk).update(title=f"Om {NUMBER}", summary=NUMBER)
    LibraryTag.objects.create(item=item, name=NUMBER, name_folded=NUMBER)
    LibraryVersion.objects.filter(pk=version.pk).update(
        note=NUMBER,
        source=f"Om {NUMBER}",
        html=f"<p>Om {NUMBER}</p>",
        text=NUMBER,
        link=f"https://example.org/{NUMBER}",
    )
    LibraryFile.objects.filter(version=version).update(name=f"{NUMBER}.docx")
    found = run()
    assert found[-1] == "4 found in all."
    assert NUMBER[:6] not in "".join(found)
    assert run("--fix")[-2:] == ["4 found in all.", "0 could not be masked."]
    assert run()[-1] == "0 found in all."
    item.refresh_from_db()
    version.refresh_from_db()
    said = mask(NUMBER)
    assert (item.state, item.title, item.tags.count()) == (State.NORMAL, f"Om {said}", 0)
    assert (version.source, version.html, version.link) == (f"Om {said}", f"<p>Om {said}</p>", "")
    assert NUMBER not in f"{item.search_text} {item.title_folded}"
    assert ModerationEntry.objects.filter(verb="masked", item=item).count() == 4


def test_an_item_whose_file_holds_a_number_is_hidden_and_a_loose_file_goes(item: LibraryItem, owner: User) -> None:
    LibraryFile.objects.update(text=f"Gjelder {NUMBER}")
    loose = LibraryFile(
        uploader=owner, upload=item.key, name="liste.txt", media_type="text/plain", size=1, text=f"Om {NUMBER}"
    )
    loose.file.save("liste.txt", ContentFile(BytesIO(b"x").read()))
    loose.save()
    run("--fix", "--table", "forum.LibraryFile")
    assert state_of(item) == State.HIDDEN
    assert LibraryFile.objects.get().text == mask(f"Gjelder {NUMBER}")
    verbs = ModerationEntry.objects.filter(item=item).order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["auto_hide", "masked"]
