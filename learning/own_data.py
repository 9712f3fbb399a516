"""What this room holds about somebody. Imported when the room starts."""

from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from courses.models import CoursePage, LessonVersion
from learning.models import (
    Certificate,
    Completion,
    Enrolment,
    FilmProgress,
    LearningPathPage,
    LessonCompletion,
    LessonProgress,
    PathAssignment,
    QuizAttempt,
    Reflection,
    ReportExport,
    SentNotice,
)
from learning.queries.answers import get_answer_texts
from learning.queries.certificates import reason_in_words
from people.models import User
from people.own_data import Collected, Fact, exempt, register


def paths(person: User) -> Collected:
    """Onboarding paths somebody's teams ask for. Two queries."""
    assigned = list(PathAssignment.objects.filter(person=person).order_by("pk"))
    titles = dict(
        LearningPathPage.objects.filter(
            translation_key__in=[each.path_key for each in assigned], locale__language_code=person.language
        ).values_list("translation_key", "title")
    )
    return Collected(
        entries=[
            [
                Fact("path", _("Læringssti"), titles.get(each.path_key, str(each.path_key))),
                Fact("due_on", _("Foreslått frist"), each.due_on),
            ]
            for each in assigned
        ]
    )


def lesson_titles(keys: Iterable[UUID]) -> dict[UUID, str]:
    """What each lesson was last called, also one that is deleted. One query."""
    rows = LessonVersion.objects.filter(lesson_key__in=set(keys)).order_by("number")
    return dict(rows.values_list("lesson_key", "title"))


def subject_titles(keys: Iterable[UUID]) -> dict[UUID, str]:
    """What each course or path is called; one that is deleted is left out. Two queries."""
    wanted = set(keys)
    titles: dict[UUID, str] = {}
    for model in (CoursePage, LearningPathPage):
        rows = model.objects.filter(translation_key__in=wanted).order_by("-locale__language_code")
        titles |= dict(rows.values_list("translation_key", "title"))
    return titles


def progress(person: User) -> Collected:
    """Courses, lessons, ticks and films. Seven queries."""
    enrolments = list(Enrolment.objects.filter(learner=person).order_by("started_at", "pk"))
    lessons = list(LessonProgress.objects.filter(learner=person).order_by("started_at", "pk"))
    ticks = list(LessonCompletion.objects.filter(learner=person).order_by("completed_at", "pk"))
    films = list(FilmProgress.objects.filter(learner=person).order_by("position_at", "pk"))
    titles = lesson_titles(
        [
            *(each.lesson_key for each in lessons),
            *(each.lesson_key for each in ticks),
            *(each.lesson_key for each in films),
        ]
    )
    subjects = subject_titles(each.subject_key for each in enrolments)
    entries = [
        [
            Fact("subject", each.get_kind_display(), subjects.get(each.subject_key, str(each.subject_key))),
            Fact("attempt", _("Forsøk"), each.attempt),
            Fact("percent", _("Prosent fullført"), each.percent),
            Fact("started_at", _("Begynt"), each.started_at),
            Fact("last_active_at", _("Sist i gang"), each.last_active_at),
            Fact("completed_at", _("Fullført"), each.completed_at),
        ]
        for each in enrolments
    ]
    entries += [
        [
            Fact("lesson", _("Leksjon"), titles.get(each.lesson_key, str(each.lesson_key))),
            Fact("started_at", _("Begynt"), each.started_at),
            Fact("completed_at", _("Fullført"), each.completed_at),
        ]
        for each in lessons
    ]
    entries += [
        [
            Fact("lesson", _("Leksjon"), titles.get(each.lesson_key, str(each.lesson_key))),
            Fact("how", _("Hvordan"), str(each.get_how_display())),
            Fact("version", _("Versjon"), each.version),
            Fact("completed_at", _("Fullført"), each.completed_at),
            Fact("undone_at", _("Angret"), each.undone_at),
        ]
        for each in ticks
    ]
    entries += [
        [
            Fact("lesson", _("Leksjon"), titles.get(each.lesson_key, str(each.lesson_key))),
            Fact("seconds_watched", _("Sekunder av filmen du har sett"), round(each.seconds_watched)),
            Fact("position", _("Stedet du slapp, i sekunder"), round(each.position)),
            Fact("position_at", _("Da du slapp"), each.position_at),
        ]
        for each in films
    ]
    return Collected(entries=entries)


def completions(person: User) -> Collected:
    """What has been completed. One query."""
    return Collected(
        entries=[
            [
                Fact("title", each.get_kind_display(), each.title),
                Fact("attempt", _("Forsøk"), each.attempt),
                Fact("completed_at", _("Fullført"), each.completed_at),
            ]
            for each in Completion.objects.filter(learner=person).order_by("completed_at", "pk")
        ]
    )


def answers(person: User) -> Collected:
    """Answers to questions, with the question as it was worded then. One query."""
    entries = []
    for each in QuizAttempt.objects.filter(learner=person).select_related("version").order_by("answered_at", "pk"):
        question, answered = get_answer_texts(each)
        entries.append(
            [
                Fact("question", _("Spørsmål"), question or str(each.block_id)),
                Fact("answer", _("Svar"), "; ".join(answered)),
                Fact("score", _("Riktig, i prosent"), int(100 * each.score)),
                Fact("answered_at", _("Svart"), each.answered_at),
            ]
        )
    return Collected(entries=entries)


def reflections(person: User) -> Collected:
    """What the person wrote for themselves. One query."""
    return Collected(
        entries=[
            [
                Fact("prompt", _("Spørsmål"), each.prompt),
                Fact("text", _("Notatet ditt"), each.text),
                Fact("created_at", _("Skrevet"), each.created_at),
                Fact("updated_at", _("Endret"), each.updated_at),
            ]
            for each in Reflection.objects.filter(learner=person).order_by("created_at", "pk")
        ]
    )


def certificates(person: User) -> Collected:
    """Course certificates, replaced and revoked ones too. One query."""
    return Collected(
        entries=[
            [
                Fact("code", _("Kode"), each.code),
                Fact("title", _("Kurs"), each.title),
                Fact("holder_name", _("Navnet på beviset"), each.holder_name),
                Fact("completed_on", _("Fullført"), each.completed_on),
                Fact("expires_on", _("Gjelder til"), each.expires_on),
                Fact("issued_at", _("Utstedt"), each.issued_at),
                Fact("shows_name", _("Viser navnet til den som kontrollerer"), each.shows_name),
                Fact("revoked_at", _("Trukket tilbake"), each.revoked_at),
                Fact("revoked_reason", _("Grunn"), reason_in_words(each.revoked_reason)),
            ]
            for each in Certificate.objects.filter(learner=person).order_by("issued_at", "pk")
        ]
    )


def notices(person: User) -> Collected:
    """Reminders that have been sent. One query."""
    return Collected(
        entries=[
            [Fact("kind", _("Varsel"), str(each.get_kind_display())), Fact("sent_at", _("Sendt"), each.sent_at)]
            for each in SentNotice.objects.filter(person=person).order_by("claimed_at", "pk")
        ]
    )


def report_files(person: User) -> Collected:
    """Files with figures the person has asked for. They are about nobody. One query."""
    return Collected(
        entries=[
            [
                Fact("file_format", _("Format"), each.get_file_format_display()),
                Fact("requested_at", _("Bestilt"), each.requested_at),
                Fact("expires_at", _("Slettes"), each.expires_at),
            ]
            for each in ReportExport.objects.filter(maker=person).order_by("requested_at", "pk")
        ]
    )


register(
    "paths",
    paths,
    title=_("Læringsstiene dine"),
    why=_("Så Min side viser hva teamet ditt ber deg lære. Følger medlemskapene dine."),
    covers=("learning.PathAssignment.person",),
)
register(
    "progress",
    progress,
    title=_("Framdriften din"),
    why=_("Så du kan fortsette der du slapp. Teamlederen ser hvilke kurs du har fullført, ikke svar eller tid."),
    covers=(
        "learning.Enrolment.learner",
        "learning.LessonProgress.learner",
        "learning.LessonCompletion.learner",
        "learning.FilmProgress.learner",
    ),
)
register(
    "completions",
    completions,
    title=_("Det du har fullført"),
    why=_("Så det står, også når et kurs endres."),
    covers=("learning.Completion.learner",),
)
register(
    "answers",
    answers,
    title=_("Svarene dine"),
    why=_("Så du ser hva du har svart. Ingen andre ser dem."),
    covers=("learning.QuizAttempt.learner",),
)
register(
    "reflections",
    reflections,
    title=_("Min læringssti"),
    why=_("Notatene dine. Bare du ser dem."),
    covers=("learning.Reflection.learner",),
)
register(
    "certificates",
    certificates,
    title=_("Kursbevisene dine"),
    why=_("Så du kan vise hva du har fullført, og andre kan kontrollere at beviset er ekte."),
    covers=("learning.Certificate.learner",),
)
register(
    "learning-notices",
    notices,
    title=_("Påminnelser om kurs"),
    why=_("Så ingen påminnelse sendes to ganger."),
    covers=("learning.SentNotice.person",),
)
register(
    "report-files",
    report_files,
    title=_("Rapportfiler du har laget"),
    why=_("Så du kan hente dem. Tallene i dem handler ikke om enkeltpersoner."),
    covers=("learning.ReportExport.maker",),
)
exempt("learning.LearnerStamp.learner", reason="A counter that says when what is shown must be made again.")
exempt(
    "learning.Certificate.revoked_by", reason="Whoever revoked somebody else's certificate; it is about that person."
)
exempt("learning.SentNotice.sent_by", reason="Whoever asked for a reminder to somebody else; it is about that person.")
exempt(
    "learning.ReportPlace.learner",
    reason="There only while the figures of the reports are counted: the person's region, programme and role.",
)
