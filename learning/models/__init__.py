"""Who has learnt what: paths, and everything that is kept about a learner."""

from learning.models.assignments import PathAssignment
from learning.models.certificates import Certificate, SigningKey
from learning.models.enrolments import Completion, Enrolment, LearnerStamp, SubjectKind, Syllabus, SyllabusLesson
from learning.models.notices import SentNotice
from learning.models.pages import LearningPathPage, LearnPage, PathStep
from learning.models.progress import FilmProgress, LessonCompletion, LessonProgress, QuizAttempt
from learning.models.reflections import Reflection
from learning.models.reports import ReportExport, ReportFigure, ReportPlace, ReportQuestion, ReportRun

__all__ = [
    "Certificate",
    "Completion",
    "Enrolment",
    "FilmProgress",
    "LearnPage",
    "LearnerStamp",
    "LearningPathPage",
    "LessonCompletion",
    "LessonProgress",
    "PathAssignment",
    "PathStep",
    "QuizAttempt",
    "Reflection",
    "ReportExport",
    "ReportFigure",
    "ReportPlace",
    "ReportQuestion",
    "ReportRun",
    "SentNotice",
    "SigningKey",
    "SubjectKind",
    "Syllabus",
    "SyllabusLesson",
]
