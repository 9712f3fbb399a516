"""The certificate as an Open Badges 3.0 credential: a signed text anyone can check with the published key.

The form is a VC-JWT (Open Badges 3.0 §8.2). The holder is named by a salted hash of their e-mail address alone.
Whether it has been taken back is a bit in a list (W3C Bitstring Status List 1.0), so that nobody learns which badge
is looked up.
"""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from openbadgeslib import baking
from openbadgeslib.ob3 import (
    Achievement,
    IdentityObject,
    Issuer,
    OpenBadgeCredential,
    build_status_list_credential,
    status_entry,
)
from openbadgeslib.ob3.credential import OB3_CONTEXT

from learning.certificates.addresses import achievement_url, certificate_url, issuer_url, status_list_url
from learning.certificates.keys import Key
from learning.models import Certificate, SubjectKind
from people.typesetting import show_hours

IMAGE = Path(__file__).resolve().parent / "badge.svg"
LIST_SIZE = 131_072
"""Certificates in one list: the least the standard allows, so that one is hidden among many."""
LIST_LASTS = timedelta(days=1)
"""How old a copy of a list may be before a verifier refuses it."""


def make_badge(certificate: Certificate, *, email: str, key: Key) -> str:
    """The signed credential, the same text each time while key and address are the same. Asks the database nothing."""
    credential = OpenBadgeCredential(
        id=certificate_url(certificate.code),
        issuer=Issuer(id=issuer_url(), name=certificate.issuer, url=settings.BASE_URL),
        recipient_id=None,
        identifiers=[IdentityObject.create(email.lower(), salt=certificate.code)],
        achievement=Achievement(id="", name="", description="", criteria_narrative=""),
        name=certificate.title,
        issuance_date=certificate.issued_at,
        expiration_date=end_of_day(certificate),
        credential_status=[
            status_entry(status_list_url(certificate.pk // LIST_SIZE), "revocation", certificate.pk % LIST_SIZE)
        ],
    )
    payload = credential.to_jwt_payload()
    payload["credentialSubject"]["achievement"] = describe_achievement(certificate)
    return key.signer.sign_payload(payload)


def bake_badge(token: str) -> bytes:
    """The badge's picture with the signed credential inside, as wallets and portfolios take it."""
    return bytes(baking.bake_svg(read_image(), token, element=baking.SVG_ELEMENT_OB3, namespace=baking.SVG_NS_OB3))


@lru_cache(maxsize=1)
def read_image() -> bytes:
    return IMAGE.read_bytes()


def end_of_day(certificate: Certificate) -> datetime | None:
    """The last second of the last day that is printed, where the certificate is read: Norway."""
    if certificate.expires_on is None:
        return None
    return timezone.make_aware(datetime.combine(certificate.expires_on, time(23, 59, 59)))


def describe_achievement(certificate: Certificate) -> dict[str, Any]:
    """What was achieved, without whose it is: the course or path as it was when the certificate was issued."""
    is_path = certificate.kind == SubjectKind.PATH
    with translation.override(certificate.language):
        description = _("Læringssti i Flett.") if is_path else _("Kurs i Flett.")
        if certificate.hours is not None:
            description += " " + _("Omfang: %(hours)s.") % {"hours": show_hours(certificate.hours)}
        description += " " + _("Beviset viser at det er fullført. Det er ikke en autorisasjon.")
        narrative = (
            _("Alle obligatoriske leksjoner i læringsstien er fullført.")
            if is_path
            else _("Alle obligatoriske leksjoner i kurset er fullført.")
        )
    address = achievement_url(certificate.subject_key, certificate.version)
    described = Achievement(
        id=address,
        name=certificate.title,
        description=description,
        criteria_narrative=narrative,
        achievement_type="CertificateOfCompletion",
        tags=list(certificate.principles),
    ).to_dict()
    return {**described, "inLanguage": certificate.language, "version": str(certificate.version)}


def describe_issuer() -> dict[str, Any]:
    """The issuer's profile as it is published."""
    issuer = Issuer(id=issuer_url(), name=settings.CERTIFICATE_ISSUER, url=settings.BASE_URL)
    return {"@context": OB3_CONTEXT, **issuer.to_dict()}


def publish_achievement(certificate: Certificate) -> dict[str, Any]:
    """The same as in the badge, by itself."""
    return {"@context": OB3_CONTEXT, **describe_achievement(certificate)}


def make_status_list(number: int, *, taken_back: Iterable[int], key: Key) -> str:
    """The signed list of which of these certificates are revoked or replaced, good for a day."""
    now = timezone.now().replace(microsecond=0)
    url = status_list_url(number)
    vc = build_status_list_credential(
        issuer_url(),
        url,
        "revocation",
        [pk % LIST_SIZE for pk in taken_back],
        size_bits=LIST_SIZE,
        issued=now,
        valid_until=now + LIST_LASTS,
    )
    vc |= {"iss": vc["issuer"], "jti": url, "nbf": int(now.timestamp()), "exp": int((now + LIST_LASTS).timestamp())}
    return key.signer.sign_payload(vc)
