"""What one has written: taken back, and how it read before."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from forum.actions import delete_post
from forum.models import State
from forum.permissions import user_wrote
from forum.queries.composing import get_history, get_post_for


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def post_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Asked for by itself, and once more. Only the writer may; moderators have their own way."""
    person: Any = request.user
    post = get_post_for(person, pk)
    if not user_wrote(person, post):
        raise PermissionDenied
    if request.method == "POST":
        delete_post(person=person, post=post)
        messages.success(request, _("Innlegget er slettet."))
        post.topic.refresh_from_db()
        return redirect(post.topic.space if post.topic.state == State.DELETED else post.topic)
    return render(request, "forum/post_delete.html", {"post": post, "topic": post.topic, "space": post.topic.space})


@login_required
@never_cache
@require_safe
def post_history(request: HttpRequest, pk: int) -> HttpResponse:
    """Whoever may see the post may see how it read."""
    post = get_post_for(request.user, pk)
    context = {"post": post, "topic": post.topic, "space": post.topic.space, "versions": get_history(post)}
    return render(request, "forum/post_history.html", context)
