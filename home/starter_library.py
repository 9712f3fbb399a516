"""What is in the library to begin with, from `home/starter/library/`: each item once, marked as an example.

Everything goes through the library's own actions, so it has passed the guard and the file checks as people's files do.
"""

from collections.abc import Mapping
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID, uuid5

import yaml
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.utils import timezone

from courses.models import Principle
from forum.actions.library import Content, Details, add_library_file, add_version, say_use, share_item
from forum.models import LibraryItem, LibraryVersion, Space
from forum.permissions import user_can_write_in_space
from home.starter_forum import DEMO_HOST
from home.starter_papers import LIBRARY, Paper, make_docx, make_pdf, read_paper
from people.models import Team, User

NAMESPACE = UUID("2b1c6f0e-6a43-4c1d-9d0a-54b0f4a1c300")
"""An item's identity is made from its key under this one, so that it is shared once."""
KINDS = {"docx": "docx", "pdf": "pdf", "slides": "pdf"}
"""What a paper is made into, and how the file's name ends."""


def read_library() -> list[dict[str, Any]]:
    """The items as the file describes them."""
    described: list[dict[str, Any]] = yaml.safe_load((LIBRARY / "library.yaml").read_text(encoding="utf-8"))
    return described


def papers_of(version: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Which papers a version holds, and what each is made into."""
    return [
        (name, kind)
        for name, kinds in version.get("papers", {}).items()
        for kind in ([kinds] if isinstance(kinds, str) else kinds)
    ]


def make_file(paper: Paper, kind: str) -> bytes:
    return make_docx(paper) if kind == "docx" else make_pdf(paper, as_slides=kind == "slides")


@transaction.atomic
def make_demo_library() -> int:
    """The items, shared by the invented people and used by their teams. Returns how many were made.

    Raises ImproperlyConfigured in production, where nobody invented is; see `load_example_library`.
    """
    if not settings.DEMO_LOGINS:
        raise ImproperlyConfigured("A demo library exists only with FLETT_ENV=development and FLETT_DEMO_LOGINS=true.")
    people = {user.email.partition("@")[0]: user for user in User.objects.filter(email__endswith=f"@{DEMO_HOST}")}
    teams = {team.slug: team for team in Team.objects.filter(memberships__person__in=people.values()).distinct()}
    return _load(people=people, teams=teams, owner=None)


@transaction.atomic
def load_example_library(*, owner: User) -> int:
    """The same items as one person's, for a site in use: without team, and used by nobody. Returns how many were made.

    Items of a space that is not there, or where the owner may not write, are left out.
    """
    return _load(people={}, teams={}, owner=owner)


def _load(*, people: dict[str, User], teams: dict[str, Team], owner: User | None) -> int:
    spaces = {space.slug: space for space in Space.objects.all()}
    principles = {
        f"{principle.principle_set.key}/{principle.slug}": principle.translation_key
        for principle in Principle.objects.filter(locale__language_code="nb").select_related("principle_set")
    }
    made = 0
    for described in read_library():
        person = owner or people.get(described["by"])
        space = spaces.get(described["space"])
        identity = uuid5(NAMESPACE, described["key"])
        if person is None or space is None or LibraryItem.objects.filter(submission=identity).exists():
            continue
        if not user_can_write_in_space(person, space):
            continue
        item = _share(described, person=person, space=space, teams=teams, principles=principles)
        _set_times(described, item)
        for slug in described.get("used_by", []):
            speaker = User.objects.filter(memberships__team=teams.get(slug), memberships__ended_at=None).first()
            if slug in teams and speaker is not None:
                say_use(person=speaker, item=item, team=teams[slug], uses=True)
        made += 1
    return made


def _share(
    described: dict[str, Any], *, person: User, space: Space, teams: dict[str, Team], principles: dict[str, UUID]
) -> LibraryItem:
    details = Details(
        title=described["title"],
        summary=described["summary"],
        kind=described["kind"],
        phase=described.get("phase", ""),
        programme=described.get("programme", ""),
        language=described.get("language", "nb"),
        county=described.get("county", ""),
        team=teams.get(described.get("team", "")),
        licence=described["licence"],
        review_on=timezone.localdate() + timedelta(days=described["review_days"]),
        principle_keys=tuple(principles[name] for name in described["principles"] if name in principles),
        tags=tuple(described["tags"]),
    )
    first, *others = described["versions"]
    item = share_item(
        person=person,
        space=space,
        details=details,
        content=_content(described["key"], 1, first, person=person),
        based_on=_source(described.get("based_on")),
    )
    for number, version in enumerate(others, start=2):
        content = _content(described["key"], number, version, person=person)
        add_version(person=person, item=item, content=content)
    return item


def _content(key: str, number: int, version: Mapping[str, Any], *, person: User) -> Content:
    """The version's text and link, with its papers made and laid beside the form that hands them in."""
    submission = uuid5(NAMESPACE, key if number == 1 else f"{key}/{number}")
    for name, kind in papers_of(version):
        content = make_file(read_paper(LIBRARY / "papers" / f"{name}.md"), kind)
        file_name = f"{key}.{KINDS[kind]}"
        add_library_file(person=person, submission=submission, file=BytesIO(content), name=file_name)
    return Content(
        source=version.get("text", ""),
        link=version.get("link", ""),
        note=version.get("note", ""),
        submission=submission,
    )


def _source(named: Mapping[str, Any] | None) -> LibraryVersion | None:
    if named is None:
        return None
    identity = uuid5(NAMESPACE, named["item"])
    return LibraryVersion.objects.filter(item__submission=identity, number=named["version"]).first()


def _set_times(described: dict[str, Any], item: LibraryItem) -> None:
    """As if it had been shared so many days ago."""
    times = [timezone.now() - timedelta(days=version["days"]) for version in described["versions"]]
    for number, at in enumerate(times, start=1):
        LibraryVersion.objects.filter(item=item, number=number).update(created_at=at)
    LibraryItem.objects.filter(pk=item.pk).update(created_at=times[0], changed_at=times[-1])
