"""The streams pages are made of."""

from wagtail import blocks

from courses.blocks.case import CaseBlock
from courses.blocks.law import LawBlock
from courses.blocks.media import DownloadBlock, FilmBlock, ImageBlock, RoleFilmBlock
from courses.blocks.quiz import MatchingBlock, MultipleChoiceBlock, OrderingBlock, SingleChoiceBlock
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

FILM_TYPES = frozenset({"film", "role_film"})
QUIZ_TYPES = frozenset({"quiz_single", "quiz_multiple", "quiz_ordering", "quiz_matching"})
ACTIVITY_TYPES = FILM_TYPES | QUIZ_TYPES | {"case", "reflection"}
"""Blocks a learner does something with; a lesson version lists them."""


class PageBody(blocks.StreamBlock):
    """Blocks any page may hold."""

    text = TextBlock()
    image = ImageBlock()
    table = TableBlock()
    fact_box = FactBoxBlock()
    quotation = QuotationBlock()
    key_message = KeyMessageBlock()
    film = FilmBlock()
    steps = StepsBlock()
    accordion = AccordionBlock()
    download = DownloadBlock()
    law = LawBlock()
    sources = SourcesBlock()


class GuideBody(PageBody):
    """What a guide for a team meeting may hold: it is printed, so no film."""

    film = None  # type: ignore[assignment]  # how Wagtail leaves out an inherited block


class LessonBody(PageBody):
    """What a lesson may hold besides: things to do."""

    role_film = RoleFilmBlock()
    case = CaseBlock()
    reflection = ReflectionBlock()
    quiz_single = SingleChoiceBlock()
    quiz_multiple = MultipleChoiceBlock()
    quiz_ordering = OrderingBlock()
    quiz_matching = MatchingBlock()
