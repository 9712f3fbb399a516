"""Who: the person who signs in."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

FORMER_MEMBER_EMAIL = "tidligere-medlem@flett.invalid"
"""The one row that stands for everybody whose account is deleted (docs/decisions/0008-own-data.md).

RFC 2606 reserves .invalid: nobody can verify the address, so nobody can sign in with it.
"""


class EmailUserManager(UserManager["User"]):
    """Makes people whose login is their e-mail address, always stored in lower case."""

    def _create(self, email: str, password: str | None, **fields: Any) -> "User":
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":  # type: ignore[override]
        """Make an ordinary member. Raises ValueError without an address."""
        fields.setdefault("is_staff", False)
        fields.setdefault("is_superuser", False)
        return self._create(email, password, **fields)

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":  # type: ignore[override]
        """Make an administrator. Raises ValueError without an address."""
        return self._create(email, password, **{**fields, "is_staff": True, "is_superuser": True})

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find by address, whatever its case; raises User.DoesNotExist."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractUser):
    """A person with an account. The e-mail address is the login; there is no user name."""

    username = None  # type: ignore[assignment]
    email = models.EmailField(_("e-postadresse"), unique=True)
    language = models.CharField(_("språk"), max_length=5, choices=settings.LANGUAGES, default="nb")

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[EmailUserManager] = EmailUserManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("personer")
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_unique_in_any_case")]

    def __str__(self) -> str:
        if self.email == FORMER_MEMBER_EMAIL:
            return gettext("Tidligere medlem")
        return self.get_full_name() or self.email

    @property
    def initials(self) -> str:
        """One or two letters for the round badge in the header."""
        letters = [part[0] for part in (self.first_name, self.last_name) if part]
        return "".join(letters).upper() or self.email[0].upper()
