"""Every word of the interface in every language of the interface."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import polib
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

SOURCES = ("people", "safety", "courses", "learning", "home", "templates")
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w+\}")


class Command(BaseCommand):
    help = "Fail when a text of the interface lacks its Danish or English translation."

    def handle(self, *args: Any, **options: Any) -> None:
        if shutil.which("xgettext") is None:
            message = "Translations not checked: gettext is not installed; install it with: apt-get install gettext"
            if os.environ.get("FLETT_REQUIRE_ALL") == "1":
                raise CommandError(message)
            self.stdout.write(message)
            return
        texts = collect_texts(settings.BASE_DIR)
        faults = [
            f"{language}: {fault}"
            for language, _ in settings.LANGUAGES
            if language != settings.LANGUAGE_CODE
            for fault in find_faults(texts, read_translations(settings.BASE_DIR, language))
        ]
        if faults:
            raise CommandError(
                "\n".join(
                    [f"{len(faults)} translations are missing or wrong (collect new texts: make messages)", *faults]
                )
            )
        self.stdout.write(f"All {len(texts)} texts are translated.")


def collect_texts(root: Path) -> polib.POFile:
    """What code and templates mark for translation, read from a copy so that nothing is written to the project."""
    with tempfile.TemporaryDirectory() as folder:
        for source in SOURCES:
            if (root / source).exists():
                shutil.copytree(root / source, Path(folder) / source, ignore=shutil.ignore_patterns("*.pyc", "starter"))
        (Path(folder) / "locale").mkdir()
        environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
        command = [sys.executable, "-m", "django", "makemessages", "--locale", "nb", "--keep-pot", "--verbosity", "0"]
        done = subprocess.run(  # noqa: S603 – our own interpreter and fixed arguments
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise CommandError(f"Texts could not be collected: {done.stderr.strip()}")
        return polib.pofile(str(Path(folder) / "locale" / "django.pot"))


def read_translations(root: Path, language: str) -> polib.POFile:
    """The language's file, empty where there is none yet."""
    path = root / "locale" / language / "LC_MESSAGES" / "django.po"
    return polib.pofile(str(path)) if path.exists() else polib.POFile()


def find_faults(texts: polib.POFile, translations: polib.POFile) -> list[str]:
    """One line for each text that is untranslated, uncertain, or has other placeholders than its source."""
    known = {(entry.msgid, entry.msgctxt): entry for entry in translations if not entry.obsolete}
    faults = []
    for text in texts:
        entry = known.get((text.msgid, text.msgctxt))
        if entry is None or not entry.translated():
            reason = "uncertain (fuzzy)" if entry is not None and entry.fuzzy else "not translated"
            faults.append(f"{reason}: {text.msgid!r}")
        elif differing := [
            each for each in (entry.msgstr_plural.values() or [entry.msgstr]) if not matches(text, each)
        ]:
            faults.append(f"placeholders differ: {text.msgid!r} → {differing[0]!r}")
    return faults


def matches(text: polib.POEntry, translation: str) -> bool:
    """Whether a translation has exactly its source's placeholders (a plural form may have its plural's)."""
    found = sorted(PLACEHOLDER.findall(translation))
    sources = [text.msgid, text.msgid_plural] if text.msgid_plural else [text.msgid]
    return any(found == sorted(PLACEHOLDER.findall(source)) for source in sources)
