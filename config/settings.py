"""Settings, read from the environment. Safe for production unless told otherwise.

`FLETT_ENV=development` (set by `make run` and the tests) is the only switch that loosens anything; every
other variable is named in docs/operations.md. A missing or malformed variable stops the start with one
line that names it.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()


def choice(name: str, allowed: set[str], default: str) -> str:
    """Read an enumerated variable; raises ImproperlyConfigured naming the allowed values."""
    value = env.str(name, default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(sorted(allowed))}; it is {value!r}")
    return value


def number(name: str, default: int, *, least: int = 0) -> int:
    """Read a whole number of at least `least`; raises ImproperlyConfigured naming the variable."""
    raw = env.str(name, str(default))
    if not raw.isdecimal() or int(raw) < least:
        raise ImproperlyConfigured(f"{name} must be a whole number of at least {least}; it is {raw!r}")
    return int(raw)


def boolean(name: str, *, default: bool) -> bool:
    """Read `true` or `false`; raises ImproperlyConfigured on anything else."""
    return choice(name, {"true", "false"}, "true" if default else "false") == "true"


def short_text(name: str, default: str, *, most: int) -> str:
    """Read one line of at most `most` characters; raises ImproperlyConfigured naming the variable."""
    value = env.str(name, default).strip()
    if not value or len(value) > most or not value.isprintable():
        raise ImproperlyConfigured(f"{name} must be one line of 1 to {most} characters")
    return value


def socket_address(name: str) -> str:
    """Read `host:port` or the path of a socket, empty where there is none; raises ImproperlyConfigured naming it."""
    value = env.str(name, "").strip()
    host, _colon, port = value.rpartition(":")
    if value and not value.startswith("/") and not (host and port.isdecimal() and 0 < int(port) < 65536):
        raise ImproperlyConfigured(f"{name} must be host:port or the path of a socket; it is {value!r}")
    return value


def rsa_key(name: str) -> str:
    """Read a private RSA key of 2048 bits or more as PEM, empty where there is none; `\\n` may stand for a new line.

    Raises ImproperlyConfigured naming the variable, never the value.
    """
    pem = env.str(name, "").replace("\\n", "\n").strip()
    if not pem:
        return ""
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ImproperlyConfigured(f"{name} must be a private key as PEM without a pass phrase") from error
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < 2048:
        raise ImproperlyConfigured(f"{name} must be an RSA key of at least 2048 bits")
    return pem


def address(name: str, default: str, parse: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """Read a service's URL; raises ImproperlyConfigured naming the variable, not its value (it may hold a password)."""
    try:
        found = parse(env.str(name, default))
    except (ImproperlyConfigured, ValueError):
        found = {}
    if not found:
        raise ImproperlyConfigured(f"{name} is missing or malformed; docs/operations.md shows what it looks like")
    return found


def openid_providers(name: str, *, allow_http: bool) -> list[dict[str, Any]]:
    """Read providers of sign-in, a JSON list of objects with exactly `id`, `name`, `server_url`, `client_id`, `secret`.

    Raises ImproperlyConfigured naming what is wrong, never a value (one of them is a secret).
    """
    try:
        given = json.loads(env.str(name, "[]"))
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{name} must be a JSON list; docs/operations.md shows what it looks like"
        ) from error
    fields = {"id", "name", "server_url", "client_id", "secret"}
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise ImproperlyConfigured(f"{name} must be a JSON list of objects")
    for place, each in enumerate(given, 1):
        if set(each) != fields or not all(isinstance(value, str) and value.strip() for value in each.values()):
            raise ImproperlyConfigured(f"{name}, provider {place}: needs exactly {', '.join(sorted(fields))}, as texts")
        if not re.fullmatch(r"[a-z0-9-]{1,30}", each["id"]):
            raise ImproperlyConfigured(f"{name}, provider {place}: id must be small letters, digits and -")
        server = urlsplit(each["server_url"])
        if not server.hostname or server.scheme not in ({"https", "http"} if allow_http else {"https"}):
            raise ImproperlyConfigured(f"{name}, provider {place}: server_url must begin with https://")
    if len({each["id"] for each in given}) != len(given):
        raise ImproperlyConfigured(f"{name}: two providers have the same id")
    return [
        {
            "provider_id": each["id"],
            "name": each["name"],
            "client_id": each["client_id"],
            "secret": each["secret"],
            "settings": {"server_url": each["server_url"].rstrip("/")},
        }
        for each in given
    ]


def file_storage(name: str, folder: Path) -> dict[str, Any]:
    """Read a Django storage as a JSON object of `BACKEND` and `OPTIONS`; a folder of this machine where there is none.

    Raises ImproperlyConfigured naming the variable, never the value (it may hold a secret).
    """
    raw = env.str(name, "").strip()
    if not raw:
        options = {"location": folder, "base_url": None}
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    try:
        given = json.loads(raw)
    except ValueError:
        given = None
    if not isinstance(given, dict) or not isinstance(given.get("BACKEND"), str) or set(given) > {"BACKEND", "OPTIONS"}:
        raise ImproperlyConfigured(f"{name} must be a JSON object of BACKEND and OPTIONS; see docs/operations.md")
    return given


DEVELOPMENT = choice("FLETT_ENV", {"production", "development"}, "production") == "development"
DEBUG = DEVELOPMENT and boolean("FLETT_DEBUG", default=True)

DEVELOPMENT_KEY = "development-only-key-never-used-where-FLETT_ENV-is-production-0123456789"
SECRET_KEY = env.str("FLETT_SECRET_KEY", DEVELOPMENT_KEY if DEVELOPMENT else environ.Env.NOTSET)
if not DEVELOPMENT and (SECRET_KEY == DEVELOPMENT_KEY or len(SECRET_KEY) < 50):
    raise ImproperlyConfigured("FLETT_SECRET_KEY must be a random text of at least 50 characters")
SECRET_KEY_FALLBACKS = [key for key in env.str("FLETT_OLD_SECRET_KEYS", "").split(",") if key]

BASE_URL = env.str("FLETT_BASE_URL", "http://127.0.0.1:8000" if DEVELOPMENT else environ.Env.NOTSET).rstrip("/")
BASE_PARTS = urlsplit(BASE_URL)
BASE_HOST = BASE_PARTS.hostname or ""
SECURE = BASE_PARTS.scheme == "https"
if BASE_PARTS.scheme not in {"https", "http"} or not BASE_HOST or BASE_PARTS.path:
    raise ImproperlyConfigured(f"FLETT_BASE_URL must look like https://flett.example.org; it is {BASE_URL!r}")
ALLOW_HTTP = boolean("FLETT_ALLOW_HTTP", default=DEVELOPMENT)
if not SECURE and not ALLOW_HTTP:
    raise ImproperlyConfigured("FLETT_BASE_URL must be https:// in production (FLETT_ALLOW_HTTP=true to test without)")

ALLOWED_HOSTS = env.str("FLETT_ALLOWED_HOSTS", BASE_HOST).split(",")
if not DEVELOPMENT and (not all(ALLOWED_HOSTS) or "*" in ALLOWED_HOSTS):
    raise ImproperlyConfigured("FLETT_ALLOWED_HOSTS must be host names with commas between, without *")
if DEVELOPMENT:
    ALLOWED_HOSTS = [*ALLOWED_HOSTS, "localhost", "127.0.0.1", "[::1]", "testserver"]
CSRF_TRUSTED_ORIGINS = [BASE_URL]

INSTALLED_APPS = [
    "home",
    "forum",
    "learning",
    "courses",
    "people",
    "wagtail_localize",
    "wagtail_localize.locales",
    "wagtailmedia",
    "wagtail.contrib.forms",
    "wagtail.contrib.redirects",
    "wagtail.contrib.typed_table_block",
    "wagtail.embeds",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django_filters",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "django_tasks_db",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "home.middleware.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "people.middleware.SecondFactorMiddleware",
    "home.middleware.SlotMiddleware",
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "home.context.site",
            ],
        },
    }
]

# --- data ---------------------------------------------------------------------------------------------

DATABASES = {
    "default": address("DATABASE_URL", f"sqlite:///{BASE_DIR / 'var' / 'flett.sqlite3'}", env.db_url_config),
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
elif DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    DATABASES["default"]["CONN_MAX_AGE"] = number("FLETT_DB_CONN_MAX_AGE", 60)
else:
    raise ImproperlyConfigured("DATABASE_URL must name SQLite or PostgreSQL")
if not DATABASES["default"]["NAME"]:
    raise ImproperlyConfigured("DATABASE_URL must end with the name of the database")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": address("FLETT_CACHE_URL", "locmemcache://?max_entries=20000", env.cache_url_config),
    # Rendered pages: one per process on purpose. Keys carry the content stamp, so an entry is never stale.
    "pages": {
        "BACKEND": "courses.memory.ObjectCache",
        "LOCATION": "pages",
        "TIMEOUT": None,
        "OPTIONS": {"MAX_ENTRIES": number("FLETT_PAGE_CACHE_ENTRIES", 1000, least=1)},
    },
    # What a page shows of one learner: keyed by the learner's own stamp, in each process, so never stale either.
    "learners": {
        "BACKEND": "courses.memory.ObjectCache",
        "LOCATION": "learners",
        "TIMEOUT": 3600,
        "OPTIONS": {"MAX_ENTRIES": 2000},
    },
    # The forum's pages and posts as they were rendered, under all that they show and how old it is (forum.kept_pages):
    # at most some 40 MB of pages and 10 MB of posts in each process.
    "forum-pages": {
        "BACKEND": "courses.memory.ObjectCache",
        "LOCATION": "forum-pages",
        "TIMEOUT": 3600,
        "OPTIONS": {"MAX_ENTRIES": 200},
    },
    "forum-parts": {
        "BACKEND": "courses.memory.ObjectCache",
        "LOCATION": "forum-parts",
        "TIMEOUT": 3600,
        "OPTIONS": {"MAX_ENTRIES": 3000},
    },
}

DATA_DIR = Path(env.str("FLETT_DATA_DIR", str(BASE_DIR / "var")))
MEDIA_ROOT = DATA_DIR / "media"
MEDIA_URL = "/media/"
SERVE_MEDIA = boolean("FLETT_SERVE_MEDIA", default=DEVELOPMENT)  # elsewhere the proxy does
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("FLETT_STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Files of the forum: outside the media folder, since only those who may read the post may have them.
    "forum": file_storage("FLETT_FILES_STORAGE", DATA_DIR / "forum"),
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEVELOPMENT
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
# Who sends the forum's files to those who may have them: Flett, the proxy (X-Accel-Redirect), or the store itself.
FORUM_FILES = choice("FLETT_FILES", {"flett", "proxy", "signed"}, "flett")
FORUM_FILES_PREFIX = short_text("FLETT_FILES_PREFIX", "/forum-filer/", most=100)
if not re.fullmatch(r"/([\w.-]+/)+", FORUM_FILES_PREFIX):
    raise ImproperlyConfigured(f"FLETT_FILES_PREFIX must look like /forum-filer/; it is {FORUM_FILES_PREFIX!r}")
FILE_UPLOAD_PERMISSIONS = 0o644
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # a long lesson in Wagtail's editor is one form with thousands of fields

# --- people -------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "people.passwords.DressedUpPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home:my-page"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_ADAPTER = "people.adapters.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Flett: "
ACCOUNT_EMAIL_NOTIFICATIONS = True  # a change to how one signs in is told by mail
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_FORMS = {
    "signup": "people.forms_accounts.SignupForm",
    "reset_password": "people.forms_accounts.ResetPasswordForm",
}
# Whole workplaces share one address of the network: limits by address stop floods, those by key stop guessing.
# What `login_failed` counts by is decided in people/adapters.py, so that nobody can lock a colleague out.
ACCOUNT_RATE_LIMITS = {
    "login": "300/m/ip",
    "login_failed": "60/m/ip,5/5m/key",
    "login_failed_from_known_device": "5/5m/key",
    "login_failed_anywhere": "100/h/key",
    "signup": "60/m/ip",
    "confirm_email": "1/10s/key,10/h/key",
    "reset_password": "60/m/ip,3/10m/key",
    "reset_password_from_key": "60/m/ip",
    "change_password": "5/m/user",
    "manage_email": "10/m/user",
    "reauthenticate": "10/m/user",
}
ALLAUTH_TRUSTED_PROXY_COUNT = number("FLETT_PROXY_COUNT", 1 if boolean("FLETT_TRUST_PROXY", default=False) else 0)

SOCIALACCOUNT_ADAPTER = "people.adapters.SocialAccountAdapter"
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": openid_providers("FLETT_OIDC", allow_http=ALLOW_HTTP),
    }
}
SOCIALACCOUNT_EMAIL_AUTHENTICATION = SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True  # see the adapter

MFA_FORMS = {"add_webauthn": "people.forms_accounts.AddPasskeyForm"}
MFA_RATE_LIMITS = {"webauthn_login": "60/m/ip"}
MFA_ADAPTER = "people.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = MFA_PASSKEY_SIGNUP_ENABLED = True
MFA_TOTP_ISSUER = "Flett"
MFA_TOTP_TOLERANCE = 1  # steps of 30 seconds: phones' clocks differ
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEVELOPMENT  # http://localhost, where a developer tries passkeys
# Whoever may edit, moderate or administer shows a second factor before these addresses open.
REQUIRE_MFA = boolean("FLETT_REQUIRE_MFA", default=not DEVELOPMENT)
SECOND_FACTOR_PREFIXES = ("/admin/", "/moderering/")  # in every language
SECOND_FACTOR_PERMISSIONS = ("wagtailadmin.access_admin", "forum.moderate_forum")  # besides staff and superusers
# Demo people of the starter content may only exist where a developer started the server.
DEMO_LOGINS = DEVELOPMENT and boolean("FLETT_DEMO_LOGINS", default=True)

# --- languages ----------------------------------------------------------------------------------------

LANGUAGE_CODE = "nb"
LANGUAGES = [("nb", "Norsk bokmål"), ("da", "Dansk"), ("en", "English")]
WAGTAIL_CONTENT_LANGUAGES = LANGUAGES
WAGTAILADMIN_PERMITTED_LANGUAGES = LANGUAGES
WAGTAIL_I18N_ENABLED = True
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "locale" / "libraries"]
TIME_ZONE = "Europe/Oslo"
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = "config.formats"
LANGUAGE_COOKIE_SAMESITE = "Lax"

# --- Wagtail ------------------------------------------------------------------------------------------

WAGTAIL_SITE_NAME = "Flett"
WAGTAILADMIN_BASE_URL = BASE_URL
WAGTAIL_USER_TIME_ZONES = ["Europe/Oslo", "Europe/Copenhagen", "Europe/Amsterdam", "Europe/London", "UTC"]
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAILADMIN_LOGIN_URL = "wagtailadmin_login"  # our own door there (people.views.admin_door), never Wagtail's form
WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
WAGTAILUSERS_PASSWORD_ENABLED = False  # nobody chooses a password for somebody else
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False  # the address is the login: it changes only where it is verified
WAGTAILIMAGES_IMAGE_MODEL = "courses.FlettImage"
WAGTAILDOCS_DOCUMENT_MODEL = "courses.FlettDocument"
WAGTAILDOCS_SERVE_METHOD = "serve_view"
WAGTAILDOCS_INLINE_CONTENT_TYPES: list[str] = []  # always an attachment, PDF too
WAGTAILMEDIA = {
    "MEDIA_MODEL": "courses.FlettMedia",
    "MEDIA_FORM_BASE": "courses.upload_forms.MediaForm",
    "VIDEO_EXTENSIONS": ["mp4"],
    "AUDIO_EXTENSIONS": ["mp3", "m4a"],
}
WAGTAILIMAGES_IMAGE_FORM_BASE = "courses.upload_forms.ImageForm"
WAGTAILDOCS_DOCUMENT_FORM_BASE = "courses.upload_forms.DocumentForm"
WAGTAILIMAGES_EXTENSIONS = ["png", "jpg", "jpeg", "webp", "gif"]
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 15 * 1024 * 1024
WAGTAILDOCS_EXTENSIONS = ["docx", "xlsx", "pptx", "odt", "ods", "odp", "pdf", "rtf", "txt", "csv"]
WAGTAILEMBEDS_FINDERS: list[dict[str, str]] = []  # no third-party content
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}
WAGTAIL_WORKFLOW_REQUIRE_REAPPROVAL_ON_EDIT = True
WAGTAILLOCALIZE_JOBS = {"BACKEND": "wagtail_localize.tasks.ImmediateBackend"}

# --- mail ---------------------------------------------------------------------------------------------

vars().update(address("FLETT_EMAIL_URL", "consolemail://" if DEVELOPMENT else "", env.email_url_config))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str(
    "FLETT_FROM_EMAIL", "flett@localhost" if DEVELOPMENT else environ.Env.NOTSET
)
EMAIL_TIMEOUT = 30  # seconds; without it a mail server that does not answer holds a process for ever
if "@" not in DEFAULT_FROM_EMAIL:
    raise ImproperlyConfigured(f"FLETT_FROM_EMAIL must be an e-mail address; it is {DEFAULT_FROM_EMAIL!r}")

# --- background work ----------------------------------------------------------------------------------

# "database": tasks wait in a table for `manage.py db_worker`. Else they are done at once, while somebody waits.
TASKS = {
    "default": {
        "BACKEND": {
            "database": "django_tasks_db.DatabaseBackend",
            "immediate": "django_tasks.backends.immediate.ImmediateBackend",
        }[choice("FLETT_TASKS", {"database", "immediate"}, "immediate")],
    }
}

# --- security -----------------------------------------------------------------------------------------

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # no cookie of its own
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = number("FLETT_SESSION_DAYS", 14, least=1) * 24 * 3600
SECURE_SSL_REDIRECT = SECURE
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = number("FLETT_HSTS_SECONDS", 31_536_000) if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"  # Wagtail's preview panel frames our own pages
SILENCED_SYSTEM_CHECKS = ["security.W019"]  # which asks for DENY
if boolean("FLETT_TRUST_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "media-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [SELF],
        "base-uri": [NONE],
    }
}
# Wagtail's editor writes inline styles and scripts and previews pages in a frame (measured: strict breaks it).
ADMIN_CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, "'unsafe-inline'"],
        "style-src": [SELF, "'unsafe-inline'"],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF, "data:"],
        "media-src": [SELF, "blob:"],
        "connect-src": [SELF],
        "frame-src": [SELF],
        "object-src": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [SELF],
        "base-uri": [SELF],
    }
}

# --- logging ------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "safety.guard.reports.MaskingFormatter",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        },
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {
        "handlers": ["console"],
        "level": choice("FLETT_LOG_LEVEL", {"DEBUG", "INFO", "WARNING", "ERROR"}, "INFO"),
    },
    "loggers": {
        "django": {"handlers": [], "propagate": True},  # else each line comes twice
        "django.db.backends": {"level": "INFO"},  # below, it writes each query with what people wrote
        "django.template": {"level": "INFO"},  # below, it writes the whole context of a page
        "django_tasks": {"level": "WARNING"},  # else two lines for every page that is saved
    },
}

# --- files ---------------------------------------------------------------------------------------------

CLAMAV = socket_address("FLETT_CLAMAV")

DEFAULT_EXCEPTION_REPORTER = "safety.guard.reports.MaskingReporter"

# --- certificates -------------------------------------------------------------------------------------

CERTIFICATE_ISSUER = short_text("FLETT_CERTIFICATE_ISSUER", WAGTAIL_SITE_NAME, most=200)
# The private key that signs digital certificates (PEM). Without one, Flett makes its own in DATA_DIR in development;
# in production certificates are issued without a digital one.
BADGE_KEY = rsa_key("FLETT_BADGE_KEY")
BADGE_KEY_FILE = DATA_DIR / "badge-key.pem" if DEVELOPMENT else None

# What goes into a course package, and out of it: limits against zip bombs and careless uploads (bytes).
PACKAGE_MAX_BYTES = number("FLETT_PACKAGE_MAX_BYTES", 500 * 1024 * 1024, least=1)
PACKAGE_MAX_FILES = number("FLETT_PACKAGE_MAX_FILES", 2_000, least=1)

# --- forum --------------------------------------------------------------------------------------------

# Seals who an alias is (forum/pseudonyms.py). Without it no space can allow aliases; told by forum.E001 and E002.
PSEUDONYM_KEY = env.str("FLETT_PSEUDONYM_KEY", DEVELOPMENT_KEY if DEVELOPMENT else "")
if PSEUDONYM_KEY and (len(PSEUDONYM_KEY) < 50 or (PSEUDONYM_KEY == DEVELOPMENT_KEY and not DEVELOPMENT)):
    raise ImproperlyConfigured("FLETT_PSEUDONYM_KEY must be a random text of at least 50 characters")
