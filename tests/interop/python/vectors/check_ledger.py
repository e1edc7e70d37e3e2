"""The same for ledger.json and ledger-failures.json."""

from reference.encoding import plain
from reference.ledger import Ledger, check_bundle, open_memory, parse_ledger_entry

from .check_recovery import Recovered, raw


class Followed(Recovered):
    """The accounts of recovery.json, with the ledgers of ledger.json."""

    def __init__(self, files):
        super().__init__(files)
        self.good = {
            ledger["account"]: [raw(entry["entry"]) for entry in ledger["entries"]]
            for ledger in files["ledger"]["ledgers"]
        }

    def ledger(self, name, after=0):
        """As it is once the first good entries were followed."""
        vault = self.vaults[name]
        ledger = Ledger(vault.account, vault.epochs)
        ledger.follow(self.good[name][:after], False)
        return ledger

    def run_followLedger(self, case):
        ledger = self.ledger(case["account"], case["after"])
        for sequence, hash in case["seen"]:
            ledger.expect(sequence, raw(hash))
        ledger.follow(case["entries"], case["all"])

    def run_followEntry(self, case):
        self.ledger(case["account"], case["after"]).follow([case["entry"]], True)

    def run_expectHead(self, case):
        ledger = self.ledger(case["account"], case["after"])
        for sequence, hash in case["seen"]:
            ledger.expect(sequence, raw(hash))

    def run_openMemory(self, case):
        vault = self.vaults[case["account"]]
        open_memory(vault.account, vault.epochs, case["memory"])

    def run_checkBundle(self, case):
        check_bundle(case["bundle"])


def check_ledgers(files):
    world = Followed(files)
    for vector in files["ledger"]["ledgers"]:
        entries = world.good[vector["account"]]
        events = [entry["events"] * entry.get("repeat", 1) for entry in vector["entries"]]
        for after in range(len(entries) + 1):
            ledger = world.ledger(vector["account"], after)
            ledger.expect(len(entries), raw(vector["entries"][-1]["hash"]))
            ledger.follow(entries[after:], True)
            assert [named(found) for _, found in ledger.events] == events
            assert [plain(device) for device, _ in ledger.events] == [entry["device"] for entry in vector["entries"]]
        for entry, data in zip(vector["entries"], entries):
            parsed = parse_ledger_entry(data)
            assert parsed.hash.hex() == entry["hash"] and plain(parsed.payload).items() <= {**entry}.items()
            assert ledger.open(parsed).hex() == entry["contents"]
        newest = {(drawer, record.hex()): plain(list(place)) for (drawer, record), place in ledger.newest().items()}
        assert newest == {(row["drawer"], row["record"]): [row["version"], row["hash"]] for row in vector["newest"]}
        readers = {(record.hex(), person.hex()): versions for (record, person), versions in ledger.readers().items()}
        assert readers == {(row["record"], row["account"]): row["versions"] for row in vector["readers"]}
        if "memory" in vector:
            vault = world.vaults[vector["account"]]
            waiting = open_memory(vault.account, vault.epochs, raw(vector["memory"]["sealed"]))
            found = [{"within": plain(within), "event": named([event])[0]} for within, event in waiting]
            assert found == vector["memory"]["waiting"]
        for bundle in vector["bundles"]:
            head, disclosed = check_bundle(raw(bundle["bundle"]))
            assert head in (ledger.chain.head, None) and list(disclosed) == bundle["disclosed"]
            assert [named(found) for _, found in disclosed.values()] == [events[at - 1] for at in disclosed]


def named(events):
    """As they stand in the vectors: without what is null."""
    return [{name: value for name, value in plain(event).items() if value is not None} for event in events]
