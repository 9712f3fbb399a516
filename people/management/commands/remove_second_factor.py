"""For a person who has lost the phone and the recovery codes, and has shown somebody who they are."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from people.models import User


class Command(BaseCommand):
    help = "Take away somebody's passkeys, authenticator app and recovery codes, and sign them out everywhere."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    @transaction.atomic
    def handle(self, *args: Any, email: str, **options: Any) -> None:
        person = User.objects.filter(email__iexact=email.strip()).first()
        if person is None:
            raise CommandError("There is no account with that address.")
        count, _ = Authenticator.objects.filter(user_id=person.pk).delete()
        for session in UserSession.objects.filter(user_id=person.pk):
            session.end()
        self.stdout.write(f"{count} removed. They sign in with their password, or ask for a new one, and set up anew.")
