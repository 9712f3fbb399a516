"""Somebody's account is deleted: what they wrote stays as «Tidligere medlem», and nobody is behind their aliases."""

import secrets

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from forum import tasks
from forum.actions.attachments import delete_files
from forum.models import Attachment, LibraryFile, Post, Pseudonym, Report, Topic
from forum.pseudonyms import owned_by
from people.models import User


@transaction.atomic
def let_go_of_person(*, person: User, former: User) -> None:
    """Give what must stay to `former`, before the account goes. The person's row is locked.

    - Topics and posts stay, for those who answered them. Whoever wants them gone deletes them first.
    - Aliases keep their posts and their name; owner and seal are overwritten, so that no key opens them again.
    - Files in posts stay with the post; files that never came into one go, from the disk after commit.
    - What was shared in the library stays, without an owner; files that were never shared go.
    - News stays, without whoever wrote it; what the person has confirmed goes.
    - Reports that wait to be decided stay, without the reporter; decided ones go.
    - Drafts, reading, notices, watches, reactions and pauses go with the person.
    """
    Topic.objects.filter(author=person).update(author=former)
    written = list(Post.objects.filter(author=person).values_list("pk", flat=True))
    Post.objects.filter(author=person).update(author=former)
    tasks.posts_were_changed(written)
    for alias in Pseudonym.objects.select_for_update().filter(owned_by(person)):
        alias.owner, alias.sealed = secrets.token_hex(32), ""
        alias.save(update_fields=["owner", "sealed"])
    own_files = Attachment.objects.filter(uploader=person)
    own_files.filter(post__isnull=False).update(uploader=None)
    delete_files(own_files.filter(post__isnull=True))
    delete_files(LibraryFile.objects.filter(uploader=person, version__isnull=True))
    waiting = Report.objects.filter(reporter=person, outcome="")
    # One open report a person and post: another former member's may wait there already.
    there = Report.objects.filter(Q(post=OuterRef("post")) | Q(item=OuterRef("item")), reporter=former, outcome="")
    waiting.exclude(Exists(there)).update(reporter=former)
