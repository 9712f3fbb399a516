"""News from this room. Receivers in higher rooms call an action of theirs; they hold no rule."""

from collections.abc import Sequence
from functools import partial

from django.db import transaction
from django.dispatch import Signal

posts_changed = Signal()
"""Sent after commit with `post_ids`: these posts were written, changed, moved, hidden, shown or deleted.

What search keeps of them must be made again; a post that is gone has no row.
"""

spaces_changed = Signal()
"""Sent after commit with `space_ids`: a space was made, or changed, or archived, or opened again.

Who may see it is kept nowhere and asked for each time: nobody is told when somebody comes or goes.
"""


def say_posts_changed(post_ids: Sequence[int]) -> None:
    """Send `posts_changed` after commit; nothing for no posts."""
    if post_ids:
        transaction.on_commit(partial(posts_changed.send, sender=None, post_ids=list(post_ids)))
