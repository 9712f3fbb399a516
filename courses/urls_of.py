"""Addresses of pages in the language being read, without a query."""

from django.conf import settings
from django.urls import get_script_prefix
from django.utils import translation
from wagtail.models import Page


def language_prefix(language: str | None = None) -> str:
    """`/` in the default language, `/da/` in Danish: as `i18n_patterns` writes them."""
    code = language or translation.get_language() or settings.LANGUAGE_CODE
    root = get_script_prefix()
    return root if code == settings.LANGUAGE_CODE else f"{root}{code}/"


def page_path(page: Page, language: str | None = None) -> str:
    """The page's path under the language being read.

    A page that exists only in Bokmål keeps a Danish reader in the Danish interface: the language of the
    address is the reader's, the language of the text is marked on it. A translation has the address of its
    own language. The tree's first component is the site's home page and is not part of the address.
    """
    inner = page.url_path.split("/", 2)[2]
    written_in = page.locale.language_code
    return f"{language_prefix(language if written_in == settings.LANGUAGE_CODE else written_in)}{inner}"
