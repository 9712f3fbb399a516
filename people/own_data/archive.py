"""The zip with everything: one JSON file, the person's own files, and a text that says what is what."""

import json
import zipfile
from datetime import date, datetime
from pathlib import PurePath
from typing import IO, Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation

from people.models import User
from people.own_data import Section, collect

DATA_NAME = "opplysninger.json"
README_NAME = "les-meg.txt"


def write_archive(person: User, target: IO[bytes]) -> None:
    """Write it, in the person's language. Files are read one at a time."""
    with translation.override(person.language):
        sections = collect(person)
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            named = {section.name: name_files(section) for section in sections}
            archive.writestr(README_NAME, render_to_string("people/own_data_readme.txt", {"sections": sections}))
            archive.writestr(DATA_NAME, json.dumps(to_json(person, sections, named), ensure_ascii=False, indent=2))
            for section in sections:
                for file, name in zip(section.files, named[section.name], strict=True):
                    archive.writestr(name, file.read())


def size_of(sections: list[Section]) -> int:
    """Bytes of the files in it, before they are packed; the JSON is small beside them."""
    return sum(file.size for section in sections for file in section.files)


def name_files(section: Section) -> list[str]:
    """A path of its own for each file, below the section's folder and nowhere else."""
    names: list[str] = []
    for number, file in enumerate(section.files, 1):
        plain = PurePath(file.name.replace("\\", "/")).name or str(number)
        name = f"filer/{section.name}/{plain}"
        names.append(name if name not in names else f"filer/{section.name}/{number}-{plain}")
    return names


def to_json(person: User, sections: list[Section], named: dict[str, list[str]]) -> dict[str, Any]:
    """The same facts as the page shows, with keys that stay the same in every language. Times are UTC, ISO 8601."""
    return {
        "made_by": settings.BASE_URL,
        "made_at": timezone.now().isoformat(),
        "account_number": person.pk,
        "sections": [
            {
                "name": section.name,
                "title": section.title,
                "why": section.why,
                "entries": [{fact.key: plain(fact.value) for fact in entry} for entry in section.entries],
                "files": named[section.name],
            }
            for section in sections
        ],
    }


def plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (date, datetime)) else value
