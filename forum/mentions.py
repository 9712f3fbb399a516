"""«@Kari Nordmann»: whom a text speaks to, by exact name, among those who may read the space.

People may mention people. Roles and teams reach many at once: those who moderate the space may mention them, under
their own name only, since an alias that could do it would be known as one of few.
"""

import re
from typing import Any

from django.db.models import Value
from django.db.models.functions import Concat

from forum.models import Mention, Post, Space
from forum.permissions import people_who_read, user_can_moderate_space
from people.models import Team, TeamRole, User

MENTIONS_MOST = 20
WORDS_MOST = 6
_AT = re.compile(r"(?<![\w@./])@(?=[^\W_])([^\n@]{1,90})")
_TAIL = ".,:;!?)»\"'–"


def names_after_at(text: str) -> list[list[str]]:
    """For each @ the names that may be meant, the longest first."""
    found = []
    for match in _AT.finditer(text):
        words = match[1].split(" ")[:WORDS_MOST]
        names = []
        for count in range(len(words), 0, -1):
            name = " ".join(words[:count]).strip()
            names += [name, name.rstrip(_TAIL)]
        found.append(list(dict.fromkeys(names)))
    return found[:MENTIONS_MOST]


CALLED = Concat("first_name", Value(" "), "last_name")
"""A person's whole name, as one writes it."""


def note_mentions(*, post: Post, space: Space, author: User) -> int:
    """Remember whom the post speaks to. Returns how many are new. No query without an @."""
    meant = names_after_at(post.text)
    if not meant:
        return 0
    names = {name for each in meant for name in each}
    targets: dict[str, list[dict[str, Any]]] = {}
    for pk, called in (
        people_who_read(space).annotate(called=CALLED).filter(called__in=names).values_list("pk", "called")
    ):
        targets.setdefault(called, []).append({"person_id": pk})
    if post.author_id is not None and user_can_moderate_space(author, space):
        for role in TeamRole.objects.all():
            for name in {role.name, role.name_da, role.name_en} & names:
                targets.setdefault(name, []).append({"role_id": role.pk})
        for pk, name in Team.objects.filter(name__in=names).values_list("pk", "name"):
            targets.setdefault(name, []).append({"team_id": pk})
    chosen = []
    for each in meant:
        chosen += next((targets[name] for name in each if name in targets), [])
    before = Mention.objects.filter(post=post).count()
    Mention.objects.bulk_create([Mention(post=post, **target) for target in chosen], ignore_conflicts=True)
    return Mention.objects.filter(post=post).count() - before


def suggest_people(*, person: User, space: Space, start: str) -> list[str]:
    """Names that begin so, of those who may read the space; eight at most. Two queries.

    Where aliases are allowed, only those who have written in the space under their own name: whoever is known there by
    an alias alone is suggested no more than whoever only reads. The caller has checked that `person` may write there.
    """
    start = start.strip()
    if not start:
        return []
    people = people_who_read(space).annotate(called=CALLED).exclude(pk=person.pk).filter(called__istartswith=start)
    if space.allows_pseudonyms:
        people = people.filter(pk__in=Post.objects.filter(topic__space=space, author__isnull=False).values("author"))
    names = list(people.exclude(first_name="").order_by("called").values_list("called", flat=True)[:8])
    if user_can_moderate_space(person, space):
        groups = [str(role) for role in TeamRole.objects.all()]
        groups += Team.objects.filter(name__istartswith=start).values_list("name", flat=True)[:8]
        names += [name for name in groups if name.lower().startswith(start.lower())]
    return names[:8]
