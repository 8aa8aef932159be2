"""Say what would be served, and what is dangerous about it: `zhaiwen serve --check`."""

import ipaddress
import sys
from pathlib import Path

from scripts.options import USER_ERRORS, shown
from service.index_folder import IndexFolder
from service.keys import Keys
from service.question_log import QuestionLog
from service.settings import Settings, settings_table
from service.telemetry import start_traces

_LINE = "!" * 100


def check(index: Path, settings: Settings) -> int:
    """Open everything as serving does, but the port; return 0, or 1 where something cannot be used."""
    try:
        keys = Keys.load(settings.keys_file) if settings.keys_file else Keys()
        if settings.question_log:
            QuestionLog(settings.question_log).close()
        if settings.traces:
            start_traces().stop(0)
        searcher = IndexFolder(index, settings.answerable_from).load(None).searcher
    except USER_ERRORS as error:
        print(f"zhaiwen serve: {error}", file=sys.stderr)
        return 1
    info = searcher.info
    calibrated = "calibrated" if info.calibrated else "not calibrated"
    print(f"index: {index}, {info.articles} articles, {info.passages} passages, {calibrated}")
    print(f"snapshot: {info.snapshot} of {info.created}, encoder {info.encoder}")
    for holder in keys.holders:
        print(f"key: {holder.name}, {holder.rate or 'any rate'}{', admin' if holder.is_admin else ''}")
    for setting in settings_table():
        value = getattr(settings, setting.name)
        text = ("set" if value else "none") if setting.kind.secret else shown(value)
        print(f"{setting.variable}={text}{'' if value == setting.default else '  (not the default)'}")
    warn_of_dangers(settings, keys)
    searcher.close()
    return 0


def warn_of_dangers(settings: Settings, keys: Keys) -> None:
    """Tell on the error stream, loudly, where anybody may ask."""
    if keys.holders or is_this_machine_only(settings.host):
        return
    print(
        f"{_LINE}\nzhaiwen: WARNING: {settings.host} can be reached from other machines, and no key is needed: anybody "
        "there may ask, without limit"
        f"{f' but {settings.address_rate} an address' if settings.address_rate else ''}.\n"
        "zhaiwen: Set ZHAIWEN_KEYS_FILE (see `zhaiwen key`) and ZHAIWEN_ADDRESS_RATE, or listen on 127.0.0.1 behind a "
        f"proxy that asks for one.\n{_LINE}",
        file=sys.stderr,
        flush=True,
    )


def is_this_machine_only(host: str) -> bool:
    """Tell for an address to listen on: 127.0.0.1, ::1 and localhost are, 0.0.0.0 and names are not."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
