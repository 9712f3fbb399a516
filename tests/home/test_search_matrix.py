"""Who finds what: role × kind of space × state, exactly, counts included."""

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from wagtail.models import PageViewRestriction

from forum.models import Attachment, Post, Space, State, Topic
from forum.permissions import posts_visible_to
from home.models import SearchDocument
from home.permissions import documents_found_by, user_can_find
from home.search.actions import index_documents, index_page_tree, index_posts
from home.search.asked import parse
from home.search.documents import Source, all_numbers
from home.search.queries import search
from people.models import User
from tests import factories

pytestmark = pytest.mark.django_db

WORD = "fjellvettregel"


STATES = ("normal", "alias", "held", "hidden", "deleted")
NOTHING: set[str] = set()
SHOWN = {"normal", "alias"}
OWN = {"normal", "alias", "held"}
ALL = {"normal", "alias", "held", "hidden"}

FOUND = {
    Space.Kind.OPEN: {
        "anonymous": NOTHING,
        "outsider": NOTHING,
        "member": SHOWN,
        "insider": SHOWN,
        "author": OWN,
        "facilitator": ALL,
        "moderator": ALL,
        "administrator": ALL,
        "left": SHOWN,
        "inactive": NOTHING,
    },
    Space.Kind.RESTRICTED: {
        "anonymous": NOTHING,
        "outsider": NOTHING,
        "member": NOTHING,
        "insider": SHOWN,
        "author": OWN,
        "facilitator": ALL,
        "moderator": ALL,
        "administrator": ALL,
        "left": NOTHING,
        "inactive": NOTHING,
    },
    Space.Kind.ROLE_NETWORK: {
        "anonymous": NOTHING,
        "outsider": NOTHING,
        "member": NOTHING,
        "insider": SHOWN,
        "author": OWN,
        "facilitator": ALL,
        "moderator": ALL,
        "administrator": ALL,
        "left": NOTHING,
        "inactive": NOTHING,
        "colleague": SHOWN,
    },
}
CLOSED = FOUND[Space.Kind.RESTRICTED] | {"moderator": NOTHING, "administrator": NOTHING}
FOUND |= dict.fromkeys((Space.Kind.PRIVATE, Space.Kind.LEARNING_GROUP, Space.Kind.YOUTH_PANEL), CLOSED)


def make_people(space: Space) -> dict[str, User | AnonymousUser]:
    member = factories.MembershipFactory.create
    people = {name: member().person for name in ("member", "insider", "author", "facilitator", "left")}
    people["inactive"] = factories.UserFactory.create(is_active=False)
    people["outsider"] = factories.UserFactory.create()
    people["administrator"] = factories.UserFactory.create(is_superuser=True, is_staff=True)
    people["moderator"] = factories.make_moderator()
    if space.role:
        people["colleague"] = member(roles=[space.role]).person
    for name in ("insider", "author", "inactive"):
        factories.SpaceMembershipFactory.create(space=space, person=people[name])
    factories.SpaceMembershipFactory.create(space=space, person=people["facilitator"], facilitator=True)
    factories.SpaceMembershipFactory.create(space=space, person=people["left"], ended_at="2026-01-01T00:00:00Z")
    return people | {"anonymous": AnonymousUser()}


def write(space: Space, *, state: str, author: User, title: str, text: str) -> Topic:
    alias = space.pseudonyms.first() if state == "alias" else None
    written = {"author": None if alias else author, "pseudonym": alias}
    kept = State.NORMAL if state == "alias" else state
    topic = Topic.objects.create(space=space, title=title, state=kept, last_number=1, **written)
    add_post(topic, number=1, text=text, state=kept, **written)
    return topic


def add_post(topic: Topic, *, number: int, text: str, state: str = State.NORMAL, **author) -> Post:
    return Post.objects.create(
        topic=topic, number=number, text=text, source=text, html=text, state=state, rendering_version=1, **author
    )


def index_everything() -> None:
    for source in Source:
        index_documents(source=source, numbers=list(all_numbers(source)))


def keys_found(user: User | AnonymousUser, text: str = WORD) -> set[str]:
    """Keys of the documents found, after it is seen that what is counted is what is shown."""
    results = search(user=user, asked=parse(text), language="nb")
    assert results.total == len(results.hits) == sum(facet.count for facet in results.facets)
    assert not results.is_more
    return {hit.key for hit in results.hits}


@pytest.mark.parametrize("kind", FOUND)
def test_posts_are_found_by_those_who_may_see_them(kind: Space.Kind) -> None:
    network = {"network": True} if kind == Space.Kind.ROLE_NETWORK else {"kind": kind}
    space = factories.SpaceFactory.create(allows_pseudonyms=True, **network)
    people = make_people(space)
    author = people["author"]
    alias = factories.make_pseudonym(author, space)
    state_of: dict[str, str] = {}
    for state in STATES:
        topic = write(space, state=state, author=author, title=f"Om {WORD}", text="Første")
        state_of[f"topic:{topic.pk}"] = state
    talk = write(space, state="normal", author=author, title="Ute", text="Noe helt annet")
    for number, state in enumerate(STATES, start=2):
        kept = State.NORMAL if state == "alias" else state
        written = {"pseudonym": alias} if state == "alias" else {"author": author}
        post = add_post(talk, number=number, text=f"Husk {WORD}", state=kept, **written)
        state_of[f"post:{post.pk}"] = state
    index_everything()
    documents = list(SearchDocument.objects.filter(post__isnull=False).select_related("post"))
    found: dict[str, set[str]] = {}
    for role in FOUND[kind]:
        keys = keys_found(people[role])
        states = {state_of[key] for key in keys}
        assert keys == {key for key, state in state_of.items() if state in states}, "topics and answers alike"
        found[role] = states
        visible = set(posts_visible_to(people[role]))
        assert {each.post for each in documents_found_by(people[role]) if each.post_id} == visible
        assert all(user_can_find(people[role], each) == (each.post in visible) for each in documents[:3])
    assert found == FOUND[kind]


@pytest.mark.parametrize(("kind", "role"), [(Space.Kind.OPEN, "member"), (Space.Kind.PRIVATE, "insider")])
def test_answers_of_a_hidden_topic_are_hidden_with_it(kind: Space.Kind, role: str) -> None:
    space = factories.SpaceFactory.create(kind=kind)
    people = make_people(space)
    topic = write(space, state="hidden", author=people["author"], title="Skjult", text="Tekst")
    answer = add_post(topic, number=2, text=WORD, author=people["author"])
    index_everything()
    assert keys_found(people[role]) == set()
    assert keys_found(people["facilitator"]) == {f"post:{answer.pk}"}


def test_what_is_hidden_is_not_found_before_the_index_knows() -> None:
    space = factories.SpaceFactory.create()
    people = make_people(space)
    topic = write(space, state="normal", author=people["author"], title=f"Om {WORD}", text="Tekst")
    answer = add_post(topic, number=2, text=WORD, author=people["author"])
    index_everything()
    assert keys_found(people["member"]) == {f"topic:{topic.pk}", f"post:{answer.pk}"}
    Post.objects.filter(pk=answer.pk).update(state=State.HIDDEN)
    assert keys_found(people["member"]) == {f"topic:{topic.pk}"}
    Topic.objects.filter(pk=topic.pk).update(state=State.HIDDEN)
    assert keys_found(people["member"]) == set()
    secret = factories.SpaceFactory.create(kind=Space.Kind.PRIVATE)
    Topic.objects.filter(pk=topic.pk).update(state=State.NORMAL, space=secret)
    assert keys_found(people["member"]) == set()


def test_spaces_are_found_by_those_who_may_know_of_them() -> None:
    found = {}
    spaces = {kind: factories.SpaceFactory.create(kind=kind, about=WORD) for kind in (Space.Kind.RESTRICTED, "private")}
    people = make_people(spaces["private"])
    index_everything()
    for role in ("anonymous", "outsider", "member", "moderator", "insider"):
        found[role] = {key for key in keys_found(people[role]) if key.startswith("space")}
    listed, secret = (f"space:{spaces[kind].pk}" for kind in (Space.Kind.RESTRICTED, "private"))
    assert found == {
        "anonymous": set(),
        "outsider": set(),
        "member": {listed},
        "moderator": {listed},
        "insider": {listed, secret},
    }


def test_a_mistyped_word_finds_and_suggests_only_what_one_may_see() -> None:
    space = factories.SpaceFactory.create(kind=Space.Kind.PRIVATE)
    people = make_people(space)
    topic = write(space, state="normal", author=people["author"], title="Kvitlyngfestival", text="Tekst")
    index_everything()
    assert keys_found(people["insider"], "kvitlyngfetsival") == {f"topic:{topic.pk}"}
    for role in ("anonymous", "outsider", "member", "moderator", "administrator"):
        results = search(user=people[role], asked=parse("kvitlyngfetsival"), language="nb")
        assert (results.hits, results.facets, results.suggestion) == ([], [], "")


def test_files_are_found_with_their_post_by_those_who_see_it() -> None:
    space = factories.SpaceFactory.create(kind=Space.Kind.PRIVATE)
    people = make_people(space)
    topic = write(space, state="normal", author=people["author"], title="Mal", text="Se vedlegget")
    Attachment.objects.create(
        post=topic.posts.get(),
        file="forum/x",
        name="avtale_om_noe.docx",
        media_type="x",
        size=1,
        text=f"Punkt 4: {WORD}",
    )
    index_everything()
    assert keys_found(people["insider"]) == {f"topic:{topic.pk}"}
    assert keys_found(people["member"]) == set()
    [hit] = search(user=people["insider"], asked=parse(WORD), language="nb").hits
    assert f"<mark>{WORD}</mark>" in hit.excerpt


# --- people ----------------------------------------------------------------------------------------------


def test_people_are_found_by_those_who_may_see_their_page() -> None:
    team = factories.TeamFactory.create()
    sought = factories.UserFactory.create(first_name="Fridtjof", last_name="Ytterlig")
    teammate = factories.UserFactory.create()
    for person in (sought, teammate):
        factories.MembershipFactory.create(team=team, person=person)
    stranger = factories.MembershipFactory.create().person
    administrator = factories.UserFactory.create(is_superuser=True)
    index_everything()
    found = {
        name: keys_found(user, "fridtjof ytterlig")
        for name, user in {
            "self": sought,
            "teammate": teammate,
            "stranger": stranger,
            "administrator": administrator,
            "anonymous": AnonymousUser(),
        }.items()
    }
    own = {f"person:{sought.pk}"}
    assert found == {"self": own, "teammate": own, "stranger": set(), "administrator": own, "anonymous": set()}
    assert keys_found(teammate, sought.email) == set()
    assert keys_found(stranger, "fridtjof ytterleg") == set()


def test_an_alias_is_no_person_and_leads_to_none() -> None:
    space = factories.SpaceFactory.create(allows_pseudonyms=True)
    people = make_people(space)
    author = people["author"]
    author.first_name, author.last_name = "Fridtjof", "Ytterlig"
    author.save()
    factories.make_pseudonym(author, space, name="Fjellrypa")
    topic = write(space, state="alias", author=author, title="Vanskelig", text="Dette er tungt")
    index_everything()
    assert not any(key.startswith("person") for key in keys_found(people["administrator"], "fjellrypa"))
    assert keys_found(people["administrator"], "ytterlig") == {f"person:{author.pk}"}
    document = SearchDocument.objects.get(topic=topic)
    assert document.person is None
    kept = " ".join(str(value) for name, value in vars(document).items() if name != "_state")
    assert "Ytterlig" not in kept and str(author.email) not in kept


def test_teams_are_anyones() -> None:
    team = factories.TeamFactory.create(name="FACT Ytterøya")
    closed = factories.TeamFactory.create(name="FACT Ytterøya gamle", phase="closed")
    index_everything()
    assert keys_found(AnonymousUser(), "ytteroya") == {f"team:{team.pk}"}
    assert SearchDocument.objects.filter(key=f"team:{closed.pk}").count() == 0


# --- pages -----------------------------------------------------------------------------------------------


def test_pages_behind_a_restriction_are_found_by_those_who_pass_it(home) -> None:
    group = Group.objects.create(name="Redaksjon")
    editor = factories.UserFactory.create()
    editor.groups.add(group)
    reader = factories.UserFactory.create()
    pages = {
        name: factories.StandardPageFactory.create(title=f"{WORD} {name}")
        for name in ("all", "login", "groups", "password")
    }
    for name in ("login", "groups", "password"):
        restriction = PageViewRestriction.objects.create(page=pages[name], restriction_type=name, password="hemmelig")
        if name == "groups":
            restriction.groups.add(group)
    index_everything()
    key = {name: f"page:{page.pk}" for name, page in pages.items()}
    assert keys_found(AnonymousUser()) == {key["all"]}
    assert keys_found(reader) == {key["all"], key["login"]}
    assert keys_found(editor) == {key["all"], key["login"], key["groups"]}


def test_lessons_of_a_course_that_asks_for_sign_in_are_for_those_who_have(home, learner: User) -> None:
    course = factories.CoursePageFactory.create(title="Kurs", sign_in_required=True)
    lesson = factories.LessonPageFactory.create(parent=course, title=f"Om {WORD}")
    index_everything()
    assert keys_found(AnonymousUser()) == set()
    assert keys_found(learner) == {f"page:{lesson.pk}"}
    course.sign_in_required = False
    course.save()
    index_page_tree(numbers=[course.pk])
    assert keys_found(AnonymousUser()) == {f"page:{lesson.pk}"}


def test_a_page_that_is_no_longer_live_is_not_found_before_the_index_knows(home) -> None:
    page = factories.StandardPageFactory.create(title=f"Om {WORD}")
    index_everything()
    assert keys_found(AnonymousUser()) == {f"page:{page.pk}"}
    type(page).objects.filter(pk=page.pk).update(live=False)
    assert keys_found(AnonymousUser()) == set()


def test_posts_are_made_again_by_their_numbers() -> None:
    space = factories.SpaceFactory.create()
    people = make_people(space)
    first = write(space, state="normal", author=people["author"], title="Første tråd", text=WORD)
    second = write(space, state="normal", author=people["author"], title="Andre tråd", text="Noe annet")
    index_posts(numbers=list(Post.objects.values_list("pk", flat=True)))
    assert keys_found(people["member"]) == {f"topic:{first.pk}"}
    moved = first.posts.get()
    Post.objects.filter(pk=moved.pk).update(topic=second, number=2)
    Topic.objects.filter(pk=first.pk).update(merged_into=second)
    index_posts(numbers=[moved.pk])
    assert keys_found(people["member"]) == {f"post:{moved.pk}"}
    assert not SearchDocument.objects.filter(key=f"topic:{first.pk}").exists()
