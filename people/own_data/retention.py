"""What is deleted because its time is over. A plan that can be read, and the steps that carry it out.

Every step asks again under the person's lock, so that a plan made a moment ago does no harm and a second run at the
same time does nothing twice.
"""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from people.models import DataExport, Invitation, JoinRequest, Membership, PeopleSettings, Profile, User
from people.models.users import FORMER_MEMBER_EMAIL
from people.own_data import mails
from people.own_data.actions import delete_person, lock
from people.own_data.exports import drop_export

DEMO_ADDRESSES = "@demo.example"
WARNING = timedelta(days=30)
"""From the mail that an account is unused until it is deleted."""
UNVERIFIED = timedelta(days=30)
"""How long somebody has to verify the address they signed up with."""
ANSWERED = timedelta(days=365)
"""How long answered requests and dead invitations are kept."""
EXPORT_FOLDER = "exports"
ORPHAN = timedelta(days=1)


class Why(StrEnum):
    ASKED = "its owner has asked for it, and the waiting period is over"
    UNUSED = "unused, and warned"
    UNVERIFIED = "never verified its address"
    WARN = "unused; gets the warning"


@dataclass(frozen=True, slots=True)
class Step:
    """One account and what is to become of it. Holds no name and no address, so that it may be printed and logged."""

    account: int
    why: Why
    since: datetime

    def __str__(self) -> str:
        what = "warn" if self.why is Why.WARN else "delete"
        return f"{what} account {self.account}: {self.why} (since {self.since:%Y-%m-%d})"


def plan_accounts() -> list[Step]:
    """Every account whose time is over now, and every one to be warned."""
    steps = [
        Step(account=profile.person_id, why=Why.ASKED, since=profile.deletion_requested_at or timezone.now())
        for profile in Profile.objects.to_be_deleted().exclude(person__email=FORMER_MEMBER_EMAIL).order_by("pk")
    ]
    seen = {step.account for step in steps}
    steps += [
        Step(account=person.pk, why=Why.UNVERIFIED, since=person.date_joined)
        for person in never_verified().exclude(pk__in=seen).order_by("pk")
    ]
    seen = {step.account for step in steps}
    for person in unused().exclude(pk__in=seen).exclude(pk__in=signed_in_now()).order_by("pk"):
        warned_at = person.profile.unused_warned_at if hasattr(person, "profile") else None
        if warned_at is None or warned_at < last_used(person):
            steps.append(Step(account=person.pk, why=Why.WARN, since=last_used(person)))
        elif warned_at <= timezone.now() - WARNING:
            steps.append(Step(account=person.pk, why=Why.UNUSED, since=last_used(person)))
    return steps


def subject_to_retention() -> QuerySet[User]:
    """Everybody but administrators, without whom nobody could help the others, and the demo people."""
    return (
        User.objects.exclude(is_superuser=True)
        .exclude(email=FORMER_MEMBER_EMAIL)
        .exclude(email__iendswith=DEMO_ADDRESSES)
        .select_related("profile")
    )


def unused() -> QuerySet[User]:
    """Accounts nobody has signed in to for `PeopleSettings.unused_months` (a fresh one counts from its making)."""
    before = months_before(timezone.now(), PeopleSettings.load().unused_months)
    return subject_to_retention().annotate(used_at=Coalesce("last_login", "date_joined")).filter(used_at__lte=before)


def months_before(moment: datetime, months: int) -> datetime:
    """The same day of the month then, or the last one where that month is shorter."""
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))


def last_used(person: User) -> datetime:
    return person.last_login or person.date_joined


def never_verified() -> QuerySet[User]:
    """Sign-ups whose address nobody has shown to be theirs: it may be somebody else's, so nobody is written to.

    Whoever has signed in, belongs somewhere or has been given rights was let in by somebody: those are not meant.
    """
    return subject_to_retention().filter(
        ~Exists(EmailAddress.objects.filter(user=OuterRef("pk"), verified=True)),
        ~Exists(SocialAccount.objects.filter(user=OuterRef("pk"))),
        ~Exists(Membership.objects.filter(person=OuterRef("pk"))),
        Q(support_memberships__isnull=True, groups__isnull=True, is_staff=False),
        Exists(EmailAddress.objects.filter(user=OuterRef("pk"))),
        last_login__isnull=True,
        date_joined__lte=timezone.now() - UNVERIFIED,
    )


def signed_in_now() -> set[str]:
    """Who has a session that lasts: a sign-in can be kept alive for longer than its date says. Reads every session."""
    live = Session.objects.filter(expire_date__gt=timezone.now())
    return {
        session.get_decoded()["_auth_user_id"]
        for session in live.iterator()
        if "_auth_user_id" in session.get_decoded()
    }


def carry_out(step: Step) -> bool:
    """Do it, if it still holds; returns whether it did."""
    with transaction.atomic():
        person = lock(User(pk=step.account))
        if person is None or not _still_holds(step, person):
            return False
        if step.why is not Why.WARN:
            delete_person(person=person)
            return True
        warned_at = timezone.now()
        Profile.objects.update_or_create(person=person, defaults={"unused_warned_at": warned_at})
        if person.is_active:
            transaction.on_commit(lambda: mails.warn_of_unused(person, due_at=warned_at + WARNING))
        return True


def _still_holds(step: Step, person: User) -> bool:
    if step.why is Why.ASKED:
        return Profile.objects.to_be_deleted().filter(person=person).exists()
    if step.why is Why.UNVERIFIED:
        return never_verified().filter(pk=person.pk).exists()
    if not unused().filter(pk=person.pk).exists():
        return False
    warned_at = Profile.of(person).unused_warned_at
    is_warned = warned_at is not None and warned_at >= last_used(person)
    return is_warned == (step.why is Why.UNUSED)


# --- rows and files that are not accounts ---------------------------------------------------------------


def old_invitations() -> QuerySet[Invitation]:
    """Used, taken back or run out for a year: their addresses are nobody's business any more."""
    before = timezone.now() - ANSWERED
    return Invitation.objects.filter(
        Q(accepted_at__lte=before) | Q(revoked_at__lte=before) | Q(accepted_at__isnull=True, expires_at__lte=before)
    )


def old_requests() -> QuerySet[JoinRequest]:
    """Answered a year ago."""
    return JoinRequest.objects.filter(decided_at__lte=timezone.now() - ANSWERED)


def old_exports() -> QuerySet[DataExport]:
    return DataExport.objects.filter(expires_at__lte=timezone.now())


def orphans() -> list[str]:
    """Files of copies that no row knows, for instance of an account that was deleted in some other way."""
    try:
        _folders, names = default_storage.listdir(EXPORT_FOLDER)
    except FileNotFoundError:
        return []
    known = set(DataExport.objects.exclude(file="").values_list("file", flat=True))
    found = [f"{EXPORT_FOLDER}/{name}" for name in names]
    before = timezone.now() - ORPHAN  # one that is being made has no row yet
    return [name for name in found if name not in known and default_storage.get_modified_time(name) <= before]


def delete_files(names: Iterable[str]) -> None:
    for name in names:
        default_storage.delete(name)


@transaction.atomic
def delete_old_exports() -> None:
    for export in old_exports().select_for_update():
        drop_export(export=export)
