"""News from the database, handed to actions. No rule lives here."""

from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from courses.actions import bump_content_stamp
from learning.actions import assign_onboarding_paths
from learning.models import PathStep
from people.models import Membership
from people.signals import membership_changed, membership_ended, membership_started


@receiver([post_save, post_delete], sender=PathStep)
def path_step_changed(**kwargs: Any) -> None:
    bump_content_stamp()


@receiver([membership_started, membership_changed, membership_ended], dispatch_uid="learning.assign_onboarding_paths")
def membership_news(membership: Membership, **kwargs: Any) -> None:
    assign_onboarding_paths(person=membership.person)
