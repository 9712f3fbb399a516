"""Writing: a new topic, an answer, a change. Each page is a plain form; scripts only make it smoother."""

from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from forum import actions
from forum.actions.attachments import add_attachment, remove_attachment
from forum.actions.drafts import StaleDraftError, save_draft
from forum.actions.joining import discuss_item
from forum.models import Attachment, Post, State
from forum.permissions import posts_visible_to
from forum.places import Place
from forum.queries.composing import (
    Compose,
    account_key,
    add_choices,
    as_uuid,
    get_files,
    get_place_by_key,
    get_place_to_edit,
    get_place_to_reply,
    get_place_to_start,
    make_compose,
    make_empty_compose,
    quoted,
)
from forum.views.kept import keeps_text, show_kept, unpack
from forum.writing import source_sent
from safety.files import FileRefusedError
from safety.guard import ConfirmationNeededError, PatientDataError
from safety.text import TextRefusedError

REFUSED = 422
OLD_PAGE = 403


def _on_old_page(get_place: Any) -> Any:
    def show(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        compose = _from_request(request, get_place(request.user, **kwargs))
        compose.error = _("Siden har stått åpen for lenge. Teksten din er her – trykk én gang til.")
        return _show_again(request, compose, status=OLD_PAGE)

    return show


@keeps_text(_on_old_page(get_place_to_start))
@require_http_methods(["GET", "POST"])
def topic_start(request: HttpRequest, slug: str) -> HttpResponse:
    """`?om=leksjon:<uuid>`, `?om=kurs:<uuid>` or `?om=prinsipp:<uuid>` says what the topic is about."""
    return _write(request, get_place_to_start(request.user, slug))


@keeps_text(_on_old_page(get_place_to_reply))
@require_http_methods(["GET", "POST"])
def reply(request: HttpRequest, pk: int) -> HttpResponse:
    """`?til=<post>` answers a post of the topic, `&sitat=1` with its words as a quotation, and its warning."""
    is_posting = request.method == "POST" and request.POST.get("do", "post") == "post"
    return _write(request, get_place_to_reply(request.user, pk, is_posting=is_posting))


@keeps_text(_on_old_page(get_place_to_edit))
@require_http_methods(["GET", "POST"])
def post_edit(request: HttpRequest, pk: int) -> HttpResponse:
    return _write(request, get_place_to_edit(request.user, pk))


@csrf_exempt
@never_cache
@require_POST
@sensitive_post_parameters()
@sensitive_variables()
def resume(request: HttpRequest) -> HttpResponse:
    """After signing in again: the form with the text that was sent while signed out. Changes nothing.

    What may come in here is what Flett itself signed for this account, so no other site can put words in a form.
    """
    person: Any = request.user
    try:
        kept = unpack(request)
    except signing.BadSignature:
        return redirect("forum:drafts")
    login_url = f"{reverse('account_login')}?{urlencode({'next': kept['back'] or reverse('forum:drafts')})}"
    if not person.is_authenticated:
        return show_kept(request, kept=kept, login_url=login_url)
    if kept["account"] and kept["account"] != account_key(person):
        return show_kept(request, kept=kept, login_url=login_url, is_other=True)
    place = get_place_by_key(person, kept["place"])
    data = QueryDict(mutable=True)
    for name, value in kept.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    compose = _from_data(data, person=person, place=place)
    compose.error = _("Teksten din er her. Den er ikke lagt ut ennå.")
    return _show_again(request, compose)


@sensitive_variables()
def _write(request: HttpRequest, place: Place) -> HttpResponse:
    if request.method == "GET":
        return _show(request, _begin(request, place))
    compose = _from_request(request, place)
    task, _sign, argument = request.POST.get("do", "post").partition(":")
    if task == "save":
        return _save(request, compose)
    if task == "attach":
        return _attach(request, compose)
    if task == "remove":
        return _remove(request, compose, argument)
    return _post(request, compose)


@sensitive_variables()
def _begin(request: HttpRequest, place: Place) -> Compose:
    person: Any = request.user
    answered = request.GET.get("til", "")
    reply_to = None
    if place.topic is not None and place.post is None and answered.isdecimal() and len(answered) < 18:
        visible = posts_visible_to(person).select_related("author", "pseudonym")
        reply_to = get_object_or_404(visible.filter(topic=place.topic), pk=int(answered))
    compose = make_compose(person=person, place=place, subject=request.GET.get("om", ""), reply_to=reply_to)
    if reply_to is not None and request.GET.get("sitat") and not compose.text:
        compose.begin_from(source=quoted(reply_to), source_format=Post.Format.HTML)
        compose.content_warning = compose.content_warning or reply_to.content_warning
    return compose


@sensitive_variables()
def _from_request(request: HttpRequest, place: Place) -> Compose:
    return _from_data(request.POST, person=request.user, place=place)


@sensitive_variables()
def _from_data(data: QueryDict, *, person: Any, place: Place) -> Compose:
    """The form as it was sent, to be shown again or acted on."""
    compose = make_empty_compose(person=person, place=place)
    compose.title = data.get("title", "")
    compose.content_warning = data.get("content_warning", "")
    compose.as_pseudonym = bool(data.get("as_pseudonym")) and compose.pseudonym is not None
    compose.submission = as_uuid(data.get("submission", "")) or compose.submission
    version = data.get("version", "")
    compose.version = int(version) if version.isdecimal() and len(version) < 11 else 0
    source, source_format = source_sent(
        data.get("source", ""), source_format=data.get("source_format", ""), formatted=data.get("formatted", "")
    )
    compose.begin_from(source=source, source_format=source_format)
    if place.topic is None:
        add_choices(compose, person=person, principles=set(data.getlist("principles")), subject=data.get("subject", ""))
    elif place.post is None:
        answered = data.get("reply_to", "")
        number = int(answered) if answered.isdecimal() and len(answered) < 18 else 0
        if number:
            visible = posts_visible_to(person).select_related("author", "pseudonym").filter(topic=place.topic)
            compose.reply_to = visible.filter(pk=number).first()
    return compose


@sensitive_variables()
def _show(request: HttpRequest, compose: Compose, *, status: int = 200) -> HttpResponse:
    context = {"compose": compose, "space": compose.place.space, "topic": compose.place.topic, "is_page": True}
    return render(request, "forum/compose.html", context, status=status)


@sensitive_variables()
def _show_again(request: HttpRequest, compose: Compose, *, status: int = 200) -> HttpResponse:
    """What was sent, with the files that are there now."""
    person: Any = request.user
    compose.files = get_files(person=person, place=compose.place)
    return _show(request, compose, status=status)


@sensitive_variables()
def _choices(compose: Compose) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    if keys := [str(principle.translation_key) for principle, is_chosen in compose.principles if is_chosen]:
        chosen["principles"] = keys
    if compose.subject is not None:
        chosen["subject"] = compose.subject.value
    if compose.reply_to is not None:
        chosen["reply_to"] = compose.reply_to.pk
    return chosen


@sensitive_variables()
def _keep(request: HttpRequest, compose: Compose) -> None:
    """Save the draft, masked. Raises StaleDraftError and TextRefusedError."""
    if not compose.place.keeps_drafts:
        return
    person: Any = request.user
    draft = save_draft(
        person=person,
        place=compose.place.key,
        source=compose.source,
        source_format=compose.source_format,
        title=compose.title,
        content_warning=compose.content_warning,
        as_pseudonym=compose.as_pseudonym,
        choices=_choices(compose),
        base_version=compose.version,
    )
    if draft is not None:
        compose.draft, compose.version = draft, draft.version


@sensitive_variables()
def _keep_unless_stale(request: HttpRequest, compose: Compose) -> None:
    """As `_keep`, beside something else that was asked for: what another device has saved is left."""
    with suppress(StaleDraftError):
        _keep(request, compose)


@sensitive_variables()
def _save(request: HttpRequest, compose: Compose) -> HttpResponse:
    try:
        _keep(request, compose)
    except StaleDraftError as stale:
        compose.stale = stale.draft
        compose.version = stale.draft.version if stale.draft else 0
        compose.error = _(
            "Utkastet er endret et annet sted: i en annen fane eller på en annen enhet. Det du har skrevet her, står "
            "under. Trykk «Lagre utkast» igjen hvis det er dette du vil beholde."
        )
        return _show_again(request, compose, status=409)
    except TextRefusedError as error:
        compose.error = error.message
        return _show_again(request, compose, status=REFUSED)
    messages.success(request, _("Utkastet er lagret. Bare du ser det."))
    return redirect(compose.place.url)


@sensitive_variables()
def _attach(request: HttpRequest, compose: Compose) -> HttpResponse:
    """Keep a file beside the text, which comes back as it was."""
    person: Any = request.user
    file = request.FILES.get("file")
    status = 200
    if file is None:
        compose.file_error, status = _("Velg en fil først."), REFUSED
        return _show_again(request, compose, status=status)
    try:
        _keep_unless_stale(request, compose)
        _attachment, notices = add_attachment(
            person=person,
            place=compose.place.key,
            post=compose.place.post,
            file=file,
            name=file.name or "",
            alt_text=request.POST.get("alt_text", ""),
            confirmed=bool(request.POST.get("file_confirmed")),
        )
    except ConfirmationNeededError as error:
        compose.file_question, status = error.message, REFUSED
    except (FileRefusedError, TextRefusedError) as error:
        compose.file_error, status = error.message, REFUSED
    else:
        compose.file_notices = notices
    return _show_again(request, compose, status=status)


@sensitive_variables()
def _remove(request: HttpRequest, compose: Compose, key: str) -> HttpResponse:
    person: Any = request.user
    wanted = [each.pk for each in get_files(person=person, place=compose.place) if str(each.key) == key]
    for attachment in Attachment.objects.filter(pk__in=wanted).select_related("post"):
        remove_attachment(person=person, attachment=attachment)
    return _show_again(request, compose)


@sensitive_variables()
def _post(request: HttpRequest, compose: Compose) -> HttpResponse:
    confirmed = bool(request.POST.get("confirmed"))
    try:
        post = _do(request, compose, confirmed=confirmed)
    except PatientDataError as error:
        compose.error, compose.errors = error.message, frozenset(error.findings)
        _keep_unless_stale(request, compose)
        compose.mask()
        return _show_again(request, compose, status=REFUSED)
    except ConfirmationNeededError as error:
        compose.question = error.message
        _keep_unless_stale(request, compose)
        return _show_again(request, compose, status=REFUSED)
    except TextRefusedError as error:
        compose.error = error.message
        return _show_again(request, compose, status=REFUSED)
    if post.state == State.HELD:
        messages.success(request, _("Innlegget er sendt. Det vises når en rådgiver har sett det."))
    elif compose.place.post is not None:
        messages.success(request, _("Endringen er lagret."))
    else:
        messages.success(request, _("Innlegget er lagt ut."))
    return redirect(post)


@sensitive_variables()
def _do(request: HttpRequest, compose: Compose, *, confirmed: bool) -> Post:
    person: Any = request.user
    place = compose.place
    written: dict[str, Any] = {
        "source": compose.source,
        "source_format": compose.source_format,
        "content_warning": compose.content_warning,
        "confirmed": confirmed,
    }
    if place.post is not None:
        return actions.edit_post(editor=person, post=place.post, title=compose.title or None, **written)
    written |= {"as_pseudonym": compose.as_pseudonym, "submission": compose.submission}
    if place.topic is not None:
        return actions.reply(author=person, topic=place.topic, reply_to=compose.reply_to, **written)
    written["principle_keys"] = [principle.translation_key for principle, is_chosen in compose.principles if is_chosen]
    subject = compose.subject
    if subject is not None and subject.item is not None:
        return discuss_item(author=person, item=subject.item, title=compose.title, **written)
    topic = actions.start_topic(
        author=person,
        space=place.space,
        title=compose.title,
        subject=(subject.kind, subject.key) if subject else None,
        **written,
    )
    return topic.posts.get(number=1)
