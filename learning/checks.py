"""What a deployer could break without noticing, told at the start."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Info, register


@register()
def check_badge_key(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Certificates are issued all the same, so this stops nobody who deploys with `--fail-level WARNING`."""
    if settings.BADGE_KEY or settings.BADGE_KEY_FILE:
        return []
    return [
        Info(
            "Course certificates are issued without a digital one: there is no key to sign with.",
            hint="Set FLETT_BADGE_KEY; docs/certificates.md shows how.",
            id="learning.I001",
        )
    ]
