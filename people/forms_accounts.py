"""Forms of allauth with rules of ours."""

from typing import Any

from allauth.account.forms import SignupForm as AllauthSignupForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest


class SignupForm(AllauthSignupForm):
    """A sign-up with an address that has an account answers as one without, and takes as long."""

    def try_save(self, request: HttpRequest) -> tuple[Any, Any]:
        if self.account_already_exists and self.cleaned_data.get("password1"):
            make_password(self.cleaned_data["password1"])
        saved: tuple[Any, Any] = super().try_save(request)
        return saved


class AddPasskeyForm(AddWebAuthnForm):
    """Every key is a passkey: kept on the device, and used only with a finger, a face or a PIN."""

    passwordless = forms.BooleanField(widget=forms.HiddenInput)
