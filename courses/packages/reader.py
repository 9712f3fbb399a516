"""A folder of text, read into a `Package`. Every fault is collected with its file and line; nothing is guessed."""

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from courses.blocks import GuideBody, LessonBody
from courses.models import CoursePage, FacilitatorGuidePage, LegalReference, LessonPage
from courses.packages.format import (
    BLOCKS,
    FORMAT,
    GUIDE_FILE,
    MAX_TEXT_FILE_BYTES,
    PROSE,
    Block,
    Course,
    Film,
    Guide,
    LegalEntry,
    Lesson,
    Lines,
    MediaFile,
    Package,
    PackageError,
    Problem,
    course_id_for,
    fill_block_ids,
    guide_id_for,
    lesson_id_for,
    media_id_for,
)
from courses.packages.reading import FileReading
from courses.packages.yaml_io import YamlError, YamlList, YamlMap, YamlNode, YamlText, load_yaml

CAPTION_LANGUAGES = ("nb", "da", "en")
MAX_LESSONS = 200
_FENCE = re.compile(r":::[ \t]*([a-z_]*)[ \t]*\Z")
_FILE_NAME = re.compile(r"[A-Za-z0-9æøåÆØÅ_][A-Za-z0-9æøåÆØÅ_. -]{0,150}\Z")
_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,99}\Z")


class PackageReader:
    """Reads one package folder. `read()` raises PackageError with everything that is wrong with the text."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.problems: list[Problem] = []
        self.ids: dict[tuple[str, str], UUID] = {}
        self.notes: list[str] = []

    def read(self) -> Package:
        course, names, course_reading = self.read_course()
        package = Package(course=course, lessons=[], root=self.root, notes=self.notes)
        self.read_media(package)
        self.read_references(package)
        seen: dict[UUID, str] = {}
        for name, line in names:
            lesson = self.read_lesson(course, name, course_reading, line)
            if lesson is None:
                continue
            if lesson.id in seen:
                self.problems.append(
                    Problem(
                        lesson.file, lesson.lines.get(("id",), 1), _("Leksjonen har samme id som %s.") % seen[lesson.id]
                    )
                )
            seen[lesson.id] = lesson.file
            package.lessons.append(lesson)
        package.guide = self.read_guide(course, seen)
        self.find_strays([name for name, _line in names])
        if self.problems:
            raise PackageError(self.problems)
        return package

    # -- files --

    def reading(self, file: str) -> FileReading:
        return FileReading(file, self.problems, self.ids)

    def read_text(self, file: str) -> str | None:
        """The text of a file in the package, with `\\n` line ends; None (and a problem) when it cannot be read."""
        path = self.root / file
        if path.is_symlink() or not path.is_file():
            self.problems.append(Problem(file, 0, _("Filen mangler.")))
            return None
        if path.stat().st_size > MAX_TEXT_FILE_BYTES:
            self.problems.append(Problem(file, 0, _("Filen er for stor. En tekstfil kan være høyst 2 MB.")))
            return None
        data = path.read_bytes()
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
            self.problems.append(Problem(file, line, _("Filen er ikke lagret som UTF-8.")))
            return None
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def read_yaml(self, file: str, *, optional: bool = False) -> YamlMap | None:
        if optional and not (self.root / file).exists():
            return None
        text = self.read_text(file)
        if text is None:
            return None
        try:
            return load_yaml(text)
        except YamlError as problem:
            self.problems.append(Problem(file, problem.line, str(problem)))
            return None

    # -- course.yaml --

    def read_course(self) -> tuple[Course, list[tuple[str, int]], FileReading]:
        node = self.read_yaml("course.yaml")
        reading = self.reading("course.yaml")
        if node is None:
            raise PackageError(self.problems)
        found = reading.fields(
            node,
            [
                "format",
                "id",
                "slug",
                "language",
                "title",
                "kind",
                "summary",
                "principles",
                "programmes",
                "audience",
                "learning_outcomes",
                "minutes",
                "cpd_hours",
                "certificate_valid_months",
                "contact",
                "sign_in_required",
                "lessons",
            ],
            required=["format", "slug", "language", "title", "kind", "summary", "minutes", "lessons"],
        )
        lines: Lines = {(name,): item.line for name, item in found.items()}
        if "format" in found and reading.text(found["format"]) != str(FORMAT):
            reading.problem(found["format"].line, _("Flett leser format %s.") % FORMAT)
            raise PackageError(self.problems)
        slug = reading.text(found.get("slug"))
        for name in ("principles", "programmes"):
            listed = found.get(name)
            if isinstance(listed, YamlList):
                lines.update({(name, place): item.line for place, item in enumerate(listed.items)})
        course = Course(
            id=reading.uuid(found.get("id")) or course_id_for(slug),
            slug=slug,
            language=reading.text(found.get("language")),
            title=reading.text(found.get("title")),
            kind=reading.one_of(found.get("kind"), list(CoursePage.Kind.values), default="module"),
            summary=reading.text(found.get("summary")),
            principles=reading.texts(found.get("principles")),
            programmes=reading.texts(found.get("programmes")),
            audience=reading.text(found.get("audience")),
            learning_outcomes=reading.texts(found.get("learning_outcomes")),
            minutes=reading.whole(found.get("minutes"), default=0),
            cpd_hours=self.read_hours(reading, found.get("cpd_hours")),
            contact=reading.text(found.get("contact")),
            sign_in_required=reading.flag(found.get("sign_in_required"), default=False),
            certificate_valid_months=self.read_months(reading, found.get("certificate_valid_months")),
            lines=lines,
        )
        for name in (
            "slug",
            "title",
            "summary",
            "audience",
            "minutes",
            "cpd_hours",
            "certificate_valid_months",
            "contact",
        ):
            if name in found:
                reading.model_field(CoursePage, name, getattr(course, name), found[name].line)
        for place, outcome in enumerate(course.learning_outcomes):
            item = found["learning_outcomes"]
            if "\n" in outcome or outcome != outcome.strip() or not outcome:
                line = item.items[place].line if isinstance(item, YamlList) else item.line
                reading.problem(line, _("Hvert læringsutbytte skal være én linje tekst."))
        return course, self.read_names(reading, found.get("lessons")), reading

    def read_hours(self, reading: FileReading, node: YamlNode | None) -> Decimal | None:
        text = reading.text(node)
        if node is None or not text:
            return None
        try:
            if not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", text, re.ASCII):
                raise InvalidOperation
            return Decimal(text)
        except InvalidOperation:
            reading.problem(node.line, _('Kurstimer skrives som et tall med punktum, for eksempel "1.5".'))
            return None

    def read_months(self, reading: FileReading, node: YamlNode | None) -> int | None:
        """None where nothing is written: the certificate does not expire."""
        return reading.whole(node, default=1) if node is not None and reading.text(node) else None

    def read_names(self, reading: FileReading, node: YamlNode | None) -> list[tuple[str, int]]:
        names: list[tuple[str, int]] = []
        if node is None:
            return names
        if not isinstance(node, YamlList):
            reading.problem(node.line, _("Her skal det stå en liste."))
            return names
        if len(node.items) > MAX_LESSONS:
            reading.problem(node.line, _("Et kurs kan ha høyst %s leksjoner.") % MAX_LESSONS)
            return names
        for item in node.items:
            name = reading.text(item)
            before = len(self.problems)
            reading.model_field(LessonPage, "slug", name, item.line)
            if name == FacilitatorGuidePage.ADDRESS:
                reading.problem(
                    item.line,
                    _("Adressen «%s» er kursets veiledning. Gi leksjonen et annet navn.")
                    % FacilitatorGuidePage.ADDRESS,
                )
            if len(self.problems) == before and name in {known for known, _line in names}:
                reading.problem(item.line, _("Leksjonen «%s» står to ganger.") % name)
            elif len(self.problems) == before:
                names.append((name, item.line))
        return names

    def find_strays(self, names: list[str]) -> None:
        """A lesson nobody lists is a mistake; other files are left alone, and said."""
        for path in sorted((self.root / "lessons").glob("*.md")) if (self.root / "lessons").is_dir() else []:
            if path.stem not in names and not path.name.startswith("."):
                self.problems.append(
                    Problem(f"lessons/{path.name}", 0, _("Leksjonen er ikke med i listen i course.yaml."))
                )

    # -- lessons --

    def read_lesson(self, course: Course, name: str, course_reading: FileReading, line: int) -> Lesson | None:
        file = f"lessons/{name}.md"
        if not (self.root / file).is_file():
            course_reading.problem(line, _("Filen %s mangler.") % file)
            return None
        cut = self.cut_front(file)
        if cut is None:
            return None
        reading, node, rows, start = cut
        found = reading.fields(
            node,
            ["id", "title", "type", "required", "minutes", "completion", "pass_percent", "summary", "text_ids"],
            required=["title", "type", "minutes"],
        )
        lesson = Lesson(
            id=reading.uuid(found.get("id")) or lesson_id_for(course.id, name),
            slug=name,
            title=reading.text(found.get("title")),
            kind=reading.one_of(found.get("type"), list(LessonPage.Kind.values), default="lesson"),
            required=reading.flag(found.get("required"), default=True),
            minutes=reading.whole(found.get("minutes"), default=5),
            completion=reading.one_of(found.get("completion"), list(LessonPage.Completion.values), default="marked"),
            pass_percent=reading.whole(found.get("pass_percent"), default=80),
            summary=reading.text(found.get("summary")),
            lines={(field_name,): item.line for field_name, item in found.items()},
        )
        for field_name in ("title", "minutes", "pass_percent", "summary"):
            if field_name in found:
                reading.model_field(LessonPage, field_name, getattr(lesson, field_name), found[field_name].line)
        self.read_body(reading, lesson, rows, start, found.get("text_ids"))
        return lesson

    def cut_front(self, file: str) -> tuple[FileReading, YamlMap, list[str], int] | None:
        """The file's front matter, its lines, and the line its body starts at; None (and a problem) without them."""
        text = self.read_text(file)
        if text is None:
            return None
        reading = self.reading(file)
        rows = text.split("\n")
        end = next((place for place, row in enumerate(rows[1:], 1) if row.rstrip() == "---"), 0)
        if rows[0].rstrip() != "---" or not end:
            reading.problem(1, _("Filen må begynne med felter mellom to linjer med ---."))
            return None
        try:
            node = load_yaml("\n".join(rows[1:end]) + "\n", first_line=2)
        except YamlError as problem:
            reading.problem(problem.line, str(problem))
            return None
        return reading, node, rows, end + 1

    # -- guide.md --

    def read_guide(self, course: Course, seen: dict[UUID, str]) -> Guide | None:
        if not (self.root / GUIDE_FILE).exists():
            return None
        cut = self.cut_front(GUIDE_FILE)
        if cut is None:
            return None
        reading, node, rows, start = cut
        found = reading.fields(node, ["id", "title", "minutes", "summary", "text_ids"], required=["title"])
        guide = Guide(
            id=reading.uuid(found.get("id")) or guide_id_for(course.id),
            title=reading.text(found.get("title")),
            minutes=reading.whole(found.get("minutes"), default=30),
            summary=reading.text(found.get("summary")),
            lines={(field_name,): item.line for field_name, item in found.items()},
        )
        for field_name in ("title", "minutes", "summary"):
            if field_name in found:
                reading.model_field(
                    FacilitatorGuidePage, field_name, getattr(guide, field_name), found[field_name].line
                )
        if guide.id in seen:
            reading.problem(guide.lines.get(("id",), 1), _("Veiledningen har samme id som %s.") % seen[guide.id])
        self.read_body(reading, guide, rows, start, found.get("text_ids"))
        return guide

    # -- the body of a lesson or a guide --

    def read_body(
        self, reading: FileReading, page: Lesson | Guide, rows: list[str], start: int, text_ids: YamlNode | None
    ) -> None:
        """Cut the body at its fences; what stands outside them is text."""
        allowed = [
            name for name in BLOCKS if name in (GuideBody if isinstance(page, Guide) else LessonBody).base_blocks
        ]
        blocks: list[tuple[str, UUID | None, Any, int, Lines]] = []
        given = [self.reading_id(reading, item) for item in reading._items(text_ids)]
        prose: list[str] = []
        prose_line = start + 1

        def end_prose() -> None:
            if any(row.strip() for row in prose):
                html = reading.markdown("\n".join(prose), PROSE, prose_line)
                blocks.append(("text", given.pop(0) if given else None, html, prose_line, {}))
            prose.clear()

        place = start
        while place < len(rows):
            fence = _FENCE.match(rows[place])
            if fence is None:
                if rows[place].startswith(":::"):
                    reading.problem(place + 1, _("Etter ::: skal det stå navnet på en blokk."))
                elif not any(row.strip() for row in prose):
                    prose.clear()
                    prose_line = place + 1
                    prose.append(rows[place])
                else:
                    prose.append(rows[place])
                place += 1
                continue
            end_prose()
            end = next((number for number in range(place + 1, len(rows)) if rows[number].rstrip() == ":::"), None)
            kind = fence.group(1)
            if not kind:
                reading.problem(place + 1, _("Denne ::: lukker ingen blokk."))
                place += 1
                continue
            if end is None:
                reading.problem(place + 1, _("Blokken «%s» er ikke lukket med en linje med :::.") % kind)
                break
            block = self.read_block(reading, kind, "\n".join(rows[place + 1 : end]) + "\n", place + 1, allowed=allowed)
            if block:
                blocks.append(block)
            place = end + 1
        end_prose()
        if given:
            reading.problem(
                page.lines["text_ids",], _("text_ids har flere id-er enn teksten har avsnitt mellom blokkene.")
            )
        self.name_blocks(reading, page, blocks)

    def reading_id(self, reading: FileReading, node: YamlNode) -> UUID | None:
        return reading.uuid(node)

    def read_block(
        self, reading: FileReading, kind: str, source: str, line: int, *, allowed: list[str]
    ) -> tuple[str, UUID | None, Any, int, Lines] | None:
        spec = BLOCKS.get(kind)
        if spec is None or kind not in allowed:
            message = (
                _("Blokken «%(kind)s» finnes ikke. Velg mellom %(allowed)s.")
                if spec is None
                else _("Blokken «%(kind)s» kan ikke brukes i en veiledning. Velg mellom %(allowed)s.")
            )
            reading.problem(line, message % {"kind": kind, "allowed": ", ".join(allowed)})
            return None
        try:
            node = load_yaml(source, first_line=line + 1)
        except YamlError as problem:
            reading.problem(problem.line, str(problem))
            return None
        node.line = line
        block_id = reading.uuid(node.items.pop("id", None))
        lines: Lines = {}
        value = reading.value(spec, node, (), lines)
        if kind == "text":
            return kind, block_id, value["text"], line, lines
        if kind == "table":
            for place, row in enumerate(value["rows"]):
                if len(row) != len(value["columns"]):
                    reading.problem(
                        lines["rows", place],
                        _("Raden har %(cells)s celler, men tabellen har %(columns)s kolonner.")
                        % {"cells": len(row), "columns": len(value["columns"])},
                    )
        return kind, block_id, value, line, lines

    def name_blocks(
        self, reading: FileReading, page: Lesson | Guide, blocks: list[tuple[str, UUID | None, Any, int, Lines]]
    ) -> None:
        seen: dict[UUID, int] = {}
        for _kind, block_id, _value, line, _lines in blocks:
            if block_id and block_id in seen:
                reading.problem(line, _("Blokken har samme id som den på linje %s.") % seen[block_id])
            elif block_id:
                seen[block_id] = line
        ids = fill_block_ids(page.id, [block[0] for block in blocks], [block[1] for block in blocks])
        page.blocks = [
            Block(type=kind, id=block_id, value=value, line=line, lines=lines)
            for block_id, (kind, _given, value, line, lines) in zip(ids, blocks, strict=True)
        ]

    # -- media/media.yaml --

    def read_media(self, package: Package) -> None:
        node = self.read_yaml("media/media.yaml", optional=True)
        if node is None:
            return
        reading = self.reading("media/media.yaml")
        found = reading.fields(node, ["films", "images", "documents"])
        readers: list[tuple[str, str, Callable[..., None]]] = [
            ("films", "film", self.read_film),
            ("images", "image", self.read_file),
            ("documents", "document", self.read_file),
        ]
        for section, kind, read in readers:
            entries = found.get(section)
            if entries is None or (isinstance(entries, YamlText) and entries.is_null):
                continue
            if not isinstance(entries, YamlMap):
                reading.problem(entries.line, _("Her skal det stå felter på formen «navn: verdi»."))
                continue
            for key, entry in entries.items.items():
                if not _KEY.match(key):
                    reading.problem(entries.key_lines[key], _("Nøkkelen må ha små bokstaver a–z, tall og bindestrek."))
                    continue
                if not isinstance(entry, YamlMap):
                    reading.problem(entry.line, _("Her skal det stå felter på formen «navn: verdi»."))
                    continue
                identity = reading.uuid(entry.items.get("id")) or media_id_for(package.course.id, kind, key)
                if identity in self.ids.values():
                    reading.problem(entry.line, _("Id-en er brukt to ganger."))
                self.ids[kind, key] = identity
                read(reading, getattr(package, section), key, entry, identity)

    def read_film(self, reading: FileReading, films: dict[str, Film], key: str, entry: YamlMap, identity: UUID) -> None:
        found = reading.fields(
            entry,
            ["id", "title", "placeholder", "duration", "mp4", "webm", "poster", "captions", "transcript"],
            required=["title", "mp4"],
        )
        film = Film(id=identity, title=reading.text(found.get("title")), lines={(): entry.line})
        film.lines.update({(name,): item.line for name, item in found.items()})
        film.placeholder = reading.flag(found.get("placeholder"), default=False)
        duration = reading.text(found.get("duration")) or "0"
        if re.fullmatch(r"\d{1,6}(\.\d{1,3})?", duration, re.ASCII):
            film.duration = float(duration)
        else:
            reading.problem(found["duration"].line, _("Varigheten skrives i sekunder."))
        film.mp4, film.webm, film.poster = (
            self.read_file_name(reading, found.get(name)) for name in ("mp4", "webm", "poster")
        )
        film.transcript = reading.text(found.get("transcript"))
        for item in reading._items(found.get("captions")):
            fields = reading.fields(item, ["language", "file"], required=["language", "file"])
            language = reading.one_of(fields.get("language"), list(CAPTION_LANGUAGES), default="")
            if language in film.captions:
                reading.problem(item.line, _("Språket står to ganger."))
            if language:
                film.captions[language] = self.read_file_name(reading, fields.get("file"))
                film.lines["captions", language] = item.line
        self.check_title(reading, film.title, found)
        films[key] = film

    def read_file(
        self, reading: FileReading, files: dict[str, MediaFile], key: str, entry: YamlMap, identity: UUID
    ) -> None:
        found = reading.fields(entry, ["id", "title", "file"], required=["title", "file"])
        lines: Lines = {(): entry.line, **{(name,): item.line for name, item in found.items()}}
        files[key] = MediaFile(
            id=identity,
            title=reading.text(found.get("title")),
            file=self.read_file_name(reading, found.get("file")),
            lines=lines,
        )
        self.check_title(reading, files[key].title, found)

    def check_title(self, reading: FileReading, title: str, found: dict[str, YamlNode]) -> None:
        if "title" in found:
            reading.model_field(CoursePage, "title", title, found["title"].line)

    def read_file_name(self, reading: FileReading, node: YamlNode | None) -> str:
        """A file that lies in media/ itself: no folders, no way out."""
        name = reading.text(node)
        if node is None or not name:
            return ""
        if not _FILE_NAME.match(name) or name == "media.yaml":
            reading.problem(node.line, _("«%s» er ikke navnet på en fil i mappen media.") % name[:100])
            return ""
        return name

    # -- legal_references.yaml --

    def read_references(self, package: Package) -> None:
        node = self.read_yaml("legal_references.yaml", optional=True)
        if node is None:
            return
        reading = self.reading("legal_references.yaml")
        names = ["law", "paragraph", "summary", "url", "jurisdiction"]
        dates = ["valid_from", "checked_on", "checked_by", "open_question"]
        for key, entry in node.items.items():
            reading.model_field(LegalReference, "key", key, node.key_lines[key])
            found = reading.fields(entry, [*names, *dates], required=[*names, "checked_on"])
            checked_on = reading.day(found.get("checked_on"))
            record = LegalEntry(
                law=reading.text(found.get("law")),
                paragraph=reading.text(found.get("paragraph")),
                summary=reading.text(found.get("summary")),
                url=reading.text(found.get("url")),
                jurisdiction=reading.text(found.get("jurisdiction")),
                valid_from=reading.day(found.get("valid_from")),
                checked_on=checked_on,
                checked_by=reading.text(found.get("checked_by")),
                open_question=reading.text(found.get("open_question")),
                lines={(): node.key_lines[key], **{(name,): item.line for name, item in found.items()}},
            )
            if checked_on and not record.checked_by:
                reading.problem(
                    (found.get("checked_by") or found["checked_on"]).line, _("Skriv hvem som kontrollerte regelen.")
                )
            for name in (*names, "checked_by", "open_question"):
                if name in found:
                    reading.model_field(LegalReference, name, getattr(record, name), found[name].line)
            package.references[key] = record


def find_root(folder: Path) -> Path:
    """The folder course.yaml lies in: this one, or the only folder inside it (as zips often are)."""
    if (folder / "course.yaml").exists() or not folder.is_dir():
        return folder
    inner = [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith((".", "__"))]
    return inner[0] if len(inner) == 1 and (inner[0] / "course.yaml").exists() else folder


def read_package(folder: Path) -> Package:
    """The package in this folder. Raises PackageError naming every fault in its text."""
    return PackageReader(find_root(folder)).read()
