"""Every setting, by its name in the environment and as an option."""

import argparse
from pathlib import Path

import pytest

from scripts.options import add_settings, given_settings, shown
from service.records import Rate
from service.settings import Settings, SettingsError, settings_table

# Of each setting: a text, and the value that it gives.
GOOD: dict[str, tuple[str, object]] = {
    "host": ("::1", "::1"),
    "port": ("9000", 9000),
    "answerable_from": ("0.75", 0.75),
    "reload_seconds": ("2.5", 2.5),
    "admin_token": ("0123456789abcdef", "0123456789abcdef"),
    "keys_file": ("/etc/keys", Path("/etc/keys")),
    "address_rate": ("60/minute", Rate(60, 60)),
    "max_body_bytes": ("4096", 4096),
    "max_questions": ("8", 8),
    "max_batch": ("4", 4),
    "queue_seconds": ("0.5", 0.5),
    "query_cache": ("0", 0),
    "cors_origins": ("https://a.example, http://localhost:3000", ("https://a.example", "http://localhost:3000")),
    "root_path": ("/tools/zhaiwen", "/tools/zhaiwen"),
    "forwarded_allow_ips": ("127.0.0.1,10.0.0.0/8", ("127.0.0.1/32", "10.0.0.0/8")),
    "stop_seconds": ("30", 30),
    "log_format": ("json", "json"),
    "log_requests": ("yes", True),
    "question_log": ("q.log", Path("q.log")),
    "traces": ("yes", True),
}
BAD: dict[str, list[str]] = {
    "port": ["x", "-1", "65536", "8e3", "９", "0" * 19],
    "answerable_from": ["x", "-0.1", "1.1", "1e-3", ".5", "nan", "０"],
    "reload_seconds": ["x", "-1", "86401", "nan"],
    "keys_file": ["a\0b"],
    "address_rate": ["60", "0/minute", "60/week", "60/minutes", "-1/day", "1.5/second", "六/minute"],
    "max_body_bytes": ["1023", "16777217", "1M"],
    "max_questions": ["0", "10001", "x"],
    "max_batch": ["0", "10001", "x"],
    "queue_seconds": ["-1", "601", "x"],
    "query_cache": ["-1", "100001", "1.5"],
    "cors_origins": [
        "*",
        "example.org",
        "https://a.example/",
        "https://",
        "ftp://a.example",
        "https://a:b",
        "null",
        ",",
    ],
    "root_path": ["/", "/a/", "a", "/a//b", "/a?b", "/上门"],
    "forwarded_allow_ips": ["*", "localhost", "10.1.2.3/8", "127.0.0.1;::1"],
    "stop_seconds": ["0", "3601", "1.5"],
    "log_format": ["JSON", "xml"],
    "log_requests": ["1", "true", "Yes"],
    "traces": ["on", "no "],
}


def test_the_examples_cover_every_setting() -> None:
    assert list(GOOD) == [setting.name for setting in settings_table()]


@pytest.mark.parametrize("name", GOOD)
def test_from_the_environment(name: str) -> None:
    text, value = GOOD[name]
    variable = f"ZHAIWEN_{name.upper()}"
    assert getattr(Settings.from_environment({variable: text}), name) == value
    assert Settings.from_environment({variable: ""}) == Settings() == Settings.from_environment({})


def parsed(arguments: list[str], settings: Settings) -> Settings:
    parser = argparse.ArgumentParser()
    add_settings(parser, settings)
    return given_settings(parser.parse_args(arguments))


@pytest.mark.parametrize("name", [name for name in GOOD if name != "admin_token"])
def test_as_an_option_it_goes_before_the_environment(name: str) -> None:
    text, value = GOOD[name]
    option = "--" + name.replace("_", "-")
    assert getattr(parsed([option, text], Settings()), name) == value
    assert getattr(parsed([], Settings.from_environment({f"ZHAIWEN_{name.upper()}": text})), name) == value
    if name in BAD:
        with pytest.raises(SystemExit, match="2"):
            parsed([option, BAD[name][0]], Settings())


def test_a_secret_is_no_option_and_is_not_shown() -> None:
    with pytest.raises(SystemExit, match="2"):
        parsed(["--admin-token", "abc"], Settings())
    assert "abc" not in repr(Settings(admin_token="abc"))


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in BAD.items() for text in texts])
def test_a_bad_value_is_told_in_a_sentence(name: str, text: str) -> None:
    variable = f"ZHAIWEN_{name.upper()}"
    with pytest.raises(SettingsError) as raised:
        Settings.from_environment({variable: text})
    message = str(raised.value)
    assert message.startswith(f"{variable} is {text!r}, ")
    assert " was wanted; set it to " in message


def test_examples_in_messages_are_good_values() -> None:
    for setting in settings_table():
        assert setting.kind.secret or setting.kind.parse(setting.kind.example) is not None, setting.name


def test_values_are_shown_as_they_are_written() -> None:
    values = (None, "", (), True, False, ("a", "b"), Rate(5, 3600), 1.5)
    assert list(map(shown, values)) == ["none", "none", "none", "yes", "no", "a,b", "5/hour", "1.5"]
