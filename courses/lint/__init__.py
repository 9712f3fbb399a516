"""Is the content as the house wants it? Pure rules over course packages, the same for files and for the live site.

`docs/content-lint.md` has every rule with its reason.
"""

from datetime import date

from courses.lint.activities import check_activities
from courses.lint.content import Content
from courses.lint.counts import check_counts
from courses.lint.coverage import check_coverage
from courses.lint.findings import Finding
from courses.lint.language import check_language
from courses.lint.law import check_law
from courses.lint.links import check_links
from courses.lint.repeats import check_repeats
from courses.lint.structure import check_structure


def lint(content: Content, *, today: date) -> list[Finding]:
    """Everything to mend, in order of place; each thing once."""
    return sorted(
        {
            *check_counts(content),
            *check_language(content),
            *check_activities(content),
            *check_links(content),
            *check_law(content, today=today),
            *check_repeats(content),
            *check_structure(content),
            *check_coverage(content),
        }
    )
