"""Every change in the forum, as verbs. Big families have a module of their own."""

from forum.actions.posting import delete_post, edit_post, reply, start_topic
from forum.actions.reading import mark_all_read, mark_read

__all__ = ["delete_post", "edit_post", "mark_all_read", "mark_read", "reply", "start_topic"]
