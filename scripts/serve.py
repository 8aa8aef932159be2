"""Serve an index over HTTP: `zhaiwen serve`."""

import argparse
import logging
import os
import socket
import sys
from contextlib import suppress

import uvicorn

from scripts.hangup import hangups_held_back, on_hangup
from scripts.options import Command, Defaults, add_index, run_command, whole_number
from service.app import create_app
from service.http_protocol import TypedAddressProtocol
from service.index_folder import IndexFolder
from service.index_holder import IndexHolder
from service.metrics import Metrics
from service.reloading import Reloader
from service.settings import MAX_PORT, Settings, SettingsError


def add_arguments(parser: argparse.ArgumentParser, defaults: Defaults) -> None:
    """Add the command's options."""
    settings = defaults.service
    add_index(parser, defaults)
    parser.add_argument("--host", default=settings.host, help="address to listen on (default: %(default)s)")
    port = whole_number(0, MAX_PORT)
    parser.set_defaults(settings=settings)
    parser.add_argument("--port", type=port, default=settings.port, help="port, 0 for any (default: %(default)s)")


def run(options: argparse.Namespace) -> int:
    """Load the index, listen, and answer until the process is told to stop; return the exit code."""
    settings: Settings = options.settings
    with _listen(options.host, options.port) as listening:
        _log_to_stderr()
        with hangups_held_back():
            folder = IndexFolder(options.index, settings.answerable_from)
            first = folder.load(None)
            holder = IndexHolder(first.searcher)
            metrics = Metrics(holder)
            reloader = Reloader(folder, first, holder, metrics, settings.reload_seconds)
            on_hangup(reloader.ask)
        config = uvicorn.Config(
            create_app(settings, holder, reloader, metrics),
            http=TypedAddressProtocol,
            log_level="warning",
            # It would hold the questions that come in addresses.
            access_log=False,
            # Orders are taken from this machine: no header may claim that a request comes from it.
            proxy_headers=False,
        )
        _serve(config, reloader, listening)
    return 0


def _serve(config: uvicorn.Config, reloader: Reloader, listening: socket.socket) -> None:
    reloader.start()
    print(f"zhaiwen: open {_address(listening)}  (stop with Ctrl+C)", flush=True)
    try:
        with suppress(KeyboardInterrupt):  # Ctrl+C is how one stops it
            uvicorn.Server(config).run(sockets=[listening])
    finally:
        reloader.stop()


def _log_to_stderr() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("zhaiwen: %(message)s"))
    log = logging.getLogger("zhaiwen")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False


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
