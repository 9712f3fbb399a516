"""The content lint: each rule fires on a good package broken in one place, and on nothing else."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings

from courses.lint import lint
from courses.lint.content import Document, find_line
from courses.lint.coverage import coverage_table
from courses.lint.findings import ERRORS, NOTICES, Level
from courses.lint.reading import lix, sentences, words
from courses.lint.vocabulary import vocabulary
from courses.models.legal import CHECK_EVERY
from tests.courses.lint_package import TODAY, add, change, content_of, prose, question, write_good_package

FIRST = "lessons/introduksjon.md"
QUIZ = "lessons/oppsummering.md"
CASE = "lessons/en-sak.md"
FILM = "lessons/rollefilm.md"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return write_good_package(tmp_path / "prove")


def found_in(*folders: Path) -> list[tuple[str, str]]:
    return [(finding.place.file, finding.code) for finding in lint(content_of(*folders), today=TODAY)]


def test_nothing_is_said_about_a_good_package(package: Path) -> None:
    assert [str(finding) for finding in lint(content_of(package), today=TODAY)] == []


# --- one break, one finding -----------------------------------------------------------------------------


def say(text: str) -> Callable[[Path], None]:
    """The introduction says this, too."""
    return lambda folder: add(folder, FIRST, f"\n{text}\n")


def put(name: str, old: str, new: str) -> Callable[[Path], None]:
    return lambda folder: change(folder, name, old, new)


def cut(name: str, pattern: str, new: str = "") -> Callable[[Path], None]:
    """Replace the first match, over lines."""

    def mend(folder: Path) -> None:
        path = folder / name
        text, count = re.subn(pattern, lambda match: new, path.read_text(encoding="utf-8"), count=1, flags=re.DOTALL)
        assert count == 1
        path.write_text(text, encoding="utf-8")

    return mend


def without(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def lesson_of(text: str, name: str = FIRST) -> Callable[[Path], None]:
    """The lesson with this text in place of its own prose."""
    return cut(name, r"(?<=---\n)[A-ZÆØÅ].*?(?=\n\n(?:##|:::))", text)


def both(*changes: Callable[[Path], None]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        for each in changes:
            each(folder)

    return apply


HEAVY = prose("tung").replace(". ", " og ")
GIFT = """
::: quiz_single
question: Hva er nummer {0}?
answers:
  - text: Det lengste svaret av alle nummer {0}
    correct: true
    explanation: Slik er det med {0}.
  - text: Kort {0}
    correct: false
    explanation: Ikke slik med {0}.
:::
"""
REPEATED = "Dette avsnittet har mer enn åtte ord og står to steder."
LONG = (
    "Dette avsnittet har godt over tjue ord, og det sier nesten det samme som et annet, slik at den som leser begge, "
    "lurer på om hun har vært her før."
)

BREAKS: dict[str, tuple[Callable[[Path], None], str, str]] = {
    # counts
    "short lesson": (lesson_of(prose("kort", count=100)), FIRST, "lesson-words"),
    "long lesson": (lesson_of(prose("lang", count=700)), FIRST, "lesson-words"),
    "long summary": (lesson_of(prose("lang", count=600), QUIZ), QUIZ, "lesson-words"),
    "short guide": (cut("guide.md", r"(?<=---\n)[A-ZÆØÅ].*", prose("kort", count=100)), "guide.md", "guide-words"),
    "long case": (
        cut(CASE, r"(?<=situation: \|\n      ).*?(?=\n    question)", prose("lang", count=900).replace("\n\n", " ")),
        CASE,
        "case-words",
    ),
    "short case": (
        both(
            cut(CASE, r"(?<=situation: \|\n      ).*?(?=\n    question)", "Det regner."),
            cut(CASE, r"(?<=diktet opp\. ).*?(?=\nsteps)", "Han venter."),
            cut(CASE, r"closing: .*?\n(?=:::)"),
        ),
        CASE,
        "case-words",
    ),
    "short script": (
        cut(FILM, r"(?<=lines:\n).*?(?=:::)", "      - speaker: Teamleder\n        text: Hei og velkommen hit.\n"),
        FILM,
        "script-words",
    ),
    "few questions": (cut(QUIZ, r"\n::: quiz_single.*?\n:::\n"), "course.yaml", "quiz-few"),
    "few reflections": (cut(FIRST, r"::: reflection.*?:::\n"), "course.yaml", "reflections-few"),
    "no learning path at the end": (
        put("course.yaml", "oppsummering, min-laeringssti", "min-laeringssti, oppsummering"),
        "course.yaml",
        "my-path-missing",
    ),
    "no summary": (put(QUIZ, "type: summary", "type: closing"), "course.yaml", "summary-missing"),
    "no sources": (cut("lessons/hva-det-er.md", r"::: sources.*?:::\n"), "course.yaml", "sources-missing"),
    "no guide": (without("guide.md"), "course.yaml", "guide-missing"),
    "few lessons": (
        both(without(CASE), put("course.yaml", "en-sak, ", "")),
        "course.yaml",
        "chapter-lessons",
    ),
    "no role film": (put(FILM, "type: role_film", "type: closing"), "course.yaml", "role-film-missing"),
    "no script": (cut(FILM, r"script:\n.*?(?=:::)"), FILM, "script-missing"),
    # reading ease
    "heavy lesson": (lesson_of(HEAVY), FIRST, "lix-lesson"),
    # marks
    "exclamation": (say("Det går bra!"), FIRST, "exclamation"),
    "paragraph sign": (say("Det står i § 3-1."), FIRST, "paragraph-sign"),
    "paragraph in words": (say("Det står i paragraf 3."), FIRST, "paragraph-sign"),
    "ISO date": (say("Regelen kom 2026-06-01."), FIRST, "date-format"),
    "slash date": (say("Regelen kom 1/6-2026."), FIRST, "date-format"),
    "date in numbers": (say("Regelen kom 1.6.2026."), FIRST, "date-format"),
    "point in a number": (say("Det bor 10.000 her."), FIRST, "number-format"),
    "number without a space": (say("Det bor 10000 her."), FIRST, "number-format"),
    "per cent": (say("Det gjaldt 42% av dem."), FIRST, "percent-sign"),
    "straight quotes": (say('Hun sa "hei" da.'), FIRST, "straight-quotes"),
    "double space": (say("Hun  kom."), FIRST, "double-space"),
    "title case": (say("## En Vanlig Dag Ute"), FIRST, "title-case"),
    # names of principles
    "principle's old name": (say("Les om Familie- og systemarbeid."), FIRST, "principle-name"),
    "principle said to be": (say("Dette er prinsippet tverrfaglig tilnærming."), FIRST, "principle-name"),
    "the other set's name": (say("- Deltagelse i lokalsamfunnet"), FIRST, "principle-name"),
    # somebody's
    "e-mail address": (say("Skriv til kari@kommune.no."), FIRST, "e-mail"),
    "e-mail link": (say("[Skriv](mailto:kari@kommune.no)"), FIRST, "e-mail"),
    "telephone": (say("Ring 41 23 45 67."), FIRST, "telephone"),
    "telephone link": (say("[Ring](tel:41234567)"), FIRST, "telephone"),
    "identity number": (say("Nummeret er 010190-12345."), FIRST, "long-number"),
    # films and pictures
    "no alt": (
        put("lessons/hva-det-er.md", "alt: En tavle på en vegg", 'alt: ""'),
        "lessons/hva-det-er.md",
        "alt-missing",
    ),
    "no captions": (cut("media/media.yaml", r"    captions:\n.*?vtt}\n"), "media/media.yaml", "captions-missing"),
    "no transcript": (
        cut("media/media.yaml", r"    transcript:.*?blir sagt\.\n"),
        "media/media.yaml",
        "transcript-missing",
    ),
    "no duration": (put("media/media.yaml", "    duration: 150\n", ""), "media/media.yaml", "duration-missing"),
    "placeholder": (
        put("media/media.yaml", "    duration", "    placeholder: true\n    duration"),
        "media/media.yaml",
        "film-placeholder",
    ),
    "fast script": (put("media/media.yaml", "duration: 150", "duration: 60"), FILM, "script-too-fast"),
    # questions
    "no right answer": (
        cut(QUIZ, r"(?<=Ringer 1\n    correct: )true", "false"),
        QUIZ,
        "quiz-right-answer",
    ),
    "two right answers": (
        cut(QUIZ, r"(?<=ser det 1\n    correct: )false", "true"),
        QUIZ,
        "quiz-right-answer",
    ),
    "no explanation": (
        put(QUIZ, "Da får noen vite det, og du slipper å stå alene med tilfelle 1.", '""'),
        QUIZ,
        "quiz-explanation-missing",
    ),
    "explanation repeats the answer": (
        put(QUIZ, "Det er fristende, men tilfelle 1 kan", "Den som venter til noen andre ser det 1, gjør at det kan"),
        QUIZ,
        "quiz-explanation-repeats",
    ),
    "answers the same": (put(QUIZ, "Venter til noen andre ser det 1", "ringer 1"), QUIZ, "quiz-answers-same"),
    "longest is right": (
        lambda folder: add(folder, QUIZ, "".join(GIFT.format(number) for number in range(20, 30))),
        "course.yaml",
        "quiz-longest-right",
    ),
    # links
    "dead page": (say("[Her](page:0b7e0000-0000-4000-8000-000000000009)"), FIRST, "link-dead"),
    "dead address": (say("[Her](/laer/kurs/borte/)"), FIRST, "link-dead"),
    "insecure": (say("[Her](http://helsenorge.no/)"), FIRST, "link-not-https"),
    "no host": (say("[Her](https://helsenorge/)"), FIRST, "link-shape"),
    "doi cut short": (
        put("lessons/hva-det-er.md", "https://doi.org/10.1234/abc", "https://doi.org/abc"),
        "lessons/hva-det-er.md",
        "link-shape",
    ),
    "insecure law": (put("legal_references.yaml", "https:", "http:"), "legal_references.yaml", "link-not-https"),
    # law
    "unchecked": (put("legal_references.yaml", "2026-11-01", "2026-04-13"), "legal_references.yaml", "law-unchecked"),
    "never checked": (put("legal_references.yaml", "2026-11-01", "null"), "legal_references.yaml", "law-unchecked"),
    "open question": (
        lambda folder: add(folder, "legal_references.yaml", "  open_question: Gjelder den fortsatt?\n"),
        "legal_references.yaml",
        "law-open-question",
    ),
    "unknown law": (
        put("lessons/hva-det-er.md", "reference: pbrl-3-1", "reference: pbrl-9-9"),
        "lessons/hva-det-er.md",
        "law-missing",
    ),
    # repeats
    "repeat": (both(say(REPEATED), lambda folder: add(folder, CASE, f"\n{REPEATED}\n")), CASE, "repeat"),
    "near repeat": (
        both(say(LONG), lambda folder: add(folder, CASE, f"\n{LONG.replace('lurer på', 'undrer seg over')}\n")),
        CASE,
        "near-repeat",
    ),
    "worn phrase": (
        say("\n\n".join(f"Rett og slett {word}." for word in ("mandag", "tirsdag", "onsdag", "torsdag", "fredag"))),
        "hele innholdet",
        "phrase-overused",
    ),
    # structure
    "heading skips a level": (say("#### Dypt nede"), FIRST, "heading-order"),
    "empty lesson": (
        both(
            cut("lessons/min-laeringssti.md", r"(?<=---\n)[A-ZÆØÅ].*"),
            lambda folder: None,
        ),
        "lessons/min-laeringssti.md",
        "empty",
    ),
    "under way": (say("Resten er under arbeid."), FIRST, "unfinished"),
    "to do": (say("TODO: kilder."), FIRST, "unfinished"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_one_break_is_one_finding(name: str, package: Path) -> None:
    break_it, file, code = BREAKS[name]
    break_it(package)
    prefix = "" if code == "phrase-overused" else "prove/"
    assert found_in(package) == [(f"{prefix}{file}", code)]


def test_a_whole_course_that_is_too_easy_is_told_once_besides_its_lessons(package: Path) -> None:
    for name in ("introduksjon", "hva-det-er", "rollefilm", "oppsummering", "min-laeringssti", "en-sak"):
        light = " ".join(f"Vi går {word[:6]} {number}." for number, word in enumerate(prose(name, count=90).split()))
        lesson_of(light, f"lessons/{name}.md")(package)
    assert [code for file, code in found_in(package) if file == "prove/course.yaml"] == ["lix-course"]


# --- words ----------------------------------------------------------------------------------------------

WRONG_AND_RIGHT = {
    "word-samtykkekompetanse": (
        "Legen vurderer samtykkekompetansen hans.",
        "Før 1. juni 2026 het det samtykkekompetanse.",
    ),
    "word-fylkesmannen": ("Klag til fylkesmannen.", "Klag til statsforvalteren."),
    "word-fylkesnemnda": ("Saken går til fylkesnemnda.", "Saken går til barneverns- og helsenemnda."),
    "word-nkrop": ("NKROP har en veileder.", "Det tidligere NKROP laget en veileder."),
    "word-schizofren": ("Han er schizofren.", "Han har schizofreni."),
    "word-misbruker": ("En rusmisbruker ringer.", "En person med rusmiddelproblemer ringer."),
    "word-umotivert": ("Han er umotivert.", "Noen sa «umotivert» om ham."),
    "word-grunnoppfolging": ("Ta Grunnoppfølging først.", "Ta grunnopplæringen først."),
    "word-pakkeforlop": ("Det finnes et pakkeforløp.", "Det finnes et nasjonalt forløp (tidligere pakkeforløp)."),
    "word-sertifisert": ("Da er du sertifisert.", "Kurset gjør deg ikke sertifisert."),
    "word-bruker-av-flett": ("Du kan logge inn som bruker.", "Du kan logge inn som deltaker."),
    "word-sparer-penger": ("Vi vet at FACT sparer penger.", "Vi vet ikke om FACT sparer penger."),
    "word-causal": ("FACT fører til færre innleggelser.", "En kollega sier: «FACT fører til færre innleggelser.»"),
    "word-tud-3-9": ("", ""),
    "word-nynorsk": ("Det er brukarmedvirkning.", "Det er brukermedvirkning."),
    "word-pasient-nekter": ("Han er en vanskelig pasient.", "Noen sa «vanskelig pasient» om ham."),
    "word-facebook": ("Et fact-team kommer.", "Et FACT-team kommer."),
    "word-brukerrepresentant": (
        "Brukerspesialisten er en brukerrepresentant.",
        "Brukerspesialisten er ikke en brukerrepresentant.",
    ),
    "word-ungdom-16-foreldre": (
        "Fra fylte 16 år har vi taushetsplikt overfor foreldre.",
        "Fra fylte 16 år har vi som hovedregel taushetsplikt overfor foreldre.",
    ),
    "word-personal-praise": ("Vi gir et sømløst tilbud.", "Vi gir et tilbud som henger sammen."),
}


def test_every_word_of_the_file_has_a_wrong_and_a_right_sentence() -> None:
    assert [word.code for word in vocabulary().words] == list(WRONG_AND_RIGHT)


@pytest.mark.parametrize("code", [code for code, pair in WRONG_AND_RIGHT.items() if pair[0]])
def test_a_word_is_told_where_it_is_wrong_and_left_where_it_is_right(code: str, package: Path) -> None:
    wrong, right = WRONG_AND_RIGHT[code]
    say(right)(package)
    assert found_in(package) == []
    say(wrong)(package)
    assert found_in(package) == [(f"prove/{FIRST}", code)]


def test_commitment_in_the_community_is_not_tied_to_the_wrong_paragraph(package: Path) -> None:
    put("lessons/hva-det-er.md", "note: Gjelder her.", "note: TUD følger av § 3-5.")(package)
    assert found_in(package) == []
    put("lessons/hva-det-er.md", "note: TUD følger av § 3-5.", "note: TUD følger av § 3-9.")(package)
    assert found_in(package) == [("prove/lessons/hva-det-er.md", "word-tud-3-9")]


def test_a_wrong_answer_may_say_what_is_wrong(package: Path) -> None:
    put(QUIZ, "Venter til noen andre ser det 1", "At FACT fører til færre innleggelser")(package)
    assert found_in(package) == []
    put(QUIZ, "Ringer 2", "FACT fører til det")(package)
    assert found_in(package) == [(f"prove/{QUIZ}", "word-causal")]


def test_a_table_of_what_people_say_may_say_it(package: Path) -> None:
    table = (
        "\n::: table\ncaption: Ord\ncolumns: [{}, Prøv heller]\nrows:\n  - [Han er umotivert, Han vil noe annet]\n:::\n"
    )
    say(table.format("Vi sier"))(package)
    assert found_in(package) == []
    put(FIRST, "columns: [Vi sier,", "columns: [Ord,")(package)
    assert found_in(package) == [(f"prove/{FIRST}", "word-umotivert")]


def test_two_rows_of_a_table_may_say_the_same(package: Path) -> None:
    rows = "".join(
        f"  - [{sign}, Ring legen med en gang og ellers legevakten på 116 117]\n" for sign in ("Feber", "Fall")
    )
    say(f"\n::: table\ncaption: Tegn\ncolumns: [Du ser, Du gjør]\nrows:\n{rows}:::\n")(package)
    assert found_in(package) == []


def test_titles_of_works_are_left_as_they_are(package: Path) -> None:
    put("lessons/hva-det-er.md", "Title Of A Work!", "Fylkesmannen § 3 2020-01-01 42% !")(package)
    assert found_in(package) == []


@pytest.mark.parametrize(
    "right",
    [
        "Ring 113, 116 117 eller 116 123.",
        "[Ring](tel:116117)",
        "Møtet er 9. april 2026 klokka 08.30, og 10 000 kom.",
        "Hver 3. uke, 24/7, for 42 prosent eller 1,5 timer.",
        "## Hva er FACT ung",
        "## Recovery og brukermedvirkning i Oslo",
        "Et godt familie- og systemarbeid hører til jobben.",
        "Aktivt oppsøkende arbeid tar deg inn i hjem.",
        "Fylkesmannen heter nå statsforvalteren.",
        "Les mer i [Deltagelse i lokalsamfunnet](/laer/kurs/prove/).",
        "I FACT ung heter det Deltagelse i lokalsamfunnet.",
        "Skriv til noen@eksempel.example.",
        "I årene 2019–2022 var det 20 200 døgn.",
    ],
)
def test_what_is_right_is_left_alone(right: str, package: Path) -> None:
    say(right)(package)
    assert found_in(package) == []


def test_another_language_is_not_judged_as_bokmal(package: Path) -> None:
    put("course.yaml", "language: nb", "language: da")(package)
    put("media/media.yaml", "language: nb", "language: da")(package)
    say("Fylkesmannen kom 2026-01-01!")(package)
    assert found_in(package) == []
    say("Ring 41 23 45 67.")(package)
    assert found_in(package) == [(f"prove/{FIRST}", "telephone")]


# --- two courses ----------------------------------------------------------------------------------------


def second(tmp_path: Path, *, kind: str = "short_course") -> Path:
    """A short course with one lesson of its own."""
    folder = tmp_path / "andre"
    (folder / "lessons").mkdir(parents=True)
    (folder / "course.yaml").write_text(
        f"format: 1\nslug: andre\nlanguage: nb\ntitle: Andre\nkind: {kind}\nsummary: Et kort kurs.\n"
        "programmes: [FACT]\nminutes: 20\nlessons: [start]\n"
    )
    text = prose("andre") + "\n" + "".join(question(number) for number in range(31, 36))
    (folder / "lessons" / "start.md").write_text(f"---\ntitle: Start\ntype: lesson\nminutes: 5\n---\n{text}")
    return folder


def test_a_short_course_needs_no_chapters_parts(package: Path, tmp_path: Path) -> None:
    assert found_in(package, second(tmp_path)) == []


def test_the_same_law_says_the_same_in_every_package(package: Path, tmp_path: Path) -> None:
    other = second(tmp_path)
    law = (package / "legal_references.yaml").read_text()
    (other / "legal_references.yaml").write_text(law)
    assert found_in(package, other) == []
    (other / "legal_references.yaml").write_text(law.replace("Retten til å medvirke.", "Noe annet."))
    assert found_in(package, other) == [("andre/legal_references.yaml", "law-differs")]


def test_what_stands_in_one_course_is_not_said_again_in_another(package: Path, tmp_path: Path) -> None:
    other = second(tmp_path)
    say(REPEATED)(package)
    add(other, "lessons/start.md", f"\n{REPEATED}\n")
    assert found_in(package, other) == [("andre/lessons/start.md", "repeat")]


def test_a_question_may_quote_its_own_course(package: Path) -> None:
    say(REPEATED)(package)
    put(QUIZ, "Det er fristende, men tilfelle 1 kan bli verre imens.", REPEATED)(package)
    assert found_in(package) == []


def test_a_line_that_only_leads_on_may_be_the_same(package: Path) -> None:
    line = "[Les mer om dette i kapitlet der rollen har en film](/laer/kurs/prove/)"
    say(line)(package)
    add(package, CASE, f"\n{line}\n")
    assert found_in(package) == []


def test_the_same_invented_person_in_two_courses_is_a_notice(package: Path, tmp_path: Path) -> None:
    other = second(tmp_path)
    add(other, "lessons/start.md", "\nIdun er 23 år og bor på Toten.\n")
    [finding] = lint(content_of(package, other), today=TODAY)
    assert (finding.code, finding.level, finding.place.file) == ("name-reused", Level.NOTICE, "andre/lessons/start.md")


def test_a_course_about_law_says_on_every_lesson_how_old_it_is(package: Path, tmp_path: Path) -> None:
    other = second(tmp_path)
    (other / "legal_references.yaml").write_text((package / "legal_references.yaml").read_text())
    add(other, "lessons/start.md", "\n::: law\nreference: pbrl-3-1\n:::\n")
    (other / "lessons" / "to.md").write_text(
        f"---\ntitle: To\ntype: summary\nminutes: 5\n---\n{prose('to', count=120)}\n"
    )
    put("course.yaml", "[start]", "[start, to]")(other)
    assert found_in(package, other) == [("andre/lessons/to.md", "law-undated")]
    add(other, "lessons/to.md", "\nKontrollert 22. november 2026.\n")
    assert found_in(package, other) == []


# --- coverage -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"lesson": "borte"}, "Leksjonen «borte» finnes ikke i kurset «prove»."),
        ({"phrase": "står ikke her"}, "«står ikke her» står ikke i leksjonen «introduksjon»."),
        ({"kind": "other"}, "Slaget «other» finnes ikke. Velg cover eller misunderstanding."),
    ],
)
def test_a_gap_in_coverage_is_told(row: dict[str, str], message: str, package: Path) -> None:
    content = content_of(package)
    content.coverage.append(replace(content.coverage[0], **row))
    assert [(str(finding.place), finding.code, finding.message) for finding in lint(content, today=TODAY)] == [
        ("coverage.yaml:1", "coverage", message)
    ]


@pytest.mark.parametrize("kind", ["cover", "misunderstanding"])
def test_a_principle_chapter_says_what_it_covers_and_what_it_corrects(kind: str, package: Path) -> None:
    content = content_of(package)
    content.coverage = [row for row in content.coverage if row.kind == kind]
    assert [finding.code for finding in lint(content, today=TODAY)] == ["coverage-missing"]
    content.coverage = None
    assert lint(content, today=TODAY) == []


def test_coverage_is_a_table(package: Path) -> None:
    content = content_of(package)
    assert coverage_table(content).splitlines() == [
        "| chapter | kind | item | lesson | phrase |",
        "|---|---|---|---|---|",
        "| Fleksibilitet | cover | background | Introduksjon | «neste leksjon» |",
        "| Fleksibilitet | misunderstanding | a\\|b | Introduksjon | «om prøven» |",
    ]


# --- where ----------------------------------------------------------------------------------------------


def test_a_finding_names_the_line_its_words_begin_on(package: Path) -> None:
    say("Første avsnitt er her.\n\nI det andre kom fylkesmannen på besøk.")(package)
    rows = (package / FIRST).read_text().splitlines()
    [finding] = lint(content_of(package), today=TODAY)
    assert rows[finding.place.line - 1] == "I det andre kom fylkesmannen på besøk."
    assert str(finding).startswith(f"prove/{FIRST}:{finding.place.line}: error word-fylkesmannen: «fylkesmannen»:")


def test_a_finding_inside_a_block_names_the_fields_line(package: Path) -> None:
    put(QUIZ, "Da får noen vite det, og du slipper å stå alene med tilfelle 4.", "Da får noen vite det!")(package)
    rows = (package / QUIZ).read_text().splitlines()
    [finding] = lint(content_of(package), today=TODAY)
    assert rows[finding.place.line - 1].strip() == "explanation: Da får noen vite det!"


def test_a_line_that_is_not_found_is_the_blocks_own() -> None:
    assert find_line(["en", "to tre", "fire"], "to tre", 1) == 2
    assert find_line(["en", "to tre", "fire"], "fem", 2) == 2
    assert find_line(["en §", "to § tre", "fire"], "§", 2) == 2


def test_a_place_on_the_site_is_the_editors_address() -> None:
    assert str(Document("https://flett.example/admin/pages/3/edit/", "page", "Side").place()) == (
        "https://flett.example/admin/pages/3/edit/"
    )


# --- what depends on the day ----------------------------------------------------------------------------


def test_next_years_clone_has_notices_and_no_error(package: Path) -> None:
    findings = lint(content_of(package), today=date(2028, 1, 1))
    assert {(finding.code, finding.level) for finding in findings} == {("law-unchecked", Level.NOTICE)}


def test_a_check_of_law_holds_exactly_half_a_year(package: Path) -> None:
    checked = date(2026, 11, 1)
    assert lint(content_of(package), today=checked + CHECK_EVERY) == []
    assert len(lint(content_of(package), today=checked.replace(year=2027))) == 1


# --- reading ease ---------------------------------------------------------------------------------------


def test_lix_is_words_per_sentence_and_long_words_per_hundred() -> None:
    """Two sentences, ten words, three of more than six letters: 10/2 + 100·3/10."""
    assert lix("Katten sover på kjøkkenbenken nå. Etterpå drikker den litt melk.") == 5 + 30
    assert lix("Ja.") == 1
    assert lix("") == lix("12. 14.") == 0


def test_sentences_end_where_a_reader_stops() -> None:
    assert sentences("Hun kom kl. 08.30 den 9. april 2026. Han kom, bl.a. med kake. Og de?\nNye ord") == [
        "Hun kom kl. 08.30 den 9. april 2026.",
        "Han kom, bl.a. med kake.",
        "Og de?",
        "Nye ord",
    ]
    assert len(sentences("Ta med: kaffe. – Hei, sa hun. «Kom inn.» Han gikk.")) == 5
    assert len(sentences("Det var Martinsen mfl. Det var i 2025.")) == 2


def test_words_are_letters_and_what_hyphens_join() -> None:
    assert words("FACT-team på 3 språk: bokmål, dansk – og «engelsk».") == [
        "FACT-team", "på", "språk", "bokmål", "dansk", "og", "engelsk",
    ]  # fmt: skip


# --- the rules and their page ---------------------------------------------------------------------------


ELSEWHERE = {"coverage", "coverage-missing", "law-differs", "law-undated", "lix-course", "name-reused", "package"}
"""Rules with a test of their own, here or in tests/home/test_lint_content.py."""


def test_every_rule_has_a_test() -> None:
    assert {code for _break, _file, code in BREAKS.values()} | ELSEWHERE == ERRORS | NOTICES


def test_every_rule_is_on_its_page_and_every_rule_of_the_page_is_one() -> None:
    page = (settings.BASE_DIR / "docs" / "content-lint.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| `([a-z0-9-]+)` \|", page, re.MULTILINE)
    assert sorted(named) == sorted(ERRORS | NOTICES | {word.code for word in vocabulary().words})
