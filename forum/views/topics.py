"""Lists of topics, and topics to read."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from courses.views import safe_next
from forum.actions import mark_all_read, mark_read
from forum.actions.reactions import set_reaction
from forum.actions.topics import accept_answer
from forum.kept_pages import NEW_FORM, serve
from forum.models import Post, Reaction, Space, Topic
from forum.permissions import (
    posts_visible_to,
    spaces_writable_by,
    user_is_member,
)
from forum.places import Place
from forum.queries.composing import make_compose
from forum.queries.event_calendar import get_next_events
from forum.queries.moderation import get_work
from forum.queries.news import FrontNews, get_front_news
from forum.queries.posts import (
    MovedError,
    get_first_unread,
    get_post_place,
    get_topic_for,
    get_topic_page,
    page_of,
)
from forum.queries.spaces import get_front, get_space_facts
from forum.queries.subjects import Subject, get_principle_index, get_subject, reader_language
from forum.queries.topics import (
    Cursor,
    TopicFilter,
    get_forum_home,
    get_space_for,
    get_topic_list,
    get_topics_about,
    get_visible_space_for,
)
from forum.queries.watching import get_watch

ABOUT = {"prinsipp": "principle", "kurs": Topic.SubjectKind.COURSE, "leksjon": Topic.SubjectKind.LESSON}
"""What a list is about, as its address says it."""


def topic_address(topic_id: int, *, number: int = 1) -> str:
    """The page of a topic on which a post stands, at the post."""
    page = page_of(number)
    query = f"?side={page}" if page > 1 else ""
    return f"{reverse('forum:topic', args=[topic_id])}{query}#innlegg-{number}"


def whole_number(text: str, *, otherwise: int) -> int:
    return int(text) if text.isdecimal() and len(text) < 7 else otherwise


@login_required
@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The spaces the reader may know of, and what is new in those they read."""
    found = get_forum_home(request.user)
    front = get_front(request.user)
    if found.is_empty and not user_is_member(request.user):
        return TemplateResponse(request, "forum/home_no_team.html", {"invitations": front.invitations})
    context = {
        "forum": found,
        "invitations": front.invitations,
        "news": get_front_news(request.user) if front.has_news else FrontNews([], []),
        "work": get_work(request.user, [*found.mine, *found.open, *found.closed, *found.archived]),
        "may_make_space": front.may_make_space,
        "next_events": get_next_events(request.user) if front.has_events else [],
    }
    return serve(request, "forum/home.html", context)


def read_cursors(query: QueryDict) -> dict[str, Cursor | None]:
    """Where in a list the reader is: before (`eldre`) or after (`nyere`) a topic."""
    return {
        "older_than": Cursor.parse(query.get("eldre", "")),
        "newer_than": Cursor.parse(query.get("nyere", "")),
    }


def read_filter(query: QueryDict) -> TopicFilter:
    """What the reader asks for. An address that asks for what there is not, asks for nothing."""
    try:
        principle = UUID(query.get("prinsipp", ""))
    except ValueError:
        principle = None
    if principle not in get_principle_index(language=reader_language()):
        principle = None
    return TopicFilter(
        principle=principle, without_answer=query.get("vis") == "uten-svar", unread=query.get("vis") == "ulest"
    )


@login_required
@never_cache
@require_safe
def space(request: HttpRequest, slug: str) -> HttpResponse:
    """The topics of a space. Members who may not read it are told how to enter."""
    found: Any = get_visible_space_for(request.user, slug)
    if not found.may_read:
        return TemplateResponse(request, "forum/space_closed.html", {"space": found}, status=403)
    chosen = read_filter(request.GET)
    index = get_principle_index(language=reader_language())
    context = {
        "space": found,
        "list": get_topic_list(request.user, found, chosen=chosen, **read_cursors(request.GET)),
        "chosen": chosen,
        "principles": list(index.values()),
        "chosen_principle": index.get(chosen.principle) if chosen.principle else None,
        "filter_query": filter_query(request.GET),
        "watch": get_watch(person=request.user, space=found, levels=(found.level, "")),  # type: ignore[arg-type]
        "space_facts": get_space_facts(person=request.user, space=found),
    }
    return serve(request, "forum/space.html", context)


def filter_query(query: QueryDict) -> str:
    """The filters of the address without the place in the list, ready for another place."""
    kept = urlencode({name: str(query[name]) for name in ("prinsipp", "vis") if query.get(name)})
    return f"{kept}&" if kept else ""


@login_required
@never_cache
@require_POST
def mark_space_read(request: HttpRequest, slug: str) -> HttpResponse:
    """Everything in the space is read."""
    found = get_space_for(request.user, slug)
    mark_all_read(reader=request.user, space=found)  # type: ignore[arg-type]
    messages.success(request, _("Alt i «%(space)s» er lest.") % {"space": found.name})
    return redirect(safe_next(request, fallback=found.get_absolute_url()))


def find_topic(user: Any, pk: int) -> Topic:
    """The topic, for those ways in that do not follow a merged one. Raises Http404."""
    try:
        return get_topic_for(user, pk)
    except MovedError as moved:
        raise Http404 from moved


@login_required
@never_cache
@require_safe
def topic(request: HttpRequest, pk: int) -> HttpResponse:
    """A page of a topic. What it shows has been read; a topic that was merged leads to where it went."""
    try:
        found: Any = get_topic_for(request.user, pk)
    except MovedError as moved:
        return redirect("forum:topic", moved.topic.pk)
    page = get_topic_page(request.user, found, page=whole_number(request.GET.get("side", ""), otherwise=1))
    if page.is_news and request.method == "GET":
        mark_read(reader=request.user, topic=found, number=page.last_shown)  # type: ignore[arg-type]
    person: Any = request.user
    place = Place(space=found.space, topic=found)
    compose = make_compose(person=person, place=place, has_draft=found.has_draft) if found.may_reply else None
    if compose is not None:
        compose.submission = NEW_FORM
    levels = found.level_of_space, found.level
    context = {
        "topic": found,
        "space": found.space,
        "page": page,
        "may_moderate": found.may_moderate,
        "compose": compose,
        "watch": get_watch(person=person, space=found.space, topic=found, levels=levels),
    }
    return serve(request, "forum/topic.html", context)


@login_required
@never_cache
@require_safe
def first_unread(request: HttpRequest, pk: int) -> HttpResponse:
    """To the first post the reader has not read."""
    try:
        found = get_topic_for(request.user, pk)
    except MovedError as moved:
        return redirect("forum:first-unread", moved.topic.pk)
    return redirect(topic_address(found.pk, number=get_first_unread(request.user, found)))


@login_required
@never_cache
@require_safe
def post(request: HttpRequest, pk: int) -> HttpResponse:
    """To a post, wherever it stands now."""
    found = get_post_place(request.user, pk)
    return redirect(topic_address(found.topic_id, number=found.number))


def get_post_for(user: Any, pk: int) -> Post:
    """A post whose text the person may see. Raises Http404."""
    found = posts_visible_to(user).select_related("topic").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@login_required
@never_cache
@require_POST
def react(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a reaction or take it back; with htmx only the line of reactions comes back."""
    found = get_post_for(request.user, pk)
    kind = request.POST.get("kind", "")
    if kind not in Reaction.Kind.values:
        raise PermissionDenied
    set_reaction(person=request.user, post=found, kind=kind, given=request.POST.get("given") == "1")  # type: ignore[arg-type]
    if not request.headers.get("HX-Request"):
        return redirect(topic_address(found.topic_id, number=found.number))
    topic_found = find_topic(request.user, found.topic_id)
    page = get_topic_page(request.user, topic_found, page=page_of(found.number))
    line = next(each for each in page.posts if each.pk == found.pk)
    return TemplateResponse(request, "forum/parts/reactions.html", {"post": line})


@login_required
@never_cache
@require_POST
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that this answer helped, or that it did not after all."""
    found = get_post_for(request.user, pk)
    given = request.POST.get("given") == "1"
    if given or found.topic.accepted_post_id == found.pk:
        accept_answer(person=request.user, topic=found.topic, post=found if given else None)  # type: ignore[arg-type]
    return redirect(topic_address(found.topic_id, number=found.number))


@login_required
@never_cache
@require_safe
def topics_about(request: HttpRequest, kind: str, key: UUID) -> HttpResponse:
    """Topics about a principle, course or lesson, in all the spaces the reader reads."""
    about = ABOUT.get(kind)
    if about is None:
        raise Http404
    if about == "principle":
        principle = get_principle_index(language=reader_language()).get(key)
        if principle is None:
            raise Http404
        subject = Subject(
            kind=about,
            key=key,
            title=principle.name,
            url=principle.get_absolute_url(),
            language=principle.locale.language_code,
        )
    else:
        principle, subject = None, get_subject(kind=about, key=key)
    cursors = read_cursors(request.GET)
    found = get_topics_about(
        request.user, kind=about, key=key, older_than=cursors["older_than"], newer_than=cursors["newer_than"]
    )
    if not subject.title and not found.topics:
        raise Http404
    context = {
        "subject": subject,
        "principle": principle,
        "list": found,
        "spaces": writable_spaces(request.user),
        "about": f"{kind}:{key}",
        "filter_query": "",
    }
    return TemplateResponse(request, "forum/topics_about.html", context)


def writable_spaces(user: Any) -> list[Space]:
    """Where a new topic may be started now."""
    return list(spaces_writable_by(user).order_by("position", "name", "pk"))
