"""News from this room. Receivers in higher rooms call an action of theirs; they hold no rule."""

from django.dispatch import Signal

membership_started = Signal()
"""Sent after commit with `membership`: somebody has become a member of a team."""

membership_changed = Signal()
"""Sent after commit with `membership`: its suggested deadline is another."""

membership_ended = Signal()
"""Sent after commit with `membership`: somebody is no longer a member of a team."""

support_membership_ended = Signal()
"""Sent after commit with `membership`: somebody is no longer in a support group."""
teams_added = Signal()
"""Sent after commit with `team_ids`: teams that were written many at a time, of which Django tells nothing."""

person_erasing = Signal()
"""Sent inside the transaction that deletes an account, with `person` and `former`: give what must stay to `former`,
delete the rest. Rows that cascade from the person need nothing.
"""
