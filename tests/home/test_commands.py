"""What `make` leans on: words are compiled whole, missing ones are named, a port in use gets one line."""

import gettext
import socket
from pathlib import Path

import polib
import pytest
from django.core.management import CommandError
from django.test import override_settings

from home.management.commands import check_translations
from home.management.commands.compile_translations import compile_file
from home.management.commands.develop import Command as Develop
from home.management.commands.develop import require_free_port
from tests.needs import need_gettext


def words(*entries: dict) -> polib.POFile:
    file = polib.POFile()
    file.metadata = {"Content-Type": "text/plain; charset=UTF-8", "Plural-Forms": "nplurals=2; plural=(n != 1);"}
    file.extend(polib.POEntry(**entry) for entry in entries)
    return file


def test_compiled_words_are_what_gettext_reads(tmp_path: Path) -> None:
    source = tmp_path / "django.po"
    words(
        {"msgid": "Leksjon", "msgstr": "Lektion"},
        {"msgid": "Usikker", "msgstr": "Usikkert", "flags": ["fuzzy"]},
        {"msgid": "%(n)s time", "msgid_plural": "%(n)s timer", "msgstr_plural": {0: "%(n)s hour", 1: "%(n)s hours"}},
    ).save(str(source))
    compile_file(source, source.with_suffix(".mo"))
    with source.with_suffix(".mo").open("rb") as file:
        read = gettext.GNUTranslations(file)
    assert read.gettext("Leksjon") == "Lektion"
    assert read.gettext("Usikker") == "Usikker"
    assert read.ngettext("%(n)s time", "%(n)s timer", 3) == "%(n)s hours"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["django.mo", "django.po"]


@pytest.mark.parametrize(
    ("translations", "faults"),
    [
        ([{"msgid": "Hei %(name)s", "msgstr": "Hello %(name)s"}], []),
        ([], ["not translated: 'Hei %(name)s'"]),
        ([{"msgid": "Hei %(name)s", "msgstr": ""}], ["not translated: 'Hei %(name)s'"]),
        (
            [{"msgid": "Hei %(name)s", "msgstr": "Hello %(name)s", "flags": ["fuzzy"]}],
            ["uncertain (fuzzy): 'Hei %(name)s'"],
        ),
        (
            [{"msgid": "Hei %(name)s", "msgstr": "Hello %(navn)s"}],
            ["placeholders differ: 'Hei %(name)s' → 'Hello %(navn)s'"],
        ),
        ([{"msgid": "Hei %(name)s", "msgctxt": "brev", "msgstr": "Dear %(name)s"}], ["not translated: 'Hei %(name)s'"]),
        ([{"msgid": "Hei %(name)s", "msgstr": "Hello %(name)s", "obsolete": True}], ["not translated: 'Hei %(name)s'"]),
    ],
    ids=["right", "missing", "empty", "fuzzy", "placeholder", "other context", "obsolete"],
)
def test_faults_are_named(translations: list[dict], faults: list[str]) -> None:
    texts = words({"msgid": "Hei %(name)s"})
    assert check_translations.find_faults(texts, words(*translations)) == faults


def test_texts_are_collected_from_code_and_templates_without_writing_to_the_project(tmp_path: Path) -> None:
    need_gettext()
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "views.py").write_text(
        'from django.utils.translation import gettext as _\nX = _("Fra kode")\n'
    )
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text('{% load i18n %}{% trans "Fra mal" %}')
    texts = check_translations.collect_texts(tmp_path)
    assert sorted(entry.msgid for entry in texts) == ["Fra kode", "Fra mal"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "templates"]


def test_port_in_use_gets_one_line_that_offers_another() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=f"^Port {port} cannot be used .* make run$"):
            require_free_port("127.0.0.1", port)
    require_free_port("127.0.0.1", port)


@pytest.mark.parametrize("port", ["", "abc", "0", "65536", "-1"])
def test_port_that_is_no_port_is_told(port: str) -> None:
    with pytest.raises(CommandError, match="PORT must be a number from 1 to 65535"):
        Develop.split(f"127.0.0.1:{port}")


def test_development_server_refuses_production() -> None:
    with override_settings(DEVELOPMENT=False), pytest.raises(CommandError, match="FLETT_ENV=development"):
        Develop().handle(addrport="127.0.0.1:8000")
