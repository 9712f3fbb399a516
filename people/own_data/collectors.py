"""What this room, signing in and the editor hold about somebody. Imported when the room starts."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.models import Permission
from django.db.models import Model, Q
from django.utils.translation import gettext_lazy as _
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import Comment, CommentReply, ModelLogEntry, Page, PageLogEntry, PageSubscription, Revision
from wagtail.users.models import UserProfile
from wagtailmedia.models import get_media_model

from people.models import (
    DataExport,
    Invitation,
    JoinRequest,
    Membership,
    Profile,
    ProfilePicture,
    SupportGroupMembership,
    TeamListUpload,
    User,
)
from people.own_data import Collected, Fact, OwnFile, exempt, register


def addresses_of(person: User) -> list[str]:
    """Every address that leads to the person, in lower case. One query."""
    others = EmailAddress.objects.filter(user=person).values_list("email", flat=True)
    return list(dict.fromkeys(address.lower() for address in [person.email, *others]))


def account(person: User) -> Collected:
    profile = Profile.of(person)
    facts = [
        Fact("number", _("Kontonummer"), person.pk),
        Fact("first_name", _("Fornavn"), person.first_name),
        Fact("last_name", _("Etternavn"), person.last_name),
        Fact("email", _("E-postadresse"), person.email),
        Fact("language", _("Språk"), dict(settings.LANGUAGES).get(person.language, person.language)),
        Fact("joined_at", _("Kontoen ble laget"), person.date_joined),
        Fact("last_login_at", _("Sist logget inn"), person.last_login),
        Fact("is_active", _("Kontoen er åpen"), person.is_active),
        Fact("has_password", _("Har passord"), person.has_usable_password()),
        Fact("is_editor", _("Kan komme inn i redaksjonen"), person.is_staff),
        Fact("is_administrator", _("Er administrator"), person.is_superuser),
        Fact("groups", _("Grupper"), list(person.groups.order_by("name").values_list("name", flat=True))),
        Fact(
            "permissions",
            _("Egne rettigheter"),
            [str(each) for each in Permission.objects.filter(user=person).select_related("content_type")],
        ),
        Fact("presentation", _("Kort om deg"), profile.presentation),
        Fact("mail_on_requests", _("E-post når noen vil bli med i et team du leder"), profile.mail_on_requests),
        Fact("mail_on_deadlines", _("Påminnelser om grunnopplæringen"), profile.mail_on_deadlines),
        Fact("mail_on_team_news", _("Ukesbrev om team du leder"), profile.mail_on_team_news),
        Fact("mail_on_expiry", _("Påminnelser om kursbevis som går ut"), profile.mail_on_expiry),
        Fact("deletion_requested_at", _("Ba om sletting"), profile.deletion_requested_at),
        Fact("deletion_due_at", _("Blir slettet"), profile.deletion_due_at),
        Fact("unused_warned_at", _("Fikk beskjed om at kontoen ikke brukes"), profile.unused_warned_at),
    ]
    return Collected(entries=[facts])


def picture(person: User) -> Collected:
    found = ProfilePicture.objects.filter(person=person).first()
    if found is None:
        return Collected()
    return Collected(
        entries=[[Fact("added_at", _("Lagt til"), found.created_at)]],
        files=[
            OwnFile(f"{size}.jpg", len(content), partial(bytes, content))
            for size, content in (("stort", found.large), ("lite", found.small))
        ],
    )


def signing_in(person: User) -> Collected:
    """How one gets in. Never a secret: neither passwords nor keys nor codes."""
    entries = [
        [
            Fact("kind", _("Hva"), str(_("E-postadresse"))),
            Fact("email", _("Adresse"), address.email),
            Fact("verified", _("Bekreftet"), address.verified),
            Fact("primary", _("Hovedadresse"), address.primary),
        ]
        for address in EmailAddress.objects.filter(user=person).order_by("pk")
    ]
    entries += [
        [
            Fact("kind", _("Hva"), key.get_type_display()),
            Fact("name", _("Navn"), str(key.data.get("name", ""))),
            Fact("created_at", _("Lagt til"), key.created_at),
            Fact("last_used_at", _("Sist brukt"), key.last_used_at),
        ]
        for key in Authenticator.objects.filter(user=person).order_by("pk")
    ]
    entries += [
        [
            Fact("kind", _("Hva"), str(_("Innlogging hos arbeidsgiver"))),
            Fact("provider", _("Tjeneste"), link.provider),
            Fact("number_there", _("Nummeret ditt der"), link.uid),
            Fact("created_at", _("Koblet til"), link.date_joined),
            Fact("last_used_at", _("Sist brukt"), link.last_login),
        ]
        for link in SocialAccount.objects.filter(user=person).order_by("pk")
    ]
    entries += [
        [
            Fact("kind", _("Hva"), str(_("Økt"))),
            Fact("created_at", _("Logget inn"), session.created_at),
            Fact("browser", _("Nettleseren oppga"), session.user_agent),
        ]
        for session in UserSession.objects.filter(user=person).order_by("pk")
    ]
    return Collected(entries=entries)


def teams(person: User) -> Collected:
    entries = [
        [
            Fact("kind", _("Hva"), str(_("Medlem"))),
            Fact("team", _("Team"), membership.team.name),
            Fact("roles", _("Roller"), [str(role) for role in membership.roles.all()]),
            Fact("from", _("Fra"), membership.started_on),
            Fact("until", _("Til"), membership.ended_on),
            Fact("onboarding_due_on", _("Foreslått frist for grunnopplæringen"), membership.onboarding_due_on),
        ]
        for membership in Membership.objects.filter(person=person).select_related("team").prefetch_related("roles")
    ]
    entries += [
        [
            Fact("kind", _("Hva"), str(_("Med i støttegruppe"))),
            Fact("group", _("Gruppe"), support.group.name),
            Fact("from", _("Fra"), support.created_at),
            Fact("until", _("Til"), support.ended_at),
        ]
        for support in SupportGroupMembership.objects.filter(person=person).select_related("group")
    ]
    entries += [
        [
            Fact("kind", _("Hva"), str(_("Ønske om å bli med"))),
            Fact("team", _("Team"), asked.team.name),
            Fact("roles", _("Roller"), [str(role) for role in asked.roles.all()]),
            Fact("asked_at", _("Spurte"), asked.created_at),
            Fact("answer", _("Svar"), asked.get_outcome_display()),
            Fact("answered_at", _("Svarte"), asked.decided_at),
        ]
        for asked in JoinRequest.objects.filter(person=person).select_related("team").prefetch_related("roles")
    ]
    addresses = addresses_of(person)
    mine = Invitation.objects.filter(Q(email__in=addresses) | Q(accepted_by=person))
    entries += [
        [
            Fact("kind", _("Hva"), str(_("Invitasjon til deg"))),
            Fact("team", _("Team"), invitation.team.name),
            Fact("email", _("Adresse"), invitation.email),
            Fact("roles", _("Roller"), [str(role) for role in invitation.roles.all()]),
            Fact("sent_at", _("Sendt"), invitation.sent_at),
            Fact("expires_at", _("Gjelder til"), invitation.expires_at),
            Fact("accepted_at", _("Du sa ja"), invitation.accepted_at),
        ]
        for invitation in mine.select_related("team").prefetch_related("roles")
    ]
    return Collected(entries=entries)


def decisions(person: User) -> Collected:
    """What one has done for a team. Whom it was about is left out: that is theirs."""

    def entry(what: Any, team: str, when: datetime | None) -> list[Fact]:
        return [Fact("kind", _("Hva"), str(what)), Fact("team", _("Team"), team), Fact("at", _("Når"), when)]

    admitted = Membership.objects.filter(admitted_by=person).exclude(person=person)
    ended = Membership.objects.filter(ended_by=person).exclude(person=person)
    decided = JoinRequest.objects.filter(decided_by=person).exclude(person=person)
    invited = Invitation.objects.filter(invited_by=person)
    uploaded = TeamListUpload.objects.filter(uploaded_by=person)
    entries = [entry(_("Tok inn et medlem"), row.team.name, row.created_at) for row in admitted.select_related("team")]
    entries += [
        entry(_("Avsluttet et medlemskap"), row.team.name, row.ended_at) for row in ended.select_related("team")
    ]
    entries += [
        entry(row.get_outcome_display(), row.team.name, row.decided_at) for row in decided.select_related("team")
    ]
    entries += [entry(_("Sendte en invitasjon"), row.team.name, row.sent_at) for row in invited.select_related("team")]
    entries += [
        [
            Fact("kind", _("Hva"), str(_("Lastet opp en teamliste"))),
            Fact("name", _("Filnavn"), name),
            Fact("at", _("Når"), at),
        ]
        for name, at in uploaded.values_list("name", "uploaded_at")
    ]
    return Collected(entries=entries)


def copies(person: User) -> Collected:
    return Collected(
        entries=[
            [
                Fact("requested_at", _("Bedt om"), each.requested_at),
                Fact("finished_at", _("Ferdig"), each.finished_at),
                Fact("expires_at", _("Slettes"), each.expires_at),
                Fact("size", _("Byte"), each.size),
            ]
            for each in DataExport.objects.filter(person=person)
        ]
    )


def editing(person: User) -> Collected:
    """Traces of work in the editor. Titles of pages and files, never the names of other people."""

    def rows(what: Any, found: Iterable[tuple[str, datetime | None]]) -> list[list[Fact]]:
        return [
            [Fact("kind", _("Hva"), str(what)), Fact("title", _("Tittel"), title), Fact("at", _("Når"), at)]
            for title, at in found
        ]

    entries = rows(_("Eier siden"), Page.objects.filter(owner=person).values_list("title", "first_published_at"))
    entries += rows(_("Har låst siden"), Page.objects.filter(locked_by=person).values_list("title", "locked_at"))
    pages = {"base_content_type__app_label": "wagtailcore", "base_content_type__model": "page"}
    entries += rows(
        _("Lagret en versjon"), Revision.objects.filter(user=person, **pages).values_list("object_str", "created_at")
    )
    entries += rows(
        _("Gjorde noe med en side"), PageLogEntry.objects.filter(user=person).values_list("label", "timestamp")
    )
    log = ModelLogEntry.objects.filter(user=person).select_related("content_type")
    entries += rows(
        _("Gjorde noe i redaksjonen"), [(str(_kind(each.content_type.model_class())), each.timestamp) for each in log]
    )
    entries += rows(_("Skrev en kommentar"), Comment.objects.filter(user=person).values_list("text", "created_at"))
    entries += rows(
        _("Svarte på en kommentar"), CommentReply.objects.filter(user=person).values_list("text", "created_at")
    )
    entries += rows(
        _("Følger en side"),
        [(title, None) for title in PageSubscription.objects.filter(user=person).values_list("page__title", flat=True)],
    )
    for model in (get_image_model(), get_document_model(), get_media_model()):
        uploads = model.objects.filter(uploaded_by_user=person).values_list("title", "created_at")
        entries += rows(_("Lastet opp en fil"), uploads)
    settings_there = UserProfile.objects.filter(user=person).first()
    files = []
    if settings_there is not None:
        entries.append(
            [
                Fact("kind", _("Hva"), str(_("Innstillinger i redaksjonen"))),
                Fact("language", _("Språk"), settings_there.preferred_language),
                Fact("time_zone", _("Tidssone"), settings_there.current_time_zone),
            ]
        )
        avatar = settings_there.avatar
        if avatar:
            files.append(OwnFile(avatar.name.rpartition("/")[2], avatar.size, partial(_read, avatar)))
    return Collected(entries=entries, files=files)


def _kind(model: type[Model] | None) -> Any:
    return model._meta.verbose_name if model is not None else ""


def _read(file: Any) -> bytes:
    with file.open("rb") as opened:
        content: bytes = opened.read()
    return content


register(
    "account",
    account,
    title=_("Kontoen din"),
    why=_("Så du kan logge inn, og så teamet ser hvem du er. Lagres til kontoen slettes."),
    covers=("people.User_groups.user", "people.User_user_permissions.user", "people.Profile.person"),
    place=10,
)
register(
    "picture",
    picture,
    title=_("Bildet ditt"),
    why=_("Så folk i teamet kjenner deg igjen. Du kan fjerne det når du vil."),
    covers=("people.ProfilePicture.person",),
    place=11,
)
register(
    "signing-in",
    signing_in,
    title=_("Slik logger du inn"),
    why=_("Så bare du kommer inn. Passord og nøkler lagres i en form ingen kan lese, og er ikke med her."),
    covers=(
        "account.EmailAddress.user",
        "mfa.Authenticator.user",
        "socialaccount.SocialAccount.user",
        "usersessions.UserSession.user",
    ),
    place=30,
)
register(
    "teams",
    teams,
    title=_("Teamene dine"),
    why=_("Så du får riktig tilgang. Medlemskap er historikk og lagres til kontoen slettes."),
    covers=(
        "people.Membership.person",
        "people.SupportGroupMembership.person",
        "people.JoinRequest.person",
        "people.Invitation.accepted_by",
    ),
    place=20,
)
register(
    "decisions",
    decisions,
    title=_("Det du har gjort for team"),
    why=_("Så det går an å se hvem som slapp noen inn. Hvem det gjaldt, er ikke med her."),
    covers=(
        "people.Membership.admitted_by",
        "people.Membership.ended_by",
        "people.JoinRequest.decided_by",
        "people.Invitation.invited_by",
        "people.TeamListUpload.uploaded_by",
    ),
    place=60,
)
register(
    "copies",
    copies,
    title=_("Kopier du har bedt om"),
    why=_("Så du kan hente dem. De slettes etter sju dager."),
    covers=("people.DataExport.person",),
    place=80,
)
register(
    "editing",
    editing,
    title=_("Spor i redaksjonen"),
    why=_("Bare for deg som redigerer. Viser hvem som endret hva."),
    covers=(
        "wagtailcore.Page.owner",
        "wagtailcore.Page.locked_by",
        "wagtailcore.Revision.user",
        "wagtailcore.PageLogEntry.user",
        "wagtailcore.ModelLogEntry.user",
        "wagtailcore.Comment.user",
        "wagtailcore.CommentReply.user",
        "wagtailcore.PageSubscription.user",
        "wagtailusers.UserProfile.user",
        "courses.FlettImage.uploaded_by_user",
        "courses.FlettDocument.uploaded_by_user",
        "courses.FlettMedia.uploaded_by_user",
    ),
    place=70,
)

for _column, _reason in {
    "wagtailimages.Image.uploaded_by_user": "not used: the site's images are courses.FlettImage",
    "wagtaildocs.Document.uploaded_by_user": "not used: the site's documents are courses.FlettDocument",
    "wagtailmedia.Media.uploaded_by_user": "not used: the site's films are courses.FlettMedia",
    "wagtailcore.Comment.resolved_by": "who ticked a comment off; the comment itself is its writer's",
    "wagtailcore.UploadedFile.uploaded_by_user": "a file on its way in; gone when the upload is done",
    "wagtailcore.WorkflowState.requested_by": "told by the page's log, which is in the copy",
    "wagtailcore.TaskState.finished_by": "told by the page's log, which is in the copy",
    "wagtailadmin.EditingSession.user": "which page is open in the editor now; gone within hours",
    "wagtailadmin.FormState.user": "a form on its way in; gone when it is sent",
    "wagtail_localize.StringTranslation.last_translated_by": "told by the page's log, which is in the copy",
    "wagtail_localize.SegmentOverride.last_translated_by": "told by the page's log, which is in the copy",
}.items():
    exempt(_column, reason=_reason)
