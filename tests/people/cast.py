"""Everybody who may meet a team, and the teams they meet: for permissions and the matrix of addresses."""

from dataclasses import dataclass, field
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from people.models import Invitation, JoinRequest, Membership, Team, User
from tests import factories

ROLES = [
    "anonymous",
    "no_team",
    "asker",
    "invited",
    "member",
    "leader",
    "other_leader",
    "ended_member",
    "ended_leader",
    "regional",
    "other_regional",
    "national",
    "administrator",
    "inactive",
]
"""`inactive` is a leader of the team whose account is switched off."""


@dataclass
class Cast:
    """One team, `team`, with everybody around it; the other teams differ in who stands in for a leader."""

    people: dict[str, User | AnonymousUser] = field(default_factory=dict)
    team: Team = None  # type: ignore[assignment]
    led_elsewhere: Team = None  # type: ignore[assignment]
    leaderless: Team = None  # type: ignore[assignment]
    leaderless_far_away: Team = None  # type: ignore[assignment]
    without_region: Team = None  # type: ignore[assignment]
    closed: Team = None  # type: ignore[assignment]
    membership: Membership = None  # type: ignore[assignment]
    ended_membership: Membership = None  # type: ignore[assignment]
    request: JoinRequest = None  # type: ignore[assignment]
    invitation: Invitation = None  # type: ignore[assignment]

    @property
    def teams(self) -> dict[str, Team]:
        names = ["team", "led_elsewhere", "leaderless", "leaderless_far_away", "without_region", "closed"]
        return {name: getattr(self, name) for name in names}


def make_person(name: str, **fields: object) -> User:
    person = factories.UserFactory.create(email=f"{name}@example.org", first_name=name, **fields)
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return person


def end(membership: Membership) -> Membership:
    membership.ended_at = timezone.now()
    membership.save()
    return membership


def make_cast() -> Cast:
    vest, nord, midt = (factories.RegionFactory.create(key=key) for key in ("vest", "nord", "midt"))
    leads = factories.TeamRoleFactory.create(key="teamleder", leads_team=True)
    nurse = factories.TeamRoleFactory.create(key="sykepleier")
    cast = Cast()
    cast.team = factories.TeamFactory.create(name="Vårt", slug="vart", region=vest)
    cast.led_elsewhere = factories.TeamFactory.create(name="Deres", slug="deres", region=nord)
    cast.leaderless = factories.TeamFactory.create(name="Uten leder", slug="uten-leder", region=vest)
    cast.leaderless_far_away = factories.TeamFactory.create(name="Langt borte", slug="langt-borte", region=midt)
    cast.without_region = factories.TeamFactory.create(name="Uten region", slug="uten-region", region=None)
    cast.closed = factories.TeamFactory.create(name="Avviklet", slug="avviklet", region=vest, phase=Team.Phase.CLOSED)

    people: dict[str, User | AnonymousUser] = {"anonymous": AnonymousUser()}
    for name in ROLES[1:]:
        superuser = {"is_superuser": True, "is_staff": True} if name == "administrator" else {}
        people[name] = make_person(name, **superuser)
    cast.people = people

    def put(name: str, team: Team, *roles: object) -> Membership:
        return factories.MembershipFactory.create(person=people[name], team=team, roles=roles)

    cast.membership = put("member", cast.team, nurse)
    put("leader", cast.team, leads)
    put("inactive", cast.team, leads)
    put("other_leader", cast.led_elsewhere, leads)
    cast.ended_membership = end(put("ended_member", cast.team, nurse))
    end(put("ended_leader", cast.team, leads))
    for name, region in (("regional", vest), ("other_regional", nord), ("national", None)):
        group = factories.SupportGroupFactory.create(region=region)
        factories.SupportGroupMembershipFactory.create(person=people[name], group=group)
    User.objects.filter(email="inactive@example.org").update(is_active=False)
    people["inactive"].refresh_from_db()  # type: ignore[union-attr]
    cast.request = JoinRequest.objects.create(person=people["asker"], team=cast.team)
    cast.request.roles.set([nurse])
    cast.invitation = Invitation.objects.create(
        team=cast.team,
        email="invited@example.org",
        invited_by=people["leader"],
        sent_at=timezone.now() - timedelta(days=1),
        created_at=timezone.now() - timedelta(days=1),
        expires_at=timezone.now() + timedelta(days=7),
    )
    return cast
