"""Serve an index over HTTP: `zhaiwen serve`."""

import argparse
import os
import signal
import socket
import sys
from contextlib import closing, nullcontext, suppress

import uvicorn

from scripts.hangup import hangups_held_back, on_hangup
from scripts.options import Command, Defaults, add_index, add_settings, given_settings, run_command
from scripts.serve_check import check, warn_of_dangers
from service.app import create_app
from service.connection_limits import BoundedConnection, most_waiting
from service.index_folder import IndexFolder
from service.index_holder import IndexHolder
from service.key_ring import KeyRing
from service.logs import log_to_stderr
from service.metrics import Metrics
from service.question_log import QuestionLog
from service.reloading import Reloader
from service.settings import SettingsError


def add_arguments(parser: argparse.ArgumentParser, defaults: Defaults) -> None:
    """Add the command's options."""
    add_index(parser, defaults)
    add_settings(parser, defaults.service)
    parser.add_argument(
        "--check",
        action="store_true",
        help="prove settings, keys and index as serving does, say what would be served, and exit (1 if it cannot be)",
    )


def run(options: argparse.Namespace) -> int:
    """Load the index, listen, and answer until the process is told to stop; return the exit code."""
    settings = given_settings(options)
    if options.check:
        return check(options.index, settings)
    _stop_cleanly_when_told()
    log_to_stderr(settings)
    keys = KeyRing.load(settings.keys_file)
    warn_of_dangers(settings, keys.keys)
    question_log = QuestionLog(settings.question_log) if settings.question_log else None
    with _listen(settings.host, settings.port) as listening, closing(question_log) if question_log else nullcontext():
        with hangups_held_back():
            folder = IndexFolder(options.index, settings.answerable_from)
            first = folder.load(None)
            holder = IndexHolder(first.searcher)
            metrics = Metrics(holder)
            reloader = Reloader(folder, first, holder, metrics, settings.reload_seconds)
            on_hangup(keys.reload, reloader.ask)
        app = create_app(settings, holder, reloader, metrics, keys, question_log)
        config = uvicorn.Config(
            app,
            http=BoundedConnection,
            # Nothing here speaks it; what does would take connections away from their limits.
            ws="none",
            backlog=most_waiting(),
            # The handlers are set already.
            log_config=None,
            # It would hold the questions that come in addresses.
            access_log=False,
            # By default no header may claim that a request comes from elsewhere; the gate of /admin
            # lets none pass that has such a header, whoever is believed.
            proxy_headers=bool(settings.forwarded_allow_ips),
            forwarded_allow_ips=list(settings.forwarded_allow_ips),
            server_header=False,
            root_path=settings.root_path,
            timeout_graceful_shutdown=settings.stop_seconds,
        )
        _serve(config, reloader, listening)
    return 0


def _stop_cleanly_when_told() -> None:
    """Let SIGTERM end the process with exit code 0, whenever it comes.

    While it serves, uvicorn takes the signal, finishes what it has accepted, and then raises it
    again, for this handler. As the first process of a container it would not be heard otherwise.
    """

    def stop(_signal: int, _frame: object) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)


def _serve(config: uvicorn.Config, reloader: Reloader, listening: socket.socket) -> None:
    reloader.start()
    print(f"zhaiwen: open {_address(listening)}  (stop with Ctrl+C)", flush=True)
    try:
        with suppress(KeyboardInterrupt):  # Ctrl+C is how one stops it
            uvicorn.Server(config).run(sockets=[listening])
    finally:
        reloader.stop()


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _listen(host: str, port: int) -> socket.socket:
    """Take the port before the index is loaded, so that a taken one is reported at once.

    Connections wait in the queue until the index is there.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol left at 0, asyncio would not switch Nagle's algorithm off on connections
    # from it, and every answer would wait 40 ms for an acknowledgement.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen()
    except OSError as error:
        listening.close()
        raise SettingsError(
            f"cannot listen on {host}:{port} ({error}); choose another with --host or --port"
        ) from error
    return listening


COMMAND = Command("serve", "Answer questions over HTTP.", add_arguments, run)

if __name__ == "__main__":
    sys.exit(run_command(COMMAND, None, os.environ))
