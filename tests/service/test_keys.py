"""Making keys, the file of keys, and recognising who holds one."""

import hashlib
from pathlib import Path

import pytest

from service.keys import KeyHolder, Keys, make_key
from service.records import Rate
from service.settings import SettingsError

HASH = hashlib.sha256(b"one").hexdigest()
OTHER = hashlib.sha256(b"two").hexdigest()


def write(folder: Path, *lines: str) -> Path:
    path = folder / "keys"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_a_new_key_is_recognised_and_not_kept(tmp_path: Path) -> None:
    key, holder = make_key("web", Rate(60, 60), is_admin=True)
    assert key.startswith("zw_")
    assert len(key) == len("zw_") + 43  # 256 bits in base 64
    assert holder.line == f"web {hashlib.sha256(key.encode()).hexdigest()} 60/minute admin"
    keys = Keys.load(write(tmp_path, holder.line))
    assert keys.holders == (holder,)
    assert keys.holder_of(f"Bearer {key}") == holder
    assert key not in repr(keys) + holder.line
    assert make_key("web")[0] != key


def test_the_forms_of_a_line(tmp_path: Path) -> None:
    third, fourth = (hashlib.sha256(text).hexdigest() for text in (b"three", b"four"))
    lines = ["# who has them", "", f"a {HASH}", f" b  {OTHER} 5/hour ", f"c {third} - admin", f"d {fourth} admin"]
    assert Keys.load(write(tmp_path, *lines)).holders == (
        KeyHolder("a", HASH),
        KeyHolder("b", OTHER, Rate(5, 3600)),
        KeyHolder("c", third, None, is_admin=True),
        KeyHolder("d", fourth, None, is_admin=True),
    )


@pytest.mark.parametrize(
    "line",
    [
        "a",
        f"a {HASH[:-1]}",
        f"a {HASH.upper()}",
        f"a {HASH} 5",
        f"a {HASH} admin 5/hour",
        f"a {HASH} 5/hour admin more",
        f"a {HASH} 5/hour 6/hour",
        f"-a {HASH}",
        f"上门 {HASH}",
        "a zw_secret",
    ],
)
def test_another_line_is_refused_without_being_shown(tmp_path: Path, line: str) -> None:
    path = write(tmp_path, f"first {OTHER}", line)
    with pytest.raises(SettingsError, match="keys:2 is no line of a key; `NAME SHA256") as raised:
        Keys.load(path)
    assert "secret" not in str(raised.value)


def test_a_file_that_lets_nobody_in_or_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="holds no key; add a line that `zhaiwen key NAME` prints"):
        Keys.load(write(tmp_path, "# none yet"))
    with pytest.raises(SettingsError, match="cannot be read from .*nowhere.*; mend ZHAIWEN_KEYS_FILE"):
        Keys.load(tmp_path / "nowhere")
    with pytest.raises(SettingsError, match="has the name a twice; leave one line"):
        Keys.load(write(tmp_path, f"a {HASH}", f"a {OTHER}"))
    with pytest.raises(SettingsError, match=f"has the hash {HASH} twice"):
        Keys.load(write(tmp_path, f"a {HASH}", f"b {HASH}"))


@pytest.mark.parametrize("header", ["bearer one", "Bearer one", "BEARER  one "])
def test_who_sends_a_key(header: str) -> None:
    keys = Keys((KeyHolder("b", OTHER), KeyHolder("a", HASH)))
    assert keys.holder_of(header) == KeyHolder("a", HASH)


@pytest.mark.parametrize("header", ["", "Bearer", "one", "Basic one", "Bearer on", f"Bearer {HASH}", "Bearer é\udce9"])
def test_who_does_not(header: str) -> None:
    assert Keys((KeyHolder("a", HASH),)).holder_of(header) is None


@pytest.mark.parametrize("name", ["", "a b", "a" * 65, "名字", ".a", "a\n"])
def test_a_name_that_is_none(name: str) -> None:
    with pytest.raises(SettingsError, match="is no name; give up to 64 letters"):
        make_key(name)
