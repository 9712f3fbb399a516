"""What a deployer could break without noticing, told at the start."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.files.storage import FileSystemStorage, storages
from django.db import connection


@register(Tags.files)
def check_who_sends_files(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The proxy sends what lies in a folder, and only a store that signs addresses can send by itself."""
    is_folder = isinstance(storages["forum"], FileSystemStorage)
    if settings.FORUM_FILES == "signed" and is_folder:
        return [
            Error(
                "FLETT_FILES is signed, and the forum's files lie in a folder, which signs nothing.",
                hint="Set FLETT_FILES_STORAGE to a store with signed addresses, or FLETT_FILES to proxy.",
                id="forum.E003",
            )
        ]
    if settings.FORUM_FILES == "proxy" and not is_folder:
        return [
            Error(
                "FLETT_FILES is proxy, and the forum's files lie in no folder that a proxy could send from.",
                hint="Set FLETT_FILES to signed, or leave it out.",
                id="forum.E004",
            )
        ]
    return []


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
