"""What is taught."""

from courses.models.glossary import GlossaryTerm
from courses.models.legal import LegalReference
from courses.models.media import FlettDocument, FlettImage, FlettMedia, FlettRendition
from courses.models.pages import CourseIndexPage, CoursePage, FacilitatorGuidePage, LessonPage
from courses.models.principles import Principle, PrincipleSet, Programme
from courses.models.roles import RoleIndexPage, RolePage
from courses.models.versions import ChangeKind, ContentStamp, ImmutableError, LessonVersion

__all__ = [
    "ChangeKind",
    "ContentStamp",
    "CourseIndexPage",
    "CoursePage",
    "FacilitatorGuidePage",
    "FlettDocument",
    "FlettImage",
    "FlettMedia",
    "FlettRendition",
    "GlossaryTerm",
    "ImmutableError",
    "LegalReference",
    "LessonPage",
    "LessonVersion",
    "Principle",
    "PrincipleSet",
    "Programme",
    "RoleIndexPage",
    "RolePage",
]
