"""The same for recovery.json and recovery-failures.json."""

from reference.account import parse_entry, read_key_log
from reference.copied import account_secret_text, parse_account_secret, parse_recovery_code, recovery_code_text
from reference.encoding import Refused, fingerprint
from reference.grants import open_shared
from reference.records import CHART, PRIVATE, open_own
from reference.recovery import (
    TRUSTEES,
    WILL,
    check_answer,
    check_code,
    combine,
    open_answer,
    open_sealed_to,
    open_share,
    open_will,
    parse_printed,
    parse_request,
    parse_share,
    request_code,
    share_context,
)
from reference.shamir import interpolate
from reference.vault import by_passkey, by_passphrase, by_recovery_code, by_shares, unlock

KINDS = {"trustees": TRUSTEES, "will": WILL}


def raw(value):
    return bytes.fromhex(value)


class Recovered:
    """The accounts of recovery.json, unlocked by their passphrases."""

    def __init__(self, files):
        self.now, self.file = files["accounts"]["now"], files["recovery"]
        self.logs, self.vaults, self.ids = {}, {}, {}
        for account in self.file["accounts"]:
            name, self.ids[account["name"]] = account["name"], raw(account["account"])
            self.logs[name] = [raw(entry["entry"]) for entry in account["key_log"]]
            assert fingerprint(self.ids[name]) == account["fingerprint"]
            sealed = raw(account["vault"]["sealed"]), [raw(slot["sealed"]) for slot in account["slots"]]
            passphrase = account["slots"][0]["passphrase"]
            self.vaults[name] = unlock(*sealed, by_passphrase(passphrase, account["account_secret_text"]))

    def identity(self, name, entries=None):
        return read_key_log(self.ids[name], *self.logs[name][:entries])

    def receiving(self, name):
        return lambda kid: self.vaults[name].receiving(2, kid)

    def shares(self, case):
        owner = self.identity(case["owner"])
        return case["shares"] if "shares" in case else [parse_printed(owner, text) for text in case["texts"]]

    def will(self, case):
        return open_will(case["will"], self.identity(case["owner"]), self.shares(case))

    def way(self, operation, case):
        if operation == "unlock":
            return by_passphrase(case["passphrase"], case["account_secret"])
        if operation == "unlockWithPasskey":
            return by_passkey(case["prf"])
        if operation == "unlockWithRecoveryCode":
            return by_recovery_code(case["recovery_code"])
        return by_shares(self.identity(case["owner"]), self.shares(case))

    def run(self, operation, case):
        if operation.startswith("unlock"):
            return unlock(case["vault"], [case["slot"]], self.way(operation, case))
        return getattr(self, f"run_{operation}")(case)

    def run_readKeyLog(self, case):
        return read_key_log(case["id"], case["entry"], *([case["next"]] if "next" in case else []))

    def run_recoveryCode(self, case):
        return parse_recovery_code(case["text"])

    def run_accountSecret(self, case):
        return parse_account_secret(case["text"])

    def run_openRequest(self, case):
        return parse_request(case["request"])

    def run_answerDevice(self, case):
        request = parse_request(case["request"])
        if (request["account"], request["kind"]) != (self.ids[case["account"]], 1):
            raise Refused("wrong_object", "asks for something else")
        check_code(case["request"], case["code"])

    def run_answerWithShare(self, case):
        _, place, _ = parse_share(parse_printed(self.identity(case["owner"]), case["text"]))
        check_answer(case["request"], case["code"], place["account"], place["kind"])

    def run_openShare(self, case):
        owner, receiving = self.identity(case["owner"]), self.receiving(case["account"])
        return open_share(owner, KINDS[case["deal_kind"]], case["deal"], receiving, case["sealed"])

    def run_openAnswer(self, case):
        return parse_share(open_answer(case["request"], self.receiving(case["account"]), case["answer"]))

    def run_readPrintedShare(self, case):
        return parse_printed(self.identity(case["owner"]), case["text"])

    def run_openWill(self, case):
        return self.will(case)

    def run_openPrivateNoteByWill(self, case):
        return open_own(self.will(case), case["sealed"], PRIVATE)

    def run_openChartRecordByWill(self, case):
        return open_own(self.will(case), case["sealed"], CHART)

    def run_openSharedChartRecord(self, case):
        author = self.identity(case["author"], case.get("entries"))
        return open_shared(self.vaults[case["account"]], case["sealed"], case["grant"], author, self.now)


def check_recovery(files):
    world, file = Recovered(files), files["recovery"]
    for account in file["accounts"]:
        check_ways(world, account)
    for row in file["verified"]:
        assert world.vaults[row["by"]].verified(world.identity(row["account"], row["entries"])) == row["verified"], row
    codes = file["recovery_codes"]
    assert all(parse_recovery_code(text).hex() == codes["code"] for text in codes["accepted"])
    assert recovery_code_text(raw(codes["code"])) == codes["text"]
    check_records(world, file)
    check_deals(world, file)
    check_requests(world, file)
    check_wills(world, file)


def check_ways(world, account):
    """Each slot opens the vault; with a recovery code it seals nothing until that was replaced."""
    slots = {slot["slot"]: slot for slot in account["slots"]}
    sealed = raw(account["vault"]["sealed"]), [raw(slot["sealed"]) for slot in account["slots"]]
    deals = {deal["deal"]: deal for deal in world.file["deals"]}
    for slot in slots.values():
        secret = raw(slot["secret"])
        if slot["kind"] == 1:
            way = by_passphrase(slot["passphrase"], account["account_secret_text"])
        elif slot["kind"] == 2:
            way = by_passkey(secret)
        elif slot["kind"] == 3:
            way = by_recovery_code(slot["text"])
        else:
            shares = [raw(share["share"]) for share in deals[slot["slot"]]["shares"]]
            way = by_shares(world.identity(account["name"]), shares[1:])
        vault = unlock(*sealed, way)
        assert vault.may_seal() == (slot["kind"] != 3)
        assert [known.slot.hex() for known in vault.slots] == list(slots)
        assert vault.head.hex() == account["key_log"][-1]["hash"]
        assert account_secret_text(vault.account_secret) == account["account_secret_text"]
    for entry, epoch in zip(account["key_log"], account["epochs"]):
        _, value = parse_entry(raw(entry["entry"]))
        assert [value[3], value[4], *(key.hex() for key in value[5:])] == [
            epoch["epoch"],
            epoch["created_at"],
            *(epoch["public"][kind] for kind in ("ed25519", "x25519", "xwing")),
        ]


def check_records(world, file):
    for records, drawer in ((file["notes"], PRIVATE), (file["records"], CHART)):
        for record in records:
            manifest, texts = open_own(world.vaults[record["author"]], raw(record["sealed"]), drawer)
            assert texts == record["texts"] and manifest["epoch"] == record["manifest"]["epoch"]
            for grant in record.get("grants", []):
                author, reader = world.identity(record["author"]), world.vaults[grant["recipient"]]
                # The trustee pinned her by the keys before: she has to accept the new ones first.
                assert reader.verified(author) or grant["recipient"] in ("demo-psychologist", "demo-trustee")
                shared = raw(grant["shared"]), raw(grant["grant"])
                assert open_shared(reader, *shared, author, world.now)[1] == grant["texts"]


def check_deals(world, file):
    for deal in file["deals"]:
        owner, id = world.identity(deal["owner"]), raw(deal["deal"])
        shares = {share["number"]: share for share in deal["shares"]}
        for share in shares.values():
            assert (
                parse_printed(owner, share["text"]).hex()
                == parse_printed(owner, share["text"].lower()).hex()
                == share["share"]
            )
            if share["holder"]:
                opened = open_share(
                    owner, deal["kind"], id, world.receiving(share["holder"]), raw(share["sealed"]["sealed"])
                )
                assert opened.hex() == share["share"]
                assert share_context(owner.account, deal["kind"], id).hex() == share["sealed"]["context"]
        for numbers in deal["rebuilt_by"]:
            given = [raw(shares[number]["share"]) for number in numbers]
            assert combine(owner, given, deal["kind"], id).hex() == deal["secret"]
            # More points than needed lie on the same polynomial.
            points = {number: raw(shares[number]["value"]) for number in numbers}
            assert interpolate(points).hex() == deal["secret"]


def check_requests(world, file):
    for item in file["requests"]:
        request, seed = raw(item["request"]), raw(item["xwing_seed"])
        parsed = parse_request(request)
        assert parsed["account"] == world.ids[item["account"]] and parsed["kind"] == item["kind"]
        assert request_code(request) == item["code"]
        for text in item["accepted"]:
            check_code(request, text)
        for answer in item["answers"]:
            assert open_answer(request, lambda _: seed, raw(answer["sealed"])).hex() == answer["plaintext"]
            opened = open_sealed_to("answer", raw(answer["context"]), lambda _: seed, raw(answer["sealed"]))
            assert opened.hex() == answer["plaintext"]


def check_wills(world, file):
    records = {
        record["name"]: (record, drawer)
        for drawer, name in ((PRIVATE, "notes"), (CHART, "records"))
        for record in file[name]
    }
    for item in file["wills"]:
        deal = next(deal for deal in file["deals"] if deal["name"] == item["deal"])
        shares = [raw(share["share"]) for share in deal["shares"]]
        will = open_will(raw(item["sealed"]), world.identity(item["owner"]), shares[::2])
        for name in item["opens"]:
            record, drawer = records[name]
            assert open_own(will, raw(record["sealed"]), drawer)[1] == record["texts"]
