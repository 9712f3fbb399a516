"""Every address of people and teams, for everybody: the exact status, as a page and as JSON.

The team has a leader and a regional group. 302 leads to the sign-in for those who have not signed in, else to where a
form leads. Outsiders get 404, members without the right 403.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from people.models import MailKind
from people.unsubscribe import make_token
from people.urls import urlpatterns
from tests.people.cast import ROLES, Cast, make_cast
from tests.people.own import make_export_of, make_picture_of

pytestmark = pytest.mark.django_db

TABLE = """
                          anon none  ask  inv mem lead othr endm endl  reg oreg  nat  adm inac
GET  directory             200  200  200  200  200  200  200  200  200  200  200  200  200  200
GET  team                  200  200  200  200  200  200  200  200  200  200  200  200  200  200
GET  team-edit             302  404  404  404  403  200  404  404  404  403  404  404  200  302
POST team-edit             302  404  404  404  403  302  404  404  404  403  404  404  302  302
GET  join                  302  200  302  200  302  302  200  200  200  200  200  200  200  302
POST join                  302  302  302  302  302  302  302  302  302  302  302  302  302  302
POST withdraw              302  404  302  404  404  404  404  404  404  404  404  404  404  302
GET  members               302  404  404  404  200  200  404  404  404  200  404  404  200  302
GET  former-members        302  404  404  404  403  200  404  404  404  403  404  404  200  302
GET  member                302  404  404  404  403  200  404  404  404  403  404  404  200  302
POST member                302  404  404  404  403  302  404  404  404  403  404  404  302  302
GET  end-membership        302  404  404  404  200  200  404  404  404  403  404  404  200  302
POST end-membership        302  404  404  404  302  302  404  404  404  403  404  404  302  302
GET  requests              302  404  404  404  403  200  404  404  404  403  404  404  200  302
GET  request               302  404  404  404  403  200  404  404  404  403  404  404  200  302
POST request:approve       302  404  404  404  403  302  404  404  404  403  404  404  302  302
POST request:refuse        302  404  404  404  403  302  404  404  404  403  404  404  302  302
GET  invitations           302  404  404  404  403  200  404  404  404  403  404  404  200  302
POST invitations           302  404  404  404  403  302  404  404  404  403  404  404  302  302
POST revoke-invitation     302  404  404  404  403  302  404  404  404  403  404  404  302  302
POST resend-invitation     302  404  404  404  403  302  404  404  404  403  404  404  302  302
GET  invitation            200  403  403  200  302  302  403  403  403  403  403  403  403  200
POST invitation            302  403  403  302  403  403  403  403  403  403  403  403  403  302
GET  own-memberships       302  200  200  200  200  200  200  200  200  200  200  200  200  302
GET  overview              302  403  403  403  403  403  403  403  403  200  200  200  200  302
GET  people-settings       302  403  403  403  403  403  403  403  403  403  403  200  200  302
POST people-settings       302  403  403  403  403  403  403  403  403  403  403  302  302  302
GET  account               302  200  200  200  200  200  200  200  200  200  200  200  200  302
GET  profile               302  200  200  200  200  200  200  200  200  200  200  200  200  302
POST profile               302  302  302  302  302  302  302  302  302  302  302  302  302  302
GET  preferences           302  200  200  200  200  200  200  200  200  200  200  200  200  302
POST preferences           302  302  302  302  302  302  302  302  302  302  302  302  302  302
GET  own-data              302  200  200  200  200  200  200  200  200  200  200  200  200  302
POST make-export           302  302  302  302  302  302  302  302  302  302  302  302  302  302
GET  download-export       302  404  404  404  302  404  404  404  404  404  404  404  404  302
GET  delete-account        302  200  200  200  200  200  200  200  200  200  200  200  200  302
POST delete-account        302  302  302  302  302  302  302  302  302  302  302  302  302  302
POST keep-account          302  302  302  302  302  302  302  302  302  302  302  302  302  302
GET  unsubscribe           200  200  200  200  200  200  200  200  200  200  200  200  200  200
POST unsubscribe           200  200  200  200  200  200  200  200  200  200  200  200  200  200
GET  person                302  404  404  404  200  200  404  404  404  200  404  404  200  302
GET  picture               302  404  404  404  200  200  404  404  404  200  404  404  200  302
GET  home:my-page          302  200  200  200  200  200  200  200  200  200  200  200  200  302
"""
LINES = [line.split() for line in TABLE.strip().splitlines()[1:]]

ARGUMENTS: dict[str, Callable[[Cast], list[Any]]] = {
    "directory": lambda cast: [],
    "own-memberships": lambda cast: [],
    "overview": lambda cast: [],
    "people-settings": lambda cast: [],
    "home:my-page": lambda cast: [],
    "member": lambda cast: ["vart", cast.membership.pk],
    "end-membership": lambda cast: ["vart", cast.membership.pk],
    "request": lambda cast: ["vart", cast.request.pk],
    "revoke-invitation": lambda cast: ["vart", cast.invitation.pk],
    "resend-invitation": lambda cast: ["vart", cast.invitation.pk],
    "invitation": lambda cast: [cast.invitation.key],
    "account": lambda cast: [],
    "profile": lambda cast: [],
    "preferences": lambda cast: [],
    "own-data": lambda cast: [],
    "make-export": lambda cast: [],
    "download-export": lambda cast: [make_export_of(cast.membership.person).key],
    "delete-account": lambda cast: [],
    "keep-account": lambda cast: [],
    "unsubscribe": lambda cast: [make_token(account=cast.membership.person_id, kind=MailKind.DEADLINES)],
    "person": lambda cast: [cast.membership.person_id],
    "picture": lambda cast: [cast.membership.person_id, make_picture_of(cast.membership.person).key, "small"],
}
"""What stands in the address; the team's own slug where nothing is said."""

SENT: dict[str, dict[str, Any]] = {
    "team-edit": {"about": "Vi er her.", "phase": "operation"},
    "request:approve": {"decision": "approve"},
    "request:refuse": {"decision": "refuse"},
    "invitations": {"emails": "ny@example.org", "language": "nb"},
    "people-settings": {"onboarding_days": 60, "invitation_days": 7, "deletion_days": 14, "unused_months": 24},
    "profile": {"first_name": "Kari"},
    "preferences": {"language": "nb"},
}


def address_of(name: str, cast: Cast) -> str:
    bare = name.split(":")[0] if name not in ARGUMENTS else name
    arguments = ARGUMENTS.get(bare, lambda cast: ["vart"])(cast)
    return reverse(bare if ":" in bare else f"people:{bare}", args=arguments)


@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line[0]} {line[1]}")
def test_status_for_everybody(home: Any, line: list[str]) -> None:
    method, name, *codes = line
    cast = make_cast()
    address = address_of(name, cast)
    expected = dict(zip(ROLES, (int(code) for code in codes), strict=True))
    for accept in ("text/html", "application/json"):
        found = {role: ask(cast, role, method, address, SENT.get(name, {}), accept=accept) for role in ROLES}
        assert found == expected, accept


def ask(cast: Cast, role: str, method: str, address: str, sent: dict[str, Any], *, accept: str) -> int:
    """The status this role meets; whatever it changed is taken back."""
    client = Client(headers={"accept": accept})
    with transaction.atomic():
        if role != "anonymous":
            client.force_login(cast.people[role])  # type: ignore[arg-type]
        response = client.get(address) if method == "GET" else client.post(address, sent)
        if response.status_code == 302 and role in {"anonymous", "inactive"}:
            assert response["Location"].startswith("/konto/login/?next=")
        if response.status_code in {403, 404} and role != "invited":
            assert "invited@example.org" not in response.content.decode()
        transaction.set_rollback(True)
    return response.status_code


NOT_MINE = {"team-list", "team-list-export", "team-list-import"}


def test_every_address_stands_in_the_table() -> None:
    named = {line[1].split(":")[0] for line in LINES if line[1] != "home:my-page"}
    assert {pattern.name for pattern in urlpatterns} - NOT_MINE == named


STANDING_IN = """
                      leaderless leaderless_far_away without_region
regional                     200                 404            404
other_regional               404                 404            404
national                     404                 200            200
administrator                200                 200            200
leader                       404                 404            404
"""


@pytest.mark.parametrize("line", [line.split() for line in STANDING_IN.strip().splitlines()[1:]], ids=lambda x: x[0])
def test_who_stands_in_for_a_leader(home: Any, client: Client, line: list[str]) -> None:
    cast = make_cast()
    client.force_login(cast.people[line[0]])  # type: ignore[arg-type]
    names = STANDING_IN.split()[:3]
    found = [
        client.get(reverse(f"people:{page}", args=[cast.teams[name].slug])).status_code
        for name in names
        for page in ("members", "requests", "invitations", "former-members")
    ]
    assert found == [int(code) for code in line[1:] for _ in range(4)]


@pytest.mark.parametrize("name", ["withdraw", "revoke-invitation", "resend-invitation"])
def test_what_changes_something_is_never_a_link(home: Any, client: Client, name: str) -> None:
    cast = make_cast()
    client.force_login(cast.people["leader"])  # type: ignore[arg-type]
    assert client.get(address_of(name, cast)).status_code == 405


@pytest.mark.parametrize(
    "name", [line[1] for line in LINES if line[0] == "GET" and line[1] not in {"directory", "download-export"}]
)
def test_nothing_personal_is_kept_by_a_browser(home: Any, client: Client, name: str) -> None:
    cast = make_cast()
    client.force_login(cast.people["administrator"])  # type: ignore[arg-type]
    assert "no-store" in client.get(address_of(name, cast))["Cache-Control"]
