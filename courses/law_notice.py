"""What a lesson says of its own rules of law: whose they are, when they were checked, and whom to ask."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from courses.models.legal import LegalReference

LAW_OF = {
    LegalReference.Jurisdiction.NORWAY: gettext_lazy("Norsk rett"),
    LegalReference.Jurisdiction.DENMARK: gettext_lazy("Dansk rett"),
    LegalReference.Jurisdiction.EU: gettext_lazy("EU- og EØS-rett"),
    LegalReference.Jurisdiction.INTERNATIONAL: gettext_lazy("Internasjonal rett"),
}


@dataclass(frozen=True, slots=True)
class LawNotice:
    """The rules of one page, taken together: the oldest check counts."""

    jurisdictions: tuple[str, ...]
    rules: int
    unchecked: int
    oldest: date | None
    is_overdue: bool

    @property
    def needs_check(self) -> bool:
        return bool(self.unchecked) or self.is_overdue

    @property
    def law(self) -> str:
        """For example «Norsk rett», in the language being read."""
        return ", ".join(str(LAW_OF[LegalReference.Jurisdiction(code)]) for code in self.jurisdictions)

    @property
    def text(self) -> str:
        """Two or three sentences, in the language being read."""
        sentences = []
        if self.unchecked == self.rules:
            sentences.append(
                ngettext(
                    "Regelen i denne leksjonen er ikke kontrollert ennå.",
                    "Reglene i denne leksjonen er ikke kontrollert ennå.",
                    self.rules,
                )
            )
        elif self.oldest:
            sentences.append(
                ngettext(
                    "Regelen i denne leksjonen ble sist kontrollert %(date)s.",
                    "Reglene i denne leksjonen ble sist kontrollert %(date)s.",
                    self.rules,
                )
                % {"date": date_format(self.oldest, "DATE_FORMAT")}
            )
            if self.unchecked:
                sentences.append(
                    ngettext(
                        "%(count)s av dem er ikke kontrollert ennå.",
                        "%(count)s av dem er ikke kontrollert ennå.",
                        self.unchecked,
                    )
                    % {"count": self.unchecked}
                )
            if self.is_overdue:
                sentences.append(_("Det er mer enn et halvt år siden, så en ny kontroll trengs."))
        sentences.append(_("Spør en jurist ved tvil."))
        return " ".join(sentences)


def make_law_notice(references: Iterable[LegalReference]) -> LawNotice | None:
    """The notice for these rules, each counted once; None where there are none. No query."""
    rules = list({reference.pk: reference for reference in references}.values())
    if not rules:
        return None
    checks = [rule.checked_on for rule in rules if rule.checked_on]
    return LawNotice(
        jurisdictions=tuple(code for code in LAW_OF if code in {rule.jurisdiction for rule in rules}),
        rules=len(rules),
        unchecked=len(rules) - len(checks),
        oldest=min(checks, default=None),
        is_overdue=any(rule.checked_on and rule.is_overdue for rule in rules),
    )
