"""A learner's own notes as a Word document they may take along: real headings, its language said, nothing hidden."""

from datetime import datetime
from io import BytesIO

from django.conf import settings
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from docx import Document
from docx.document import Document as DocumentType
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt
from docx.text.run import Run

from learning.models import Reflection
from learning.queries.reflections import LessonNotes, PathNotes

_TAGS = {"nb": "nb-NO", "da": "da-DK", "en": "en-GB"}
"""BCP 47 tags that Word and screen readers choose a voice by."""


@sensitive_variables()
def make_document(*, sections: list[PathNotes], author: str, now: datetime) -> bytes:
    """The document as `.docx` (ECMA-376). Headings go down one level at a time; empty paragraphs make no space."""
    language = translation.get_language() or settings.LANGUAGE_CODE
    title = _("Min læringssti")
    document = Document()
    document.core_properties.title = title
    document.core_properties.author = document.core_properties.last_modified_by = author
    document.core_properties.comments = ""
    document.core_properties.language = _TAGS[language]
    document.core_properties.created = document.core_properties.modified = now.replace(tzinfo=None)
    style = document.styles["Normal"]
    style.font.size = Pt(12)
    style.paragraph_format.space_after = Pt(8)
    for each in document.styles.element.iter(qn("w:lang")):
        each.set(qn("w:val"), _TAGS[language])
    document.add_heading(title, level=1)
    document.add_paragraph(
        _("Skrevet av %(name)s. Hentet fra Flett %(day)s.")
        % {"name": author, "day": formats.date_format(timezone.localtime(now), "DATE_FORMAT")}
    )
    for section in sections:
        document.add_heading(heading_of(section), level=2)
        for chapter in section.chapters:
            level = 3
            if chapter.title:
                _in(chapter.language, document.add_heading(chapter.title, level=3).runs[0])
                level = 4
            for lesson in chapter.lessons:
                _add_lesson(document, lesson, level=level)
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def heading_of(section: PathNotes) -> str:
    """What a group of notes is called."""
    if section.is_gone:
        return _("Leksjoner som ikke finnes lenger")
    return section.title or _("Kurs for seg selv")


@sensitive_variables()
def _add_lesson(document: DocumentType, lesson: LessonNotes, *, level: int) -> None:
    heading = document.add_heading(lesson.title or _("En leksjon"), level=level)
    _in(lesson.language, heading.runs[0])
    for note in lesson.notes:
        _add_note(document, note, language=lesson.language)


@sensitive_variables()
def _add_note(document: DocumentType, note: Reflection, *, language: str) -> None:
    question = document.add_paragraph().add_run(note.prompt)
    question.bold = True
    _in(language, question)
    question_paragraph = document.paragraphs[-1]
    question_paragraph.paragraph_format.keep_with_next = True
    for paragraph in note.text.split("\n\n"):
        document.add_paragraph(paragraph)
    day = formats.date_format(timezone.localtime(note.updated_at), "DATE_FORMAT")
    document.add_paragraph(_("Skrevet %(day)s") % {"day": day}, style="Caption")


def _in(language: str, run: Run) -> None:
    """Say which language these words are in, where it is not the document's."""
    if language == translation.get_language() or language not in _TAGS:
        return
    mark = OxmlElement("w:lang")
    mark.set(qn("w:val"), _TAGS[language])
    run._element.get_or_add_rPr().append(mark)
