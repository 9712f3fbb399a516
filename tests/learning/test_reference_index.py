"""Wagtail notes, for each thing saved, what it refers to: editors' work, never what people do."""

import pytest
from django.apps import apps
from wagtail.models import Page, ReferenceIndex

from people.models import SupportGroup, Team


@pytest.mark.parametrize("room", ["forum", "learning", "people"])
def test_nobody_s_doings_are_indexed(room: str) -> None:
    """Each indexed row would cost a task a save, and stand on the page that says where a person is «used»."""
    indexed = [model for model in apps.get_app_config(room).get_models() if ReferenceIndex.model_is_indexable(model)]
    assert [model for model in indexed if not issubclass(model, (Page, Team, SupportGroup))] == []
