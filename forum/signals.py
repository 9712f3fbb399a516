"""News from this room. Receivers in higher rooms call an action of theirs; they hold no rule."""

from django.dispatch import Signal

posts_changed = Signal()
"""Sent in the background, after commit, with `post_ids`: these posts were written, changed, moved, hidden, shown or
deleted. What search keeps of them must be made again; a post that is gone has no row.
"""

items_changed = Signal()
"""Sent in the background, after commit, with `item_ids`: these were shared, changed, hidden, shown or deleted in the
library.
"""

news_changed = Signal()
"""Sent in the background, after commit, with `news_ids`: these were published, changed, hidden, shown or deleted."""

spaces_changed = Signal()
"""Sent after commit with `space_ids`: a space was made, or changed, or archived, or opened again.

Who may see it is kept nowhere and asked for each time: nobody is told when somebody comes or goes.
"""
