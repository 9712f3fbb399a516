"""Course certificates: one's own, the page where anyone checks one, and what digital ones point at."""

from uuid import UUID

from allauth.core.internal import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import translation
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_POST, require_safe

from learning.actions.certificates import (
    NoNameError,
    NothingToReissueError,
    issue_missing_certificates,
    reissue_certificate,
    set_shows_name,
)
from learning.actions.enrolments import NotAvailableError, start_again
from learning.actions.signing_keys import keep_signing_key
from learning.certificates.addresses import certificate_url
from learning.certificates.badges import (
    LIST_SIZE,
    bake_badge,
    describe_issuer,
    make_badge,
    make_status_list,
    publish_achievement,
)
from learning.certificates.keys import get_key
from learning.certificates.pdf import make_pdf
from learning.models import Certificate
from learning.permissions import certificates_held_by
from learning.queries.certificates import (
    Standing,
    get_certificate_by_code,
    get_own_certificates,
    get_published_keys,
    get_standing,
    get_subject_path,
    get_taken_back,
    reason_in_words,
)
from people.alphabet import fold
from people.models import User
from people.typesetting import show_hours
from people.typesetting.codes import read_code, show_code

CHECKS = {"check_certificate": "60/m/ip"}
"""A hospital shares one address, and nobody types sixty codes a minute."""
BADGE_KINDS = {"svg": "image/svg+xml", "jwt": "application/vc+jwt"}


class PersonRequest(HttpRequest):
    """A request from somebody who has signed in."""

    user: User


def get_certificate_for(user: User, code: str) -> Certificate:
    """One of one's own, by its code; 404 for everybody else's."""
    return get_object_or_404(certificates_held_by(user).select_related("learner", "replaced_by"), code=code)


def get_certificate_in_force_for(user: User, code: str) -> Certificate:
    """One of one's own that can still be shown; 403 for what is revoked or replaced."""
    certificate = get_certificate_for(user, code)
    if get_standing(certificate) in (Standing.REVOKED, Standing.REPLACED):
        raise PermissionDenied
    return certificate


@login_required
@never_cache
@require_safe
def own_certificates(request: PersonRequest) -> HttpResponse:
    """What one can show of what one has learnt. Whatever is completed and has no certificate gets it here."""
    needs_name = False
    try:
        issue_missing_certificates(person=request.user)
    except NoNameError:
        needs_name = True
    context = {
        "certificates": get_own_certificates(request.user),
        "needs_name": needs_name,
        "has_badges": get_key() is not None,
    }
    return TemplateResponse(request, "learning/certificates.html", context)


@login_required
@never_cache
@require_safe
def certificate_pdf(request: PersonRequest, code: str) -> HttpResponse:
    certificate = get_certificate_in_force_for(request.user, code)
    content = make_pdf(certificate, url=certificate_url(certificate.code))
    return as_file(content, content_type="application/pdf", name=file_name(certificate, "pdf"))


@login_required
@never_cache
@require_safe
def certificate_badge(request: PersonRequest, code: str, kind: str) -> HttpResponse:
    """The digital certificate, as a picture with the credential inside or as the credential alone."""
    certificate = get_certificate_in_force_for(request.user, code)
    key = get_key()
    if key is None:
        messages.error(request, _("Digitale kursbevis er ikke satt opp her ennå. PDF-en kan du laste ned."))
        return redirect("learning:certificates")
    keep_signing_key(key=key)
    token = make_badge(certificate, email=certificate.learner.email, key=key)
    content = bake_badge(token) if kind == "svg" else token.encode()
    return as_file(content, content_type=BADGE_KINDS[kind], name=file_name(certificate, kind))


def as_file(content: bytes, *, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def file_name(certificate: Certificate, ending: str) -> str:
    """«kursbevis-kommunikasjon.pdf»: letters that every system takes."""
    return f"kursbevis-{slugify(fold(certificate.title))[:60] or certificate.code.lower()}.{ending}"


@login_required
@require_POST
def show_name(request: PersonRequest, code: str) -> HttpResponse:
    certificate = get_certificate_for(request.user, code)
    set_shows_name(certificate=certificate, shows_name=request.POST.get("shows_name") == "on")
    messages.success(request, _("Lagret."))
    return redirect("learning:certificates")


@login_required
@require_POST
def reissue(request: PersonRequest, code: str) -> HttpResponse:
    certificate = get_certificate_for(request.user, code)
    try:
        reissue_certificate(certificate=certificate)
    except (NothingToReissueError, NoNameError):
        messages.error(request, _("Dette beviset kan ikke skrives ut på nytt."))
    else:
        messages.success(request, _("Beviset har det nye navnet ditt, og en ny kode. Den gamle viser videre."))
    return redirect("learning:certificates")


@login_required
@require_POST
def renew(request: PersonRequest, code: str) -> HttpResponse:
    """Take the course or path again. The certificate one has stays as it is."""
    certificate = get_certificate_for(request.user, code)
    if certificate.revoked_at is not None:
        raise PermissionDenied
    try:
        start_again(learner=request.user, kind=certificate.kind, subject_key=certificate.subject_key)
    except NotAvailableError:
        messages.error(request, _("Kurset er ikke i Flett nå, så det kan ikke tas på nytt."))
        return redirect("learning:certificates")
    messages.success(request, _("Du er i gang på nytt. Beviset du har, beholder du."))
    where = get_subject_path(kind=certificate.kind, subject_key=certificate.subject_key)
    return redirect(where or "learning:certificates")


@never_cache
@require_safe
def find_certificate(request: HttpRequest) -> HttpResponse:
    """Where a code is typed. A code that can be one leads to its page."""
    typed = request.GET.get("kode", "").strip()
    code = read_code(typed)
    if code:
        return redirect("learning:certificate", code)
    return check_page(request, typed=typed[:40], status=422 if typed else 200)


@never_cache
@require_safe
def certificate(request: HttpRequest, code: str) -> HttpResponse:
    """Whether a certificate is genuine, to anyone who has its code. The name only if the holder lets it be shown.

    An unknown code, one that can be none and one whose holder has left Flett give the same answer.
    """
    if not ratelimit.consume(request, app="learning", action="check_certificate", config=CHECKS, limit_get=True):
        return check_page(request, typed=code[:40], status=429)
    read = read_code(code)
    found = get_certificate_by_code(read)
    if found is None:
        return check_page(request, typed=code[:40], status=404)
    if read != code:
        return redirect("learning:certificate", read)
    standing = get_standing(found)
    context = {
        "certificate": found,
        "shown_code": show_code(found.code),
        "standing": standing.value,
        "hours": show_hours(found.hours) if found.hours is not None else "",
        "reason": reason_in_words(found.revoked_reason),
        "shows_name": found.shows_name and standing in (Standing.VALID, Standing.EXPIRED),
        "newer": getattr(found, "replaced_by", None),
        "reader_language": language_wanted(request),
    }
    return kept_out_of_search(TemplateResponse(request, "learning/certificate.html", context))


def check_page(request: HttpRequest, *, typed: str, status: int) -> HttpResponse:
    context = {"typed": typed, "status": status, "reader_language": language_wanted(request)}
    return kept_out_of_search(TemplateResponse(request, "learning/certificate_check.html", context, status=status))


def kept_out_of_search(response: HttpResponse) -> HttpResponse:
    response["X-Robots-Tag"] = "noindex"
    return response


def language_wanted(request: HttpRequest) -> str:
    """The language the reader's browser asks for, where the address that was scanned is in another one; else empty."""
    wanted = translation.get_language_from_request(request)
    return wanted if wanted != translation.get_language() and request.headers.get("Accept-Language") else ""


# --- what digital certificates point at: open to all ------------------------------------------------------


@cache_control(public=True, max_age=3600)
@require_safe
def badge_issuer(request: HttpRequest) -> HttpResponse:
    return JsonResponse(describe_issuer(), content_type="application/ld+json")


@cache_control(public=True, max_age=3600)
@require_safe
def badge_keys(request: HttpRequest) -> HttpResponse:
    """All keys that have signed, and the one that will sign next: a JSON Web Key Set (RFC 7517)."""
    keys = get_published_keys()
    key = get_key()
    if key is not None and key.public_jwk not in keys:
        keys.insert(0, key.public_jwk)
    return JsonResponse({"keys": keys}, content_type="application/jwk-set+json")


@cache_control(public=True, max_age=3600)
@require_safe
def badge_achievement(request: HttpRequest, subject_key: UUID, version: int) -> HttpResponse:
    """What a course or a path was, as it stands on certificates: 404 where nobody has one for that version."""
    issued = Certificate.objects.filter(subject_key=subject_key, version=version).order_by("-pk").first()
    if issued is None:
        raise Http404
    return JsonResponse(publish_achievement(issued), content_type="application/ld+json")


@cache_control(public=True, max_age=300)
@require_safe
def badge_status(request: HttpRequest, number: int) -> HttpResponse:
    """Which of LIST_SIZE digital certificates are taken back, as one signed list."""
    if not ratelimit.consume(request, app="learning", action="check_certificate", config=CHECKS, limit_get=True):
        return HttpResponse(status=429)
    key = get_key()
    first = number * LIST_SIZE
    if key is None or not Certificate.objects.filter(pk__gte=first).exists():
        raise Http404
    taken_back = get_taken_back(first=first, last=first + LIST_SIZE - 1)
    return HttpResponse(make_status_list(number, taken_back=taken_back, key=key), content_type="application/vc+jwt")
