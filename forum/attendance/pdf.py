"""The certificate of attendance as a PDF that assistive technology can read: PDF/UA-1, tagged, one page."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _

from forum.models import AttendanceCertificate, EventLeg
from people.typesetting import BREAK, compile_pdf, draw_qr, printable, show_hours
from people.typesetting.codes import show_code

TEMPLATE = Path(__file__).resolve().parent / "attendance.typ"


def make_pdf(certificate: AttendanceCertificate) -> bytes:
    """The PDF, the same bytes each time. Asks the database nothing."""
    with translation.override(certificate.language):
        data = describe(certificate)
    return compile_pdf(TEMPLATE, json.dumps(data, sort_keys=True), int(certificate.issued_at.timestamp()))


def certificate_url(code: str) -> str:
    """The address that is printed, and in the QR code: anyone may open it. In the site's own language."""
    with translation.override(settings.LANGUAGE_CODE):
        return f"{settings.BASE_URL}{reverse('forum:attendance-check', args=[code])}"


def show_days(certificate: AttendanceCertificate) -> str:
    """«3. mars 2027», or «3. mars 2027 – 4. mars 2027»."""
    first, last = (formats.date_format(day, "DATE_FORMAT") for day in (certificate.starts_on, certificate.ends_on))
    return first if first == last else f"{first} – {last}"


def show_place(certificate: AttendanceCertificate) -> str:
    if certificate.mode == EventLeg.Mode.DIGITAL:
        return _("Digitalt")
    return certificate.place


def describe(certificate: AttendanceCertificate) -> dict[str, Any]:
    """What stands on the paper, in the language that is active."""
    issued_on = timezone.localdate(certificate.issued_at)
    name, title = printable(certificate.holder_name), printable(certificate.title)
    url = certificate_url(certificate.code)
    facts = [
        (_("Når"), show_days(certificate)),
        (_("Hvor"), printable(show_place(certificate))),
        (_("Omfang"), show_hours(certificate.hours) if certificate.hours is not None else ""),
        (_("Arrangør"), printable(certificate.organiser)),
        (_("Utstedt"), formats.date_format(issued_on, "DATE_FORMAT")),
    ]
    return {
        "document_title": _("Deltakerbevis: %(title)s") % {"title": title.replace(BREAK, "")},
        "language": certificate.language,
        "issued": [issued_on.year, issued_on.month, issued_on.day],
        "heading": _("Deltakerbevis"),
        "shows_that": _("Dette viser at"),
        "name": name,
        "has_attended": _("har deltatt på"),
        "title": title,
        "facts": [{"label": label, "value": value} for label, value in facts if value],
        "qr": draw_qr(url),
        "qr_alt": _("QR-kode til %(url)s, der beviset kontrolleres.") % {"url": url},
        "check_heading": _("Kontroller at beviset er ekte"),
        "check_how": _("Skann koden, eller gå til adressen:"),
        "check_url": url,
        "check_shown": url.split("://", 1)[-1],
        "code_label": _("Kode"),
        "code": show_code(certificate.code),
        "issuer": printable(certificate.organiser),
        "what_it_is": _("Deltakerbeviset viser at personen var til stede. Det er ikke en autorisasjon."),
    }
