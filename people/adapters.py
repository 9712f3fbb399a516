"""How allauth meets Flett."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Stores addresses in lower case, as `EmailUserManager` does."""

    def clean_email(self, email: str) -> str:
        return super().clean_email(email.strip().lower())

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:
        user = super().save_user(request, user, form, commit=False)
        user.email = user.email.lower()
        if commit:
            user.save()
        return user
