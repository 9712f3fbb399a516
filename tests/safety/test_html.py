"""Cleaning HTML: nothing that runs survives, and what is clean stays as it is."""

import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safety.html import MAX_LENGTH, MAX_TAGS, HtmlTooLargeError, allowed_tags, clean_html

ALL = frozenset({"h2", "h3", "h4", "bold", "italic", "ol", "ul", "link", "blockquote", "code", "strikethrough"})
SMALL = frozenset({"bold", "italic", "ol", "ul", "link"})

VECTORS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href=' javascript:alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='java&#10;script:alert(1)'>x</a>",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "<a href='jav&Tab;ascript:alert(1)'>x</a>",
    "<a href='JaVaScRiPt:alert(1)'>x</a>",
    "<a href='\x01javascript:alert(1)'>x</a>",
    "<a href='vbscript:msgbox(1)'>x</a>",
    "<a href='data:text/html;base64,PHNjcmlwdD4='>x</a>",
    "<a href='https://example.org' onclick='alert(1)'>x</a>",
    "<a href='https://example.org' style='position:fixed' target=_blank>x</a>",
    "<p style=\"background:url('javascript:alert(1)')\">x</p>",
    "<p onmouseover=alert(1)>x</p>",
    "<b onfocus=alert(1) tabindex=1 autofocus>x</b>",
    "<style>@import 'https://evil.example/x.css'</style>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data='javascript:alert(1)'></object>",
    "<embed src='javascript:alert(1)'>",
    "<form action='javascript:alert(1)'><button>x</button></form>",
    "<base href='https://evil.example/'>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<template><script>alert(1)</script></template>",
    "<!--[if IE]><script>alert(1)</script><![endif]-->",
    "<!-- --!><img src=x onerror=alert(1)>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version='1.0'?><script>alert(1)</script>",
    "<p/onclick=alert(1)//>x",
    "<a\x00href='javascript:alert(1)'>x</a>",
    '<a href="https://example.org" href="javascript:alert(1)">x</a>',
    '<xmp><p title="</xmp><img src=x onerror=alert(1)>">',
    '<textarea><img title="</textarea><img src=x onerror=alert(1)>">',
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&amp;lt;script&amp;gt;alert(1)",
]


class Survivors(HTMLParser):
    """What a browser would see in the result."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.links: list[str] = []
        self.other: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.add((tag, name))
            self.links.append(value or "")

    def handle_comment(self, data: str) -> None:
        self.other.append(data)

    def handle_decl(self, decl: str) -> None:
        self.other.append(decl)

    def handle_pi(self, data: str) -> None:
        self.other.append(data)

    def unknown_decl(self, data: str) -> None:
        self.other.append(data)


def assert_harmless(cleaned: str, features: frozenset[str]) -> None:
    seen = Survivors()
    seen.feed(cleaned)
    seen.close()
    assert seen.tags <= allowed_tags(features)
    assert seen.attributes <= {("a", "href")}
    assert seen.other == []
    for link in seen.links:
        plain = re.sub(r"[\x00-\x20\x7f-\x9f\u200b-\u200f\u2028-\u202f\ufeff]", "", link).lower()
        scheme = re.match(r"([a-z][a-z0-9+.-]*):", plain)
        assert scheme is None or scheme.group(1) in {"http", "https", "mailto", "tel"}


@pytest.mark.parametrize("features", [ALL, SMALL, frozenset()])
@pytest.mark.parametrize("vector", VECTORS)
def test_no_vector_survives(vector: str, features: frozenset[str]) -> None:
    for source in (vector, f"<p>{vector}</p>", f"<a href='https://example.org'>{vector}", vector * 2):
        cleaned = clean_html(source, features=features)
        assert_harmless(cleaned, features)
        assert clean_html(cleaned, features=features) == cleaned


@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                [
                    *VECTORS,
                    "<p>",
                    "</p>",
                    "<ul><li>",
                    "</b>",
                    "<b>",
                    "<a href='",
                    "'>",
                    '"',
                    "<",
                    ">",
                    "&",
                    "&#",
                    ";",
                    "<!--",
                    "-->",
                ]
            ),
            st.text(max_size=8),
        ),
        max_size=12,
    )
)
@settings(max_examples=300, deadline=None)
def test_anything_becomes_harmless_and_stays_so(pieces: list[str]) -> None:
    cleaned = clean_html("".join(pieces), features=ALL)
    assert_harmless(cleaned, ALL)
    assert clean_html(cleaned, features=ALL) == cleaned


@pytest.mark.parametrize(
    ("source", "cleaned"),
    [
        ("<p>Ett <b>team</b>, <em>én</em> plan</p>", "<p>Ett <b>team</b>, <em>én</em> plan</p>"),
        ("<h1>Stor</h1><h2>Mindre</h2>", "Stor<h2>Mindre</h2>"),
        ('<a href="https://example.org/?a=1&amp;b=2">x</a>', '<a href="https://example.org/?a=1&amp;b=2">x</a>'),
        ('<a href="mailto:a@example.org">x</a>', '<a href="mailto:a@example.org">x</a>'),
        ('<a href="/laer/#her">x</a>', '<a href="/laer/#her">x</a>'),
        ('<a href="page:x">x</a>', "<a>x</a>"),
        ("3 < 4 & 5 > 4", "3 &lt; 4 &amp; 5 &gt; 4"),
        ("<img src=x>", ""),
    ],
)
def test_exact_results(source: str, cleaned: str) -> None:
    assert clean_html(source, features=ALL) == cleaned


def test_further_protocols_are_the_callers_choice() -> None:
    link = '<a href="page:x">x</a>'
    assert clean_html(link, features=ALL, protocols=frozenset({"page"})) == link


def test_headings_go_where_they_are_not_a_feature() -> None:
    assert clean_html("<h2>Tittel</h2><p>Tekst</p>", features=SMALL) == "Tittel<p>Tekst</p>"


@pytest.mark.parametrize("source", ["x" * (MAX_LENGTH + 1), "<b>" * (MAX_TAGS + 1)])
def test_too_much_is_refused_before_parsing(source: str) -> None:
    started = time.process_time()
    with pytest.raises(HtmlTooLargeError):
        clean_html(source, features=ALL)
    assert time.process_time() - started < 0.05


def test_an_unknown_feature_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        clean_html("x", features=frozenset({"video"}))
