"""What a person does to the kept sessions, beside the running service."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from sqlalchemy.exc import SQLAlchemyError

from ..timestamps import utc_text
from .database import UnusableDatabase, open_engine, where_kept
from .delivery import Parked
from .migrations import migrate
from .store import SessionStore
from .writer import describe

# The service looks for sessions that others left owed twice a minute.
RESENT = "{} sessions are posted again within a minute, where the service is running.\n"
DELETED = (
    "{} sessions are deleted. One that is running now is kept anew at its next save; stop it first."
    "\nWhat the platform has in its own tables is the platform's to delete.\n"
)


def main(words: Sequence[str], database_url: str) -> int:
    """Runs one command, with what it says on standard output; gives the exit status."""
    chosen = _parser().parse_args(words)
    try:
        engine = open_engine(database_url)
        if chosen.command == "migrate":
            migrate(engine)
            sys.stdout.write(f"{where_kept(database_url)} has the tables of this version.\n")
        else:
            sys.stdout.write(_run(SessionStore(engine, node=""), chosen))
    except (UnusableDatabase, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except SQLAlchemyError as error:
        sys.stderr.write(f"{where_kept(database_url)}: {describe(error)}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Looks after the sessions in DATABASE_URL.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("migrate", help="bring the tables to this version (a start does it, too)")
    commands.add_parser("parked", help="list the sessions that the platform's page won't take")
    resend = commands.add_parser("resend", help="post parked sessions again")
    which = resend.add_mutually_exclusive_group(required=True)
    which.add_argument("session_id", nargs="*", default=[], help="these sessions")
    which.add_argument("--all", action="store_true", help="all that are parked")
    delete_user = commands.add_parser("delete-user", help="delete everything of one user")
    delete_user.add_argument("user_id")
    return parser


def _run(store: SessionStore, chosen: argparse.Namespace) -> str:
    match chosen.command:
        case "parked":
            found = store.parked()
            return "".join(_told(parked) for parked in found) or "No session is parked.\n"
        case "resend":
            return RESENT.format(store.release(None if chosen.all else chosen.session_id))
        case _:
            return DELETED.format(store.delete_user(chosen.user_id))


def _told(parked: Parked) -> str:
    record = parked.record
    return (
        f"{record.session_id}  user {record.user_id!r}, module {record.module_id!r}, "
        f"section {record.section_id!r}, {record.total_time:.1f} s\n"
        f"    refused {parked.refusals} times since {utc_text(parked.refused_since)}: "
        f"{parked.answer!r}\n"
    )
