"""A real OpenID Connect provider, in a process of its own: django-allauth's own `allauth.idp.oidc`.

It comes with the library we use already, so it needs no further package; discovery, keys, consent, code with PKCE,
signed tokens and userinfo go over HTTP as with any other. Run as `python -m tests.people.oidc_provider`, with a JSON
object on standard input: `port`, `folder`, `callbacks`, and `people` (`email`, `verified`).
"""

import contextlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CLIENT_ID = "flett-under-test"
CLIENT_SECRET = "a-secret-for-tests"
PASSWORD = "a-password-at-the-provider"


@dataclass(frozen=True)
class Provider:
    url: str

    def as_setting(self, ident: str = "lokal", name: str = "Lokal kommune") -> list[dict[str, str]]:
        """What goes into `FLETT_OIDC`."""
        return [
            {"id": ident, "name": name, "server_url": self.url, "client_id": CLIENT_ID, "secret": CLIENT_SECRET},
        ]


@contextlib.contextmanager
def serve_provider(folder: Path, *, callbacks: list[str], people: list[dict[str, Any]]) -> Iterator[Provider]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.people.oidc_provider"], cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdin is not None
    process.stdin.write(
        json.dumps({"port": port, "folder": str(folder), "callbacks": callbacks, "people": people}).encode()
    )
    process.stdin.close()
    try:
        for _ in range(600):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            if process.poll() is not None:
                raise RuntimeError("the provider did not start")
            time.sleep(0.1)
        yield Provider(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(20)


urlpatterns: list[Any] = []


def run() -> None:
    asked = json.load(sys.stdin)
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from django.conf import settings

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    settings.configure(
        SECRET_KEY="a-key-of-the-provider-0123456789-0123456789-0123456789",
        DEBUG=True,
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF="tests.people.oidc_provider",
        USE_TZ=True,
        SESSION_COOKIE_NAME="provider_session",  # cookies know no ports, and both sides are on 127.0.0.1
        CSRF_COOKIE_NAME="provider_csrf",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{asked['folder']}/provider.sqlite3"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            "allauth",
            "allauth.account",
            "allauth.idp.oidc",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "allauth.account.middleware.AccountMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        AUTHENTICATION_BACKENDS=["allauth.account.auth_backends.AuthenticationBackend"],
        ACCOUNT_LOGIN_METHODS={"email"},
        ACCOUNT_SIGNUP_FIELDS=["email*", "password1*"],
        ACCOUNT_EMAIL_VERIFICATION="none",
        ACCOUNT_RATE_LIMITS=False,
        IDP_OIDC_PRIVATE_KEY=key.decode(),
    )
    import django

    django.setup()
    from socketserver import ThreadingMixIn
    from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

    from allauth.account.models import EmailAddress
    from allauth.idp.oidc.models import Client
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application
    from django.urls import include, path

    call_command("migrate", verbosity=0)
    urlpatterns[:] = [
        path("accounts/", include("allauth.account.urls")),
        path("", include("allauth.idp.urls")),
    ]
    client = Client(
        id=CLIENT_ID, name="Flett", scopes="openid\nprofile\nemail", redirect_uris="\n".join(asked["callbacks"])
    )
    client.set_secret(CLIENT_SECRET)
    client.skip_consent = True
    client.save()
    for number, person in enumerate(asked["people"]):
        user = User.objects.create_user(f"person{number}", person["email"], PASSWORD, first_name="Kari")
        EmailAddress.objects.create(user=user, email=person["email"], verified=person["verified"], primary=True)

    class Server(ThreadingMixIn, WSGIServer):
        daemon_threads = True

    class Quiet(WSGIRequestHandler):
        def log_message(self, *args: Any) -> None:
            return

    make_server("127.0.0.1", asked["port"], get_wsgi_application(), Server, Quiet).serve_forever()


if __name__ == "__main__":
    sys.modules["tests.people.oidc_provider"] = sys.modules["__main__"]
    run()
