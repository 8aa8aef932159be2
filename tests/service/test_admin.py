"""Who may ask for a reload, and what the answer says."""

from concurrent.futures import Future
from dataclasses import dataclass, field

import pytest
from starlette.testclient import TestClient

from embeddings.records import IndexInfo
from service.app import create_app
from service.index_holder import IndexHolder
from service.key_ring import KeyRing
from service.keys import Keys, make_key
from service.records import Reloaded, ReloadStatus
from service.settings import Settings, SettingsError

INFO = IndexInfo("20260101T000000-00000000", "tiny", articles=1, passages=2, settings="s")
LOADED = Reloaded(ReloadStatus.LOADED, INFO)
OWN = "http://127.0.0.1:8000"
TOKEN = "0123456789abcdef"  # noqa: S105


@dataclass(slots=True)
class Asked:
    """Stand for the reloader: count who got through, and answer at once."""

    answer: Reloaded = LOADED
    times: list[int] = field(default_factory=list)

    def ask(self) -> Future[Reloaded]:
        self.times.append(1)
        future: Future[Reloaded] = Future()
        future.set_result(self.answer)
        return future


def client(
    asked: Asked, peer: str = "127.0.0.1", token: str = "", url: str = OWN, keys: Keys | None = None
) -> TestClient:
    app = create_app(Settings(admin_token=token), IndexHolder(), asked, keys=KeyRing(keys))
    return TestClient(app, base_url=url, client=(peer, 5000))


@pytest.mark.parametrize("status", [ReloadStatus.LOADED, ReloadStatus.UNCHANGED])
def test_the_answer_names_what_is_served(status: ReloadStatus) -> None:
    response = client(Asked(Reloaded(status, INFO))).post("/admin/reload")
    assert response.status_code == 200
    assert response.json() == {
        "status": status.value,
        "index": {
            "snapshot": INFO.snapshot,
            "encoder": "tiny",
            "passages": 2,
            "settings": "s",
            "calibrated": False,
        },
    }


def test_a_refused_snapshot_is_told_with_the_reason() -> None:
    asked = Asked(Reloaded(ReloadStatus.REFUSED, INFO, "vectors.faiss is damaged"))
    response = client(asked).post("/admin/reload")
    assert response.status_code == 409
    assert response.json()["error"] == {
        "code": "bad_snapshot",
        "message": f"the current snapshot is refused, {INFO.snapshot} stays: vectors.faiss is damaged",
        "hint": "mend what the message names, then ask again; GET /readyz tells what is served",
    }


@pytest.mark.parametrize(
    ("peer", "url", "headers"),
    [
        ("127.0.0.1", OWN, {}),
        ("127.0.0.1", "http://localhost:9000", {}),
        ("127.8.0.1", OWN, {}),
        ("::1", "http://[::1]:8000", {}),
        ("::ffff:127.0.0.1", OWN, {}),
        ("127.0.0.1", OWN, {"Origin": OWN, "Sec-Fetch-Site": "same-origin"}),
        ("127.0.0.1", OWN, {"Sec-Fetch-Site": "none"}),
    ],
)
def test_without_a_token_the_machine_itself_may_ask(peer: str, url: str, headers: dict[str, str]) -> None:
    asked = Asked()
    assert client(asked, peer, url=url).post("/admin/reload", headers=headers).status_code == 200
    assert asked.times == [1]


@pytest.mark.parametrize(
    ("peer", "url", "headers"),
    [
        ("192.168.0.2", OWN, {}),
        ("::ffff:192.168.0.2", OWN, {}),
        ("fe80::1", OWN, {}),
        ("localhost", OWN, {}),
        ("", OWN, {}),
        # A proxy on the same machine speaks for anybody.
        ("127.0.0.1", OWN, {"X-Forwarded-For": "127.0.0.1"}),
        ("127.0.0.1", OWN, {"Forwarded": "for=127.0.0.1"}),
        ("127.0.0.1", OWN, {"X-Real-IP": "127.0.0.1"}),
        ("127.0.0.1", OWN, {"Via": "1.1 proxy"}),
        # A page of another site, whose name may lead here.
        ("127.0.0.1", "http://evil.example:8000", {}),
        ("127.0.0.1", "http://127.0.0.1.evil.example", {}),
        ("127.0.0.1", "http://evil.example:8000", {"Origin": "http://evil.example:8000"}),
        ("127.0.0.1", OWN, {"Host": "[::1"}),
    ],
)
def test_without_a_token_nobody_else_may_ask(peer: str, url: str, headers: dict[str, str]) -> None:
    asked = Asked()
    response = client(asked, peer, url=url).post("/admin/reload", headers=headers)
    assert (response.status_code, response.json()["error"]["code"]) == (403, "forbidden")
    assert "another machine" in response.json()["error"]["message"]
    assert asked.times == []


@pytest.mark.parametrize("token", ["", TOKEN])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:3000"},
        {"Origin": "http://[evil"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_no_page_of_another_site_may_ask(headers: dict[str, str], token: str) -> None:
    asked = Asked()
    sent = {**headers, "Authorization": f"Bearer {TOKEN}"}
    response = client(asked, token=token).post("/admin/reload", headers=sent)
    assert (response.status_code, response.json()["error"]["code"]) == (403, "forbidden")
    assert "another site" in response.json()["error"]["message"]
    assert asked.times == []


@pytest.mark.parametrize("authorization", [f"Bearer {TOKEN}", f"bearer {TOKEN}", f"Bearer  {TOKEN}"])
def test_with_a_token_who_sends_it_may_ask_from_anywhere(authorization: str) -> None:
    asked = Asked()
    headers = {"Authorization": authorization, "X-Forwarded-For": "10.0.0.1"}
    opened = client(asked, "10.0.0.2", TOKEN, "https://zhaiwen.example")
    assert opened.post("/admin/reload", headers=headers).status_code == 200
    assert asked.times == [1]


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer ", f"Basic {TOKEN}", f"Bearer {TOKEN}x", TOKEN, "Bearer é"]
)
def test_with_a_token_nobody_may_ask_without_it(authorization: str | None) -> None:
    asked = Asked()
    headers = {} if authorization is None else {"Authorization": authorization.encode("latin-1")}
    response = client(asked, token=TOKEN).post("/admin/reload", headers=headers)  # type: ignore[arg-type]
    assert (response.status_code, response.json()["error"]["code"]) == (401, "unauthorized")
    assert response.headers["www-authenticate"] == "Bearer"
    assert TOKEN not in response.text
    assert asked.times == []


def test_a_link_does_not_reload() -> None:
    asked = Asked()
    assert client(asked).get("/admin/reload").status_code == 405
    assert asked.times == []


def test_without_a_folder_there_is_nothing_to_reload() -> None:
    response = TestClient(create_app(Settings(), IndexHolder())).post("/admin/reload")
    assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")


ADMIN_KEY, ADMIN = make_key("night", is_admin=True)
PLAIN_KEY, PLAIN = make_key("web")


@pytest.mark.parametrize("token", ["", TOKEN])
def test_where_there_are_keys_an_admin_s_is_needed(token: str) -> None:
    asked = Asked()
    opened = client(asked, token=token, keys=Keys((PLAIN, ADMIN)))
    for authorization in ("", f"Bearer {PLAIN_KEY}", f"Basic {ADMIN_KEY}", "Bearer", f"Bearer {ADMIN.hash}"):
        response = opened.post("/admin/reload", headers={"Authorization": authorization})
        assert (response.status_code, response.json()["error"]["code"]) == (401, "unauthorized")
    assert asked.times == []
    assert opened.post("/admin/reload", headers={"Authorization": f"Bearer {ADMIN_KEY}"}).status_code == 200
    # The token goes on to work beside them.
    response = opened.post("/admin/reload", headers={"Authorization": f"Bearer {TOKEN}"})
    assert response.status_code == (200 if token else 401)


def test_the_settings_of_reloading() -> None:
    read = Settings.from_environment({"ZHAIWEN_RELOAD_SECONDS": "2.5", "ZHAIWEN_ADMIN_TOKEN": TOKEN})
    assert (read.reload_seconds, read.admin_token) == (2.5, TOKEN)
    assert TOKEN not in repr(read)
    assert Settings.from_environment({"ZHAIWEN_RELOAD_SECONDS": "0"}).reload_seconds == 0
    assert Settings.from_environment({}) == Settings(reload_seconds=1.0, admin_token="")


@pytest.mark.parametrize("text", ["x", "-1", "86401", "1e3", "nan", ".5", "１"])
def test_bad_seconds(text: str) -> None:
    with pytest.raises(SettingsError, match=f"ZHAIWEN_RELOAD_SECONDS is '{text}', a number of seconds from 0 to 86400"):
        Settings.from_environment({"ZHAIWEN_RELOAD_SECONDS": text})


@pytest.mark.parametrize(
    "token", ["0123456789abcdef\n", "two words of sixteen", "密码" * 8, "\x7f" * 16, "0123456789abcde"]
)
def test_a_token_that_no_header_can_carry_or_that_is_guessed(token: str) -> None:
    with pytest.raises(
        SettingsError, match="ZHAIWEN_ADMIN_TOKEN is of no use, a token of at least 16 printable ASCII"
    ) as raised:
        Settings.from_environment({"ZHAIWEN_ADMIN_TOKEN": token})
    assert token not in str(raised.value)
