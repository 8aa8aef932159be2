"""The log of questions that an operator may ask for."""

import json
import logging
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from embeddings.searcher import Searcher
from service.app import create_app
from service.index_holder import IndexHolder
from service.question_log import QuestionLog
from service.settings import Settings, SettingsError


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_question_is_written_without_its_person(searcher: Searcher, tmp_path: Path) -> None:
    path = tmp_path / "questions.log"
    log = QuestionLog(path)
    client = TestClient(create_app(Settings(), IndexHolder(searcher), question_log=log))
    headers = {"X-Request-ID": "r1"}
    assert client.post("/search", json={"query": "张先生打我13812345678，会上门吗"}, headers=headers).status_code == 200
    assert client.post("/search", json={"query": " "}).status_code == 422
    log.close()
    (line,) = path.read_text(encoding="utf-8").splitlines()
    told = json.loads(line)
    assert told.pop("answerable") in (True, False)
    assert told == {"day": datetime.now(UTC).date().isoformat(), "question": "[姓名]先生打我[电话]，会上门吗"}


def test_without_one_nothing_is_kept(searcher: Searcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    client = TestClient(create_app(Settings(), IndexHolder(searcher)))
    assert client.post("/search", json={"query": "会上门吗"}).status_code == 200
    assert list(tmp_path.iterdir()) == []


def test_only_the_owner_may_read_and_files_are_rotated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.question_log._FILE_BYTES", 200)
    path = tmp_path / "questions.log"
    path.touch(0o666)
    path.chmod(0o666)
    log = QuestionLog(path)
    for number in range(40):
        log.write(f"第{number}个问题", None)
    log.close()
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["questions.log", *(f"questions.log.{n}" for n in range(1, 6))]
    assert {mode(file) for file in files} == {0o600}
    assert "第39个问题" in path.read_text(encoding="utf-8")


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="questions cannot be written to .*; mend ZHAIWEN_QUESTION_LOG"):
        QuestionLog(tmp_path / "nowhere" / "questions.log")


def test_a_device_stays_everybody_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = []
    monkeypatch.setattr(os, "fchmod", lambda opened, mode: changed.append((os.fstat(opened).st_ino, mode)))
    QuestionLog(Path(os.devnull)).close()
    assert changed == []
    path = tmp_path / "questions.log"
    QuestionLog(path).close()
    assert changed == [(path.stat().st_ino, 0o600)]


def test_a_full_disk_shows_no_question(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    log = QuestionLog(Path("/dev/full"))
    with caplog.at_level(logging.ERROR, "zhaiwen"):
        log.write("秘密的问题", None)
        log.close()
    assert "a question could not be written to /dev/full" in caplog.text
    assert "秘密" not in caplog.text + "".join(capfd.readouterr())
