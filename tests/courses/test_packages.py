"""Course packages and the database: in, out, in again, and what is refused."""

import json
import shutil
from collections.abc import Callable
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wagtail.models import Page

from courses.actions import import_course_package
from courses.models import (
    CourseIndexPage,
    CoursePage,
    FlettDocument,
    FlettImage,
    FlettMedia,
    LegalReference,
    LessonPage,
    LessonVersion,
)
from courses.packages.apply import ImportReport
from courses.packages.collect import Collector, collect_course, film_entry, legal_entry
from courses.packages.format import (
    BLOCKS,
    Block,
    Choice,
    Field,
    Flag,
    Group,
    Items,
    PackageError,
    Rich,
    Text,
    course_id_for,
    lesson_id_for,
)
from courses.packages.reader import read_package
from courses.packages.stream import Names, stream_block
from courses.packages.writer import package_texts
from courses.packages.zipped import export_folder, export_zip, opened_package
from home.models import HomePage
from people.models import User
from safety.files import clean_image
from tests import factories
from tests.courses.test_packages_text import blocks, make_package, write_texts

STARTER = Path(__file__).resolve().parents[2] / "home" / "starter" / "courses"
COURSE = """\
format: 1
slug: prove
language: nb
title: Prøvekurs
kind: short_course
summary: Et kurs til prøve.
principles: [fact/fleksibilitet]
programmes: [FACT, ACT]
minutes: 20
lessons: [introduksjon, sporsmal]
"""
INTRODUCTION = """\
---
title: Introduksjon
type: lesson
minutes: 5
---
Første avsnitt.

## Overskrift

::: key_message
text: Budskap
:::

::: reflection
prompt: Hva tenker du?
:::
"""
QUESTIONS = """\
---
title: Spørsmål
type: summary
minutes: 5
completion: quiz
---
::: quiz_single
question: Hva er riktig?
answers:
  - text: Dette
    correct: true
    explanation: Ja.
  - text: Ikke dette
    explanation: Nei.
:::
"""


@pytest.fixture
def section(home: HomePage) -> CourseIndexPage:
    factories.PrincipleFactory.create(slug="fleksibilitet")
    return factories.make_course_index()


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return write_texts(
        {"course.yaml": COURSE, "lessons/introduksjon.md": INTRODUCTION, "lessons/sporsmal.md": QUESTIONS},
        tmp_path / "prove",
    )


def edit(package: Path, file: str, change: Callable[[str], str]) -> None:
    path = package / file
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


def bring(folder: Path, **options: Any) -> ImportReport:
    report = import_course_package(folder=folder, **options)
    assert report is not None
    return report


def problems(folder: Path, **options: Any) -> list[str]:
    with pytest.raises(PackageError) as caught:
        import_course_package(folder=folder, **options)
    return [str(problem) for problem in caught.value.problems]


def everything() -> dict[str, Any]:
    """What may not change when a package is refused."""
    return {
        "pages": list(Page.objects.order_by("pk").values_list("pk", "title", "path", "latest_revision_id", "live")),
        "films": list(FlettMedia.objects.values_list("pk", "file", "title")),
        "images": list(FlettImage.objects.values_list("pk", "file")),
        "law": list(LegalReference.objects.values()),
        "versions": LessonVersion.objects.count(),
    }


def folder_bytes(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# --- in --------------------------------------------------------------------------------------------------


def test_a_package_becomes_a_published_course(section: CourseIndexPage, package: Path) -> None:
    report = bring(package)
    course = CoursePage.objects.child_of(section).get()
    assert (course.title, course.live, course.translation_key) == ("Prøvekurs", True, course_id_for("prove"))
    assert [principle.key for principle in course.principles.all()] == ["fact/fleksibilitet"]
    assert [programme.code for programme in course.programmes.all()] == ["ACT", "FACT"]
    lessons = list(LessonPage.objects.child_of(course).order_by("path"))
    assert [(lesson.slug, lesson.title, lesson.live, lesson.kind, lesson.completion) for lesson in lessons] == [
        ("introduksjon", "Introduksjon", True, "lesson", "marked"),
        ("sporsmal", "Spørsmål", True, "summary", "quiz"),
    ]
    assert [child.block_type for child in lessons[0].body] == ["text", "key_message", "reflection"]
    assert lessons[0].body[0].value.source == "<p>Første avsnitt.</p><h2>Overskrift</h2>"
    assert lessons[0].translation_key == lesson_id_for(course.translation_key, "introduksjon")
    assert report.lines() == ["Prøvekurs (prove): nytt kurs", "  Nye leksjoner: Introduksjon, Spørsmål"]
    assert list(LessonVersion.objects.order_by("pk").values_list("title", "number", "change_kind")) == [
        ("Introduksjon", 1, "new_content"),
        ("Spørsmål", 1, "new_content"),
    ]


def test_importing_again_changes_nothing(section: CourseIndexPage, package: Path) -> None:
    bring(package)
    before = everything()
    report = bring(package)
    assert report.lines() == ["Prøvekurs (prove): kurset er uendret", "  Uendrede leksjoner: 2"]
    assert everything() == before


def test_only_the_changed_lesson_is_published_with_the_chosen_kind(section: CourseIndexPage, package: Path) -> None:
    bring(package)
    edit(package, "lessons/introduksjon.md", lambda text: text.replace("Første avsnitt", "Nytt avsnitt"))
    before = {raw["id"] for raw in LessonPage.objects.get(slug="introduksjon").body.get_prep_value()}
    report = bring(package, change_kind="must_redo", change_note="Ny tekst")
    assert (report.updated, report.unchanged) == (["Introduksjon"], ["Spørsmål"])
    lesson = LessonPage.objects.get(slug="introduksjon")
    assert {raw["id"] for raw in lesson.body.get_prep_value()} == before
    assert list(LessonVersion.objects.order_by("pk").values_list("title", "number", "change_kind", "change_note")) == [
        ("Introduksjon", 1, "new_content", ""),
        ("Spørsmål", 1, "new_content", ""),
        ("Introduksjon", 2, "must_redo", "Ny tekst"),
    ]


def test_a_missing_lesson_is_unpublished_not_deleted_and_comes_back(section: CourseIndexPage, package: Path) -> None:
    bring(package)
    key = LessonPage.objects.get(slug="sporsmal").translation_key
    whole = package.parent / "whole"
    shutil.copytree(package, whole)
    (package / "lessons/sporsmal.md").unlink()
    edit(package, "course.yaml", lambda text: text.replace("[introduksjon, sporsmal]", "[introduksjon]"))
    report = bring(package)
    assert report.unpublished == ["Spørsmål"]
    assert "  Avpubliserte leksjoner (ikke med i pakken): Spørsmål" in report.lines()
    lesson = LessonPage.objects.get(translation_key=key)
    assert not lesson.live
    assert bring(whole).updated == ["Spørsmål"]
    lesson.refresh_from_db()
    assert lesson.live


def test_order_and_addresses_follow_the_package(section: CourseIndexPage, package: Path) -> None:
    """Two lessons that trade addresses keep their identity."""
    bring(package)
    course = CoursePage.objects.get(slug="prove")
    export_folder(course, package)
    first, second = package / "lessons/introduksjon.md", package / "lessons/sporsmal.md"
    one, two = first.read_text(), second.read_text()
    first.write_text(two)
    second.write_text(one)
    keys = dict(LessonPage.objects.values_list("slug", "translation_key"))
    report = bring(package)
    assert sorted(report.updated) == ["Introduksjon", "Spørsmål"]
    assert dict(LessonPage.objects.values_list("slug", "translation_key")) == {
        "introduksjon": keys["sporsmal"],
        "sporsmal": keys["introduksjon"],
    }
    assert list(LessonPage.objects.child_of(course).order_by("path").values_list("title", flat=True)) == [
        "Spørsmål",
        "Introduksjon",
    ]
    assert sorted(LessonPage.objects.values_list("url_path", flat=True)) == [
        f"{course.url_path}introduksjon/",
        f"{course.url_path}sporsmal/",
    ]
    assert Page.find_problems() == ([], [], [], [], [])


def test_a_draft_in_progress_is_kept_in_history_and_said(section: CourseIndexPage, package: Path) -> None:
    bring(package)
    lesson = LessonPage.objects.get(slug="introduksjon")
    lesson.title = "Kladd"
    lesson.save_revision()
    edit(package, "lessons/introduksjon.md", lambda text: text.replace("Budskap", "Nytt budskap"))
    report = bring(package)
    assert report.notes == ["«Introduksjon» hadde en kladd som ikke var publisert. Den ligger i sidens historikk."]
    assert [revision.object_str for revision in lesson.revisions.order_by("pk")] == [
        "Introduksjon",
        "Kladd",
        "Introduksjon",
    ]


def test_an_unchanged_lesson_keeps_its_draft(section: CourseIndexPage, package: Path) -> None:
    bring(package)
    lesson = LessonPage.objects.get(slug="introduksjon")
    lesson.title = "Kladd"
    draft = lesson.save_revision()
    assert bring(package).unchanged == ["Introduksjon", "Spørsmål"]
    lesson.refresh_from_db()
    assert (lesson.latest_revision_id, lesson.has_unpublished_changes) == (draft.pk, True)


def test_a_danish_package_with_the_same_id_is_a_translation(section: CourseIndexPage, package: Path) -> None:
    bring(package)
    factories.CourseIndexPageFactory.create(title="Kurser", slug="kurser", locale=factories.make_locale("da"))
    edit(
        package,
        "course.yaml",
        lambda text: text.replace("language: nb", "language: da").replace("Prøvekurs", "Prøvekursus"),
    )
    bring(package)
    found = CoursePage.objects.filter(translation_key=course_id_for("prove")).order_by("pk")
    assert [(course.title, course.locale.language_code, course.get_parent().slug) for course in found] == [
        ("Prøvekurs", "nb", "kurs"),
        ("Prøvekursus", "da", "kurser"),
    ]
    assert LessonPage.objects.count() == 4


def test_pass_percent_is_read_and_written(section: CourseIndexPage, package: Path, tmp_path: Path) -> None:
    edit(
        package,
        "lessons/sporsmal.md",
        lambda text: text.replace("completion: quiz", "completion: quiz\npass_percent: 60"),
    )
    bring(package)
    assert LessonPage.objects.get(slug="sporsmal").pass_percent == 60
    export_folder(CoursePage.objects.get(slug="prove"), tmp_path / "out")
    assert "\npass_percent: 60\n" in (tmp_path / "out/lessons/sporsmal.md").read_text()
    assert "pass_percent" not in (tmp_path / "out/lessons/introduksjon.md").read_text()


def test_how_long_a_certificate_is_good_is_read_and_written(
    section: CourseIndexPage, package: Path, tmp_path: Path
) -> None:
    bring(package)
    course = CoursePage.objects.get(slug="prove")
    assert course.certificate_valid_months is None
    export_folder(course, tmp_path / "without")
    without = (tmp_path / "without/course.yaml").read_text()
    assert "certificate_valid_months" not in without
    edit(
        package,
        "course.yaml",
        lambda text: text.replace("minutes: 20", "minutes: 20\ncertificate_valid_months: 24"),
    )
    bring(package)
    course.refresh_from_db()
    assert course.certificate_valid_months == 24
    export_folder(course, tmp_path / "with")
    assert (tmp_path / "with/course.yaml").read_text() == without.replace(
        'cpd_hours: ""\n', 'cpd_hours: ""\ncertificate_valid_months: 24\n'
    )


# --- identity --------------------------------------------------------------------------------------------


KEYS = {"film": UUID(int=1), "image": UUID(int=2), "document": UUID(int=3)}


def make_things() -> Names:
    """What the drawn blocks choose: a film, an image, a document, a law reference."""
    things = {
        "film": factories.MediaFactory.create(key=KEYS["film"], title="Film"),
        "image": factories.ImageFactory.create(key=KEYS["image"], title="Bilde"),
        "document": factories.DocumentFactory.create(key=KEYS["document"], title="Plan"),
    }
    law = factories.LegalReferenceFactory.create(key="pbrl-3-1")
    numbers = {kind: {str(thing.key): thing.pk} for kind, thing in things.items()}
    return Names({**numbers, "law": {law.key: law.pk}}, "nb")


def test_whatever_blocks_hold_is_stored_and_collected_as_it_was(section: CourseIndexPage) -> None:
    names = make_things()

    @given(block=blocks())
    @settings(max_examples=300, suppress_health_check=list(HealthCheck), deadline=None)
    def check(block: Block) -> None:
        stored = LessonPage._meta.get_field("body").stream_block.to_python([stream_block(block, names)])
        raw = json.loads(json.dumps(list(stored.get_prep_value())))
        collector = Collector()
        collector.pages = dict.fromkeys(range(100), UUID(int=4))
        assert [collector.block(item) for item in raw] == [block]

    check()


def mended(spec: Field, value: Any) -> Any:
    """The drawn value as the editor would accept it: something in every text, no more than fits."""
    match spec:
        case Text():
            return value[:40] if value.strip() else "«Tekst»"
        case Rich():
            return value if value.strip() else "<p>Tekst</p>"
        case Items():
            items = [mended(spec.item, item) for item in value]
            return items if len(items) >= 2 else [mended(spec.item, blank(spec.item)) for _place in range(2)]
        case Group():
            return {name: mended(item, value[name]) for name, item in spec.fields.items()}
        case _:
            return value


def blank(spec: Field) -> Any:
    match spec:
        case Group():
            return {name: blank(item) for name, item in spec.fields.items()}
        case Items():
            return []
        case Flag():
            return False
        case Choice():
            return spec.default
        case _:
            return ""


def acceptable(block: Block) -> Block:
    """The drawn block with what each block's own rules ask for."""
    if block.type == "text":
        html = block.value if block.value.strip() else "<p>Tekst</p>"
        block.value = html.replace(f"page:{UUID(int=4)}", f"page:{course_id_for('prove')}")
        return block
    block.value = value = mended(BLOCKS[block.type], block.value)
    if block.type == "case":
        for place, step in enumerate(value["steps"]):
            step["key"] = f"trinn-{place}"
            for choice in step["choices"]:
                choice["next"] = f"trinn-{place + 1}" if place + 1 < len(value["steps"]) else ""
    if block.type.startswith("quiz_") and "answers" in value:
        for place, answer in enumerate(value["answers"]):
            answer["correct"] = place == 1
    if block.type == "sources":
        for source in value["items"]:
            source["url"] = "https://example.org/§3"
    block.value = json.loads(json.dumps(value).replace(f"page:{UUID(int=4)}", f"page:{course_id_for('prove')}"))
    return block


def test_any_course_goes_in_and_out_and_in_again_unchanged(section: CourseIndexPage, tmp_path: Path) -> None:
    """Both identities, through the database, each example updating the course of the one before."""
    make_things()
    film, image, document = FlettMedia.objects.get(), FlettImage.objects.get(), FlettDocument.objects.get()
    names = {"film.mp4": film.file, "film.nb.vtt": film.captions_nb, "bilde.png": image.file, "plan.txt": document.file}

    @given(block_list=st.lists(blocks().map(acceptable), min_size=1, max_size=4, unique_by=lambda block: block.id))
    @settings(max_examples=40, suppress_health_check=list(HealthCheck), deadline=None)
    def check(block_list: list[Block]) -> None:
        folder = tmp_path / uuid4().hex
        package = make_package(*block_list, summary="Kort")
        package.course.id, package.course.slug = course_id_for("prove"), "prove"
        package.course.learning_outcomes = ["Du kan dette"]
        package.films["film"] = film_entry("film", film, {})
        package.documents["plan"].file = "plan.txt"
        package.references["pbrl-3-1"] = legal_entry(LegalReference.objects.get())
        write_texts(package_texts(package), folder)
        for name, file in names.items():
            shutil.copy(file.path, folder / "media" / name)
        bring(folder)
        course = CoursePage.objects.get(slug="prove")
        export_folder(course, folder / "out")
        assert read_package(folder / "out").lessons == package.lessons
        again = bring(folder / "out")
        assert (again.course_state, again.created, again.updated, again.media) == ("unchanged", [], [], [])
        export_folder(CoursePage.objects.get(slug="prove"), folder / "again")
        assert folder_bytes(folder / "again") == folder_bytes(folder / "out")

    check()


def test_a_course_made_in_the_editor_goes_out_and_in_without_a_change(section: CourseIndexPage, tmp_path: Path) -> None:
    """Editor's HTML with block keys, carriage returns, links to pages and documents, old list format: all is kept."""
    course = factories.CoursePageFactory.create(
        slug="redigert", learning_outcomes="Du kan dette\r\n\r\nOg dette", minutes=30, published=True
    )
    document = factories.DocumentFactory.create(title="Mestringsplan for uka")
    film = factories.MediaFactory.create(title="Rollefilm")
    image = factories.ImageFactory.create(title="Tavla på veggen")
    law = factories.LegalReferenceFactory.create(key="pbrl-3-1")
    other = factories.LessonPageFactory.create(parent=course, slug="to", title="To", published=True)
    body = factories.make_body(
        (
            "text",
            f'<p data-block-key="abc12">Les <a linktype="page" id="{other.pk}">neste</a> og <b>fet </b>skrift.</p>',
        ),
        ("text", f'<h2 data-block-key="d">H</h2><p><a linktype="document" id="{document.pk}">plan</a><br/>x</p>'),
        ("image", {"image": image.pk, "alt": " Tavla ", "caption": "", "source": None}),
        (
            "film",
            {
                "film": film.pk,
                "title": "Film",
                "intro": "a\r\nb",
                "name_plate": {"name": "", "title": "", "organisation": "FACT"},
            },
        ),
        ("download", {"document": document.pk, "title": "Planen"}),
        ("law", {"reference": law.pk, "note": ""}),
        ("quiz_ordering", {"question": "?", "items": ["a", "b"], "explanation": "<p data-block-key='q'>x</p>"}),
        (
            "sources",
            {"items": [{"type": "item", "id": str(uuid4()), "value": {"text": "K", "url": "", "caveat": ":::"}}]},
        ),
        (
            "table",
            {
                "caption": "T",
                "table": {"columns": [{"type": "text", "heading": "A"}], "rows": [{"values": ["1"]}], "caption": ""},
                "source": "",
            },
        ),
    )
    factories.LessonPageFactory.create(parent=course, slug="en", title="En", body=body, published=True)
    before = everything()
    bodies = list(LessonPage.objects.order_by("pk").values_list("body", flat=True))
    export_folder(course, tmp_path / "out")
    report = bring(tmp_path / "out")
    assert report.lines() == [f"{course.title} (redigert): kurset er uendret", "  Uendrede leksjoner: 2"]
    assert everything() == before
    assert list(LessonPage.objects.order_by("pk").values_list("body", flat=True)) == bodies
    exported = (tmp_path / "out/lessons/en.md").read_text()
    assert f"(page:{other.translation_key})" in exported or f'href="page:{other.translation_key}"' in exported
    assert "(document:mestringsplan-for-uka)" in exported


def test_a_package_from_elsewhere_keeps_its_media(section: CourseIndexPage, tmp_path: Path) -> None:
    """Out of one Flett, into one that has none of it, and out again: the same bytes."""
    course = factories.CoursePageFactory.create(slug="flyttet", published=True)
    media = {
        "film": FlettMedia.objects.create(
            title="Film på ønske",
            type="video",
            duration=31.5,
            file=ContentFile(
                (STARTER / "fleksibilitet/media/rollefilm-plassholder.mp4").read_bytes(), name="Æ film.MP4"
            ),
            captions_da=ContentFile(b"WEBVTT\n\n00:00.000 --> 00:02.000\nHej.\n", name="x.vtt"),
            transcript="Linje\r\n\r\nLinje",
        ),
        "image": factories.ImageFactory.create(
            title="Film på ønske", file=clean_image(BytesIO(factories.make_png()), name="x.png")
        ),
        "document": factories.DocumentFactory.create(title="?"),
    }
    body = factories.make_body(
        ("film", {"film": media["film"].pk, "title": "Film", "name_plate": {}}),
        ("image", {"image": media["image"].pk, "alt": "Alt"}),
        ("download", {"document": media["document"].pk, "title": "Fil"}),
    )
    factories.LessonPageFactory.create(parent=course, slug="en", title="En", body=body, published=True)
    export_folder(course, tmp_path / "first")
    assert sorted(path.name for path in (tmp_path / "first/media").iterdir()) == [
        "document.txt",
        "film-pa-onske.da.vtt",
        "film-pa-onske.mp4",
        "film-pa-onske.png",
        "media.yaml",
    ]
    for page in LessonPage.objects.all():
        page.delete()
    CoursePage.objects.get(pk=course.pk).delete()
    for thing in media.values():
        thing.delete()
    report = bring(tmp_path / "first")
    assert report.media == ["Film på ønske", "Film på ønske", "?"]
    export_folder(CoursePage.objects.get(slug="flyttet"), tmp_path / "second")
    assert {
        p.relative_to(tmp_path / "second"): p.read_bytes() for p in (tmp_path / "second").rglob("*") if p.is_file()
    } == {p.relative_to(tmp_path / "first"): p.read_bytes() for p in (tmp_path / "first").rglob("*") if p.is_file()}


# --- media and law ---------------------------------------------------------------------------------------


MEDIA = """\
films:
  film:
    id: 00000000-0000-0000-0000-000000000001
    title: Film
    mp4: film.mp4
    captions:
      - {language: nb, file: film.nb.vtt}
    transcript: Hei.
images:
  tavle: {title: Tavle, file: tavle.png}
"""


@pytest.fixture
def with_media(package: Path) -> Path:
    source = STARTER / "fleksibilitet/media"
    write_texts({"media/media.yaml": MEDIA}, package)
    shutil.copy(source / "rollefilm-plassholder.mp4", package / "media/film.mp4")
    shutil.copy(source / "rollefilm-plassholder.nb.vtt", package / "media/film.nb.vtt")
    (package / "media/tavle.png").write_bytes(factories.make_png())
    edit(
        package,
        "lessons/introduksjon.md",
        lambda text: text + "\n::: film\nfilm: film\ntitle: Filmen\n:::\n\n::: image\nfile: tavle\nalt: Tavla\n:::\n",
    )
    return package


def test_media_are_uploaded_once(section: CourseIndexPage, with_media: Path) -> None:
    assert bring(with_media).media == ["Film", "Tavle"]
    before = everything()
    assert bring(with_media).media == []
    assert everything() == before
    film = FlettMedia.objects.get(key=UUID(int=1))
    assert film.file.read() == (with_media / "media/film.mp4").read_bytes()


def test_a_changed_caption_replaces_only_itself(
    section: CourseIndexPage, with_media: Path, django_capture_on_commit_callbacks: Any
) -> None:
    bring(with_media)
    film = FlettMedia.objects.get(key=UUID(int=1))
    old = film.captions_nb.name
    edit(with_media, "media/film.nb.vtt", lambda text: text + "\n00:59.000 --> 01:00.000\nSlutt.\n")
    with django_capture_on_commit_callbacks(execute=True):
        report = bring(with_media)
    again = FlettMedia.objects.get(key=UUID(int=1))
    assert (report.media, report.updated) == (["Film"], [])
    assert again.file.name == film.file.name
    assert again.captions_nb.read().decode().endswith("Slutt.\n")
    assert again.captions_nb.name == old or not film.captions_nb.storage.exists(old)


def test_media_already_here_may_be_left_out(section: CourseIndexPage, with_media: Path) -> None:
    bring(with_media)
    (with_media / "media/film.mp4").unlink()
    assert bring(with_media).media == []


def test_media_that_fail_leave_no_files_behind(
    section: CourseIndexPage, with_media: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("storage is gone")

    monkeypatch.setattr(LessonPage, "save_revision", fail)
    media_root = Path(settings.MEDIA_ROOT)
    before, files = everything(), sorted(media_root.rglob("*.*"))
    with pytest.raises(RuntimeError, match="storage is gone"):
        bring(with_media)
    assert everything() == before
    assert sorted(media_root.rglob("*.*")) == files


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("film.mp4", b"<script>alert(1)</script>", "media/media.yaml:5: film.mp4: "),
        ("tavle.png", b"GIF89a not a png", "media/media.yaml:10: tavle.png: "),
        ("film.nb.vtt", b"1\n00:00 --> 00:02\nHei\n", "media/film.nb.vtt:1: "),
        ("film.mp4", None, "media/media.yaml:5: Filen media/film.mp4 mangler."),
    ],
)
def test_wrong_media_are_named_and_nothing_changes(
    section: CourseIndexPage, with_media: Path, name: str, content: bytes | None, line: str
) -> None:
    (with_media / "media" / name).unlink()
    if content is not None:
        (with_media / "media" / name).write_bytes(content)
    before = everything()
    found = problems(with_media)
    assert len(found) == 1
    assert found[0].startswith(line)
    assert everything() == before


def test_a_link_on_disk_is_no_media_file(section: CourseIndexPage, with_media: Path) -> None:
    (with_media / "media/tavle.png").unlink()
    (with_media / "media/tavle.png").symlink_to("/etc/hostname")
    assert problems(with_media) == ["media/media.yaml:10: Filen media/tavle.png mangler."]


LAW = """\
pbrl-3-1:
  law: pasient- og brukerrettighetsloven
  paragraph: § 3-1
  summary: {summary}
  url: https://lovdata.no/lov/1999-07-02-63/§3-1
  jurisdiction: NO
  checked_on: {day}
  checked_by: Redaksjonen
"""


@pytest.mark.parametrize(
    ("day", "summary", "changed"),
    [("2026-03-01", "Gammel", False), ("2026-05-01", "Samme dag", True), ("2026-06-01", "Ny", True)],
)
def test_a_law_reference_never_becomes_older(
    section: CourseIndexPage, package: Path, day: str, summary: str, changed: bool
) -> None:
    factories.LegalReferenceFactory.create(key="pbrl-3-1", summary="Som den er", checked_on="2026-05-01")
    write_texts({"legal_references.yaml": LAW.format(day=day, summary=summary)}, package)
    report = bring(package)
    law = LegalReference.objects.get(key="pbrl-3-1")
    assert law.summary == (summary if changed else "Som den er")
    assert law.checked_on.isoformat() == (day if changed else "2026-05-01")
    assert report.references == (["pbrl-3-1"] if changed else [])


# --- what is refused -------------------------------------------------------------------------------------

L, Q, C = "lessons/introduksjon.md", "lessons/sporsmal.md", "course.yaml"


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (C, "language: nb", "language: xx", "course.yaml:3: Språket «xx» finnes ikke i Flett."),
        (C, "fact/fleksibilitet", "fact/finnes-ikke", "course.yaml:7: Prinsippet «fact/finnes-ikke» finnes ikke."),
        (
            C,
            "[FACT, ACT]",
            "[FACT, XYZ]",
            "course.yaml:8: Programmet «XYZ» finnes ikke. Velg mellom ACT, FACT, FACT_UNG.",
        ),
        (C, "format: 1", "format: 2", "course.yaml:1: Flett leser format 1."),
        (C, "kind: short_course", "kind: bok", "course.yaml:5: «bok» finnes ikke. Velg mellom module, short_course."),
        (C, "minutes: 20", "minutes: mange", "course.yaml:9: Her skal det stå et helt tall."),
        (C, "minutes: 20", "minutes: 7000", "course.yaml:9: minutes: "),
        (C, "minutes: 20", "minutes: -1", "course.yaml:9: minutes: "),
        (C, "minutes: 20", "minutes: 20\ncolour: red", "course.yaml:10: Feltet «colour» finnes ikke her."),
        (C, "minutes: 20", "minutes: 20\nminutes: 30", "course.yaml:10: Feltet «minutes» står to ganger."),
        (C, "minutes: 20", "minutes: 20\ncpd_hours: '1,5'", "course.yaml:10: Kurstimer skrives"),
        (
            C,
            "minutes: 20",
            "minutes: 20\ncertificate_valid_months: to år",
            "course.yaml:10: Her skal det stå et helt tall.",
        ),
        (C, "minutes: 20", "minutes: 20\ncertificate_valid_months: 0", "course.yaml:10: certificate_valid_months: "),
        (C, "minutes: 20", "minutes: 20\ncertificate_valid_months: 121", "course.yaml:10: certificate_valid_months: "),
        (C, "title: Prøvekurs\n", "", "course.yaml:1: Feltet «title» mangler."),
        (C, "title: Prøvekurs", "title: " + "x" * 10_000, "course.yaml:4: title: "),
        (C, "slug: prove", "slug: ikke gyldig", "course.yaml:2: slug: "),
        (
            C,
            "introduksjon, sporsmal",
            "introduksjon, borte, sporsmal",
            "course.yaml:10: Filen lessons/borte.md mangler.",
        ),
        (
            C,
            "introduksjon, sporsmal",
            "introduksjon",
            "lessons/sporsmal.md: Leksjonen er ikke med i listen i course.yaml.",
        ),
        (C, "introduksjon, sporsmal", "introduksjon, ../sporsmal, sporsmal", "course.yaml:10: slug: "),
        (L, "title: Introduksjon", "title: " + "x" * 10_000, "lessons/introduksjon.md:2: title: "),
        (L, "minutes: 5", "minutes: 601", "lessons/introduksjon.md:4: minutes: "),
        (L, "type: lesson", "type: prat", "lessons/introduksjon.md:3: «prat» finnes ikke."),
        (L, "---\ntitle", "title", "lessons/introduksjon.md:1: Filen må begynne med felter mellom to linjer med ---."),
        (L, "Første avsnitt.", "# Tittel", "lessons/introduksjon.md:6: Denne overskriften kan ikke brukes her."),
        (L, "Første avsnitt.", "En\nlinje <b>x</b>", "lessons/introduksjon.md:7: HTML kan ikke brukes her."),
        (
            L,
            "Første avsnitt.",
            f"[x](page:{UUID(int=9)})",
            f"lessons/introduksjon.md:6: Siden som «page:{UUID(int=9)}» lenker til, finnes ikke.",
        ),
        (
            L,
            "Første avsnitt.",
            "[x](document:plan)",
            "lessons/introduksjon.md:6: Dokumentet «plan» står ikke i media/media.yaml.",
        ),
        (L, "::: key_message", "::: budskap", "lessons/introduksjon.md:10: Blokken «budskap» finnes ikke."),
        (
            L,
            "prompt: Hva tenker du?\n:::\n",
            "prompt: x\n",
            "lessons/introduksjon.md:14: Blokken «reflection» er ikke lukket",
        ),
        (L, "text: Budskap\n", "", "lessons/introduksjon.md:10: Feltet «text» mangler."),
        (L, "text: Budskap", 'text: ""', "lessons/introduksjon.md:11: key_message: "),
        (L, "text: Budskap", "text: " + "x" * 301, "lessons/introduksjon.md:11: key_message: "),
        (L, "text: Budskap", "text: &a x", "lessons/introduksjon.md:11: Ankere og aliaser"),
        (L, "text: Budskap", "text: x\nid: nei", "lessons/introduksjon.md:12: Dette er ikke en gyldig id (UUID)."),
        (
            L,
            "::: key_message\ntext: Budskap",
            "::: fact_box\ntitle: T\ntext: '[x](document:x)'",
            "lessons/introduksjon.md:12: Her kan du ikke lenke til et dokument.",
        ),
        (
            L,
            "::: key_message\ntext: Budskap",
            "::: film\nfilm: x\ntitle: x",
            "lessons/introduksjon.md:11: «x» står ikke i media/media.yaml.",
        ),
        (
            L,
            "::: key_message\ntext: Budskap",
            "::: law\nreference: x",
            "lessons/introduksjon.md:11: Lovhenvisningen «x» finnes ikke.",
        ),
        (
            L,
            "::: key_message\ntext: Budskap",
            "::: table\ncaption: T\ncolumns: [A, B]\nrows: [[1, 2], [3]]",
            "lessons/introduksjon.md:13: Raden har 1 celler, men tabellen har 2 kolonner.",
        ),
        (
            L,
            "::: key_message\ntext: Budskap",
            "::: fact_box\ntitle: T\ntext: '## H'",
            "lessons/introduksjon.md:12: Overskrifter kan ikke brukes her.",
        ),
        (
            L,
            "::: key_message\ntext: Budskap",
            "::: sources\nitems:\n  - {text: K, url: ikke en adresse}",
            "lessons/introduksjon.md:12: sources: ",
        ),
        (Q, "    correct: true\n", "", "lessons/sporsmal.md:10: quiz_single: Ett svar, og bare ett, må være riktig."),
        (
            Q,
            "explanation: Nei.",
            "explanation: Nei.\n    correct: true",
            "lessons/sporsmal.md:10: quiz_single: Ett svar, og bare ett, må være riktig.",
        ),
        (Q, "correct: true", "correct: kanskje", "lessons/sporsmal.md:11: Her skal det stå true eller false."),
        (Q, "    explanation: Ja.\n", "", "lessons/sporsmal.md:10: Feltet «explanation» mangler."),
    ],
)
def test_a_fault_is_named_with_file_and_line_and_nothing_changes(
    section: CourseIndexPage, package: Path, file: str, old: str, new: str, message: str
) -> None:
    assert old in (package / file).read_text()
    before = everything()
    edit(package, file, lambda text: text.replace(old, new, 1))
    found = problems(package)
    assert any(problem.startswith(message) for problem in found), found
    assert everything() == before


def test_all_faults_are_named_at_once(section: CourseIndexPage, package: Path) -> None:
    edit(package, L, lambda text: text.replace("minutes: 5", "minutes: 601").replace("Budskap", '""'))
    edit(package, Q, lambda text: text.replace("type: summary", "type: x"))
    assert [problem.split(": ")[0] for problem in problems(package)] == [
        "lessons/introduksjon.md:4",
        "lessons/sporsmal.md:3",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfe", "lessons/introduksjon.md:1: Filen er ikke lagret som UTF-8."),
        (
            "---\ntitle: x\ntype: lesson\nminutes: 5\n---\n\nbl\xe5".encode("latin-1"),
            "lessons/introduksjon.md:7: Filen er ikke lagret som UTF-8.",
        ),
        (b"x" * (2 * 1024 * 1024 + 1), "lessons/introduksjon.md: Filen er for stor. En tekstfil kan være høyst 2 MB."),
        (b"", "lessons/introduksjon.md:1: Filen må begynne med felter mellom to linjer med ---."),
    ],
)
def test_a_file_that_is_no_text_is_named(section: CourseIndexPage, package: Path, content: bytes, message: str) -> None:
    (package / L).write_bytes(content)
    assert problems(package) == [message]


def test_identity_numbers_are_named_by_line_and_nothing_comes_in(section: CourseIndexPage, with_media: Path) -> None:
    edit(with_media, L, lambda text: text + "\n\nDette gjelder 151086 **95088**.\n")
    edit(with_media, C, lambda text: text.replace("title: ", "title: 15108695088 ", 1))
    found = problems(with_media)
    assert (
        len([problem for problem in found if problem.endswith("Her står det et identitetsnummer. Ta det bort.")]) == 2
    )
    assert "15108695088" not in "".join(found)
    assert not CoursePage.objects.exists()


def test_an_address_in_use_is_not_taken(section: CourseIndexPage, package: Path) -> None:
    factories.CoursePageFactory.create(parent=section, slug="prove")
    assert problems(package) == [
        "course.yaml:2: Adressen «prove» er i bruk av et annet kurs i «Kurs». Har det samme id som dette?"
    ]


def test_an_id_of_something_else_is_not_taken(section: CourseIndexPage, package: Path, home: HomePage) -> None:
    edit(package, C, lambda text: text.replace("slug:", f"id: {home.translation_key}\nslug:"))
    assert problems(package) == ["course.yaml:2: Id-en tilhører en side som ikke er et kurs: «Flett»."]


def test_a_lesson_of_another_course_is_not_taken(section: CourseIndexPage, package: Path) -> None:
    other = factories.LessonPageFactory.create(title="Annens")
    edit(package, L, lambda text: text.replace("title:", f"id: {other.translation_key}\ntitle:"))
    assert problems(package) == ["lessons/introduksjon.md:2: Id-en tilhører en side utenfor kurset: «Annens»."]


def test_a_locked_lesson_is_not_changed(section: CourseIndexPage, package: Path) -> None:
    bring(package)
    LessonPage.objects.filter(slug="introduksjon").update(locked=True)
    assert problems(package) == ["lessons/introduksjon.md:1: Leksjonen er låst i redigeringen."]


def test_without_a_section_there_is_nowhere_to_go(home: HomePage, package: Path) -> None:
    factories.PrincipleFactory.create(slug="fleksibilitet")
    assert problems(package) == ["course.yaml:3: Det finnes ingen kursseksjon på dette språket å legge kurset i."]


def test_the_section_is_chosen_by_its_address(section: CourseIndexPage, package: Path) -> None:
    other = factories.CourseIndexPageFactory.create(slug="andre")
    bring(package, section="andre")
    assert CoursePage.objects.get(slug="prove").get_parent().pk == other.pk


def test_a_section_nobody_has_is_said(section: CourseIndexPage, package: Path) -> None:
    assert problems(package, section="borte") == [
        "course.yaml:3: Det finnes ingen kursseksjon med adressen «borte» på dette språket."
    ]


def test_links_between_lessons_of_the_package_are_resolved(section: CourseIndexPage, package: Path) -> None:
    key = lesson_id_for(course_id_for("prove"), "sporsmal")
    edit(package, L, lambda text: text.replace("Første avsnitt.", f"Gå til [neste](page:{key})."))
    bring(package)
    target = LessonPage.objects.get(slug="sporsmal")
    source = LessonPage.objects.get(slug="introduksjon").body[0].value.source
    assert source == f'<p>Gå til <a id="{target.pk}" linktype="page">neste</a>.</p><h2>Overskrift</h2>'
    assert bring(package).unchanged == ["Introduksjon", "Spørsmål"]


# --- rights ----------------------------------------------------------------------------------------------


def test_someone_without_rights_imports_nothing(section: CourseIndexPage, package: Path, learner: User) -> None:
    before = everything()
    assert problems(package, user=learner) == ["course.yaml: Du kan ikke publisere kurs i «Kurs»."]
    assert everything() == before


def test_an_administrator_stands_in_the_history(section: CourseIndexPage, package: Path, administrator: User) -> None:
    bring(package, user=administrator)
    assert LessonPage.objects.get(slug="introduksjon").latest_revision.user == administrator


# --- commands --------------------------------------------------------------------------------------------


def test_export_and_import_by_command_as_folder_and_zip(
    section: CourseIndexPage, package: Path, tmp_path: Path
) -> None:
    out = StringIO()
    call_command("import_course", package, stdout=out)
    assert out.getvalue() == "Prøvekurs (prove): nytt kurs\n  Nye leksjoner: Introduksjon, Spørsmål\n"
    call_command("export_course", "prove", tmp_path / "folder", stdout=out)
    call_command("export_course", "prove", tmp_path / "course.zip", stdout=out)
    with opened_package(tmp_path / "course.zip") as unpacked:
        assert read_package(unpacked) == read_package(tmp_path / "folder")
    out = StringIO()
    call_command("import_course", tmp_path / "course.zip", stdout=out)
    assert out.getvalue() == "Prøvekurs (prove): kurset er uendret\n  Uendrede leksjoner: 2\n"


def test_the_same_course_is_the_same_zip(section: CourseIndexPage, package: Path) -> None:
    bring(package)
    course = CoursePage.objects.get(slug="prove")
    first, second = BytesIO(), BytesIO()
    export_zip(course, first)
    export_zip(course, second)
    assert first.getvalue() == second.getvalue()


def test_check_changes_nothing(section: CourseIndexPage, package: Path) -> None:
    before, out = everything(), StringIO()
    call_command("import_course", package, "--check", stdout=out)
    assert out.getvalue() == "Pakken er i orden. Ingenting er endret.\n"
    assert everything() == before


def test_a_refused_package_ends_the_command_with_every_fault(section: CourseIndexPage, package: Path) -> None:
    edit(package, L, lambda text: text.replace("minutes: 5", "minutes: x").replace("type: lesson", "type: x"))
    with pytest.raises(CommandError) as caught:
        call_command("import_course", package)
    assert str(caught.value).splitlines()[1:] == [
        "lessons/introduksjon.md:3: «x» finnes ikke. Velg mellom lesson, role_film, summary, closing, my_path.",
        "lessons/introduksjon.md:4: Her skal det stå et helt tall.",
    ]


@pytest.mark.parametrize(
    ("name", "content"), [("borte.zip", None), ("bilde.zip", factories.make_png()), ("kutt.zip", b"PK\x03\x04")]
)
def test_what_is_no_package_is_said(home: HomePage, tmp_path: Path, name: str, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(CommandError, match=f"{name}: "):
        call_command("import_course", tmp_path / name)


def test_a_zip_over_the_limit_is_refused(
    section: CourseIndexPage, package: Path, tmp_path: Path, settings: Any
) -> None:
    bring(package)
    with (tmp_path / "course.zip").open("wb") as sink:
        export_zip(CoursePage.objects.get(slug="prove"), sink)
    settings.PACKAGE_MAX_FILES = 2
    with pytest.raises(CommandError, match=r"course\.zip: Zip-filen har flere enn 2 filer\."):
        call_command("import_course", tmp_path / "course.zip")
    settings.PACKAGE_MAX_FILES, settings.PACKAGE_MAX_BYTES = 10, 100
    with pytest.raises(CommandError, match=r"course\.zip: Zip-filen er for stor"):
        call_command("import_course", tmp_path / "course.zip")


def test_export_names_what_it_cannot_find(home: HomePage, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Det finnes ikke noe kurs med adressen «borte»"):
        call_command("export_course", "borte", tmp_path / "out")


def test_export_asks_for_the_language_when_it_must(section: CourseIndexPage, tmp_path: Path) -> None:
    factories.CoursePageFactory.create(slug="to")
    danish = factories.CourseIndexPageFactory.create(locale=factories.make_locale("da"))
    factories.CoursePageFactory.create(slug="to", parent=danish, locale=factories.make_locale("da"))
    with pytest.raises(CommandError, match="--language: da, nb"):
        call_command("export_course", "to", tmp_path / "out")
    call_command("export_course", "to", tmp_path / "out", language="da", verbosity=0)
    assert read_package(tmp_path / "out").course.language == "da"


def test_export_never_writes_over_a_folder_of_something_else(section: CourseIndexPage, tmp_path: Path) -> None:
    factories.CoursePageFactory.create(slug="kurset")
    (tmp_path / "viktig.txt").write_text("viktig")
    with pytest.raises(CommandError, match="inneholder ingen kurspakke"):
        call_command("export_course", "kurset", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["viktig.txt"]


def test_unpublished_lessons_stay_at_home(section: CourseIndexPage, package: Path) -> None:
    bring(package)
    LessonPage.objects.get(slug="introduksjon").unpublish()
    found, _files = collect_course(CoursePage.objects.get(slug="prove"))
    assert [lesson.slug for lesson in found.lessons] == ["sporsmal"]
    assert "lessons:\n  - sporsmal\n" in package_texts(found)["course.yaml"]


def test_a_file_gone_from_storage_stops_the_export(section: CourseIndexPage, with_media: Path, tmp_path: Path) -> None:
    bring(with_media)
    image = FlettImage.objects.get()
    image.file.storage.delete(image.file.name)
    with pytest.raises(CommandError, match=r"media/tavle\.png: Filen finnes ikke lenger i Flett\."):
        call_command("export_course", "prove", tmp_path / "out")


def test_what_the_editor_would_point_out_stands_in_the_report(section: CourseIndexPage, package: Path) -> None:
    edit(package, L, lambda text: text.replace("## Overskrift", "#### Overskrift"))
    report = bring(package)
    assert report.notes == [
        "Introduksjon: Overskriften «Overskrift» er på nivå 4 rett etter nivå 1. Bruk nivå 2.",
    ]
    assert bring(package).notes == []


def test_blocks_with_ids_from_a_script_can_be_exported(section: CourseIndexPage, tmp_path: Path) -> None:
    course = factories.CoursePageFactory.create(slug="skript", minutes=1, published=True)
    body = json.dumps([{"type": "key_message", "value": {"text": "Hei"}, "id": "min-egen"}])
    factories.LessonPageFactory.create(parent=course, title="En", slug="en", body=body, published=True)
    export_folder(course, tmp_path / "out")
    assert bring(tmp_path / "out").unchanged == ["En"]
    edit(tmp_path / "out", "lessons/en.md", lambda text: text.replace("title: En", "title: To"))
    bring(tmp_path / "out")
    assert [raw["id"] for raw in LessonPage.objects.get().body.get_prep_value()] == ["min-egen"]


def test_a_mirror_of_another_page_is_left_alone(section: CourseIndexPage, package: Path) -> None:
    bring(package)
    lesson = LessonPage.objects.get(slug="introduksjon")
    LessonPage.objects.filter(slug="sporsmal").update(alias_of_id=lesson.page_ptr_id)
    assert problems(package) == ["lessons/sporsmal.md:1: Leksjonen er et speil av en annen side og følger den."]
