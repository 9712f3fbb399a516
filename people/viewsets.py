"""Administrators' lists in Wagtail's admin: teams, regions, roles, support groups and who is in them.

Nobody else sees them. Nothing is deleted here: a team is closed, a membership is ended. Forms hand over to actions.
"""

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet, ModelViewSetGroup
from wagtail.admin.widgets.button import Button, HeaderButton
from wagtail.log_actions import log
from wagtail.permission_policies.base import BasePermissionPolicy

from people import team_actions
from people.counties import COUNTIES
from people.models import Region, SupportGroup, SupportGroupMembership, Team, TeamRole, User
from people.permissions import user_can_edit_team_list
from people.team_forms import TeamForm
from safety.guard.forms import WithoutIdentityNumbers


class AdministratorsOnly(BasePermissionPolicy):
    """Administrators may do what is named; nobody else anything, whatever rights their groups have."""

    def __init__(self, model: type[models.Model], *, actions: Iterable[str]) -> None:
        super().__init__(model)
        self.actions = frozenset(actions)

    def user_has_permission(self, user: Any, action: str) -> bool:
        return action in self.actions and user_can_edit_team_list(user)

    def users_with_any_permission(self, actions: Iterable[str]) -> Any:
        if self.actions.isdisjoint(actions):
            return User.objects.none()
        return User.objects.filter(is_active=True, is_superuser=True)


class SavedByAction:
    """Saves what the form has made by an action, and logs it as Wagtail does."""

    form: Any
    log_action = ""
    has_content_changes = True

    def save_instance(self) -> Any:
        instance = self.form.save(commit=False)
        self.hand_over(instance)
        self.has_content_changes = self.form.has_changed()
        log(instance=instance, action=self.log_action, content_changed=self.has_content_changes)
        return instance

    def hand_over(self, instance: Any) -> None:
        if isinstance(instance, Team):
            team_actions.save_team(team=instance)
        else:
            team_actions.save_entry(entry=instance)


class CreateView(SavedByAction, generic.CreateView):
    log_action = "wagtail.create"


class EditView(SavedByAction, generic.EditView):
    log_action = "wagtail.edit"


class AdministratorViewSet(ModelViewSet):
    """A list that administrators add to and change."""

    add_view_class = CreateView
    edit_view_class = EditView
    copy_view_enabled = False
    add_to_reference_index = False
    actions: ClassVar[tuple[str, ...]] = ("add", "change", "view")
    list_per_page = 50

    @property
    def permission_policy(self) -> AdministratorsOnly:
        return AdministratorsOnly(self.model, actions=self.actions)

    def get_form_class(self, for_update: bool = False) -> type[forms.ModelForm]:
        made = super().get_form_class(for_update)
        return type(made.__name__, (WithoutIdentityNumbers, made), {})


class TeamAdminForm(TeamForm, WagtailAdminModelForm):
    """Everything about a team. The leader's form holds the rules of its own fields."""

    class Meta(TeamForm.Meta):
        fields: ClassVar[list[str]] = [
            "name",
            "programme",
            "country",
            "county",
            "region",
            "phase",
            "status_on",
            "status_source",
            "name_note",
            "municipalities",
            "hospital_trust",
            "about",
            "contact_route",
        ]

    def clean_name(self) -> str:
        return self.through_the_door("name")

    def clean_status_source(self) -> str:
        return self.through_the_door("status_source")

    def clean_name_note(self) -> str:
        return self.through_the_door("name_note")

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        county = data.get("county", "")
        if data.get("country") == Team.Country.NORWAY and county and county not in COUNTIES:
            self.add_error(
                "county",
                _("Norske fylker skrives slik: %(allowed)s.") % {"allowed": ", ".join(sorted(COUNTIES))},
            )
        return data


class TeamIndexView(generic.IndexView):
    """Searched as the directory is."""

    def search_queryset(self, queryset: Any) -> Any:
        return queryset.matching(self.search_query) if self.is_searching else queryset

    @property
    def header_buttons(self) -> list[Button]:
        return [
            *super().header_buttons,
            HeaderButton(_("Importer og eksporter"), url=reverse("team_list_admin:import"), icon_name="upload"),
        ]


class TeamViewSet(AdministratorViewSet):
    model = Team
    name = "teams"
    url_prefix = "people/teams"
    icon = "group"
    menu_label = gettext_lazy("Team")
    index_view_class = TeamIndexView
    list_display: ClassVar[list[Any]] = [
        "name",
        "county",
        "programme",
        "phase",
        DateColumn("status_on", label=gettext_lazy("Opplysningene er fra"), width="15%"),
    ]
    list_filter: ClassVar[list[str]] = ["county", "programme", "phase", "region"]
    search_fields: ClassVar[list[str]] = ["search_text"]
    search_backend_name = None
    ordering: ClassVar[list[str]] = ["sort_text"]

    def get_form_class(self, for_update: bool = False) -> type[forms.ModelForm]:
        return TeamAdminForm


class RegionViewSet(AdministratorViewSet):
    model = Region
    name = "regions"
    url_prefix = "people/regions"
    icon = "site"
    list_display: ClassVar[list[str]] = ["name", "key", "position"]
    form_fields: ClassVar[list[str]] = ["name", "key", "position"]


class TeamRoleViewSet(AdministratorViewSet):
    model = TeamRole
    name = "team_roles"
    url_prefix = "people/roles"
    icon = "user"
    list_display: ClassVar[list[str]] = ["name", "key", "leads_team", "position"]
    form_fields: ClassVar[list[str]] = ["name", "name_da", "name_en", "key", "position", "leads_team"]


class SupportGroupViewSet(AdministratorViewSet):
    model = SupportGroup
    name = "support_groups"
    url_prefix = "people/support-groups"
    icon = "group"
    list_display: ClassVar[list[str]] = ["name", "region"]
    form_fields: ClassVar[list[str]] = ["name", "region"]


class SupportMemberForm(WagtailAdminModelForm):
    """Somebody who has an account, by address: a list of everybody would be long, and is nobody's business."""

    email = forms.EmailField(
        label=gettext_lazy("E-postadresse"), help_text=gettext_lazy("Personen må ha en konto i Flett.")
    )

    class Meta:
        model = SupportGroupMembership
        fields: ClassVar[list[str]] = ["group"]

    field_order: ClassVar[list[str]] = ["email", "group"]

    def clean_email(self) -> str:
        person = User.objects.filter(email=self.cleaned_data["email"].strip().lower(), is_active=True).first()
        if person is None:
            raise ValidationError(_("Ingen konto har denne adressen."))
        self.instance.person = person
        return str(person.email)


class AddSupportMemberView(generic.CreateView):
    def save_instance(self) -> SupportGroupMembership:
        chosen = self.form.instance
        membership = team_actions.add_to_support_group(person=chosen.person, group=chosen.group)
        log(instance=membership, action="wagtail.create", content_changed=True)
        return membership

    def get_success_buttons(self) -> list[Any]:
        """There is nothing to edit: a membership lasts, or it is ended."""
        return []


class EndSupportMemberView(generic.DeleteView):
    """Ends the membership; the row stays as history."""

    page_title = gettext_lazy("Avslutt")
    success_message = gettext_lazy("%(object)s er avsluttet.")

    @property
    def confirmation_message(self) -> str:
        return _("Vil du avslutte dette? Personen mister tilgangen med én gang. Historikken blir stående.")

    def delete_action(self) -> None:
        team_actions.end_support_membership(membership=self.object)
        log(instance=self.object, action="wagtail.edit", content_changed=True)


class SupportMemberViewSet(AdministratorViewSet):
    model = SupportGroupMembership
    name = "support_members"
    url_prefix = "people/support-members"
    icon = "user"
    actions = ("add", "delete", "view")
    add_view_class = AddSupportMemberView
    delete_view_class = EndSupportMemberView
    list_display: ClassVar[list[Any]] = [
        "__str__",
        Column("group", label=gettext_lazy("Gruppe")),
        DateColumn("created_at", label=gettext_lazy("Fra"), width="15%"),
        DateColumn("ended_at", label=gettext_lazy("Avsluttet"), width="15%"),
    ]
    list_filter: ClassVar[list[str]] = ["group"]

    def get_form_class(self, for_update: bool = False) -> type[forms.ModelForm]:
        return SupportMemberForm


class AdministratorMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return user_can_edit_team_list(request.user)


class PeopleViewSetGroup(ModelViewSetGroup):
    """One place in the menu for teams and the lists around them."""

    menu_label = gettext_lazy("Team")
    menu_icon = "group"
    menu_order = 260
    items = (
        TeamViewSet,
        RegionViewSet,
        TeamRoleViewSet,
        SupportGroupViewSet,
        SupportMemberViewSet,
    )

    def get_submenu_items(self) -> list[MenuItem]:
        own = [
            AdministratorMenuItem(
                gettext_lazy("Importer teamliste"), reverse("team_list_admin:import"), icon_name="upload", order=900
            ),
            AdministratorMenuItem(
                gettext_lazy("Frister"), reverse("people:people-settings"), icon_name="cogs", order=910
            ),
        ]
        return [*super().get_submenu_items(), *own]
