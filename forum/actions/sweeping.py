"""Taking identity numbers out of what is stored already. Called by `sweep_patient_data`.

Each row is read again under its lock, masked, and logged by its number; never a digit of what was there.
"""

from functools import partial

from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from forum import tasks
from forum.actions.attachments import delete_files
from forum.actions.counting import lock_post, lock_space, lock_topic
from forum.actions.events import LINES
from forum.actions.item_state import put_item_state
from forum.actions.moderation import log, log_item
from forum.actions.posting import set_post_state
from forum.models import (
    Attachment,
    Event,
    LibraryFile,
    LibraryItem,
    LibraryTag,
    LibraryVersion,
    ModerationEntry,
    NewsItem,
    Post,
    PostEdit,
    Space,
    State,
    Topic,
)
from forum.models.events import EVENT_SUMMARY_MAX
from forum.rendering import render
from forum.signals import spaces_changed
from people.tasks import after_commit
from safety.guard import find_identity_numbers, find_in_html, mask, mask_html

Verb = ModerationEntry.Verb
EVENT_LINES = LINES | {"cancel_note": EVENT_SUMMARY_MAX}
"""What an event says beside its text, and how long each may be."""


def _masked(text: str, *, most: int) -> str:
    """The words that stand in for a number may be longer than it: cut to what the column takes."""
    return mask(text)[:most]


@transaction.atomic
@sensitive_variables()
def mask_post(*, pk: int) -> None:
    """Mask source, HTML, text and content warning; a post that still shows a number is hidden."""
    post = Post.objects.select_related("topic").get(pk=pk)
    topic, post = lock_post(post)
    is_html = post.source_format == Post.Format.HTML
    post.source = mask_html(post.source) if is_html else mask(post.source)
    rendered = render(post.source, source_format=post.source_format)
    post.html, post.text, post.rendering_version = mask_html(rendered.html), mask(rendered.text), rendered.version
    post.content_warning = _masked(post.content_warning, most=120)
    post.save(update_fields=["source", "html", "text", "rendering_version", "content_warning"])
    if find_in_html(post.html) or find_identity_numbers(post.text):
        _hide(post, topic)
    _tell(post)


@transaction.atomic
@sensitive_variables()
def mask_topic(*, pk: int) -> None:
    """Mask the title and the content warning."""
    topic = lock_topic(Topic.objects.get(pk=pk))
    topic.title = _masked(topic.title, most=160)
    topic.content_warning = _masked(topic.content_warning, most=120)
    topic.save(update_fields=["title", "content_warning"])
    first = Post.objects.filter(topic=topic).order_by("number").first()
    if first is not None:
        first.topic = topic
        _tell(first)


@transaction.atomic
@sensitive_variables()
def mask_edit(*, pk: int) -> None:
    """Mask how a post read before."""
    edit = PostEdit.objects.select_for_update().select_related("post__topic").get(pk=pk)
    edit.html, edit.title = mask_html(edit.html), _masked(edit.title, most=160)
    edit.content_warning = _masked(edit.content_warning, most=120)
    edit.save(update_fields=["html", "title", "content_warning"])
    _tell(edit.post)


@transaction.atomic
@sensitive_variables()
def mask_attachment(*, pk: int) -> None:
    """Mask name, alternative text and the text kept for search. The file itself cannot be mended: its post is hidden
    until somebody has looked, and a file in no post yet is deleted.
    """
    attachment = Attachment.objects.select_related("post__topic").get(pk=pk)
    holds = bool(find_identity_numbers(attachment.text))
    topic = lock_topic(attachment.post.topic) if attachment.post else None
    attachment.name = _masked(attachment.name, most=160)
    attachment.alt_text = _masked(attachment.alt_text, most=300)
    attachment.text = mask(attachment.text)
    attachment.save(update_fields=["name", "alt_text", "text"])
    if topic is None or attachment.post is None:
        if holds:
            delete_files(Attachment.objects.filter(pk=pk))
        return
    post = Post.objects.select_for_update(no_key=True).get(pk=attachment.post.pk)
    post.topic = topic
    if holds:
        _hide(post, topic)
    _tell(post)


@transaction.atomic
@sensitive_variables()
def mask_space(*, pk: int) -> None:
    """Mask name, description, house rules and welcome."""
    space = lock_space(pk)
    space.name, space.about = _masked(space.name, most=100), _masked(space.about, most=400)
    space.rules_source, space.rules = mask_html(space.rules_source)[:8000], mask_html(space.rules)
    space.welcome_source, space.welcome = mask_html(space.welcome_source)[:8000], mask_html(space.welcome)
    space.save(update_fields=["name", "about", "rules_source", "rules", "welcome_source", "welcome"])
    ModerationEntry.objects.create(verb=Verb.MASKED, space=space, reason="sweep_patient_data")
    transaction.on_commit(partial(spaces_changed.send, sender=Space, space_ids=[pk]))


def _lock_item(pk: int) -> LibraryItem:
    return LibraryItem.objects.select_for_update(no_key=True).get(pk=pk)


@transaction.atomic
@sensitive_variables()
def mask_item(*, pk: int) -> None:
    """Mask title and summary."""
    item = _lock_item(pk)
    item.title, item.summary = _masked(item.title, most=160), _masked(item.summary, most=600)
    item.save()
    _tell_of_item(item)


@transaction.atomic
@sensitive_variables()
def mask_tag(*, pk: int) -> None:
    """A keyword with a number in it finds nothing anybody should look for: it goes."""
    tag = LibraryTag.objects.select_for_update().get(pk=pk)
    item = _lock_item(tag.item_id)
    tag.delete()
    item.save(update_fields=["search_text"])  # keywords stand there, too
    _tell_of_item(item)


@transaction.atomic
@sensitive_variables()
def mask_version(*, pk: int) -> None:
    """Mask note, text and rendering. A link cannot be mended, and goes. What still shows a number is hidden."""
    version = LibraryVersion.objects.get(pk=pk)
    item = _lock_item(version.item_id)
    is_html = version.source_format == Post.Format.HTML
    version.note = _masked(version.note, most=600)
    version.source = mask_html(version.source) if is_html else mask(version.source)
    rendered = render(version.source, source_format=version.source_format)
    version.html = mask_html(rendered.html) if version.source else ""
    version.text, version.rendering_version = mask(rendered.text), rendered.version
    if find_identity_numbers(version.link):
        version.link = ""
    version.save()
    if find_in_html(version.html) or find_identity_numbers(version.text):
        _hide_item(item)
    _tell_of_item(item)


@transaction.atomic
@sensitive_variables()
def mask_library_file(*, pk: int) -> None:
    """Mask the name and the text kept for search. The file itself cannot be mended: its item is hidden until somebody
    has looked, and a file that was never shared is deleted.
    """
    file = LibraryFile.objects.select_related("version").get(pk=pk)
    holds = bool(find_identity_numbers(file.text))
    file.name, file.text = _masked(file.name, most=160), mask(file.text)
    file.save(update_fields=["name", "text"])
    if file.version is None:
        if holds:
            delete_files(LibraryFile.objects.filter(pk=pk))
        return
    item = _lock_item(file.version.item_id)
    if holds:
        _hide_item(item)
    _tell_of_item(item)


def _hide_item(item: LibraryItem) -> None:
    if item.state == State.NORMAL:
        put_item_state(item=item, state=State.HIDDEN)
        log_item(verb=Verb.AUTO_HIDE, actor=None, item=item, reason="sweep_patient_data")


def _tell_of_item(item: LibraryItem) -> None:
    log_item(verb=Verb.MASKED, actor=None, item=item, reason="sweep_patient_data")
    after_commit(tasks.follow_items, [item.pk])


@transaction.atomic
@sensitive_variables()
def mask_news(*, pk: int) -> None:
    """Mask title, lead and text of a piece of news; what was confirmed stands."""
    item = NewsItem.objects.select_for_update(no_key=True).get(pk=pk)
    is_html = item.source_format == Post.Format.HTML
    item.title, item.lead = _masked(item.title, most=160), _masked(item.lead, most=300)
    item.source = mask_html(item.source) if is_html else mask(item.source)
    rendered = render(item.source, source_format=item.source_format)
    item.html, item.text, item.rendering_version = mask_html(rendered.html), mask(rendered.text), rendered.version
    item.save(update_fields=["title", "lead", "source", "html", "text", "rendering_version"])
    tell_of_row(label="forum.NewsItem", key=pk)
    after_commit(tasks.follow_news, [pk])


@transaction.atomic
@sensitive_variables()
def mask_event(*, pk: int) -> None:
    """Mask what an event says of itself. A link cannot be mended, and goes."""
    event = Event.objects.select_for_update(no_key=True).get(pk=pk)
    is_html = event.source_format == Post.Format.HTML
    for name, most in EVENT_LINES.items():
        setattr(event, name, _masked(getattr(event, name), most=most))
    event.source = mask_html(event.source) if is_html else mask(event.source)
    rendered = render(event.source, source_format=event.source_format)
    event.html = mask_html(rendered.html) if event.source else ""
    event.text, event.rendering_version = mask(rendered.text), rendered.version
    if find_identity_numbers(event.link):
        event.link = ""
    event.sequence += 1
    event.changed_at = timezone.now()
    event.save()
    tell_of_row(label="forum.Event", key=pk)


def tell_of_row(*, label: str, key: int) -> None:
    """A line in the log about a row that is no post: the table and the key."""
    ModerationEntry.objects.create(verb=Verb.MASKED, reason=f"sweep_patient_data: {label} {key}")


def _hide(post: Post, topic: Topic) -> None:
    if post.state in {State.NORMAL, State.HELD}:
        set_post_state(topic=topic, post=post, state=State.HIDDEN)
        log(verb=Verb.AUTO_HIDE, actor=None, post=post, reason="sweep_patient_data")


def _tell(post: Post) -> None:
    log(verb=Verb.MASKED, actor=None, post=post, reason="sweep_patient_data")
    tasks.posts_were_changed([post.pk])
