"""Views of people and teams, a module for each concern."""

from people.views.doors import admin_door, page_door

__all__ = ["admin_door", "page_door"]
