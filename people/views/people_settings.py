"""What the national group decides for everybody."""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from people import team_actions
from people.models import PeopleSettings
from people.permissions import user_can_set_people_settings


class PeopleSettingsForm(forms.ModelForm):
    class Meta:
        model = PeopleSettings
        fields: ClassVar[list[str]] = ["onboarding_days", "invitation_days", "deletion_days", "unused_months"]
        widgets: ClassVar[dict[str, Any]] = {
            "onboarding_days": forms.NumberInput(attrs={"inputmode": "numeric"}),
            "invitation_days": forms.NumberInput(attrs={"inputmode": "numeric"}),
            "deletion_days": forms.NumberInput(attrs={"inputmode": "numeric"}),
            "unused_months": forms.NumberInput(attrs={"inputmode": "numeric"}),
        }


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def people_settings(request: HttpRequest) -> HttpResponse:
    """How long onboarding takes, an invitation lasts, an account is kept. For national groups and administrators."""
    if not user_can_set_people_settings(request.user):
        raise PermissionDenied
    form = PeopleSettingsForm(request.POST or None, instance=PeopleSettings.load())
    if request.method == "POST" and form.is_valid():
        team_actions.set_people_settings(**form.cleaned_data)
        messages.success(request, _("Fristene er lagret. De gjelder for dem som begynner fra nå av."))
        return redirect("people:people-settings")
    status = 422 if form.errors else 200
    return TemplateResponse(request, "people/people_settings.html", {"form": form}, status=status)
