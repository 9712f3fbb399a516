"""The cache of what a process has made and shows again: objects as they are."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.locmem import LocMemCache


class ObjectCache(LocMemCache):
    """Django's cache in memory without copying: to unpickle a page costs as much as to send it.

    Whatever is kept is shared by all who get it, so nobody may change it. A queryset is to be read before it is kept.
    """

    # What Django's own class has, and its types do not tell.
    _cache: "OrderedDict[str, Any]"
    _lock: Lock
    _set: Callable[..., None]
    _delete: Callable[..., bool]
    _has_expired: Callable[..., bool]

    def validate_key(self, key: str) -> None:
        """Keys go nowhere else; memcached's rules are none of ours."""

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        key = self.make_key(key, version=version)
        with self._lock:
            is_new = self._has_expired(key)
            if is_new:
                self._set(key, value, timeout)
            return is_new

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        key = self.make_key(key, version=version)
        with self._lock:
            if self._has_expired(key):
                self._delete(key)
                return default
            self._cache.move_to_end(key, last=False)
            return self._cache[key]

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        key = self.make_key(key, version=version)
        with self._lock:
            self._set(key, value, timeout)
