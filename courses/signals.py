"""News from this room. Receivers in higher rooms call an action of theirs; they hold no rule."""

from django.dispatch import Signal

lessons_changed = Signal()
"""Sent after commit with `course_keys`: what these courses ask for may be another (a lesson was published, unpublished,
deleted or moved, or a course came back).
"""
