"""The starter content: all of it, in order, once."""

from collections import Counter
from io import StringIO
from typing import Any

import pytest
import yaml
from allauth.account.models import EmailAddress
from django.contrib.auth import authenticate
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from wagtail.models import Locale, Page, Revision, Site

from courses.models import CoursePage, FlettMedia, LegalReference, LessonPage, LessonVersion, Principle, PrincipleSet
from forum.models import Post, Topic
from home import actions
from home.actions import STARTER, load_starter_content
from home.models import HomePage, StandardPage
from learning.models import LearningPathPage, PathAssignment
from people.models import Team, User

CHAPTERS = [
    "fleksibilitet",
    "tverrfaglig-teamtilnaerming",
    "aktivt-oppsokende-virksomhet",
    "recovery-og-brukermedvirkning",
    "deltakelse-i-lokalmiljoet",
    "familie-og-nettverksarbeid",
    "kunnskapsbaserte-metoder",
    "integrert-behandling",
    "fidelity",
    "avslutning",
]
UNG_CHAPTERS = [
    "fact-ung-introduksjon",
    "fact-ung-fleksibilitet",
    "fact-ung-aktivt-oppsokende-virksomhet",
    "fact-ung-tverrfaglig-teamtilnaerming",
    "fact-ung-deltagelse-i-lokalsamfunnet",
    "fact-ung-recovery-og-brukermedvirkning",
    "fact-ung-helhetlig-integrert-og-kontinuerlig",
    "integrert-behandling",
    "fact-ung-kunnskapsbaserte-metoder",
    "kartlegging-utredning-og-behandlingsplaner",
    "familie-og-nettverksarbeid",
    "juridiske-utfordringer",
    "fidelity",
    "avslutning",
]
"""The chapters that FACT ung shares with others are woven in after the principle they belong to."""
LESSONS = {
    **dict.fromkeys(CHAPTERS[:8], 8),
    "fidelity": 7,
    "avslutning": 5,
    "fact-ung-introduksjon": 6,
    "fact-ung-fleksibilitet": 6,
    "fact-ung-aktivt-oppsokende-virksomhet": 6,
    "fact-ung-tverrfaglig-teamtilnaerming": 7,
    "fact-ung-deltagelse-i-lokalsamfunnet": 8,
    "fact-ung-recovery-og-brukermedvirkning": 6,
    "fact-ung-helhetlig-integrert-og-kontinuerlig": 8,
    "fact-ung-kunnskapsbaserte-metoder": 7,
    "juridiske-utfordringer": 14,
    "kartlegging-utredning-og-behandlingsplaner": 8,
    "recovery-og-recoverystotte": 11,
}
ROLES = [
    "teamleder",
    "psykologspesialist",
    "psykiater",
    "sykepleier",
    "vernepleier",
    "sosionom",
    "brukerspesialist",
    "jobbspesialist",
    "arbeids-og-utdanningsspesialist",
    "russpesialist",
    "familiespesialist",
    "barnevernspedagog",
    "ergoterapeut",
    "forlopskoordinator",
    "merkantilt-ansatt",
]
FILM = "7a0d6c1e-3f0b-4a7e-9c55-2f1c5a4be001"


def everything() -> dict[str, Any]:
    """What a second load must leave as it is, down to the revisions."""
    return {
        "pages": list(Page.objects.order_by("pk").values()),
        "revisions": list(Revision.objects.order_by("pk").values_list("pk", "created_at")),
        "versions": list(LessonVersion.objects.order_by("pk").values()),
        "principles": list(Principle.objects.order_by("pk").values()),
        "references": list(LegalReference.objects.order_by("pk").values()),
        "films": list(FlettMedia.objects.order_by("pk").values()),
        "people": list(User.objects.order_by("pk").values()),
        "teams": list(Team.objects.order_by("pk").values()),
        "steps": [list(path.steps.values()) for path in LearningPathPage.objects.all()],
        "files": sorted(default_storage.listdir("media")[1]),
    }


def test_starter_tree_is_exactly_this(starter: None) -> None:
    kinds = Counter(page.specific_class.__name__ for page in Page.objects.filter(depth__gt=1))
    assert kinds == {
        "HomePage": 1,
        "LearnPage": 1,
        "LearningPathPage": 2,
        "CourseIndexPage": 1,
        "CoursePage": 21,
        "LessonPage": 163,
        "FacilitatorGuidePage": 21,
        "RoleIndexPage": 1,
        "RolePage": 15,
        "StandardPage": 8,
    }
    assert set(Page.objects.filter(depth__gt=1).values_list("live", "locale__language_code")) == {(True, "nb")}
    assert [page.url_path for page in Page.objects.filter(depth__in=(2, 3, 4)).order_by("path")] == [
        "/flett/",
        "/flett/laer/",
        "/flett/laer/kurs/",
        "/flett/laer/grunnopplaring-fact/",
        "/flett/laer/grunnopplaring-fact-ung/",
        "/flett/hva-er-fact/",
        "/flett/forskning/",
        "/flett/om-flett/",
        "/flett/krise/",
        "/flett/personvern/",
        "/flett/tilgjengelighet/",
        "/flett/husregler/",
        "/flett/slik-bruker-du-forumet/",
        "/flett/roller/",
        *[f"/flett/roller/{role}/" for role in ROLES],
    ]
    counts = {course.slug: LessonPage.objects.child_of(course).live().count() for course in CoursePage.objects.live()}
    assert counts == LESSONS
    paths = LearningPathPage.objects.order_by("path")
    assert [[step.course.slug for step in path.steps.all()] for path in paths] == [CHAPTERS, UNG_CHAPTERS]
    assert [step.course_title for step in paths[0].steps.all()][:2] == [
        "Fleksibilitet",
        "Tverrfaglig teamtilnærming",
    ]


def test_starter_site_starts_at_the_front_page_and_the_welcome_page_is_gone(starter: None) -> None:
    site = Site.objects.get()
    assert (site.hostname, site.port, site.is_default_site, site.site_name) == ("127.0.0.1", 8000, True, "Flett")
    assert site.root_page.specific == HomePage.objects.get()
    assert HomePage.objects.get().lead == "Fra «mine» til «våre»"
    assert sorted(Locale.objects.values_list("language_code", flat=True)) == ["da", "en", "nb"]


def test_starter_lessons_each_have_one_version(starter: None) -> None:
    assert list(LessonVersion.objects.order_by().values_list("number", "language", "change_kind").distinct()) == [
        (1, "nb", "new_content")
    ]
    assert set(LessonVersion.objects.values_list("lesson_key", flat=True)) == set(
        LessonPage.objects.values_list("translation_key", flat=True)
    )


def test_starter_principles_are_the_same_ones_in_three_languages(starter: None) -> None:
    assert list(PrincipleSet.objects.values_list("key", "name", "note")) == [
        ("fact", "FACT", ""),
        ("fact-ung", "FACT ung", "Slik modellbeskrivelsen fra 2022 nevner dem"),
    ]
    counts = Counter(Principle.objects.values_list("principle_set__key", "locale__language_code"))
    assert counts == {
        (name, code): count for name, count in (("fact", 8), ("fact-ung", 7)) for code in ("nb", "da", "en")
    }
    assert Principle.objects.values("translation_key").distinct().count() == 15
    names = {
        code: list(
            Principle.objects.filter(principle_set__key="fact", locale__language_code=code)
            .order_by("position")
            .values_list("name", flat=True)
        )
        for code in ("nb", "da", "en")
    }
    assert names == {
        "nb": [
            "Fleksibilitet",
            "Tverrfaglig teamtilnærming",
            "Aktivt oppsøkende virksomhet",
            "Recovery og brukermedvirkning",
            "Deltakelse i lokalmiljøet",
            "Familie- og nettverksarbeid",
            "Kunnskapsbaserte metoder",
            "Integrert behandling",
        ],
        "da": [
            "Fleksibilitet",
            "Tværfaglig teamtilgang",
            "Aktiv opsøgende indsats",
            "Recovery og borgerinddragelse",
            "Deltagelse i lokalsamfundet",
            "Familie- og netværksarbejde",
            "Vidensbaserede metoder",
            "Integreret behandling",
        ],
        "en": [
            "Flexibility",
            "Multidisciplinary team approach",
            "Assertive outreach",
            "Recovery and user involvement",
            "Participation in the local community",
            "Family and network work",
            "Evidence-based methods",
            "Integrated treatment",
        ],
    }
    for principle in Principle.objects.all():
        assert len(principle.tagline.split()) < 10, principle
        assert 2 <= principle.explanation.count(". ") + 1 <= 4, principle


def test_starter_courses_are_tagged(starter: None) -> None:
    tags = {
        course.slug: (
            [principle.key for principle in course.principles.all()],
            [p.code for p in course.programmes.all()],
        )
        for course in CoursePage.objects.all()
    }
    ung = {slug: [f"fact-ung/{slug.removeprefix('fact-ung-')}"] for slug in UNG_CHAPTERS if slug.startswith("fact-ung")}
    ung["fact-ung-introduksjon"] = []
    everybody = ["ACT", "FACT", "FACT_UNG"]
    assert tags == {slug: ([f"fact/{slug}"], ["FACT"]) for slug in CHAPTERS[:8]} | {
        slug: (principles, ["FACT_UNG"]) for slug, principles in ung.items()
    } | {
        "fidelity": ([], ["FACT"]),
        "avslutning": ([], ["FACT", "FACT_UNG"]),
        "juridiske-utfordringer": ([], everybody),
        "kartlegging-utredning-og-behandlingsplaner": (
            ["fact/kunnskapsbaserte-metoder", "fact-ung/kunnskapsbaserte-metoder"],
            everybody,
        ),
        "recovery-og-recoverystotte": (
            ["fact/recovery-og-brukermedvirkning", "fact-ung/recovery-og-brukermedvirkning"],
            everybody,
        ),
    }


def test_starter_film_is_one_with_captions_and_a_transcript_that_say_what_its_cards_say(starter: None) -> None:
    film = FlettMedia.objects.get()
    script = yaml.safe_load((STARTER / "film" / "film.yaml").read_text(encoding="utf-8"))
    texts = [card["text"] for card in script["cards"]]
    assert (str(film.key), film.is_placeholder, film.duration) == (FILM, True, 36)
    assert film.duration == sum(card["seconds"] for card in script["cards"])
    assert [source["type"] for source in film.sources] == ["video/webm", "video/mp4"]
    assert [line for line in film.captions_nb.read().decode().splitlines() if line and "-->" not in line] == [
        "WEBVTT",
        *texts,
    ]
    assert film.transcript.strip().split("\n\n")[1:] == texts
    assert film.thumbnail.name.endswith(".jpg")
    assert film.collection.name == "Kurs"
    for folder in STARTER.glob("courses/*/media"):
        sizes = {file.suffix: file.stat().st_size for file in folder.iterdir()}
        assert sizes[".mp4"] + sizes[".webm"] + sizes[".jpg"] < 1_500_000


def test_starter_law_is_what_the_packages_say(starter: None) -> None:
    written: dict[str, str] = {}
    for file in STARTER.glob("courses/*/legal_references.yaml"):
        for key, reference in yaml.safe_load(file.read_text(encoding="utf-8")).items():
            written[key] = reference["paragraph"]
    assert dict(LegalReference.objects.values_list("key", "paragraph")) == written


def test_starter_loaded_again_changes_nothing(starter: None) -> None:
    before = everything()
    load_starter_content()
    assert everything() == before


def test_starter_changed_by_hand_is_brought_back_and_nothing_else_is_touched(starter: None) -> None:
    about = StandardPage.objects.get(slug="om-flett")
    about.title = "Noe annet"
    about.save_revision().publish()
    versions = LessonVersion.objects.count()
    load_starter_content()
    about.refresh_from_db()
    assert about.title == "Om Flett"
    assert LessonVersion.objects.count() == versions
    assert StandardPage.objects.count() == 8


DEMO = {
    "deltaker@demo.example": (False, []),
    "teamleder@demo.example": (False, []),
    "brukerspesialist@demo.example": (False, []),
    "redaktor@demo.example": (False, ["Nasjonalt opplæringsteam"]),
    "fagredaktor@demo.example": (False, ["Fagredaktører"]),
    "moderator@demo.example": (False, ["Forum-moderatorer"]),
    "admin@demo.example": (True, []),
}


def test_demo_people_have_their_parts_and_verified_addresses(starter: None) -> None:
    found = {
        user.email: (user.is_superuser, [group.name for group in user.groups.all()])
        for user in User.objects.exclude(last_name="Demo").prefetch_related("groups")
    }
    assert found == DEMO
    addresses = EmailAddress.objects.exclude(user__last_name="Demo")
    assert set(addresses.values_list("email", "verified", "primary")) == {(email, True, True) for email in DEMO}


def test_demo_people_have_a_team_that_says_it_is_invented(starter: None) -> None:
    """The leader, a nurse and the peer specialist; each has the team's onboarding path, and a second load adds none."""
    load_starter_content()
    team = Team.objects.get(slug="demoteamet")
    assert (team.name, team.programme, team.county) == ("Demoteamet", "FACT", "")
    assert team.name_note == "Teamet er oppdiktet og finnes bare der Flett utvikles."
    assert {
        membership.person.email: [role.key for role in membership.roles.all()]
        for membership in team.memberships.active()
    } == {
        "deltaker@demo.example": ["sykepleier"],
        "teamleder@demo.example": ["teamleder"],
        "brukerspesialist@demo.example": ["brukerspesialist"],
    }
    path = LearningPathPage.objects.get(onboarding_for="FACT")
    assert {(row.person.email, row.path_key) for row in PathAssignment.objects.filter(person__email__in=DEMO)} == {
        (email, path.translation_key)
        for email in ("deltaker@demo.example", "teamleder@demo.example", "brukerspesialist@demo.example")
    }


def test_demo_logins_are_listed_with_address_and_password_that_work(starter: None) -> None:
    out = StringIO()
    call_command("demo_logins", stdout=out)
    address, head, *rows = out.getvalue().splitlines()
    assert address == "http://127.0.0.1:8000/konto/login/"
    assert head == "role             e-mail                         password"
    assert [row.split("  ")[0] for row in rows] == [
        "learner",
        "team leader",
        "peer specialist",
        "national editor",
        "reviewer",
        "moderator",
        "administrator",
    ]
    assert [row.split()[-2] for row in rows] == list(DEMO)
    for row in rows:
        email, password = row.split()[-2:]
        assert authenticate(email=email, password=password) == User.objects.get(email=email)


def test_demo_people_are_refused_in_production(starter: None, settings: Any) -> None:
    Post.objects.all().delete()
    Topic.objects.all().delete()
    User.objects.all().delete()
    settings.DEMO_LOGINS = False
    with pytest.raises(ImproperlyConfigured, match="FLETT_ENV=development"):
        actions.make_demo_people(password="x", people=[])
    with pytest.raises(CommandError, match="FLETT_ENV=development"):
        call_command("demo_logins")
    load_starter_content()
    assert User.objects.count() == 0
