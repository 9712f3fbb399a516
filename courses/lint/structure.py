"""Headings in order, nothing empty, nothing unfinished."""

import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from courses.editor_checks import ALWAYS_HEADED, HEADED_WHEN_TITLED, check_headings
from courses.lint.content import Content, Document
from courses.lint.findings import Finding, found
from courses.lint.vocabulary import vocabulary


def check_structure(content: Content) -> Iterator[Finding]:
    for document in content.documents:
        if document.kind != "course" and not document.blocks and not document.fields:
            yield found(document.place(), "empty", _("Siden har ikke noe innhold."))
        yield from check_order(document)
        yield from check_finished(document)


def check_order(document: Document) -> Iterator[Finding]:
    level = 1
    for block in document.blocks:
        if block.type in ALWAYS_HEADED or (block.type in HEADED_WHEN_TITLED and block.value.get("title")):
            level = 2
        headings = [
            passage for passage in document.passages if passage.block is block and re.fullmatch(r"h[1-6]", passage.tag)
        ]
        for heading in headings:
            level, warnings = check_headings([(int(heading.tag[1]), heading.text)], after=level, block_id="")
            for warning in warnings:
                yield found(heading.place(), "heading-order", warning.message)


def check_finished(document: Document) -> Iterator[Finding]:
    phrases = vocabulary().unfinished
    if document.kind not in {"page", "site"}:
        phrases += vocabulary().unfinished_in_courses
    pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, phrases))})\b", re.IGNORECASE)
    for passage in document.passages:
        if match := pattern.search(passage.text):
            yield found(
                passage.place(match.group()),
                "unfinished",
                _("«%s»: Teksten ser ut til å være uferdig.") % match.group(),
            )
