"""A leader reminds a member."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from learning import actions
from learning.models import SentNotice
from learning.permissions import user_can_remind
from people.models import Membership, User
from people.queries.directory import get_managed_team_for


class PersonRequest(HttpRequest):
    """A request from somebody who has signed in."""

    user: User


@login_required
@never_cache
@require_POST
def remind(request: PersonRequest, slug: str, pk: int) -> HttpResponse:
    """Send a member a friendly reminder of the team's path; then back to `next`, else to the team's people.

    For those who manage the team. Refused for oneself.
    """
    team = get_managed_team_for(request.user, slug)
    members = Membership.objects.active().filter(person__is_active=True).select_related("person", "team")
    membership = get_object_or_404(members, pk=pk, team=team)
    if not user_can_remind(request.user, membership):
        raise PermissionDenied
    name = {"name": membership.person}
    try:
        notice = actions.remind_member(by=request.user, membership=membership)
    except actions.NotAskedForError:
        messages.info(request, _("Teamet ber ikke %(name)s ta denne opplæringen nå.") % name)
    except actions.AlreadyCompletedError:
        messages.info(request, _("%(name)s har fullført. Ingen påminnelse er sendt.") % name)
    except actions.NotReachableError:
        messages.info(request, _("Flett kan ikke minne %(name)s på e-post. Ta det gjerne når dere møtes.") % name)
    except actions.RemindedLatelyError as error:
        words = name | {"day": date_format(timezone.localtime(error.at), "DATE_FORMAT")}
        messages.info(request, _("%(name)s fikk en påminnelse %(day)s. Vent litt før du sender en til.") % words)
    except actions.TooManyRemindersError:
        messages.error(request, _("Du har sendt mange påminnelser i dag. Prøv igjen i morgen."))
    else:
        tell_of(request, notice, name)
    return redirect(way_back(request, fallback=reverse("people:members", args=[team.slug])))


def tell_of(request: HttpRequest, notice: SentNotice, name: dict[str, User]) -> None:
    """Sent at once, or on its way: with a worker, or while the mail server is away."""
    if SentNotice.objects.filter(pk=notice.pk, sent_at__isnull=False).exists():
        messages.success(request, _("Påminnelsen til %(name)s er sendt. Der står det at den kommer fra deg.") % name)
    else:
        messages.success(request, _("Påminnelsen til %(name)s er på vei. Der står det at den kommer fra deg.") % name)


def way_back(request: HttpRequest, *, fallback: str) -> str:
    """`next` where it leads within the site, else the fallback."""
    target = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if is_ours else fallback
