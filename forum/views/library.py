"""The library: finding, sharing, new versions, building on, comparing, downloading."""

from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.template.response import TemplateResponse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from forum.actions import library as actions
from forum.as_seen import ChangedSinceError
from forum.forms_library import (
    ContentForm,
    DetailsForm,
    ShareForm,
    VersionForm,
    initial_content,
    initial_details,
    initial_of_answer,
)
from forum.forms_spaces import CHANGED_SINCE
from forum.kept_pages import serve_answers
from forum.lineage import draw
from forum.models import LibraryFile, LibraryItem, LibraryVersion, Post, State
from forum.permissions import posts_visible_to, user_is_member
from forum.permissions.library import teams_spoken_for_by, user_can_decide_item, user_can_make_item_of
from forum.queries.joined import credit_of_post, get_made_item, posts_to_make_items_of
from forum.queries.library import (
    FACETS,
    RELEVANCE,
    SORTS,
    Library,
    LibraryFilter,
    ask_item_page,
    ask_library,
    get_comparison,
    get_file_for,
    get_item_for,
    get_version_for,
    get_versions,
    make_item_page,
    make_library,
    spaces_to_share_in,
    usual_sort,
)
from forum.queries.subjects import principle_index_digest, reader_language
from forum.views.attachments import serve_file
from forum.views.kept_forms import keeps_form
from safety.files import FileRefusedError
from safety.guard import ConfirmationNeededError
from safety.text import TextRefusedError

REFUSED = 422
QUERY = {
    "q": "words",
    "slag": "kind",
    "fase": "phase",
    "program": "programme",
    "sprak": "language",
    "fylke": "county",
    "lisens": "licence",
    "prinsipp": "principle",
    "emneord": "tag",
    "rom": "space",
}
"""What a list is cut by, as its address says it."""
LONGEST = 100


def read_filter(query: QueryDict) -> LibraryFilter:
    """What the reader asks for. What there is not, is not asked for."""
    wanted = {name: " ".join(query.get(word, "")[:LONGEST].split()) for word, name in QUERY.items()}
    for name in FACETS:
        choices = dict(LibraryItem._meta.get_field(name).flatchoices)  # type: ignore[union-attr]
        if choices and wanted[name] not in choices:
            wanted[name] = ""
    try:
        wanted["principle"] = str(UUID(wanted["principle"]))
    except ValueError:
        wanted["principle"] = ""
    return LibraryFilter(**wanted)


def query_of(chosen: LibraryFilter, sort: str, **others: Any) -> str:
    """The address of a list without its path."""
    kept = {word: getattr(chosen, name) for word, name in QUERY.items()} | {"sorter": sort} | others
    usual = ("sorter", usual_sort(chosen))
    return urlencode({word: value for word, value in kept.items() if value and (word, value) != usual})


@login_required
@never_cache
@require_safe
def library(request: HttpRequest) -> HttpResponse:
    """What may be seen of the library, by what was chosen."""
    chosen = read_filter(request.GET)
    sort = request.GET.get("sorter", "")
    usual = usual_sort(chosen)
    sort = sort if sort in SORTS and (sort != RELEVANCE or usual == RELEVANCE) else usual
    wanted = request.GET.get("side", "")
    page = int(wanted) if wanted.isdecimal() and len(wanted) < 6 else 1
    answered = ask_library(request.user, chosen, sort=sort, page=page)
    if not (chosen or answered.answers.has("counts")) and not user_is_member(request.user):
        return TemplateResponse(request, "forum/home_no_team.html", {"invitations": []})

    def context() -> dict[str, Any]:
        found = make_library(answered, chosen)
        facets = _facet_rows(found)
        return {
            "library": found,
            "chosen": chosen,
            "sort": sort,
            "has_words": usual == RELEVANCE,
            "facets": facets,
            "has_facet": any(facet["is_chosen"] for facet in facets),
            "newer": query_of(chosen, sort, side=found.page - 1) if found.page > 1 else "",
            "older": query_of(chosen, sort, side=found.page + 1) if found.page < found.page_count else "",
        }

    principles = principle_index_digest(language=reader_language())
    return serve_answers(request, "forum/library/list.html", answered.answers, context, principles)


def _facet_rows(found: Library) -> list[dict[str, Any]]:
    """A select for each facet that has something to choose between."""
    labels = {
        "kind": _("Slag"),
        "principle": _("Prinsipp"),
        "phase": _("Fase"),
        "programme": _("Program"),
        "language": _("Språk"),
        "county": _("Fylke"),
        "licence": _("Lisens"),
    }
    words = {name: word for word, name in QUERY.items()}
    return [
        {
            "name": words[name],
            "label": label,
            "choices": found.facets[name],
            "is_chosen": any(choice.is_chosen for choice in found.facets[name]),
        }
        for name, label in labels.items()
        if found.facets[name]
    ]


@login_required
@never_cache
@require_safe
def item(request: HttpRequest, pk: int) -> HttpResponse:
    """An item with its newest version, what it is part of, and its older versions."""
    answers = ask_item_page(request.user, pk)

    def context() -> dict[str, Any]:
        page = make_item_page(request.user, answers)
        return {"item": page.item, "page": page, "picture": draw(page.family) if page.family else None}

    principles = principle_index_digest(language=reader_language())
    return serve_answers(request, "forum/library/item.html", answers, context, principles)


# --- sharing -------------------------------------------------------------------------------------------

FORM_BYTES_MOST = 220 * 1024 * 1024
"""Of a form with its files; four of the largest."""


def within(most: int) -> Any:
    """For a view that takes files: a body that claims to be larger is refused before anything reads it.

    Django reads the whole body to find the form's token, so the token is asked for after. A view
    that `keeps_form` asks for it itself.
    """

    def decorate(view: Any) -> Any:
        inside = csrf_protect(view)

        @csrf_exempt
        @wraps(view)
        def measured(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            claimed = request.META.get("CONTENT_LENGTH") or "0"
            if claimed.isdecimal() and int(claimed) > most:
                context = {"most": most // (1024 * 1024), "back": request.path}
                return render(request, "forum/library/too_large.html", context, status=413)
            answer: HttpResponse = inside(request, *args, **kwargs)
            return answer

        return measured

    return decorate


@within(FORM_BYTES_MOST)
@keeps_form
@sensitive_variables()
@require_http_methods(["GET", "POST"])
def share(request: HttpRequest) -> HttpResponse:
    """Share something new. `?bygg=<version>` builds on what somebody else has shared, `?svar=<post>` makes it of the
    answer that helped.
    """
    person: Any = request.user
    spaces = spaces_to_share_in(person)
    if not spaces.exists():
        raise PermissionDenied
    wanted = request.GET.get("bygg", "")
    source = get_version_for(person, int(wanted)) if wanted.isdecimal() and len(wanted) < 18 else None
    answer = _find_answer(request)
    made = get_made_item(person, answer)
    if made is not None and request.method == "GET":
        return redirect(made)
    initial = _initial_of_new(request, source) | (initial_of_answer(answer) if answer else {})
    form = ShareForm(request.POST if request.method == "POST" else None, user=person, initial=initial)
    if answer is not None:
        form.keep_in(answer.topic.space)
    context = {"form": form, "source": source, "answer": answer, "credit": credit_of_post(answer) if answer else ""}

    def act() -> LibraryItem:
        return actions.share_item(
            person=person,
            space=form.cleaned_data["space"],
            details=form.details(),
            content=form.content(),
            based_on=source,
            from_post=answer,
            confirmed=form.cleaned_data["confirmed"],
        )

    return _with_files(request, form, "forum/library/share.html", context, act, _("Delt. Nå kan andre finne den."))


def _find_answer(request: HttpRequest) -> Post | None:
    """The answer that is to become an item. Raises Http404 where there is none, PermissionDenied for who may not."""
    wanted = request.GET.get("svar", "")
    if not (wanted.isdecimal() and len(wanted) < 18):
        return None
    visible = posts_to_make_items_of().filter(pk__in=posts_visible_to(request.user).values("pk"))
    answer = get_object_or_404(visible, pk=int(wanted))
    if answer.topic.accepted_post_id != answer.pk or not user_can_make_item_of(request.user, answer.topic):
        raise PermissionDenied
    return answer


def _initial_of_new(request: HttpRequest, source: LibraryVersion | None) -> dict[str, Any]:
    """A new item begins with the reader's own team and place; one that builds on another, with what that says."""
    person: Any = request.user
    team = teams_spoken_for_by(person).order_by("name").first()
    own = {"team": team.pk if team else None, "county": team.county if team else ""}
    if source is None:
        space = spaces_to_share_in(person).filter(slug=request.GET.get("rom", "")).first()
        return own | {"space": space.pk if space else None}
    writable = spaces_to_share_in(person).filter(pk=source.item.space_id).exists()
    said = initial_details(source.item)
    return (
        said
        | own
        | initial_content(source)
        | {"review_on": None}
        | ({"space": source.item.space_id} if writable else {})
    )


@within(FORM_BYTES_MOST)
@keeps_form
@sensitive_variables()
@require_http_methods(["GET", "POST"])
def new_version(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand in a new version. The old ones stay."""
    person: Any = request.user
    found = get_item_for(person, pk)
    if not found.may_edit:
        raise PermissionDenied
    initial = initial_content(found.current) if found.current else {}
    form = VersionForm(request.POST if request.method == "POST" else None, initial=initial)

    def act() -> LibraryItem:
        return actions.add_version(
            person=person, item=found, content=form.content(), confirmed=form.cleaned_data["confirmed"]
        ).item

    return _with_files(
        request, form, "forum/library/version.html", {"form": form, "item": found}, act, _("Den nye versjonen er delt.")
    )


@sensitive_variables()
def _with_files(
    request: HttpRequest, form: ContentForm, template: str, context: dict[str, Any], act: Any, done: str
) -> HttpResponse:
    """A form with files beside it. Files are kept when they come, so that a mistake elsewhere does not lose them."""
    person: Any = request.user
    submission = form.initial.get("submission") or form.fields["submission"].initial
    context["submission"] = submission() if callable(submission) else submission
    if request.method == "GET":
        form.initial["submission"] = context["submission"]
        return render(request, template, context | {"files": []})
    try:
        key = UUID(request.POST.get("submission", ""))
    except ValueError:
        raise Http404 from None
    task, _sign, argument = request.POST.get("do", "share").partition(":")
    kept = LibraryFile.objects.filter(uploader=person, upload=key, version__isnull=True)
    if task == "remove":
        for file in kept:
            if str(file.key) == argument:
                actions.remove_library_file(person=person, file=file)
        form = _unbound(form)
        return render(request, template, context | {"form": form, "files": list(kept.defer("text"))})
    problems, questions, notices = _take_files(request, key)
    context |= {"file_errors": problems, "file_questions": questions, "file_notices": notices}
    if task == "attach" and not (problems or questions or request.FILES):
        context["file_errors"] = [_("Velg en fil først.")]
    stops = task == "attach" or problems or questions
    if stops:
        form = _unbound(form)
    elif form.is_valid():
        try:
            found = act()
        except FileRefusedError as error:
            context["file_errors"] = [error.message]
        except TextRefusedError as error:
            form.refuse(error)
        else:
            messages.success(request, done)
            return redirect(found)
    status = 200 if task == "attach" and not (context["file_errors"] or questions) else REFUSED
    return render(request, template, context | {"form": form, "files": list(kept.defer("text"))}, status=status)


def _unbound(form: ContentForm) -> ContentForm:
    """The same form as it was filled in, without being judged."""
    for name, shown in form.fields.items():
        form.initial[name] = shown.widget.value_from_datadict(form.data, form.files, form.add_prefix(name))
    form.is_bound = False
    return form


@sensitive_variables()
def _take_files(request: HttpRequest, submission: UUID) -> tuple[list[str], list[str], list[str]]:
    """Keep the files that were sent. What is refused, what must be confirmed, and what the person should know."""
    person: Any = request.user
    problems: list[str] = []
    questions: list[str] = []
    notices: list[str] = []
    for sent in request.FILES.getlist("file"):
        try:
            kept, said = actions.add_library_file(
                person=person,
                submission=submission,
                file=sent,
                name=sent.name or "",
                confirmed=bool(request.POST.get("file_confirmed")),
            )
        except ConfirmationNeededError as error:
            questions.append(error.message)
        except (FileRefusedError, TextRefusedError) as error:
            problems.append(error.message)
        else:
            notices += [f"{kept.name}: {each}" for each in said]
    return problems, questions, notices


@keeps_form
@sensitive_variables()
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """What is said of an item; its versions stay as they are."""
    person: Any = request.user
    found = get_item_for(person, pk)
    if not found.may_edit:
        raise PermissionDenied
    form = DetailsForm(
        request.POST if request.method == "POST" else None, user=person, item=found, initial=initial_details(found)
    )
    seen = request.POST.get("seen") if form.is_bound else actions.seal_of_item(found)
    if request.method == "POST" and form.is_valid():
        try:
            actions.edit_item(
                person=person,
                item=found,
                details=form.details(),
                confirmed=form.cleaned_data["confirmed"],
                seen=seen,
            )
        except ChangedSinceError as error:
            seen = error.now
            form.add_error(None, CHANGED_SINCE)
        except TextRefusedError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Endringen er lagret."))
            return redirect(found)
    status = REFUSED if form.is_bound else 200
    return render(request, "forum/library/edit.html", {"form": form, "item": found, "seen": seen}, status=status)


@login_required
@never_cache
@require_POST
def use(request: HttpRequest, pk: int) -> HttpResponse:
    """«Brukes av oss»: for a team the person is in."""
    person: Any = request.user
    found = get_item_for(person, pk)
    wanted = request.POST.get("team", "")
    team = get_object_or_404(teams_spoken_for_by(person), pk=int(wanted) if wanted.isdecimal() else 0)
    uses = request.POST.get("uses") == "1"
    actions.say_use(person=person, item=found, team=team, uses=uses)
    said = _("Nå står det at %(team)s bruker den.") if uses else _("Nå står det ikke lenger at %(team)s bruker den.")
    messages.success(request, said % {"team": team.name})
    return redirect(found)


@login_required
@never_cache
@require_POST
def state(request: HttpRequest, pk: int) -> HttpResponse:
    """Hide an item of one's own where one moderates, or show it again. Another's is decided about in its case."""
    found = get_item_for(request.user, pk)
    wanted = State.HIDDEN if request.POST.get("shown") == "0" else State.NORMAL
    person: Any = request.user
    if user_can_decide_item(person, found):
        return redirect("forum:item-case", pk=found.pk)
    actions.set_item_state(person=person, item=found, state=wanted)
    messages.success(request, _("Den er skjult.") if wanted == State.HIDDEN else _("Den vises igjen."))
    return redirect(found)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an item away with all its files, after asking once."""
    found = get_item_for(request.user, pk)
    if not found.may_edit:
        raise PermissionDenied
    if request.method == "POST":
        actions.set_item_state(person=request.user, item=found, state=State.DELETED)  # type: ignore[arg-type]
        messages.success(request, _("«%(title)s» er slettet.") % {"title": found.title})
        return redirect("forum:library")
    return TemplateResponse(request, "forum/library/delete.html", {"item": found})


# --- reading -------------------------------------------------------------------------------------------


@login_required
@never_cache
@require_safe
def compare(request: HttpRequest, before: int, after: int) -> HttpResponse:
    """What was changed from one version to another, of one item or of two in a family."""
    old, new = get_version_for(request.user, before), get_version_for(request.user, after)
    if old.item.family != new.item.family:
        raise Http404
    context = {
        "old": old,
        "new": new,
        "comparison": get_comparison(old, new),
        "versions": get_versions(new.item),
        "old_versions": get_versions(old.item) if old.item_id != new.item_id else [],
    }
    return TemplateResponse(request, "forum/library/compare.html", context)


@login_required
@require_safe
@cache_control(private=True, no_cache=True)
def file(request: HttpRequest, key: UUID) -> HttpResponseBase:
    """A file, for those who may see its item. Counted for the item, and for nobody."""
    found = get_file_for(request.user, key)
    response = serve_file(request, found)
    is_whole = request.method == "GET" and "Range" not in request.headers and response.status_code in {200, 302}
    if is_whole and found.version is not None:
        actions.count_download(item_id=found.version.item_id)
    return response
