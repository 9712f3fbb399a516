"""Who may find what by search: the rules of the rooms, asked in the query.

- pages: live; not behind a restriction of Wagtail's that the reader does not pass (a password is never passed here);
  those of a course that asks for sign-in only for those who have signed in;
- words, principles, teams: anyone;
- people: whoever may see their page (`people.permissions.people_visible_to`);
- spaces, topics, posts, items, events: `forum.permissions`.

The predicate's twin is the queryset; `tests/home/test_search_matrix.py` asserts that they agree with the rooms' own.
"""

from typing import Any

from django.contrib.auth.models import Group
from django.db.models import CharField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from wagtail.models import Page, PageViewRestriction

from forum.models import Space
from forum.permissions import posts_visible_to, spaces_readable_by, spaces_visible_to, topics_visible_to
from forum.permissions.events import events_visible_to
from forum.permissions.library import items_visible_to
from forum.permissions.news import news_visible_to
from forum.prepared import Among, prepared
from home.models import SearchDocument
from people.permissions import people_visible_to

Documents = QuerySet[SearchDocument]


def _is_active(user: Any) -> bool:
    return bool(user.is_authenticated and user.is_active)


def pages_readable_by(user: Any) -> QuerySet[Page]:
    """Live pages whose restrictions, and those of the pages above, the reader passes."""
    path = ExpressionWrapper(OuterRef("path"), output_field=CharField())
    closing = PageViewRestriction.objects.annotate(below=path).filter(below__startswith=F("page__path"))
    if _is_active(user):
        if user.is_superuser:
            return Page.objects.live()
        groups = PageViewRestriction.groups.through.objects.filter(
            pageviewrestriction=OuterRef("pk"), group__in=Group.objects.filter(user=user.pk).values("pk")
        )
        passed = Q(restriction_type=PageViewRestriction.LOGIN) | (
            Q(restriction_type=PageViewRestriction.GROUPS) & Q(Exists(groups))
        )
        closing = closing.exclude(passed)
    return Page.objects.live().filter(~Exists(closing))


def _is_of(name: str, allowed: QuerySet[Any]) -> Q:
    """A document of one of these. Of a document of something else the database is not to gather them: all the people
    somebody may see take as long as the rest of the search.
    """
    return Q(**{f"{name}__isnull": False}) & Q(**{f"{name}__in": allowed.values("pk")})


def _site(user: Any) -> Q:
    """What is found outside the topics."""
    tied = ("page", "person", "space", "item", "news", "event")
    open_to_all = Q(**{f"{name}__isnull": True for name in tied})
    pages = _is_of("page", pages_readable_by(user))
    if not _is_active(user):
        pages &= Q(sign_in_required=False)
    people = _is_of("person", people_visible_to(user))
    spaces = _is_of("space", spaces_visible_to(user))
    items = _is_of("item", items_visible_to(user))
    news = _is_of("news", news_visible_to(user))
    events = _is_of("event", events_visible_to(user))
    return open_to_all | pages | people | spaces | items | news | events


def site_documents_found_by(user: Any) -> Documents:
    """Pages, words, principles, teams, people, spaces, news, events and the library, as far as the person may find
    them.
    """
    return SearchDocument.objects.filter(_site(user), area=SearchDocument.Area.SITE)


def forum_documents_found_by(user: Any) -> Documents:
    """Topics and replies the person may find. A topic is found with its first post, so both must be theirs to see.

    Asked document by document: whoever asks says which few are to be looked at.
    """
    posts = posts_visible_to(user).filter(pk=OuterRef("post"))
    topics = topics_visible_to(user).filter(pk=OuterRef("topic"))
    return SearchDocument.objects.exclude(area=SearchDocument.Area.SITE).filter(
        Q(Exists(posts)) | (Q(post__isnull=True) & Q(Exists(topics)))
    )


def documents_of_spaces(spaces: Any, *, is_shown: bool, area: str = "") -> Documents:
    """What there is in spaces the person reads: by columns of the document alone, so that it is quick among millions.

    `spaces` are `forum.prepared.Numbers`. Candidates only. As right as the index is new, and of what is not shown
    everybody's: `forum_documents_found_by` says which of them are found.
    """
    space = Coalesce("space", 0)  # by no index: a space is most of the forum
    documents = SearchDocument.objects.filter(Among(space, spaces), is_shown=is_shown)
    return documents.filter(area=area) if area else documents.exclude(area=SearchDocument.Area.SITE)


def readable_space_ids(user: Any) -> list[int]:
    """One query; none for those who have not signed in."""
    return [pk for (pk,) in _readable_spaces(user)]


@prepared()
def _readable_spaces(reader: Any) -> QuerySet[Space, Any]:
    return spaces_readable_by(reader).values_list("pk")


def documents_found_by(user: Any) -> Documents:
    """Everything the person may find."""
    return site_documents_found_by(user) | forum_documents_found_by(user)


def user_can_find(user: Any, document: SearchDocument) -> bool:
    """Twin of `documents_found_by`. One query."""
    return documents_found_by(user).filter(pk=document.pk).exists()
