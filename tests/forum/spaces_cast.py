"""Everybody who may meet a space, and a space of every kind: for permissions, pages and what must never leak."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from forum.models import EntryRequest, Space, SpaceMembership
from people.models import User
from tests import factories

ROLES = [
    "anonymous",
    "inactive",
    "no_team",
    "other_team",
    "regional",
    "national",
    "team_leader",
    "role_holder",
    "space_member",
    "facilitator",
    "former_member",
    "moderator",
    "administrator",
    "invited",
    "requester",
]
"""`inactive` facilitates every space with an account that is switched off; `role_holder` has the network's role."""

HIDDEN_NAME = "Hemmelig møteplass"
"""Stands in the name of every space that its own people alone know of."""


@dataclass
class SpaceCast:
    people: dict[str, Any] = field(default_factory=dict)
    spaces: dict[str, Space] = field(default_factory=dict)
    memberships: dict[tuple[str, str], SpaceMembership] = field(default_factory=dict)
    requests: dict[tuple[str, str], EntryRequest] = field(default_factory=dict)


def make_space_cast(**fields: Any) -> SpaceCast:
    """`fields` are given to every space."""
    cast = SpaceCast(people={"anonymous": AnonymousUser()})
    network_role = factories.TeamRoleFactory.create(key="brukerspesialist")
    leads = factories.TeamRoleFactory.create(key="teamleder", leads_team=True)
    people = cast.people
    for name in ROLES[1:]:
        if name == "moderator":
            people[name] = factories.make_moderator(email="moderator@example.org", first_name="moderator")
        else:
            rights = {"is_superuser": True, "is_staff": True} if name == "administrator" else {}
            people[name] = factories.UserFactory.create(email=f"{name}@example.org", first_name=name, **rights)
    for name, roles in (
        ("inactive", []),
        ("other_team", []),
        ("team_leader", [leads]),
        ("role_holder", [network_role]),
        ("space_member", []),
        ("facilitator", []),
        ("former_member", []),
        ("invited", []),
        ("requester", []),
    ):
        factories.MembershipFactory.create(person=people[name], roles=roles)
    for name, region in (("regional", factories.RegionFactory.create(key="vest")), ("national", None)):
        group = factories.SupportGroupFactory.create(region=region)
        factories.SupportGroupMembershipFactory.create(person=people[name], group=group)
    now = timezone.now()
    for kind in Space.Kind.values:
        network = {"role": network_role} if kind == Space.Kind.ROLE_NETWORK else {}
        name = f"Rom {kind}" if kind in Space.LISTED else f"{HIDDEN_NAME} {kind}"
        space = factories.SpaceFactory.create(kind=kind, name=name, slug=kind.replace("_", "-"), **network, **fields)
        cast.spaces[kind] = space
        for person in ("space_member", "facilitator", "inactive", "former_member"):
            looks_after = person in {"facilitator", "inactive"}
            cast.memberships[kind, person] = factories.SpaceMembershipFactory.create(
                space=space, person=people[person], facilitator=looks_after
            )
        cast.memberships[kind, "former_member"].ended_at = now - timedelta(days=1)
        cast.memberships[kind, "former_member"].save()
        cast.requests[kind, "invited"] = EntryRequest.objects.create(
            space=space, person=people["invited"], invited_by=people["facilitator"]
        )
        cast.requests[kind, "requester"] = EntryRequest.objects.create(space=space, person=people["requester"])
    User.objects.filter(pk=people["inactive"].pk).update(is_active=False)
    people["inactive"].refresh_from_db()
    return cast
