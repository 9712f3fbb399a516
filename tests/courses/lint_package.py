"""A course package that the lint has nothing to say about, written anew for each test, to be broken in one place."""

from datetime import date
from pathlib import Path
from random import Random

from courses.lint.content import Content, CoverageRow
from courses.lint.findings import Place
from courses.packages.reader import read_package
from home.content import course_from_files

TODAY = date(2026, 11, 23)
LESSONS = ["introduksjon", "hva-det-er", "en-sak", "rollefilm", "oppsummering", "min-laeringssti"]
SECOND = "0b7e0000-0000-4000-8000-000000000002"
PRINCIPLES = {
    "fact": ["Fleksibilitet", "Tverrfaglig teamtilnærming", "Deltakelse i lokalmiljøet", "Familie- og nettverksarbeid"],
    "fact-ung": ["Fleksibilitet", "Tverrfaglig teamtilnærming", "Deltagelse i lokalsamfunnet"],
}

_BEGIN = "teamet kollegaen sykepleieren legen naboen søsteren læreren vaktmesteren lederen vikaren sjåføren kokken"
_WHOM = "personen faren gruppa veilederen broren fetteren gjesten forsamlingen selgeren trommeslageren løperen maleren"
_WHERE = "huset parken butikken trappa hagen fabrikken kjelleren biblioteket stasjonen bygda brygga svømmehallen"
_WHEN = "mandag tirsdag onsdag torsdag fredag lørdag søndag våren høsten vinteren sommeren formiddagen"
_WITH = "kaffe avisa sykkelen radioen nøklene kartet frokosten papirene hunden telefonen kalenderen jakka"


def prose(seed: str, *, count: int = 300) -> str:
    """This many words or a few more, in paragraphs no two of which are alike, easy to read."""
    dice = Random(seed)  # noqa: S311 – the same text every time
    doing = ["henter", "finner", "spør", "ringer", "møter", "følger", "hjelper", "savner", "ser", "kjenner", "takker"]
    paragraphs: list[str] = []
    while sum(len(text.split()) for text in paragraphs) < count:
        sentences = []
        for _turn in range(4):
            parts = [dice.choice(bank.split()) for bank in (_BEGIN, _WHOM, _WITH, _WHERE, _WHEN)]
            begin, whom, what, where, when = parts
            order = [
                f"{begin} {dice.choice(doing)} {whom} og tar med {what} til {where} før {when}",
                f"før {when} {dice.choice(doing)} {begin} både {whom} og {what} ved {where}",
                f"ved {where} {dice.choice(doing)} {whom} {begin} med {what} hver {when}",
            ]
            sentence = dice.choice(order)
            sentences.append(sentence[0].upper() + sentence[1:] + ".")
        paragraphs.append(" ".join(sentences))
    return "\n\n".join(paragraphs)


def front(title: str, kind: str = "lesson", **fields: str) -> str:
    rows = {"title": title, "type": kind, "required": "true", "minutes": "6", **fields}
    return "---\n" + "".join(f"{name}: {value}\n" for name, value in rows.items()) + "---\n"


def question(number: int) -> str:
    """Right answers are short, and every answer says why."""
    return f"""
::: quiz_single
question: Hva gjør du i tilfelle nummer {number}?
answers:
  - text: Ringer {number}
    correct: true
    explanation: Da får noen vite det, og du slipper å stå alene med tilfelle {number}.
  - text: Venter til noen andre ser det {number}
    correct: false
    explanation: Det er fristende, men tilfelle {number} kan bli verre imens.
explanation: |
  Tilfelle {number} er satt sammen av flere.
:::
"""


def write_good_package(folder: Path) -> Path:
    """The package, in `folder`."""
    script = prose("script", count=260).split("\n\n")
    lines = "".join(f"      - speaker: Teamleder\n        text: {text}\n" for text in script)
    files = {
        "course.yaml": "format: 1\nslug: prove\nlanguage: nb\ntitle: Fleksibilitet\nkind: module\n"
        "summary: Et kapittel til prøve.\nprinciples: [fact/fleksibilitet]\nprogrammes: [FACT]\naudience: Nyansatte\n"
        f"learning_outcomes:\n  - Du kan prøve\nminutes: 60\nlessons: [{', '.join(LESSONS)}]\n",
        "guide.md": "---\ntitle: Veiledning til prøve\nminutes: 30\nsummary: En halvtime.\n---\n"
        + prose("guide", count=220),
        "lessons/introduksjon.md": front("Introduksjon")
        + prose("introduksjon")
        + f"\n\n## Bakgrunn\n\nLes mer [om prøven](/laer/kurs/prove/) og [neste leksjon](page:{SECOND}).\n"
        + "\n::: reflection\nprompt: Hva tenker du om det første du leste her?\n:::\n",
        "lessons/hva-det-er.md": front("Hva det er", id=SECOND)
        + prose("hva")
        + "\n\n::: law\nreference: pbrl-3-1\nnote: Gjelder her.\n:::\n"
        + "\n::: reflection\nprompt: Hva kjenner du igjen fra din egen hverdag?\n:::\n"
        + "\n::: image\nfile: tavle\nalt: En tavle på en vegg\n:::\n"
        + '\n::: sources\nitems:\n  - text: "A. Person (2020). Title Of A Work!"\n'
        "    url: https://doi.org/10.1234/abc\n    caveat: Ingen kontrollgruppe.\n:::\n",
        "lessons/en-sak.md": front("En sak")
        + prose("sak", count=60)
        + "\n\n::: case\ntitle: Regn\nperson: |\n  **Idun er 41 år** og er diktet opp. "
        + prose("person", count=60).replace("\n\n", " ")
        + "\nsteps:\n  - key: start\n    situation: |\n      "
        + prose("situasjon", count=90).replace("\n\n", " ")
        + "\n    question: Hva gjør dere?\n    choices:\n"
        + "".join(
            f"      - text: Vi {way}\n        feedback: |\n          {prose(way, count=90).replace(chr(10) * 2, ' ')}\n"
            f'        quality: {quality}\n        next: ""\n'
            for way, quality in (("drar dit", "good"), ("venter", "poor"))
        )
        + "closing: |\n  "
        + prose("slutt", count=40).replace("\n\n", " ")
        + "\n:::\n",
        "lessons/rollefilm.md": front("Rollefilm", "role_film")
        + prose("rollefilm", count=150)
        + "\n\n::: role_film\nfilm: film\ntitle: Rollefilm\nintro: Filmen er ikke spilt inn ennå.\nrole: Teamleder\n"
        f"script:\n  - scene: Bilen\n    picture: En bil i regn.\n    lines:\n{lines}:::\n",
        "lessons/oppsummering.md": front("Oppsummering", "summary", completion="quiz")
        + prose("oppsummering", count=150)
        + "\n"
        + "".join(question(number) for number in range(1, 6)),
        "lessons/min-laeringssti.md": front("Min læringssti", "my_path")
        + prose("min", count=150)
        + "\n\n::: reflection\nprompt: Hva tar du med deg?\n:::\n",
        "media/media.yaml": "films:\n  film:\n    title: Film\n    duration: 150\n    mp4: film.mp4\n    captions:\n"
        "      - {language: nb, file: film.nb.vtt}\n    transcript: |\n      Det som blir sagt.\n"
        "images:\n  tavle: {title: Tavle, file: tavle.png}\n",
        "legal_references.yaml": "pbrl-3-1:\n  law: pasient- og brukerrettighetsloven\n  paragraph: § 3-1\n"
        '  summary: Retten til å medvirke.\n  url: https://lovdata.no/lov/1999-07-02-63\n  jurisdiction: "NO"\n'
        "  valid_from: null\n  checked_on: 2026-11-01\n  checked_by: Redaksjonen\n",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def change(folder: Path, name: str, old: str, new: str) -> None:
    """Replace what stands exactly once."""
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, (name, old, text.count(old))
    path.write_text(text.replace(old, new), encoding="utf-8")


def add(folder: Path, name: str, text: str) -> None:
    with (folder / name).open("a", encoding="utf-8") as file:
        file.write(text)


def content_of(*folders: Path) -> Content:
    """What the lint sees of these packages, named by their files alone."""
    content = Content(principles=PRINCIPLES)
    for folder in folders:
        course = course_from_files(folder, read_package(folder))
        for document in course.documents:
            document.file = document.file.removeprefix(f"{folder.parent}/")
        course.legal_file = course.legal_file.removeprefix(f"{folder.parent}/")
        course.media_file = course.media_file.removeprefix(f"{folder.parent}/")
        content.courses.append(course)
    pages = [page for course in content.courses for page in course.package.pages]
    content.page_keys = frozenset(str(page.id) for page in pages)
    content.addresses = frozenset(f"/laer/kurs/{course.slug}/" for course in content.courses)
    content.coverage = [
        CoverageRow(Place("coverage.yaml", 1), "prove", "cover", "background", "introduksjon", "neste leksjon"),
        CoverageRow(Place("coverage.yaml", 2), "prove", "misunderstanding", "a|b", "introduksjon", "om prøven"),
    ]
    return content
