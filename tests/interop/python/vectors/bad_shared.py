"""What a recipient must be refused: grants and shared records."""

from reference.account import login
from reference.cose import ALG, ED25519, KID, TYP, sign1
from reference.encoding import decode, encode, hash_of, label
from reference.records import CHART, container

from . import bad_keys
from .actors import BILLER, CLINICIAN, EARLIER, LATER, NOW, SUPERVISOR, draw
from .bad_own import FOREIGN, foreign_tenant, two_keys
from .forge import edited, flip, flipped, regrant, replaced, splice
from .good import grant

SEED = CLINICIAN.keys.ed25519_seed


def add(failures, chart, sections, encapsulate):
    good = {
        "account": SUPERVISOR.name,
        "author": CLINICIAN.name,
        "sealed": {"of": "chart-1 shared"},
        "grant": {"of": "chart-1 grant by X25519"},
    }

    def add(errors, name, **inputs):
        failures.add("openSharedChartRecord", errors, name, **good | inputs)

    def granted(errors, name, /, **changes):
        """A grant that the author herself signed, wrong in its header."""
        to = changes.pop("to", SUPERVISOR)
        add(errors, name, grant=regrant(chart, chart["grants"][1], encapsulate, to, **changes))

    elsewhere = foreign_tenant(chart)
    abroad = grant(elsewhere, SUPERVISOR, 1, 1, encapsulate)
    add("tampered not_sealed", "a whole record of another tenant", sealed=abroad["shared"], grant=abroad["grant"])
    for name, data in FOREIGN.items():
        add("truncated not_sealed", f"{name} for a grant", grant=data)
    add_who(add, granted, failures, chart, sections)
    add_header(add, granted, chart)
    bad_keys.add_all(add, chart, sections, encapsulate)
    add_signature(add, failures, chart)
    add_bodies(add, chart, sections, encapsulate)
    add_many(add, chart, encapsulate)
    for kind, errors in (("truncate", ["truncated"]), ("flip", None)):
        for suite in ("chart-1 grant", "chart-1 grant by X25519"):
            step = 9 if suite == "chart-1 grant" else 1
            failures.sweep("openSharedChartRecord", errors, kind, "grant", step, **good | {"grant": {"of": suite}})
        failures.sweep("openSharedChartRecord", errors, kind, "sealed", 3, **good)


def add_many(add, chart, encapsulate):
    """A version of 65 sections, of which one was granted: all in order but their number."""
    body = chart["sections"][0]
    listed = [
        ["progress", body["hash"], body["commitment"]],
        *([f"s{at:02}", bytes(32), bytes(32)] for at in range(64)),
    ]
    version = sign1("version", edited(chart, sections=listed), SEED)["object"]
    hashed = {"version_hash": hash_of(version)}
    raw = regrant(chart, chart["grants"][1], encapsulate, SUPERVISOR, **hashed)
    add("not_sealed no_sections", "65 sections", sealed=container(CHART, version, None, [body["body"]]), grant=raw)


def add_who(add, granted, failures, chart, sections):
    mixed = "tampered"
    add("not_a_recipient", "a grant to another account", grant=chart["grants"][2]["grant"])
    add("not_a_recipient", "one's own grant to somebody else", account=CLINICIAN.name)
    add("not_the_author tampered", "by another author than the one named", author=BILLER.name)
    granted("grant_expired", "an expired grant", expires_at=EARLIER)
    granted("grant_expired", "a grant that expires this second", expires_at=NOW)
    add(mixed, "a grant on another record", grant={"of": "chart-2 grant"})
    add(mixed, "another record with one's grant", sealed={"of": "chart-2 shared"})
    granted(mixed, "a grant on another version", version=2)
    granted(mixed, "a grant on another record's id", record=draw("another record", 16))
    granted(mixed, "a grant on another version's hash", version_hash=draw("another version", 32))
    granted(mixed, "a grant of another tenant", tenant=draw("another tenant", 16))
    granted(f"{mixed} not_the_author", "a grant that names another granter", granter=BILLER.id)
    granted(
        f"{mixed} not_the_author",
        "an insider's grant under her own name",
        granter=SUPERVISOR.id,
        seed=SUPERVISOR.keys.ed25519_seed,
    )
    granted("tampered", "an insider's grant under the author's name", seed=SUPERVISOR.keys.ed25519_seed)
    # Moved: the biller's wrapped key, under a header that names the supervisor.
    moved = decode(chart["grants"][2]["payload"])[1]
    granted(mixed, "another recipient's wrapped key", keys=[{"section": name, "recipient": key} for name, key in moved])
    granted("tampered not_a_recipient not_sealed", "a key wrapped to another recipient", to=BILLER)
    add("truncated not_sealed wrong_object", "the record in place of the grant", grant={"of": "chart-1 shared"})
    add("not_sealed wrong_object truncated", "the grant in place of the record", sealed={"of": "chart-1 grant"})
    add("wrong_object", "a private note in place of the record", sealed={"of": "private-1"})
    add("wrong_object", "a key log entry in place of the grant", grant=CLINICIAN.entry["object"])
    signed = login(CLINICIAN.keys, CLINICIAN.id, "https://notes.example", draw("challenge", 32))
    add("wrong_object", "a login in place of the grant", grant=signed["object"])
    add("wrong_object", "the version in place of the grant", grant=chart["version"]["object"])


def add_header(add, granted, chart):
    structural = "not_sealed"
    for purpose in (0, 6, 2**40):
        granted(structural, f"purpose of use {purpose}", purpose_of_use=purpose)
    granted(structural, "an expiry as text", expires_at="never")
    granted(structural, "a negative time", granted_at=-1)
    granted(structural, "a version as text", version="1")
    granted(structural, "a short recipient", recipient=SUPERVISOR.id[:31])
    for suite in (0, 2, 3):
        keys = [
            {"section": key["section"], "recipient": decode(key["recipient"])} for key in chart["grants"][1]["keys"]
        ]
        errors = "tampered" if suite == 2 else structural  # suite 2 exists: what tells is the keys' context
        granted(errors, f"suite {suite} with keys of suite 1", suite=suite, keys=keys)
    # Everything that is authenticated, changed under the author's old signature.
    good = chart["grants"][1]["grant"]
    header = chart["grants"][1]["header"]
    for what, old, new in (
        ("expiry", encode(LATER), encode(LATER + 1)),
        ("recipient", header["recipient"], BILLER.id),
        ("version's hash", header["version_hash"], draw("another version", 32)),
    ):
        add(
            "not_sealed tampered not_a_recipient",
            f"another {what} under the old signature",
            grant=replaced(good, old, new),
        )
    time = encode(header["granted_at"])
    relabelled = replaced(good, b"\x01\x01" + time, b"\x01\x04" + time)
    add("tampered", "another purpose of use under the old signature", grant=relabelled)


def add_signature(add, failures, chart):
    good = chart["grants"][1]
    fields = {ALG: ED25519, KID: decode(decode(good["grant"]).value[0])[KID], TYP: label("grant")}
    add(
        "tampered",
        "a flipped bit in the grant's signature",
        grant=flip(failures.objects, "chart-1 grant by X25519", good["signature"]),
    )
    add("tampered", "a grant without a signature", grant=replaced(good["grant"], good["signature"], bytes(64)))
    confused = sign1("login", good["payload"], SEED)["signature"]
    add("tampered", "a signature made for a login", grant=replaced(good["grant"], good["signature"], confused))
    confused = sign1("version", good["payload"], SEED)["signature"]
    add("tampered", "a signature made for a version", grant=replaced(good["grant"], good["signature"], confused))
    posing = sign1("grant", good["payload"], BILLER.keys.ed25519_seed, encode(fields))["object"]
    add("tampered", "signed by another key under the author's key id", grant=posing)
    order = 2**252 + 27742317777372353535851937790883648493
    s = int.from_bytes(good["signature"][32:], "little") + order
    add(
        "tampered",
        "a signature whose S is not canonical",
        grant=replaced(good["grant"], good["signature"], good["signature"][:32] + s.to_bytes(32, "little")),
    )

    def header(errors, what, value):
        add(errors, f"a grant {what}", grant=sign1("grant", good["payload"], SEED, encode(value))["object"])

    header("unsupported_version", "of a later format", fields | {TYP: label("grant").replace("v1", "v2")})
    header("wrong_object", "reserved for later (release)", fields | {TYP: label("release")})
    header("not_sealed", "with alg -8", fields | {ALG: -8})
    header("not_sealed", "with a crit header", fields | {2: [TYP]})
    header("not_sealed", "without key id", {ALG: ED25519, TYP: fields[TYP]})
    header("tampered", "under another key's id", fields | {KID: draw("another key", 16)})
    add(
        "not_sealed",
        "a byte after the grant",
        grant=splice("chart-1 grant by X25519", len(good["grant"]), insert=b"\0"),
    )
    version = chart["version"]
    shared = chart["grants"][1]["shared"]
    unsigned = replaced(shared, version["signature"], bytes(64))
    add("tampered", "a version without a signature", sealed=unsigned)
    add(
        "tampered",
        "a flipped bit in the version's signature",
        sealed=replaced(shared, version["signature"], flipped(version["signature"])),
    )
    reflagged = sign1("version", edited(chart, flags=0), SEED)["object"]
    add(
        "tampered",
        "a version that the author signed, but the grant is not on",
        sealed=container(CHART, reflagged, None, decode(shared)[3]),
    )


def add_bodies(add, chart, sections, encapsulate):
    shared = decode(sections["grants"][0]["shared"])
    assessment, plan, subjective = shared[3]
    three = {"grant": {"of": "chart-2 grant"}}

    def served(errors, what, bodies):
        add(errors, what, **three, sealed=encode([*shared[:3], bodies]))

    served("tampered not_sealed", "a granted body left out", [assessment, subjective])
    served("not_sealed", "bodies in another order", [plan, assessment, subjective])
    served("not_sealed", "a body twice", [assessment, plan, plan, subjective])
    served("not_sealed", "no bodies", [])
    served(
        "tampered",
        "another record's body in between",
        [assessment, chart["sections"][0]["body"], subjective],
    )
    add(
        "tampered",
        "another record's bodies",
        sealed=encode([*decode(chart["grants"][0]["shared"])[:3], [plan]]),
    )
    body = decode(plan)
    value = list(body.value)
    value[3] = [decode(chart["grants"][1]["keys"][0]["recipient"])]
    body.value = value
    served(
        "tampered",
        "a body with recipients appended, as in an export",
        [assessment, encode(body), subjective],
    )
    crafted, payload, keys = two_keys(chart)
    version = sign1("version", payload, SEED)["object"]
    grant = regrant(
        chart,
        chart["grants"][1],
        encapsulate,
        SUPERVISOR,
        content_keys={"progress": keys[1]},
        version_hash=hash_of(version),
    )
    sealed = container(CHART, version, None, [crafted])
    add("tampered", "a body that opens under two keys, granted with the other one", grant=grant, sealed=sealed)
