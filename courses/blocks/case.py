"""A case: an invented person, choices, and their honest consequences.

Keys that lead nowhere may be saved as a draft, but not published.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError

from courses.blocks.text import SmallTextBlock


class ChoiceBlock(blocks.StructBlock):
    text = blocks.CharBlock(label=_("Valg"), max_length=200)
    feedback = SmallTextBlock(label=_("Hva skjer"))
    quality = blocks.ChoiceBlock(
        label=_("Vurdering"),
        choices=[
            ("good", _("Et godt valg")),
            ("partly", _("Et delvis godt valg")),
            ("poor", _("Et valg med uheldige følger")),
        ],
        default="partly",
    )
    next = blocks.CharBlock(
        label=_("Går videre til"),
        required=False,
        max_length=40,
        help_text=_("Nøkkelen til et trinn. Tomt: saken er ferdig."),
    )

    class Meta:
        label = _("Valg")


class CaseStepBlock(blocks.StructBlock):
    key = blocks.RegexBlock(
        regex=r"^[a-z0-9-]{1,40}$",
        label=_("Nøkkel"),
        help_text=_("Et kort navn som valgene viser til, for eksempel kveld."),
        error_messages={"invalid": _("Bruk små bokstaver a–z, tall og bindestrek.")},
    )
    situation = SmallTextBlock(label=_("Situasjon"))
    question = blocks.CharBlock(label=_("Spørsmål"), max_length=200)
    choices = blocks.ListBlock(ChoiceBlock(), label=_("Valg"), min_num=2, max_num=5)

    class Meta:
        label = _("Trinn")


class CaseBlock(blocks.StructBlock):
    """A branching case. A choice leads to a later step, or ends the case."""

    title = blocks.CharBlock(label=_("Tittel"), max_length=160)
    person = SmallTextBlock(
        label=_("Personen (oppdiktet)"), help_text=_("Alltid oppdiktet, og aldri til å kjenne igjen.")
    )
    steps = blocks.ListBlock(CaseStepBlock(), label=_("Trinn"), min_num=1)
    closing = SmallTextBlock(label=_("Til slutt"), required=False)

    class Meta:
        icon = "decisions"
        label = _("Sak med valg")
        group = _("Oppgaver")
        template = "blocks/case.html"
        description = _("En oppdiktet person, valg å ta, og hva som skjer etterpå.")
        preview_value = {
            "title": "Fredag ettermiddag",
            "person": "<p>Tormod er 34 år og liker å fiske. Han er oppdiktet.</p>",
            "steps": [
                {
                    "key": "start",
                    "situation": "<p>Klokka er 14.30, og Tormod svarer ikke på telefonen.</p>",
                    "question": "Hva gjør dere først?",
                    "choices": [
                        {
                            "text": "Drar hjem til ham",
                            "feedback": "<p>Han åpner, og dere blir enige om en plan for helgen.</p>",
                            "quality": "good",
                            "next": "",
                        },
                        {
                            "text": "Venter til mandag",
                            "feedback": "<p>Helgen blir lang for Tormod.</p>",
                            "quality": "poor",
                            "next": "",
                        },
                    ],
                }
            ],
            "closing": "",
        }

    def clean(self, value: Any) -> Any:
        """Raise when a step's key is used twice, or a choice leads backwards or nowhere."""
        cleaned = super().clean(value)
        if self.is_deferred_validation:
            return cleaned
        keys = [step["key"] for step in cleaned["steps"]]
        if len(keys) != len(set(keys)):
            raise StructBlockValidationError({"steps": ValidationError(_("To trinn har samme nøkkel."))})
        for place, step in enumerate(cleaned["steps"]):
            for choice in step["choices"]:
                if choice["next"] and choice["next"] not in keys[place + 1 :]:
                    raise StructBlockValidationError(
                        {
                            "steps": ValidationError(
                                _("Valget «%(choice)s» går videre til «%(key)s», som ikke er et senere trinn.")
                                % {"choice": choice["text"], "key": choice["next"]}
                            )
                        }
                    )
        return cleaned
