"""Reads of this room."""

from learning.queries.paths import (
    AssignedPath,
    PathOutline,
    get_assigned_paths,
    get_learning_paths,
    get_path_outline,
    get_short_courses,
)

__all__ = [
    "AssignedPath",
    "PathOutline",
    "get_assigned_paths",
    "get_learning_paths",
    "get_path_outline",
    "get_short_courses",
]
