"""What Flett and the libraries below it say, in the reader's language and in our own words."""

import re
from typing import Any

import polib
import pytest
from django.conf import settings
from django.core import mail
from django.test import Client

from home.models import HomePage
from people.models import User

WRONG = {
    "": "E-postadressen eller passordet stemmer ikke.",
    "/da": "E-mailadressen eller adgangskoden er ikke rigtig.",
    "/en": "The e-mail address or the password is not right.",
}
RESET = {
    "": ("Flett: Velg nytt passord", "Hei", "Hilsen Flett"),
    "/da": ("Flett: Vælg en ny adgangskode", "Hej", "Hilsen Flett"),
    "/en": ("Flett: Choose a new password", "Hello", "Kind regards, Flett"),
}
NORWEGIAN_ONLY = re.compile(
    r"\b(av|ikke noe|deg|meg|uten|etter|språk|søk|spør|spørsmål|leksjon|leksjonen|leksjoner|kapittel|bilde|bildet"
    r"|lenke|lenken|svaret ditt|passord|nettstedet|lagre|fullført|hva|ennå|også på nytt|skjema|virksomhet)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("prefix", WRONG)
def test_wrong_password_is_told_in_the_readers_language(home: HomePage, client: Client, prefix: str) -> None:
    html = client.post(f"{prefix}/konto/login/", {"login": "a@example.org", "password": "feil"}).content.decode()
    assert WRONG[prefix] in html


@pytest.mark.parametrize("prefix", RESET)
def test_password_mail_is_written_in_the_readers_language(
    home: HomePage, client: Client, learner: User, prefix: str
) -> None:
    client.post(f"{prefix}/konto/password/reset/", {"email": learner.email})
    [message] = mail.outbox
    subject, hello, bye = RESET[prefix]
    lines = message.body.splitlines()
    assert (message.subject, lines[0], lines[-2]) == (subject, hello, bye)
    assert f"http://testserver{prefix}/konto/password/reset/key/" in message.body


def catalogues() -> list[Any]:
    return [path for folder in settings.LOCALE_PATHS for path in sorted(folder.glob("*/LC_MESSAGES/*.po"))]


@pytest.mark.parametrize("path", catalogues(), ids=lambda path: str(path.relative_to(settings.BASE_DIR)))
def test_catalogue_is_whole_and_names_no_person(path: Any) -> None:
    catalogue = polib.pofile(str(path))
    assert [entry.msgid for entry in catalogue if entry.fuzzy or entry.obsolete or not entry.translated()] == []
    assert "@" not in "".join(catalogue.metadata.values())
    assert catalogue.metadata["Language"] == path.parent.parent.name


def test_danish_is_not_norwegian_with_other_letters() -> None:
    catalogue = polib.pofile(str(settings.BASE_DIR / "locale" / "da" / "LC_MESSAGES" / "django.po"))
    texts = [text for entry in catalogue for text in (entry.msgstr, *entry.msgstr_plural.values())]
    assert [text for text in texts if NORWEGIAN_ONLY.search(text)] == []


def test_no_text_hides_in_an_f_string_where_the_collector_cannot_see_it() -> None:
    hidden = re.compile(r"""\bf["'][^\n]*\{_\(""")
    rooms = ("safety", "people", "courses", "learning", "home")
    files = [path for room in rooms for path in (settings.BASE_DIR / room).rglob("*.py")]
    assert [str(path) for path in files if hidden.search(path.read_text(encoding="utf-8"))] == []
