"""Numbers that grow when anything about people changes, so that what is made of it can be kept until then."""

from django.db import models


class PeopleStamp(models.Model):
    """The stamp is the sum of all rows. Several rows, so that nobody waits for another's change to be committed
    (`people.actions.bump_people_stamp`).
    """

    wagtail_reference_index_ignore = True

    value = models.PositiveBigIntegerField(default=1)

    def __str__(self) -> str:
        return f"people {self.value}"
