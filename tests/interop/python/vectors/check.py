"""The reference implementation runs every vector from its JSON, as any other implementation would."""

from reference.account import read_key_log
from reference.copied import parse_account_secret
from reference.cose import hpke_decrypt, parse_sign1, verify
from reference.encoding import Refused, fingerprint, hash_of, padded_length, unpad
from reference.grants import open_shared, parse_grant
from reference.receipts import leaf_hash, root_of
from reference.records import CHART, PRIVATE, open_draft, open_own
from reference.vault import by_passphrase, unlock

from . import actors
from .forge import applied

BYTES = "sealed grant vault slot entry next id padded request answer will prf deal bundle memory".split()
LISTS = ("shares", "entries")
OPENERS = {
    "openPrivateNote": (open_own, PRIVATE),
    "openChartRecord": (open_own, CHART),
    "openPrivateDraft": (open_draft, PRIVATE),
    "openChartDraft": (open_draft, CHART),
}


class World:
    """The accounts of accounts.json, unlocked from what is stored of them."""

    def __init__(self, files):
        self.now = files["accounts"]["now"]
        self.identities, self.vaults = {}, {}
        for account in files["accounts"]["accounts"]:
            entry = bytes.fromhex(account["key_log"]["entry"])
            self.identities[account["name"]] = read_key_log(hash_of(entry), entry)
            assert account["account"] == hash_of(entry).hex() and account["fingerprint"] == fingerprint(hash_of(entry))
            if "passphrase" in account:
                sealed = bytes.fromhex(account["vault"]["sealed"]), [bytes.fromhex(account["slot"]["sealed"])]
                way = by_passphrase(account["passphrase"], account["account_secret_text"])
                self.vaults[account["name"]] = unlock(*sealed, way)

    def run(self, operation, case):
        if operation == "unlock":
            way = by_passphrase(case["passphrase"], case["account_secret"])
            return unlock(case["vault"], [case["slot"]], way)
        if operation == "readKeyLog":
            return read_key_log(case["id"], case["entry"])
        if operation == "unpad":
            return unpad(case["padded"])
        if operation == "accountSecret":
            return parse_account_secret(case["text"])
        vault = self.vaults[case["account"]]
        if operation == "openSharedChartRecord":
            return open_shared(vault, case["sealed"], case["grant"], self.identities[case["author"]], self.now)
        opener, drawer = OPENERS[operation]
        return opener(vault, case["sealed"], drawer)


def check_good(files):
    world = World(files)
    for note in files["private-notes"]["notes"]:
        _, texts = open_own(world.vaults[note["author"]], bytes.fromhex(note["sealed"]), PRIVATE)
        assert texts == note["texts"]
    for record in files["chart-records"]["records"]:
        author = world.identities[record["author"]]
        _, texts = open_own(world.vaults[record["author"]], bytes.fromhex(record["sealed"]), CHART)
        assert texts == record["texts"]
        verify(parse_sign1(bytes.fromhex(record["version"]["object"]), "version"), author.ed25519)
        for grant in record["grants"]:
            if grant["recipient"] in world.vaults:
                shared = bytes.fromhex(grant["shared"]), bytes.fromhex(grant["grant"])
                _, texts = open_shared(world.vaults[grant["recipient"]], *shared, author, world.now)
                assert texts == grant["texts"]
            for key in grant["keys"]:
                owner = next(a for a in (actors.SUPERVISOR, actors.BILLER) if a.name == grant["recipient"])
                suite = grant["header"]["suite"]
                parts = [bytes.fromhex(key[part]) for part in ("info", "ek", "ciphertext")]
                section = next(s for s in record["sections"] if s["section"] == key["section"])
                assert hpke_decrypt(suite, owner.keys.receiving(suite), *parts).hex() == section["content_key"]
            check_tree(grant)
    for draft in files["drafts"]["drafts"]:
        drawer = ("private", "chart").index(draft["drawer"])
        _, text = open_draft(world.vaults[draft["author"]], bytes.fromhex(draft["sealed"]), drawer)
        assert text == draft.get("text", draft.get("texts"))
    for login in files["accounts"]["logins"]:
        verify(parse_sign1(bytes.fromhex(login["login"]), "login"), world.identities[login["account"]].ed25519)
    secrets = files["accounts"]["account_secrets"]
    assert all(parse_account_secret(text).hex() == secrets["account_secret"] for text in secrets["accepted"])
    assert all(padded_length(item["length"], item["floor"]) == item["padded_length"] for item in files["padding"]["lengths"])
    for item in files["padding"]["padded"]:
        assert unpad(bytes.fromhex(item["padded"])).hex() == item["text"]


def check_tree(grant):
    """The receipt by RFC 9162 as it is for trees of any size; one encapsulation for what is made at once."""
    signed, _, keys = parse_grant(bytes.fromhex(grant["grant"]))
    tree = grant.get("tree")
    assert ("root" in signed) == (tree is not None)
    if tree is not None:
        leaf, path = leaf_hash(signed["payload"]), [bytes.fromhex(hashed) for hashed in tree["path"]]
        assert leaf.hex() == tree["leaf"] and root_of(leaf, tree["size"], tree["index"], path).hex() == tree["root"]
        assert signed["root"].hex() == tree["root"] and len({key["ek"] for key in keys.values()}) == 1


def inputs(case, objects):
    def raw(value):
        if isinstance(value, dict):
            edits = [
                [at, remove, bytes.fromhex(insert), *repeat] for at, remove, insert, *repeat in value.get("edits", [])
            ]
            return applied(objects, {"of": value["of"], "edits": edits})
        return bytes.fromhex(value)

    def read(name, value):
        if name in LISTS and isinstance(value, list):
            return [raw(item) for item in value]
        return raw(value) if name in BYTES else value

    return {name: read(name, value) for name, value in case.items()}


def altered(data, kind, step):
    for at in range(0, len(data), step):
        yield at, data[:at] if kind == "truncate" else data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :]


def check_failures(failures, world):
    objects = {name: bytes.fromhex(value) for name, value in failures["objects"].items()}
    wrong, names = [], set()

    def expect(name, operation, case, errors):
        try:
            world.run(operation, case)
            code = "opened"
        except Refused as refused:
            code = refused.code
        if code not in errors:
            wrong.append(f"{name}: {code}, expected {' or '.join(errors)}")

    for case in failures["cases"]:
        assert case["name"] not in names, f"{case['name']} twice"
        names.add(case["name"])
        expect(case["name"], case["operation"], inputs(case, objects), case["errors"])
    for sweep in failures["sweeps"]:
        case = inputs(sweep, objects)
        for at, data in altered(case[sweep["field"]], sweep["kind"], sweep["step"]):
            expect(f"{sweep['name']} at {at}", sweep["operation"], {**case, sweep["field"]: data}, sweep["errors"])
    assert not wrong, "\n".join(wrong)
