"""FACT Forum: spaces, topics, reading, moderation and notices."""

from forum.models.library import LibraryFile, LibraryItem, LibraryPrinciple, LibraryTag, LibraryUse, LibraryVersion
from forum.models.moderation import Appeal, DecisionsRead, ModerationEntry, Report, Silence
from forum.models.notices import FeedToken, MailChoice, Notice, NoticeRead, SentMail, Told, Watch
from forum.models.previews import LibraryPreview, LibraryPreviewPage
from forum.models.reading import SpaceRead, TopicRead
from forum.models.spaces import EntryRequest, Pseudonym, SealOpening, Space, SpaceMembership
from forum.models.topics import (
    POSTS_A_PAGE,
    TITLE_MAX,
    WARNING_MAX,
    Mention,
    Post,
    PostEdit,
    Reaction,
    State,
    Topic,
    TopicPrinciple,
)
from forum.models.uploads import LibraryUpload, LibraryUploadPart
from forum.models.writing import Attachment, Draft

__all__ = [
    "POSTS_A_PAGE",
    "TITLE_MAX",
    "WARNING_MAX",
    "Appeal",
    "Attachment",
    "DecisionsRead",
    "Draft",
    "EntryRequest",
    "FeedToken",
    "LibraryFile",
    "LibraryItem",
    "LibraryPreview",
    "LibraryPreviewPage",
    "LibraryPrinciple",
    "LibraryTag",
    "LibraryUpload",
    "LibraryUploadPart",
    "LibraryUse",
    "LibraryVersion",
    "MailChoice",
    "Mention",
    "ModerationEntry",
    "Notice",
    "NoticeRead",
    "Post",
    "PostEdit",
    "Pseudonym",
    "Reaction",
    "Report",
    "SealOpening",
    "SentMail",
    "Silence",
    "Space",
    "SpaceMembership",
    "SpaceRead",
    "State",
    "Told",
    "Topic",
    "TopicPrinciple",
    "TopicRead",
    "Watch",
]
