"""Every block shows itself in the block picker, with and without files in the library."""

import re

import pytest
from django.test import RequestFactory
from wagtail.models import Collection

from courses.blocks import LessonBody
from courses.models import LessonPage
from tests import factories

pytestmark = pytest.mark.django_db

NAMES = sorted(LessonBody().child_blocks)


def preview(name: str) -> str:
    block = LessonBody().child_blocks[name]
    assert block.is_previewable
    value = block.get_preview_value()
    context = {"request": RequestFactory().get("/"), "language": "nb"}
    return block.render(value, context=context)


@pytest.mark.parametrize("name", NAMES)
def test_preview_renders_with_an_empty_library(home, name):
    assert "<" in preview(name)


def test_previews_show_what_the_library_has(home):
    factories.ImageFactory.create()
    factories.DocumentFactory.create()
    factories.MediaFactory.create()
    factories.LegalReferenceFactory.create(paragraph="§ 7-7")
    assert "En tavle med tre kolonner" in preview("image")
    assert "/documents/" in preview("download")
    assert ".mp4" in preview("film")
    assert "Teamleder" in preview("role_film")
    assert "§\N{NO-BREAK SPACE}7-7" in preview("law")


def test_preview_shows_nothing_from_a_teams_own_collection(home):
    collection = Collection.get_first_root_node().add_child(name="Et annet team")
    factories.ImageFactory.create(collection=collection)
    factories.DocumentFactory.create(collection=collection)
    film = factories.MediaFactory.create(collection=collection)
    assert "<img" not in preview("image")
    assert "/documents/" not in preview("download")
    assert ".mp4" not in preview("film")
    film.is_placeholder = True
    film.save()
    assert ".mp4" in preview("film")


def test_each_cell_of_a_table_says_its_heading_where_rows_are_stacked() -> None:
    html = preview("table")
    headings = re.findall(r'<th scope="col" role="columnheader">([^<]+)</th>', html)
    assert len(headings) > 1
    rows = html.split("<tbody")[1].split("<tr")[1:]
    assert [re.findall(r'data-label="([^"]+)"', row) for row in rows] == [headings] * len(rows)


def test_a_column_without_a_heading_has_no_empty_heading_cell(home) -> None:
    columns = [{"type": "text", "heading": ""}, {"type": "text", "heading": "Hva den måler"}]
    body = factories.make_body(
        (
            "table",
            {
                "caption": "To skalaer",
                "table": {"columns": columns, "rows": [{"values": ["2010", "Modellen"]}], "caption": ""},
                "source": "",
            },
        )
    )
    html = LessonPage(title="Skalaer", body=body).body.render_as_block()
    assert '<td role="cell"></td><th scope="col" role="columnheader">Hva den måler</th>' in html
    assert re.findall(r'data-label="([^"]*)"', html) == ["", "Hva den måler"]
