"""`python -m audit verify|export`: the auditor without the rest of the service."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from audit.errors import AuditError
from audit.export import export
from audit.keys import Keys
from audit.log import Log
from audit.verify import Report, cores, verify_database, verify_export

DATABASE = "grounds.db"


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return 0, 1 when something is wrong with the log, 2 when the command cannot be carried out."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except (AuditError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m audit", description="check and export an audit log")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    verify = commands.add_parser("verify", help="check everything in a log's data folder, or in an export of it")
    verify.add_argument("folder", type=Path, metavar="DIR", help=f"holds {DATABASE} and keys/, or is an export")
    verify.add_argument("--vkey", help="the log's verifier key; needed for an export or when keys/ is not at hand")
    verify.add_argument(
        "--checkpoint", type=Path, action="append", default=[], metavar="FILE", help="a checkpoint kept elsewhere"
    )
    verify.set_defaults(run=_verify)
    out = commands.add_parser("export", help="write a log as a tlog-tiles folder with its entries as JSON lines")
    out.add_argument("folder", type=Path, metavar="DIR", help=f"holds {DATABASE} and keys/")
    out.add_argument("out", type=Path, metavar="OUT", help="a folder that does not exist yet")
    out.set_defaults(run=_export)
    return parser


def _verify(options: argparse.Namespace) -> int:
    report = _report(options.folder, options.vkey, [path.read_text("utf-8") for path in options.checkpoint])
    print(report)
    return 0 if report.ok else 1


def _report(folder: Path, vkey: str | None, known: list[str]) -> Report:
    if (folder / "tile").exists() or (folder / "checkpoint").exists():
        if vkey is None:
            raise AuditError(f"`{folder}` is an export; give the log's key with --vkey, from elsewhere than the folder")
        return verify_export(folder, vkey, known=known, processes=cores())
    return verify_database(folder / DATABASE, vkey or Keys.load(folder), known=known, processes=cores())


def _export(options: argparse.Namespace) -> int:
    log = Log.open(options.folder / DATABASE, Keys.load(options.folder))
    try:
        print(f"{export(log, options.out)} entries exported to {options.out}; verifier key {log.vkey}")
    finally:
        log.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
