"""Keys that change while `zhaiwen serve` runs: by SIGHUP, and by an order."""

import signal
import time
from pathlib import Path

import httpx2

from service.keys import KeyHolder, make_key
from tests.conftest import serve_process

PATIENCE = 30.0
WEB_KEY, WEB = make_key("web")
ADMIN_KEY, ADMIN = make_key("night", is_admin=True)


def write(path: Path, *holders: KeyHolder) -> None:
    path.write_text("\n".join(holder.line for holder in holders), encoding="utf-8")


def ask(url: str, key: str) -> int:
    headers = {"Authorization": f"Bearer {key}"}
    return httpx2.get(f"{url}/search?q=上门", headers=headers, timeout=PATIENCE).status_code


def becomes(url: str, key: str, status: int) -> bool:
    until = time.monotonic() + PATIENCE
    while (found := ask(url, key)) != status and time.monotonic() < until:
        time.sleep(0.02)
    return found == status


def reload(url: str) -> int:
    headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
    return httpx2.post(f"{url}/admin/reload", headers=headers, timeout=PATIENCE).status_code


def test_keys_are_read_again_when_somebody_asks(tiny_index: Path, tmp_path: Path) -> None:
    path = tmp_path / "keys"
    write(path, ADMIN, WEB)
    with serve_process(tiny_index, options=("--keys-file", str(path))) as running:
        assert ask(running.url, WEB_KEY) == 200
        write(path, ADMIN)
        running.process.send_signal(signal.SIGHUP)
        assert becomes(running.url, WEB_KEY, 401)
        write(path, ADMIN, WEB)
        assert reload(running.url) == 200
        assert ask(running.url, WEB_KEY) == 200
        path.write_text("", encoding="utf-8")
        assert reload(running.url) == 409
        assert ask(running.url, WEB_KEY) == 200
        running.process.terminate()
        _, errors = running.process.communicate(timeout=PATIENCE)
    assert errors.splitlines() == [
        "zhaiwen: the keys in force are now of night",
        "zhaiwen: the keys in force are now of night, web",
        f"zhaiwen: the keys in force stay, for {path} holds no key; add a line that `zhaiwen key NAME` prints",
    ]
    assert running.process.returncode == 0
