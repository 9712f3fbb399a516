"""The blocks a lesson is made of, by family."""

from courses.blocks.case import CaseBlock
from courses.blocks.law import LawBlock
from courses.blocks.media import DownloadBlock, FilmBlock, ImageBlock, RoleFilmBlock
from courses.blocks.quiz import MatchingBlock, MultipleChoiceBlock, OrderingBlock, SingleChoiceBlock
from courses.blocks.stream import ACTIVITY_TYPES, FILM_TYPES, QUIZ_TYPES, GuideBody, LessonBody, PageBody
from courses.blocks.text import (
    AccordionBlock,
    FactBoxBlock,
    KeyMessageBlock,
    QuotationBlock,
    ReflectionBlock,
    SourcesBlock,
    StepsBlock,
    TableBlock,
    TextBlock,
)

__all__ = [
    "ACTIVITY_TYPES",
    "FILM_TYPES",
    "QUIZ_TYPES",
    "AccordionBlock",
    "CaseBlock",
    "DownloadBlock",
    "FactBoxBlock",
    "FilmBlock",
    "GuideBody",
    "ImageBlock",
    "KeyMessageBlock",
    "LawBlock",
    "LessonBody",
    "MatchingBlock",
    "MultipleChoiceBlock",
    "OrderingBlock",
    "PageBody",
    "QuotationBlock",
    "ReflectionBlock",
    "RoleFilmBlock",
    "SingleChoiceBlock",
    "SourcesBlock",
    "StepsBlock",
    "TableBlock",
    "TextBlock",
]
