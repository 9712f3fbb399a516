"""The certificate as a PDF that assistive technology can read: PDF/UA-1, tagged, one page.

Made from `certificate.typ`, with what letters `people.typesetting` has; the page where it is checked shows them all.
"""

import json
from pathlib import Path
from typing import Any

from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _

from learning.models import Certificate, SubjectKind
from people.typesetting import BREAK, compile_pdf, draw_qr, printable, show_hours
from people.typesetting.codes import show_code

TEMPLATE = Path(__file__).resolve().parent / "certificate.typ"


def make_pdf(certificate: Certificate, *, url: str) -> bytes:
    """The PDF of a certificate, the same bytes each time. `url` is the address where it is checked.

    Some 11 ms on one core where it was not made lately by this process. Asks the database nothing.
    """
    with translation.override(certificate.language):
        data = describe(certificate, url=url)
    return compile_pdf(TEMPLATE, json.dumps(data, sort_keys=True), int(certificate.issued_at.timestamp()))


def describe(certificate: Certificate, *, url: str) -> dict[str, Any]:
    """What stands on the certificate, in the language that is active."""
    is_path = certificate.kind == SubjectKind.PATH
    issued_on = timezone.localdate(certificate.issued_at)
    name, title = printable(certificate.holder_name), printable(certificate.title)
    facts = [
        (_("Fullført"), formats.date_format(certificate.completed_on, "DATE_FORMAT")),
        (_("Omfang"), show_hours(certificate.hours) if certificate.hours is not None else ""),
        (
            _("Gjelder til"),
            formats.date_format(certificate.expires_on, "DATE_FORMAT") if certificate.expires_on else "",
        ),
        (_("Utstedt"), formats.date_format(issued_on, "DATE_FORMAT")),
        (_("Utsteder"), printable(certificate.issuer)),
        (_("Versjon"), str(certificate.version)),
    ]
    return {
        "document_title": _("Kursbevis: %(title)s") % {"title": title.replace(BREAK, "")},
        "language": certificate.language,
        "issued": [issued_on.year, issued_on.month, issued_on.day],
        "tight": is_long(certificate),
        "heading": _("Kursbevis"),
        "shows_that": _("Dette viser at"),
        "name": name,
        "has_completed": _("har fullført læringsstien") if is_path else _("har fullført kurset"),
        "title": title,
        "facts": [{"label": label, "value": value} for label, value in facts if value],
        "principles_heading": _("Prinsipper i læringsstien") if is_path else _("Prinsipper i kurset"),
        "principles": [printable(principle) for principle in certificate.principles],
        "qr": draw_qr(url),
        "qr_alt": _("QR-kode til %(url)s, der beviset kontrolleres.") % {"url": url},
        "check_heading": _("Kontroller at beviset er ekte"),
        "check_how": _("Skann koden, eller gå til adressen:"),
        "check_url": url,
        "check_shown": url.split("://", 1)[-1],
        "code_label": _("Kode"),
        "code": show_code(certificate.code),
        "issuer": printable(certificate.issuer),
        "what_it_is": (
            _("Kursbeviset viser at læringsstien er fullført. Det er ikke en autorisasjon.")
            if is_path
            else _("Kursbeviset viser at kurset er fullført. Det er ikke en autorisasjon.")
        ),
    }


def is_long(certificate: Certificate) -> bool:
    """Whether the text needs the room that the page otherwise leaves open."""
    return (
        max(len(certificate.holder_name), len(certificate.title)) > 90
        or len(certificate.issuer) > 60
        or len(certificate.principles) > 8
        or sum(map(len, certificate.principles)) > 320
    )
