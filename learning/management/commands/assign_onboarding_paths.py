"""Everybody's onboarding paths, in step with their teams."""

from typing import Any

from django.core.management.base import BaseCommand

from learning.actions import assign_onboarding_paths
from people.models import User


class Command(BaseCommand):
    help = (
        "Bring everybody's onboarding paths in step with the teams they are in. Run it after an editor has said which "
        "path is whose onboarding. Safe to run again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        people = User.objects.filter(is_active=True, memberships__isnull=False).distinct().order_by("pk")
        count = 0
        for person in people.iterator():
            assign_onboarding_paths(person=person)
            count += 1
        self.stdout.write(f"{count} people looked through.")
