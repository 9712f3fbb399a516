"""What the forum's templates say in words."""

from datetime import datetime, timedelta

from django import template
from django.template import Context
from django.template.defaultfilters import date as format_day
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.kept_pages import render_part
from forum.models import Post
from forum.queries.topics import COUNTED_AT_MOST

register = template.Library()


def clock(at: datetime) -> str:
    """14.02 as Scandinavians write it, 14:02 in English. Local time."""
    return at.strftime("%H:%M" if translation.get_language() == "en" else "%H.%M")


@register.filter
def ago(at: datetime) -> str:
    """When something was, in words: «for 2 timer siden», «i dag kl. 9.40», «i går», «fredag», else the day."""
    now, then = timezone.localtime(), timezone.localtime(at)
    minutes = int((now - then) / timedelta(minutes=1))
    days = (now.date() - then.date()).days
    if minutes < 1:
        return _("nå nettopp")
    if minutes < 60:
        return ngettext("for %(count)d minutt siden", "for %(count)d minutter siden", minutes) % {"count": minutes}
    if days == 0 and minutes < 180:
        return ngettext("for %(count)d time siden", "for %(count)d timer siden", minutes // 60) % {
            "count": minutes // 60
        }
    if days == 0:
        return _("i dag kl. %(clock)s") % {"clock": clock(then)}
    if days == 1:
        return _("i går kl. %(clock)s") % {"clock": clock(then)}
    if days < 7:
        return format_day(then, "l").lower() if translation.get_language() != "en" else format_day(then, "l")
    return format_day(then, "MONTH_DAY_FORMAT" if then.year == now.year else "DATE_FORMAT")


@register.simple_tag(takes_context=True)
def kept_post(context: Context, post: Post) -> SafeString:
    """The post as `forum/parts/post.html` shows it; what many readers see alike is rendered once."""
    topic = {"pk": context["topic"].pk, "may_reply": context["topic"].may_reply}
    shown = {"post": post, "topic": topic, "may_moderate": context["may_moderate"]}
    return render_part("forum/parts/post.html", shown)


@register.filter
def moment(at: datetime) -> SafeString:
    """The same as a `time` element that says exactly when to whoever asks."""
    local = timezone.localtime(at)
    exact = f"{format_day(local, 'DATE_FORMAT')} {clock(local)}"
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), exact, ago(at))


@register.filter
def exactly(at: datetime) -> str:
    """The day and the clock: «23. november 2026 kl. 14.05»."""
    local = timezone.localtime(at)
    return _("%(day)s kl. %(clock)s") % {"day": format_day(local, "DATE_FORMAT"), "clock": clock(local)}


@register.filter
def news(count: int) -> str:
    """How many posts are new: «3 nye», «over 99 nye»."""
    if count >= COUNTED_AT_MOST:
        return _("over %(count)d nye") % {"count": COUNTED_AT_MOST - 1}
    return ngettext("%(count)d nytt", "%(count)d nye", count) % {"count": count}


@register.filter
def topics_with_news(count: int) -> str:
    """How many topics of a space have news: «3 tråder med nytt»."""
    if count >= COUNTED_AT_MOST:
        return _("over %(count)d tråder med nytt") % {"count": COUNTED_AT_MOST - 1}
    return ngettext("%(count)d tråd med nytt", "%(count)d tråder med nytt", count) % {"count": count}


@register.filter
def answers(count: int) -> str:
    return ngettext("%(count)d svar", "%(count)d svar", count) % {"count": count}


@register.filter
def in_sentence(name: object) -> str:
    """A role's name within a sentence: «brukerspesialist», but «IPS-konsulent» as it is."""
    text = str(name)
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
