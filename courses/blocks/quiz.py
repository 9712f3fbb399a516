"""Quiz questions. Each answer explains itself; the order shown is shuffled, the same for everyone for now.

A question without a right answer may be saved as a draft, so nothing is lost while it is written, but not published.
"""

import random
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError

from courses.blocks.text import SmallTextBlock


def shuffled(items: list[Any], seed: str) -> list[Any]:
    """The items in an order fixed by the seed, and never in the given one when there are two or more different."""
    order = list(items)
    generator = random.Random(seed)  # noqa: S311 – a display order, not a secret
    generator.shuffle(order)
    if order == list(items) and len(order) > 1:
        order = [*order[1:], order[0]]
    return order


class AnswerBlock(blocks.StructBlock):
    text = blocks.CharBlock(label=_("Svar"), max_length=300)
    correct = blocks.BooleanBlock(label=_("Riktig"), required=False)
    explanation = blocks.TextBlock(
        label=_("Forklaring"), max_length=500, rows=2, help_text=_("Hvorfor svaret er riktig eller ikke.")
    )

    class Meta:
        label = _("Svar")


class ChoiceQuestionBlock(blocks.StructBlock):
    """What single and multiple choice share."""

    question = blocks.TextBlock(label=_("Spørsmål"), max_length=400, rows=2)
    answers = blocks.ListBlock(AnswerBlock(), label=_("Svar"), min_num=2, max_num=8)
    explanation = SmallTextBlock(label=_("Forklaring til slutt"), required=False)

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(value, parent_context=parent_context)
        numbered = list(enumerate(value["answers"]))
        context["shuffled_answers"] = shuffled(numbered, seed=value["question"])
        return context


class SingleChoiceBlock(ChoiceQuestionBlock):
    """One right answer."""

    class Meta:
        icon = "radio-full"
        label = _("Spørsmål: ett riktig svar")
        group = _("Spørsmål")
        template = "blocks/quiz_choice.html"
        description = _("Deltakeren velger ett svar. Hvert svar får sin egen forklaring.")
        preview_value = {
            "question": "Hva betyr det å skalere ned?",
            "answers": [
                {"text": "Samme team, lavere intensitet", "correct": True, "explanation": "Ja. Teamet er det samme."},
                {"text": "Personen skrives ut", "correct": False, "explanation": "Nei, kontakten fortsetter."},
            ],
            "explanation": "",
        }

    def clean(self, value: Any) -> Any:
        """Raise unless exactly one answer is right."""
        cleaned = super().clean(value)
        if not self.is_deferred_validation and sum(1 for answer in cleaned["answers"] if answer["correct"]) != 1:
            raise StructBlockValidationError({"answers": ValidationError(_("Ett svar, og bare ett, må være riktig."))})
        return cleaned


class MultipleChoiceBlock(ChoiceQuestionBlock):
    """One or more right answers."""

    class Meta:
        icon = "tick-inverse"
        label = _("Spørsmål: flere riktige svar")
        group = _("Spørsmål")
        template = "blocks/quiz_choice.html"
        description = _("Deltakeren krysser av for alle svarene som er riktige.")
        preview_value = {
            "question": "Hva kan teamet gjøre når noen trenger tettere oppfølging?",
            "answers": [
                {"text": "Sette personen på tavla", "correct": True, "explanation": "Ja. Da vet alle i teamet det."},
                {"text": "Flere kan besøke personen", "correct": True, "explanation": "Ja. Teamet deler ansvaret."},
                {"text": "Vente til neste måned", "correct": False, "explanation": "Nei. Behovet er her nå."},
            ],
            "explanation": "",
        }

    def clean(self, value: Any) -> Any:
        """Raise when no answer is right."""
        cleaned = super().clean(value)
        if not self.is_deferred_validation and not any(answer["correct"] for answer in cleaned["answers"]):
            raise StructBlockValidationError({"answers": ValidationError(_("Minst ett svar må være riktig."))})
        return cleaned


class OrderingBlock(blocks.StructBlock):
    """Put things in order."""

    question = blocks.TextBlock(label=_("Spørsmål"), max_length=400)
    items = blocks.ListBlock(
        blocks.CharBlock(label=_("Ledd"), max_length=200), label=_("Leddene i riktig rekkefølge"), min_num=2, max_num=8
    )
    explanation = SmallTextBlock(label=_("Forklaring"), required=False)

    class Meta:
        icon = "list-ol"
        label = _("Spørsmål: rekkefølge")
        group = _("Spørsmål")
        template = "blocks/quiz_ordering.html"
        description = _("Skriv leddene i riktig rekkefølge. Deltakeren får dem stokket.")
        preview_value = {
            "question": "Sett tavlemøtet i rekkefølge.",
            "items": ["Gå gjennom navnene", "Fordel dagens oppgaver", "Oppsummer"],
            "explanation": "",
        }

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(value, parent_context=parent_context)
        context["shuffled_items"] = shuffled(list(enumerate(value["items"])), seed=value["question"])
        context["places"] = range(1, len(value["items"]) + 1)
        return context


class PairBlock(blocks.StructBlock):
    left = blocks.CharBlock(label=_("Ledd"), max_length=160)
    right = blocks.CharBlock(label=_("Hører sammen med"), max_length=200)

    class Meta:
        label = _("Par")


class MatchingBlock(blocks.StructBlock):
    """Say what belongs together."""

    question = blocks.TextBlock(label=_("Spørsmål"), max_length=400)
    pairs = blocks.ListBlock(PairBlock(), label=_("Par"), min_num=2, max_num=8)
    explanation = SmallTextBlock(label=_("Forklaring"), required=False)

    class Meta:
        icon = "arrows-up-down"
        label = _("Spørsmål: hva hører sammen")
        group = _("Spørsmål")
        template = "blocks/quiz_matching.html"
        description = _("Skriv parene som hører sammen. Deltakeren får høyre side stokket.")
        preview_value = {
            "question": "Hvem gjør hva?",
            "pairs": [
                {"left": "Brukerspesialist", "right": "Deler av egen erfaring"},
                {"left": "Psykiater", "right": "Har det medisinske ansvaret"},
            ],
            "explanation": "",
        }

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(value, parent_context=parent_context)
        context["shuffled_rights"] = shuffled(
            list(enumerate(pair["right"] for pair in value["pairs"])), seed=value["question"]
        )
        return context
