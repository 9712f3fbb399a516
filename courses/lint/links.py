"""Links: inside Flett they lead somewhere, outside they are secure. Nothing is fetched."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from courses.lint.content import Content, Document
from courses.lint.findings import Finding, Place, found

_HOST = re.compile(r"(?:[a-zæøå0-9-]+\.)+[a-z]{2,}", re.IGNORECASE)
_DOI = re.compile(r"https://doi\.org/10\.\d{4,9}/\S+")


def check_links(content: Content) -> Iterator[Finding]:
    for document in content.documents:
        for passage in document.passages:
            for link in passage.links:
                yield from check_link(content, passage.place(link.text), link.href)
        yield from check_sources(content, document)
    for course in content.courses:
        for entry in course.package.references.values():
            yield from check_outside(Place(course.legal_file, entry.lines.get((), 0)), entry.url)


def check_sources(content: Content, document: Document) -> Iterator[Finding]:
    for block in document.blocks:
        if block.type == "sources":
            for number, item in enumerate(block.value["items"]):
                if item["url"]:
                    place = document.place(block, ("items", number, "url"), item["text"])
                    yield from check_link(content, place, item["url"])


def check_link(content: Content, place: Place, href: str) -> Iterator[Finding]:
    if href.startswith("page:"):
        if content.page_keys is not None and href.removeprefix("page:") not in content.page_keys:
            yield found(place, "link-dead", _("Siden som «%s» lenker til, finnes ikke.") % href)
    elif href.startswith("/"):
        path = urlsplit(href).path
        if content.addresses is not None and path not in content.addresses:
            yield found(place, "link-dead", _("Adressen «%s» finnes ikke i Flett.") % href)
    elif href.startswith(("http:", "https:")):
        yield from check_outside(place, href)
    elif not href.startswith(("mailto:", "tel:", "document:", "#")):
        yield found(place, "link-shape", _("Lenken «%s» er ikke en adresse.") % href)


def check_outside(place: Place, url: str) -> Iterator[Finding]:
    """An https address with a host; a doi in its full form."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        host = ""
    if url.startswith("http:"):
        yield found(place, "link-not-https", _("Lenken «%s» er ikke sikret. Bruk https.") % url)
    elif (
        not url.startswith("https://")
        or not _HOST.fullmatch(host)
        or " " in url
        or (host.endswith("doi.org") and not _DOI.fullmatch(url))
        or url.endswith((".", ",", ")"))
    ):
        yield found(place, "link-shape", _("Lenken «%s» er ikke en adresse.") % url)
