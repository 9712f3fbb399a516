"""Who may find what by search: the rules of the rooms, asked in the query.

- pages: live; not behind a restriction of Wagtail's that the reader does not pass (a password is never passed here);
  those of a course that asks for sign-in only for those who have signed in;
- words, principles, teams: anyone;
- people: whoever may see their page (`people.permissions.people_visible_to`);
- spaces, topics, posts: `forum.permissions`.

The predicate's twin is the queryset; `tests/home/test_search_matrix.py` asserts that they agree with the rooms' own.
"""

from typing import Any

from django.db.models import Q, QuerySet
from wagtail.models import Page, PageViewRestriction

from forum.models import Space
from forum.permissions import posts_visible_to, spaces_readable_by, spaces_visible_to, topics_visible_to
from forum.prepared import prepared
from home.models import SearchDocument
from people.permissions import people_visible_to

Documents = QuerySet[SearchDocument]


def pages_readable_by(user: Any) -> QuerySet[Page]:
    """Live pages whose restrictions, and those of the pages above, the reader passes. At most three queries."""
    pages = Page.objects.live()
    groups = None
    for restriction in PageViewRestriction.objects.select_related("page").prefetch_related("groups"):
        passes = False
        if user.is_authenticated and user.is_active:
            if restriction.restriction_type == PageViewRestriction.LOGIN or user.is_superuser:
                passes = True
            elif restriction.restriction_type == PageViewRestriction.GROUPS:
                groups = set(user.groups.values_list("pk", flat=True)) if groups is None else groups
                passes = any(group.pk in groups for group in restriction.groups.all())
        if not passes:
            pages = pages.not_descendant_of(restriction.page, inclusive=True)
    return pages


def _site(user: Any) -> Q:
    """What is found outside the topics."""
    open_to_all = Q(page__isnull=True, person__isnull=True, space__isnull=True)
    pages = Q(page__in=pages_readable_by(user).values("pk"))
    if not user.is_authenticated:
        pages &= Q(sign_in_required=False)
    people = Q(person__in=people_visible_to(user).values("pk"))
    spaces = Q(space__in=spaces_visible_to(user).values("pk"))
    return open_to_all | pages | people | spaces


def site_documents_found_by(user: Any) -> Documents:
    """Pages, words, principles, teams, people and spaces the person may find."""
    return SearchDocument.objects.filter(_site(user), area=SearchDocument.Area.SITE)


def forum_documents_found_by(user: Any, *, among: Documents | None = None) -> Documents:
    """Topics and replies the person may find. A topic is found with its first post, so both must be theirs to see.

    `among` are the only ones to look at. They are fetched first (one query), so that the forum's rule is asked of their
    posts alone: a database that plans both together may look at every post there is.
    """
    documents = SearchDocument.objects.exclude(area=SearchDocument.Area.SITE)
    posts, without_post = posts_visible_to(user), documents.filter(post__isnull=True)
    if among is not None:
        rows = list(among.values_list("pk", "post_id"))
        documents = documents.filter(pk__in=[pk for pk, _post in rows])
        posts = posts.filter(pk__in=[post for _pk, post in rows if post])
        without_post = without_post.filter(pk__in=[pk for pk, post in rows if not post])
        if all(post for _pk, post in rows):
            return documents.filter(post__in=posts.values("pk"))
    topics = topics_visible_to(user).filter(pk__in=without_post.values("topic"))
    return documents.filter(Q(post__in=posts.values("pk")) | Q(post__isnull=True, topic__in=topics.values("pk")))


def documents_of_spaces(space_ids: list[int], *, is_shown: bool, area: str = "") -> Documents:
    """What there is in spaces the person reads: by columns of the document alone, so that it is quick among millions.

    Candidates only. As right as the index is new, and of what is not shown everybody's: `forum_documents_found_by`
    says which of them are found.
    """
    documents = SearchDocument.objects.filter(is_shown=is_shown, space__in=space_ids)
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
    """Twin of `documents_found_by`. Three queries at most."""
    return documents_found_by(user).filter(pk=document.pk).exists()
