"""Who may see and do what in the forum: the one visibility rule (ARCHITECTURE §5.1), and who may write and moderate.

- member: active in a team or a support group. Sees that listed spaces exist; reads and writes in open ones.
- in a space: an active row in `SpaceMembership`, or, in a role network, the role in a team now.
- facilitator: moderates that space.
- moderator: has `forum.moderate_forum` by a group, or is administrator. Moderates listed spaces. Private spaces,
  learning groups and youth panels are closed to moderators too: they see what is reported there, post by post.

A post is shown to those who may read its space. One that is held is shown to its author and to those who moderate the
space; one that is hidden to those who moderate it; a deleted one to nobody. A topic follows its first post.

Each predicate has a queryset twin; `tests/forum/test_permissions.py` asserts for every role that the two agree. An
inactive account may nothing.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import BigIntegerField, Exists, Model, OuterRef, Q, QuerySet
from django.utils import timezone

from forum.models import (
    Appeal,
    EntryRequest,
    ModerationEntry,
    Post,
    Pseudonym,
    Report,
    SealOpening,
    Silence,
    Space,
    SpaceMembership,
    State,
    Topic,
)
from forum.prepared import Prepared, now_of, prepared, today_of
from forum.pseudonyms import aliases_are_possible, is_owner, owned_by
from people.models import Membership, SupportGroupMembership, User

MODERATE = "moderate_forum"
IDENTITY_DAYS = 7
"""How long the two who opened a seal may look behind it, each of them once."""


def _is_active(user: Any) -> bool:
    return bool(user.is_authenticated and user.is_active)


@cache
def _question(queryset: Callable[[Any], QuerySet[Any]]) -> Prepared:
    def build(reader: Any, *, pk: Any) -> QuerySet[Any, Any]:
        return queryset(reader).filter(pk=pk).order_by().values_list("pk")[:1]

    return Prepared(build, {"pk": BigIntegerField()})


def _is_among(queryset: Callable[[Any], QuerySet[Any]], user: Any, thing: Model) -> bool:
    """What a predicate answers: whether the thing is in its twin. One query, put together once a process."""
    return bool(_question(queryset)(user, pk=thing.pk))


# --- the person ----------------------------------------------------------------------------------------


def _has_office(person: Any) -> Exists:
    group = Group.objects.filter(
        user=person, permissions__codename=MODERATE, permissions__content_type__app_label="forum"
    )
    return Exists(group)


def _moderators(person: Any) -> QuerySet[User]:
    """`person` is who is asked about, or the way to each. About one the database looks at no other."""
    return User.objects.filter(Q(is_superuser=True) | Q(_has_office(person)), is_active=True)


def forum_moderators() -> QuerySet[User]:
    """Everybody who moderates the forum as a whole."""
    return _moderators(OuterRef("pk"))


def user_is_moderator(user: Any) -> bool:
    """Twin of `forum_moderators`. One query; none for an administrator."""
    if not _is_active(user):
        return False
    return bool(user.is_superuser) or _moderators(user.pk).filter(pk=user.pk).exists()


def _is_a_member(person: Any) -> Q:
    return (
        Q(is_superuser=True)
        | Q(Exists(Membership.objects.active().filter(person=person)))
        | Q(Exists(SupportGroupMembership.objects.active().filter(person=person)))
        | Q(_has_office(person))
    )


def _members(person: Any) -> QuerySet[User]:
    return User.objects.filter(_is_a_member(person), is_active=True)


def forum_members() -> QuerySet[User]:
    """Everybody for whom an open space is open."""
    return _members(OuterRef("pk"))


def user_is_member(user: Any) -> bool:
    """Twin of `forum_members`. One query."""
    return _is_active(user) and _members(user.pk).filter(pk=user.pk).exists()


# --- spaces --------------------------------------------------------------------------------------------


def _in_space(user: Any) -> Exists:
    return Exists(SpaceMembership.objects.active().filter(person=user, space=OuterRef("pk")))


def _has_role(user: Any) -> Exists:
    """In a role network by the role in a team now."""
    return Exists(Membership.objects.active().filter(person=user, roles=OuterRef("role")))


def _is_member(user: Any) -> Exists:
    return Exists(_members(user.pk).filter(pk=user.pk))


def _is_moderator(user: Any) -> Exists:
    return Exists(_moderators(user.pk).filter(pk=user.pk))


def _facilitates(user: Any) -> Exists:
    return Exists(SpaceMembership.objects.facilitating().filter(person=user, space=OuterRef("pk")))


def spaces_visible_to(user: Any) -> QuerySet[Space]:
    """The spaces this person may know of."""
    if not _is_active(user):
        return Space.objects.none()
    return Space.objects.filter((Q(kind__in=Space.LISTED) & Q(_is_member(user))) | Q(_in_space(user)))


def spaces_readable_by(user: Any) -> QuerySet[Space]:
    """The spaces whose topics and people this person may see."""
    if not _is_active(user):
        return Space.objects.none()
    return Space.objects.filter(
        (Q(kind=Space.Kind.OPEN) & Q(_is_member(user)))
        | Q(_in_space(user))
        | (Q(kind=Space.Kind.ROLE_NETWORK) & Q(_has_role(user)))
        | (Q(kind__in=Space.LISTED) & Q(_is_moderator(user)))
    )


def spaces_moderated_by(user: Any) -> QuerySet[Space]:
    """The spaces where this person may hide, close, pin and move, and see what is held and hidden."""
    if not _is_active(user):
        return Space.objects.none()
    return Space.objects.filter(Q(_facilitates(user)) | (Q(kind__in=Space.LISTED) & Q(_is_moderator(user))))


def spaces_writable_by(user: Any) -> QuerySet[Space]:
    """The spaces where this person may start topics and answer now: readable, neither archived nor over, no silence.

    Before a group's first day whoever facilitates it may, so that a welcome waits for the others.
    """
    if not _is_active(user):
        return Space.objects.none()
    silenced = Silence.objects.filter(
        Q(person=user) | owned_by(user, through="pseudonym"), until__gt=now_of(user), lifted_at__isnull=True
    )
    return (
        spaces_readable_by(user)
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gte=today_of(user)), archived_at__isnull=True)
        .exclude(Exists(silenced.filter(Q(space__isnull=True) | Q(space=OuterRef("pk")))))
        .filter(Q(starts_on__isnull=True) | Q(starts_on__lte=today_of(user)) | Q(_facilitates(user)))
    )


def user_can_see_space(user: Any, space: Space) -> bool:
    """Twin of `spaces_visible_to`. One query."""
    return _is_among(spaces_visible_to, user, space)


def user_can_read_space(user: Any, space: Space) -> bool:
    """Twin of `spaces_readable_by`. One query."""
    return _is_among(spaces_readable_by, user, space)


def user_can_moderate_space(user: Any, space: Space) -> bool:
    """Twin of `spaces_moderated_by`. One query."""
    return _is_among(spaces_moderated_by, user, space)


def user_can_write_in_space(user: Any, space: Space) -> bool:
    """Twin of `spaces_writable_by`. One query."""
    return _is_among(spaces_writable_by, user, space)


def people_who_read(space: Space) -> QuerySet[User]:
    """`spaces_readable_by`, seen from the space, without moderators who are there by their office alone."""
    in_space = Exists(SpaceMembership.objects.active().filter(space=space.pk, person=OuterRef("pk")))
    found = Q(in_space)
    if space.kind == Space.Kind.OPEN:
        found |= _is_a_member(OuterRef("pk"))
    if space.kind == Space.Kind.ROLE_NETWORK:
        found |= Q(Exists(Membership.objects.active().filter(person=OuterRef("pk"), roles=space.role_id)))
    return User.objects.filter(found, is_active=True)


def people_who_moderate(space: Space) -> QuerySet[User]:
    """Whom a report in the space is for: its facilitators, else the moderators."""
    facilitators = User.objects.filter(
        Exists(SpaceMembership.objects.facilitating().filter(space=space, person=OuterRef("pk"))), is_active=True
    )
    return facilitators if facilitators.exists() else forum_moderators()


# --- topics and posts ----------------------------------------------------------------------------------


def _shown_to(user: Any, *, space: str) -> Q:
    """What of a readable space is shown, by state. `space` is the way to the space's key."""
    return _shown(user, moderated=Q(**{f"{space}__in": spaces_moderated_by(user).values("pk")}))


def _shown(user: Any, *, moderated: Q) -> Q:
    own = Q(author=user) | owned_by(user, through="pseudonym")
    return Q(state=State.NORMAL) | (Q(state=State.HELD) & own) | (Q(state__in=[State.HELD, State.HIDDEN]) & moderated)


def shown_in_space(user: Any, *, moderates: bool) -> Q:
    """`topics_visible_to` and `posts_visible_to` by state alone, within one space that the person is known to read.

    `moderates` is what `user_can_moderate_space` says of that space. Posts are asked for in topics found so.
    """
    everything, nothing = ~Q(pk__in=[]), Q(pk__in=[])
    return _shown(user, moderated=everything if moderates else nothing)


def posts_shown_to(user: Any) -> Q:
    """`posts_visible_to` by state alone, for posts of topics that `topics_visible_to` has found."""
    return _shown_to(user, space="topic__space")


def topics_visible_to(user: Any) -> QuerySet[Topic]:
    """The topics whose title and posts this person may see. Merged ones are where they went."""
    if not _is_active(user):
        return Topic.objects.none()
    return Topic.objects.filter(
        _shown_to(user, space="space"), space__in=spaces_readable_by(user).values("pk"), merged_into__isnull=True
    )


def posts_visible_to(user: Any) -> QuerySet[Post]:
    """The posts whose text this person may see."""
    if not _is_active(user):
        return Post.objects.none()
    return Post.objects.filter(_shown_to(user, space="topic__space"), topic__in=topics_visible_to(user).values("pk"))


def user_can_see_topic(user: Any, topic: Topic) -> bool:
    """Twin of `topics_visible_to`. One query."""
    return _is_among(topics_visible_to, user, topic)


def user_can_see_post(user: Any, post: Post) -> bool:
    """Twin of `posts_visible_to`. One query."""
    return _is_among(posts_visible_to, user, post)


def user_wrote(user: Any, written: Post | Topic) -> bool:
    """Whether it is the person's own, under their name or their alias. One query where it is an alias'."""
    if not _is_active(user):
        return False
    return written.author_id == user.pk if written.author_id else is_owner(user, written.pseudonym)


def posts_written_by(user: Any) -> QuerySet[Post]:
    """Twin of `user_wrote` for posts."""
    if not _is_active(user):
        return Post.objects.none()
    return Post.objects.filter(Q(author=user) | owned_by(user, through="pseudonym"))


def posts_editable_by(user: Any) -> QuerySet[Post]:
    """One's own posts that may be changed or deleted now: shown or held, in a space where one may write."""
    return posts_written_by(user).filter(
        state__in=[State.NORMAL, State.HELD],
        topic__space__in=spaces_writable_by(user).values("pk"),
        topic__merged_into__isnull=True,
        topic__state__in=[State.NORMAL, State.HELD],
    )


def user_can_edit_post(user: Any, post: Post) -> bool:
    """Twin of `posts_editable_by`. One query."""
    return _is_among(posts_editable_by, user, post)


def topics_open_to(user: Any) -> QuerySet[Topic]:
    """The topics this person may answer in: visible, not closed (those who moderate may), in a writable space."""
    return topics_visible_to(user).filter(
        Q(closed_at__isnull=True) | Q(space__in=spaces_moderated_by(user).values("pk")),
        space__in=spaces_writable_by(user).values("pk"),
        state__in=[State.NORMAL, State.HELD],
    )


def user_can_reply(user: Any, topic: Topic) -> bool:
    """Twin of `topics_open_to`. One query."""
    return _is_among(topics_open_to, user, topic)


# --- who is in a space ---------------------------------------------------------------------------------

MEMBERS_CREATE = (Space.Kind.PRIVATE, Space.Kind.LEARNING_GROUP)
"""Kinds every member may create, and facilitates then: whoever may create any kind may create these. The others are
the moderators' and the national groups'.
"""
INVITING = (Space.Kind.RESTRICTED, Space.Kind.PRIVATE, Space.Kind.LEARNING_GROUP, Space.Kind.YOUTH_PANEL)
"""Kinds that one is invited to. The others are open by what one is."""


def _creators(person: Any, kind: str) -> QuerySet[User]:
    if kind in MEMBERS_CREATE:
        return _members(person)
    if kind not in Space.Kind.values:
        return User.objects.none()
    national = SupportGroupMembership.objects.active().filter(person=person, group__region__isnull=True)
    return User.objects.filter(Q(is_superuser=True) | Q(_has_office(person)) | Q(Exists(national)), is_active=True)


def people_who_create(kind: str) -> QuerySet[User]:
    """Who may create spaces of a kind; see `MEMBERS_CREATE`."""
    return _creators(OuterRef("pk"), kind)


def user_can_create_space(user: Any, kind: str) -> bool:
    """Twin of `people_who_create`. One query."""
    return kind in Space.Kind.values and bool(_creates(user, ways={"kind": kind}))


@prepared()
def _creates(reader: Any, *, kind: str) -> QuerySet[User, Any]:
    return _creators(reader, kind).filter(pk=reader).values_list("pk")


def people_who_may_be_invited(space: Space) -> QuerySet[User]:
    """Members; to a youth panel everybody with an account, since young people are in no team."""
    return User.objects.filter(is_active=True) if space.kind == Space.Kind.YOUTH_PANEL else forum_members()


def user_can_be_in_space(user: Any, space: Space) -> bool:
    """Twin of `people_who_may_be_invited`. One query."""
    return _is_active(user) and people_who_may_be_invited(space).filter(pk=user.pk).exists()


def spaces_open_to_requests_of(user: Any) -> QuerySet[Space]:
    """The spaces this person may ask to enter: restricted, not archived, not in them, not waiting already."""
    if not _is_active(user):
        return Space.objects.none()
    waiting = EntryRequest.objects.filter(person=user, space=OuterRef("pk"), outcome="")
    return (
        spaces_visible_to(user)
        .filter(kind=Space.Kind.RESTRICTED, archived_at__isnull=True)
        .exclude(_in_space(user))
        .exclude(Exists(waiting))
    )


def user_can_ask_to_enter(user: Any, space: Space) -> bool:
    """Twin of `spaces_open_to_requests_of`. One query."""
    return _is_among(spaces_open_to_requests_of, user, space)


def spaces_inviting_for(user: Any) -> QuerySet[Space]:
    """The spaces this person may invite to."""
    return spaces_moderated_by(user).filter(kind__in=INVITING, archived_at__isnull=True)


def user_can_invite(user: Any, space: Space) -> bool:
    """Twin of `spaces_inviting_for`. One query."""
    return _is_among(spaces_inviting_for, user, space)


def entry_requests_decided_by(user: Any) -> QuerySet[EntryRequest]:
    """Requests that wait for this person, or somebody beside them. Nobody decides their own."""
    if not _is_active(user):
        return EntryRequest.objects.none()
    return EntryRequest.objects.filter(
        outcome="", invited_by__isnull=True, person__is_active=True, space__in=spaces_moderated_by(user).values("pk")
    ).exclude(person=user)


def user_can_decide_entry(user: Any, request: EntryRequest) -> bool:
    """Twin of `entry_requests_decided_by`. One query."""
    return _is_among(entry_requests_decided_by, user, request)


def entry_requests_withdrawn_by(user: Any) -> QuerySet[EntryRequest]:
    """One's own requests that wait."""
    if not _is_active(user):
        return EntryRequest.objects.none()
    return EntryRequest.objects.filter(outcome="", invited_by__isnull=True, person=user)


def user_can_withdraw_entry(user: Any, request: EntryRequest) -> bool:
    """Twin of `entry_requests_withdrawn_by`. One query."""
    return _is_among(entry_requests_withdrawn_by, user, request)


def space_invitations_managed_by(user: Any) -> QuerySet[EntryRequest]:
    """Invitations without an answer that this person may see and take back."""
    return EntryRequest.objects.filter(
        outcome="", invited_by__isnull=False, space__in=spaces_moderated_by(user).values("pk")
    )


def user_can_take_back_invitation(user: Any, invitation: EntryRequest) -> bool:
    """Twin of `space_invitations_managed_by`. One query."""
    return _is_among(space_invitations_managed_by, user, invitation)


def space_invitations_open_to(user: Any) -> QuerySet[EntryRequest]:
    """Invitations this person may say yes or no to. All they are told of a space they do not see otherwise."""
    if not _is_active(user):
        return EntryRequest.objects.none()
    return EntryRequest.objects.filter(
        Q(space__kind=Space.Kind.YOUTH_PANEL) | Q(_is_member(user)),
        outcome="",
        invited_by__isnull=False,
        person=user,
        space__archived_at__isnull=True,
    )


def user_can_answer_invitation(user: Any, invitation: EntryRequest) -> bool:
    """Twin of `space_invitations_open_to`. One query."""
    return _is_among(space_invitations_open_to, user, invitation)


def space_memberships_ended_by(user: Any) -> QuerySet[SpaceMembership]:
    """Active memberships this person may end: their own, and those in spaces they moderate."""
    if not _is_active(user):
        return SpaceMembership.objects.none()
    return SpaceMembership.objects.active().filter(Q(person=user) | Q(space__in=spaces_moderated_by(user).values("pk")))


def user_can_end_space_membership(user: Any, membership: SpaceMembership) -> bool:
    """Twin of `space_memberships_ended_by`. One query."""
    return _is_among(space_memberships_ended_by, user, membership)


# --- aliases and their seals ---------------------------------------------------------------------------


def spaces_to_choose_alias_in(user: Any) -> QuerySet[Space]:
    """The spaces where this person may choose an alias: writable, allowing it, and without one of theirs."""
    if not _is_active(user) or not aliases_are_possible():
        return Space.objects.none()
    own = Pseudonym.objects.filter(owned_by(user), space=OuterRef("pk"))
    return spaces_writable_by(user).filter(allows_pseudonyms=True).exclude(Exists(own))


def user_can_choose_alias(user: Any, space: Space) -> bool:
    """Twin of `spaces_to_choose_alias_in`. One query."""
    return _is_among(spaces_to_choose_alias_in, user, space)


def aliases_asked_about_by(user: Any) -> QuerySet[Pseudonym]:
    """The aliases a moderator may ask to have opened: in listed spaces, elsewhere where a post of theirs is reported.

    A facilitator alone may not, and nobody asks about an alias of their own.
    """
    if not _is_active(user):
        return Pseudonym.objects.none()
    reported = Report.objects.filter(post__pseudonym=OuterRef("pk"))
    return Pseudonym.objects.filter(
        Q(space__kind__in=Space.LISTED) | Q(Exists(reported)), Q(_is_moderator(user))
    ).exclude(owned_by(user))


def user_can_ask_about_alias(user: Any, pseudonym: Pseudonym) -> bool:
    """Twin of `aliases_asked_about_by`. One query."""
    return _is_among(aliases_asked_about_by, user, pseudonym)


def seal_openings_visible_to(user: Any) -> QuerySet[SealOpening]:
    """What moderators have asked and answered about seals, but for their own aliases."""
    if not _is_active(user):
        return SealOpening.objects.none()
    return SealOpening.objects.filter(Q(_is_moderator(user))).exclude(owned_by(user, through="pseudonym"))


def user_can_see_opening(user: Any, opening: SealOpening) -> bool:
    """Twin of `seal_openings_visible_to`. One query."""
    return _is_among(seal_openings_visible_to, user, opening)


def seal_openings_answered_by(user: Any) -> QuerySet[SealOpening]:
    """Those that wait for this moderator, or another: whoever asked does not answer."""
    return seal_openings_visible_to(user).filter(answered_at__isnull=True).exclude(asked_by=user.pk)


def user_can_answer_opening(user: Any, opening: SealOpening) -> bool:
    """Twin of `seal_openings_answered_by`. One query."""
    return _is_among(seal_openings_answered_by, user, opening)


def identities_open_to(user: Any) -> QuerySet[SealOpening]:
    """Opened seals that this one of the two may look behind now, once (`IDENTITY_DAYS`)."""
    return seal_openings_visible_to(user).filter(
        Q(asked_by=user.pk, asker_has_seen=False) | Q(answered_by=user.pk, answerer_has_seen=False),
        agreed=True,
        answered_at__gt=timezone.now() - timedelta(days=IDENTITY_DAYS),
    )


def user_can_see_identity(user: Any, opening: SealOpening) -> bool:
    """Twin of `identities_open_to`. One query."""
    return identities_open_to(user).filter(pk=opening.pk).exists()


def topics_moderated_by(user: Any) -> QuerySet[Topic]:
    """The topics this person may pin, close, move, split and merge."""
    return topics_visible_to(user).filter(space__in=spaces_moderated_by(user).values("pk"))


def user_can_moderate_topic(user: Any, topic: Topic) -> bool:
    """Twin of `topics_moderated_by`. One query."""
    return _is_among(topics_moderated_by, user, topic)


def topics_settled_by(user: Any) -> QuerySet[Topic]:
    """The topics where this person may say which answer helped: their own, or in a space they moderate."""
    if not _is_active(user):
        return Topic.objects.none()
    own = Q(author=user) | owned_by(user, through="pseudonym")
    return topics_visible_to(user).filter(
        own | Q(space__in=spaces_moderated_by(user).values("pk")),
        state=State.NORMAL,
        space__in=spaces_writable_by(user).values("pk"),
    )


def user_can_settle_topic(user: Any, topic: Topic) -> bool:
    """Twin of `topics_settled_by`. One query."""
    return _is_among(topics_settled_by, user, topic)


def posts_open_to_reactions_of(user: Any) -> QuerySet[Post]:
    """The posts this person may react to: shown, somebody else's, in a space where they may write."""
    if not _is_active(user):
        return Post.objects.none()
    own = Q(author=user) | owned_by(user, through="pseudonym")
    return posts_visible_to(user).filter(
        ~own, state=State.NORMAL, topic__space__in=spaces_writable_by(user).values("pk")
    )


def user_can_react(user: Any, post: Post) -> bool:
    """Twin of `posts_open_to_reactions_of`. One query."""
    return _is_among(posts_open_to_reactions_of, user, post)


# --- moderation ----------------------------------------------------------------------------------------


def posts_moderated_by(user: Any) -> QuerySet[Post]:
    """The posts this person may decide about, in whatever state: those of spaces they moderate, and for moderators
    what is reported or appealed anywhere, post by post. Nobody decides about their own.
    """
    if not _is_active(user):
        return Post.objects.none()
    brought = Q(Exists(Report.objects.filter(post=OuterRef("pk")))) | Q(
        Exists(Appeal.objects.filter(entry__post=OuterRef("pk")))
    )
    mine = Q(author=user) | owned_by(user, through="pseudonym")
    return Post.objects.filter(
        Q(topic__space__in=spaces_moderated_by(user).values("pk")) | (Q(_is_moderator(user)) & brought)
    ).exclude(pk__in=Post.objects.filter(mine).values("pk"))


def user_can_moderate_post(user: Any, post: Post) -> bool:
    """Twin of `posts_moderated_by`. One query."""
    return _is_among(posts_moderated_by, user, post)


def posts_reportable_by(user: Any) -> QuerySet[Post]:
    """The posts this person may report: what they see, is shown, and is not their own."""
    mine = posts_written_by(user).values("pk")
    return posts_visible_to(user).filter(state=State.NORMAL).exclude(pk__in=mine)


def user_can_report_post(user: Any, post: Post) -> bool:
    """Twin of `posts_reportable_by`. One query."""
    return _is_among(posts_reportable_by, user, post)


def appeals_decided_by(user: Any) -> QuerySet[Appeal]:
    """The appeals this person may decide: moderators all, facilitators their spaces'. Never of what they did
    themselves, nor their own.
    """
    if not _is_active(user):
        return Appeal.objects.none()
    mine = Q(person=user) | owned_by(user, through="pseudonym")
    return (
        Appeal.objects.filter(Q(entry__space__in=spaces_moderated_by(user).values("pk")) | Q(_is_moderator(user)))
        .exclude(entry__actor=user)
        .exclude(pk__in=Appeal.objects.filter(mine).values("pk"))
    )


def user_can_decide_appeal(user: Any, appeal: Appeal) -> bool:
    """Twin of `appeals_decided_by`. One query."""
    return _is_among(appeals_decided_by, user, appeal)


def entries_visible_to(user: Any) -> QuerySet[ModerationEntry]:
    """The log: facilitators see their spaces' part, moderators that of listed spaces, of what was reported or
    appealed in others, of seals, and of what they did themselves. Nobody learns there that others have asked who an
    alias of theirs is.
    """
    if not _is_active(user):
        return ModerationEntry.objects.none()
    verbs = ModerationEntry.Verb
    brought = (
        Q(Exists(Report.objects.filter(post=OuterRef("post"))))
        | Q(Exists(Appeal.objects.filter(entry__post=OuterRef("post"))))
        | Q(Exists(Report.objects.filter(item=OuterRef("item"))))
        | Q(Exists(Appeal.objects.filter(entry__item=OuterRef("item"))))
    )
    of_office = (
        Q(space__isnull=True)
        | Q(actor=user)
        | Q(verb__in=[verbs.SEAL_ASKED, verbs.SEAL_OPENED, verbs.SEAL_REFUSED])
        | brought
    )
    return ModerationEntry.objects.filter(
        Q(space__in=spaces_moderated_by(user).values("pk")) | (Q(_is_moderator(user)) & of_office)
    ).exclude(owned_by(user, through="pseudonym"), verb__in=[verbs.SEAL_ASKED, verbs.SEAL_REFUSED])


def entries_about(user: Any) -> QuerySet[ModerationEntry]:
    """What was done to this person or their aliases. For that person's eyes only."""
    if not _is_active(user):
        return ModerationEntry.objects.none()
    return ModerationEntry.objects.filter(Q(person=user) | owned_by(user, through="pseudonym"))
