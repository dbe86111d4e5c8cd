"""Who has a role that isn't the staff's: eight bytes of a hash each, so that no pupil is stored, and little is remembered."""

from array import array
from bisect import bisect_left
from hashlib import blake2b


class Others:
    """A set of ids that can be asked, and not read."""

    def __init__(self) -> None:
        self._hashes = array("Q")
        self._sorted = True

    def add(self, user: str) -> None:
        self._hashes.append(hash_of(user))
        self._sorted = False

    def __contains__(self, user: str) -> bool:
        if not self._sorted:
            self._hashes, self._sorted = array("Q", sorted(self._hashes)), True
        place = bisect_left(self._hashes, hash_of(user))
        return place < len(self._hashes) and self._hashes[place] == hash_of(user)


def hash_of(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")
