"""Which keys have signed digital certificates. Once published, a key stays published: what it signed is still good."""

from django.db import transaction
from django.utils import timezone

from learning.certificates.keys import Key
from learning.models import SigningKey


@transaction.atomic
def keep_signing_key(*, key: Key) -> SigningKey:
    """Publish the key that is about to sign, and say of the others that they sign no more. One query most times."""
    kept = SigningKey.objects.filter(key_id=key.key_id).first()
    if kept is not None and kept.retired_at is None:
        return kept
    SigningKey.objects.filter(retired_at__isnull=True).update(retired_at=timezone.now())
    return SigningKey.objects.update_or_create(
        key_id=key.key_id, defaults={"public_jwk": key.public_jwk, "retired_at": None}
    )[0]
