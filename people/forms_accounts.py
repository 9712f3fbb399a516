"""Forms of allauth with rules of ours."""

from typing import Any

from allauth.account.forms import ResetPasswordForm as AllauthResetPasswordForm
from allauth.account.forms import SignupForm as AllauthSignupForm
from allauth.account.models import EmailAddress
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.contrib.auth.hashers import make_password
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.http import HttpRequest

from people.models import User


class SignupForm(AllauthSignupForm):
    """A sign-up with an address that has an account answers as one without, and takes as long."""

    def try_save(self, request: HttpRequest) -> tuple[Any, Any]:
        if self.account_already_exists and self.cleaned_data.get("password1"):
            make_password(self.cleaned_data["password1"])
        saved: tuple[Any, Any] = super().try_save(request)
        return saved


class ResetPasswordForm(AllauthResetPasswordForm):
    """A mail goes out either way; an address without an account costs the reads that making a link costs."""

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        if not self.users:
            PasswordResetTokenGenerator().make_token(User(pk=0, email=self.cleaned_data["email"]))
            for _ in range(3):
                EmailAddress.objects.filter(user_id=0).first()
        email: str = super().save(request, **kwargs)
        return email


class AddPasskeyForm(AddWebAuthnForm):
    """Every key is a passkey: kept on the device, and used only with a finger, a face or a PIN."""

    passwordless = forms.BooleanField(widget=forms.HiddenInput)
