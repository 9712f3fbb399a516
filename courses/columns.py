"""Columns of the editors' lists."""

from wagtail.admin.ui.tables import Column, DateColumn


class LessonsColumn(Column):
    """The lessons that use a reference, each with a way to its editor."""

    cell_template_name = "courses/admin/lessons_cell.html"


class CheckedOnColumn(DateColumn):
    """When a rule was last checked, or that nobody has."""

    cell_template_name = "courses/admin/checked_on_cell.html"


class MarkCheckedColumn(Column):
    """The way to «Marker som kontrollert i dag»."""

    cell_template_name = "courses/admin/mark_checked_cell.html"
