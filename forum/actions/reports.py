"""Saying that something is wrong with a post."""

from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from forum.actions.counting import lock_post
from forum.actions.moderation import log, tell_author
from forum.actions.pace import check_report_pace, is_new
from forum.actions.posting import set_post_state
from forum.models import ModerationEntry, Post, Report, Silence, State
from forum.permissions import user_can_moderate_post, user_can_report_post
from people.models import User
from safety.guard import refuse_identity_numbers
from safety.text import clean_lines

REFUSED_AT_MOST = 3
"""So many reports of patient data that were not upheld, and one's next no longer hides by itself."""
REFUSED_WITHIN = timedelta(days=90)


@transaction.atomic
def report_post(*, reporter: User, post: Post, reason: str, message: str = "") -> Report:
    """Tell those who moderate. One open report a person and post: reporting again gives the one that waits.

    «Pasientopplysninger» hides the post at once, where `reports_hide_at_once` says so.
    Raises PermissionDenied, TooFastError and TextRefusedError (an identity number in the message).
    """
    check_report_pace(reporter=reporter)
    message = clean_lines(message, most=Report._meta.get_field("message").max_length or 0)
    refuse_identity_numbers(message)
    topic, post = lock_post(post)
    waiting = post.reports.filter(reporter=reporter, outcome="").first()
    if waiting is not None:
        return waiting
    if not user_can_report_post(reporter, post):
        raise PermissionDenied
    report = Report.objects.create(post=post, reporter=reporter, reason=reason, message=message)
    if reason == Report.Reason.PATIENT_DATA and reports_hide_at_once(reporter, post):
        set_post_state(topic=topic, post=post, state=State.HIDDEN)
        tell_author(log(verb=ModerationEntry.Verb.AUTO_HIDE, actor=None, post=post))
    return report


def reports_hide_at_once(reporter: User, post: Post) -> bool:
    """Whether a report of patient data hides the post before anybody has looked.

    Hiding is a power: whoever moderates has it; others while their account is a week old, they are not in a pause,
    and fewer than three such reports of theirs were dismissed in ninety days. A post that somebody who moderates has
    looked at since it was last changed stays until they look again.
    """
    verbs = ModerationEntry.Verb
    if user_can_moderate_post(reporter, post):
        return True
    looked_at = post.log.filter(verb__in=[verbs.SHOW, verbs.DISMISS, verbs.APPROVE])
    if looked_at.filter(at__gte=post.edited_at or post.created_at).exists():
        return False
    return may_hide_by_reporting(reporter)


def may_hide_by_reporting(reporter: User) -> bool:
    """What `reports_hide_at_once` asks of who reports."""
    now = timezone.now()
    refused = Report.objects.filter(
        reporter=reporter,
        reason=Report.Reason.PATIENT_DATA,
        outcome=Report.Outcome.DISMISSED,
        decided_at__gt=now - REFUSED_WITHIN,
    )
    paused = Silence.objects.filter(person=reporter, until__gt=now, lifted_at__isnull=True)
    return not (is_new(reporter) or refused.count() >= REFUSED_AT_MOST or paused.exists())
