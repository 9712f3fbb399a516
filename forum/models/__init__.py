"""FACT Forum: spaces, topics, reading, moderation and notices."""

from forum.models.event_calendar import CalendarToken
from forum.models.events import (
    DietaryNeed,
    Event,
    EventGroup,
    EventLeg,
    EventPrinciple,
    EventQuestion,
    EventSignUp,
    ProgrammeItem,
    SignUpAnswer,
    SignUpNews,
)
from forum.models.library import (
    LibraryFile,
    LibraryItem,
    LibraryPrinciple,
    LibraryReview,
    LibraryTag,
    LibraryUse,
    LibraryVersion,
)
from forum.models.moderation import Appeal, DecisionsRead, ModerationEntry, Report, Silence
from forum.models.news import NewsEdit, NewsItem, NewsPrinciple, NewsReading
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
    "CalendarToken",
    "DecisionsRead",
    "DietaryNeed",
    "Draft",
    "EntryRequest",
    "Event",
    "EventGroup",
    "EventLeg",
    "EventPrinciple",
    "EventQuestion",
    "EventSignUp",
    "FeedToken",
    "LibraryFile",
    "LibraryItem",
    "LibraryPreview",
    "LibraryPreviewPage",
    "LibraryPrinciple",
    "LibraryReview",
    "LibraryTag",
    "LibraryUpload",
    "LibraryUploadPart",
    "LibraryUse",
    "LibraryVersion",
    "MailChoice",
    "Mention",
    "ModerationEntry",
    "NewsEdit",
    "NewsItem",
    "NewsPrinciple",
    "NewsReading",
    "Notice",
    "NoticeRead",
    "Post",
    "PostEdit",
    "ProgrammeItem",
    "Pseudonym",
    "Reaction",
    "Report",
    "SealOpening",
    "SentMail",
    "SignUpAnswer",
    "SignUpNews",
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
