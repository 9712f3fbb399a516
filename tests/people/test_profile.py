"""What somebody tells of themselves, and who sees it."""

from io import BytesIO

import pytest
from allauth.account.models import EmailAddress
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from people import actions as people_actions
from people.models import MailKind, Membership, Profile, ProfilePicture, User
from people.own_data import actions
from people.own_data.pictures import make_squares
from safety.text import TextRefusedError
from tests import factories
from tests.people.own import make_photo
from tests.safety.test_guard import BORN_1986

pytestmark = pytest.mark.django_db


def send_profile(client: Client, **given: object) -> object:
    return client.post(reverse("people:profile"), {"first_name": "Kari", "last_name": "Nordmann", **given})


def test_the_profile_is_saved_as_it_was_written(home: object, learner: User, learner_client: Client) -> None:
    response = learner_client.post(
        reverse("people:profile"),
        {"first_name": " Åse ", "last_name": "Nygård", "presentation": "Sykepleier.\r\n\r\n\r\n\r\nSpør  meg."},
    )
    assert (response.status_code, response["Location"]) == (302, "/konto/profil/")
    learner.refresh_from_db()
    assert str(learner) == "Åse Nygård"
    assert Profile.of(learner).presentation == "Sykepleier.\n\nSpør meg."


@pytest.mark.parametrize("field", ["first_name", "last_name", "presentation"])
def test_an_identity_number_is_refused_and_nothing_is_saved(
    home: object, learner: User, learner_client: Client, field: str
) -> None:
    response = send_profile(learner_client, **{field: f"Ola {BORN_1986[:6]} {BORN_1986[6:]}"})
    assert response.status_code == 422  # type: ignore[attr-defined]
    page = response.content.decode()  # type: ignore[attr-defined]
    assert f'id="id_{field}_error"' in page
    assert "Teksten inneholder et fødselsnummer («15•••••••••»)." in page
    assert not Profile.objects.exists()
    learner.refresh_from_db()
    assert learner.first_name == "Kari"


def test_the_action_refuses_an_identity_number_too(learner: User) -> None:
    with pytest.raises(TextRefusedError):
        actions.save_profile(person=learner, first_name="Kari", last_name="", presentation=BORN_1986)


def test_a_mobile_number_is_refused(home: object, learner_client: Client) -> None:
    response = send_profile(learner_client, presentation="Ring meg på 912 34 567")
    assert "Flett lagrer ikke telefonnumre." in response.content.decode()  # type: ignore[attr-defined]
    assert not Profile.objects.exists()


def test_a_presentation_is_shown_as_text(home: object, learner: User, learner_client: Client) -> None:
    actions.save_profile(person=learner, first_name="Kari", last_name="", presentation="<b>Hei</b>")
    page = learner_client.get(reverse("people:person", args=[learner.pk])).content.decode()
    assert "&lt;b&gt;Hei&lt;/b&gt;" in page


# --- pictures -------------------------------------------------------------------------------------------


def test_a_picture_becomes_two_bare_squares() -> None:
    photo = make_photo()
    assert b"Hemmelig kamera" in photo
    for content, side in zip(make_squares(BytesIO(photo), name="meg.jpg"), (96, 320), strict=True):
        with Image.open(BytesIO(content)) as made:
            assert (made.format, made.size, made.mode) == ("JPEG", (side, side), "RGB")
            assert dict(made.getexif()) == {}
        assert b"Hemmelig" not in content
        assert b"Exif" not in content


def test_a_picture_that_is_bare_already_is_made_anew_too() -> None:
    written = BytesIO()
    Image.new("RGB", (50, 80), "#a94c25").save(written, "JPEG")
    small, large = make_squares(BytesIO(written.getvalue()), name="meg.jpg")
    assert {len(small), len(large)}.isdisjoint({len(written.getvalue())})


def test_a_transparent_picture_gets_white_ground() -> None:
    written = BytesIO()
    Image.new("RGBA", (40, 40), (0, 0, 0, 0)).save(written, "PNG")
    small, _large = make_squares(BytesIO(written.getvalue()), name="meg.png")
    with Image.open(BytesIO(small)) as made:
        assert made.getpixel((48, 48)) == (255, 255, 255)


def test_a_picture_is_put_in_place_and_taken_away(home: object, learner: User, learner_client: Client) -> None:
    upload = SimpleUploadedFile("meg.jpg", make_photo(), content_type="image/jpeg")
    assert send_profile(learner_client, picture=upload).status_code == 302  # type: ignore[attr-defined]
    first = ProfilePicture.objects.get(person=learner)
    address = reverse("people:picture", args=[learner.pk, first.key, "large"])
    response = learner_client.get(address)
    assert (response["Content-Type"], response.content) == ("image/jpeg", bytes(first.large))
    assert response["X-Content-Type-Options"] == "nosniff"
    assert address in learner_client.get(reverse("people:profile")).content.decode()
    send_profile(learner_client, picture=SimpleUploadedFile("ny.jpg", make_photo(200, 200)))
    assert learner_client.get(address).status_code == 404
    assert send_profile(learner_client, remove_picture="on").status_code == 302  # type: ignore[attr-defined]
    assert not ProfilePicture.objects.exists()
    assert 'class="portrait portrait-initials"' in learner_client.get(reverse("people:profile")).content.decode()


@pytest.mark.parametrize(("name", "content"), [("meg.svg", b"<svg/>"), ("meg.jpg", b"not a picture")])
def test_a_file_that_is_no_picture_is_refused(
    home: object, learner: User, learner_client: Client, name: str, content: bytes
) -> None:
    response = send_profile(learner_client, first_name="Nytt", picture=SimpleUploadedFile(name, content))
    assert response.status_code == 422  # type: ignore[attr-defined]
    assert 'id="id_picture_error"' in response.content.decode()  # type: ignore[attr-defined]
    learner.refresh_from_db()
    assert learner.first_name == "Kari"
    assert not ProfilePicture.objects.exists()


def test_a_leader_sees_who_asks_until_the_answer(home: object, client: Client, learner: User) -> None:
    team = factories.TeamFactory.create()
    leader = factories.make_leader(team)
    request = people_actions.ask_to_join(person=learner, team=team)
    address = reverse("people:person", args=[learner.pk])
    client.force_login(leader)
    assert client.get(address).status_code == 200
    people_actions.refuse_request(request=request, by=leader)
    assert client.get(address).status_code == 404


def test_a_page_names_only_the_teams_its_reader_may_know(home: object, client: Client, learner: User) -> None:
    shared, other = factories.TeamFactory.create(name="Felles"), factories.TeamFactory.create(name="Et annet")
    mate = factories.MembershipFactory.create(team=shared).person
    for team in (shared, other):
        factories.MembershipFactory.create(person=learner, team=team)
    client.force_login(mate)
    page = client.get(reverse("people:person", args=[learner.pk])).content.decode()
    assert "Felles" in page
    assert "Et annet" not in page
    Membership.objects.filter(person=mate).update(ended_at="2026-01-01T00:00Z")
    assert client.get(reverse("people:person", args=[learner.pk])).status_code == 404


# --- choices --------------------------------------------------------------------------------------------


def test_the_language_is_answered_in_itself(home: object, learner: User, learner_client: Client) -> None:
    response = learner_client.post(reverse("people:preferences"), {"language": "en"})
    assert response["Location"] == "/en/konto/sprak-og-varsler/"
    page = learner_client.get(response["Location"]).content.decode()
    assert "Your choices are saved." in page
    learner.refresh_from_db()
    assert learner.language == "en"
    assert Profile.of(learner).mail_on_requests is False


def test_a_leader_who_wants_no_mail_of_requests_gets_none(
    learner: User, mailoutbox: list[object], django_capture_on_commit_callbacks: object
) -> None:
    team = factories.TeamFactory.create()
    quiet, other = factories.make_leader(team), factories.make_leader(team)
    actions.save_preferences(person=quiet, language="nb", mails_wanted={MailKind.REQUESTS: False})
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        people_actions.ask_to_join(person=learner, team=team)
    assert [message.to for message in mailoutbox] == [[other.email]]  # type: ignore[attr-defined]


def test_signing_in_leads_to_ones_own_language(home: object, client: Client, learner: User) -> None:
    EmailAddress.objects.create(user=learner, email=learner.email, verified=True, primary=True)
    sent = {"login": learner.email, "password": factories.PASSWORD}
    assert client.post("/en/konto/login/", sent)["Location"] == "/min-side/"
    client.logout()
    User.objects.update(language="da")
    assert client.post("/konto/login/", sent)["Location"] == "/da/min-side/"
    client.logout()
    assert client.post("/konto/login/?next=/team/", {**sent, "next": "/team/"})["Location"] == "/team/"


def test_mails_begin_in_the_language_of_the_sign_up(home: object, client: Client) -> None:
    password = "tre blå katter på taket"
    client.post("/en/konto/signup/", {"email": "ny@example.org", "password1": password, "password2": password})
    assert User.objects.get(email="ny@example.org").language == "en"


def test_the_account_page_leads_everywhere(home: object, learner_client: Client) -> None:
    page = learner_client.get(reverse("people:account")).content.decode()
    for name in (
        "people:profile",
        "people:preferences",
        "people:own-memberships",
        "account_email",
        "account_change_password",
        "mfa_index",
        "socialaccount_connections",
        "usersessions_list",
        "people:own-data",
        "people:delete-account",
    ):
        assert f'href="{reverse(name)}"' in page, name
