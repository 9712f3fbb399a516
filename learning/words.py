"""Progress in words, in the reader's language."""

from django.utils.translation import ngettext


def progress_in_words(*, percent: int, done: int, required: int) -> str:
    """«91 % fullført · 60 av 66 leksjoner»."""
    return ngettext(
        "%(percent)d %% fullført · %(done)d av %(required)d leksjon",
        "%(percent)d %% fullført · %(done)d av %(required)d leksjoner",
        required,
    ) % {"percent": percent, "done": done, "required": required}
