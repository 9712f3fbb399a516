"""Every change in this room."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.utils import timezone
from wagtail.log_actions import log
from wagtail.models import (
    Collection,
    GroupApprovalTask,
    GroupCollectionPermission,
    GroupPagePermission,
    Revision,
    Workflow,
    WorkflowPage,
    WorkflowTask,
)

from courses.blocks import ACTIVITY_TYPES, FILM_TYPES
from courses.models import ChangeKind, ContentStamp, CourseIndexPage, LegalReference, LessonPage, LessonVersion
from courses.packages.apply import ImportReport, PackageImport
from courses.packages.check import PackageCheck
from courses.packages.reader import read_package
from people.models import User

_LABELS = {
    "case": "title",
    "reflection": "prompt",
    "film": "title",
    "role_film": "title",
}


def bump_content_stamp() -> None:
    """Make every rendered page of before unreachable. Call after or with the change itself."""
    if not ContentStamp.objects.filter(pk=1).update(value=F("value") + 1):
        ContentStamp.objects.get_or_create(pk=1, defaults={"value": 2})


def list_activities(lesson: LessonPage) -> list[dict[str, Any]]:
    """What a learner can do in the lesson: one entry per activity block, with its id.

    A quiz question also keeps its wording, so an answer given today can be read with today's words. A film says
    whether its manuscript stands beside it.
    """
    activities = []
    for child in lesson.body:
        kind = child.block_type
        if kind not in ACTIVITY_TYPES:
            continue
        activity: dict[str, Any] = {
            "id": child.id,
            "type": kind,
            "label": str(child.value.get(_LABELS.get(kind, "question"), ""))[:500],
        }
        if kind in FILM_TYPES:
            film = child.value.get("film")
            activity["film"] = str(film.key) if film else None
            activity["duration"] = film.duration if film else 0
            activity["has_script"] = bool(child.value.get("script"))
        elif kind.startswith("quiz_"):
            activity["value"] = child.get_prep_value()["value"]
        activities.append(activity)
    return activities


def record_lesson_version(*, lesson: LessonPage, revision: Revision | None) -> LessonVersion:
    """Write what was just published. The first version is always new content.

    Two publications at once get two numbers: the constraint decides, the loser takes the next. Raises
    IntegrityError after five lost races.
    """
    activities = list_activities(lesson)
    for attempt in range(5):
        last = (
            LessonVersion.objects.filter(lesson_key=lesson.translation_key).aggregate(last=Max("number"))["last"] or 0
        )
        try:
            with transaction.atomic():
                return LessonVersion.objects.create(
                    lesson_key=lesson.translation_key,
                    number=last + 1,
                    language=lesson.locale.language_code,
                    title=lesson.title,
                    change_kind=lesson.change_kind if last else ChangeKind.NEW_CONTENT,
                    change_note=lesson.change_note,
                    revision=revision,
                    activities=activities,
                )
        except IntegrityError:
            if attempt == 4:
                raise
    raise AssertionError("the loop returns or raises")


# --- the editors' rooms -------------------------------------------------------------------------------

TRAINING_TEAM = "Nasjonalt opplæringsteam"
REVIEWERS = "Fagredaktører"
REVIEW_WORKFLOW = "Faglig gjennomgang"

_AUTHOR_PAGE_RIGHTS = ("add_page", "change_page")
_REVIEWER_PAGE_RIGHTS = (*_AUTHOR_PAGE_RIGHTS, "publish_page", "lock_page", "unlock_page")
_FILE_RIGHTS = (
    ("wagtailimages", "add_image"),
    ("wagtailimages", "change_image"),
    ("wagtailimages", "choose_image"),
    ("wagtaildocs", "add_document"),
    ("wagtaildocs", "change_document"),
    ("wagtaildocs", "choose_document"),
    ("wagtailmedia", "add_media"),
    ("wagtailmedia", "change_media"),
)
_GLOBAL_RIGHTS = (
    ("wagtailadmin", "access_admin"),
    ("courses", "add_legalreference"),
    ("courses", "change_legalreference"),
    ("courses", "add_glossaryterm"),
    ("courses", "change_glossaryterm"),
)


@transaction.atomic
def set_up_training_team(
    *, section: CourseIndexPage, authors: str = TRAINING_TEAM, reviewers: str = REVIEWERS
) -> tuple[Group, Group]:
    """Give a course section its authors, its reviewers, its own file collection and its review workflow.

    Authors write in this section and use its files, and send to review; they cannot publish. Reviewers approve and
    publish. Neither sees another section's pages or files. Law references and the glossary are shared by all sections.
    Safe to run again: it adds what is missing and takes nothing away.
    """
    authors_group = Group.objects.get_or_create(name=authors)[0]
    reviewers_group = Group.objects.get_or_create(name=reviewers)[0]
    collection = _section_collection(section=section, group=authors_group)
    for group, page_rights in ((authors_group, _AUTHOR_PAGE_RIGHTS), (reviewers_group, _REVIEWER_PAGE_RIGHTS)):
        group.permissions.add(*(_permission(*right) for right in _GLOBAL_RIGHTS))
        for codename in page_rights:
            GroupPagePermission.objects.get_or_create(
                group=group, page_id=section.pk, permission=_permission("wagtailcore", codename)
            )
        for right in _FILE_RIGHTS:
            GroupCollectionPermission.objects.get_or_create(
                group=group, collection=collection, permission=_permission(*right)
            )
    WorkflowPage.objects.update_or_create(
        page_id=section.pk, defaults={"workflow": _review_workflow(reviewers=reviewers_group)}
    )
    return authors_group, reviewers_group


def _permission(app_label: str, codename: str) -> Permission:
    return Permission.objects.get(content_type__app_label=app_label, codename=codename)


def _section_collection(*, section: CourseIndexPage, group: Group) -> Collection:
    """The collection the group has already, so that a renamed section keeps its files; else one nobody else has."""
    kept = Collection.objects.filter(group_permissions__group=group, depth__gt=1).first()
    if kept is not None:
        return kept
    root = Collection.get_first_root_node()
    unused = root.get_children().filter(name=section.title, group_permissions=None).first()
    return unused or root.add_child(name=section.title)


def _review_workflow(*, reviewers: Group) -> Workflow:
    """The workflow in which this group alone approves, made when there is none."""
    task = GroupApprovalTask.objects.filter(name=REVIEW_WORKFLOW, groups=reviewers, active=True).first()
    if task is None:
        task = GroupApprovalTask.objects.create(name=REVIEW_WORKFLOW)
        task.groups.add(reviewers)
    step = WorkflowTask.objects.filter(task=task, workflow__active=True).select_related("workflow").first()
    if step is None:
        step = WorkflowTask.objects.create(
            workflow=Workflow.objects.create(name=REVIEW_WORKFLOW), task=task, sort_order=0
        )
    return step.workflow


@transaction.atomic
def mark_legal_references_checked(*, references: Iterable[LegalReference], user: User) -> int:
    """Say that these rules were read against their source today. Returns how many.

    The role that is shown is the person's group of editors; who it was stands in the admin's log.
    """
    group = user.groups.filter(permissions__codename="change_legalreference").order_by("pk").first()
    role = group.name if group else str(user)
    count = 0
    for reference in references:
        reference.checked_on = timezone.localdate()
        reference.checked_by = role[:120]
        reference.save(update_fields=["checked_on", "checked_by"])
        log(instance=reference, action="wagtail.edit", user=user)
        count += 1
    return count


def import_course_package(
    *,
    folder: Path,
    section: str | None = None,
    change_kind: str = ChangeKind.CORRECTION,
    change_note: str = "",
    user: Any = None,
    check_only: bool = False,
) -> ImportReport | None:
    """Put the package in this folder in place: new, or over what has the same ids.

    Everything is checked first; with `check_only` that is all. Raises PackageError, and changes nothing, when
    anything is wrong. Unchanged lessons are not published again; lessons the package lacks are unpublished.
    `user` is whose rights count and who stands in the history; None (a command) may do everything.
    """
    package = read_package(folder)
    target = PackageCheck(package, section=section, user=user).run()
    if check_only:
        return None
    work = PackageImport(package, target, change_kind=change_kind, change_note=change_note, user=user)
    with work.undo_files(), transaction.atomic():
        return work.run()
