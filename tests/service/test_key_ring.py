"""Keys that change while the service runs."""

import logging
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from embeddings.records import IndexInfo
from service.app import create_app
from service.index_holder import IndexHolder
from service.key_ring import KeyRing
from service.keys import KeyHolder, Keys, make_key
from service.records import Rate, Reloaded, ReloadStatus
from service.settings import Settings, SettingsError

KEY, WEB = make_key("web", Rate(2, 3600))
OTHER_KEY, OTHER = make_key("other")
ADMIN_KEY, ADMIN = make_key("night", is_admin=True)
INFO = IndexInfo("20260101T000000-00000000", "tiny", articles=1, passages=2, settings="s")


class NothingNew:
    """Stand for a reloader that finds what is served already."""

    def ask(self) -> Future[Reloaded]:
        future: Future[Reloaded] = Future()
        future.set_result(Reloaded(ReloadStatus.UNCHANGED, INFO))
        return future


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys"


def write(path: Path, *holders: KeyHolder) -> None:
    path.write_text("\n".join(holder.line for holder in holders), encoding="utf-8")


def opened(ring: KeyRing) -> TestClient:
    return TestClient(create_app(Settings(), IndexHolder(), NothingNew(), keys=ring))


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def asking(client: TestClient, key: str) -> Callable[[], int]:
    return lambda: client.get("/metrics", headers=bearer(key)).status_code


def test_a_key_that_is_taken_out_stops_working_at_once(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(path, WEB, OTHER)
    ring = KeyRing.load(path)
    client = opened(ring)
    ask, ask_other = asking(client, KEY), asking(client, OTHER_KEY)
    assert (ask(), ask_other()) == (200, 200)
    write(path, OTHER)
    assert ask() == 200  # nobody has asked to read it again
    with caplog.at_level(logging.INFO, "zhaiwen"):
        assert ring.reload() is None
        assert (ask(), ask_other()) == (401, 200)
        assert ring.reload() is None
    # What has not changed is not told of.
    assert [record.getMessage() for record in caplog.records] == ["the keys in force are now of other"]


@pytest.mark.parametrize("text", ["", "web zw_secret", f"{WEB.line}\n{WEB.line}", None])
def test_a_file_that_cannot_be_used_leaves_the_old_keys_in_force(
    path: Path, caplog: pytest.LogCaptureFixture, text: str | None
) -> None:
    write(path, WEB)
    ring = KeyRing.load(path)
    path.unlink() if text is None else path.write_text(text, encoding="utf-8")
    with caplog.at_level(logging.INFO, "zhaiwen"):
        refusal = ring.reload()
    assert refusal is not None
    assert str(path) in refusal
    assert [record.getMessage() for record in caplog.records] == [f"the keys in force stay, for {refusal}"]
    assert "secret" not in refusal
    assert ring.keys == Keys((WEB,))
    assert asking(opened(ring), KEY)() == 200
    with pytest.raises(SettingsError, match="keys"):
        KeyRing.load(path)


def test_rates_go_on_counting(path: Path) -> None:
    write(path, WEB)
    ring = KeyRing.load(path)
    ask = asking(opened(ring), KEY)
    assert [ask(), ask()] == [200, 200]
    write(path, WEB, OTHER)
    ring.reload()
    assert ask() == 429
    # What an operator grants counts from now on.
    write(path, KeyHolder("web", WEB.hash, Rate(3, 3600)))
    ring.reload()
    assert [ask() for _ in range(4)] == [200, 200, 200, 429]


def test_without_a_file_the_keys_stay() -> None:
    ring = KeyRing(Keys((WEB,)))
    assert ring.reload() is None
    assert ring.keys.holders == (WEB,)
    assert KeyRing.load(None).keys == Keys()


def test_an_admin_has_them_read_again(path: Path) -> None:
    write(path, WEB, ADMIN)
    client = opened(KeyRing.load(path))
    ask = asking(client, KEY)
    write(path, ADMIN)
    assert client.post("/admin/reload", headers=bearer(KEY)).status_code == 401
    # Who may not give orders has changed nothing.
    assert ask() == 200
    assert client.post("/admin/reload", headers=bearer(ADMIN_KEY)).status_code == 200
    assert ask() == 401
    path.write_text("no key", encoding="utf-8")
    response = client.post("/admin/reload", headers=bearer(ADMIN_KEY))
    assert response.status_code == 409
    error = response.json()["error"]
    assert error["code"] == "bad_keys"
    assert error["message"].startswith(f"the file of keys is refused, the keys in force stay: {path}:1 is no line")
    write(path, OTHER)
    # An admin may take the own key out.
    statuses = [client.post("/admin/reload", headers=bearer(ADMIN_KEY)).status_code for _ in range(2)]
    assert statuses == [200, 401]
