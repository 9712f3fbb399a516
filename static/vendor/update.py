"""Fetch the front end's vendored assets anew, and write down what they are.

Every file served from here comes unchanged out of a published npm package. Run it with npm on the path:
`python static/vendor/update.py` takes the newest version each pin below allows; which registry npm asks is
npm's own setting. The licence of each package is kept beside its files.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Package:
    """An npm package and the files taken from it: path inside the package → path below this folder."""

    spec: str
    folder: str
    use: str
    files: dict[str, str]


PACKAGES = [
    Package(
        spec="@digdir/designsystemet-css@1",
        folder="designsystemet",
        use="components and tokens",
        files={"dist/src/index.css": "designsystemet.css", "dist/theme/designsystemet.css": "theme.css"},
    ),
    Package(
        spec="htmx.org@2",
        folder="htmx",
        use="quiz answers without a page load",
        files={"dist/htmx.min.js": "htmx.min.js"},
    ),
    Package(
        spec="trix@2",
        folder="trix",
        use="the editor of the forum, only on pages where one writes",
        files={f"dist/{name}": name for name in ("trix.umd.min.js", "trix.umd.min.js.map", "trix.css")},
    ),
    Package(
        spec="@fontsource-variable/atkinson-hyperlegible-next@5",
        folder="fonts",
        use="the typeface; latin-ext is fetched only by pages with letters such as ŋ, č, š",
        files={
            f"files/atkinson-hyperlegible-next-{subset}-wght-normal.woff2": f"atkinson-hyperlegible-next-{subset}.woff2"
            for subset in ("latin", "latin-ext")
        },
    ),
]

INTRODUCTION = """# Vendored assets

Unchanged files from published npm packages, served from our own address so that no page asks a third party
for anything. `make vendor` (`python static/vendor/update.py`) fetches them anew and rewrites this list; do not
edit the files by hand.

| package | version | licence | for | file | bytes | sha256 |
|---|---|---|---|---|---|---|
"""


def fetch(package: Package, into: Path) -> tuple[dict[str, str], Path]:
    """Download one package; returns its package.json and the unpacked folder. Raises CalledProcessError."""
    packed = subprocess.run(  # noqa: S603
        ["npm", "pack", "--silent", package.spec],  # noqa: S607
        cwd=into,
        check=True,
        capture_output=True,
        text=True,
    )
    with tarfile.open(into / packed.stdout.split()[-1]) as archive:
        archive.extractall(into, filter="data")
    folder = into / "package"
    return json.loads((folder / "package.json").read_text(encoding="utf-8")), folder


def update() -> str:
    """Replace every vendored folder; returns the table rows of the list."""
    rows = []
    for package in PACKAGES:
        with tempfile.TemporaryDirectory() as temporary:
            described, folder = fetch(package, Path(temporary))
            target = HERE / package.folder
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir()
            shutil.copyfile(folder / "LICENSE", target / "LICENSE")
            for source, name in package.files.items():
                content = (folder / source).read_bytes()
                (target / name).write_bytes(content)
                rows.append(
                    f"| {described['name']} | {described['version']} | {described['license']} | {package.use} "
                    f"| {package.folder}/{name} | {len(content)} | `{hashlib.sha256(content).hexdigest()}` |"
                )
    return "\n".join(rows)


def main() -> int:
    if shutil.which("npm") is None:
        sys.stderr.write("npm is missing; it is needed to fetch the vendored assets (not to run Flett).\n")
        return 1
    (HERE / "README.md").write_text(f"{INTRODUCTION}{update()}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
