"""A folder or a zip of files with a list, taken into the library of a space: first tried, then done.

Trying writes nothing: every text and file goes through the same door as when it is shared by hand, and is let go. What
is done, is done item by item: all versions of an item or nothing of it. An item's identity is made from its space and
its `id` in the list, and is unique in the database, so the same list taken in twice makes nothing twice.
"""

import os
import tempfile
import unicodedata
import zipfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Any
from uuid import UUID, uuid5

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from forum.actions.library import (
    FILES_MOST,
    Content,
    Details,
    add_version,
    keep_library_file,
    read_content,
    read_details,
    set_item_state,
    share_item,
)
from forum.library_sheet import (
    HIDDEN,
    SHEET_NAME,
    Line,
    read_choice,
    read_county,
    read_day,
    read_lines,
    read_number,
    read_state,
    several,
)
from forum.models import LibraryFile, LibraryItem, Post, Space, State
from forum.permissions.library import items_visible_to
from forum.permissions.library_bulk import user_can_import_into
from forum.queries.subjects import get_principle_index, reader_language
from forum.writing import SOURCE_MAX
from people.alphabet import fold
from people.models import Team, User
from safety.archive import ArchiveRefusedError, unpack_zip
from safety.files import MEGABYTE, FileRefusedError
from safety.guard import ConfirmationNeededError
from safety.guard.files import guard_file
from safety.tables import read_table
from safety.text import TextRefusedError

NAMESPACE = UUID("2b1c6f0e-6a43-4c1d-9d0a-54b0f4a1c400")
LITTER = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")
"""What computers add to folders and zips on their own."""
TEXT_ENDINGS = {".txt": Post.Format.TEXT, ".html": Post.Format.HTML, ".htm": Post.Format.HTML}


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is taken at a time. A page has half a minute for it, a command all day."""

    rows: int
    files: int
    unpacked: int


PAGE_LIMITS = Limits(rows=50, files=200, unpacked=100 * MEGABYTE)
COMMAND_LIMITS = Limits(rows=5_000, files=20_000, unpacked=5_000 * MEGABYTE)


@dataclass(slots=True)
class PlannedVersion:
    number: int
    source: str = ""
    source_format: str = Post.Format.TEXT
    link: str = ""
    note: str = ""
    files: list[Path] = field(default_factory=list)

    def content(self, submission: UUID | None) -> Content:
        return Content(
            source=self.source,
            source_format=self.source_format,
            link=self.link,
            note=self.note,
            submission=submission,
        )


@dataclass(slots=True, eq=False)
class PlannedItem:
    """An item of the list, with what would become of it. `row` is the first of its rows."""

    row: int
    id: str
    identity: UUID
    title: str
    details: Details | None = None
    team: Team | None = None
    versions: list[PlannedVersion] = field(default_factory=list)
    source_id: str = ""
    source_number: int = 1
    source: "PlannedItem | LibraryItem | None" = None
    is_confirmed: bool = False
    is_hidden: bool = False
    problems: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    there: LibraryItem | None = None
    made: LibraryItem | None = None

    @property
    def outcome(self) -> str:
        """«refused», «there», «made», or else «asks» or «new»: what would be done."""
        if self.problems:
            return "refused"
        if self.there is not None:
            return "there"
        if self.made is not None:
            return "made"
        return "asks" if self.questions else "new"

    @property
    def file_count(self) -> int:
        return sum(len(version.files) for version in self.versions)


@dataclass(slots=True)
class ImportPlan:
    """All items of a list, and what there is to say of the list as a whole."""

    items: list[PlannedItem] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def of(self, outcome: str) -> list[PlannedItem]:
        return [item for item in self.items if item.outcome == outcome]


# --- opening -------------------------------------------------------------------------------------------


@contextmanager
def opened_import(source: Path | IO[bytes], *, limits: Limits) -> Iterator[Path]:
    """The folder with the list in it, of a folder or a zip. Raises FileRefusedError. A zip's is gone afterwards."""
    if isinstance(source, Path) and source.is_dir():
        yield _folder_of_list(source)
        return
    if isinstance(source, Path) and not source.is_file():
        raise FileRefusedError(_("Det finnes ingen slik mappe eller fil."))
    if not zipfile.is_zipfile(source):
        raise FileRefusedError(_("Dette er verken en mappe eller en zip-fil."))
    if not isinstance(source, Path):
        source.seek(0)
    with tempfile.TemporaryDirectory(prefix="flett-library-") as temporary:
        try:
            unpack_zip(source, Path(temporary), max_bytes=limits.unpacked, max_files=limits.files)
        except ArchiveRefusedError as refusal:
            raise FileRefusedError(str(refusal)) from refusal
        yield _folder_of_list(Path(temporary))


def _folder_of_list(folder: Path) -> Path:
    """The folder itself, or the only one in it: many zip a folder and not what is in it."""
    if _lists_in(folder):
        return folder
    inner = [path for path in folder.iterdir() if path.is_dir() and not path.is_symlink() and path.name not in LITTER]
    if len(inner) == 1 and _lists_in(inner[0]):
        return inner[0]
    raise FileRefusedError(_("Fant ingen liste. Legg en csv-fil øverst i mappa, for eksempel «%s».") % SHEET_NAME)


def _lists_in(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() == ".csv" and path.is_file() and not path.is_symlink() and not path.name.startswith(".")
    )


def _list_of(folder: Path) -> Path:
    lists = _lists_in(folder)
    named = [path for path in lists if path.name.lower() in {SHEET_NAME, "library.csv"}]
    if len(named) == 1 or len(lists) == 1:
        return (named or lists)[0]
    raise FileRefusedError(_("Det er flere csv-filer i mappa. Kall lista «%s».") % SHEET_NAME)


def _files_of(folder: Path) -> dict[str, Path]:
    """Everything in the folder by its path, as one letter is one letter (NFC). Links are not followed, nor taken."""
    found: dict[str, Path] = {}
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in LITTER and not Path(place, name).is_symlink())
        for name in sorted(names):
            path = Path(place, name)
            if name in LITTER or name.startswith("._") or path.is_symlink() or not path.is_file():
                continue
            found[unicodedata.normalize("NFC", path.relative_to(folder).as_posix())] = path
    return found


# --- trying --------------------------------------------------------------------------------------------


@sensitive_variables()
def plan_import(
    *,
    person: User,
    space: Space,
    folder: Path,
    limits: Limits,
    confirmed: Collection[str] = (),
    everything: bool = False,
) -> ImportPlan:
    """What taking this folder in would do. Writes nothing. Raises PermissionDenied and FileRefusedError.

    `confirmed` names the items (by `id`) whose questions somebody has answered; `everything` answers all of them.
    """
    plan = _read(person=person, space=space, folder=folder, limits=limits, confirmed=confirmed, everything=everything)
    for item in plan.items:
        if item.there is None:
            if not item.problems:
                _try(item)
            _refuse_without_source(item)
    return plan


@sensitive_variables()
def _read(
    *, person: User, space: Space, folder: Path, limits: Limits, confirmed: Collection[str], everything: bool
) -> ImportPlan:
    """The list with what is wrong in itself; no text or file has been through the door."""
    if not user_can_import_into(person, space):
        raise PermissionDenied
    sheet = _list_of(folder)
    with sheet.open("rb") as file:
        lines, notices = read_lines(read_table(file, name=sheet.name))
    if not lines:
        raise FileRefusedError(_("Lista har overskrifter, men ingen rader."))
    if len(lines) > limits.rows:
        raise FileRefusedError(
            _("Lista har %(count)d rader. Her kan du hente inn høyst %(most)d om gangen. Del den i flere.")
            % {"count": len(lines), "most": limits.rows}
        )
    files = _files_of(folder)
    files.pop(unicodedata.normalize("NFC", sheet.name), None)
    used: set[str] = set()
    plan = ImportPlan(notices=notices)
    reader = _Reader(person=person, space=space, files=files, used=used)
    for lines_of_item in _by_item(lines):
        plan.items.append(reader.read_item(lines_of_item))
    _refuse_shared_names(plan)
    _find_those_there(plan, space)
    _join(plan, reader)
    for item in plan.items:
        item.is_confirmed = everything or item.id in confirmed
    left = sorted(set(files) - used)
    if left:
        shown = ", ".join(left[:10]) + (" …" if len(left) > 10 else "")
        plan.notices.append(_("Disse filene står ikke i lista, og blir ikke hentet inn: %s.") % shown)
    return plan


def _by_item(lines: list[Line]) -> list[list[Line]]:
    """The rows of each item. A row without an `id` is an item by its title alone."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        key = f"id:{line['id']}" if line["id"] else f"title:{fold(line['title'])}"
        found.setdefault(key, []).append(line)
    return list(found.values())


@dataclass(slots=True)
class _Reader:
    """Reads rows with what there is: files, teams and principles."""

    person: User
    space: Space
    files: dict[str, Path]
    used: set[str]
    _teams: dict[str, Team] | None = None
    _principles: dict[str, list[tuple[str, UUID]]] | None = None

    def identity_of(self, name: str) -> UUID:
        return uuid5(NAMESPACE, f"{self.space.key}/{name}")

    @sensitive_variables()
    def read_item(self, lines: list[Line]) -> PlannedItem:
        first = lines[0]
        name = first["id"] or fold(first["title"])
        item = PlannedItem(first.number, name, self.identity_of(name), first["title"][:120])
        numbers: dict[int, Line] = {}
        for line in lines:
            number = self._say(item, line, partial(read_number, line["version"]))
            if number in numbers:
                item.problems.append(
                    _("Rad %(row)d og rad %(other)d er samme versjon av det samme. Gi dem hver sin id eller versjon.")
                    % {"row": numbers[number].number, "other": line.number}
                )
            elif number is not None:
                numbers[number] = line
        if not item.problems and sorted(numbers) != list(range(1, len(numbers) + 1)):
            item.problems.append(_("Versjonene må være nummerert 1, 2, 3 og så videre."))
        ordered = [numbers[number] for number in sorted(numbers)]
        if ordered:
            first = ordered[0]
            item.title = first["title"][:120]
            item.details = self._read_details(item, first)
            item.source_id = first["based_on_id"]
            item.source_number = self._say(item, first, lambda: read_number(first["based_on_version"])) or 1
        for number, line in enumerate(ordered, start=1):
            item.versions.append(self._read_version(item, number, line))
        return item

    def _say(self, item: PlannedItem, line: Line, read: Callable[[], Any]) -> Any:
        """What was read; None where it could not be, with the reason."""
        try:
            return read()
        except ValueError as error:
            item.problems.append(_in_row(item, line, str(error)))
            return None

    @sensitive_variables()
    def _read_details(self, item: PlannedItem, line: Line) -> Details:
        def choice(choices: Any, column: str, default: str = "") -> str:
            return (
                self._say(item, line, lambda: read_choice(choices, line[column], default=default, column=column))
                or default
            )

        if not line["title"]:
            item.problems.append(_in_row(item, line, _("Tittelen mangler.")))
        programme = choice(LibraryItem.Programme, "programme")
        item.is_hidden = self._say(item, line, lambda: read_state(line["state"])) == HIDDEN
        item.team = self._find_team(item, line)
        return Details(
            title=line["title"],
            summary=line["summary"],
            kind=choice(LibraryItem.Kind, "kind", LibraryItem.Kind.TEMPLATE),
            phase=choice(LibraryItem.Phase, "phase"),
            programme=programme,
            language=choice(LibraryItem.Language, "language", LibraryItem.Language.BOKMAL),
            county=self._say(item, line, lambda: read_county(line["county"])) or "",
            licence=choice(LibraryItem.Licence, "licence", LibraryItem.Licence.CC_BY),
            review_on=self._say(item, line, lambda: read_day(line["review_on"])),
            principle_keys=tuple(self._find_principles(item, line, programme)),
            tags=tuple(several(line["tags"], also=",;")),
        )

    def _find_team(self, item: PlannedItem, line: Line) -> Team | None:
        """Any team: whoever looks after a space may say where what comes into it comes from."""
        if not line["team"]:
            return None
        if self._teams is None:
            self._teams = {
                fold(name): each
                for each in Team.objects.order_by("-pk")
                for name in (each.name, each.slug, str(each.key))
            }
        team = self._teams.get(fold(line["team"]))
        if team is None:
            item.notices.append(
                _in_row(item, line, _("Fant ikke teamet «%s». Det står uten team.") % line["team"][:60])
            )
        return team

    def _find_principles(self, item: PlannedItem, line: Line, programme: str) -> Iterator[UUID]:
        if self._principles is None:
            self._principles = {}
            for key, principle in get_principle_index(language=reader_language()).items():
                set_key = principle.principle_set.key
                for name in (f"{set_key}/{principle.slug}", principle.slug, principle.name, str(key)):
                    self._principles.setdefault(fold(name), []).append((set_key, key))
        wanted_set = programme.lower().replace("_", "-")
        for name in several(line["principles"], also=",;"):
            found = self._principles.get(fold(name))
            if not found:
                item.problems.append(_in_row(item, line, _("«%s» er ikke et prinsipp.") % name[:60]))
                continue
            yield next((key for set_key, key in found if set_key == wanted_set), found[0][1])

    @sensitive_variables()
    def _read_version(self, item: PlannedItem, number: int, line: Line) -> PlannedVersion:
        version = PlannedVersion(number, source=line["text"], link=line["link"], note=line["note"])
        if number > 1 and not version.note:
            item.problems.append(_in_row(item, line, _("Skriv kort hva som er nytt i denne versjonen.")))
        if line["text_file"] and (path := self._find_file(item, line, line["text_file"])):
            ending = path.suffix.lower()
            if ending not in TEXT_ENDINGS:
                item.problems.append(_in_row(item, line, _("En tekstfil må hete noe på .txt eller .html.")))
            elif path.stat().st_size > SOURCE_MAX * 4:
                item.problems.append(_in_row(item, line, _("Teksten i «%s» er for lang.") % path.name[:80]))
            else:
                version.source, version.source_format = _decoded(path.read_bytes()), TEXT_ENDINGS[ending]
        names = several(line["files"])
        if len(names) > FILES_MOST:
            item.problems.append(
                _in_row(item, line, _("En versjon kan ha høyst %(most)d filer.") % {"most": FILES_MOST})
            )
            names = []
        version.files = [path for name in names if (path := self._find_file(item, line, name)) is not None]
        if not (names or version.source or version.link or item.problems):
            item.problems.append(_in_row(item, line, _("Legg ved en fil, skriv en tekst eller lim inn en lenke.")))
        return version

    def _find_file(self, item: PlannedItem, line: Line, name: str) -> Path | None:
        """Looked up among what was found in the folder: no name leads out of it."""
        wanted = unicodedata.normalize("NFC", PurePosixPath(name.replace("\\", "/")).as_posix())
        path = self.files.get(wanted)
        if path is None:
            item.problems.append(_in_row(item, line, _("Fant ikke filen «%s».") % name[:120]))
            return None
        self.used.add(wanted)
        return path


def _in_row(item: PlannedItem, line: Line, message: str) -> str:
    """Which row, where it is not the item's first."""
    if line.number == item.row:
        return message
    return _("Rad %(row)d: %(message)s") % {"row": line.number, "message": message}


def _decoded(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    return text.replace("\x00", "")


def _refuse_shared_names(plan: ImportPlan) -> None:
    """One row's `id` may be what another, without one, is called."""
    seen: dict[str, PlannedItem] = {}
    for item in plan.items:
        other = seen.setdefault(item.id, item)
        if other is not item:
            item.problems.append(_("Rad %d har samme id eller tittel. Gi dem hver sin id.") % other.row)


def _find_those_there(plan: ImportPlan, space: Space) -> None:
    """Which items the space has already, deleted ones too: taken in before, or written out of this very space."""
    by_identity = {item.identity: item for item in plan.items}
    for there in LibraryItem.objects.filter(submission__in=by_identity):
        by_identity[there.submission].there = there  # type: ignore[index]
    by_key = {key: item for item in plan.items if (key := _as_key(item.id)) is not None}
    for there in LibraryItem.objects.filter(key__in=by_key, space=space):
        by_key[there.key].there = there


def _as_key(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None


def _join(plan: ImportPlan, reader: _Reader) -> None:
    """Find what each item builds on, in the list or in the library as the person sees it; put sources first."""
    by_name = {item.id: item for item in plan.items}
    outside = {item.source_id for item in plan.items if item.source_id and item.source_id not in by_name}
    keys = {key for name in outside if (key := _as_key(name)) is not None}
    visible = items_visible_to(reader.person)
    known: dict[UUID | None, LibraryItem] = {each.key: each for each in visible.filter(key__in=keys)}
    known |= {
        each.submission: each for each in visible.filter(submission__in=[reader.identity_of(name) for name in outside])
    }
    for item in plan.items:
        if not item.source_id:
            continue
        item.source = (
            by_name.get(item.source_id)
            or known.get(reader.identity_of(item.source_id))
            or known.get(_as_key(item.source_id))
        )
        if item.source is None:
            item.notices.append(
                _("Det den bygger på («%s»), finnes ikke her. Den hentes inn uten den koblingen.") % item.source_id[:80]
            )
    ordered: list[PlannedItem] = []
    for item in plan.items:
        chain: list[PlannedItem] = []
        at: PlannedItem | LibraryItem | None = item
        while isinstance(at, PlannedItem) and at not in ordered and at not in chain:
            chain.append(at)
            at = at.source
        if isinstance(at, PlannedItem) and at in chain:
            for each in chain[chain.index(at) :]:
                each.problems.append(_("Radene bygger på hverandre i ring."))
        ordered += reversed(chain)
    plan.items = ordered


def _refuse_without_source(item: PlannedItem) -> None:
    """What builds on something that cannot come in, cannot either."""
    source = item.source
    if item.problems or source is None:
        return
    if isinstance(source, PlannedItem) and source.problems:
        item.problems.append(_("Den bygger på «%s», som ikke kan hentes inn.") % source.title)
        return
    there = source.there if isinstance(source, PlannedItem) else source
    count = there.version_count if there is not None else len(source.versions)  # type: ignore[arg-type]
    if item.source_number > count:
        item.problems.append(
            _("«%(title)s» har ingen versjon %(number)d.") % {"title": source.title, "number": item.source_number}
        )


@sensitive_variables()
def _try(item: PlannedItem) -> None:
    """Send everything through the door, and let it go again."""

    def ask(where: str, work: Callable[..., Any]) -> Any:
        try:
            return work(confirmed=item.is_confirmed)
        except ConfirmationNeededError as error:
            item.questions.append(f"{where}{error.message}")
        except (FileRefusedError, TextRefusedError) as error:
            item.problems.append(f"{where}{error.message}")
        return None

    if item.details is None:
        return
    ask("", partial(read_details, item.details))
    for version in item.versions:
        ask("", partial(read_content, version.content(None)))
        for path in version.files:
            with path.open("rb") as file:
                guarded = ask(f"{path.name}: ", partial(guard_file, file, name=path.name))
            item.notices += [f"{path.name}: {said}" for said in guarded.notices] if guarded else []


# --- doing ---------------------------------------------------------------------------------------------


@sensitive_variables()
def import_library(
    *,
    person: User,
    space: Space,
    folder: Path,
    limits: Limits,
    confirmed: Collection[str] = (),
    everything: bool = False,
) -> ImportPlan:
    """Take in what can be taken in, each item whole or not at all. The plan says what became of each.

    Raises PermissionDenied and FileRefusedError; then nothing has been made.
    """
    plan = _read(person=person, space=space, folder=folder, limits=limits, confirmed=confirmed, everything=everything)
    for item in plan.items:
        if item.there is None:
            _refuse_without_source(item)
            if not item.problems:
                _make(item, person=person, space=space)
    return plan


@sensitive_variables()
def _make(item: PlannedItem, *, person: User, space: Space) -> None:
    kept: list[LibraryFile] = []
    source = item.source.made or item.source.there if isinstance(item.source, PlannedItem) else item.source
    if item.source is not None and source is None:
        item.problems.append(_("Den bygger på «%s», som ikke er hentet inn ennå.") % item.source.title)
        return
    try:
        with transaction.atomic():
            User.objects.select_for_update(no_key=True).get(pk=person.pk)  # the same list twice: the second waits here
            item.there = LibraryItem.objects.filter(submission=item.identity).first()
            if item.there is None:
                item.made = _share(item, person=person, space=space, source=source, kept=kept)
    except IntegrityError:  # somebody else has taken in the same list meanwhile
        _let_go(kept)
        item.made, item.there = None, LibraryItem.objects.get(submission=item.identity)
    except ConfirmationNeededError as error:
        _let_go(kept)
        item.questions.append(error.message)
    except (FileRefusedError, TextRefusedError) as error:
        _let_go(kept)
        item.problems.append(error.message)
    except BaseException:
        _let_go(kept)
        raise


def _let_go(kept: list[LibraryFile]) -> None:
    """Files whose rows were rolled back."""
    for file in kept:
        file.file.storage.delete(str(file.file.name))


@sensitive_variables()
def _share(
    item: PlannedItem, *, person: User, space: Space, source: LibraryItem | None, kept: list[LibraryFile]
) -> LibraryItem:
    """The item with all its versions, in one transaction. `kept` is told of each file that is written."""
    assert item.details is not None  # noqa: S101 – what is refused does not come here
    made: LibraryItem | None = None
    for version in item.versions:
        submission = item.identity if version.number == 1 else uuid5(item.identity, str(version.number))
        for path in version.files:
            with path.open("rb") as file:
                one, said = keep_library_file(
                    person=person, submission=submission, file=file, name=path.name, confirmed=item.is_confirmed
                )
            kept.append(one)
            item.notices += [f"{path.name}: {each}" for each in said]
        content = version.content(submission)
        if made is not None:
            add_version(person=person, item=made, content=content, confirmed=item.is_confirmed)
            continue
        made = share_item(
            person=person,
            space=space,
            details=item.details,
            content=content,
            based_on=source.versions.get(number=item.source_number) if source is not None else None,
            confirmed=item.is_confirmed,
        )
    assert made is not None  # noqa: S101 – an item has a version
    if item.team is not None:
        LibraryItem.objects.filter(pk=made.pk).update(team=item.team)
    if item.is_hidden:
        set_item_state(person=person, item=made, state=State.HIDDEN)
    made.refresh_from_db()
    return made
