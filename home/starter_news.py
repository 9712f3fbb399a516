"""News to try the forum with, from `home/starter/news.yaml`."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import yaml
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.utils import timezone

from courses.models import Principle
from forum.actions.news import NewsDetails, publish_news
from forum.models import NewsItem, Space
from home.starter_forum import DEMO_HOST
from people.models import User

NEWS = settings.BASE_DIR / "home" / "starter" / "news.yaml"


@transaction.atomic
def make_demo_news() -> None:
    """The news that have not been published yet, through the forum's own action. Again: nothing is made twice.

    Raises ImproperlyConfigured in production: invented news would be taken for real ones.
    """
    if not settings.DEMO_LOGINS:
        raise ImproperlyConfigured("Demo news exist only with FLETT_ENV=development and FLETT_DEMO_LOGINS=true.")
    described: list[dict[str, Any]] = yaml.safe_load(NEWS.read_text(encoding="utf-8"))
    people = {user.email.partition("@")[0]: user for user in User.objects.filter(email__endswith=f"@{DEMO_HOST}")}
    spaces = {space.slug: space for space in Space.objects.all()}
    principles = {
        f"{principle.principle_set.key}/{principle.slug}": principle.translation_key
        for principle in Principle.objects.filter(locale__language_code="nb").select_related("principle_set")
    }
    now, today = timezone.now(), timezone.localdate()
    for each in described:
        if NewsItem.objects.filter(submission=each["key"]).exists():
            continue
        item = publish_news(
            person=people[each["by"]],
            space=spaces[each["space"]],
            details=NewsDetails(
                title=each["title"],
                lead=each["lead"],
                source=each["text"],
                principle_keys=tuple(principles[name] for name in each["principles"] if name in principles),
                expires_at=now + timedelta(days=each["expires_days"]) if "expires_days" in each else None,
                is_pinned=each.get("is_pinned", False),
                must_read=each.get("must_read", False),
                read_by=today + timedelta(days=each["read_by_days"]) if "read_by_days" in each else None,
            ),
            submission=UUID(each["key"]),
        )
        out = now - timedelta(days=each["days"])
        NewsItem.objects.filter(pk=item.pk).update(published_at=out, round_at=out, created_at=out)
