"""What is made from a film's manuscript: no word is lost, and every caption can be read."""

from io import BytesIO
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.film_script import (
    CHARACTERS_A_SECOND,
    LEAST_CUE,
    LINE_CHARACTERS,
    LONGEST_CUE,
    Cue,
    Scene,
    ScriptLine,
    captions,
    described_transcript,
    estimated_seconds,
    make_cues,
    manuscript,
    read_script,
    split_into_cues,
    spoken_words,
)
from safety.files import check_captions

SCRIPT = read_script(
    [
        {
            "scene": "Bilen, tidlig morgen",
            "picture": "En kvinne setter i gang bilen.",
            "lines": [
                {"speaker": "Teamleder", "text": "Jeg får ofte spørsmål om hva en teamleder gjør hele dagen."},
                {"speaker": "Kollega", "text": "Og?"},
                {"speaker": "Teamleder", "text": "Jeg ringer."},
            ],
        },
        {"scene": "Kontoret", "picture": "Tavla fylles.", "lines": []},
    ]
)

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
spoken = st.one_of(
    words,
    st.lists(st.one_of(st.sampled_from(["team", "og", "vi", "hverdagen,", "nå.", "-->", "<b>", "&"]), words)).map(
        " ".join
    ),
)
scripts = st.lists(
    st.fixed_dictionaries(
        {
            "scene": words,
            "picture": words,
            "lines": st.lists(st.fixed_dictionaries({"speaker": words, "text": spoken}), max_size=4),
        }
    ),
    max_size=4,
).map(read_script)


@given(spoken)
def test_splitting_loses_no_text_and_keeps_the_limits(text: str) -> None:
    cues = split_into_cues(text)
    assert "".join("".join(lines) for lines in cues).replace(" ", "") == "".join(text.split())
    for lines in cues:
        assert 1 <= len(lines) <= 2
        assert all(line == line.strip() and 0 < len(line) <= LINE_CHARACTERS for line in lines)


@given(scripts)
def test_captions_follow_the_figures_and_pass_our_own_check(script: list[Scene]) -> None:
    cues = make_cues(script)
    for cue in cues:
        shown = " ".join(cue.lines)
        assert LEAST_CUE <= cue.end - cue.start <= LONGEST_CUE
        assert len(shown) * 1000 <= CHARACTERS_A_SECOND * (cue.end - cue.start)
    assert all(one.end <= other.start for one, other in pairwise(cues))
    written = captions(script)
    if cues:
        assert cues[-1].end <= estimated_seconds(script) * 1000
        check_captions(BytesIO(written.encode()), name="film.nb.vtt")
    else:
        assert written == ""


@given(scripts)
def test_the_texts_hold_every_word(script: list[Scene]) -> None:
    for text in (described_transcript(script), manuscript(script, title="Film", role="Rolle")):
        for scene in script:
            for part in (scene.scene, scene.picture, *(line.text for line in scene.lines)):
                assert part in text


def test_a_change_of_speaker_is_marked_by_name_the_first_time_and_then_by_a_dash() -> None:
    assert make_cues(SCRIPT) == [
        Cue(3000, 8760, ("Teamleder: Jeg får ofte spørsmål", "om hva en teamleder gjør hele dagen.")),
        Cue(9060, 10060, ("Kollega: Og?",)),
        Cue(10360, 11360, ("– Jeg ringer.",)),
    ]


@pytest.mark.parametrize("speaker", ["Vernepleier", "Mannen ved bordet"])
def test_a_name_does_not_stand_alone_in_a_caption(speaker: str) -> None:
    line = ScriptLine(speaker, "Jeg må innrømme at jeg trodde du skulle sitte på kontoret og ha timer.")
    first, *_rest = make_cues([Scene("Bilen", "", (line,))])
    assert " ".join(first.lines).startswith(f"{speaker}: Jeg")


def test_captions_as_they_are_written() -> None:
    assert captions(SCRIPT[:1]) == (
        "WEBVTT\n\n"
        "NOTE Tidene er anslått fra manuset. Rett dem etter opptaket.\n\n"
        "00:00:03.000 --> 00:00:08.760\nTeamleder: Jeg får ofte spørsmål\nom hva en teamleder gjør hele dagen.\n\n"
        "00:00:09.060 --> 00:00:10.060\nKollega: Og?\n\n"
        "00:00:10.360 --> 00:00:11.360\n– Jeg ringer.\n"
    )


def test_captions_say_angle_brackets_as_they_stand() -> None:
    script = [Scene("", "", (ScriptLine("A", "2 < 3 & 4 --> 5"),))]
    assert "A: 2 &lt; 3 &amp; 4 --&gt; 5" in captions(script)


def test_captions_stop_where_a_sentence_does() -> None:
    text = (
        "Vi begynner alltid med tavla. Da ser vi hvem som trenger oss mest i dag, og hvem som kan vente til i morgen. "
        "Så fordeler vi besøkene."
    )
    assert split_into_cues(text) == [
        ("Vi begynner alltid med tavla.",),
        ("Da ser vi hvem som trenger oss mest i dag,",),
        ("og hvem som kan vente til i morgen.", "Så fordeler vi besøkene."),
    ]


def test_the_described_transcript() -> None:
    assert described_transcript(SCRIPT) == (
        "Scene 1. Bilen, tidlig morgen\n\n"
        "Bildet viser: En kvinne setter i gang bilen.\n\n"
        "Teamleder: Jeg får ofte spørsmål om hva en teamleder gjør hele dagen.\n\n"
        "Kollega: Og?\n\n"
        "Teamleder: Jeg ringer.\n\n"
        "Scene 2. Kontoret\n\n"
        "Bildet viser: Tavla fylles.\n"
    )


def test_the_manuscript() -> None:
    assert spoken_words(SCRIPT) == 14
    assert estimated_seconds(SCRIPT) == 20
    assert manuscript(SCRIPT, title="Rollefilm: teamleder", role="Teamleder") == (
        "# Rollefilm: teamleder\n\n"
        "- Rolle: Teamleder\n- Medvirkende: Teamleder, Kollega\n- Anslått lengde: 0:20 (14 ord)\n\n"
        "## Scene 1. Bilen, tidlig morgen\n\n"
        "*Bildet viser: En kvinne setter i gang bilen.*\n\n"
        "**Teamleder:** Jeg får ofte spørsmål om hva en teamleder gjør hele dagen.\n\n"
        "**Kollega:** Og?\n\n"
        "**Teamleder:** Jeg ringer.\n\n"
        "## Scene 2. Kontoret\n\n"
        "*Bildet viser: Tavla fylles.*\n"
    )
