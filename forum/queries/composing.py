"""What a form for writing begins from, and who gets one. Drafts and their files are shown to their person alone."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied
from django.db.models import BigIntegerField, CharField, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import translation
from django.utils.crypto import salted_hmac
from django.utils.html import linebreaks
from django.utils.safestring import SafeString
from django.views.decorators.debug import sensitive_variables

from courses.models import CoursePage, LessonPage, Principle
from courses.queries import get_principles
from forum.models import (
    TITLE_MAX,
    WARNING_MAX,
    Attachment,
    Draft,
    LibraryItem,
    Post,
    PostEdit,
    Pseudonym,
    Space,
    Topic,
)
from forum.permissions import (
    posts_visible_to,
    posts_written_by,
    spaces_visible_to,
    topics_visible_to,
    user_can_edit_post,
    user_can_reply,
    user_can_write_in_space,
)
from forum.permissions.library import items_visible_to
from forum.places import Place
from forum.prepared import prepared
from forum.pseudonyms import owned_by
from forum.queries.subjects import known_principles
from forum.rendering import render
from forum.writing import masked_source, words_to_write_on
from people.models import User
from safety.guard import mask

PRINCIPLE_SET = "fact"
PRINCIPLE_WORD = "prinsipp"
SUBJECT_MODELS: dict[Topic.SubjectKind, Any] = {
    Topic.SubjectKind.COURSE: CoursePage,
    Topic.SubjectKind.LESSON: LessonPage,
}
SUBJECT_WORDS = {"kurs": Topic.SubjectKind.COURSE, "leksjon": Topic.SubjectKind.LESSON}
ITEM_WORD = "ressurs"


@dataclass(frozen=True, slots=True)
class ComposeSubject:
    """The course, lesson or item a new topic is about; `value` is how the form says it: `leksjon:<uuid>`."""

    kind: str
    key: UUID
    title: str
    value: str
    item: LibraryItem | None = None


@dataclass(slots=True)
class Compose:
    """All that `forum/parts/compose.html` shows. `html` and `text` are the same words, for editor and text area.

    They are made when they are asked for: what is posted is not shown again.
    """

    place: Place
    account: str
    submission: UUID | SafeString
    """A new number for each form that is shown, or the place for one."""
    title: str = ""
    content_warning: str = ""
    version: int = 0
    as_pseudonym: bool = False
    pseudonym: Pseudonym | None = None
    files: list[Attachment] = field(default_factory=list)
    principles: list[tuple[Principle, bool]] = field(default_factory=list)
    subject: ComposeSubject | None = None
    reply_to: Post | None = None
    draft: Draft | None = None
    stale: Draft | None = None
    """What is stored where that was changed elsewhere meanwhile."""
    source: str = ""
    source_format: str = Post.Format.HTML
    error: str = ""
    errors: frozenset[str] = frozenset()
    """The names of the fields the error is about."""
    question: str = ""
    """What the guard asks to have confirmed."""
    file_error: str = ""
    file_question: str = ""
    file_notices: list[str] = field(default_factory=list)
    title_max: int = TITLE_MAX
    warning_max: int = WARNING_MAX
    _words: tuple[str, str] | None = None

    @classmethod
    @sensitive_variables()
    def of_source(cls, place: Place, *, source: str, source_format: str) -> "Compose":
        """A form with nothing but its text."""
        compose = cls(place=place, account="", submission=UUID(int=0))
        compose.begin_from(source=source, source_format=source_format)
        return compose

    @sensitive_variables()
    def begin_from(self, *, source: str, source_format: str) -> None:
        """Fill the box."""
        self.source, self.source_format, self._words = source, source_format, None

    @property
    @sensitive_variables()
    def html(self) -> str:
        """For the editor: sanitised. Empty where it is longer than is ever parsed, and stays plain text."""
        return self._make_words()[0]

    @property
    @sensitive_variables()
    def text(self) -> str:
        return self._make_words()[1]

    @sensitive_variables()
    def _make_words(self) -> tuple[str, str]:
        if self._words is None:
            self._words = words_to_write_on(self.source, source_format=self.source_format)
        return self._words

    @property
    def is_formatted(self) -> bool:
        return self.source_format == Post.Format.HTML and bool(self.html)

    @sensitive_variables()
    def mask(self) -> None:
        """Take identity numbers out of everything that is shown again."""
        self.title, self.content_warning = mask(self.title), mask(self.content_warning)
        self.begin_from(
            source=masked_source(self.source, source_format=self.source_format), source_format=self.source_format
        )


def as_uuid(value: str) -> UUID | None:
    """What a form says, or None where it says nothing of the kind."""
    try:
        return UUID(value)
    except ValueError:
        return None


def account_key(person: Any) -> str:
    """Whom a page was made for, and what a device keeps unsaved text under. Says nothing of who it is."""
    return salted_hmac("forum.composing", str(person.pk)).hexdigest()[:20]


# --- who may -------------------------------------------------------------------------------------------


def get_place_to_start(person: Any, slug: str) -> Place:
    """Raises Http404 for a space the person may not know of, PermissionDenied where they may not write now."""
    space = get_object_or_404(spaces_visible_to(person), slug=slug)
    if not user_can_write_in_space(person, space):
        raise PermissionDenied
    return Place(space=space)


@prepared(pk=BigIntegerField())
def _topic_to_answer(reader: Any, *, pk: Any) -> QuerySet[Topic]:
    return topics_visible_to(reader).select_related("space").filter(pk=pk)


def get_place_to_reply(person: Any, pk: int, *, is_posting: bool = False) -> Place:
    """Raises Http404 for a topic the person may not see, PermissionDenied where they may not answer now.

    The rule is a dear query: what is posted asks it in `forum.actions.reply`, with the topic locked, and not here too.
    """
    topic = next(iter(_topic_to_answer(person, pk=pk)), None)
    if topic is None:
        raise Http404
    if not is_posting and not user_can_reply(person, topic):
        raise PermissionDenied
    return Place(space=topic.space, topic=topic)


def get_post_for(person: Any, pk: int) -> Post:
    """A post the person may see, with its topic and space. Raises Http404. One query."""
    related = posts_visible_to(person).select_related("topic__space", "author", "pseudonym")
    return get_object_or_404(related, pk=pk)


def get_place_to_edit(person: Any, pk: int) -> Place:
    """Raises Http404 for a post the person may not see, PermissionDenied for another's, or where it is too late."""
    post = get_post_for(person, pk)
    if not user_can_edit_post(person, post):
        raise PermissionDenied
    return Place(space=post.topic.space, topic=post.topic, post=post)


def get_place_by_key(person: Any, key: str) -> Place:
    """The place a draft's key names. Raises Http404 and PermissionDenied as the above do."""
    kind, _, number = key.partition(":")
    if not number.isdecimal() or len(number) > 18:
        raise Http404
    if kind == "space":
        return get_place_to_start(person, get_object_or_404(spaces_visible_to(person), pk=int(number)).slug)
    if kind == "topic":
        return get_place_to_reply(person, int(number))
    if kind == "post":
        return get_place_to_edit(person, int(number))
    raise Http404


def get_attachment_for(person: Any, key: UUID) -> Attachment:
    """A file of a post the person may see, or beside their own draft. Raises Http404. Two queries."""
    attachment = get_object_or_404(Attachment.objects.defer("text"), key=key)
    if attachment.post_id is None:
        if not person.is_authenticated or attachment.uploader_id != person.pk:
            raise Http404
    elif not posts_visible_to(person).filter(pk=attachment.post_id).exists():
        raise Http404
    return attachment


# --- the form ------------------------------------------------------------------------------------------


@sensitive_variables()
def get_compose(*, person: Any, space: Space, topic: Topic | None = None, post: Post | None = None) -> Compose | None:
    """The form for a new topic, an answer or a change; None where the person may not write there now.

    With a draft where there is one. An answer costs two queries, one more where aliases are allowed and one with a
    draft; the others ask for the principles too.
    """
    if post is not None:
        allowed = user_can_edit_post(person, post)
    elif topic is not None:
        allowed = user_can_reply(person, topic)
    else:
        allowed = user_can_write_in_space(person, space)
    return make_compose(person=person, place=Place(space=space, topic=topic, post=post)) if allowed else None


@prepared(place=CharField())
def _draft(reader: Any, *, place: Any) -> QuerySet[Draft]:
    return Draft.objects.filter(person=reader, place=place)


def make_empty_compose(*, person: User, place: Place, reply_to: Post | None = None) -> Compose:
    """With the alias the person may choose. No query, one where aliases are allowed."""
    compose = Compose(place=place, account=account_key(person), submission=uuid4(), reply_to=reply_to)
    if place.post is None and place.space.allows_pseudonyms:
        compose.pseudonym = Pseudonym.objects.filter(owned_by(person), space=place.space).first()
    return compose


@sensitive_variables()
def make_compose(
    *, person: User, place: Place, subject: str = "", reply_to: Post | None = None, has_draft: bool = True
) -> Compose:
    """As `get_compose`, for somebody who may write there. `subject` is `leksjon:`, `kurs:` or `prinsipp:` and a key.

    Without a draft none is asked for.
    """
    compose = make_empty_compose(person=person, place=place, reply_to=reply_to)
    chosen = principles_asked_for(subject)
    if chosen:
        subject = ""
    draft = next(iter(_draft(person, place=place.key)), None) if has_draft and place.keeps_drafts else None
    if place.post is not None:
        compose.begin_from(source=place.post.source, source_format=place.post.source_format)
        compose.content_warning = place.post.content_warning
        compose.title = place.topic.title if place.topic is not None and place.has_title else ""
        compose.files = get_files(person=person, place=place)
    if draft is not None:
        compose.draft, compose.version = draft, draft.version
        compose.title, compose.content_warning = draft.title, draft.content_warning
        compose.as_pseudonym = draft.as_pseudonym and compose.pseudonym is not None
        compose.begin_from(source=draft.source, source_format=draft.source_format)
        chosen |= set(draft.choices.get("principles", []))
        subject = subject or draft.choices.get("subject", "")
        answered = draft.choices.get("reply_to")
        if answered and compose.reply_to is None:
            visible = posts_visible_to(person).select_related("author", "pseudonym")
            compose.reply_to = visible.filter(topic=place.topic, pk=answered).first()
        if place.post is None:
            compose.files = get_files(person=person, place=place)
    if place.topic is None:
        add_choices(compose, person=person, principles=chosen, subject=subject)
    return compose


def get_files(*, person: User, place: Place) -> list[Attachment]:
    """Files beside the person's own draft, or in the post that is changed. One query."""
    beside_draft = Attachment.objects.filter(uploader=person, place=place.key, post__isnull=True)
    return list((beside_draft if place.post is None else place.post.attachments).defer("text"))


def principles_asked_for(subject: str) -> set[str]:
    """The key in `prinsipp:<uuid>`; empty for everything else."""
    word, _, key = subject.partition(":")
    found = as_uuid(key) if word == PRINCIPLE_WORD else None
    return {str(found)} if found else set()


def add_choices(compose: Compose, *, person: Any, principles: set[str], subject: str) -> None:
    """The principles to tick, and what the topic is about. At most two queries, three with one of another set.

    Offered are those of FACT, and what is ticked already.
    """
    language = translation.get_language() or "nb"
    compose.principles = [
        (principle, str(principle.translation_key) in principles)
        for principle in get_principles(set_key=PRINCIPLE_SET, language=language)
    ]
    offered = {str(principle.translation_key) for principle, _is_chosen in compose.principles}
    others = [key for key in map(as_uuid, sorted(principles - offered)) if key]
    if others:
        compose.principles += [(principle, True) for principle in known_principles(others)]
    compose.subject = get_item_to_write_on(person, compose.place.space, subject) or get_subject_to_write_on(subject)


def get_item_to_write_on(person: Any, space: Space, value: str) -> ComposeSubject | None:
    """`ressurs:<uuid>`, if it is an item of this space that the person may see. One query, none for other words."""
    word, _, key = value.partition(":")
    uuid = as_uuid(key) if word == ITEM_WORD else None
    item = items_visible_to(person).filter(key=uuid, space=space).first() if uuid else None
    return ComposeSubject(Topic.SubjectKind.ITEM, item.key, item.title, f"{word}:{uuid}", item) if item else None


def get_subject_to_write_on(value: str) -> ComposeSubject | None:
    """`leksjon:<uuid>` or `kurs:<uuid>`, if there is such a live page. One query."""
    word, _, key = value.partition(":")
    kind = SUBJECT_WORDS.get(word)
    uuid = as_uuid(key)
    if kind is None or uuid is None:
        return None
    pages = SUBJECT_MODELS[kind].objects.live().filter(translation_key=uuid).select_related("locale")
    by_language = {page.locale.language_code: page for page in pages}
    page = (
        by_language.get(translation.get_language() or "")
        or by_language.get("nb")
        or next(iter(by_language.values()), None)
    )
    return ComposeSubject(kind, uuid, page.title, f"{word}:{uuid}") if page else None


def quoted(post: Post) -> str:
    """A post as a quotation to begin an answer from, without what it quoted itself."""
    from_whom = str(post.pseudonym or post.author)
    text = linebreaks(post.text, autoescape=True)
    return f"<blockquote><p>{_escaped(from_whom)}:</p>{text}</blockquote><p></p>"


def _escaped(text: str) -> str:
    return linebreaks(text, autoescape=True).removeprefix("<p>").removesuffix("</p>")


# --- lists ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DraftLine:
    draft: Draft
    url: str
    where: str
    is_topic: bool
    excerpt: str


@sensitive_variables()
def get_drafts(person: User) -> list[DraftLine]:
    """The person's drafts for places they still may see, newest first. Four queries, however many there are."""
    drafts = list(Draft.objects.filter(person=person))
    numbers: dict[str, set[int]] = {"space": set(), "topic": set(), "post": set()}
    for draft in drafts:
        kind, _, number = draft.place.partition(":")
        numbers[kind].add(int(number))
    spaces = {f"space:{space.pk}": Place(space) for space in spaces_visible_to(person).filter(pk__in=numbers["space"])}
    topics = {
        f"topic:{topic.pk}": Place(topic.space, topic)
        for topic in topics_visible_to(person).select_related("space").filter(pk__in=numbers["topic"])
    }
    posts = {
        f"post:{post.pk}": Place(post.topic.space, post.topic, post)
        for post in posts_written_by(person).select_related("topic__space").filter(pk__in=numbers["post"])
    }
    places = spaces | topics | posts
    lines = []
    for draft in drafts:
        place = places.get(draft.place)
        text = render(draft.source, source_format=draft.source_format).text
        where = "" if place is None else place.topic.title if place.topic is not None else place.space.name
        lines.append(
            DraftLine(
                draft=draft,
                url=place.url if place is not None else "",
                where=where,
                is_topic=draft.place.startswith("space:"),
                excerpt=text[:160] + ("…" if len(text) > 160 else ""),
            )
        )
    return lines


@dataclass(frozen=True, slots=True)
class Version:
    html: str
    title: str
    content_warning: str
    is_current: bool
    written_at: Any


def get_history(post: Post) -> list[Version]:
    """How a post has read, newest first. The caller has checked that it may be seen. One query."""
    edits = list(PostEdit.objects.filter(post=post).order_by("pk"))
    times = [post.created_at, *(edit.replaced_at for edit in edits)]
    title = post.topic.title if post.number == 1 else ""
    versions = [
        Version(edit.html, edit.title, edit.content_warning, False, at) for edit, at in zip(edits, times, strict=False)
    ]
    versions.append(Version(post.html, title, post.content_warning, True, times[-1]))
    return versions[::-1]
