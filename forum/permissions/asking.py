"""What a predicate answers: whether a thing is in its queryset twin."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.db.models import BigIntegerField, Model, QuerySet

from forum.prepared import Prepared


def _is_active(user: Any) -> bool:
    return bool(user.is_authenticated and user.is_active)


@cache
def _question(queryset: Callable[[Any], QuerySet[Any]]) -> Prepared:
    def build(reader: Any, *, pk: Any) -> QuerySet[Any, Any]:
        return queryset(reader).filter(pk=pk).order_by().values_list("pk")[:1]

    return Prepared(build, {"pk": BigIntegerField()})


def _is_among(queryset: Callable[[Any], QuerySet[Any]], user: Any, thing: Model) -> bool:
    """What a predicate answers: whether the thing is in its twin. One query, put together once a process."""
    return bool(_question(queryset)(user, pk=thing.pk))
