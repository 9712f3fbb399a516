"""All content as the lint reads it: from the files of home/starter/, or from the published site."""

import uuid
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.urls import reverse
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.models import Page

from courses.lint.content import PAPER, Content, CourseContent, CoverageRow, Document
from courses.lint.findings import Finding, Place
from courses.models import (
    CoursePage,
    GlossaryTerm,
    LegalReference,
    Principle,
    RolePage,
)
from courses.packages.collect import Collector, collect_course, legal_entry
from courses.packages.format import BLOCKS, Block, Lesson, Package, PackageError
from courses.packages.markdown import MarkdownError
from courses.packages.reader import PackageReader, read_package
from courses.packages.yaml_io import load_yaml, plain
from home.actions import NAMESPACE, STARTER
from home.models import StandardPage
from home.starter_forum import html_of, read_topics
from home.starter_library import read_library
from home.starter_papers import LIBRARY, html_of_paper, read_paper
from learning.models import LearningPathPage

COVERAGE_FIELDS = ("kind", "item", "lesson", "phrase")


def shown(path: Path) -> str:
    """The path as an author writes it: from the project's folder where it lies there."""
    path = path.resolve()
    return str(path.relative_to(settings.BASE_DIR)) if path.is_relative_to(settings.BASE_DIR) else str(path)


# --- from files ---------------------------------------------------------------------------------------------


def read_starter_content(packages: Iterable[Path] = ()) -> tuple[Content, list[Finding]]:
    """The starter content, with these packages added or in place of those of the same name; no database.

    What cannot be read is left out and told of.
    """
    folders = {path.parent.name: path.parent for path in sorted(STARTER.glob("courses/*/course.yaml"))}
    folders |= {path.resolve().name: path.resolve() for path in packages}
    faults: list[Finding] = []
    content = Content()
    for folder in folders.values():
        try:
            content.courses.append(course_from_files(folder, read_package(folder)))
        except PackageError as error:
            faults += [
                Finding(Place(shown(folder / problem.file), problem.line), "package", problem.message)
                for problem in error.problems
            ]
    site = yaml.safe_load((STARTER / "site.yaml").read_text(encoding="utf-8"))
    sets = yaml.safe_load((STARTER / "principles.yaml").read_text(encoding="utf-8"))
    terms_file = STARTER / "glossary.yaml"
    terms = yaml.safe_load(terms_file.read_text(encoding="utf-8")) if terms_file.exists() else []
    content.principles = {each["key"]: [one["nb"]["name"] for one in each["principles"]] for each in sets}
    content.pages += [*site_texts(site), *principle_texts(sets), *term_texts(terms_file, terms)]
    for kind, pattern in (("page", "pages/*.md"), ("role", "roles/*.md")):
        for file in sorted(STARTER.glob(pattern)):
            try:
                content.pages.append(page_from_file(file, kind=kind))
            except PackageError as error:
                faults += [
                    Finding(Place(shown(file), problem.line), "package", problem.message) for problem in error.problems
                ]
    forum, forum_faults = read_forum_texts(STARTER / "forum")
    content.pages += forum
    faults += forum_faults
    content.pages += list(read_library_texts())
    content.pages += [*event_texts(STARTER / "events.yaml"), *news_texts(STARTER / "news.yaml")]
    content.addresses = frozenset(file_addresses(site, sets, terms, folders.values()))
    content.page_keys = frozenset(file_keys(site, content))
    coverage, coverage_faults = read_coverage(STARTER / "coverage")
    content.coverage = coverage
    return content, [*faults, *coverage_faults]


def rows_of(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines() if file.is_file() else []


def course_from_files(folder: Path, package: Package) -> CourseContent:
    course = package.course

    def lesson_document(lesson: Lesson) -> Document:
        file = folder / lesson.file
        return Document(
            file=shown(file),
            kind=lesson.kind,
            title=lesson.title,
            summary=lesson.summary,
            blocks=lesson.blocks,
            language=course.language,
            slug=lesson.slug,
            rows=rows_of(file),
            lines=lesson.lines,
        )

    guide = package.guide
    return CourseContent(
        package=package,
        document=course_document(package, file=shown(folder / "course.yaml"), rows=rows_of(folder / "course.yaml")),
        lessons=[lesson_document(lesson) for lesson in package.lessons],
        guide=Document(
            file=shown(folder / guide.file),
            kind="guide",
            title=guide.title,
            summary=guide.summary,
            blocks=guide.blocks,
            language=course.language,
            slug="veiledning",
            rows=rows_of(folder / guide.file),
            lines=guide.lines,
        )
        if guide
        else None,
        legal_file=shown(folder / "legal_references.yaml"),
        media_file=shown(folder / "media" / "media.yaml"),
    )


def course_document(package: Package, *, file: str, rows: list[str]) -> Document:
    course = package.course
    return Document(
        file=file,
        kind="course",
        title=course.title,
        summary=course.summary,
        fields={"audience": course.audience}
        | {f"learning_outcomes {place}": text for place, text in enumerate(course.learning_outcomes)},
        language=course.language,
        slug=course.slug,
        rows=rows,
    )


def page_from_file(file: Path, *, kind: str) -> Document:
    """A page in Markdown with front matter. Raises PackageError."""
    reader = PackageReader(file.parent)
    rows = (reader.read_text(file.name) or "").split("\n")
    end = rows.index("---", 1)
    fields: dict[str, Any] = plain(load_yaml("\n".join(rows[1:end])))
    text = Lesson(id=uuid.uuid5(NAMESPACE, f"{kind}s/{fields['slug']}"), slug=fields["slug"], title=fields["title"])
    reader.read_body(reader.reading(file.name), text, rows, end + 1, None)
    if reader.problems:
        raise PackageError(reader.problems)
    return Document(
        file=shown(file),
        kind=kind,
        title=fields["title"],
        summary=fields.get("summary", ""),
        blocks=text.blocks,
        slug=fields["slug"],
        rows=rows,
    )


def site_texts(site: dict[str, Any]) -> Iterator[Document]:
    file = STARTER / "site.yaml"
    entries = [site["home"], site["learn"], site["section"], *site["paths"]]
    entries += [site["roles"]["index"]] if "roles" in site else []
    for entry in entries:
        fields = {name: entry.get(name, "") for name in ("lead", "intro")}
        yield Document(
            file=shown(file),
            kind="site",
            title=entry["title"],
            summary=entry.get("summary", ""),
            fields=fields,
            slug=entry["slug"],
            rows=rows_of(file),
        )


def principle_texts(sets: list[dict[str, Any]]) -> Iterator[Document]:
    file = STARTER / "principles.yaml"
    for principle_set in sets:
        for principle in principle_set["principles"]:
            yield Document(
                file=shown(file),
                kind="principle",
                title=principle["nb"]["name"],
                summary=principle["nb"]["tagline"],
                fields={"explanation": principle["nb"]["explanation"]},
                slug=principle["slug"],
                rows=rows_of(file),
            )


def term_texts(file: Path, terms: list[dict[str, Any]]) -> Iterator[Document]:
    rows = rows_of(file)
    for term in terms:
        start = next((place for place, row in enumerate(rows, 1) if row.strip() == f"- slug: {term['slug']}"), 0)
        for language in ("nb", "da", "en"):
            if language in term:
                line = next(
                    (place for place in range(start, len(rows)) if rows[place].strip() == f"{language}:"), start
                )
                yield term_document(
                    shown(file), language=language, slug=term["slug"], rows=rows, start=line + 1, **term[language]
                )


def term_document(
    file: str,
    *,
    language: str,
    slug: str,
    term: str,
    definition: str,
    explanation: str = "",
    other_words: str = "",
    rows: list[str] | None = None,
    start: int = 0,
    **_rest: Any,
) -> Document:
    names = ("title", "definition", "explanation", "other_words")
    return Document(
        file=file,
        kind="term",
        title=term,
        fields={"definition": definition, "explanation": explanation, "other_words": other_words},
        language=language,
        slug=slug,
        rows=rows or [],
        lines={(name,): start for name in names},
    )


def read_forum_texts(folder: Path) -> tuple[list[Document], list[Finding]]:
    """The spaces' and demo topics' texts; what has no place in a post is a fault."""
    file = folder / "spaces.yaml"
    spaces = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else []
    texts = [(file, "nb", each["name"], each["about"], [each["welcome"], each["rules"]]) for each in spaces] + [
        (
            each["file"],
            each.get("language", "nb"),
            each["title"],
            each.get("content_warning", ""),
            [post["text"] for post in each["posts"]],
        )
        for each in read_topics(folder)
    ]
    documents, faults = [], []
    for file, language, title, summary, bodies in texts:
        try:
            blocks = [
                Block(type="text", id=uuid.uuid5(NAMESPACE, f"{title}/{number}"), value=html_of(body))
                for number, body in enumerate(bodies, start=1)
            ]
        except MarkdownError as error:
            faults.append(Finding(Place(shown(file)), "package", f"{title}: {error}"))
            continue
        documents.append(
            Document(
                file=shown(file),
                kind="forum",
                title=title,
                summary=summary,
                blocks=blocks,
                language=language,
                rows=rows_of(file),
            )
        )
    return documents, faults


def read_library_texts() -> Iterator[Document]:
    """The papers of the starter library, and what its items say of themselves. Raises PaperError."""
    for file in sorted((LIBRARY / "papers").glob("*.md")):
        paper = read_paper(file)
        yield _library_text(file, paper.title, paper.intro, html_of_paper(paper), language=paper.language)
    for item in read_library():
        words = " ".join([*(each.get("note", "") for each in item["versions"]), *item["tags"]])
        html = f"<p>{escape(words)}</p>"
        yield _library_text(
            LIBRARY / "library.yaml", item["title"], item["summary"], html, language=item.get("language", "nb")
        )


def _library_text(file: Path, title: str, summary: str, html: str, *, language: str) -> Document:
    return Document(
        file=shown(file),
        kind=PAPER,
        title=title,
        summary=summary,
        blocks=[Block(type="text", id=uuid.uuid5(NAMESPACE, f"{file.stem}/{title}"), value=html)],
        language=language,
        rows=rows_of(file),
    )


def event_texts(file: Path) -> Iterator[Document]:
    """What the starter events say: text, programme, and who they are for."""
    for each in yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else []:
        points = [
            f"{point[name]}." for point in each.get("programme", []) for name in ("title", "text") if name in point
        ]
        fields = {name: each.get(name, "") for name in ("audience", "price", "contact", "cancelled")}
        paragraphs = [*_paragraphs(each["text"]), *points]
        yield _told(file, each, summary=each["summary"], paragraphs=paragraphs, fields=fields)


def news_texts(file: Path) -> Iterator[Document]:
    """What the starter news say."""
    for each in yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else []:
        yield _told(file, each, summary=each["lead"], paragraphs=_paragraphs(each["text"]), fields={})


def _paragraphs(text: str) -> list[str]:
    return [paragraph for paragraph in text.strip().split("\n\n") if paragraph]


def _told(
    file: Path, described: dict[str, Any], *, summary: str, paragraphs: list[str], fields: dict[str, str]
) -> Document:
    html = "".join(f"<p>{escape(paragraph, quote=False)}</p>" for paragraph in paragraphs)
    rows = rows_of(file)
    start = rows.index(f"- key: {described['key']}") + 1
    return Document(
        file=shown(file),
        kind="forum",
        title=described["title"],
        summary=summary,
        fields=fields,
        blocks=[Block(type="text", id=uuid.UUID(described["key"]), value=html, line=start)],
        language=described.get("language", "nb"),
        rows=rows,
        lines={(name,): start for name in ("title", "summary", *fields)},
    )


def file_addresses(
    site: dict[str, Any], sets: list[dict[str, Any]], terms: list[dict[str, Any]], folders: Iterable[Path]
) -> Iterator[str]:
    """Every address the starter site has, the packages' by the names of their files."""
    learn = f"/{site['learn']['slug']}/"
    section = f"{learn}{site['section']['slug']}/"
    yield from ("/", learn, section, "/ordliste/", reverse("account_login"), reverse("account_signup"))
    yield from (f"/{page}/" for page in site["pages"])
    if "roles" in site:
        index = f"/{site['roles']['index']['slug']}/"
        yield index
        yield from (f"{index}{page}/" for page in site["roles"]["pages"])
    yield from (f"/ordliste/{term['slug']}/" for term in terms)
    for each in sets:
        yield from (f"/prinsipper/{each['key']}/{principle['slug']}/" for principle in each["principles"])
    lessons = {folder.name: [file.stem for file in folder.glob("lessons/*.md")] for folder in folders}
    for slug, names in lessons.items():
        yield from (f"{section}{slug}/", f"{section}{slug}/veiledning/")
        yield from (f"{section}{slug}/{name}/" for name in names)
    for path in site["paths"]:
        yield f"{learn}{path['slug']}/"
        for chapter in path["chapters"]:
            yield f"{learn}{path['slug']}/{chapter}/"
            yield from (f"{learn}{path['slug']}/{chapter}/{name}/" for name in lessons.get(chapter, []))


def file_keys(site: dict[str, Any], content: Content) -> Iterator[str]:
    for course in content.courses:
        yield str(course.package.course.id)
        yield from (str(page.id) for page in course.package.pages)
    for page in content.pages:
        if page.kind in {"page", "role"}:
            yield str(uuid.uuid5(NAMESPACE, f"{page.kind}s/{page.slug}"))
    for entry in (site["home"], site["learn"], site["section"], *site["paths"]):
        yield entry["key"]


def read_coverage(folder: Path) -> tuple[list[CoverageRow], list[Finding]]:
    """The rows of every coverage file; a row that lacks a field is a fault."""
    rows, faults = [], []
    for file in sorted(folder.glob("*.yaml")):
        text = file.read_text(encoding="utf-8")
        try:
            entries = yaml.safe_load(text) or []
        except yaml.YAMLError as error:
            faults.append(Finding(Place(shown(file)), "coverage", " ".join(str(error).split())))
            continue
        starts = [place for place, row in enumerate(text.splitlines(), 1) if row.startswith("- ")]
        for number, entry in enumerate(entries):
            place = Place(shown(file), starts[number] if number < len(starts) else 0)
            if not isinstance(entry, dict) or set(entry) != set(COVERAGE_FIELDS):
                faults.append(Finding(place, "coverage", "Fields: kind, item, lesson, phrase."))
            else:
                texts = {name: str(entry[name]) for name in COVERAGE_FIELDS}
                rows.append(CoverageRow(place=place, course=file.stem, **texts))
    return rows, faults


# --- from the site ------------------------------------------------------------------------------------------


def read_live_content() -> Content:
    """What is published, in every language.

    Fourteen queries, at most eight a course however long, and one for each other page or document its texts link to.
    (The starter site's 21 courses cost 124 in all.)
    """
    finder = AdminURLFinder()

    def edit_url(thing: Any) -> str:
        return f"{settings.BASE_URL}{finder.get_edit_url(thing) or ''}"

    content = Content()
    pages = list(Page.objects.live().filter(depth__gt=1).select_related("locale", "content_type").order_by("path"))
    by_key = {(page.translation_key, page.locale.language_code): page for page in pages}
    for course in CoursePage.objects.live().select_related("locale").order_by("path"):
        package, _files = collect_course(course)
        content.courses.append(live_course(course, package, by_key=by_key, edit_url=edit_url))
    for model, kind in ((StandardPage, "page"), (RolePage, "role")):
        collector = Collector()
        for page in model.objects.live().select_related("locale").order_by("path"):
            content.pages.append(
                Document(
                    file=edit_url(page),
                    kind=kind,
                    title=page.title,
                    summary=page.summary,
                    blocks=[collector.block(raw) for raw in page.body.get_prep_value() if raw["type"] in BLOCKS],
                    language=page.locale.language_code,
                    slug=page.slug,
                )
            )
    for principle in Principle.objects.select_related("principle_set", "locale").order_by("principle_set", "position"):
        if principle.locale.language_code == "nb":
            content.principles.setdefault(principle.principle_set.key, []).append(principle.name)
    terms = list(GlossaryTerm.objects.select_related("locale"))
    for term in terms:
        content.pages.append(
            term_document(
                edit_url(term),
                language=term.locale.language_code,
                slug=term.slug,
                term=term.term,
                definition=term.definition,
                explanation=term.explanation,
                other_words=term.other_words,
            )
        )
    content.references = {law.key: legal_entry(law) for law in LegalReference.objects.all()}
    content.page_keys = frozenset(str(page.translation_key) for page in pages)
    content.addresses = frozenset(live_addresses(pages, terms))
    content.coverage = None
    return content


def live_course(
    course: CoursePage, package: Package, *, by_key: dict[tuple[uuid.UUID, str], Page], edit_url: Any
) -> CourseContent:
    language = package.course.language
    own = edit_url(course)

    def document(body: Any, kind: str) -> Document:
        return Document(
            file=edit_url(by_key[body.id, language]),
            kind=kind,
            title=body.title,
            summary=body.summary,
            blocks=body.blocks,
            language=language,
            slug=by_key[body.id, language].slug,
        )

    return CourseContent(
        package=package,
        document=course_document(package, file=own, rows=[]),
        lessons=[document(lesson, lesson.kind) for lesson in package.lessons],
        guide=document(package.guide, "guide") if package.guide else None,
        legal_file=own,
        media_file=own,
    )


def live_addresses(pages: list[Page], terms: list[GlossaryTerm]) -> Iterator[str]:
    """Every address of the site: pages, lessons inside paths, principles, the glossary, signing in."""
    yield from ("/ordliste/", reverse("account_login"), reverse("account_signup"))
    yield from (term.get_absolute_url() for term in terms)
    yield from (principle.get_absolute_url() for principle in Principle.objects.select_related("principle_set"))
    below: dict[str, list[Page]] = {}
    for page in pages:
        below.setdefault(page.path[: -page.steplen], []).append(page)
        if parts := page.get_url_parts():
            yield parts[2]
    for path in LearningPathPage.objects.live().select_related("locale").prefetch_related("steps__course"):
        address = path.get_url_parts()[2]
        for step in path.steps.all():
            if step.course:
                yield f"{address}{step.course.slug}/"
                yield from (f"{address}{step.course.slug}/{page.slug}/" for page in below.get(step.course.path, []))
