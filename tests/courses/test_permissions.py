"""Who may do what in Wagtail's admin: two training teams, a reviewer, a member, nobody."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission, Workflow

from courses.actions import set_up_training_team
from courses.models import CourseIndexPage, CoursePage, LegalReference, LessonPage
from learning.models import LearnPage
from people.models import User
from tests import factories

DASHBOARD = "/admin/"


@pytest.fixture
def fact(db: None) -> CourseIndexPage:
    return factories.CourseIndexPageFactory.create(title="FACT", slug="fact")


@pytest.fixture
def fact_ung(db: None) -> CourseIndexPage:
    return factories.CourseIndexPageFactory.create(title="FACT ung", slug="fact-ung")


@pytest.fixture
def groups(fact: CourseIndexPage, fact_ung: CourseIndexPage) -> dict[str, Group]:
    author, reviewer = set_up_training_team(section=fact)
    other_author, other_reviewer = set_up_training_team(
        section=fact_ung, authors="Opplæringsteam FACT ung", reviewers="Fagredaktører FACT ung"
    )
    return {"author": author, "reviewer": reviewer, "other author": other_author, "other reviewer": other_reviewer}


def sign_in(groups: dict[str, Group], role: str) -> Client:
    """A browser of somebody in this role; `member` has no group, `anonymous` no account."""
    client = Client()
    if role != "anonymous":
        user = factories.UserFactory.create()
        if role != "member":
            user.groups.add(groups[role])
        client.force_login(user)
    return client


def course_fields(title: str = "Nytt kurs") -> dict[str, Any]:
    return {
        "title": title,
        "slug": "nytt-kurs",
        "summary": "Kort om kurset.",
        "kind": "short_course",
        "minutes": "30",
        "learning_outcomes": "",
        "audience": "",
        "contact": "",
        "cpd_hours": "",
        "comments-TOTAL_FORMS": "0",
        "comments-INITIAL_FORMS": "0",
    }


def test_set_up_gives_exactly_the_rights_it_needs(groups: dict[str, Group], fact: CourseIndexPage) -> None:
    def page_rights(group: Group) -> set[tuple[int, str]]:
        return set(GroupPagePermission.objects.filter(group=group).values_list("page_id", "permission__codename"))

    def file_rights(group: Group) -> set[tuple[str, str]]:
        return set(
            GroupCollectionPermission.objects.filter(group=group).values_list(
                "collection__name", "permission__codename"
            )
        )

    files = {
        "add_image", "change_image", "choose_image", "add_document", "change_document", "choose_document",
        "add_media", "change_media",
    }  # fmt: skip
    overall = {
        "access_admin", "add_legalreference", "change_legalreference", "add_glossaryterm", "change_glossaryterm",
    }  # fmt: skip
    assert groups["author"].name == "Nasjonalt opplæringsteam"
    assert groups["reviewer"].name == "Fagredaktører"
    assert page_rights(groups["author"]) == {(fact.pk, "add_page"), (fact.pk, "change_page")}
    assert page_rights(groups["reviewer"]) == {
        (fact.pk, "add_page"),
        (fact.pk, "change_page"),
        (fact.pk, "publish_page"),
        (fact.pk, "lock_page"),
        (fact.pk, "unlock_page"),
    }
    for role in ("author", "reviewer"):
        assert file_rights(groups[role]) == {("FACT", codename) for codename in files}
        assert set(groups[role].permissions.values_list("codename", flat=True)) == overall


def test_set_up_twice_changes_nothing(groups: dict[str, Group], fact: CourseIndexPage) -> None:
    def counts() -> list[int]:
        models = (Group, GroupPagePermission, GroupCollectionPermission, Collection, Workflow)
        return [model.objects.count() for model in models]

    before = counts()
    assert set_up_training_team(section=fact) == (groups["author"], groups["reviewer"])
    assert counts() == before


def test_each_section_has_its_own_reviewers(
    groups: dict[str, Group], fact: CourseIndexPage, fact_ung: CourseIndexPage
) -> None:
    def approvers(section: CourseIndexPage) -> list[str]:
        workflow = section.get_workflow()
        assert workflow is not None and workflow.name == "Faglig gjennomgang"
        return [group.name for task in workflow.tasks for group in task.specific.groups.all()]

    assert approvers(fact) == ["Fagredaktører"]
    assert approvers(fact_ung) == ["Fagredaktører FACT ung"]


@pytest.mark.parametrize(
    ("role", "status", "made"),
    [
        ("author", 302, 1),
        ("reviewer", 302, 1),
        ("other author", 302, 0),
        ("other reviewer", 302, 0),
        ("member", 302, 0),
        ("anonymous", 302, 0),
    ],
)
def test_creating_a_course(groups: dict[str, Group], fact: CourseIndexPage, role: str, status: int, made: int) -> None:
    url = reverse("wagtailadmin_pages:add", args=["courses", "coursepage", fact.pk])
    response = sign_in(groups, role).post(url, course_fields())
    assert (response.status_code, CoursePage.objects.count()) == (status, made)
    where = response["Location"]
    if made:
        assert where == reverse("wagtailadmin_pages:edit", args=[CoursePage.objects.get().pk])
        assert CoursePage.objects.get().live is False
    elif role.startswith("other"):
        assert where == DASHBOARD
    else:
        assert where.startswith("/admin/login/?next=")


@pytest.mark.parametrize("role", ["other author", "other reviewer"])
@pytest.mark.parametrize("action", ["edit", "delete", "copy", "move", "history", "unpublish"])
def test_another_section_is_closed(groups: dict[str, Group], fact: CourseIndexPage, role: str, action: str) -> None:
    course = factories.CoursePageFactory.create(parent=fact, title="Fleksibilitet")
    url = reverse(f"wagtailadmin_pages:{action}", args=[course.pk])
    client = sign_in(groups, role)
    for response in (client.get(url), client.post(url, course_fields("Overtatt"))):
        if response.status_code == 405:  # history takes no form
            continue
        assert (response.status_code, response["Location"]) == (302, DASHBOARD)
    kept = CoursePage.objects.get(pk=course.pk)
    assert (kept.title, kept.live, kept.latest_revision) == ("Fleksibilitet", True, None)


def test_another_sections_preview_and_checks_are_closed(groups: dict[str, Group], fact: CourseIndexPage) -> None:
    lesson = factories.LessonPageFactory.create(parent=factories.CoursePageFactory.create(parent=fact))
    client = sign_in(groups, "other author")
    preview = client.get(reverse("wagtailadmin_pages:preview_on_edit", args=[lesson.pk]))
    checks = client.get(
        reverse("courses_admin:lesson-checks", args=[lesson.pk]), headers={"x-requested-with": "XMLHttpRequest"}
    )
    assert (preview.status_code, preview["Location"]) == (302, DASHBOARD)
    assert checks.status_code == 403
    own = sign_in(groups, "author").get(reverse("courses_admin:lesson-checks", args=[lesson.pk]))
    assert own.status_code == 200


def test_the_explorer_shows_an_author_only_the_own_section(
    groups: dict[str, Group], fact: CourseIndexPage, fact_ung: CourseIndexPage
) -> None:
    factories.CoursePageFactory.create(parent=fact, title="Fleksibilitet")
    factories.CoursePageFactory.create(parent=fact_ung, title="Skole og fritid")
    client = sign_in(groups, "author")
    own = client.get(reverse("wagtailadmin_explore", args=[fact.pk])).content.decode()
    other = client.get(reverse("wagtailadmin_explore", args=[fact_ung.pk]))
    assert "Fleksibilitet" in own
    own_url = reverse("wagtailadmin_explore", args=[fact.pk])
    assert (other.status_code, other["Location"]) == (302, own_url)


def test_an_author_cannot_publish_even_by_asking(groups: dict[str, Group], fact: CourseIndexPage) -> None:
    course = factories.CoursePageFactory.create(parent=fact, live=False, title="Utkast")
    url = reverse("wagtailadmin_pages:edit", args=[course.pk])
    response = sign_in(groups, "author").post(url, {**course_fields("Utkast"), "action-publish": "1"})
    assert response.status_code == 302
    assert CoursePage.objects.get(pk=course.pk).live is False
    bulk = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"]) + f"?id={course.pk}"
    sign_in(groups, "author").post(bulk, {})
    assert CoursePage.objects.get(pk=course.pk).live is False
    sign_in(groups, "reviewer").post(bulk, {})
    assert CoursePage.objects.get(pk=course.pk).live is True


@pytest.mark.parametrize(("role", "status"), [("author", 302), ("reviewer", 200)])
def test_only_who_publishes_may_reorder(
    groups: dict[str, Group], fact: CourseIndexPage, role: str, status: int
) -> None:
    course = factories.CoursePageFactory.create(parent=fact)
    lessons = [factories.LessonPageFactory.create(parent=course, title=f"Leksjon {letter}") for letter in "ABC"]
    url = reverse("wagtailadmin_pages:set_page_position", args=[lessons[2].pk]) + "?position=0"
    response = sign_in(groups, role).post(url)
    order = "".join(lesson.title[-1] for lesson in LessonPage.objects.child_of(course).order_by("path"))
    assert (response.status_code, order) == (status, "CAB" if role == "reviewer" else "ABC")


def test_files_of_another_section_are_closed(groups: dict[str, Group]) -> None:
    own, other = Collection.objects.get(name="FACT"), Collection.objects.get(name="FACT ung")
    image = factories.ImageFactory.create(title="Tavla", collection=other)
    document = factories.DocumentFactory.create(collection=other)
    film = factories.MediaFactory.create(collection=other)
    client = sign_in(groups, "author")
    for name, pk in (("wagtailimages", image.pk), ("wagtaildocs", document.pk), ("wagtailmedia", film.pk)):
        response = client.get(reverse(f"{name}:edit", args=[pk]))
        assert (response.status_code, response["Location"]) == (302, DASHBOARD), name
    chooser = client.get(reverse("wagtailimages_chooser:choose"))
    assert "Tavla" not in chooser.json()["html"]
    factories.ImageFactory.create(title="Vår tavle", collection=own)
    assert "Vår tavle" in client.get(reverse("wagtailimages_chooser:choose")).json()["html"]


@pytest.mark.parametrize(
    "url",
    [
        "/admin/users/", "/admin/groups/", "/admin/locales/", "/admin/collections/", "/admin/redirects/",
        "/admin/workflows/list/", "/admin/snippets/courses/principle/", "/admin/snippets/courses/programme/",
    ],
)  # fmt: skip
@pytest.mark.parametrize("role", ["author", "reviewer"])
def test_the_rest_of_the_admin_is_closed(groups: dict[str, Group], role: str, url: str) -> None:
    response = sign_in(groups, role).get(url)
    assert (response.status_code, response.get("Location")) == (302, DASHBOARD)


def test_the_site_history_shows_an_author_only_the_own_section(
    groups: dict[str, Group], fact: CourseIndexPage, fact_ung: CourseIndexPage
) -> None:
    for parent, title in ((fact, "Fleksibilitet"), (fact_ung, "Skole og fritid")):
        factories.CoursePageFactory.create(parent=parent, title=title).save_revision(log_action=True)
    page = sign_in(groups, "author").get("/admin/reports/site-history/").content.decode()
    assert "Fleksibilitet" in page
    assert "Skole og fritid" not in page


def test_pages_outside_courses_are_closed_to_authors(groups: dict[str, Group]) -> None:
    page = factories.StandardPageFactory.create()
    client = sign_in(groups, "author")
    for pk in (page.pk, page.get_parent().pk, LearnPage.objects.get().pk):
        response = client.get(reverse("wagtailadmin_pages:edit", args=[pk]))
        assert (response.status_code, response["Location"]) == (302, DASHBOARD)


def test_law_references_are_the_authors_to_keep(groups: dict[str, Group]) -> None:
    reference = factories.LegalReferenceFactory.create()
    url = f"/admin/snippets/courses/legalreference/edit/{reference.pk}/"
    for role, expected in (
        ("author", (200, None)),
        ("reviewer", (200, None)),
        ("member", (302, f"/admin/login/?next={url}")),
    ):
        response = sign_in(groups, role).get(url)
        assert (response.status_code, response.get("Location")) == expected
    delete = sign_in(groups, "author").post(f"/admin/snippets/courses/legalreference/delete/{reference.pk}/")
    assert delete["Location"] == DASHBOARD
    assert LegalReference.objects.count() == 1


# --- the door -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "post"])
def test_wagtails_sign_in_is_ours(db: None, client: Client, method: str) -> None:
    user = factories.UserFactory.create(is_superuser=True)
    response = getattr(client, method)(
        "/admin/login/?next=/admin/pages/",
        {} if method == "get" else {"username": user.email, "password": factories.PASSWORD},
    )
    assert (response.status_code, response["Location"]) == (302, "/konto/login/?next=/admin/pages/")
    assert "_auth_user_id" not in client.session


def test_the_door_sends_nobody_to_another_site(client: Client, db: None) -> None:
    response = client.get("/admin/login/?next=https://example.org/")
    assert response["Location"] == "/konto/login/?next=/admin/"


@pytest.mark.parametrize("url", ["/admin/", "/admin/pages/", "/admin/login/?next=/admin/"])
def test_a_member_gets_a_clear_page_and_no_loop(learner_client: Client, home: Any, url: str) -> None:
    response = learner_client.get(url, follow=True)
    assert response.status_code == 403
    assert len(response.redirect_chain) <= 1
    assert re.search(r"<h1>Du har ikke tilgang hit</h1>", response.content.decode())


def test_an_editor_at_the_door_goes_on(administrator_client: Client, home: Any) -> None:
    response = administrator_client.get("/admin/login/?next=/admin/pages/")
    assert (response.status_code, response["Location"]) == (302, "/admin/pages/")


@pytest.mark.parametrize(
    "path", ["", "done/", "confirm/MQ/abc-def/", "complete/"], ids=["ask", "done", "confirm", "complete"]
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_wagtails_password_reset_leads_to_ours(db: None, client: Client, method: str, path: str) -> None:
    response = getattr(client, method)(f"/admin/password_reset/{path}", {"email": "a@example.org"})
    assert (response.status_code, response["Location"]) == (302, "/konto/password/reset/")


def test_the_account_page_changes_neither_address_nor_password(
    administrator_client: Client, administrator: User
) -> None:
    page = administrator_client.get("/admin/account/").content.decode()
    assert 'name="name_email-first_name"' in page
    assert "name_email-email" not in page
    assert "old_password" not in page
