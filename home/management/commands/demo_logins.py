"""Say how to sign in as each of the demo people."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from home.actions import read_starter
from people.models import User


class Command(BaseCommand):
    help = "List the demo people: role, e-mail and password. Refused in production."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO_LOGINS:
            raise CommandError("Demo people exist only with FLETT_ENV=development and FLETT_DEMO_LOGINS=true.")
        demo = read_starter("site.yaml")["demo"]
        present = set(User.objects.values_list("email", flat=True).filter(email__endswith="@demo.example"))
        rows = [
            (person["role"], person["email"], demo["password"])
            for person in demo["people"]
            if person["email"] in present
        ]
        if not rows:
            raise CommandError("There are no demo people yet. Make them with: manage.py load_starter_content")
        rows.insert(0, ("role", "e-mail", "password"))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        self.stdout.write(f"{settings.BASE_URL}{reverse('account_login')}")
        for row in rows:
            self.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
