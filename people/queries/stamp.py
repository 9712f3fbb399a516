"""When what is kept of people's teams has grown old."""

from django.db.models import Sum

from people.models import PeopleStamp


def get_people_stamp() -> int:
    """Another number after every change to teams, who is in them, asks to be or is invited, addresses and names, as far
    as it is committed. Read it before what it stands for. One query.
    """
    return PeopleStamp.objects.aggregate(sum=Sum("value"))["sum"] or 0
