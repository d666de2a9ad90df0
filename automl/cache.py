"""What a worker keeps from one job to the next: results of tasks by key, the least recently used let go first."""

from __future__ import annotations

from collections import OrderedDict

from automl.runtime.sparse import Features
from automl.runtime.state import State

Result = State | Features


class Cache:
    """Results by key. The least recently used are dropped once all are larger than `limit` bytes; one always stays."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._items: OrderedDict[str, Result] = OrderedDict()

    def get(self, key: str) -> Result | None:
        """The result of that key, if it is still there."""
        if key in self._items:
            self._items.move_to_end(key)
        return self._items.get(key)

    def put(self, key: str, result: Result) -> None:
        """Keep a result of a key that is not there. From now on it is shared, so a matrix is read-only."""
        if not isinstance(result, State):
            result.setflags(write=False)
        self._items[key] = result
        self._size += size_of(result)
        while self._size > self._limit and len(self._items) > 1:
            self._size -= size_of(self._items.popitem(last=False)[1])


def size_of(result: Result) -> int:
    """About how many bytes of memory a result takes."""
    if isinstance(result, State):
        return 1000 + sum(array.nbytes for array in result.arrays.values()) + len(result.text or "")
    return int(result.nbytes)
