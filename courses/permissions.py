"""Who may read a course. Authoring rights are Wagtail's groups (see `courses.actions.set_up_training_team`)."""

from typing import Any

from wagtail.query import PageQuerySet

from courses.models import CourseIndexPage, CoursePage
from courses.models.pages import CoursePageQuerySet


def user_can_read_course(user: Any, course: CoursePage) -> bool:
    """A live course is open to anyone, unless it asks for sign-in."""
    return bool(course.live and (not course.sign_in_required or user.is_authenticated))


def courses_readable_by(user: Any) -> CoursePageQuerySet:
    """The queryset twin of `user_can_read_course`."""
    return CoursePage.objects.readable_by(user)


def sections_open_for_import(user: Any) -> PageQuerySet:
    """The course sections where this person may both add a course and publish it: what importing a package does."""
    sections = [
        section.pk
        for section in CourseIndexPage.objects.all()
        if (rights := section.permissions_for_user(user)).can_add_subpage() and rights.can_publish_subpage()
    ]
    return CourseIndexPage.objects.filter(pk__in=sections).order_by("path")
