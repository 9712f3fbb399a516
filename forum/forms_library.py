"""Forms of the library. Texts go through the door in the actions."""

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from forum.actions.library import TAGS_MOST, Content, Details
from forum.forms_principles import PrinciplesForm
from forum.forms_spaces import DateInput, GuardedForm, most
from forum.forms_text import TextForm, initial_text
from forum.models import LibraryItem, LibraryVersion, Post, Space
from forum.permissions.library import teams_spoken_for_by
from forum.queries.library import spaces_to_share_in
from forum.writing import SOURCE_MAX
from people.counties import COUNTIES
from people.models import Team

_NOT_SAID = [("", "–")]


class DetailsForm(PrinciplesForm, GuardedForm):
    """What is said of an item."""

    title = forms.CharField(label=_("Tittel"), max_length=most(LibraryItem, "title"))
    summary = forms.CharField(
        label=_("Kort om innholdet"),
        max_length=most(LibraryItem, "summary"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Hva er det, og når er det til nytte? To setninger holder."),
    )
    kind = forms.ChoiceField(label=_("Slag"), choices=LibraryItem.Kind.choices)
    phase = forms.ChoiceField(label=_("Fase"), choices=[*_NOT_SAID, *LibraryItem.Phase.choices], required=False)
    programme = forms.ChoiceField(
        label=_("Program"), choices=[*_NOT_SAID, *LibraryItem.Programme.choices], required=False
    )
    language = forms.ChoiceField(label=_("Språk"), choices=LibraryItem.Language.choices)
    tags = forms.CharField(
        label=_("Emneord"),
        required=False,
        max_length=400,
        help_text=_("Ord andre leter med, med komma mellom."),
    )
    team = forms.ModelChoiceField(label=_("Fra teamet"), queryset=Team.objects.none(), required=False, empty_label="–")
    county = forms.ChoiceField(
        label=_("Fylke"), choices=[*_NOT_SAID, *((county, county) for county in sorted(COUNTIES))], required=False
    )
    licence = forms.ChoiceField(
        label=_("Lisens"),
        choices=LibraryItem.Licence.choices,
        help_text=_("CC BY 4.0 betyr at alle kan bruke og endre det når de sier hvor det kommer fra."),
    )
    review_on = forms.DateField(
        label=_("Neste gjennomgang"),
        required=False,
        widget=DateInput,
        help_text=_("Når bør noen se om det fortsatt stemmer?"),
    )

    def __init__(self, *args: Any, user: Any, item: LibraryItem | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams = teams_spoken_for_by(user)
        if item is not None and item.team_id:
            teams = Team.objects.filter(pk__in=[item.team_id, *teams.values_list("pk", flat=True)])
        self.fields["team"].queryset = teams.order_by("name")  # type: ignore[attr-defined]

    def clean_tags(self) -> tuple[str, ...]:
        tags = tuple(each.strip() for each in self.cleaned_data["tags"].split(",") if each.strip())
        if len(tags) > TAGS_MOST:
            raise forms.ValidationError(gettext("Du kan ha høyst %(most)d emneord.") % {"most": TAGS_MOST})
        return tags

    def details(self) -> Details:
        """What was filled in. The form is valid."""
        data = self.cleaned_data
        return Details(
            title=data["title"],
            summary=data["summary"],
            kind=data["kind"],
            phase=data["phase"],
            programme=data["programme"],
            language=data["language"],
            county=data["county"] or (data["team"].county if data["team"] else ""),
            team=data["team"],
            licence=data["licence"],
            review_on=data["review_on"],
            principle_keys=self.principle_keys,
            tags=data["tags"],
        )


def initial_details(item: LibraryItem) -> dict[str, Any]:
    """What an item says of itself, for its form. Two queries."""
    plain = ("title", "summary", "kind", "phase", "programme", "language", "county", "licence", "review_on")
    return {name: getattr(item, name) for name in plain} | {
        "team": item.team_id,
        "principles": [str(each.principle_key) for each in item.principles.all()],
        "tags": ", ".join(each.name for each in item.tags.all()),
    }


def initial_of_answer(post: Post) -> dict[str, Any]:
    """What an item begins with that is made of an answer. `posts_to_make_items_of` has fetched it."""
    return {
        "title": post.topic.title,
        "summary": post.content_warning,
        "kind": LibraryItem.Kind.RESOURCE,
        "source": post.html,
        "source_format": Post.Format.HTML,
        "space": post.topic.space_id,
        "principles": [str(each.principle_key) for each in post.topic.principles.all()],
    }


class ContentForm(TextForm):
    """What a version holds beside its files."""

    source = forms.CharField(
        label=_("Tekst"),
        max_length=SOURCE_MAX,
        required=False,
        help_text=_("Trengs ikke hvis alt står i filene."),
    )
    link = forms.CharField(
        label=_("Lenke"),
        max_length=most(LibraryVersion, "link"),
        required=False,
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
    )
    submission = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def content(self) -> Content:
        """What was filled in. The form is valid."""
        data = self.cleaned_data
        source, source_format = self.words()
        return Content(
            source=source,
            source_format=source_format,
            link=data["link"],
            note=data.get("note", ""),
            submission=data["submission"],
        )


def initial_content(version: LibraryVersion) -> dict[str, str]:
    """What a version says, for the form of the one that comes after it."""
    said = initial_text(source=version.source, source_format=version.source_format, html=version.html)
    return said | {"link": version.link}


class VersionForm(ContentForm):
    """A new version says what is new in it."""

    note = forms.CharField(
        label=_("Hva er nytt?"),
        max_length=most(LibraryVersion, "note"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Vises øverst på siden."),
    )

    field_order = ("note", "source", "link", "submission", "confirmed")


class ShareForm(DetailsForm, ContentForm):
    """A new item with its first version."""

    space = forms.ModelChoiceField(
        label=_("Rom"),
        queryset=Space.objects.none(),
        empty_label=None,
        help_text=_("De som kan lese rommet, kan se og laste ned."),
    )

    field_order = ("title", "summary", "source", "link", "kind", "space", "principles", "tags")

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        self.fields["space"].queryset = spaces_to_share_in(user)  # type: ignore[attr-defined]

    def keep_in(self, space: Space) -> None:
        """Offer this space alone: what was written there is not carried out of it."""
        spaces = self.fields["space"]
        spaces.queryset = spaces.queryset.filter(pk=space.pk)  # type: ignore[attr-defined]
