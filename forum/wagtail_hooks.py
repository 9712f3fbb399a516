"""What the forum adds to Wagtail's admin."""

from django.contrib.auth.models import Permission
from django.db.models import QuerySet
from wagtail import hooks

from forum.permissions import MODERATE


@hooks.register("register_permissions")
def moderation_permission() -> QuerySet[Permission]:
    """So that an administrator can give a group the right to moderate."""
    return Permission.objects.filter(content_type__app_label="forum", codename=MODERATE)
