"""News from Wagtail and the database, handed to actions. No rule lives here."""

from typing import Any

from django.db.models.signals import m2m_changed, post_delete, post_save
from django.dispatch import receiver
from wagtail.models import Locale, Page, PageViewRestriction, Site
from wagtail.signals import page_published, page_slug_changed, post_page_move

from courses.actions import bump_content_stamp, record_lesson_version
from courses.models import (
    FlettDocument,
    FlettImage,
    FlettMedia,
    GlossaryTerm,
    LegalReference,
    LessonPage,
    Principle,
    PrincipleSet,
)

SHOWN_MODELS = (
    FlettDocument,
    FlettImage,
    FlettMedia,
    GlossaryTerm,
    LegalReference,
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
