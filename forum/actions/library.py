"""Sharing in the library: items, their versions and files, and who uses them.

A file is checked and guarded before anybody else can see it: it lies beside its form first, and comes into a version
when that is shared. The item's row is locked before its versions are counted.
"""

from dataclasses import dataclass
from datetime import date
from typing import IO
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from forum import tasks
from forum.actions.attachments import KEPT_BESIDE_DRAFT, NAME_MAX, delete_files, is_image_name
from forum.actions.item_state import put_item_state
from forum.actions.moderation import log_item, tell_author
from forum.actions.pace import check_upload_pace
from forum.as_seen import check_seal, seal
from forum.models import (
    LibraryFile,
    LibraryItem,
    LibraryPrinciple,
    LibraryTag,
    LibraryUpload,
    LibraryUse,
    LibraryVersion,
    ModerationEntry,
    Post,
    Space,
    State,
)
from forum.models.library import NOTE_MAX, SUMMARY_MAX, TAG_MAX
from forum.models.topics import TITLE_MAX
from forum.permissions import user_can_write_in_space
from forum.permissions.library import (
    user_can_edit_item,
    user_can_make_item_of,
    user_can_moderate_item,
    user_can_see_item,
    user_can_speak_for_team,
)
from forum.rendering import Rendered, render
from forum.writing import tidy_source
from people.alphabet import fold
from people.models import Team, User
from people.tasks import after_commit
from safety.files import MEGABYTE, FileRefusedError, clean_file_name
from safety.guard import guard_html
from safety.guard.files import guard_file
from safety.text import TextRefusedError, clean_line

FILES_MOST = 20
WAITING_MOST = 60
"""Files of one person that lie beside forms. They go after a week."""
WAITING_BYTES_MOST = 300 * MEGABYTE
"""Their bytes, and those of what is still coming as it was said to be."""
TAGS_MOST = 12
LINK_SCHEMES = ("http", "https")


@dataclass(frozen=True, slots=True)
class Details:
    """What is said of an item. Empty strings are «not said»."""

    title: str
    summary: str = ""
    kind: str = LibraryItem.Kind.TEMPLATE
    phase: str = ""
    programme: str = ""
    language: str = LibraryItem.Language.BOKMAL
    county: str = ""
    team: Team | None = None
    licence: str = LibraryItem.Licence.CC_BY
    review_on: date | None = None
    principle_keys: tuple[UUID, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """What a version holds: text, a link, files that lie beside the form `submission`, or several of them."""

    source: str = ""
    source_format: str = Post.Format.TEXT
    link: str = ""
    note: str = ""
    submission: UUID | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """A version's text as it may be stored."""

    source: str
    source_format: str
    rendered: Rendered
    link: str
    note: str


@sensitive_variables()
def read_details(details: Details, *, confirmed: bool) -> Details:
    """Tidied and guarded. Raises TextRefusedError and the guard's kinds of it."""
    tidied: dict[str, str] = {}
    for name in details.tags:
        tag = clean_line(name, most=TAG_MAX)
        if fold(tag):
            tidied.setdefault(fold(tag)[: TAG_MAX * 2], tag)
    if len(tidied) > TAGS_MOST:
        raise TextRefusedError(_("Du kan ha høyst %(most)d emneord.") % {"most": TAGS_MOST})
    title = clean_line(details.title, most=TITLE_MAX)
    summary = clean_line(details.summary, most=SUMMARY_MAX)
    if not title:
        raise TextRefusedError(_("Skriv en tittel."))
    guard_html(
        {"title": escape(title), "summary": escape(summary), "tags": escape(", ".join(tidied.values()))},
        confirmed=confirmed,
    )
    return Details(
        title=title,
        summary=summary,
        kind=details.kind,
        phase=details.phase,
        programme=details.programme,
        language=details.language,
        county=details.county,
        team=details.team,
        licence=details.licence,
        review_on=details.review_on,
        principle_keys=tuple(dict.fromkeys(details.principle_keys)),
        tags=tuple(tidied.values()),
    )


@sensitive_variables()
def read_content(content: Content, *, confirmed: bool) -> Read:
    """Tidied, rendered and guarded. Raises as `read_details` does."""
    source = tidy_source(content.source, source_format=content.source_format)
    rendered = render(source, source_format=content.source_format)
    note = clean_line(content.note, most=NOTE_MAX)
    link = clean_line(content.link, most=500)
    if link:
        try:
            URLValidator(schemes=LINK_SCHEMES)(link)
        except ValidationError:
            raise TextRefusedError(_("Lenken må være en hel nettadresse som begynner med https://.")) from None
    guard_html({"source": rendered.html, "note": escape(note), "link": escape(link)}, confirmed=confirmed)
    return Read(source if rendered.text else "", content.source_format, rendered, link, note)


@sensitive_variables()
def add_library_file(
    *, person: User, submission: UUID, file: IO[bytes], name: str, confirmed: bool = False
) -> tuple[LibraryFile, list[str]]:
    """Check, clean and keep a file beside a form, within the pace. Also what the person should know of it.

    Raises FileRefusedError, TextRefusedError and the guard's kinds of it. Nothing is left behind then.
    """
    with transaction.atomic():
        check_upload_pace(person=person)
    return keep_library_file(person=person, submission=submission, file=file, name=name, confirmed=confirmed)


@sensitive_variables()
def keep_library_file(
    *, person: User, submission: UUID, file: IO[bytes], name: str, confirmed: bool = False, key: UUID | None = None
) -> tuple[LibraryFile, list[str]]:
    """As `add_library_file`, at any pace: what was within it when it began to come, and what is imported.

    `key` is that of the upload it came by: the same once more is the same file.
    """
    name = clean_file_name(name, most=NAME_MAX)
    guarded = guard_file(file, name=name, confirmed=confirmed)
    with transaction.atomic():
        person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
        if key is not None:
            before = LibraryFile.objects.filter(key=key, uploader=person).first()
            if before is not None:
                return before, guarded.notices
        check_room(person=person, submission=submission, size=guarded.content.size, coming=key)
        kept = LibraryFile(
            upload=submission,
            uploader=person,
            name=name,
            media_type=guarded.media_type,
            size=guarded.content.size,
            is_image=is_image_name(name),
            text=guarded.text,
        )
        if key is not None:
            kept.key = key
        kept.file.save(name, guarded.content, save=False)
        kept.save()
    return kept, guarded.notices


def check_room(*, person: User, submission: UUID, size: int, coming: UUID | None = None) -> None:
    """Raise FileRefusedError where the person, whose row is locked, has too much that is not shared yet.

    What is still coming counts, but for the one this is about. Two queries.
    """
    files = LibraryFile.objects.filter(uploader=person, version__isnull=True).values_list("upload", "size")
    uploads = LibraryUpload.objects.filter(person=person)
    if coming is not None:
        uploads = uploads.exclude(key=coming)
    waiting = [*files, *uploads.values_list("submission", "size")]
    if len(waiting) >= WAITING_MOST or sum(each for _form, each in waiting) + size > WAITING_BYTES_MOST:
        raise FileRefusedError(_("Du har for mange filer som ikke er delt ennå. Del dem først, eller ta bort noen."))
    if sum(form == submission for form, _size in waiting) >= FILES_MOST:
        raise FileRefusedError(_("En versjon kan ha høyst %(most)d filer.") % {"most": FILES_MOST})


@transaction.atomic
def remove_library_file(*, person: User, file: LibraryFile) -> None:
    """Take a file away from beside one's form. One in a version stays. Raises PermissionDenied."""
    if file.version_id is not None or file.uploader_id != person.pk:
        raise PermissionDenied
    delete_files(LibraryFile.objects.filter(pk=file.pk, version__isnull=True))


@sensitive_variables()
@transaction.atomic
def share_item(
    *,
    person: User,
    space: Space,
    details: Details,
    content: Content,
    based_on: LibraryVersion | None = None,
    from_post: Post | None = None,
    confirmed: bool = False,
) -> LibraryItem:
    """A new item with its first version, owned by whoever shares it. The same form sent twice makes one.

    `based_on` is the version it builds on, which the person must be able to see. `from_post` is the accepted answer it
    is made of: it stays in the space it was written in, whoever wrote it is told, and one answer becomes one item.
    Raises PermissionDenied, TextRefusedError and the guard's kinds of it, and FileRefusedError where there is nothing
    to share.
    """
    person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    before = (
        LibraryItem.objects.filter(submission=content.submission, owner=person).first() if content.submission else None
    )
    if before is not None:
        return before
    if not user_can_write_in_space(person, space):
        raise PermissionDenied
    if based_on is not None and not user_can_see_item(person, based_on.item):
        raise PermissionDenied
    if details.team is not None and not user_can_speak_for_team(person, details.team):
        raise PermissionDenied
    if from_post is not None:
        _lock_answer(from_post, person=person, space=space)
    details = read_details(details, confirmed=confirmed)
    read = read_content(content, confirmed=confirmed)
    now = timezone.now()
    item = LibraryItem(
        space=space,
        owner=person,
        based_on=based_on,
        from_post=from_post,
        submission=content.submission,
        created_at=now,
        changed_at=now,
    )
    if based_on is not None:
        item.family = based_on.item.family
    _set_details(item, details)
    item.save()
    _set_words(item, details)
    _add_version(item=item, person=person, read=read, submission=content.submission)
    if from_post is not None:
        after_commit(tasks.tell_of_made_item, item.pk)
    return item


def _lock_answer(post: Post, *, person: User, space: Space) -> None:
    """Hold the answer, so that two who make an item of it come one after the other. Raises as `share_item` does."""
    post = Post.objects.select_for_update(no_key=True, of=("self",)).select_related("topic").get(pk=post.pk)
    topic = post.topic
    if topic.accepted_post_id != post.pk or space.pk != topic.space_id or not user_can_make_item_of(person, topic):
        raise PermissionDenied
    if post.made_items.exclude(state=State.DELETED).exists():
        raise TextRefusedError(_("Svaret er blitt en ressurs i biblioteket allerede. Åpne den fra tråden."))


@sensitive_variables()
@transaction.atomic
def add_version(*, person: User, item: LibraryItem, content: Content, confirmed: bool = False) -> LibraryVersion:
    """A new version beside the old ones, with a note that says what is new. Raises as `share_item` does."""
    item = LibraryItem.objects.select_for_update(no_key=True).get(pk=item.pk)
    if content.submission:
        before = LibraryVersion.objects.filter(item=item, submission=content.submission, created_by=person).first()
        if before is not None:
            return before
    if not user_can_edit_item(person, item):
        raise PermissionDenied
    read = read_content(content, confirmed=confirmed)
    if not read.note:
        raise TextRefusedError(_("Skriv kort hva som er nytt i denne versjonen."))
    version = _add_version(item=item, person=person, read=read, submission=content.submission)
    after_commit(tasks.tell_of_version, version.pk)
    return version


def _add_version(*, item: LibraryItem, person: User, read: Read, submission: UUID | None) -> LibraryVersion:
    version = LibraryVersion.objects.create(
        item=item,
        number=item.version_count + 1,
        note=read.note,
        source=read.source,
        source_format=read.source_format,
        html=read.rendered.html if read.source else "",
        text=read.rendered.text,
        rendering_version=read.rendered.version,
        link=read.link,
        created_by=person,
        submission=submission,
    )
    files = 0
    if submission is not None:
        beside = LibraryFile.objects.filter(uploader=person, upload=submission, version__isnull=True)
        files = beside.update(version=version, upload=None)
    if not (files or read.source or read.link):
        raise FileRefusedError(_("Legg ved en fil, skriv en tekst eller lim inn en lenke."))
    item.current, item.version_count, item.changed_at = version, version.number, version.created_at
    item.save(update_fields=["current", "version_count", "changed_at", "search_text"])
    after_commit(tasks.follow_items, [item.pk])
    if files:
        after_commit(tasks.make_previews, list(version.files.values_list("pk", flat=True)))
    return version


def seal_of_item(item: LibraryItem) -> str:
    """Of what `edit_item` changes. Two queries."""
    said = [getattr(item, name) for name in _SAID]
    tags = item.tags.order_by("pk").values_list("name", flat=True)
    return seal(said, sorted(item.principles.values_list("principle_key", flat=True)), list(tags))


_SAID = (
    "title",
    "summary",
    "kind",
    "phase",
    "programme",
    "language",
    "county",
    "team_id",
    "licence",
    "review_on",
)


@sensitive_variables()
@transaction.atomic
def edit_item(
    *, person: User, item: LibraryItem, details: Details, confirmed: bool = False, seen: str | None = None
) -> LibraryItem:
    """Say something else of the item. Its versions stay as they are.

    `seen` is the seal of what stood there when it was opened. Raises ChangedSinceError, and as `share_item` does.
    """
    item = LibraryItem.objects.select_for_update(no_key=True).get(pk=item.pk)
    if not user_can_edit_item(person, item):
        raise PermissionDenied
    check_seal(seen, seal_of_item(item))
    if (
        details.team is not None
        and details.team.pk != item.team_id
        and not user_can_speak_for_team(person, details.team)
    ):
        raise PermissionDenied
    details = read_details(details, confirmed=confirmed)
    if details.review_on != item.review_on:
        item.review_reminded_at = None
    _set_details(item, details)
    _set_words(item, details)
    item.save()
    after_commit(tasks.follow_items, [item.pk])
    return item


def _set_details(item: LibraryItem, details: Details) -> None:
    item.title, item.summary = details.title, details.summary
    item.kind, item.phase, item.programme = details.kind, details.phase, details.programme
    item.language, item.county, item.team = details.language, details.county, details.team
    item.licence, item.review_on = details.licence, details.review_on


def _set_words(item: LibraryItem, details: Details) -> None:
    """Principles and tags as they are said now."""
    item.principles.exclude(principle_key__in=details.principle_keys).delete()
    LibraryPrinciple.objects.bulk_create(
        [LibraryPrinciple(item=item, principle_key=key) for key in details.principle_keys], ignore_conflicts=True
    )
    item.tags.all().delete()
    LibraryTag.objects.bulk_create(
        [LibraryTag(item=item, name=tag, name_folded=fold(tag)[: TAG_MAX * 2]) for tag in details.tags]
    )


@transaction.atomic
def set_item_state(*, person: User, item: LibraryItem, state: State) -> LibraryItem:
    """Hide or show an item (whoever moderates its space), or delete it (its owner, too). Raises PermissionDenied.

    A deleted item loses its files and texts; what others built on it stays. What is reported stays, unseen, until the
    report is decided. What somebody else than the owner does is logged, and the owner is told and may appeal.
    """
    item = LibraryItem.objects.select_for_update(no_key=True).get(pk=item.pk)
    may = user_can_edit_item if state == State.DELETED else user_can_moderate_item
    if not may(person, item):
        raise PermissionDenied
    if state == item.state:
        return item
    verbs = ModerationEntry.Verb
    verb = {State.HIDDEN: verbs.HIDE, State.DELETED: verbs.DELETE}.get(state, verbs.SHOW)
    if person.pk != item.owner_id or state != State.DELETED:
        entry = log_item(verb=verb, actor=person, item=item)
        if person.pk != item.owner_id:
            tell_author(entry)
    put_item_state(item=item, state=state)
    return item


@transaction.atomic
def say_use(*, person: User, item: LibraryItem, team: Team, uses: bool) -> int:
    """Say that a team uses the item, or no longer does. Returns how many teams do. Raises PermissionDenied."""
    item = LibraryItem.objects.select_for_update(no_key=True).get(pk=item.pk)
    if not user_can_see_item(person, item) or not user_can_speak_for_team(person, team):
        raise PermissionDenied
    if uses:
        LibraryUse.objects.get_or_create(item=item, team=team, defaults={"said_by": person})
    else:
        LibraryUse.objects.filter(item=item, team=team).delete()
    item.team_count = item.uses.count()
    item.save(update_fields=["team_count"])
    return item.team_count


def count_download(*, item_id: int) -> None:
    """One more download of an item, whoever it was. One query."""
    LibraryItem.objects.filter(pk=item_id).update(download_count=F("download_count") + 1)


@transaction.atomic
def delete_loose_library_files() -> int:
    """Files that have lain beside a form for more than a week. Returns how many."""
    loose = LibraryFile.objects.filter(version__isnull=True, created_at__lt=timezone.now() - KEPT_BESIDE_DRAFT)
    return delete_files(loose)
