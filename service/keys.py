"""Know who holds a key: keys are made here, and recognised by their hashes."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from service.records import Rate
from service.settings import SettingsError

# Tells scanners of leaked secrets, and people, what a key is for.
_MARK = "zw_"
_KEY_BYTES = 32
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HASH = re.compile(r"[0-9a-f]{64}")
_SCHEME = "bearer"
_NO_RATE, _ADMIN = "-", "admin"
_FORM = "`NAME SHA256 [RATE] [admin]`, as `zhaiwen key NAME` prints it"
_REQUIRED_WORDS, _MOST_WORDS = 2, 4


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """Name who has a key: by its hash, with how often they may ask (None for any), and whether they may give orders."""

    name: str
    hash: str
    rate: Rate | None = None
    is_admin: bool = False

    @property
    def line(self) -> str:
        """Return the line that a file of keys has for it."""
        return " ".join([self.name, self.hash, str(self.rate or _NO_RATE), *([_ADMIN] if self.is_admin else [])])


@dataclass(frozen=True, slots=True)
class Keys:
    """Recognise keys. Without any, nobody needs one."""

    holders: tuple[KeyHolder, ...] = ()

    @classmethod
    def load(cls, path: Path) -> "Keys":
        """Read a file of keys: one a line, `NAME SHA256 [RATE] [admin]`; lines that begin with # say nothing.

        Raises:
            SettingsError: the file cannot be read, a line has another form, a name or a key comes
                twice, or there is none: who names a file means to let nobody in without a key.
        """
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"the keys cannot be read from {path} ({error}); mend ZHAIWEN_KEYS_FILE") from error
        holders = tuple(_read(lines, path))
        for what in ("name", "hash"):
            values = [getattr(holder, what) for holder in holders]
            if twice := {value for value in values if values.count(value) > 1}:
                raise SettingsError(f"{path} has the {what} {min(twice)} twice; leave one line of the two")
        if not holders:
            raise SettingsError(f"{path} holds no key; add a line that `zhaiwen key NAME` prints")
        return cls(holders)

    def holder_of(self, authorization: str) -> KeyHolder | None:
        """Return who sent a header `Authorization: Bearer KEY`, None where nobody has that key."""
        hashed = hash_of(bearer_token(authorization))
        found = None
        # All are compared, each in the same time however much of it is right.
        for holder in self.holders:
            if hmac.compare_digest(holder.hash, hashed):
                found = holder
        return found


def _read(lines: Iterable[str], path: Path) -> Iterator[KeyHolder]:
    for number, line in enumerate(lines, 1):
        words = line.split()
        if words and not words[0].startswith("#"):
            holder = _holder(words)
            if holder is None:
                # Without the line: it may hold a key by mistake, and errors end up in logs.
                raise SettingsError(f"{path}:{number} is no line of a key; {_FORM} was wanted")
            yield holder


def _holder(words: list[str]) -> KeyHolder | None:
    if not _REQUIRED_WORDS <= len(words) <= _MOST_WORDS:
        return None
    name, hashed, *rest = words
    is_admin = rest[-1:] == [_ADMIN]
    given_rate = rest[: len(rest) - is_admin]
    rate = Rate.parse(given_rate[0]) if given_rate else None
    usable = len(given_rate) <= 1 and (rate is not None or given_rate in ([], [_NO_RATE]))
    if not (usable and _NAME.fullmatch(name) and _HASH.fullmatch(hashed)):
        return None
    return KeyHolder(name, hashed, rate, is_admin)


def bearer_token(authorization: str) -> str:
    """Return what stands after `Bearer`, "" where it does not."""
    scheme, _, given = authorization.partition(" ")
    return given.strip() if scheme.lower() == _SCHEME else ""


def hash_of(key: str) -> str:
    """Return the SHA-256 of a key.

    A slow hash protects what people choose, which can be guessed from a list. A key is 256 random
    bits: nobody finds it by trying, and a slow hash would only cost every request its time.
    """
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def make_key(name: str, rate: Rate | None = None, *, is_admin: bool = False) -> tuple[str, KeyHolder]:
    """Return a new key, and what is kept of it.

    Raises:
        SettingsError: the name has characters that no name has.
    """
    if not _NAME.fullmatch(name):
        raise SettingsError(f"{name[:80]!r} is no name; give up to 64 letters, digits, dots, dashes and underscores")
    key = _MARK + secrets.token_urlsafe(_KEY_BYTES)
    return key, KeyHolder(name, hash_of(key), rate, is_admin)
