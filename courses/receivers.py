"""News from Wagtail and the database, handed to actions. No rule lives here."""

from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete
from django.dispatch import receiver
from wagtail.models import Locale, Page, PageViewRestriction, Site
from wagtail.signals import page_published, page_slug_changed, page_unpublished, post_page_move, pre_page_move

from courses.actions import bump_content_stamp, record_lesson_version
from courses.models import (
    CoursePage,
    FlettDocument,
    FlettImage,
    FlettMedia,
    GlossaryTerm,
    LegalReference,
    LessonPage,
    LessonVersion,
    Principle,
    PrincipleSet,
)
from courses.signals import lessons_changed

SHOWN_MODELS = (
    FlettDocument,
    FlettImage,
    FlettMedia,
    GlossaryTerm,
    LegalReference,
    LessonVersion,
    Locale,
    PageViewRestriction,
    Principle,
    PrincipleSet,
    Site,
)


@receiver(page_published)
def lesson_published(sender: type[Page], instance: Page, **kwargs: Any) -> None:
    # Wagtail says «published» of a page that is only scheduled, too.
    if isinstance(instance, LessonPage) and instance.live:
        record_lesson_version(lesson=instance, revision=kwargs.get("revision"))


@receiver([post_save, post_delete])
def shown_thing_changed(sender: type[Any], **kwargs: Any) -> None:
    if issubclass(sender, (Page, *SHOWN_MODELS)):
        bump_content_stamp()


@receiver(m2m_changed)
def shown_relation_changed(sender: type[Any], instance: Any, **kwargs: Any) -> None:
    if isinstance(instance, (Page, *SHOWN_MODELS)):
        bump_content_stamp()


@receiver([post_page_move, page_slug_changed])
def page_address_changed(**kwargs: Any) -> None:
    bump_content_stamp()


@receiver([page_published, page_unpublished])
def lessons_published(sender: type[Page], instance: Page, **kwargs: Any) -> None:
    tell_after_commit(instance)


@receiver([pre_page_move, post_page_move])
def lessons_moved(sender: type[Page], instance: Page, **kwargs: Any) -> None:
    tell_after_commit(instance)


@receiver(pre_delete)
def lessons_deleted(sender: type[Any], instance: Any, **kwargs: Any) -> None:
    if isinstance(instance, (CoursePage, LessonPage)):
        tell_after_commit(instance)


def tell_after_commit(page: Page) -> None:
    """Send `lessons_changed` with the course this page is, or is in, as the tree stands now."""
    found: list[UUID] = []
    model = page.specific_class
    if model is CoursePage:
        found = [page.translation_key]
    elif model is LessonPage:
        found = list(CoursePage.objects.ancestor_of(page).values_list("translation_key", flat=True))
    if found:
        transaction.on_commit(partial(lessons_changed.send, sender=CoursePage, course_keys=found))
