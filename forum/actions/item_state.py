"""An item of the library is shown, hidden or deleted, with all that follows. Who may is asked by those who call."""

from forum import tasks
from forum.actions.attachments import delete_files
from forum.models import LibraryFile, LibraryItem, Notice, State
from people.tasks import after_commit


def put_item_state(*, item: LibraryItem, state: State) -> None:
    """Give an item, whose row is locked, another state. A deleted one loses its files, texts and title, at once or when
    what is reported of it is decided; what others built on it stays, and so does the topic about it.
    """
    if state == State.DELETED and not item.reports.filter(outcome="").exists():
        empty_item(item=item)
    item.state = state
    item.save()
    after_commit(tasks.follow_items, [item.pk])


def empty_item(*, item: LibraryItem) -> None:
    """Remove what was said and handed in. The files go from the disk after commit."""
    delete_files(LibraryFile.objects.filter(version__item=item))
    item.versions.update(source="", html="", text="", link="", note="")
    for rows in (item.uses, item.tags, item.principles, item.reviews, item.watches):
        rows.all().delete()
    Notice.objects.filter(version__item=item).delete()
    item.notices.all().delete()
    item.title = item.summary = ""
    item.team_count = 0
    item.review_on = None
