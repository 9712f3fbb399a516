"""What a deployer could break without noticing, told at the start."""

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connection


@register(Tags.database)
def check_pseudonym_key(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Where people write under an alias, the key that seals them is there, and is the one they were sealed with.

    A new database is asked too, by `migrate` before it makes the first table: it has no aliases yet.
    """
    from forum.models import Pseudonym, Space
    from forum.pseudonyms import SealedForEverError, aliases_are_possible, open_seal

    if not databases or Pseudonym._meta.db_table not in connection.introspection.table_names():
        return []
    if not aliases_are_possible():
        if Space.objects.filter(allows_pseudonyms=True).exists() or Pseudonym.objects.exists():
            return [
                Error(
                    "Spaces allow aliases, and there is no key to seal them with.",
                    hint="Set FLETT_PSEUDONYM_KEY; docs/operations.md says what becomes of aliases without it.",
                    id="forum.E001",
                )
            ]
        return []
    newest = Pseudonym.objects.order_by("-pk").first()
    if newest is None:
        return []
    try:
        open_seal(newest)
    except SealedForEverError:
        return [
            Error(
                "The newest alias was sealed with another key: people have lost their aliases.",
                hint="Set FLETT_PSEUDONYM_KEY to the key of before; docs/operations.md says why.",
                id="forum.E002",
            )
        ]
    return []
