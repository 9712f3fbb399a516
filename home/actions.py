"""Changes that join the rooms: the starter content, and people to try it with."""

import contextlib
import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import yaml
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from wagtail.models import Collection, Locale, Page, Site

from courses.actions import import_course_package, set_up_training_team
from courses.models import (
    CourseIndexPage,
    CoursePage,
    FlettMedia,
    GlossaryTerm,
    Principle,
    PrincipleSet,
    RoleIndexPage,
    RolePage,
)
from courses.packages.format import Lesson, PackageError
from courses.packages.reader import PackageReader
from courses.packages.stream import Names, stream_block
from courses.packages.yaml_io import load_yaml, plain
from home.models import HomePage, StandardPage
from home.starter_events import make_demo_events
from home.starter_forum import load_spaces, make_demo_forum
from home.starter_library import make_demo_library
from home.starter_news import make_demo_news
from learning.actions import NotMarkedByHandError, assign_onboarding_paths, complete_lesson, let_groups_revoke
from learning.models import LearningPathPage, LearnPage, PathStep
from learning.queries import get_assigned_paths, get_path_outline
from people.actions import add_member
from people.models import Region, SupportGroup, Team, TeamRole, User
from people.team_list.actions import add_missing_teams
from safety.tables import read_table

STARTER = settings.BASE_DIR / "home" / "starter"
NAMESPACE = uuid.UUID("2b1c6f0e-6a43-4c1d-9d0a-54b0f4a1c000")
"""Identities of starter content that has none written down are made from its name under this one."""

AnyPage = TypeVar("AnyPage", bound=Page)


def read_starter(name: str) -> Any:
    """One of the starter content's YAML files."""
    return yaml.safe_load((STARTER / name).read_text(encoding="utf-8"))


@transaction.atomic
def load_starter_content(*, report: Callable[[str], object] = lambda line: None) -> None:
    """Make the site as `home/starter/` describes it: all of it or, when interrupted, nothing.

    Doing it again changes only what differs from the files, so no lesson gets a version more. Pages, courses and
    principles that are not in the files stay as they are.
    """
    Page.objects.select_for_update().get(depth=1)  # a second loader waits here
    locales = {code: Locale.objects.get_or_create(language_code=code)[0] for code, _label in settings.LANGUAGES}
    site = read_starter("site.yaml")
    load_principles(locales=locales)
    load_glossary(locales=locales)
    report("Principles and glossary")
    load_people_lists()
    load_teams()
    report("Teams")

    home = put_page(HomePage, parent=None, locale=locales["nb"], **site["home"])
    put_site(home)
    remove_welcome_page()
    learn = put_page(LearnPage, parent=home, locale=locales["nb"], **site["learn"])
    section = put_page(CourseIndexPage, parent=learn, locale=locales["nb"], **site["section"])
    for name in site["pages"]:
        put_standard_page(STARTER / "pages" / f"{name}.md", parent=home, locale=locales["nb"])
    roles = put_page(RoleIndexPage, parent=home, locale=locales["nb"], **site["roles"]["index"])
    for name in site["roles"]["pages"]:
        put_role_page(STARTER / "roles" / f"{name}.md", parent=roles, locale=locales["nb"])
    report("Pages")

    for package in sorted(path.parent for path in STARTER.glob("courses/*/course.yaml")):
        import_course_package(folder=package, section=section.slug)
        report(f"Course {package.name}")
    for path in site["paths"]:
        put_learning_path(parent=learn, locale=locales["nb"], section=section, **path)
        report(f"Learning path {path['slug']}")

    authors, reviewers = set_up_training_team(section=section)
    let_groups_revoke([authors, reviewers])
    hand_over_films(to=authors)
    load_spaces()
    report("Spaces")
    if settings.DEMO_LOGINS:
        make_demo_people(**site["demo"])
        make_demo_forum()
        make_demo_library()
        make_demo_events()
        make_demo_news()
        report("Demo people and what they have written")


def load_principles(*, locales: dict[str, Locale]) -> None:
    """The sets of principles.yaml in every language; a principle is the same one in all of them."""
    for described in read_starter("principles.yaml"):
        principle_set, _made = PrincipleSet.objects.get_or_create(key=described["key"])
        update(principle_set, name=described["name"], note=described["note"])
        for position, principle in enumerate(described["principles"], start=1):
            slug = principle["slug"]
            key = uuid.uuid5(NAMESPACE, f"{described['key']}/{slug}")
            for code, locale in locales.items():
                row = Principle.objects.filter(translation_key=key, locale=locale).first()
                row = row or Principle(translation_key=key, locale=locale)
                update(row, principle_set=principle_set, slug=slug, position=position, **principle[code])


def load_glossary(*, locales: dict[str, Locale]) -> None:
    """The words of glossary.yaml in every language; a word is the same one in all of them."""
    for described in read_starter("glossary.yaml"):
        slug = described["slug"]
        key = uuid.uuid5(NAMESPACE, f"glossary/{slug}")
        for code, locale in locales.items():
            row = GlossaryTerm.objects.filter(translation_key=key, locale=locale).first()
            values = {"explanation": "", "other_words": "", "is_nearest": False} | described[code]
            update(row or GlossaryTerm(translation_key=key, locale=locale), slug=slug, **values)


def load_people_lists() -> None:
    """Regions, team roles and support groups to begin with; what is there stays as the administrators have it."""
    described = read_starter("people.yaml")
    for position, region in enumerate(described["regions"], start=1):
        Region.objects.get_or_create(key=region["key"], defaults={**region, "position": position})
    for position, role in enumerate(described["roles"], start=1):
        TeamRole.objects.get_or_create(key=role["key"], defaults={**role, "position": position})
    if not SupportGroup.objects.exists():
        regions = {region.key: region for region in Region.objects.all()}
        for group in described["support_groups"]:
            SupportGroup.objects.create(name=group["name"], region=regions.get(group.get("region")))


def load_teams() -> int:
    """The teams of teams.csv that are not there yet. Returns how many were added."""
    with (STARTER / "teams.csv").open("rb") as file:
        return add_missing_teams(table=read_table(file, name="teams.csv"))


def update(row: Any, **values: Any) -> None:
    """Save what differs, so that nothing that is as it should be counts as changed."""
    if row.pk is None or any(getattr(row, name) != value for name, value in values.items()):
        for name, value in values.items():
            setattr(row, name, value)
        row.save()


def put_page(
    model: type[AnyPage],
    *,
    parent: Page | None,
    locale: Locale,
    key: str,
    **values: Any,
) -> AnyPage:
    """Publish the page under its parent (None: the tree's root), or bring the one with this identity up to date."""
    page = model.objects.filter(translation_key=key, locale=locale).first()
    if page is None:
        place = Page.objects.get(pk=parent.pk) if parent else Page.objects.get(depth=1)
        page = place.add_child(instance=model(translation_key=key, locale=locale, **values))
        page.save_revision().publish()
    elif any(stored(page, name) != stored(model(**values), name) for name in values):
        for name, value in values.items():
            setattr(page, name, value)
        page.save_revision().publish()
    return page


def stored(page: Page, name: str) -> Any:
    """A field's value as the database has it, so that two streams can be compared."""
    return page._meta.get_field(name).get_prep_value(getattr(page, name))


def put_standard_page(file: Path, *, parent: Page, locale: Locale) -> StandardPage:
    """A page of text from a file. Raises PackageError with file and line."""
    fields, body = read_page_file(file, locale=locale)
    return put_page(
        StandardPage,
        parent=parent,
        locale=locale,
        key=str(uuid.uuid5(NAMESPACE, f"pages/{fields['slug']}")),
        slug=fields["slug"],
        title=fields["title"],
        summary=fields["summary"],
        show_in_footer=fields["show_in_footer"] == "true",
        show_as_reference=fields.get("show_as_reference") == "true",
        body=body,
    )


def put_role_page(file: Path, *, parent: Page, locale: Locale) -> RolePage:
    """A page on one role from a file. Raises PackageError with file and line."""
    fields, body = read_page_file(file, locale=locale)
    return put_page(
        RolePage,
        parent=parent,
        locale=locale,
        key=str(uuid.uuid5(NAMESPACE, f"roles/{fields['slug']}")),
        slug=fields["slug"],
        title=fields["title"],
        name_da=fields["name_da"],
        name_en=fields["name_en"],
        other_names=fields.get("other_names") or "",
        summary=fields["summary"],
        body=body,
    )


def read_page_file(file: Path, *, locale: Locale) -> tuple[dict[str, Any], str]:
    """Front matter and body of Markdown written as a lesson's (docs/course-packages.md), the body as stored.

    Raises PackageError with file and line.
    """
    reader = PackageReader(file.parent)
    rows = (reader.read_text(file.name) or "").split("\n")
    end = rows.index("---", 1)
    fields: dict[str, Any] = plain(load_yaml("\n".join(rows[1:end])))
    text = Lesson(id=uuid.uuid5(NAMESPACE, f"{file.parent.name}/{fields['slug']}"), slug=fields["slug"], title="")
    reader.read_body(reader.reading(file.name), text, rows, end + 1, None)
    if reader.problems:
        raise PackageError(reader.problems)
    names = Names(numbers={}, language=locale.language_code)
    return fields, json.dumps([stream_block(block, names) for block in text.blocks])


def put_learning_path(
    *, parent: Page, locale: Locale, section: Page, principle_set: str, chapters: list[str], **values: Any
) -> LearningPathPage:
    """A path whose steps point at the section's courses, in order."""
    courses = {course.slug: course for course in CoursePage.objects.child_of(section)}
    path = put_page(
        LearningPathPage,
        parent=parent,
        locale=locale,
        principle_set_id=PrincipleSet.objects.get(key=principle_set).pk,
        **values,
    )
    if [step.course_id for step in path.steps.all()] != [courses[slug].pk for slug in chapters]:
        path.steps.set([PathStep(course=courses[slug], sort_order=place) for place, slug in enumerate(chapters)])
        path.save_revision().publish()
    return path


def hand_over_films(*, to: Group) -> None:
    """Move the packages' films from the common collection to this group's, so that its members can choose them."""
    collection = Collection.objects.filter(group_permissions__group=to, depth__gt=1).first()
    lists = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in STARTER.glob("courses/*/media/media.yaml")]
    keys = {film["id"] for media in lists for film in media.get("films", {}).values()}
    FlettMedia.objects.filter(key__in=keys, collection__depth=1).update(collection=collection)


def put_site(home: HomePage) -> None:
    """The default site answers at the configured address and starts at our front page."""
    address = urlsplit(settings.BASE_URL)
    site = Site.objects.filter(is_default_site=True).first() or Site(is_default_site=True)
    update(
        site,
        hostname=settings.BASE_HOST,
        port=address.port or (443 if settings.SECURE else 80),
        site_name=settings.WAGTAIL_SITE_NAME,
        root_page_id=home.pk,
    )


def remove_welcome_page() -> None:
    """Take away the page Wagtail's first migration makes: no editor can make one of its bare type."""
    for page in Page.objects.filter(depth=2, content_type__app_label="wagtailcore", content_type__model="page"):
        if page.is_leaf() and not page.sites_rooted_here.exists():
            page.delete()


def make_demo_people(*, password: str, people: list[dict[str, Any]], team: dict[str, Any] | None = None) -> None:
    """Invented people with one password, to try Flett with, and an invented team that those with roles are in.

    Raises ImproperlyConfigured in production.
    """
    if not settings.DEMO_LOGINS:
        raise ImproperlyConfigured("Demo people exist only with FLETT_ENV=development and FLETT_DEMO_LOGINS=true.")
    for person in people:
        email = person["email"]
        user = User.objects.filter(email=email).first()
        if user is None:
            make = User.objects.create_superuser if person.get("superuser") else User.objects.create_user
            user = make(email, password, first_name=person["first_name"], last_name=person["last_name"])
        EmailAddress.objects.get_or_create(user=user, email=email, defaults={"verified": True, "primary": True})
        for group in person.get("groups", []):
            user.groups.add(Group.objects.get(name=group))
        if team and "team_roles" in person and not user.memberships.filter(team__key=team["key"]).exists():
            demo_team, _made = Team.objects.get_or_create(key=team["key"], defaults=team)
            add_member(person=user, team=demo_team, roles=TeamRole.objects.filter(key__in=person["team_roles"]))
            assign_onboarding_paths(person=user)
            begin_path(learner=user, lessons=person.get("lessons_done", 0))


def begin_path(*, learner: User, lessons: int) -> None:
    """Complete the first lessons of the path the learner's team asks for, those that one ticks oneself."""
    for assigned in get_assigned_paths(person=learner, language=settings.LANGUAGE_CODE) if lessons else []:
        for entry in get_path_outline(path=assigned.page).lessons[:lessons]:
            with contextlib.suppress(NotMarkedByHandError):
                complete_lesson(learner=learner, lesson_key=entry.key, path_key=assigned.page.translation_key)
