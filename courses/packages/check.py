"""What a package must get right against this Flett: languages, names it refers to, files, rights, and each block."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import IO, Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.fields.files import FieldFile
from django.utils.translation import gettext as _
from wagtail.models import Locale, Page

from courses.blocks import GuideBody, LessonBody
from courses.models import (
    CourseIndexPage,
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
from courses.packages.collect import legal_entry
from courses.packages.format import (
    BLOCKS,
    Block,
    Field,
    Group,
    Guide,
    Items,
    LegalEntry,
    Lesson,
    Package,
    PackageError,
    Problem,
    Ref,
    Rich,
)
from courses.packages.markdown import parse_html, walk
from courses.packages.media import film_fields, media_differs, media_path, same_content, user_can_add, user_can_change
from courses.packages.stream import Names, stream_block
from safety import files
from safety.files import FileRefusedError
from safety.guard import PatientDataError
from safety.guard.files import guard_file

MEDIA_FILE = "media/media.yaml"
_FILM_CHECKS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "file": (files.check_film, ("mp4",)),
    "webm": (files.check_film, ("webm",)),
    "thumbnail": (files.check_image, ("poster",)),
    **{f"captions_{language}": (files.check_captions, ("captions", language)) for language in ("nb", "da", "en")},
}


@dataclass(slots=True)
class Target:
    """Where in the tree the package goes, and what it refers to there."""

    locale: Locale
    section: CourseIndexPage
    course: CoursePage | None
    lessons: dict[UUID, LessonPage]
    guide: FacilitatorGuidePage | None = None
    principles: list[Principle] = field(default_factory=list)
    programmes: list[Programme] = field(default_factory=list)


class PackageCheck:
    """Checks one package before anything is changed. `run()` raises PackageError with every problem."""

    def __init__(self, package: Package, *, section: str | None, user: Any) -> None:
        self.package = package
        self.section = section
        self.user = user
        self.problems: list[Problem] = []
        self.principles: list[Principle] = []
        self.programmes: list[Programme] = []

    def problem(self, file: str, line: int, message: str) -> None:
        self.problems.append(Problem(file, line, message))

    def run(self) -> Target:
        target = self.find_target()
        self.check_names(target)
        if target:
            self.check_lessons(target)
            self.check_guide(target)
        self.check_media()
        self.check_references()
        unresolved = self.check_links(target)
        self.check_blocks(unresolved)
        if self.problems or target is None:
            raise PackageError(self.problems)
        target.principles, target.programmes = self.principles, self.programmes
        return target

    # -- place in the tree --

    def find_target(self) -> Target | None:
        course = self.package.course
        file = "course.yaml"
        locale = Locale.objects.filter(language_code=course.language).first()
        if locale is None:
            known = ", ".join(Locale.objects.values_list("language_code", flat=True))
            self.problem(
                file,
                course.lines.get(("language",), 1),
                _("Språket «%(language)s» finnes ikke i Flett. Velg mellom %(known)s.")
                % {"language": course.language[:20], "known": known},
            )
            return None
        page = Page.objects.filter(translation_key=course.id, locale=locale).specific().first()
        line = course.lines.get(("id",), 1)
        if page is not None and not isinstance(page, CoursePage):
            self.problem(file, line, _("Id-en tilhører en side som ikke er et kurs: «%s».") % page.title)
            return None
        section = page.get_parent().specific if page else self.find_section(locale)
        if section is None:
            return None
        if page and page.locked:
            self.problem(file, line, _("Kurset er låst i redigeringen."))
        if page and page.alias_of_id:
            self.problem(file, line, _("Kurset er et speil av en annen side og følger den."))
        self.check_rights(page or section, is_new=page is None)
        siblings = section.get_children().filter(slug=course.slug)
        if (siblings.exclude(pk=page.pk) if page else siblings).exists():
            self.problem(
                file,
                course.lines.get(("slug",), 1),
                _("Adressen «%(slug)s» er i bruk av et annet kurs i «%(section)s». Har det samme id som dette?")
                % {"slug": course.slug, "section": section.title},
            )
        if page is None:
            return Target(locale, section, None, {})
        lessons = LessonPage.objects.child_of(page)
        guide = FacilitatorGuidePage.objects.child_of(page).order_by("path").first()
        return Target(locale, section, page, {lesson.translation_key: lesson for lesson in lessons}, guide)

    def find_section(self, locale: Locale) -> CourseIndexPage | None:
        sections = CourseIndexPage.objects.filter(locale=locale).order_by("path")
        if self.section:
            sections = sections.filter(slug=self.section)
        section = sections.first()
        if section is None:
            message = (
                _("Det finnes ingen kursseksjon med adressen «%(section)s» på dette språket.")
                % {"section": self.section}
                if self.section
                else _("Det finnes ingen kursseksjon på dette språket å legge kurset i.")
            )
            self.problem("course.yaml", self.package.course.lines.get(("language",), 1), message)
        return section

    def check_rights(self, page: Page, *, is_new: bool) -> None:
        """An editor imports only where she may publish; without a user (a command) everything is allowed."""
        if self.user is None:
            return
        rights = page.permissions_for_user(self.user)
        if is_new and not (rights.can_add_subpage() and rights.can_publish_subpage()):
            self.problem("course.yaml", 0, _("Du kan ikke publisere kurs i «%s».") % page.title)
        if not is_new and not (rights.can_edit() and rights.can_publish()):
            self.problem("course.yaml", 0, _("Du kan ikke publisere endringer i «%s».") % page.title)

    # -- principles and programmes --

    def check_names(self, target: Target | None) -> None:
        course = self.package.course
        language = target.locale.language_code if target else "nb"
        known: dict[str, Principle] = {}
        for principle in Principle.objects.select_related("principle_set", "locale"):
            if principle.key not in known or principle.locale.language_code == language:
                known[principle.key] = principle
        for place, key in enumerate(course.principles):
            line = course.lines.get(("principles", place), course.lines.get(("principles",), 1))
            if key not in known:
                self.problem("course.yaml", line, _("Prinsippet «%s» finnes ikke.") % key[:100])
            else:
                self.principles.append(known[key])
        programmes = {programme.code: programme for programme in Programme.objects.all()}
        for place, code in enumerate(course.programmes):
            line = course.lines.get(("programmes", place), course.lines.get(("programmes",), 1))
            if code not in programmes:
                self.problem(
                    "course.yaml",
                    line,
                    _("Programmet «%(code)s» finnes ikke. Velg mellom %(known)s.")
                    % {"code": code[:40], "known": ", ".join(programmes)},
                )
            else:
                self.programmes.append(programmes[code])

    # -- lessons --

    def check_lessons(self, target: Target) -> None:
        wanted = {lesson.id for lesson in self.package.lessons}
        holders = {page.slug: page for page in target.lessons.values()}
        elsewhere = {
            page.translation_key: page
            for page in Page.objects.filter(translation_key__in=wanted, locale=target.locale).exclude(
                pk__in=[page.pk for page in target.lessons.values()]
            )
        }
        for lesson in self.package.lessons:
            line = lesson.lines.get(("id",), 1)
            page = target.lessons.get(lesson.id)
            holder = holders.get(lesson.slug)
            if lesson.id in elsewhere:
                self.problem(
                    lesson.file, line, _("Id-en tilhører en side utenfor kurset: «%s».") % elsewhere[lesson.id].title
                )
            if page and page.locked:
                self.problem(lesson.file, line, _("Leksjonen er låst i redigeringen."))
            if page and page.alias_of_id:
                self.problem(lesson.file, line, _("Leksjonen er et speil av en annen side og følger den."))
            if holder and holder.translation_key not in wanted:
                self.problem(
                    lesson.file,
                    line,
                    _("Adressen «%(slug)s» er i bruk av en leksjon med en annen id: %(id)s.")
                    % {"slug": lesson.slug, "id": holder.translation_key},
                )

    def check_guide(self, target: Target) -> None:
        guide, stored = self.package.guide, target.guide
        if guide is None:
            return
        line = guide.lines.get(("id",), 1)
        elsewhere = Page.objects.filter(translation_key=guide.id, locale=target.locale)
        if stored:
            elsewhere = elsewhere.exclude(pk=stored.pk)
        for page in elsewhere:
            self.problem(guide.file, line, _("Id-en tilhører en annen side: «%s».") % page.title)
        if stored and stored.translation_key != guide.id:
            self.problem(guide.file, line, _("Kurset har en veiledning med en annen id: %s.") % stored.translation_key)
        if stored and stored.locked:
            self.problem(guide.file, line, _("Veiledningen er låst i redigeringen."))
        if stored and stored.alias_of_id:
            self.problem(guide.file, line, _("Veiledningen er et speil av en annen side og følger den."))
        if any(page.slug == FacilitatorGuidePage.ADDRESS for page in target.lessons.values()):
            self.problem(
                guide.file, line, _("Adressen «%s» er i bruk av en leksjon i kurset.") % FacilitatorGuidePage.ADDRESS
            )

    # -- media --

    def check_media(self) -> None:
        package = self.package
        for film in package.films.values():
            stored_film = FlettMedia.objects.filter(key=film.id).first()
            for field_name, file in film_fields(film).items():
                if file:
                    check, path = _FILM_CHECKS[field_name]
                    stored = getattr(stored_film, field_name) if stored_film else None
                    self.check_file(file, check, film.lines.get(path, 1), stored)
            self.check_media_rights(FlettMedia, stored_film, film.lines[()])
        for image in package.images.values():
            stored_image = FlettImage.objects.filter(key=image.id).first()
            line = image.lines.get(("file",), 1)
            self.check_file(image.file, files.check_image, line, stored_image and stored_image.file)
            self.check_media_rights(FlettImage, stored_image, image.lines[()])
        for document in package.documents.values():
            stored_document = FlettDocument.objects.filter(key=document.id).first()
            line = document.lines.get(("file",), 1)
            self.check_file(document.file, read_document, line, stored_document and stored_document.file)
            self.check_media_rights(FlettDocument, stored_document, document.lines[()])

    def check_file(self, name: str, check: Any, line: int, stored: FieldFile | None) -> None:
        """What Flett has already may be left out, and is not judged again."""
        path = media_path(self.package, name)
        if path is None:
            if not stored:
                self.problem(MEDIA_FILE, line, _("Filen media/%s mangler.") % name)
            return
        if stored and same_content(stored, path):
            return
        try:
            with path.open("rb") as file:
                check(file, name=name)
        except (FileRefusedError, PatientDataError) as refusal:
            fault = getattr(refusal, "line", None)
            if check is files.check_captions and fault:
                self.problem(f"media/{name}", fault, str(refusal))
            else:
                self.problem(MEDIA_FILE, line, f"{name}: {refusal}")

    def check_media_rights(self, model: type[Any], stored: Any, line: int) -> None:
        """What somebody else uploaded is not replaced by an import. Used as it is, it needs no right."""
        if self.user is None:
            return
        if stored is None:
            if not user_can_add(self.user, model):
                self.problem(MEDIA_FILE, line, _("Du kan ikke legge til denne filen."))
        elif media_differs(self.package, stored) and not user_can_change(self.user, stored):
            self.problem(MEDIA_FILE, line, _("Du kan ikke endre «%s», som finnes fra før.") % stored.title)

    # -- law --

    def check_references(self) -> None:
        if self.user is None:
            return
        stored = LegalReference.objects.in_bulk(list(self.package.references), field_name="key")
        for key, entry in self.package.references.items():
            needed = "courses.change_legalreference" if key in stored else "courses.add_legalreference"
            if key in stored and is_older(entry, stored[key]):
                continue
            if (key not in stored or differs(entry, stored[key])) and not self.user.has_perm(needed):
                self.problem(
                    "legal_references.yaml", entry.lines[()], _("Du kan ikke endre lovhenvisningen «%s».") % key
                )

    def check_links(self, target: Target | None) -> set[UUID]:
        """Law and page links lead somewhere. Returns the blocks that refer to nothing."""
        laws = set(self.package.references) | set(LegalReference.objects.values_list("key", flat=True))
        own = {self.package.course.id, *(page.id for page in self.package.pages)}
        linked: list[tuple[Lesson | Guide, Block, UUID]] = []
        unresolved: set[UUID] = set()
        for page in self.package.pages:
            for block in page.blocks:
                if block.type == "law" and block.value["reference"] not in laws:
                    unresolved.add(block.id)
                    self.problem(
                        page.file,
                        block.lines.get(("reference",), block.line),
                        _("Lovhenvisningen «%s» finnes ikke.") % block.value["reference"][:100],
                    )
                linked += [(page, block, key) for key in page_links(block)]
        known = set(
            Page.objects.filter(translation_key__in={key for _page, _block, key in linked}).values_list(
                "translation_key", flat=True
            )
        )
        for page, block, key in linked:
            if key not in known | own:
                unresolved.add(block.id)
                self.problem(page.file, block.line, _("Siden som «page:%s» lenker til, finnes ikke.") % key)
        return unresolved

    # -- blocks --

    def check_blocks(self, unresolved: set[UUID]) -> None:
        """Let the editor's own checks see every block, with what the package brings in place; then undo it."""
        with transaction.atomic():
            names = self.bring_rows()
            bodies = {Lesson: LessonBody(), Guide: GuideBody()}
            for page in self.package.pages:
                body = bodies[type(page)]
                blocks = [block for block in page.blocks if block.id not in unresolved]
                value = body.to_python([stream_block(block, names) for block in blocks])
                try:
                    body.clean(value)
                except ValidationError as error:
                    self.report(page, blocks, error)
            transaction.set_rollback(True)

    def bring_rows(self) -> Names:
        """Rows for what the package brings, without files: enough to be chosen."""
        package = self.package
        for model, entries in (
            (
                FlettImage,
                [
                    {"file": image.file, "width": 1, "height": 1, "key": image.id, "title": image.title}
                    for image in package.images.values()
                ],
            ),
            (
                FlettDocument,
                [
                    {"file": document.file, "key": document.id, "title": document.title}
                    for document in package.documents.values()
                ],
            ),
            (FlettMedia, [film_row(film) for film in package.films.values()]),
        ):
            stored = set(
                model.objects.filter(key__in=[entry["key"] for entry in entries]).values_list("key", flat=True)
            )
            model.objects.bulk_create([model(**entry) for entry in entries if entry["key"] not in stored])
        stored_laws = set(LegalReference.objects.values_list("key", flat=True))
        LegalReference.objects.bulk_create(
            [
                LegalReference(key=key, law=entry.law, paragraph=entry.paragraph)
                for key, entry in package.references.items()
                if key not in stored_laws
            ]
        )
        return Names.load(package)

    def report(self, page: Lesson | Guide, blocks: list[Block], error: ValidationError) -> None:
        for place, child in getattr(error, "block_errors", {}).items():
            block = blocks[int(place)]
            for path, message in flatten(child):
                self.problem(page.file, line_of(block, path), f"{block.type}: {message}")
        for message in getattr(error, "non_block_errors", None) or (
            [] if hasattr(error, "block_errors") else error.messages
        ):
            self.problem(page.file, 1, str(message))


def read_document(file: IO[bytes], *, name: str) -> None:
    """Raise what `guard_file` raises. What it only asks about passes: whoever imports has written the package."""
    guard_file(file, name=name, confirmed=True)


def is_older(entry: LegalEntry, law: LegalReference) -> bool:
    """Whether Flett's check is newer than the package's; one that nobody has made is the oldest of all."""
    return law.checked_on is not None and (entry.checked_on is None or entry.checked_on < law.checked_on)


def differs(entry: LegalEntry, law: LegalReference) -> bool:
    """Whether importing changes the reference. A question stays open until a newer check or an editor closes it."""
    return kept_question(entry, law) != legal_entry(law)


def kept_question(entry: LegalEntry, law: LegalReference) -> LegalEntry:
    """The entry as it is stored: an older copy of a rule that lacks the open question does not close it."""
    if entry.open_question or entry.checked_on != law.checked_on:
        return entry
    return replace(entry, open_question=legal_entry(law).open_question)


def film_row(film: Any) -> dict[str, Any]:
    return {
        "type": "video",
        "key": film.id,
        "title": film.title,
        "file": film.mp4,
        "duration": film.duration,
        "transcript": film.transcript,
        **{f"captions_{language}": file for language, file in film.captions.items()},
    }


def flatten(error: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Each message in a block's nested errors, with the path to the field it is about."""
    if hasattr(error, "block_errors"):
        children: Iterable[tuple[Any, Any]] = error.block_errors.items()
        for name, child in children:
            yield from flatten(child, (*path, name))
        for message in error.non_block_errors:
            yield path, str(message)
    elif isinstance(error, ValidationError):
        for message in error.messages:
            yield path, str(message)
    else:
        yield path, str(error)


def line_of(block: Block, path: tuple[str | int, ...]) -> int:
    """The nearest line the package gives for this path."""
    if block.type == "image":
        path = tuple("file" if part == "image" else part for part in path)
    while path and path not in block.lines:
        path = path[:-1]
    return block.lines.get(path, block.line)


def rich_texts(spec: Field, value: Any) -> Iterator[str]:
    match spec:
        case Rich():
            yield value
        case Items():
            for item in value:
                yield from rich_texts(spec.item, item)
        case Group():
            for name, item in spec.fields.items():
                yield from rich_texts(item, value[name])
        case Ref():
            return


def page_links(block: Block) -> set[UUID]:
    """The pages a block's texts link to."""
    texts = [block.value] if block.type == "text" else rich_texts(BLOCKS[block.type], block.value)
    found = set()
    for text in texts:
        if "page:" in text:
            for element in walk(parse_html(text)):
                href = element.attributes.get("href", "")
                if href.startswith("page:"):
                    found.add(UUID(href.removeprefix("page:")))
    return found
