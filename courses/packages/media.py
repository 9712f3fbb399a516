"""The files of a package beside those in storage: which are the same, and what an import would change."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from django.core.files.base import ContentFile, File
from django.db.models.fields.files import FieldFile
from wagtail.documents.permissions import permission_policy as document_policy
from wagtail.images.permissions import permission_policy as image_policy
from wagtail.models import Collection
from wagtailmedia.permissions import permission_policy as film_policy

from courses.models import FlettDocument, FlettImage, FlettMedia
from courses.packages.collect import as_text
from courses.packages.format import Film, Package
from safety.files import clean_image


def media_path(package: Package, name: str) -> Path | None:
    """The file of this name in the package's media folder, or None when it is not there."""
    if not name or package.root is None:
        return None
    path = package.root / "media" / name
    return path if path.is_file() and not path.is_symlink() else None


def digest(file: IO[bytes] | File) -> bytes:
    sha = hashlib.sha256()
    while chunk := file.read(1 << 20):
        sha.update(chunk)
    return sha.digest()


def same_content(stored: FieldFile, path: Path | None) -> bool:
    """Whether storage holds these bytes. A file that is not in the package counts as the same."""
    if path is None:
        return True
    if not stored:
        return False
    try:
        if stored.storage.size(stored.name or "") != path.stat().st_size:
            return False
        with stored.storage.open(stored.name or "") as old, path.open("rb") as new:
            return digest(old) == digest(new)
    except FileNotFoundError:
        return False


def cleaned_image(path: Path) -> "ContentFile[bytes]":
    with path.open("rb") as file:
        return clean_image(file, name=path.name)


def same_picture(stored: FieldFile, path: Path | None) -> bool:
    """Whether storage holds this picture, as it is or as it becomes when it is made anew."""
    if same_content(stored, path):
        return True
    if not stored or path is None:
        return False
    try:
        with stored.storage.open(stored.name or "") as old:
            return digest(old) == hashlib.sha256(cleaned_image(path).read()).digest()
    except FileNotFoundError:
        return False


def media_differs(package: Package, stored: FlettMedia | FlettImage | FlettDocument) -> bool:
    """Whether the package would change this file or what is said about it."""
    if isinstance(stored, FlettMedia):
        film = next(film for film in package.films.values() if film.id == stored.key)
        return any(True for _change in film_changes(package, film, stored))
    entries = package.images if isinstance(stored, FlettImage) else package.documents
    entry = next(entry for entry in entries.values() if entry.id == stored.key)
    same = same_picture if isinstance(stored, FlettImage) else same_content
    return stored.title != entry.title or not same(stored.file, media_path(package, entry.file))


def film_fields(film: Film) -> dict[str, str]:
    """The model's file field for each file of a film; an empty name means there is none."""
    return {
        "file": film.mp4,
        "webm": film.webm,
        "thumbnail": film.poster,
        **{f"captions_{language}": film.captions.get(language, "") for language in ("nb", "da", "en")},
    }


def film_changes(package: Package, film: Film, stored: FlettMedia) -> Iterator[str]:
    """The names of the model's fields this film would change."""
    for name, value in (
        ("title", film.title),
        ("is_placeholder", film.placeholder),
        ("duration", film.duration),
        ("transcript", film.transcript),
    ):
        current = getattr(stored, name)
        if (as_text(current) if name == "transcript" else current) != value:
            yield name
    for name, file in film_fields(film).items():
        path = media_path(package, file)
        field_file = getattr(stored, name)
        same = same_picture if name == "thumbnail" else same_content
        if (not file and field_file) or (file and not same(field_file, path)):
            yield name


# --- rights ---------------------------------------------------------------------------------------------

_POLICIES: dict[type[Any], Any] = {FlettMedia: film_policy, FlettImage: image_policy, FlettDocument: document_policy}


def user_can_add(user: Any, model: type[Any]) -> bool:
    """Whether this person may upload such a file to any collection."""
    return bool(_POLICIES[model].user_has_permission(user, "add"))


def user_can_change(user: Any, stored: Any) -> bool:
    """Whether this person may change this very file."""
    return bool(_POLICIES[type(stored)].user_has_permission_for_instance(user, "change", stored))


def collection_for(user: Any, model: type[Any]) -> Collection:
    """Where a new file goes: the first collection this person may add to; the root one for a command."""
    root: Collection = Collection.get_first_root_node()
    if user is None:
        return root
    own: Collection | None = _POLICIES[model].collections_user_has_permission_for(user, "add").first()
    return own or root
