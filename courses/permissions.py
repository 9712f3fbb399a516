"""Who may read a course. Authoring rights are Wagtail's groups (see `courses.actions.set_up_training_team`)."""

from typing import Any

from courses.models import CoursePage
from courses.models.pages import CoursePageQuerySet


def user_can_read_course(user: Any, course: CoursePage) -> bool:
    """A live course is open to anyone, unless it asks for sign-in."""
    return bool(course.live and (not course.sign_in_required or user.is_authenticated))


def courses_readable_by(user: Any) -> CoursePageQuerySet:
    """The queryset twin of `user_can_read_course`."""
    return CoursePage.objects.readable_by(user)
