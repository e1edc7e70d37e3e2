"""Writes tests/vectors/*.json; with --check, verifies that they are what would be written."""

import json
import sys
from pathlib import Path

from reference.encoding import plain
from vectors import actors, bad, bad_ledger, bad_recovery, good
from vectors.check import World, check_failures, check_good
from vectors.check_ledger import Followed, check_ledgers
from vectors.check_recovery import Recovered, check_recovery
from vectors.ledger import ledgers
from vectors.recovery import recovery
from vectors.trust import trust

FOLDER = Path(__file__).resolve().parents[2] / "vectors"


def listed(record):
    """Without what only helps to make the failures, and is contained in what stays."""
    grants = []
    for grant in record["grants"]:
        keys = [{name: value for name, value in key.items() if name != "recipient"} for key in grant["keys"]]
        grants.append({name: value for name, value in grant.items() if name != "payload"} | {"keys": keys})
    return record | {"grants": grants}


def generate(folder=FOLDER):
    encapsulate = actors.Encapsulations(folder)
    charts = good.chart_records(encapsulate)
    notes = good.private_notes()
    recovered, followed = recovery(encapsulate), ledgers()
    files = {
        "accounts": {
            "now": actors.NOW,
            "accounts": [actors.describe(account) for account in (actors.CLINICIAN, actors.SUPERVISOR, actors.BILLER)],
            "account_secrets": good.account_secrets(),
            "logins": good.logins(),
        },
        "padding": good.padding(),
        "private-notes": {"notes": notes},
        "chart-records": {"records": [listed(record) for record in charts]},
        "drafts": {"drafts": good.drafts()},
        "failures": bad.failures(notes, charts, good.drafts(), encapsulate),
        "recovery": recovered | {"records": [listed(record) for record in recovered["records"]]},
        "recovery-failures": bad_recovery.failures(recovered),
        "ledger": followed,
        "trust": trust(encapsulate),
        "ledger-failures": bad_ledger.failures(followed),
    }
    return {name: plain(file) for name, file in files.items()}


def write(files):
    """One line per failure, and everywhere else one per value."""
    texts = {}
    for name, file in files.items():
        if name.endswith("failures"):
            rows = {
                key: ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in file[key])
                for key in ("cases", "sweeps")
            }
            objects = json.dumps(file["objects"], indent=1)
            text = '{"objects": %s,\n"cases": [\n%s\n],\n"sweeps": [\n%s\n]}' % (objects, *rows.values())
        else:
            text = json.dumps(file, indent=1, ensure_ascii=False)
        texts[name] = text + "\n"
    return texts


def main(words):
    files = generate()
    check_good(files)
    check_failures(files["failures"], World(files))
    check_recovery(files)
    check_failures(files["recovery-failures"], Recovered(files))
    check_ledgers(files)
    check_failures(files["ledger-failures"], Followed(files))
    for name, text in write(files).items():
        path = FOLDER / f"{name}.json"
        if "--check" not in words:
            path.write_text(text, encoding="utf-8")
        elif path.read_text(encoding="utf-8") != text:
            sys.exit(f"{path.name} is not what generate.py makes: run it without --check, and look at the difference")
    count = sum(len(file["cases"]) for name, file in files.items() if name.endswith("failures"))
    print(f"{len(files)} files, {count} failures")


if __name__ == "__main__":
    main(sys.argv[1:])
