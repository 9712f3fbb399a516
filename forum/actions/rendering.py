"""Making posts' HTML again when the rules of `forum.rendering` have changed."""

from collections.abc import Iterator

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from forum.models import Post, State
from forum.rendering import RENDERING_VERSION, render

BATCH = 500


def rebake_posts(*, first: int, last: int) -> Iterator[int]:
    """Render the posts with keys from `first` to `last` (both included) by today's rules, in batches.

    Yields how many each batch changed. Posts of today's version are left alone, so it may be stopped and run again,
    also by several at once on ranges of their own. What a post says does not change, so nobody is told.
    """
    while first <= last:
        end = min(last, first + BATCH - 1)
        yield _rebake(first, end)
        first = end + 1


@sensitive_variables()
@transaction.atomic
def _rebake(first: int, last: int) -> int:
    posts = list(
        Post.objects.select_for_update(no_key=True)
        .filter(pk__range=(first, last))
        .exclude(rendering_version=RENDERING_VERSION)
        .exclude(state=State.DELETED, source="")
    )
    for post in posts:
        rendered = render(post.source, source_format=post.source_format)
        post.html, post.text, post.rendering_version = rendered.html, rendered.text, rendered.version
    Post.objects.bulk_update(posts, ["html", "text", "rendering_version"])
    return len(posts)
