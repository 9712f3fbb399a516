"""Who: people, teams, and who belongs where."""

from people.models.memberships import Invitation, JoinRequest, Membership
from people.models.profiles import DataExport, MailKind, Profile, ProfilePicture
from people.models.stamp import PeopleStamp
from people.models.support import PeopleSettings, SupportGroup, SupportGroupMembership
from people.models.team_list import TeamListUpload
from people.models.teams import Region, Team, TeamRole
from people.models.users import EmailUserManager, User

__all__ = [
    "DataExport",
    "EmailUserManager",
    "Invitation",
    "JoinRequest",
    "MailKind",
    "Membership",
    "PeopleSettings",
    "PeopleStamp",
    "Profile",
    "ProfilePicture",
    "Region",
    "SupportGroup",
    "SupportGroupMembership",
    "Team",
    "TeamListUpload",
    "TeamRole",
    "User",
]
