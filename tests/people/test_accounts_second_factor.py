"""Who must show a second factor, at which doors, and that no door lets anybody in without one."""

from collections.abc import Iterator
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.conf import settings as django_settings
from django.contrib.auth import views as auth_views
from django.contrib.auth.models import Group, Permission
from django.core import mail
from django.test import Client
from django.test.utils import override_settings
from django.urls import URLPattern, URLResolver, get_resolver

from people import checks
from people.models import User
from tests import factories

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
LOGIN = "/konto/login/"


@pytest.fixture(autouse=True)
def _second_factor_is_required() -> Iterator[None]:
    """As in production. Elsewhere in the suite it is off, as for a developer, so that the editor's tests are about
    the editor; here is where the rule itself is held, and `tests/browser/test_accounts.py` holds it in production.
    """
    with override_settings(REQUIRE_MFA=True):
        yield


def make_person(**fields: Any) -> User:
    person = factories.UserFactory.create(**fields)
    EmailAddress.objects.create(user=person, email=person.email, primary=True, verified=True)
    return person


def make_editor(**fields: Any) -> User:
    editor = make_person(**fields)
    editor.user_permissions.add(Permission.objects.get(codename="access_admin"))
    return User.objects.get(pk=editor.pk)


def give_app(person: User) -> None:
    TOTP.activate(person, SECRET)
    RecoveryCodes.activate(person)


def current_code(secret: str = SECRET) -> str:
    return format_hotp_value(hotp_value(secret, list(yield_hotp_counters_from_time())[1]))


def post_password(client: Client, person: User, path: str = LOGIN, **more: str) -> Any:
    names = {"login": person.email, "username": person.email, "email": person.email}
    return client.post(path, {**names, "password": factories.PASSWORD, **more})


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


@pytest.mark.django_db(transaction=True)
def test_an_editor_without_a_factor_is_sent_to_set_one_up_and_brought_back(home: Any, client: Client) -> None:
    editor = make_editor()
    post_password(client, editor, next="/admin/pages/")
    response = client.get("/admin/pages/?p=2")
    assert (response.status_code, response["Location"]) == (302, "/konto/totrinn/")
    assert "Dit du skal, kommer du bare med to trinn" in client.get("/konto/totrinn/").content.decode()

    secret = client.get("/konto/totrinn/totp/activate/").context["form"].secret
    response = client.post("/konto/totrinn/totp/activate/", {"code": current_code(secret)})
    assert (response.status_code, response["Location"]) == (302, "/konto/totrinn/recovery-codes/")
    assert 'href="/admin/pages/?p=2"' in client.get("/konto/totrinn/recovery-codes/").content.decode()

    assert client.get("/admin/pages/?p=2").status_code == 302  # Wagtail's explorer goes on to the root page
    assert client.get("/admin/").status_code == 200
    assert "second_factor_next" not in client.session


def test_signing_in_stops_at_the_second_factor(home: Any, client: Client) -> None:
    editor = make_editor()
    give_app(editor)
    response = post_password(client, editor, next="/admin/")
    assert (response.status_code, response["Location"]) == (302, "/konto/totrinn/authenticate/")
    assert not is_signed_in(client)
    assert client.get("/admin/")["Location"] == "/admin/login/?next=/admin/"

    response = client.post("/konto/totrinn/authenticate/", {"code": "000000"})
    assert response.status_code == 200
    assert not is_signed_in(client)

    response = client.post("/konto/totrinn/authenticate/", {"code": current_code()})
    assert (response.status_code, response["Location"]) == (302, "/admin/")
    assert client.get("/admin/").status_code == 200


def test_a_recovery_code_works_once(home: Any, client: Client) -> None:
    editor = make_editor()
    give_app(editor)
    code = Authenticator.objects.get(user=editor, type="recovery_codes").wrap().get_unused_codes()[0]
    post_password(client, editor)
    assert client.post("/konto/totrinn/authenticate/", {"code": code})["Location"] == "/min-side/"
    assert client.get("/admin/").status_code == 200

    other = Client()
    post_password(other, editor)
    assert other.post("/konto/totrinn/authenticate/", {"code": code}).status_code == 200
    assert not is_signed_in(other)


def test_a_session_from_before_the_factor_must_show_it(home: Any, client: Client) -> None:
    editor = make_editor()
    post_password(client, editor)
    give_app(editor)
    response = client.get("/admin/")
    assert response["Location"] == "/konto/totrinn/reauthenticate/?next=%2Fadmin%2F"
    response = client.post("/konto/totrinn/reauthenticate/?next=/admin/", {"code": current_code()})
    assert (response.status_code, response["Location"]) == (302, "/admin/")
    assert client.get("/admin/").status_code == 200


def test_confirming_with_the_password_is_no_second_factor(home: Any, client: Client) -> None:
    editor = make_editor()
    post_password(client, editor)
    give_app(editor)
    client.post("/konto/reauthenticate/?next=/admin/", {"password": factories.PASSWORD})
    assert client.get("/admin/")["Location"].startswith("/konto/totrinn/reauthenticate/")


def test_removing_the_factor_closes_the_door_again(home: Any, client: Client) -> None:
    editor = make_editor()
    give_app(editor)
    post_password(client, editor)
    client.post("/konto/totrinn/authenticate/", {"code": current_code()})
    assert client.get("/admin/").status_code == 200
    Authenticator.objects.filter(user=editor, type="totp").delete()
    assert client.get("/admin/")["Location"] == "/konto/totrinn/"


def test_recovery_codes_alone_are_no_factor(home: Any, client: Client) -> None:
    editor = make_editor()
    RecoveryCodes.activate(editor)
    client.force_login(editor)
    assert client.get("/admin/")["Location"] == "/konto/totrinn/"


@pytest.mark.parametrize(
    ("fields", "right", "needed"),
    [
        ({}, None, False),
        ({"is_staff": True}, None, True),
        ({"is_superuser": True}, None, True),
        ({}, "moderate_forum", True),
        ({}, "access_admin", True),
        ({}, "add_user", False),
        ({"is_superuser": True, "is_active": False}, None, False),
    ],
    ids=["learner", "staff", "superuser", "moderator", "editor", "another right", "inactive superuser"],
)
def test_who_needs_a_second_factor(db: None, fields: dict[str, bool], right: str | None, needed: bool) -> None:
    """By what one may do: a group that is renamed, or a new one with the right, asks no less."""
    from people.permissions import user_needs_second_factor

    person = factories.UserFactory.create(**fields)
    if right:
        group = Group.objects.create(name="Noen vi stoler på")
        group.permissions.add(Permission.objects.get(codename=right))
        person.groups.add(group)
    assert user_needs_second_factor(person) is needed


@pytest.mark.parametrize("path", ["/moderering/", "/da/moderering/sak/1/", "/en/moderering/", "/admin/reports/locked/"])
def test_addresses_of_the_work_are_guarded_in_every_language(home: Any, client: Client, path: str) -> None:
    client.force_login(make_editor())
    response = client.get(path)
    assert response.status_code == 302
    assert response["Location"].endswith("/konto/totrinn/")


def test_a_form_is_not_sent_on_but_lost(home: Any, client: Client) -> None:
    """A post cannot be brought back to: afterwards one stands at the front of the editor."""
    client.force_login(make_editor())
    assert client.post("/admin/pages/1/delete/").status_code == 302
    assert client.session["second_factor_next"] == "/admin/"


def test_a_learner_meets_the_editors_own_no(home: Any, learner_client: Client) -> None:
    assert learner_client.get("/admin/")["Location"].startswith("/admin/login/")
    assert learner_client.get("/admin/login/?next=/admin/").status_code == 403


def test_signing_out_is_always_open(home: Any, client: Client) -> None:
    client.force_login(make_editor())
    client.post("/admin/logout/")
    assert not is_signed_in(client)


# --- other doors ----------------------------------------------------------------------------------------

OTHER_DOORS = [
    "/admin/login/",
    "/admin/login/?next=/admin/",
    "/admin/password_reset/",
    "/admin/password_reset/confirm/MQ/abc-def/",
    "/admin/account/",
    "/admin/account/change_password/",
    "/admin/",
    "/_util/login/",
    "/accounts/login/",
    "/django-admin/",
    "/django-admin/login/",
    "/login/",
]


@pytest.mark.parametrize("path", OTHER_DOORS)
@pytest.mark.parametrize("with_app", [False, True], ids=["without factor", "with factor"])
def test_no_other_door_takes_the_right_password(home: Any, client: Client, path: str, with_app: bool) -> None:
    editor = make_editor()
    if with_app:
        give_app(editor)
    post_password(client, editor, path)
    assert not is_signed_in(client)
    assert client.get("/admin/").status_code == 302


@pytest.mark.parametrize("path", ["", "done/", "confirm/MQ/abc-def/", "complete/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_wagtails_way_to_a_new_password_leads_to_ours(db: None, client: Client, method: str, path: str) -> None:
    response = getattr(client, method)(f"/admin/password_reset/{path}", {"email": "a@example.org"})
    assert (response.status_code, response["Location"]) == (302, "/konto/password/reset/")
    assert mail.outbox == []


@pytest.mark.parametrize("field", ["password1", "new_password1", "old_password"])
def test_wagtails_account_page_cannot_change_the_password(home: Any, client: Client, field: str) -> None:
    editor = make_editor()
    give_app(editor)
    post_password(client, editor)
    client.post("/konto/totrinn/authenticate/", {"code": current_code()})
    page = client.get("/admin/account/").content.decode()
    assert 'type="password"' not in page
    new = {"old_password": factories.PASSWORD, "new_password1": "noe-helt-annet-9", "new_password2": "noe-helt-annet-9"}
    client.post("/admin/account/", {f"password-{name}": value for name, value in new.items()} | new)
    editor.refresh_from_db()
    assert editor.check_password(factories.PASSWORD)


def all_views(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        where = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from all_views(pattern.url_patterns, where)
        elif isinstance(pattern, URLPattern):
            yield where, pattern.callback


def test_every_sign_in_form_of_django_is_behind_a_door_of_ours(home: Any, client: Client) -> None:
    """Whatever a library brings: each of Django's own sign-in and reset views is shadowed by an address of ours."""
    kinds = (auth_views.LoginView, auth_views.PasswordResetView, auth_views.PasswordResetConfirmView)
    found = [
        where
        for where, view in all_views(get_resolver().url_patterns)
        if issubclass(getattr(view, "view_class", object), kinds)
    ]
    assert sorted(found) == [
        "admin/login/",
        "admin/password_reset/",
        "admin/password_reset/confirm/<uidb64>/<token>/",
    ]
    for where in found:
        path = "/" + where.replace("<uidb64>", "MQ").replace("<token>", "abc-def")
        view = get_resolver().resolve(path).func
        assert not issubclass(getattr(view, "view_class", object), kinds), path


def test_administrators_set_no_passwords_for_others(home: Any, client: Client) -> None:
    administrator = make_person(is_superuser=True)
    give_app(administrator)
    post_password(client, administrator)
    client.post("/konto/totrinn/authenticate/", {"code": current_code()})
    other = make_person()
    assert 'type="password"' not in client.get(f"/admin/users/edit/{other.pk}/").content.decode()


# --- told at the start ----------------------------------------------------------------------------------


def ids(found: list[Any]) -> list[str]:
    return [each.id for each in found]


def test_production_refuses_to_do_without() -> None:
    with override_settings(REQUIRE_MFA=False, DEVELOPMENT=False):
        assert ids(checks.check_second_factor(None)) == ["people.E001"]
    with override_settings(REQUIRE_MFA=False, DEVELOPMENT=True):
        assert ids(checks.check_second_factor(None)) == []
    with override_settings(REQUIRE_MFA=True, DEVELOPMENT=False):
        assert ids(checks.check_second_factor(None)) == []


def test_the_middleware_cannot_be_left_out_or_stand_too_early() -> None:
    others = [name for name in django_settings.MIDDLEWARE if name != checks.MIDDLEWARE]
    with override_settings(MIDDLEWARE=others):
        assert ids(checks.check_second_factor(None)) == ["people.E002"]
    with override_settings(MIDDLEWARE=[checks.MIDDLEWARE, *others]):
        assert ids(checks.check_second_factor(None)) == ["people.E003"]


@pytest.mark.django_db(transaction=True)
def test_setting_up_is_told_by_mail_without_an_address_of_the_network(home: Any, client: Client) -> None:
    editor = make_editor()
    post_password(client, editor)
    secret = client.get("/konto/totrinn/totp/activate/").context["form"].secret
    client.post("/konto/totrinn/totp/activate/", {"code": current_code(secret)})
    sent = [message for message in mail.outbox if "odeapp" in message.subject]
    assert [message.subject for message in sent] == ["Flett: Kodeapp koblet til"]
    assert "127.0.0.1" not in sent[0].body
    assert "http://testserver/konto/password/reset/" in sent[0].body
