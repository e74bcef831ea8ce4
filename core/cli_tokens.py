"""The terminal's `token` commands: make, list and revoke the keys to the HTTP door."""

import argparse
from datetime import datetime

from core import wiring
from core.access import tokens
from core.commands import Add, Commands
from core.settings import Settings


def create(given: argparse.Namespace, settings: Settings) -> int:
    """Make a token and print it, alone on the last line."""
    scopes = [scope.strip() for scope in given.scopes.split(",") if scope.strip()]
    secret = tokens.create(wiring.furnish(settings), given.name, scopes, user_id=given.user, days=given.days)
    print(f"Token {given.name}. Keep it now: only its hash is stored, so it cannot be shown again.")
    print(secret)
    return 0


def listing(_given: argparse.Namespace, settings: Settings) -> int:
    """All tokens, newest first."""
    found = tokens.listed(wiring.furnish(settings))
    row = "{:<24} {:<8} {:<10} {:<17} {:<17} {}".format
    print(row("name", "", "candidate", "expires", "last used", "scopes"))
    for token in found:
        whom = "everyone" if token.user_id is None else token.user_id
        used = _day(token.last_used_at)
        print(row(token.name, tokens.standing(token), whom, _day(token.expires_at), used, ", ".join(token.scopes)))
    return 0


def revoke(given: argparse.Namespace, settings: Settings) -> int:
    """End a token."""
    tokens.revoke(wiring.furnish(settings), given.name)
    print(f"Token {given.name} is revoked; a running workbench refuses it within {tokens.KEPT_S:.0f} seconds.")
    return 0


def add_to(commands: Commands, add: Add) -> None:
    """Put `token create|list|revoke` among the commands; `add` is how the terminal adds one."""
    kinds = commands.add_parser("token", help="keys to the HTTP door").add_subparsers(required=True, metavar="WHAT")
    new = add(kinds, "create", create)
    new.add_argument("name", help="what runs are recorded under, as token:NAME")
    new.add_argument("--scopes", required=True, help=f"some of {','.join(tokens.SCOPES)}")
    new.add_argument("--user", type=int, help="limit it to one candidate")
    new.add_argument("--days", type=int, help="how long it lasts; without it, until it is revoked")
    add(kinds, "list", listing)
    add(kinds, "revoke", revoke).add_argument("name")


def _day(moment: datetime | None) -> str:
    return "never" if moment is None else f"{moment:%Y-%m-%d %H:%M}"
