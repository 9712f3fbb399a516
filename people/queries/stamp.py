"""When what is kept of people's teams has grown old."""

from django.db import connection

from people.models import PeopleStamp


def get_people_stamp() -> int:
    """Another number after every change to teams, who is in them, asks to be or is invited, addresses and names, as far
    as it is committed. Read it before what it stands for. One query.
    """
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE_STAMP)
        return int(cursor.fetchone()[0])


_PEOPLE_STAMP = f"SELECT COALESCE(SUM(value), 0) FROM {PeopleStamp._meta.db_table}"  # noqa: S608 – no value in it
