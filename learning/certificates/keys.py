"""The key that signs digital certificates: the deployer's secret, or a developer's own. Reads no rows."""

import base64
import hashlib
import json
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from jwt.algorithms import RSAAlgorithm
from openbadgeslib.ob3 import OB3Signer

ALGORITHM = "RS256"
"""Open Badges 3.0 §8.2.3 asks every verifier for RS256, and for no other."""


@dataclass(frozen=True, slots=True)
class Key:
    """`key_id` is the key's thumbprint (RFC 7638); `public_jwk` is what is published."""

    key_id: str
    public_jwk: dict[str, Any]
    signer: OB3Signer


def get_key() -> Key | None:
    """The key that signs now; None where the deployer has set none."""
    pem = settings.BADGE_KEY or (_own_key(settings.BADGE_KEY_FILE) if settings.BADGE_KEY_FILE else "")
    return _load(pem) if pem else None


@lru_cache(maxsize=4)
def _load(pem: str) -> Key:
    private = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(private, rsa.RSAPrivateKey):
        raise TypeError("The key that signs certificates is an RSA key")
    numbers = json.loads(RSAAlgorithm.to_jwk(private.public_key()))
    named = {name: numbers[name] for name in ("e", "kty", "n")}
    digest = hashlib.sha256(json.dumps(named, sort_keys=True, separators=(",", ":")).encode()).digest()
    key_id = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return Key(
        key_id=key_id,
        public_jwk={**named, "kid": key_id, "alg": ALGORITHM, "use": "sig"},
        signer=OB3Signer(pem, algorithm=ALGORITHM),
    )


def _own_key(file: Path) -> str:
    """A developer's key, made the first time. Only its owner may read it."""
    if not file.exists():
        made = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent) as whole:  # readable by its owner alone
            whole.write(made)
            whole.flush()
            with suppress(FileExistsError):  # another process was first: its key is the one
                file.hardlink_to(whole.name)
    return file.read_text()
