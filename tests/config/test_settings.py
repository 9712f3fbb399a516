"""Settings: safe by default, and a start that fails names the variable that is wrong."""

import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

PRODUCTION = {
    "FLETT_SECRET_KEY": "k" * 25 + "0123456789abcdefghijklmnopqrstuvwxyz",
    "FLETT_BASE_URL": "https://flett.example.org",
    "FLETT_EMAIL_URL": "smtp+tls://user:secret@mail.example.org:587",
    "FLETT_FROM_EMAIL": "flett@example.org",
    "DATABASE_URL": "postgresql://flett:secret@db.example.org/flett",
}


def load(environment: dict[str, str]) -> dict[str, Any]:
    """What config/settings.py says in this environment and no other."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}}
    with mock.patch.dict(os.environ, {**kept, **environment}, clear=True):
        return runpy.run_path(str(settings.BASE_DIR / "config" / "settings.py"))


def test_production_is_the_default_and_strict() -> None:
    loaded = load(PRODUCTION)
    assert loaded["DEBUG"] is False
    assert loaded["DEMO_LOGINS"] is False
    assert loaded["SERVE_MEDIA"] is False
    assert loaded["ALLOWED_HOSTS"] == ["flett.example.org"]
    assert loaded["SESSION_COOKIE_SECURE"] is loaded["CSRF_COOKIE_SECURE"] is loaded["SECURE_SSL_REDIRECT"] is True
    assert loaded["SECURE_HSTS_SECONDS"] == 31_536_000
    assert "SECURE_PROXY_SSL_HEADER" not in loaded
    assert loaded["STORAGES"]["staticfiles"]["BACKEND"] == "whitenoise.storage.CompressedManifestStaticFilesStorage"
    assert loaded["EMAIL_HOST"] == "mail.example.org"
    assert not any("unsafe" in str(value) for value in loaded["CONTENT_SECURITY_POLICY"]["DIRECTIVES"].values())


def test_production_cannot_be_talked_into_debug_or_demo_logins() -> None:
    loaded = load({**PRODUCTION, "FLETT_DEBUG": "true", "FLETT_DEMO_LOGINS": "true"})
    assert (loaded["DEBUG"], loaded["DEMO_LOGINS"]) == (False, False)


def test_background_work_waits_for_a_worker_only_where_asked() -> None:
    found = {
        name: load({**PRODUCTION, **given})["TASKS"]["default"]["BACKEND"]
        for name, given in {
            "unset": {},
            "immediate": {"FLETT_TASKS": "immediate"},
            "database": {"FLETT_TASKS": "database"},
        }.items()
    }
    assert found == {
        "unset": "django_tasks.backends.immediate.ImmediateBackend",
        "immediate": "django_tasks.backends.immediate.ImmediateBackend",
        "database": "django_tasks_db.DatabaseBackend",
    }
    with pytest.raises(ImproperlyConfigured, match="FLETT_TASKS"):
        load({**PRODUCTION, "FLETT_TASKS": "redis"})


@pytest.mark.parametrize("given", ["", "127.0.0.1:3310", "clamav.example.org:3310", "/run/clamav/clamd.ctl"])
def test_a_virus_scanner_is_named_by_port_or_path(given: str) -> None:
    assert load({**PRODUCTION, "FLETT_CLAMAV": given})["CLAMAV"] == given


@pytest.mark.parametrize("given", ["clamav", "clamav:", ":3310", "clamav:0", "clamav:99999", "clamav:x"])
def test_a_virus_scanner_that_cannot_be_reached_stops_the_start(given: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="FLETT_CLAMAV must be host:port or the path of a socket"):
        load({**PRODUCTION, "FLETT_CLAMAV": given})


def test_logs_and_reports_of_errors_are_masked() -> None:
    loaded = load(PRODUCTION)
    assert loaded["LOGGING"]["formatters"]["line"]["()"] == "safety.guard.reports.MaskingFormatter"
    assert loaded["DEFAULT_EXCEPTION_REPORTER"] == "safety.guard.reports.MaskingReporter"


def test_development_needs_nothing_but_its_name() -> None:
    loaded = load({"FLETT_ENV": "development"})
    assert (loaded["DEBUG"], loaded["DEMO_LOGINS"], loaded["SERVE_MEDIA"]) == (True, True, True)
    assert loaded["DATABASES"]["default"]["ENGINE"] == "django.db.backends.sqlite3"
    assert loaded["EMAIL_BACKEND"] == "django.core.mail.backends.console.EmailBackend"


@pytest.mark.parametrize("name", ["FLETT_SECRET_KEY", "FLETT_BASE_URL", "FLETT_EMAIL_URL", "FLETT_FROM_EMAIL"])
def test_missing_variable_is_named(name: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=name):
        load({other: value for other, value in PRODUCTION.items() if other != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FLETT_ENV", "staging"),
        ("FLETT_SECRET_KEY", "short"),
        ("FLETT_SECRET_KEY", "development-only-key-never-used-where-FLETT_ENV-is-production-0123456789"),
        ("FLETT_BASE_URL", "flett.example.org"),
        ("FLETT_BASE_URL", "https://"),
        ("FLETT_BASE_URL", "ftp://flett.example.org"),
        ("FLETT_BASE_URL", "https://example.org/flett"),
        ("FLETT_BASE_URL", "http://flett.example.org"),
        ("FLETT_ALLOWED_HOSTS", "*"),
        ("FLETT_ALLOWED_HOSTS", "flett.example.org,"),
        ("FLETT_ALLOW_HTTP", "yes"),
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "flett"),
        ("DATABASE_URL", "mysql://flett@db.example.org/flett"),
        ("DATABASE_URL", "postgresql://db.example.org"),
        ("DATABASE_URL", "postgresql://db.example.org:port/flett"),
        ("FLETT_DB_CONN_MAX_AGE", "a minute"),
        ("FLETT_CACHE_URL", "somewhere"),
        ("FLETT_PAGE_CACHE_ENTRIES", "0"),
        ("FLETT_SERVE_MEDIA", "1"),
        ("FLETT_EMAIL_URL", "mail.example.org"),
        ("FLETT_EMAIL_URL", "smtp://mail.example.org:port"),
        ("FLETT_FROM_EMAIL", "Flett"),
        ("FLETT_SESSION_DAYS", "0"),
        ("FLETT_HSTS_SECONDS", "-1"),
        ("FLETT_TRUST_PROXY", "True"),
        ("FLETT_LOG_LEVEL", "LOUD"),
        ("FLETT_FILES", "s3"),
        ("FLETT_FILES_PREFIX", "forum-filer"),
        ("FLETT_FILES_PREFIX", "/../etc"),
        ("FLETT_FILES_STORAGE", "storages.backends.s3.S3Storage"),
        ("FLETT_FILES_STORAGE", '{"backend": "storages.backends.s3.S3Storage"}'),
        ("FLETT_PACKAGE_MAX_BYTES", "500MB"),
        ("FLETT_PACKAGE_MAX_FILES", "many"),
        ("FLETT_PSEUDONYM_KEY", "short"),
        ("FLETT_PSEUDONYM_KEY", "development-only-key-never-used-where-FLETT_ENV-is-production-0123456789"),
    ],
)
@pytest.mark.filterwarnings("ignore:Engine not recognized")
def test_malformed_variable_is_named(name: str, value: str) -> None:
    expected = "FLETT_BASE_URL" if name == "FLETT_BASE_URL" else name
    with pytest.raises(ImproperlyConfigured, match=expected):
        load({**PRODUCTION, name: value})


@pytest.mark.parametrize(
    "name",
    [
        "DATABASE_URL",
        "FLETT_EMAIL_URL",
        "FLETT_CACHE_URL",
        "FLETT_SECRET_KEY",
        "FLETT_PSEUDONYM_KEY",
        "FLETT_FILES_STORAGE",
    ],
)
@pytest.mark.filterwarnings("ignore:Engine not recognized")
def test_what_may_hold_a_password_is_never_repeated(name: str) -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        load({**PRODUCTION, name: "rubbish:hemmelig"})
    assert "hemmelig" not in str(caught.value)


def test_aliases_are_sealed_only_with_a_key_of_their_own() -> None:
    """In production there is none unless it is set: aliases are then not possible."""
    key = "p" * 25 + "0123456789abcdefghijklmnopqrstuvwxyz"
    assert load(PRODUCTION)["PSEUDONYM_KEY"] == ""
    assert load({**PRODUCTION, "FLETT_PSEUDONYM_KEY": key})["PSEUDONYM_KEY"] == key
    assert load({"FLETT_ENV": "development"})["PSEUDONYM_KEY"] != ""


def test_the_forums_files_lie_in_a_folder_or_in_a_store_that_is_named() -> None:
    folder = load({**PRODUCTION, "FLETT_DATA_DIR": "/srv/flett"})
    assert folder["STORAGES"]["forum"]["OPTIONS"] == {"location": Path("/srv/flett/forum"), "base_url": None}
    assert (folder["FORUM_FILES"], folder["FORUM_FILES_PREFIX"]) == ("flett", "/forum-filer/")
    store = '{"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {"bucket_name": "flett"}}'
    loaded = load({**PRODUCTION, "FLETT_FILES_STORAGE": store, "FLETT_FILES": "signed"})
    assert loaded["STORAGES"]["forum"] == json.loads(store)
    assert loaded["FORUM_FILES"] == "signed"


def test_every_variable_is_explained_to_the_operator() -> None:
    source = (settings.BASE_DIR / "config" / "settings.py").read_text()
    read = set(re.findall(r'"(FLETT_[A-Z_]+|DATABASE_URL)"', source))
    told = set(re.findall(r"^\| `([A-Z_]+)`", (settings.BASE_DIR / "docs" / "operations.md").read_text(), re.MULTILINE))
    assert told == read


def run_manage(*arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, cwd=settings.BASE_DIR, env={**kept, **environment}, capture_output=True, text=True, check=False
    )


def test_deploy_check_is_clean_in_production() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    environment = {**PRODUCTION, "FLETT_BADGE_KEY": key.decode()}
    done = run_manage("check", "--deploy", "--fail-level", "WARNING", environment=environment)
    assert (done.returncode, done.stderr) == (0, "")


def test_deploy_check_says_what_is_missing_for_digital_certificates_and_goes_on() -> None:
    done = run_manage("check", "--deploy", "--fail-level", "WARNING", environment=PRODUCTION)
    assert done.returncode == 0
    assert "INFOS:\n?: (learning.I001) Course certificates are issued without a digital one" in done.stderr
    assert "1 issue (1 silenced)" in done.stderr


def test_a_start_without_the_key_ends_with_one_line_that_names_it() -> None:
    done = run_manage("check", environment={**PRODUCTION, "FLETT_SECRET_KEY": "short"})
    assert done.returncode == 1
    assert (
        done.stderr.strip()
        .splitlines()[-1]
        .endswith("FLETT_SECRET_KEY must be a random text of at least 50 characters")
    )


def test_no_machine_path_or_registry_address_in_the_project() -> None:
    forbidden = re.compile(
        r"/(?:root|work)/[a-z]|/tmp/[a-z]+/|--(?:extra-)?index-url|py(?:pi)\.org|python(?:hosted)\.org"
    )
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=settings.BASE_DIR, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    found = []
    for name in filter(None, listed):
        path = Path(settings.BASE_DIR) / name
        if (
            path.suffix in {".png", ".woff2", ".mp4", ".webm", ".jpg", ".webp"}
            or not path.is_file()
            or path == Path(__file__)
        ):
            continue
        found += [f"{name}: {hit.group()}" for hit in [forbidden.search(path.read_text(errors="replace"))] if hit]
    assert found == []
