"""Certificates in Wagtail's admin, for those who may take one back: found by the whole code, revoked with a reason.

Nobody makes, changes or deletes one here. There is no list of who has which: one certificate at a time, by its code,
and those that are revoked.
"""

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.log_actions import log
from wagtail.permission_policies.base import BasePermissionPolicy

from learning.actions.certificates import AlreadyRevokedError, revoke_certificate
from learning.certificates.addresses import certificate_url
from learning.models import Certificate
from learning.permissions import REVOKE, user_can_revoke_certificates
from learning.queries.certificates import RevocationReason, get_standing, reason_in_words
from people.models import User
from people.typesetting.codes import read_code, show_code


class RevokersOnly(BasePermissionPolicy):
    """To look, and nothing else: whoever may revoke."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        return action == "view" and user_can_revoke_certificates(user)

    def users_with_any_permission(self, actions: Iterable[str]) -> QuerySet[User]:
        if "view" not in actions:
            return User.objects.none()
        app, codename = REVOKE.split(".")
        in_group = Q(groups__permissions__content_type__app_label=app, groups__permissions__codename=codename)
        return User.objects.filter(in_group | Q(is_superuser=True), is_active=True).distinct()


class CertificateIndexView(generic.IndexView):
    def search_queryset(self, queryset: Any) -> Any:
        if self.is_searching:
            return queryset.filter(code=read_code(self.search_query))
        return queryset.filter(revoked_at__isnull=False)

    def get_edit_url(self, instance: Certificate) -> str:
        return reverse("certificate_admin:revoke", args=[instance.pk])


class CertificateViewSet(ModelViewSet):
    model = Certificate
    name = "certificates"
    url_prefix = "learning/certificates"
    icon = "check"
    menu_label = gettext_lazy("Kursbevis")
    menu_order = 255
    add_to_admin_menu = True
    add_to_reference_index = False
    copy_view_enabled = False
    index_view_class = CertificateIndexView
    list_display: ClassVar[list[Any]] = [
        "code",
        Column("title", label=gettext_lazy("Kurs")),
        Column("holder_name", label=gettext_lazy("Navn")),
        Column("completed_on", label=gettext_lazy("Fullført")),
        DateColumn("revoked_at", label=gettext_lazy("Trukket tilbake"), width="15%"),
    ]
    form_fields: ClassVar[list[str]] = []
    search_fields: ClassVar[list[str]] = ["code"]
    search_backend_name = None
    ordering: ClassVar[list[str]] = ["-revoked_at", "-pk"]
    list_per_page = 50

    @property
    def permission_policy(self) -> RevokersOnly:
        return RevokersOnly(self.model)


class RevokeForm(forms.Form):
    reason = forms.ChoiceField(
        label=gettext_lazy("Grunn"),
        choices=RevocationReason.choices,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("Den som kontrollerer beviset, ser grunnen og datoen."),
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """One certificate, and the way to take it back."""
    if not user_can_revoke_certificates(request.user):
        raise PermissionDenied
    certificate = get_object_or_404(Certificate.objects.select_related("learner", "revoked_by"), pk=pk)
    form = RevokeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            revoke_certificate(
                certificate=certificate,
                reason=form.cleaned_data["reason"],
                by=request.user,  # type: ignore[arg-type]
            )
        except AlreadyRevokedError:
            messages.error(request, _("Beviset er allerede trukket tilbake."))
        else:
            log(instance=certificate, action="wagtail.edit", content_changed=True)
            messages.success(request, _("Beviset er trukket tilbake."))
        return redirect("certificate_admin:revoke", pk)
    context = {
        "certificate": certificate,
        "shown_code": show_code(certificate.code),
        "standing": get_standing(certificate).value,
        "reason": reason_in_words(certificate.revoked_reason),
        "address": certificate_url(certificate.code),
        "form": form,
        "list_url": reverse("certificates:index"),
    }
    return render(request, "learning/admin/revoke_certificate.html", context)


@hooks.register("register_admin_viewset")
def certificate_viewset() -> CertificateViewSet:
    return CertificateViewSet()


@hooks.register("register_admin_urls")
def certificate_urls() -> list[URLPattern | URLResolver]:
    own = [path("<int:pk>/revoke/", revoke, name="revoke")]
    return [path("certificates/", include((own, "certificate_admin"), namespace="certificate_admin"))]


@hooks.register("register_permissions")
def certificate_permissions() -> QuerySet[Permission]:
    """So that an administrator can give a group the right to revoke."""
    app, codename = REVOKE.split(".")
    return Permission.objects.filter(content_type__app_label=app, codename=codename)
