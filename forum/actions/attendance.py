"""«Deltakerbevis»: one for each who came, made when it is asked for. What is printed is kept on the row.

It is in force for as long as the sign-up says that the person came: nobody has to remember to take it back. A space
that not everybody knows of is not named on it; whoever runs Flett is.
"""

from datetime import date
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from forum.actions.arranging import lock_arranged
from forum.models import AttendanceCertificate, Event, EventLeg, EventSignUp
from forum.permissions.event_after import certificates_held_by, user_can_have_certificate
from forum.queries.event_after import count_hours
from people.models import User
from people.typesetting.codes import make_code


class NoNameError(Exception):
    """The person has no name in Flett yet. The certificate waits for it."""


class NothingToReissueError(Exception):
    """The certificate is replaced or not in force, or has the holder's name already."""


class NotOverError(Exception):
    """The event is not over, or was cancelled. Nothing was issued."""


@transaction.atomic
def take_certificate(*, person: User, sign_up: EventSignUp) -> AttendanceCertificate:
    """One's own certificate, made now unless it was made before. Raises PermissionDenied, NoNameError."""
    sign_up = (
        EventSignUp.objects.select_for_update(no_key=True, of=("self",))
        .select_related("event__space", "leg", "person")
        .get(pk=sign_up.pk)
    )
    if not user_can_have_certificate(person, sign_up):
        raise PermissionDenied
    return _issue(sign_up)


@transaction.atomic
def issue_to_all(*, by: User, event: Event) -> tuple[int, int]:
    """Certificates for all who came and have none. How many were made, and how many wait for their person's name.

    Raises PermissionDenied, NotOverError.
    """
    event = lock_arranged(event, by=by)
    if not event.is_over or event.status != Event.Status.PUBLISHED:
        raise NotOverError
    made = nameless = 0
    came = EventSignUp.objects.filter(
        event=event, status=EventSignUp.Status.CONFIRMED, attended=True, certificates__isnull=True
    )
    for sign_up in came.select_related("event__space", "leg", "person").order_by("pk"):
        try:
            _issue(sign_up)
        except NoNameError:
            nameless += 1
        else:
            made += 1
    return made, nameless


@transaction.atomic
def set_shows_name(*, person: User, certificate: AttendanceCertificate, shows_name: bool) -> None:
    """Whether those who check it see whose it is. Raises PermissionDenied for another's."""
    if not certificates_held_by(person).filter(pk=certificate.pk).exists():
        raise PermissionDenied
    AttendanceCertificate.objects.filter(pk=certificate.pk).update(shows_name=shows_name)


def _issue(sign_up: EventSignUp) -> AttendanceCertificate:
    """The newest there is, else the first. Two who issue at once make one: the database has one first of a sign-up."""
    before = _newest_of(sign_up)
    if before is not None:
        return before
    person, event = sign_up.person, sign_up.event
    name = person.get_full_name().strip()
    if not name:
        raise NoNameError
    starts_on, ends_on = local_days(event)
    try:
        with transaction.atomic():
            return AttendanceCertificate.objects.create(
                sign_up=sign_up,
                code=_new_code(),
                holder_name=name,
                title=event.title,
                organiser=event.space.name if event.space.is_listed else settings.CERTIFICATE_ISSUER,
                mode=sign_up.leg.mode,
                place=event.place if sign_up.leg.mode == EventLeg.Mode.PHYSICAL else "",
                starts_on=starts_on,
                ends_on=ends_on,
                hours=count_hours(event),
                language=person.language,
            )
    except IntegrityError:
        return AttendanceCertificate.objects.get(sign_up=sign_up, replaced_by__isnull=True)


def _newest_of(sign_up: EventSignUp) -> AttendanceCertificate | None:
    return AttendanceCertificate.objects.filter(sign_up=sign_up, replaced_by__isnull=True).first()


@transaction.atomic
def reissue_certificate(*, person: User, certificate: AttendanceCertificate) -> AttendanceCertificate:
    """The same certificate with the holder's name as it is now. The old code says it is replaced, and leads on.

    The event, its days, place, hours and organiser stay as they were printed. Raises PermissionDenied for another's,
    NothingToReissueError, NoNameError.
    """
    sign_up = (
        EventSignUp.objects.select_for_update(no_key=True, of=("self",))
        .select_related("person")
        .get(pk=certificate.sign_up_id)
    )
    if sign_up.person_id != person.pk:
        raise PermissionDenied
    old = certificates_held_by(person).filter(pk=certificate.pk).first()
    name = sign_up.person.get_full_name().strip()
    if not name:
        raise NoNameError
    if old is None or name == old.holder_name:
        raise NothingToReissueError
    return AttendanceCertificate.objects.create(
        **{
            field.attname: getattr(old, field.attname)
            for field in AttendanceCertificate._meta.concrete_fields
            if field.name not in {"id", "code", "holder_name", "replaces", "issued_at"}
        },
        code=_new_code(),
        holder_name=name,
        replaces=old,
    )


def local_days(event: Event) -> tuple[date, date]:
    """The event's first and last day where it is held."""
    zone = ZoneInfo(event.time_zone)
    return timezone.localdate(event.starts_at, zone), timezone.localdate(event.ends_at, zone)


def _new_code() -> str:
    """A code nobody has. One query."""
    code = make_code()
    while AttendanceCertificate.objects.filter(code=code).exists():
        code = make_code()
    return code
