"""What this room adds to Wagtail's admin."""

from learning import certificate_admin  # noqa: F401 – registers its own hooks
