"""Define the options that several commands share, and the errors they report."""

import argparse
import io
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import platformdirs
from pydantic import SecretStr

from corpus.errors import CorpusError
from corpus.readers.jsonl import DEFAULT_FIELDS, JsonlFields
from embeddings.errors import EmbeddingsError
from embeddings.records import Mode
from service.setting_kinds import TOKEN
from service.settings import ServiceError, Setting, Settings, SettingsError, settings_table

# The exit code where a command did its work, but had to leave some articles out.
LEFT_OUT = 3
# What shells give for a program that ended since nobody read its output.
_BROKEN_PIPE = 141
USER_ERRORS = (CorpusError, EmbeddingsError, ServiceError)


@dataclass(frozen=True, slots=True)
class Defaults:
    """Hold what the environment sets for the commands; see the table of settings in the README."""

    index: Path
    model: str
    cache: Path
    service: Settings
    key: SecretStr | None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Defaults":
        """Read ZHAIWEN_INDEX, ZHAIWEN_MODEL, ZHAIWEN_CACHE and ZHAIWEN_KEY, and the service's settings.

        Raises:
            SettingsError: a setting cannot be used.
        """
        return cls(
            index=Path(environment.get("ZHAIWEN_INDEX") or "index"),
            model=environment.get("ZHAIWEN_MODEL") or "default",
            cache=Path(environment.get("ZHAIWEN_CACHE") or platformdirs.user_cache_dir("zhaiwen")),
            service=Settings.from_environment(environment),
            key=_key(environment.get("ZHAIWEN_KEY") or ""),
        )


def _key(given: str) -> SecretStr | None:
    if given and TOKEN.parse(given) is None:
        # Without what was given: it may be a key and a line end.
        raise SettingsError(
            f"ZHAIWEN_KEY is of no use, {TOKEN.wanted} was wanted; set it to a key that `zhaiwen key NAME` printed"
        )
    return SecretStr(given) if given else None


@dataclass(frozen=True, slots=True)
class Command:
    """Hold one command: its name, its help, how to add its options, and what runs it."""

    name: str
    help: str
    add_arguments: Callable[[argparse.ArgumentParser, Defaults], None]
    run: Callable[[argparse.Namespace], int]


def add_index(parser: argparse.ArgumentParser, defaults: Defaults) -> None:
    """Add --index."""
    parser.add_argument(
        "--index",
        type=Path,
        default=defaults.index,
        metavar="DIR",
        # Not %(default)s: a command may tell apart whether an index was named.
        help=f"the index folder (default: ZHAIWEN_INDEX, now {str(defaults.index).replace('%', '%%')})",
    )


def add_settings(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """Add an option for every setting of the service that is not secret."""
    parser.set_defaults(settings=settings)
    for setting in settings_table():
        if not setting.kind.secret:
            now = getattr(settings, setting.name)
            parser.add_argument(
                setting.option,
                type=_value_of(setting),
                # What is not given stays as the environment has it.
                default=argparse.SUPPRESS,
                metavar="VALUE",
                help=f"{setting.help} (default: {setting.variable}, now {shown(now)})".replace("%", "%%"),
            )


def given_settings(options: argparse.Namespace) -> Settings:
    """Return the settings that the environment and then the options give."""
    settings: Settings = options.settings
    names = [setting.name for setting in settings_table() if setting.name in options]
    return replace(settings, **{name: getattr(options, name) for name in names})


def shown(value: object) -> str:
    """Return a setting's value as one would write it: none, yes, or with commas between several."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ",".join(map(str, value)) or "none"
    return "none" if value in (None, "") else str(value)


def _value_of(setting: Setting) -> Callable[[str], object]:
    def parse(text: str) -> object:
        value = setting.kind.parse(text)
        if value is None:
            raise argparse.ArgumentTypeError(f"{text!r} was given, {setting.kind.wanted} was wanted")
        return value

    return parse


def add_mode(parser: argparse.ArgumentParser) -> None:
    """Add --mode."""
    parser.add_argument(
        "--mode",
        type=_mode,
        default=Mode.HYBRID,
        metavar="{hybrid,dense,lexical}",
        help="which side ranks: vectors, shared words, or both (default: hybrid)",
    )


def _mode(text: str) -> Mode:
    try:
        return Mode(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} was given, hybrid, dense or lexical was wanted") from error


def add_jsonl_fields(parser: argparse.ArgumentParser) -> None:
    """Add --jsonl-fields."""
    parser.add_argument(
        "--jsonl-fields",
        type=_jsonl_fields,
        default=DEFAULT_FIELDS,
        metavar="PAIRS",
        help="the names of the fields in JSONL files, such as id=_id,text=content (default: id, text, title, source, "
        "author, url, published, tags)",
    )


def _jsonl_fields(option: str) -> JsonlFields:
    try:
        return JsonlFields.parse(option)
    except CorpusError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """Return a parser of option values that takes whole numbers within bounds, and says so otherwise."""

    def parse(text: str) -> int:
        number = int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None
        if number is None or not least <= number <= most:
            raise argparse.ArgumentTypeError(f"{text!r} was given, a whole number from {least} to {most} was wanted")
        return number

    return parse


def share(text: str) -> float:
    """Return an option's value that is a share, from 0 to 1."""
    number = float(text) if re.fullmatch(r"[0-9]+(\.[0-9]{1,9})?", text) else None
    if number is None or number > 1:
        raise argparse.ArgumentTypeError(f"{text!r} was given, a number from 0 to 1 was wanted, such as 0.05")
    return number


def add_model(parser: argparse.ArgumentParser, defaults: Defaults) -> None:
    """Add --model, its prompts and --cache."""
    parser.add_argument(
        "--model",
        default=defaults.model,
        help="a sentence-transformers folder or hub name (default: ZHAIWEN_MODEL, now %(default)s)",
    )
    parser.add_argument("--query-prompt", help="text in front of every question (default: what the model names)")
    parser.add_argument("--passage-prompt", help="text in front of every passage (default: what the model names)")
    parser.add_argument(
        "--cache",
        type=Path,
        default=defaults.cache,
        metavar="DIR",
        help="where the converted default model is kept (default: ZHAIWEN_CACHE)",
    )


def run_command(command: Command, arguments: Sequence[str] | None, environment: Mapping[str, str]) -> int:
    """Run one command; a user's mistake becomes a message on the error stream and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character must not end the command.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        parser = argparse.ArgumentParser(prog=f"zhaiwen {command.name}", description=command.help)
        command.add_arguments(parser, Defaults.from_environment(environment))
        code = command.run(parser.parse_args(arguments))
        # Here, and not at the end of the process, where nobody could tell what went wrong.
        sys.stdout.flush()
        return code
    except USER_ERRORS as error:
        print(f"zhaiwen {command.name}: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # Whoever read the output has seen enough, such as `head`; what else waits to be written goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    except KeyboardInterrupt:
        print(f"zhaiwen {command.name}: interrupted; what was served before is unchanged", file=sys.stderr)
        return 130
