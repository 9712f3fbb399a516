"""The digital certificate: checked by other means than it was made with, and against 1EdTech's own schema."""

import base64
import gzip
import json
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.utils import timezone
from openbadgeslib.ob3 import OB3Verifier

from config import settings as settings_module
from learning.actions import reissue_certificate, revoke_certificate
from learning.actions.signing_keys import keep_signing_key
from learning.certificates.badges import LIST_SIZE, make_badge
from learning.certificates.keys import Key, get_key
from learning.checks import check_badge_key
from learning.models import Certificate, SigningKey
from people.models import User
from tests import factories
from tests.learning.certificates import bare_certificate, certify, make_course

SCHEMA = json.loads((Path(__file__).parent / "data" / "ob_v3p0_achievementcredential_schema.json").read_text())
ISSUED = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def make_pem(size: int = 2048) -> str:
    made = rsa.generate_private_key(public_exponent=65537, key_size=size)
    return made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


PEMS = [make_pem(), make_pem()]


@pytest.fixture
def key(settings) -> Key:
    settings.BADGE_KEY = PEMS[0]
    found = get_key()
    assert found is not None
    return found


def unpack(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def verify(token: str, keys: list[dict[str, Any]]) -> dict[str, Any]:
    """Check the signature as a stranger would, offline: with the published keys, and none of the code that signed.

    Raises InvalidSignature; KeyError where the key it was signed with is not among the published ones.
    """
    header, payload, signature = token.split(".")
    said = json.loads(unpack(header))
    assert said["alg"] == "RS256"
    published = {each["n"]: each for each in keys}[said["jwk"]["n"]]
    n, e = (int.from_bytes(unpack(published[name]), "big") for name in ("n", "e"))
    rsa.RSAPublicNumbers(e, n).public_key().verify(
        unpack(signature), f"{header}.{payload}".encode(), padding.PKCS1v15(), hashes.SHA256()
    )
    result: dict[str, Any] = json.loads(unpack(payload))
    return result


def bare_badge(key: Key, **changes: Any) -> str:
    certificate = bare_certificate(issued_at=ISSUED, subject_key=make_course_key(), **changes)
    certificate.pk = 140_000
    return make_badge(certificate, email="Kari@Example.org", key=key)


def make_course_key() -> str:
    return "6f1d0000-0000-4000-8000-000000000001"


# --- what it says ----------------------------------------------------------------------------------------


def test_it_says_what_the_certificate_says_and_not_who(key: Key) -> None:
    said = verify(bare_badge(key, expires_on=datetime(2028, 11, 20, tzinfo=UTC).date()), [key.public_jwk])
    address = "http://127.0.0.1:8000/bevis"
    assert said["id"] == said["jti"] == f"{address}/34CDFGHJKMNP/"
    assert said["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert said["iss"] == said["issuer"]["id"] == f"{address}/utsteder.json"
    assert said["issuer"]["name"] == "Flett"
    assert said["validFrom"] == "2026-11-20T09:30:00Z"
    assert said["validUntil"] == "2028-11-20T22:59:59Z"  # the end of the day in Norway
    assert (said["nbf"], said["exp"]) == (int(ISSUED.timestamp()), 1858373999)
    subject = said["credentialSubject"]
    assert "id" not in subject
    digest = sha256(b"kari@example.org34CDFGHJKMNP").hexdigest()
    assert subject["identifier"] == [
        {
            "type": "IdentityObject",
            "hashed": True,
            "identityHash": f"sha256${digest}",
            "identityType": "emailAddress",
            "salt": "34CDFGHJKMNP",
        }
    ]
    assert subject["achievement"] == {
        "id": f"{address}/kurs/{make_course_key()}/2.json",
        "type": ["Achievement"],
        "name": "Kommunikasjon i FACT-team",
        "description": "Kurs i Flett. Omfang: 1,5 timer. "
        "Beviset viser at det er fullført. Det er ikke en autorisasjon.",
        "criteria": {"narrative": "Alle obligatoriske leksjoner i kurset er fullført."},
        "achievementType": "CertificateOfCompletion",
        "tag": ["Fleksibilitet", "Felles ansvar"],
        "inLanguage": "nb",
        "version": "2",
    }
    assert said["credentialStatus"] == {
        "id": f"{address}/status/1.jwt#8928",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "8928",
        "statusListCredential": f"{address}/status/1.jwt",
    }
    whole = json.dumps(said).lower()
    assert "kari" not in whole.replace(digest, "")
    assert "østby" not in whole


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"kind": "path", "hours": None, "principles": []},
        {"expires_on": timezone.localdate(), "language": "en", "title": '"><script>'},
    ],
)
def test_it_follows_the_published_schema(key: Key, changes: dict[str, Any]) -> None:
    said = verify(bare_badge(key, **changes), [key.public_jwk])
    checker = jsonschema.Draft201909Validator(SCHEMA)
    assert [error.message for error in checker.iter_errors(said)] == []
    del said["credentialSubject"]["achievement"]["criteria"]
    assert [error.message for error in checker.iter_errors(said)] != []


def test_a_verifier_of_open_badges_takes_it(key: Key) -> None:
    public = serialization.load_pem_private_key(PEMS[0].encode(), password=None).public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    credential = OB3Verifier(pem).verify(bare_badge(key))
    assert credential.achievement.name == "Kommunikasjon i FACT-team"


def test_the_same_certificate_gives_the_same_text(key: Key) -> None:
    assert bare_badge(key) == bare_badge(key)


def test_whatever_is_changed_is_noticed(key: Key) -> None:
    header, payload, signature = bare_badge(key).split(".")
    said = json.loads(unpack(payload))
    said["name"] = "Et annet kurs"
    forged = base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")
    with pytest.raises(InvalidSignature):
        verify(f"{header}.{forged}.{signature}", [key.public_jwk])


# --- keys ------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_new_key_signs_and_what_the_old_one_signed_is_still_good(
    client: Client, home, settings, django_assert_num_queries
) -> None:
    tokens = []
    for pem in PEMS:
        settings.BADGE_KEY = pem
        key = get_key()
        assert key is not None
        tokens.append(bare_badge(key))
        keep_signing_key(key=key)
        with django_assert_num_queries(3):  # a savepoint, and one look
            keep_signing_key(key=key)
    published = client.get("/bevis/nokler.json")
    assert published["Content-Type"] == "application/jwk-set+json"
    keys = published.json()["keys"]
    assert [sorted(each) for each in keys] == [["alg", "e", "kid", "kty", "n", "use"]] * 2
    for token in tokens:
        assert verify(token, keys)["name"] == "Kommunikasjon i FACT-team"
    retired = SigningKey.objects.order_by("pk").values_list("retired_at", flat=True)
    assert [each is None for each in retired] == [False, True]
    with pytest.raises(KeyError):
        verify(tokens[0], keys[:1])  # published it must be


@pytest.mark.django_db
def test_the_key_is_published_before_it_has_signed(client: Client, home, key: Key) -> None:
    assert client.get("/bevis/nokler.json").json() == {"keys": [key.public_jwk]}
    assert not SigningKey.objects.exists()


def test_a_developer_gets_a_key_of_their_own(settings, tmp_path: Path) -> None:
    settings.BADGE_KEY, settings.BADGE_KEY_FILE = "", tmp_path / "new" / "badge-key.pem"
    first = get_key()
    assert first is not None
    assert get_key() == first
    assert settings.BADGE_KEY_FILE.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in settings.BADGE_KEY_FILE.parent.iterdir()] == ["badge-key.pem"]


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("ikke en nøkkel", "must be a private key as PEM"),
        (make_pem(1024), "at least 2048 bits"),
        (PEMS[0].replace("A", "!"), "must be a private key as PEM"),
    ],
)
def test_a_key_that_is_none_stops_the_start_and_is_not_repeated(monkeypatch, value: str, says: str) -> None:
    monkeypatch.setenv("FLETT_BADGE_KEY", value)
    with pytest.raises(ImproperlyConfigured, match=says) as caught:
        settings_module.rsa_key("FLETT_BADGE_KEY")
    assert value.strip().splitlines()[-1] not in str(caught.value)


def test_a_key_may_be_one_line(monkeypatch) -> None:
    monkeypatch.setenv("FLETT_BADGE_KEY", PEMS[0].replace("\n", "\\n"))
    assert settings_module.rsa_key("FLETT_BADGE_KEY") == PEMS[0].strip()


def test_without_a_key_the_check_says_so_and_stops_nobody(settings) -> None:
    settings.BADGE_KEY, settings.BADGE_KEY_FILE = "", None
    assert get_key() is None
    [message] = check_badge_key(None)
    assert message.id == "learning.I001"
    assert not message.is_serious()
    settings.BADGE_KEY = PEMS[0]
    assert check_badge_key(None) == []


# --- over the web ----------------------------------------------------------------------------------------


@pytest.fixture
def holder(home) -> User:
    return factories.UserFactory.create(first_name="Kari", last_name="Østby")


@pytest.mark.django_db
def test_the_holder_gets_a_picture_with_the_credential_inside(client: Client, holder: User, key: Key) -> None:
    certificate = certify(holder)
    client.force_login(holder)
    picture = client.get(f"/kursbevis/{certificate.code}/digitalt.svg")
    assert picture["Content-Type"] == "image/svg+xml"
    assert picture["Content-Disposition"] == 'attachment; filename="kursbevis-kommunikasjon-i-fact-team.svg"'
    inside = ET.fromstring(picture.content).find("{https://purl.imsglobal.org/ob/v3p0}credential")  # noqa: S314
    assert inside is not None
    alone = client.get(f"/kursbevis/{certificate.code}/digitalt.jwt").content.decode()
    assert inside.attrib["verify"] == alone
    assert verify(alone, client.get("/bevis/nokler.json").json()["keys"])["name"] == certificate.title


@pytest.mark.django_db
def test_without_a_key_the_badge_says_so_and_the_pdf_works(client: Client, holder: User, settings) -> None:
    settings.BADGE_KEY, settings.BADGE_KEY_FILE = "", None
    certificate = certify(holder)
    client.force_login(holder)
    answer = client.get(f"/kursbevis/{certificate.code}/digitalt.svg", follow=True)
    assert answer.redirect_chain == [("/kursbevis/", 302)]
    assert "Digitale kursbevis er ikke satt opp her ennå." in answer.content.decode()
    assert "digitalt.svg" not in answer.content.decode()
    assert client.get(f"/kursbevis/{certificate.code}/pdf/")["Content-Type"] == "application/pdf"
    assert client.get("/bevis/nokler.json").json() == {"keys": []}


@pytest.mark.django_db
def test_what_the_badge_points_at_is_there(client: Client, holder: User, key: Key) -> None:
    certificate = certify(holder, make_course(cpd_hours=None, minutes=30))
    said = verify(make_badge(certificate, email=holder.email, key=key), [key.public_jwk])

    def path_of(address: str) -> str:
        return address.removeprefix("http://127.0.0.1:8000")

    profile = client.get(path_of(said["issuer"]["id"])).json()
    assert {name: profile[name] for name in said["issuer"]} == said["issuer"]
    achievement = said["credentialSubject"]["achievement"]
    published = client.get(path_of(achievement["id"])).json()
    assert published.pop("@context") == said["@context"]
    assert published == achievement
    assert client.get(path_of(achievement["id"]).replace("/1.json", "/7.json")).status_code == 404
    assert client.get(path_of(said["id"])).status_code == 200


@pytest.mark.django_db
def test_revoked_and_replaced_ones_are_in_the_signed_list(
    client: Client, holder: User, administrator: User, key: Key
) -> None:
    kept, revoked, replaced = (certify(holder, make_course(title=title)) for title in ("Ett", "To", "Tre"))
    revoke_certificate(certificate=revoked, reason="misuse", by=administrator)
    Certificate.objects.filter(pk=replaced.pk).update(holder_name="Kari Før")
    new = reissue_certificate(certificate=replaced)
    answer = client.get("/bevis/status/0.jwt")
    assert answer["Content-Type"] == "application/vc+jwt"
    said = verify(answer.content.decode(), [key.public_jwk])
    assert said["type"] == ["VerifiableCredential", "BitstringStatusListCredential"]
    assert said["exp"] - said["nbf"] == 24 * 3600
    listed = said["credentialSubject"]["encodedList"]
    bits = gzip.decompress(unpack(listed[1:]))
    assert (listed[0], len(bits) * 8) == ("u", LIST_SIZE)
    taken_back = {place * 8 + bit for place, byte in enumerate(bits) for bit in range(8) if byte & (0x80 >> bit)}
    assert taken_back == {revoked.pk, replaced.pk}
    assert not {kept.pk, new.pk} & taken_back
    assert "misuse" not in json.dumps(said)
    assert client.get("/bevis/status/1.jwt").status_code == 404
