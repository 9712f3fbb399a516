"""A checked package, put in place: media, law, course, lessons, order. Called inside one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from django.core.files.base import File
from django.db import transaction
from django.db.models.fields.files import FieldFile
from django.utils.translation import gettext as _

from courses.editor_checks import check_body, check_lesson
from courses.models import (
    CoursePage,
    FacilitatorGuidePage,
    FlettDocument,
    FlettImage,
    FlettMedia,
    LegalReference,
    LessonPage,
)
from courses.packages.check import Target, is_older, kept_question
from courses.packages.collect import (
    Collector,
    block_uuid,
    collect_course_fields,
    collect_guide,
    collect_lesson,
    legal_entry,
    principle_keys,
    programme_codes,
    stored_blocks,
)
from courses.packages.format import Film, Guide, Lesson, MediaFile, Package
from courses.packages.media import (
    cleaned_image,
    collection_for,
    film_changes,
    film_fields,
    media_differs,
    media_path,
    same_content,
    same_picture,
)
from courses.packages.stream import Names, stream_block


@dataclass(slots=True)
class ImportReport:
    """What an import did, in titles and keys."""

    title: str
    slug: str
    course: CoursePage | None = None
    course_state: str = "unchanged"
    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    unpublished: list[str] = field(default_factory=list)
    guide_state: str = ""
    media: list[str] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Short lines for a person."""
        states = {"created": _("nytt kurs"), "updated": _("kurset er endret"), "unchanged": _("kurset er uendret")}
        found = [f"{self.title} ({self.slug}): {states[self.course_state]}"]
        for label, titles in (
            (_("Nye leksjoner"), self.created),
            (_("Endrede leksjoner"), self.updated),
            (_("Avpubliserte leksjoner (ikke med i pakken)"), self.unpublished),
            (_("Filer"), self.media),
            (_("Lovhenvisninger"), self.references),
        ):
            if titles:
                found.append(f"  {label}: {', '.join(titles)}")
        if self.unchanged:
            label = _("Uendrede leksjoner")  # outside the f-string, where xgettext sees it
            found.append(f"  {label}: {len(self.unchanged)}")
        guide = {
            "created": _("Ny veiledning til teammøtet"),
            "updated": _("Veiledningen til teammøtet er endret"),
            "unpublished": _("Veiledningen til teammøtet er avpublisert (ikke med i pakken)"),
        }
        if self.guide_state in guide:
            found.append(f"  {guide[self.guide_state]}")
        return found + [f"  {note}" for note in self.notes]


class PackageImport:
    """Writes one package. Files it saved are removed again when the transaction fails (`undo_files`)."""

    def __init__(
        self, package: Package, target: Target, *, change_kind: str, change_note: str, user: Any = None
    ) -> None:
        self.package = package
        self.target = target
        self.change_kind = change_kind
        self.change_note = change_note
        self.user = user
        self.report = ImportReport(package.course.title, package.course.slug, notes=list(package.notes))
        self.saved: list[FieldFile] = []

    @contextmanager
    def undo_files(self) -> Iterator[None]:
        """Remove from storage what was saved, when what follows fails."""
        try:
            yield
        except BaseException:
            for file in self.saved:
                file.storage.delete(file.name or "")
            raise

    def run(self) -> ImportReport:
        self.write_references()
        self.write_media()
        course = self.write_course()
        self.report.course = course
        self.write_lessons(course)
        self.write_guide(course)
        return self.report

    # -- law --

    def write_references(self) -> None:
        stored = LegalReference.objects.in_bulk(list(self.package.references), field_name="key")
        for key, entry in self.package.references.items():
            law = stored.get(key) or LegalReference(key=key)
            if law.pk:
                entry = kept_question(entry, law)
                if is_older(entry, law) or legal_entry(law) == entry:
                    continue
            for name in (
                "law",
                "paragraph",
                "summary",
                "url",
                "jurisdiction",
                "valid_from",
                "checked_on",
                "checked_by",
                "open_question",
            ):
                setattr(law, name, getattr(entry, name))
            law.save()
            self.report.references.append(key)

    # -- media --

    def write_media(self) -> None:
        for film in self.package.films.values():
            self.write_film(film)
        for image in self.package.images.values():
            self.write_file(image, FlettImage)
        for document in self.package.documents.values():
            self.write_file(document, FlettDocument)

    def replace(self, field_file: FieldFile, name: str, content: File | None) -> None:
        """Save a file and forget the one before it, once the change stands."""
        old, storage = field_file.name, field_file.storage
        if content is None:
            setattr(field_file.instance, field_file.field.name, "")
        else:
            field_file.save(name, content, save=False)
            self.saved.append(field_file)
        if old and old != field_file.name:
            transaction.on_commit(lambda: storage.delete(old))

    def write_film(self, film: Film) -> None:
        stored = FlettMedia.objects.filter(key=film.id).first() or FlettMedia(
            key=film.id, type="video", uploaded_by_user=self.user, collection=collection_for(self.user, FlettMedia)
        )
        changes = set(film_changes(self.package, film, stored))
        if stored.pk and not changes:
            return
        stored.title, stored.is_placeholder = film.title, film.placeholder
        stored.duration, stored.transcript = film.duration, film.transcript
        for name, file in film_fields(film).items():
            if name not in changes:
                continue
            path = media_path(self.package, file)
            field_file = getattr(stored, name)
            if path is None:
                self.replace(field_file, "", None)
            elif name == "thumbnail":
                self.replace(field_file, file, cleaned_image(path))
            else:
                with path.open("rb") as content:
                    self.replace(field_file, file, File(content))
        stored.save()
        self.report.media.append(film.title)

    def write_file(self, entry: MediaFile, model: type[FlettImage] | type[FlettDocument]) -> None:
        stored = model.objects.filter(key=entry.id).first()
        if stored and not media_differs(self.package, stored):
            return
        if stored is None:
            stored = model(key=entry.id, uploaded_by_user=self.user, collection=collection_for(self.user, model))
        stored.title = entry.title
        path = media_path(self.package, entry.file)
        same = same_picture if model is FlettImage else same_content
        if path and not same(stored.file, path):
            if isinstance(stored, FlettImage):
                self.replace(stored.file, entry.file, cleaned_image(path))
                stored._set_image_file_metadata()
                if stored.pk:
                    stored.renditions.all().delete()
            else:
                with path.open("rb") as content:
                    self.replace(stored.file, entry.file, File(content))
                stored._set_document_file_metadata()
        stored.save()
        self.report.media.append(entry.title)

    # -- course --

    def write_course(self) -> CoursePage:
        wanted = self.package.course
        page = self.target.course
        if page and page.live and collect_course_fields(page) == self.ordered_course():
            return page
        self.report.course_state = "updated" if page else "created"
        if page and page.has_unpublished_changes:
            self.note_draft(page.title)
        values = {
            name: getattr(wanted, name)
            for name in (
                "slug",
                "title",
                "kind",
                "summary",
                "audience",
                "minutes",
                "cpd_hours",
                "certificate_valid_months",
                "contact",
            )
        }
        values |= {
            "sign_in_required": wanted.sign_in_required,
            "learning_outcomes": "\n".join(wanted.learning_outcomes),
            "draft_title": wanted.title,
        }
        if page is None:
            page = CoursePage(
                locale=self.target.locale, translation_key=wanted.id, owner=self.user, live=False, **values
            )
            self.target.section.add_child(instance=page)
        else:
            for name, value in values.items():
                setattr(page, name, value)
        page.principles = self.target.principles
        page.programmes = self.target.programmes
        self.publish(page)
        return page

    def ordered_course(self) -> Any:
        """The course as the database would give it back: principles and programmes in the one order."""
        return replace(
            self.package.course,
            principles=principle_keys(self.target.principles),
            programmes=programme_codes(self.target.programmes),
        )

    def publish(self, page: Any) -> None:
        revision = page.save_revision(user=self.user, changed=True, log_action=True, clean=False)
        revision.publish(user=self.user)

    def note_draft(self, title: str) -> None:
        self.report.notes.append(
            _("«%s» hadde en kladd som ikke var publisert. Den ligger i sidens historikk.") % title
        )

    # -- lessons --

    def write_lessons(self, course: CoursePage) -> None:
        stored = {lesson.translation_key: lesson for lesson in LessonPage.objects.child_of(course).order_by("path")}
        collector = Collector()
        collector.load([stored_blocks(lesson) for lesson in stored.values()])
        before = {key: collect_lesson(page, collector) for key, page in stored.items()}
        self.free_slugs(stored)
        for lesson in self.package.lessons:
            if lesson.id not in stored:
                page = LessonPage(
                    locale=self.target.locale,
                    translation_key=lesson.id,
                    owner=self.user,
                    live=False,
                    title=lesson.title,
                    draft_title=lesson.title,
                    slug=lesson.slug,
                )
                course.add_child(instance=page)
                stored[lesson.id] = page
        names = Names.load(self.package)
        for lesson in self.package.lessons:
            page = stored[lesson.id]
            if page.live and before.get(lesson.id) == lesson:
                self.report.unchanged.append(lesson.title)
                continue
            self.write_lesson(page, lesson, before.get(lesson.id), names)
        wanted = {lesson.id for lesson in self.package.lessons}
        for key, page in stored.items():
            if key not in wanted and page.live:
                page.unpublish(user=self.user, log_action=True)
                self.report.unpublished.append(page.title)
        self.order_lessons(course, stored)
        self.note_warnings([stored[lesson.id] for lesson in self.package.lessons])

    def note_warnings(self, lessons: list[LessonPage]) -> None:
        """What the editor would point out in the lessons that are new or changed."""
        changed = {*self.report.created, *self.report.updated}
        for lesson in lessons:
            if lesson.title in changed:
                self.report.notes += [f"{lesson.title}: {warning.message}" for warning in check_lesson(lesson)]

    def free_slugs(self, stored: dict[Any, LessonPage]) -> None:
        """Lessons that trade addresses step aside first. The page's path is left, so redirects stay right."""
        wanted = {lesson.slug: lesson.id for lesson in self.package.lessons}
        for key, page in stored.items():
            if wanted.get(page.slug, key) != key:
                LessonPage.objects.filter(pk=page.pk).update(slug=f"{page.slug[:200]}-{uuid4().hex[:12]}")

    def write_lesson(self, page: LessonPage, lesson: Lesson, before: Lesson | None, names: Names) -> None:
        """Blocks that are the same keep the very value the editor stored."""
        if before is None:
            self.report.created.append(lesson.title)
        else:
            self.report.updated.append(lesson.title)
            if page.has_unpublished_changes and page.live:
                self.note_draft(page.title)
        page.title, page.draft_title, page.slug = lesson.title, lesson.title, lesson.slug
        page.kind, page.is_required, page.minutes = lesson.kind, lesson.required, lesson.minutes
        page.completion, page.pass_percent = lesson.completion, lesson.pass_percent
        page.summary = lesson.summary
        self.set_body(page, lesson, before, names)
        page.change_kind, page.change_note = self.change_kind, self.change_note
        self.publish(page)

    def set_body(
        self,
        page: LessonPage | FacilitatorGuidePage,
        wanted: Lesson | Guide,
        before: Lesson | Guide | None,
        names: Names,
    ) -> None:
        kept = {}
        if before is not None:
            raws = {block_uuid(raw["id"]): raw for raw in stored_blocks(page)}
            kept = {block.id: (block, raws[block.id]) for block in before.blocks}
        body = []
        for block in wanted.blocks:
            old = kept.get(block.id)
            body.append(old[1] if old and old[0] == block else stream_block(block, names))
        page.body = page.body.stream_block.to_python(body)

    # -- guide --

    def write_guide(self, course: CoursePage) -> None:
        """The course's guide as the package has it; without one in the package it is unpublished, not deleted."""
        wanted, page = self.package.guide, self.target.guide
        if wanted is None:
            if page and page.live:
                page.unpublish(user=self.user, log_action=True)
                self.report.guide_state = "unpublished"
            return
        before = None
        if page is not None:
            collector = Collector()
            collector.load([stored_blocks(page)])
            before = collect_guide(page, collector)
            if page.live and before == wanted:
                self.report.guide_state = "unchanged"
                return
            self.report.guide_state = "updated"
            if page.live and page.has_unpublished_changes:
                self.note_draft(page.title)
        else:
            self.report.guide_state = "created"
            page = FacilitatorGuidePage(
                locale=self.target.locale,
                translation_key=wanted.id,
                owner=self.user,
                live=False,
                title=wanted.title,
                draft_title=wanted.title,
                slug=FacilitatorGuidePage.ADDRESS,
            )
            CoursePage.objects.get(pk=course.pk).add_child(instance=page)
        page.title, page.draft_title, page.slug = wanted.title, wanted.title, FacilitatorGuidePage.ADDRESS
        page.minutes, page.summary = wanted.minutes, wanted.summary
        self.set_body(page, wanted, before, Names.load(self.package))
        self.publish(page)
        self.report.notes += [f"{page.title}: {warning.message}" for warning in check_body(page)]

    def order_lessons(self, course: CoursePage, stored: dict[Any, LessonPage]) -> None:
        """The package's lessons first, in its order; then those that are unpublished, as they stood."""
        wanted = [stored[lesson.id].pk for lesson in self.package.lessons]
        current = list(LessonPage.objects.child_of(course).order_by("path").values_list("pk", flat=True))
        wanted += [pk for pk in current if pk not in wanted]
        if wanted == current:
            return
        for pk in wanted:
            LessonPage.objects.get(pk=pk).move(CoursePage.objects.get(pk=course.pk), "last-child")
        self.report.notes.append(_("Leksjonene står nå i pakkens rekkefølge."))
