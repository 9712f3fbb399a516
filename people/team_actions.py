"""Changes to what is known of a team, and to the lists administrators keep. Callers have authorised."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from people.models import PeopleSettings, Region, SupportGroup, SupportGroupMembership, Team, TeamRole, User
from people.signals import support_membership_ended
from people.team_list.actions import make_slug, wait_for_the_list
from safety.guard import refuse_identity_numbers
from safety.text import clean_line, clean_lines, refuse_private_number

TEAMS_OWN_WORDS = "Teamet selv"
"""The source of a phase that somebody in the team has set. Data, so it is not translated."""


@transaction.atomic
def edit_team(
    *, team: Team, about: str, contact_route: str, municipalities: str, hospital_trust: str, phase: str
) -> None:
    """What a team says of itself. A new phase is from today and from the team; the same phase keeps its source.

    Raises TextRefusedError: texts go through the door, and nobody's own telephone number comes through it.
    """
    locked = Team.objects.select_for_update(no_key=True, of=("self",)).get(pk=team.pk)
    if locked.phase != phase:
        locked.status_on = timezone.localdate()
        locked.status_source = TEAMS_OWN_WORDS
    locked.phase = phase
    locked.about = clean_lines(about, most=Team.room_for("about"))
    locked.contact_route = clean_line(contact_route, most=Team.room_for("contact_route"))
    locked.municipalities = clean_line(municipalities, most=Team.room_for("municipalities"))
    locked.hospital_trust = clean_line(hospital_trust, most=Team.room_for("hospital_trust"))
    for text in (locked.about, locked.contact_route, locked.municipalities, locked.hospital_trust):
        refuse_identity_numbers(text)
    refuse_private_number(locked.about)
    refuse_private_number(locked.contact_route)
    locked.save()


@transaction.atomic
def save_team(*, team: Team) -> Team:
    """Add or change a team as an administrator has written it. A new one gets its address here, once and for all."""
    wait_for_the_list()
    if not team.slug:
        taken = Team.objects.values_list("slug", flat=True)
        team.slug = make_slug(team.name, county=team.county, taken=taken)
    team.save()
    return team


@transaction.atomic
def save_entry(*, entry: Region | TeamRole | SupportGroup) -> None:
    """Add or change an entry of one of the short lists."""
    entry.save()


@transaction.atomic
def add_to_support_group(*, person: User, group: SupportGroup) -> SupportGroupMembership:
    """Let somebody see what the group's level needs. Who is in the group already stays in it, once."""
    try:
        with transaction.atomic():
            return SupportGroupMembership.objects.create(person=person, group=group)
    except IntegrityError:
        return SupportGroupMembership.objects.active().get(person=person, group=group)


@transaction.atomic
def end_support_membership(*, membership: SupportGroupMembership) -> None:
    """End it now; access is gone with the next request. Ending it again changes nothing."""
    locked = SupportGroupMembership.objects.select_for_update(of=("self",)).get(pk=membership.pk)
    if locked.ended_at is None:
        locked.ended_at = timezone.now()
        locked.save(update_fields=["ended_at"])
        transaction.on_commit(lambda: support_membership_ended.send(sender=SupportGroupMembership, membership=locked))


@transaction.atomic
def set_people_settings(*, onboarding_days: int, invitation_days: int, deletion_days: int, unused_months: int) -> None:
    """What counts for memberships and invitations from now on; those there are keep their dates."""
    PeopleSettings.objects.update_or_create(
        pk=1,
        defaults={
            "onboarding_days": onboarding_days,
            "invitation_days": invitation_days,
            "deletion_days": deletion_days,
            "unused_months": unused_months,
        },
    )
