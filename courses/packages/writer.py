"""A `Package` written as files, in the one canonical form: the same package is always the same bytes."""

import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from courses.packages.format import (
    BLOCKS,
    FORMAT,
    GUIDE_FILE,
    PROSE,
    Block,
    Cells,
    Choice,
    Field,
    Film,
    Flag,
    Group,
    Guide,
    Items,
    LegalEntry,
    Lesson,
    MediaFile,
    Package,
    Ref,
    Rich,
    Text,
    fill_block_ids,
)
from courses.packages.markdown import map_links, to_markdown
from courses.packages.yaml_io import OneLine, dump_yaml

ONE_LINE = 60
"""Markdown longer than this many characters stands on lines of its own, where quotes and colons need no care."""

Keys = dict[tuple[str, str], str]
"""(kind, id) → the key it has in this package."""


def package_texts(package: Package) -> dict[str, str]:
    """Every text file of the package, by its path in it."""
    keys = {("film", str(film.id)): key for key, film in package.films.items()}
    keys |= {("image", str(image.id)): key for key, image in package.images.items()}
    keys |= {("document", str(document.id)): key for key, document in package.documents.items()}
    texts = {"course.yaml": course_text(package)}
    for lesson in package.lessons:
        texts[lesson.file] = lesson_text(lesson, keys)
    if package.guide:
        texts[package.guide.file] = guide_text(package.guide, keys)
    media = media_data(package)
    if media:
        texts["media/media.yaml"] = dump_yaml(media)
    if package.references:
        texts["legal_references.yaml"] = dump_yaml(
            {key: reference_data(entry) for key, entry in sorted(package.references.items())}
        )
    return texts


def write_package(package: Package, folder: Path, *, copy: Callable[[str, Path], None] | None = None) -> None:
    """Write the package into this folder, made when missing; lessons and media of before are removed.

    `copy` puts the media file of this name at a path; without it files come from the package's own folder.
    """
    texts = package_texts(package)
    names = media_names(package)
    (folder / "lessons").mkdir(parents=True, exist_ok=True)
    if names:
        (folder / "media").mkdir(exist_ok=True)
    for name in names:
        target = folder / "media" / name
        if copy:
            copy(name, target)
        elif package.root and package.root / "media" / name != target:
            shutil.copyfile(package.root / "media" / name, target)
    for path in (folder / "lessons").glob("*.md"):
        if f"lessons/{path.name}" not in texts:
            path.unlink()
    for path in (folder / "media").iterdir() if (folder / "media").is_dir() else []:
        if path.is_file() and path.name not in names and path.name != "media.yaml":
            path.unlink()
    for optional in ("media/media.yaml", "legal_references.yaml", GUIDE_FILE):
        if optional not in texts:
            (folder / optional).unlink(missing_ok=True)
    for file, text in texts.items():
        (folder / file).write_text(text, encoding="utf-8", newline="\n")


def media_names(package: Package) -> list[str]:
    """The files that belong in media/ besides media.yaml."""
    names = []
    for film in package.films.values():
        names += [name for name in (film.mp4, film.webm, film.poster, *film.captions.values()) if name]
    names += [entry.file for entry in (*package.images.values(), *package.documents.values())]
    return sorted(set(names))


def course_text(package: Package) -> str:
    course = package.course
    months = course.certificate_valid_months
    return dump_yaml(
        {
            "format": FORMAT,
            "id": str(course.id),
            "slug": course.slug,
            "language": course.language,
            "title": course.title,
            "kind": course.kind,
            "summary": course.summary,
            "principles": OneLine(course.principles),
            "programmes": OneLine(course.programmes),
            "audience": course.audience,
            "learning_outcomes": course.learning_outcomes,
            "minutes": course.minutes,
            "cpd_hours": hours_text(course.cpd_hours),
            **({} if months is None else {"certificate_valid_months": months}),
            "contact": course.contact,
            "sign_in_required": course.sign_in_required,
            "lessons": [lesson.slug for lesson in package.lessons],
        }
    )


def hours_text(hours: Decimal | None) -> str:
    if hours is None:
        return ""
    return f"{hours.normalize():f}"


def reference_data(entry: LegalEntry) -> dict[str, Any]:
    data: dict[str, Any] = {
        "law": entry.law,
        "paragraph": entry.paragraph,
        "summary": entry.summary,
        "url": entry.url,
        "jurisdiction": entry.jurisdiction,
        "valid_from": entry.valid_from,
        "checked_on": entry.checked_on,
        "checked_by": entry.checked_by,
    }
    if entry.open_question:
        data["open_question"] = entry.open_question
    return data


def media_data(package: Package) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if package.films:
        data["films"] = {key: film_data(film) for key, film in sorted(package.films.items())}
    for section, files in (("images", package.images), ("documents", package.documents)):
        if files:
            data[section] = {key: file_data(entry) for key, entry in sorted(files.items())}
    return data


def film_data(film: Film) -> dict[str, Any]:
    duration = int(film.duration) if film.duration == int(film.duration) else film.duration
    data: dict[str, Any] = {
        "id": str(film.id),
        "title": film.title,
        "placeholder": film.placeholder,
        "duration": duration,
        "mp4": film.mp4,
    }
    for name in ("webm", "poster"):
        if getattr(film, name):
            data[name] = getattr(film, name)
    if film.captions:
        data["captions"] = [{"language": language, "file": file} for language, file in film.captions.items()]
    data["transcript"] = film.transcript
    return data


def file_data(entry: MediaFile) -> dict[str, Any]:
    return {"id": str(entry.id), "title": entry.title, "file": entry.file}


# --- lessons -------------------------------------------------------------------------------------------


def lesson_text(lesson: Lesson, keys: Keys) -> str:
    front: dict[str, Any] = {
        "id": str(lesson.id),
        "title": lesson.title,
        "type": lesson.kind,
        "required": lesson.required,
        "minutes": lesson.minutes,
        "completion": lesson.completion,
    }
    if lesson.pass_percent != 80:
        front["pass_percent"] = lesson.pass_percent
    front["summary"] = lesson.summary
    return page_text(lesson, front, keys)


def guide_text(guide: Guide, keys: Keys) -> str:
    front = {"id": str(guide.id), "title": guide.title, "minutes": guide.minutes, "summary": guide.summary}
    return page_text(guide, front, keys)


def page_text(page: Lesson | Guide, front: dict[str, Any], keys: Keys) -> str:
    """Front matter and body. Text stands bare where its HTML has Markdown and it does not follow other text."""
    pieces: list[str] = []
    bare_ids: list[UUID] = []
    shown_ids: list[UUID | None] = []
    after_bare = False
    for block in page.blocks:
        markdown = bare_markdown(block, keys) if block.type == "text" and not after_bare else None
        after_bare = markdown is not None
        if markdown is not None:
            pieces.append(f"{markdown}\n")
            bare_ids.append(block.id)
            shown_ids.append(None)
        else:
            pieces.append(f"::: {block.type}\n{dump_yaml(block_data(block, keys))}:::\n")
            shown_ids.append(block.id)
    made = fill_block_ids(page.id, [block.type for block in page.blocks], shown_ids)
    if made != [block.id for block in page.blocks]:
        front["text_ids"] = [str(block_id) for block_id in bare_ids]
    return "\n".join([f"---\n{dump_yaml(front)}---\n", *pieces])


def bare_markdown(block: Block, keys: Keys) -> str | None:
    markdown = to_markdown(with_document_keys(block.value, keys), PROSE)
    return markdown if markdown and markdown.strip() else None


def with_document_keys(html: str, keys: Keys) -> str:
    def change(attributes: dict[str, str]) -> dict[str, str] | None:
        href = attributes.get("href", "")
        if href.startswith("document:"):
            key = keys.get(("document", href.removeprefix("document:")))
            return {"href": f"document:{key}"} if key else None
        return attributes

    return map_links(html, change)


def block_data(block: Block, keys: Keys) -> dict[str, Any]:
    """The block as YAML shows it: its id, then its fields in the order of the documentation."""
    value = {"text": block.value} if block.type == "text" else block.value
    return {"id": str(block.id), **group_data(BLOCKS[block.type], value, keys)}


def group_data(spec: Group, value: dict[str, Any], keys: Keys) -> dict[str, Any]:
    """The fields that say something; an optional one that is empty is left out."""
    data = {}
    for name, item in spec.fields.items():
        written = field_data(item, value[name], keys)
        if getattr(item, "optional", False) and not getattr(item, "always_written", False) and written in ("", {}, []):
            continue
        data[name] = written
    return data


def field_data(spec: Field, value: Any, keys: Keys) -> Any:
    match spec:
        case Text() | Flag() | Choice() | Ref(kind="law"):
            return value
        case Cells():
            return [OneLine(row) for row in value]
        case Ref():
            return keys.get((spec.kind, value), "")
        case Rich():
            return rich_data(spec, value, keys)
        case Items(item=Text()) if spec.on_one_line:
            return OneLine(value)
        case Items():
            return [field_data(spec.item, item, keys) for item in value]
        case Group():
            return group_data(spec, value, keys)


def rich_data(spec: Rich, html: str, keys: Keys) -> Any:
    shown = with_document_keys(html, keys)
    markdown = to_markdown(shown, spec.features)
    if markdown is None:
        return {"html": shown}
    return f"{markdown}\n" if "\n" in markdown or len(markdown) > ONE_LINE else markdown
