"""News from the database, handed to actions. No rule lives here."""

from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from courses.actions import bump_content_stamp
from learning.models import PathStep


@receiver([post_save, post_delete], sender=PathStep)
def path_step_changed(**kwargs: Any) -> None:
    bump_content_stamp()
