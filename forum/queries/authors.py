"""Who wrote it, as others see them: a name with role and place, an alias, or somebody who is no longer here."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import BigIntegerField, F, FilteredRelation, Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from forum.models import Post, Pseudonym, Space, SpaceMembership, Topic
from forum.prepared import Several, prepared
from people.models import User
from people.models.users import FORMER_MEMBER_EMAIL


@dataclass(frozen=True, slots=True)
class AuthorLine:
    """`facts` are what they do and where, in words: «Brukerspesialist», «Vestland»."""

    name: str
    initials: str = ""
    is_alias: bool = False
    facts: tuple[str, ...] = ()
    is_facilitator: bool = False


SHOWN_OF_PERSON = {"id", "first_name", "last_name", "email"}
SHOWN_OF_ALIAS = {"id", "name", "owner"}
"""What a line is made of, and who wrote something known by. What else a row holds is no page's business: a page that
is kept under when its authors last signed in is rendered anew whenever one of them does.
"""


def not_in_lines(*ways: str) -> list[str]:
    """Columns to defer of authors and aliases fetched with what they wrote; `ways` lead to that: "", "reply_to__"."""
    return [
        f"{way}{name}__{field.name}"
        for way in ways
        for name, model, shown in (("author", User, SHOWN_OF_PERSON), ("pseudonym", Pseudonym, SHOWN_OF_ALIAS))
        for field in model._meta.concrete_fields
        if field.name not in shown
    ]


def add_author_lines(written: Iterable[Post | Topic], *, space: Space | None = None) -> None:
    """Set `author_line` on each, from `author` and `pseudonym` that the caller has fetched with it.

    With a space, those who facilitate it are marked. One query, none where no person wrote anything.
    """
    rows = list(written)
    people = {row.author.pk: row.author for row in rows if row.author is not None}
    facts = _facts_of(list(people), space=space)
    lines = {pk: _line_of(person, facts.get(pk)) for pk, person in people.items()}
    for row in rows:
        row.author_line = (  # type: ignore[union-attr]
            lines[row.author.pk] if row.author is not None else _alias_line(row)
        )


def _alias_line(row: Post | Topic) -> AuthorLine:
    name = row.pseudonym.name if row.pseudonym else ""
    return AuthorLine(name=name, initials=name[:1].upper(), is_alias=True)


def _line_of(person: User, facts: "tuple[tuple[str, ...], bool] | None") -> AuthorLine:
    if person.email == FORMER_MEMBER_EMAIL:
        return AuthorLine(name=_("Tidligere medlem"))
    name = person.get_full_name()
    shown, facilitates = facts or ((), False)
    initials = person.initials if name else ""
    return AuthorLine(name=name or _("Medlem uten navn"), initials=initials, facts=shown, is_facilitator=facilitates)


@prepared(people=Several(BigIntegerField()), space=BigIntegerField())
def _facts(reader: Any, *, people: Any, space: Any, role: str) -> QuerySet[User, Any]:
    return (
        User.objects.filter(pk__in=people)
        .annotate(
            now=FilteredRelation("memberships", condition=Q(memberships__ended_at__isnull=True)),
            support=FilteredRelation("support_memberships", condition=Q(support_memberships__ended_at__isnull=True)),
            facilitating=FilteredRelation(
                "space_memberships",
                condition=Q(
                    space_memberships__space=space,
                    space_memberships__ended_at__isnull=True,
                    space_memberships__role=SpaceMembership.Role.FACILITATOR,
                ),
            ),
        )
        .order_by("pk", F("now__started_on").asc(nulls_last=True), "now__pk", "now__roles__position", "support__pk")
        .values_list(
            "pk",
            f"now__roles__{role}",
            "now__team__county",
            "now__team__name",
            "support__group__name",
            "facilitating__pk",
        )
    )


def _facts_of(pks: list[int], *, space: Space | None) -> dict[int, tuple[tuple[str, ...], bool]]:
    """Role and county of the team somebody has been in longest, else the support group they are in. One query."""
    if not pks:
        return {}
    role = {"da": "name_da", "en": "name_en"}.get(translation.get_language() or "", "name")
    rows = _facts.for_all(ways={"role": role}, people=pks, space=space.pk if space else 0)
    found: dict[int, tuple[tuple[str, ...], bool]] = {}
    for pk, name, county, team, group, facilitates in rows:
        if pk not in found:
            shown = tuple(part for part in (name, county or team) if part) or tuple(part for part in (group,) if part)
            found[pk] = (shown, facilitates is not None)
    return found
