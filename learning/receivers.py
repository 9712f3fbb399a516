"""News from the database, handed to actions. No rule lives here."""

from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from wagtail.signals import page_published

from courses.actions import bump_content_stamp
from courses.signals import lessons_changed
from learning import tasks
from learning.actions import assign_onboarding_paths
from learning.actions.reports import forget_report_exports_of
from learning.models import LearningPathPage, PathAssignment, PathStep
from people.actions import bump_people_stamp
from people.models import Membership, User
from people.signals import membership_changed, membership_ended, membership_started, person_erasing


@receiver([post_save, post_delete], sender=PathStep)
def path_step_changed(**kwargs: Any) -> None:
    bump_content_stamp()


@receiver([post_save, post_delete], sender=PathAssignment)
def path_assignment_changed(**kwargs: Any) -> None:
    bump_people_stamp()


@receiver([membership_started, membership_changed, membership_ended], dispatch_uid="learning.assign_onboarding_paths")
def membership_news(membership: Membership, **kwargs: Any) -> None:
    assign_onboarding_paths(person=membership.person)


@receiver(lessons_changed)
def courses_changed(course_keys: list[UUID], **kwargs: Any) -> None:
    tasks.refresh_subjects.enqueue([str(key) for key in course_keys])


@receiver(page_published, sender=LearningPathPage)
def path_published(instance: LearningPathPage, **kwargs: Any) -> None:
    transaction.on_commit(partial(tasks.refresh_paths.enqueue, [str(instance.translation_key)]))


@receiver(person_erasing, dispatch_uid="learning.forget_report_exports")
def account_going(person: User, **kwargs: Any) -> None:
    forget_report_exports_of(person=person)
