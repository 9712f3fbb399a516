"""A course in the database as a `Package`: what export writes, and what import compares with."""

from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath
from shutil import copyfileobj
from typing import Any
from uuid import UUID, uuid5

from anyascii import anyascii
from django.core.files.storage import FileSystemStorage
from django.db.models.fields.files import FieldFile
from django.utils.text import slugify
from django.utils.translation import gettext as _
from wagtail.models import Page

from courses.models import (
    CoursePage,
    FacilitatorGuidePage,
    FlettDocument,
    FlettImage,
    FlettMedia,
    LegalReference,
    LessonPage,
    Principle,
    Programme,
)
from courses.packages.format import (
    BLOCKS,
    NAMESPACE,
    Block,
    Cells,
    Choice,
    Course,
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
    PackageError,
    Problem,
    Ref,
    Rich,
    Text,
)
from courses.packages.markdown import canonical_html, map_links

STREAM_NAMES = {("image", "file"): "image"}
"""Where a field is called something else in the editor's block than in the package."""

_MEDIA: dict[str, Any] = {"film": FlettMedia, "image": FlettImage, "document": FlettDocument}


class Collector:
    """Turns stored blocks into portable ones, and remembers which media and laws they name."""

    def __init__(self) -> None:
        self.found: dict[str, dict[int, Any]] = {kind: {} for kind in (*_MEDIA, "law")}
        self.pages: dict[int, UUID | None] = {}

    # -- what things are called outside the database --

    def named(self, kind: str, pk: Any) -> Any:
        """The film, image, document or law reference with this number, or None when it is gone."""
        if not isinstance(pk, int):
            return None
        if pk not in self.found[kind]:
            model: Any = LegalReference if kind == "law" else _MEDIA[kind]
            self.found[kind][pk] = model.objects.filter(pk=pk).first()
        return self.found[kind][pk]

    def load(self, bodies: list[list[dict[str, Any]]]) -> None:
        """Fetch everything these blocks choose, in one query a kind."""
        wanted: dict[str, set[int]] = {kind: set() for kind in self.found}
        for body in bodies:
            for raw in body:
                spec = BLOCKS.get(raw["type"])
                if not spec or not isinstance(raw["value"], dict):
                    continue
                for name, item in spec.fields.items():
                    pk = raw["value"].get(STREAM_NAMES.get((raw["type"], name), name))
                    if isinstance(item, Ref) and isinstance(pk, int):
                        wanted[item.kind].add(pk)
        for kind, pks in wanted.items():
            model: Any = LegalReference if kind == "law" else _MEDIA[kind]
            self.found[kind].update(dict.fromkeys(pks) | model.objects.in_bulk(pks))

    def page_key(self, pk: int) -> UUID | None:
        if pk not in self.pages:
            self.pages[pk] = Page.objects.filter(pk=pk).values_list("translation_key", flat=True).first()
        return self.pages[pk]

    # -- blocks --

    def rich(self, source: Any, features: frozenset[str]) -> str:
        """Stored HTML as portable HTML; a link to what is gone becomes its text."""

        def change(attributes: dict[str, str]) -> dict[str, str] | None:
            kind, number = attributes.get("linktype"), attributes.get("id", "")
            if kind == "page" and number.isdecimal():
                key = self.page_key(int(number))
                return {"href": f"page:{key}"} if key else None
            if kind == "document" and number.isdecimal():
                document = self.named("document", int(number)) if "document-link" in features else None
                return {"href": f"document:{document.key}"} if document else None
            return attributes if attributes.get("href") else None

        return canonical_html(map_links(str(source or ""), change), features)

    def value(self, spec: Field, raw: Any, kind: str) -> Any:
        match spec:
            case Text():
                return as_text(raw)
            case Rich():
                return self.rich(raw, spec.features)
            case Flag():
                return bool(raw)
            case Choice():
                return raw if raw in spec.values else spec.default
            case Ref(kind="law"):
                law = self.named("law", raw)
                return law.key if law else ""
            case Ref():
                media = self.named(spec.kind, raw)
                return str(media.key) if media else ""
            case Items():
                return [self.value(spec.item, item, kind) for item in list_items(raw)]
            case Group():
                fields = raw if isinstance(raw, dict) else {}
                return {
                    name: self.value(item, fields.get(STREAM_NAMES.get((kind, name), name)), kind)
                    for name, item in spec.fields.items()
                }
            case Cells():
                raise AssertionError("cells are read with their table")

    def block(self, raw: dict[str, Any]) -> Block:
        kind = raw["type"]
        if kind == "text":
            value: Any = self.value(BLOCKS["text"].fields["text"], raw["value"], kind)
        elif kind == "table":
            table = raw["value"].get("table") or {}
            value = {
                "caption": as_text(raw["value"].get("caption")),
                "columns": [as_text(column.get("heading")) for column in table.get("columns", [])],
                "rows": [[as_text(cell) for cell in row["values"]] for row in table.get("rows", [])],
                "source": as_text(raw["value"].get("source")),
            }
        else:
            value = self.value(BLOCKS[kind], raw["value"], kind)
        return Block(type=kind, id=block_uuid(raw["id"]), value=value)


def block_uuid(stored_id: str) -> UUID:
    """The block's id; one that is no UUID (written by a script, never by the editor) gets one made from it."""
    try:
        return UUID(stored_id)
    except ValueError:
        return uuid5(NAMESPACE, stored_id)


def as_text(raw: Any) -> str:
    return "" if raw is None else str(raw).replace("\r\n", "\n").replace("\r", "\n")


def list_items(raw: Any) -> list[Any]:
    """The values of a stored list, of either of Wagtail's two ways of storing one."""
    return [item["value"] if is_list_item(item) else item for item in raw or []]


def is_list_item(item: Any) -> bool:
    return isinstance(item, dict) and item.get("type") == "item" and "value" in item


def stored_blocks(page: LessonPage | FacilitatorGuidePage) -> list[dict[str, Any]]:
    """The page's blocks as they lie in the database, each with an id."""
    return list(page.body.get_prep_value())


# --- the whole course ----------------------------------------------------------------------------------


def collect_lesson(lesson: LessonPage, collector: Collector) -> Lesson:
    return Lesson(
        id=lesson.translation_key,
        slug=lesson.slug,
        title=lesson.title,
        kind=lesson.kind,
        required=lesson.is_required,
        minutes=lesson.minutes,
        completion=lesson.completion,
        pass_percent=lesson.pass_percent,
        summary=lesson.summary,
        blocks=[collector.block(raw) for raw in stored_blocks(lesson) if raw["type"] in BLOCKS],
    )


def collect_guide(guide: FacilitatorGuidePage, collector: Collector) -> Guide:
    return Guide(
        id=guide.translation_key,
        title=guide.title,
        minutes=guide.minutes,
        summary=guide.summary,
        blocks=[collector.block(raw) for raw in stored_blocks(guide) if raw["type"] in BLOCKS],
    )


def principle_keys(principles: Iterable[Principle]) -> list[str]:
    """In the order a package lists them, the same in every database."""
    found = sorted(principles, key=lambda principle: (principle.principle_set.key, principle.position, principle.slug))
    return list(dict.fromkeys(principle.key for principle in found))


def programme_codes(programmes: Iterable[Programme]) -> list[str]:
    return sorted({programme.code for programme in programmes})


def collect_course_fields(course: CoursePage) -> Course:
    return Course(
        id=course.translation_key,
        slug=course.slug,
        language=course.locale.language_code,
        title=course.title,
        kind=course.kind,
        summary=as_text(course.summary),
        principles=principle_keys(course.principles.select_related("principle_set")),
        programmes=programme_codes(course.programmes.all()),
        audience=course.audience,
        learning_outcomes=course.outcomes,
        minutes=course.minutes,
        cpd_hours=course.cpd_hours,
        contact=course.contact,
        sign_in_required=course.sign_in_required,
        certificate_valid_months=course.certificate_valid_months,
    )


def collect_course(course: CoursePage) -> tuple[Package, dict[str, FieldFile]]:
    """The published course as a package, and the file behind each name in its media folder.

    Drafts and unpublished lessons stay behind: a package is what readers see.
    """
    collector = Collector()
    lessons = list(LessonPage.objects.child_of(course).live().order_by("path"))
    guide = FacilitatorGuidePage.objects.child_of(course).live().order_by("path").first()
    collector.load([stored_blocks(page) for page in (*lessons, *([guide] if guide else []))])
    package = Package(
        course=collect_course_fields(course),
        lessons=[collect_lesson(lesson, collector) for lesson in lessons],
        guide=collect_guide(guide, collector) if guide else None,
    )
    files: dict[str, FieldFile] = {}
    for key, media in keyed(collector.found["film"].values(), "film"):
        package.films[key] = film_entry(key, media, files)
    for kind, entries in (("image", package.images), ("document", package.documents)):
        for key, stored in keyed(collector.found[kind].values(), kind):
            name = claim(files, key, stored.file)
            entries[key] = MediaFile(id=stored.key, title=stored.title, file=name)
    for law in collector.found["law"].values():
        if law:
            package.references[law.key] = legal_entry(law)
    return package, files


def keyed(found: Any, kind: str) -> list[tuple[str, Any]]:
    """Each thing with the key it gets in the package: made from its title, numbered where titles meet."""
    taken: set[str] = set()
    keys = []
    for media in sorted((media for media in found if media), key=lambda media: str(media.key)):
        base = slugify(anyascii(media.title))[:80].strip("-_").replace("_", "-") or kind
        key, number = base, 1
        while key in taken:
            number += 1
            key = f"{base}-{number}"
        taken.add(key)
        keys.append((key, media))
    return keys


def claim(files: dict[str, FieldFile], stem: str, file: FieldFile, infix: str = "") -> str:
    """A name in the media folder for this file: the key, and the stored file's own ending."""
    suffix = PurePosixPath(file.name or "").suffix.lower()
    name, number = f"{stem}{infix}{suffix}", 1
    while name in files:
        number += 1
        name = f"{stem}-{number}{infix}{suffix}"
    files[name] = file
    return name


def film_entry(key: str, media: FlettMedia, files: dict[str, FieldFile]) -> Film:
    return Film(
        id=media.key,
        title=media.title,
        placeholder=media.is_placeholder,
        duration=media.duration,
        mp4=claim(files, key, media.file),
        webm=claim(files, key, media.webm) if media.webm else "",
        poster=claim(files, key, media.thumbnail) if media.thumbnail else "",
        captions={
            language: claim(files, key, getattr(media, f"captions_{language}"), f".{language}")
            for language in ("nb", "da", "en")
            if getattr(media, f"captions_{language}")
        },
        transcript=as_text(media.transcript),
    )


def legal_entry(law: LegalReference) -> LegalEntry:
    return LegalEntry(
        law=law.law,
        paragraph=law.paragraph,
        summary=law.summary,
        url=law.url,
        jurisdiction=law.jurisdiction,
        valid_from=law.valid_from,
        checked_on=law.checked_on,
        checked_by=law.checked_by,
        open_question=as_text(law.open_question),
    )


def copier(files: dict[str, FieldFile]) -> Callable[[str, Path], None]:
    """What `write_package` needs to fetch media out of storage."""

    def copy(name: str, target: Path) -> None:
        file = files[name]
        if isinstance(file.storage, FileSystemStorage) and target.exists() and target.samefile(file.path):
            return
        try:
            with file.storage.open(file.name or "") as source, target.open("wb") as sink:
                copyfileobj(source, sink)
        except FileNotFoundError as error:
            raise PackageError([Problem(f"media/{name}", 0, _("Filen finnes ikke lenger i Flett."))]) from error

    return copy
