"""Whom news of the library is told to. What they may see is asked here, and again when they read it.

- A new version: the owners of what builds on any version of the item, each for their own; its owner, where somebody
  else made it; and those who follow it. Not the owners of what builds on *that*: they are told when their own source
  has a new version, and so hear of what somebody has looked at and taken in.
- «none» chosen for the item is nothing at all. Whoever made the version is told nothing. Teams that use an item are
  told nothing by that: whoever in the team wants to hear follows it.
- A review: the owner; those who moderate the space where the owner has left. From thirty days before the day, and at
  most once in thirty days.
- An answer that became an item: whoever wrote it under their name. An alias gets no row: it would join it to a person.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from forum.models import LibraryItem, LibraryVersion, Notice, State, Watch
from forum.permissions import people_who_moderate, people_who_read

REVIEW_NOTICE = timedelta(days=30)
"""How long before the day somebody is reminded, and how long from one reminder to the next."""


@transaction.atomic
def tell_of_version(*, version_id: int) -> None:
    """A line for each who wants to hear. Doing it again tells nobody twice. Seven queries, however many there are."""
    version = LibraryVersion.objects.select_related("item__space").filter(pk=version_id).first()
    if version is None or version.item.state != State.NORMAL:
        return
    source = version.item
    levels = dict(Watch.objects.filter(item=source).values_list("person", "level"))
    built = LibraryItem.objects.filter(based_on__item=source, state=State.NORMAL, owner__isnull=False)
    wanted: set[tuple[int | None, int | None]] = set(built.values_list("owner", "pk"))
    builders = {owner for owner, _item in wanted}
    followers = {person for person, level in levels.items() if level == Watch.Level.ALL} | {source.owner_id}
    wanted |= {(person, None) for person in followers - builders if person is not None}
    muted = {person for person, level in levels.items() if level == Watch.Level.NONE}
    reading = set(
        people_who_read(source.space).filter(pk__in={person for person, _item in wanted}).values_list("pk", flat=True)
    )
    told = reading - muted - {version.created_by_id}
    Notice.objects.bulk_create(
        [
            Notice(person_id=person, kind=Notice.Kind.VERSION, version=version, item_id=item)
            for person, item in sorted(wanted, key=str)
            if person in told
        ],
        ignore_conflicts=True,
    )


@transaction.atomic
def tell_of_made_item(*, item_id: int) -> None:
    """To whoever wrote the answer, where somebody else made an item of it."""
    item = LibraryItem.objects.select_related("space", "from_post").filter(pk=item_id, state=State.NORMAL).first()
    author = item.from_post.author_id if item is not None and item.from_post is not None else None
    if item is None or author is None or author == item.owner_id:
        return
    if people_who_read(item.space).filter(pk=author).exists():
        Notice.objects.bulk_create([Notice(person_id=author, kind=Notice.Kind.MADE, item=item)], ignore_conflicts=True)


def items_to_review() -> QuerySet[LibraryItem]:
    """Items somebody should be reminded of now: shown, and where somebody can write that they have looked."""
    now, today = timezone.now(), timezone.localdate()
    return LibraryItem.objects.filter(
        Q(review_reminded_at__isnull=True) | Q(review_reminded_at__lte=now - REVIEW_NOTICE),
        Q(space__ends_on__isnull=True) | Q(space__ends_on__gte=today),
        state=State.NORMAL,
        review_on__lte=today + REVIEW_NOTICE,
        space__archived_at__isnull=True,
    )


def remind_of_reviews() -> int:
    """Remind of all that are due; returns how many. Safe to run twice, and at once."""
    return sum(remind_of_review(item_id=pk) for pk in items_to_review().order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def remind_of_review(*, item_id: int) -> bool:
    """Claim the reminder and make its notices in one transaction: whoever comes second, or dies halfway, makes none."""
    due = items_to_review().select_related("space").select_for_update(no_key=True, of=("self",))
    item = due.filter(pk=item_id).first()
    if item is None:
        return False
    item.review_reminded_at = timezone.now()
    item.save(update_fields=["review_reminded_at"])
    owner = people_who_read(item.space).filter(pk=item.owner_id or 0)
    people = owner if owner.exists() else people_who_moderate(item.space)
    fresh = {"created_at": timezone.now(), "read_at": None}
    for person in people.values_list("pk", flat=True):
        Notice.objects.update_or_create(person_id=person, item=item, kind=Notice.Kind.REVIEW, defaults=fresh)
    return True
