"""Foreign keys go down only, as imports do: import-linter cannot see a relation named by a text."""

import pytest
from django.apps import apps
from django.db.models import Field, ManyToManyField

from courses.models import CoursePage
from people.models import User

ROOMS = {"people": 1, "courses": 2, "learning": 3, "forum": 3, "home": 4}
"""How high each stands. `learning` and `forum` stand side by side: neither may point at the other."""


def relations(room: str) -> list[tuple[str, str, str]]:
    """Each relation a room's tables hold to another room: model, field, the other room."""
    found = []
    for model in apps.get_app_config(room).get_models(include_auto_created=True):
        fields: list[Field] = [*model._meta.local_fields, *model._meta.local_many_to_many]
        for field in fields:
            target = field.remote_field.model if field.is_relation and field.remote_field else None
            if target is None:
                continue
            label = target if isinstance(target, str) else target._meta.app_label
            if label != room and label in ROOMS:
                found.append((model.__name__, field.name, label))
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_tables_point_down_only(room: str) -> None:
    upward = [relation for relation in relations(room) if ROOMS[relation[2]] >= ROOMS[room]]
    assert upward == []


def test_the_walk_sees_relations_between_rooms() -> None:
    assert ("LearningPathPage", "principle_set", "courses") in relations("learning")
    assert ("PathStep", "course", "courses") in relations("learning")
    assert ("FlettImage", "uploaded_by_user", "people") in relations("courses")
    assert any(isinstance(field, ManyToManyField) for field in CoursePage._meta.local_many_to_many)


def test_no_room_below_learning_knows_a_learner() -> None:
    """Whatever hangs on a person is who made it, never who learns from it."""
    authored = {"uploaded_by_user", "owner"}
    pointing = {
        (model.__name__, field.name)
        for model in apps.get_app_config("courses").get_models()
        for field in model._meta.local_fields
        if field.is_relation and field.remote_field and field.remote_field.model is User
    }
    assert {name for _, name in pointing} <= authored, pointing
