"""The project's own settings as a developer's machine has them, with cheap passwords and throw-away files.

What the caller's shell says is dropped, except which database to use: a test run means the same everywhere.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

FOR_TESTS = {"FLETT_REQUIRE_ALL", "FLETT_POSTGRESQL_FOLLOWS", "FLETT_SQLITE_WENT_BEFORE", "FLETT_KEEP_MIGRATED"}
for name in [name for name in os.environ if name.startswith("FLETT_") and name not in FOR_TESTS]:
    del os.environ[name]
_directory = tempfile.mkdtemp(prefix="flett-test-")
atexit.register(shutil.rmtree, _directory, ignore_errors=True)
os.environ["FLETT_ENV"] = "development"
os.environ["FLETT_DATA_DIR"] = _directory
os.environ.setdefault("DATABASE_URL", f"sqlite:///{_directory}/flett.sqlite3")

from config.settings import *  # noqa: E402, F403
from config.settings import DATABASES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STATIC_ROOT = f"{_directory}/static"
Path(STATIC_ROOT).mkdir()

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, so that a test server's threads have connections of their own, as in production.
    DATABASES["default"]["TEST"] = {"NAME": f"{_directory}/test.sqlite3"}
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 0  # no idle connection stands in the way of dropping the test database
