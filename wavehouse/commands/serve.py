"""`wavehouse serve`."""

from pathlib import Path

import click

from wavehouse.commands.shared import FILE, Command, examples, with_project
from wavehouse.project import Project


@click.command(
    cls=Command,
    epilog=examples(
        """
Examples:

  wavehouse serve
  wavehouse serve --engine postgres
  wavehouse serve --host 0.0.0.0 --certificate server.pem --private-key server.key

`wavehouse key add` makes a key for an audience. docs/guide/serve.md says how a server is run.
"""
    ),
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="the address to listen at; 0.0.0.0 is every one of the machine",
)
@click.option(
    "--port", default=8600, show_default=True, type=click.IntRange(1, 65535), help="the port"
)
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    help="how many processes answer",
)
@click.option("--certificate", type=FILE, help="the certificate (PEM), for TLS")
@click.option("--private-key", type=FILE, help="the private key of the certificate (PEM)")
@click.option(
    "--behind-proxy",
    is_flag=True,
    help="take it that a proxy on this machine or network does TLS, so that none is done here",
)
@click.option(
    "--strict-days",
    default=365,
    show_default=True,
    type=click.IntRange(0),
    help="for how many days browsers that asked by https are to ask by nothing else (HSTS); 0 lets "
    "them forget it",
)
@click.option(
    "--address",
    metavar="URL",
    help="how readers reach the server, such as https://data.example.org, for the page of the API",
)
@click.option(
    "--requests-a-minute",
    default=600,
    show_default=True,
    type=click.IntRange(1),
    help="how many one key, or one address without a key, may send to a process",
)
@click.option(
    "--engine",
    default="duckdb",
    show_default=True,
    type=click.Choice(["duckdb", "postgres"]),
    help="where releases are read: in the files of audiences, or on PostgreSQL, as the login "
    "WAVEHOUSE_PG_READER",
)
@click.option(
    "--largest-delivery",
    default=2_000,
    show_default=True,
    type=click.IntRange(1),
    metavar="MB",
    help="how large a delivery may be, in millions of bytes",
)
@with_project
def serve(
    project: Project,
    host: str,
    port: int,
    workers: int,
    certificate: Path | None,
    private_key: Path | None,
    behind_proxy: bool,
    strict_days: int,
    address: str | None,
    requests_a_minute: int,
    engine: str,
    largest_delivery: int,
) -> None:
    """Serve what is published: an API, and the pages.

    What is served changes with each publish, without a stop. The public is answered without a key.
    """
    from wavehouse.encryption.key import leave_key_out
    from wavehouse_exchange.serving.app import Settings
    from wavehouse_exchange.serving.server import Listening, serve_project

    # Readers' keys open what they may read; who breaks into the server finds none that opens all.
    leave_key_out()
    listening = Listening(host, port, workers, certificate, private_key, behind_proxy)
    reached = (address or listening.address).rstrip("/")
    largest = largest_delivery * 1_000_000
    settings = Settings(requests_a_minute, reached, engine, largest, strict_days)
    serve_project(project, listening, settings)
