"""The library to begin with: real papers, made by Flett itself, shared once and marked as examples."""

import itertools
import re
from collections import Counter
from io import BytesIO
from pathlib import Path

import pypdfium2
import pytest
from django.utils import timezone
from docx import Document
from docx.oxml.ns import qn

from forum.models import LibraryFile, LibraryItem, LibraryPrinciple, LibraryTag, LibraryUse, LibraryVersion
from forum.queries.library import get_comparison, get_family
from home.starter_library import make_demo_library, papers_of, read_library
from home.starter_papers import TAGS, PaperError, make_docx, make_pdf, read_paper
from people.models import User

MODELS = (LibraryItem, LibraryVersion, LibraryFile, LibraryPrinciple, LibraryTag, LibraryUse)


def paper(folder: Path, text: str, *, language: str = "nb") -> Path:
    file = folder / "prøve.md"
    file.write_text(f"---\ntitle: Prøve\nintro: Eksempel.\nlanguage: {language}\n---\n{text}", encoding="utf-8")
    return file


def person(key: str) -> User:
    return User.objects.get(email=f"{key}@demo.example")


# --- papers --------------------------------------------------------------------------------------------

EVERYTHING = """\
## Deler

Skriv [[navn på teamet]] her, og les [loven](https://lovdata.no/).

1. En
2. **To**

- [ ] Gjort

| Hva | Hvem |
|---|---|
| Vaske |  |

## Igjen

1. Ny liste
"""


def test_a_word_paper_has_headings_a_heading_row_fields_and_its_language(tmp_path: Path) -> None:
    made = Document(BytesIO(make_docx(read_paper(paper(tmp_path, EVERYTHING, language="da")))))
    styles = [(each.style.name, each.text) for each in made.paragraphs if each.style.name.startswith("Heading")]
    assert styles == [("Heading 1", "Prøve"), ("Heading 2", "Deler"), ("Heading 2", "Igjen")]
    assert (made.core_properties.title, made.core_properties.language) == ("Prøve", "da-DK")
    body = made.element.body
    assert [each.get(qn("w:val")) for each in body.iter(qn("w:alias"))] == ["navn på teamet"]
    assert len(list(body.iter("{http://schemas.microsoft.com/office/word/2010/wordml}checkbox"))) == 1
    assert [each.text for each in body.iter(qn("w:hyperlink"))] == ["loven"]
    rows = list(body.iter(qn("w:tr")))
    assert [row.find(f".//{qn('w:tblHeader')}") is not None for row in rows] == [True, False]
    numbers = [each.get(qn("w:val")) for each in body.iter(qn("w:numId"))]
    assert len(set(numbers)) == 2, "the second list begins at one again"


@pytest.mark.parametrize("as_slides", [False, True])
def test_a_pdf_is_tagged_and_says_its_language(tmp_path: Path, as_slides: bool) -> None:
    made = make_pdf(read_paper(paper(tmp_path, EVERYTHING, language="da")), as_slides=as_slides)
    for mark in (b"/StructTreeRoot", b"/MarkInfo", b"/Lang(da)", b"pdfuaid:part"):
        assert mark in made, mark
    document = pypdfium2.PdfDocument(made)
    assert document.get_metadata_value("Title") == "Prøve"
    assert len(document) == (3 if as_slides else 1)


def test_a_paper_is_the_same_file_each_time(tmp_path: Path) -> None:
    read = read_paper(paper(tmp_path, EVERYTHING))
    assert make_pdf(read) == make_pdf(read)


@pytest.mark.parametrize("text", ["> Sitat", "- Ytre\n  - Indre", "```\nkode\n```", "![bilde](a.png)"])
def test_what_a_paper_cannot_hold_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(PaperError, match=r"prøve\.md"):
        read_paper(paper(tmp_path, text))


# --- items ---------------------------------------------------------------------------------------------


def test_the_library_is_exactly_this(starter: None) -> None:
    items = LibraryItem.objects.all()
    assert items.count() == len(read_library()) == 19
    assert Counter(items.values_list("kind", flat=True)) == {
        "template": 11,
        "agreement": 4,
        "resource": 2,
        "presentation": 1,
        "literature": 1,
    }
    assert Counter(items.values_list("language", flat=True)) == {"nb": 17, "da": 2}
    assert Counter(items.values_list("version_count", flat=True)) == {1: 18, 2: 1}
    assert Counter(Path(name).suffix for name in LibraryFile.objects.values_list("name", flat=True)) == {
        ".docx": 17,
        ".pdf": 5,
    }
    assert LibraryUse.objects.count() == sum(items.values_list("team_count", flat=True)) == 28


def test_each_is_marked_as_an_example_with_everything_said(starter: None) -> None:
    for item in LibraryItem.objects.all():
        assert item.summary.startswith("Eksempel. "), item.title
        assert 30 < len(item.summary) < 200, item.title
        assert item.tags.filter(name="eksempel").exists(), item.title
        assert item.owner is not None
        assert item.owner.email.endswith("@demo.example")
    assert LibraryItem.objects.filter(review_on__isnull=True).count() == 0
    assert LibraryItem.objects.filter(programme="").count() == 1
    assert [item.title for item in LibraryItem.objects.all() if item.is_overdue] == [
        "Rutine for hjemmebesøk, bil og arbeid alene"
    ]
    assert set(LibraryItem.objects.values_list("phase", flat=True)) == {"", "pre_project", "start_up", "operation"}
    assert not LibraryItem.objects.filter(created_at__gt=timezone.now()).exists()


def test_every_file_opens_and_is_a_paper_in_its_items_language(starter: None) -> None:
    for file in LibraryFile.objects.select_related("version__item"):
        assert file.version is not None
        item = file.version.item
        with file.file.open("rb") as opened:
            content = opened.read()
        if file.name.endswith(".docx"):
            document = Document(BytesIO(content))
            headings = [each.text for each in document.paragraphs if each.style.name == "Heading 2"]
            assert len(headings) >= 2, item.title
            assert document.core_properties.language == TAGS[item.language]
        else:
            assert b"pdfuaid:part" in content
            assert f"/Lang({item.language})".encode() in content
            assert len(pypdfium2.PdfDocument(content)) >= 1
        assert "Flett" in file.text, "it says that it is an example"
        assert not re.search(r"\[\[|\]\]|\*\*", file.text), file.name


def test_a_lineage_of_three_differs_in_its_text(starter: None) -> None:
    last = LibraryItem.objects.get(title="Samarbeidsavtale for Demoteamet i bygda")
    family = get_family(person("teamleder"), last)
    assert [(each.item.title, each.depth, each.behind) for each in family.members] == [
        ("Samarbeidsavtale om FACT-team", 0, 0),
        ("Samarbeidsavtale om FACT-team for flere kommuner", 1, 1),
        ("Samarbeidsavtale for Demoteamet i bygda", 2, 0),
    ]
    versions = [version for each in family.members for version in each.item.versions.order_by("number")]
    for before, after in itertools.pairwise(versions):
        comparison = get_comparison(before, after)
        assert comparison is not None
        assert not comparison.is_same


def test_loading_again_shares_nothing_more(starter: None) -> None:
    before = [list(model._base_manager.order_by("pk").values()) for model in MODELS]
    assert make_demo_library() == 0
    assert [list(model._base_manager.order_by("pk").values()) for model in MODELS] == before


def test_what_its_people_take_away_stays_away(starter: None) -> None:
    LibraryItem.objects.filter(title="Leseliste om FACT").update(state="deleted")
    assert make_demo_library() == 0


def test_each_text_is_used_and_each_is_there() -> None:
    used = {name for item in read_library() for version in item["versions"] for name, _kind in papers_of(version)}
    folder = Path(__file__).parents[2] / "home" / "starter" / "library" / "papers"
    assert used == {file.stem for file in folder.glob("*.md")}
