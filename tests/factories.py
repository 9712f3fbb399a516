"""Things to test with. A page is published under its parent, or under the usual place of its kind.

`LessonPageFactory(parent=course, body=make_body(("text", "<p>Hei</p>")))`; add `published=True` to go through
Wagtail's own publishing, which records a lesson version.
"""

import json
import uuid
from datetime import timedelta
from io import BytesIO
from typing import Any, Generic, TypeVar

import factory
from django.contrib.auth.models import Group, Permission
from django.core.files.base import ContentFile
from django.db.models import F
from django.utils import timezone
from PIL import Image
from wagtail.models import Locale, Page, Site

from courses.models import (
    CourseIndexPage,
    CoursePage,
    FacilitatorGuidePage,
    FlettDocument,
    FlettImage,
    FlettMedia,
    LegalReference,
    LessonPage,
    Principle,
    PrincipleSet,
)
from forum.models import Event, EventLeg, EventSignUp, Pseudonym, Space, SpaceMembership
from forum.pseudonyms import owner_digest, seal
from home.models import HomePage, StandardPage
from learning.models import LearningPathPage, LearnPage, PathStep
from people.models import Membership, Region, SupportGroup, SupportGroupMembership, Team, TeamRole, User

PASSWORD = "et-langt-passord-for-tester"

Model = TypeVar("Model")
AnyPage = TypeVar("AnyPage", bound=Page)


def make_locale(language: str = "nb") -> Locale:
    return Locale.objects.get_or_create(language_code=language)[0]


def make_home() -> HomePage:
    """The site's one front page, made on first call in place of Wagtail's welcome page."""
    home = HomePage.objects.filter(locale__language_code="nb").first()
    if home is not None:
        return home
    for language in ("nb", "da", "en"):
        make_locale(language)
    root = Page.get_first_root_node() or Page.add_root(instance=Page(title="Root", slug="root", locale=make_locale()))
    Site.objects.all().delete()
    # Wagtail's own deleting asks seventy tables what hangs on the page. On this one nothing does.
    Page.objects.descendant_of(root)._raw_delete(using="default")
    root.numchild = 0
    Page.objects.filter(pk=root.pk).update(numchild=0)
    home = root.add_child(
        instance=HomePage(
            title="Flett", slug="hjem", lead="Lær, del og spør", intro="For FACT-team.", locale=make_locale()
        )
    )
    Site.objects.create(hostname="localhost", port=80, is_default_site=True, root_page=home, site_name="Flett")
    return home


def make_body(*blocks: tuple[str, Any]) -> str:
    """A stream as stored: `make_body(("text", "<p>Hei</p>"), ("key_message", {"text": "Ett team"}))`.

    A pair's value is the block's stored value; each block gets an id.
    """
    return json.dumps([{"type": kind, "value": value, "id": str(uuid.uuid4())} for kind, value in blocks])


def make_png(width: int = 40, height: int = 30) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (width, height), "#0b5d57").save(buffer, "PNG")
    return buffer.getvalue()


class ModelFactory(factory.django.DjangoModelFactory, Generic[Model]):
    """`create()` typed as the model it makes."""

    class Meta:
        abstract = True

    @classmethod
    def create(cls, **kwargs: Any) -> Model:
        made: Model = super().create(**kwargs)
        return made


class PageFactory(ModelFactory[AnyPage]):
    class Meta:
        abstract = True

    locale = factory.LazyFunction(make_locale)

    @classmethod
    def usual_parent(cls) -> Page:
        return make_home()

    @classmethod
    def _create(
        cls, model_class: Any, *args: Any, parent: Page | None = None, published: bool = False, **kwargs: Any
    ) -> Any:
        parent = Page.objects.get(pk=(parent or cls.usual_parent()).pk)  # treebeard trusts what it holds in memory
        page = parent.add_child(instance=model_class(**kwargs))
        if published:
            page.save_revision().publish()
            page.refresh_from_db()
        return page


class UserFactory(ModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda number: f"person{number}@example.org")
    first_name = "Kari"
    last_name = factory.Sequence(lambda number: f"Nordmann {number}")

    @classmethod
    def _create(cls, model_class: Any, *args: Any, password: str = PASSWORD, **kwargs: Any) -> User:
        return User.objects.create_user(password=password, **kwargs)


class StandardPageFactory(PageFactory[StandardPage]):
    class Meta:
        model = StandardPage

    title = factory.Sequence(lambda number: f"Om side {number}")
    body = factory.LazyFunction(lambda: make_body(("text", "<p>Tekst.</p>")))


class LearnPageFactory(PageFactory[LearnPage]):
    class Meta:
        model = LearnPage

    title = "Lær"
    slug = "laer"


def make_learn_page() -> LearnPage:
    return LearnPage.objects.first() or LearnPageFactory.create()


class CourseIndexPageFactory(PageFactory[CourseIndexPage]):
    class Meta:
        model = CourseIndexPage

    title = factory.Sequence(lambda number: f"Kurs {number}")

    @classmethod
    def usual_parent(cls) -> Page:
        return make_learn_page()


def make_course_index() -> CourseIndexPage:
    return CourseIndexPage.objects.first() or CourseIndexPageFactory.create(title="Kurs", slug="kurs")


class CoursePageFactory(PageFactory[CoursePage]):
    class Meta:
        model = CoursePage

    title = factory.Sequence(lambda number: f"Fleksibilitet {number}")
    summary = "Samme team, også når behovet endrer seg."
    learning_outcomes = "Du kan si hva fleksibilitet er."

    @classmethod
    def usual_parent(cls) -> Page:
        return make_course_index()

    @classmethod
    def _create(cls, model_class: Any, *args: Any, principles: Any = (), **kwargs: Any) -> Any:
        course = super()._create(model_class, *args, **kwargs)
        if principles:
            course.principles.set(principles)
            course.save()
        return course


class LessonPageFactory(PageFactory[LessonPage]):
    class Meta:
        model = LessonPage

    title = factory.Sequence(lambda number: f"Leksjon {number}")
    body = factory.LazyFunction(lambda: make_body(("text", "<h2>Ett team</h2><p>Teamet er det samme.</p>")))

    @classmethod
    def usual_parent(cls) -> Page:
        return CoursePageFactory.create()


class FacilitatorGuidePageFactory(PageFactory[FacilitatorGuidePage]):
    class Meta:
        model = FacilitatorGuidePage

    title = "Veiledning: fleksibilitet på 30 minutter"
    slug = "veiledning"
    body = factory.LazyFunction(lambda: make_body(("text", "<p>Les kapitlet først.</p>")))

    @classmethod
    def usual_parent(cls) -> Page:
        return CoursePageFactory.create()


class LearningPathPageFactory(PageFactory[LearningPathPage]):
    """`courses=[…]` makes one step of each, in order."""

    class Meta:
        model = LearningPathPage

    title = factory.Sequence(lambda number: f"Grunnopplæring {number}")
    summary = "Åtte prinsipper."

    @classmethod
    def usual_parent(cls) -> Page:
        return make_learn_page()

    @classmethod
    def _create(cls, model_class: Any, *args: Any, courses: Any = (), **kwargs: Any) -> Any:
        path = super()._create(model_class, *args, **kwargs)
        for place, course in enumerate(courses):
            PathStep.objects.create(path=path, course=course, sort_order=place)
        return path


class PrincipleSetFactory(ModelFactory[PrincipleSet]):
    class Meta:
        model = PrincipleSet
        django_get_or_create = ("key",)

    key = "fact"
    name = "FACT"


class PrincipleFactory(ModelFactory[Principle]):
    class Meta:
        model = Principle

    principle_set = factory.SubFactory(PrincipleSetFactory)
    position = factory.Sequence(lambda number: number + 1)
    slug = factory.LazyAttribute(lambda principle: f"prinsipp-{principle.position}")
    name = factory.LazyAttribute(lambda principle: f"Prinsipp {principle.position}")
    tagline = "Samme team hele veien"
    explanation = "Teamet følger opp tett når det trengs, og løsere når det går bra."
    locale = factory.LazyFunction(make_locale)


class LegalReferenceFactory(ModelFactory[LegalReference]):
    class Meta:
        model = LegalReference

    key = factory.Sequence(lambda number: f"lov-{number}")
    law = "Pasient- og brukerrettighetsloven"
    paragraph = "§ 3-1"
    summary = "Pasienten har rett til å medvirke."
    url = "https://lovdata.no/lov/1999-07-02-63/§3-1"
    checked_by = "Redaksjonen"


class ImageFactory(ModelFactory[FlettImage]):
    class Meta:
        model = FlettImage

    title = "Tavla"
    file = factory.LazyFunction(lambda: ContentFile(make_png(), name="tavla.png"))


class DocumentFactory(ModelFactory[FlettDocument]):
    class Meta:
        model = FlettDocument

    title = "Behandlingsplan"
    file = factory.LazyFunction(lambda: ContentFile(b"Behandlingsplan\n", name="plan.txt"))


class MediaFactory(ModelFactory[FlettMedia]):
    """A film whose file is no real film: tests that play one bring their own."""

    class Meta:
        model = FlettMedia

    title = "Rollefilm: teamleder"
    type = "video"
    duration = 60
    file = factory.LazyFunction(lambda: ContentFile(b"\x00\x00\x00\x18ftypmp42", name="film.mp4"))
    captions_nb = factory.LazyFunction(
        lambda: ContentFile(b"WEBVTT\n\n00:00.000 --> 00:02.000\nHei.\n", name="film.nb.vtt")
    )
    transcript = "Hei."


class RegionFactory(ModelFactory[Region]):
    class Meta:
        model = Region
        django_get_or_create = ("key",)

    key = "vest"
    name = factory.LazyAttribute(lambda region: region.key.capitalize())


class TeamRoleFactory(ModelFactory[TeamRole]):
    """`TeamRoleFactory(key="teamleder", leads_team=True)` for a leader's."""

    class Meta:
        model = TeamRole
        django_get_or_create = ("key",)

    key = "sykepleier"
    name = factory.LazyAttribute(lambda role: role.key.capitalize())
    name_da = factory.LazyAttribute(lambda role: f"{role.name} (da)")
    name_en = factory.LazyAttribute(lambda role: f"{role.name} (en)")


class TeamFactory(ModelFactory[Team]):
    class Meta:
        model = Team

    name = factory.Sequence(lambda number: f"Team {number}")
    slug = factory.Sequence(lambda number: f"team-{number}")
    county = "Vestland"


class MembershipFactory(ModelFactory[Membership]):
    """Somebody active in a team; `roles=[…]` says what they do there."""

    class Meta:
        model = Membership
        skip_postgeneration_save = True

    person = factory.SubFactory(UserFactory)
    team = factory.SubFactory(TeamFactory)

    @classmethod
    def _create(cls, model_class: Any, *args: Any, roles: Any = (), **kwargs: Any) -> Any:
        membership = super()._create(model_class, *args, **kwargs)
        membership.roles.set(roles)
        return membership


def make_leader(team: Team, **person: Any) -> User:
    """Somebody who leads the team."""
    role = TeamRoleFactory.create(key="teamleder", leads_team=True)
    return MembershipFactory.create(team=team, person=UserFactory.create(**person), roles=[role]).person


class SupportGroupFactory(ModelFactory[SupportGroup]):
    """National, unless it gets a region."""

    class Meta:
        model = SupportGroup

    name = factory.Sequence(lambda number: f"Gruppe {number}")


class SupportGroupMembershipFactory(ModelFactory[SupportGroupMembership]):
    class Meta:
        model = SupportGroupMembership

    person = factory.SubFactory(UserFactory)
    group = factory.SubFactory(SupportGroupFactory)


class SpaceFactory(ModelFactory[Space]):
    class Meta:
        model = Space

    name = factory.Sequence(lambda number: f"Rom {number:05}")
    slug = factory.Sequence(lambda number: f"rom-{number}")
    kind = Space.Kind.OPEN

    class Params:
        network = factory.Trait(kind=Space.Kind.ROLE_NETWORK, role=factory.SubFactory(TeamRoleFactory))


class SpaceMembershipFactory(ModelFactory[SpaceMembership]):
    class Meta:
        model = SpaceMembership

    space = factory.SubFactory(SpaceFactory)
    person = factory.SubFactory(UserFactory)

    class Params:
        facilitator = factory.Trait(role=SpaceMembership.Role.FACILITATOR)


class EventFactory(ModelFactory[Event]):
    """Published, in a month, a day long, in a room with no limit. `capacity` limits that leg."""

    class Meta:
        model = Event
        skip_postgeneration_save = True

    space = factory.SubFactory(SpaceFactory)
    title = factory.Sequence(lambda number: f"Samling {number:05}")
    starts_at = factory.LazyFunction(lambda: timezone.now().replace(microsecond=0) + timedelta(days=30))
    ends_at = factory.LazyAttribute(lambda event: event.starts_at + timedelta(hours=7))
    status = Event.Status.PUBLISHED

    @factory.post_generation
    def capacity(self, create: bool, extracted: int | None, **kwargs: Any) -> None:
        EventLeg.objects.create(event=self, mode=EventLeg.Mode.PHYSICAL, capacity=extracted)


def make_sign_up(person: User, event: Event, **fields: Any) -> EventSignUp:
    """A place in the event's first leg, counted there, written past the rules that `forum.actions.sign_ups` keeps."""
    fields = {"leg": event.legs.first(), "status": EventSignUp.Status.CONFIRMED} | fields
    made = EventSignUp.objects.create(person=person, event=event, **fields)
    if made.status in EventSignUp.TAKES_A_PLACE:
        EventLeg.objects.filter(pk=made.leg_id).update(taken=F("taken") + 1)
    return made


def make_pseudonym(person: User, space: Space, name: str = "Fjellrev") -> Pseudonym:
    return Pseudonym.objects.create(
        space=space, name=name, name_folded=name.lower(), owner=owner_digest(person), sealed=seal(person)
    )


def make_moderator(**fields: Any) -> User:
    """Somebody who moderates the forum as a whole, and is in no team."""
    user = UserFactory.create(**fields)
    group, _ = Group.objects.get_or_create(name="Forum-moderatorer")
    group.permissions.add(Permission.objects.get(codename="moderate_forum", content_type__app_label="forum"))
    user.groups.add(group)
    return user
