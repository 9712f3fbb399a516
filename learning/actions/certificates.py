"""«Kursbevis»: issued once for each completion, reissued after a change of name, revoked with a reason.

Everything that is printed is kept on the row when it is issued, so that no later edit changes what somebody was given.
"""

from collections.abc import Iterable

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.utils import timezone

from learning.actions.line import take_the_line
from learning.models import Certificate, Completion
from learning.permissions import REVOKE, user_can_revoke_certificates
from learning.queries.certificates import RevocationReason, add_months, get_completions_without_certificate, get_subject
from people.models import User
from people.typesetting.codes import make_code


class NoNameError(Exception):
    """The holder has no name in Flett yet. The certificate waits for it."""


class NothingToReissueError(Exception):
    """The certificate is revoked or replaced, or has the holder's name already."""


class AlreadyRevokedError(Exception):
    """The certificate is revoked already: its date and reason stand."""


class NotAllowedError(Exception):
    """This person may not revoke the certificate."""


def issue_later(completion: Completion) -> None:
    """Issue the certificate as soon as what was completed is kept for good.

    After the commit, and whatever goes wrong there is logged and no more: a tick is never lost to its certificate, and
    `issue_missing_certificates` makes it the next time the holder looks.
    """

    def issue() -> None:
        if completion.learner.get_full_name().strip():
            issue_certificate(completion=completion)

    transaction.on_commit(issue, robust=True)  # no partial: Django logs what failed by its name


def issue_missing_certificates(*, person: User) -> list[Certificate]:
    """Issue what is completed and has no certificate yet: from before there were any, or before there was a name.

    Raises NoNameError where something is to be issued and the person has no name. One query where there is nothing.
    """
    missing = get_completions_without_certificate(person)
    if missing and not person.get_full_name().strip():
        raise NoNameError
    issued = [issue_certificate(completion=completion) for completion in missing]
    return [certificate for certificate in issued if certificate is not None]


@transaction.atomic
def issue_certificate(*, completion: Completion) -> Certificate | None:
    """The completion's first certificate, made now unless it was made before.

    None for what gives no certificate: chapters of a path, and what is in Flett no more. Raises NoNameError.
    """
    learner = completion.learner
    take_the_line(learner)
    found = Certificate.objects.filter(completion=completion, replaces__isnull=True).first()
    if found is not None:
        return found
    name = learner.get_full_name().strip()
    if not name:
        raise NoNameError
    subject = get_subject(kind=completion.kind, subject_key=completion.subject_key, language=learner.language)
    if subject is None:
        return None
    completed_on = timezone.localdate(completion.completed_at)
    return Certificate.objects.create(
        code=_new_code(),
        completion=completion,
        learner=learner,
        kind=completion.kind,
        subject_key=completion.subject_key,
        holder_name=name,
        title=subject.title,
        hours=subject.hours,
        principles=subject.principles,
        version=completion.syllabus.number,
        issuer=settings.CERTIFICATE_ISSUER,
        language=learner.language,
        completed_on=completed_on,
        expires_on=add_months(completed_on, subject.valid_months) if subject.valid_months else None,
    )


def _new_code() -> str:
    """A code nobody has. One query."""
    code = make_code()
    while Certificate.objects.filter(code=code).exists():
        code = make_code()
    return code


@transaction.atomic
def reissue_certificate(*, certificate: Certificate) -> Certificate:
    """The same certificate with the holder's name as it is now. The old code says it is replaced, and leads on.

    The course, its hours, dates and issuer stay as they were printed. Raises NothingToReissueError; NoNameError.
    """
    take_the_line(certificate.learner)
    old = Certificate.objects.select_related("learner").get(pk=certificate.pk)
    name = old.learner.get_full_name().strip()
    if not name:
        raise NoNameError
    if old.revoked_at is not None or name == old.holder_name or Certificate.objects.filter(replaces=old).exists():
        raise NothingToReissueError
    return Certificate.objects.create(
        **{
            field.attname: getattr(old, field.attname)
            for field in Certificate._meta.concrete_fields
            if field.name not in {"id", "code", "holder_name", "replaces", "issued_at"}
        },
        code=_new_code(),
        holder_name=name,
        replaces=old,
    )


@transaction.atomic
def revoke_certificate(*, certificate: Certificate, reason: str, by: User) -> Certificate:
    """Take a certificate back. It stays, and whoever checks it sees when and why.

    Raises ValueError for a reason that is no RevocationReason; NotAllowedError; AlreadyRevokedError.
    """
    if reason not in RevocationReason.values:
        raise ValueError(f"{reason!r} is no reason to revoke a certificate")
    if not user_can_revoke_certificates(by):
        raise NotAllowedError
    take_the_line(certificate.learner)
    row = Certificate.objects.get(pk=certificate.pk)
    if row.revoked_at is not None:
        raise AlreadyRevokedError
    row.revoked_at, row.revoked_reason, row.revoked_by = timezone.now(), reason, by
    row.save(update_fields=["revoked_at", "revoked_reason", "revoked_by"])
    return row


@transaction.atomic
def set_shows_name(*, certificate: Certificate, shows_name: bool) -> None:
    """Whether whoever checks the certificate sees the holder's name. The paper says it whatever is chosen here."""
    take_the_line(certificate.learner)
    Certificate.objects.filter(pk=certificate.pk).update(shows_name=shows_name)


def let_groups_revoke(groups: Iterable[Group]) -> None:
    """Give everybody in these groups the right to revoke certificates. Safe to run again."""
    app, codename = REVOKE.split(".")
    permission = Permission.objects.get(content_type__app_label=app, codename=codename)
    for group in groups:
        group.permissions.add(permission)
