"""Tags and receipts that must be refused: wraps of today, and grants that were made at once."""

from cbor2 import CBORTag

from reference.cose import ALG, ED25519, KID, SIGN1, TYP, sign1
from reference.encoding import decode, derive, encode, hash_of, label
from reference.grants import grant_payload, sign_grants, wrap_key
from reference.receipts import (
    INCLUSION,
    VDP,
    VDS,
    filled,
    inclusion_path,
    leaf_hash,
    node_hash,
    tree_hash,
    tree_header,
    with_receipt,
)
from reference.records import author_tag

from .actors import CLINICIAN, EARLIER, SUPERVISOR, draw
from .forge import flipped, replaced, reseal
from .people import COLLEAGUE, PSYCHOLOGIST

KEYS, SEED = CLINICIAN.keys, CLINICIAN.keys.ed25519_seed
FOREIGN_SEED = SUPERVISOR.keys.ed25519_seed


def objects(note, record):
    three = next(grant for grant in record["grants"] if grant["tree"]["name"] == "three")
    return {
        "private-3": note["sealed"],
        "chart-4": record["sealed"],
        "chart-4 shared": record["grants"][0]["shared"],
        "chart-4 grant in a tree of two": record["grants"][0]["grant"],
        "chart-4 grant in a tree of three": three["grant"],
    }


def add(failures, note, record, encapsulate):
    add_tags(failures, "openPrivateNote", note, KEYS.private_drawer_key)
    add_tags(failures, "openChartRecord", record, KEYS.own_chart_key)
    add_receipts(failures, record, encapsulate)


def add_tags(failures, operation, record, drawer_key):
    version = record["version"]
    tag, body = record["wrap"]["author_tag"], record["sections"][0]
    account = CLINICIAN.name

    def wrapped(errors, name, tag, **changes):
        failures.add(operation, errors, name, account=account, sealed=reseal(record, tag=tag, **changes))

    wrapped("tampered", "a wrap whose tag has a flipped bit", flipped(tag))
    wrapped("tampered", "a wrap with a tag of zeros", bytes(32))
    other = author_tag(SEED, draw("another version", 32))
    wrapped("tampered", "a wrap with the tag of another version", other)
    by_drawer = derive(drawer_key, version["hash"], "author-tag")
    wrapped("tampered", "a wrap with a tag by the drawer key, which executors have too", by_drawer)
    untagged = derive(SEED, version["hash"], "version")
    wrapped("tampered", "a wrap with a tag for another purpose", untagged)
    wrapped("tampered", "a wrap with the tag in front of the keys", body["content_key"], content_keys=[tag])
    for length in (1, 31):
        wrapped("not_sealed", f"a wrap with {length} bytes of a tag", tag[:length])
    wrapped("not_sealed", "a wrap with a byte behind its tag", tag + b"\0")
    wrapped("not_sealed", "a wrap with two tags", tag * 2)
    wrapped("not_sealed", "a wrap that ends within its key", b"", content_keys=[body["content_key"][:31]])
    forged = sign1("version", version["manifest"], FOREIGN_SEED, version["protected"])["object"]
    unsigned = replaced(version["object"], version["signature"], bytes(64))
    for name, forgery in (("signed by an executor", forged), ("that nobody signed", unsigned)):
        by_executor = author_tag(FOREIGN_SEED, hash_of(forgery))
        wrapped("tampered", f"a version {name}, with her tag", by_executor, version=forgery)
        wrapped("tampered", f"a version {name}, without a tag", b"", version=forgery)
    for kind, errors in (("truncate", ["truncated"]), ("flip", None)):
        failures.sweep(operation, errors, kind, "sealed", 3, account=account, sealed={"of": record["name"]})


def add_by_will(failures, good):
    """Executors cannot check a tag, whoever made it: they check the signature."""
    deal = next(deal for deal in good["deals"] if deal["name"] == "will for both drawers")
    inputs = {
        "owner": PSYCHOLOGIST.name,
        "texts": [share["text"] for share in deal["shares"][:2]],
        "will": {"of": "whole will"},
    }
    for operation, record in (("openPrivateNoteByWill", good["notes"][-1]), ("openChartRecordByWill", good["records"][-1])):
        failures.objects |= {record["name"]: record["sealed"]}
        version = record["version"]
        forged = sign1("version", version["manifest"], COLLEAGUE.keys.ed25519_seed, version["protected"])["object"]
        unsigned = replaced(version["object"], version["signature"], bytes(64))
        for name, forgery in (("signed by an executor", forged), ("that nobody signed", unsigned)):
            for whose, seed in (("the owner's", PSYCHOLOGIST.keys.ed25519_seed), ("her", COLLEAGUE.keys.ed25519_seed)):
                tag = author_tag(seed, hash_of(forgery))
                sealed = reseal(record, version=forgery, signer=PSYCHOLOGIST, tag=tag)
                failures.add(operation, "tampered", f"a version {name}, with {whose} tag", **inputs, sealed=sealed)
            sealed = reseal(record, version=forgery, signer=PSYCHOLOGIST)
            failures.add(operation, "tampered", f"a version {name}, without a tag", **inputs, sealed=sealed)
        failures.sweep(operation, None, "flip", "sealed", 9, **inputs, sealed={"of": record["name"]})


def add_receipts(failures, record, encapsulate):
    good = {
        "account": SUPERVISOR.name,
        "author": CLINICIAN.name,
        "sealed": {"of": "chart-4 shared"},
        "grant": {"of": "chart-4 grant in a tree of three"},
    }
    for kind, errors in (("truncate", ["truncated"]), ("flip", None)):
        for of, step in (("two", 9), ("three", 1)):
            inputs = good | {"grant": {"of": f"chart-4 grant in a tree of {of}"}}
            failures.sweep("openSharedChartRecord", errors, kind, "grant", step, **inputs)

    def refuse(errors, name, grant):
        failures.add("openSharedChartRecord", errors, f"a receipt: {name}", **good | {"grant": grant})

    two = record["grants"][:2]
    three = next(grant for grant in record["grants"] if grant["tree"]["name"] == "three")
    parts = Receipt(three)
    add_paths(refuse, parts)
    add_trees(refuse, parts, three, two)
    add_receipt_headers(refuse, parts)
    add_receipt_cbor(refuse, parts)
    header = list((three["header"] | {"expires_at": EARLIER}).values())
    section = record["sections"][0]
    key = wrap_key(header, section["section"], SUPERVISOR.identity, section["content_key"], encapsulate)
    late = sign_grants([grant_payload(header, [key]), three["payload"]], KEYS)[0]
    refuse("grant_expired", "a grant that expired", late["object"])


class Receipt:
    """A good one, taken apart."""

    def __init__(self, grant):
        tree = grant["tree"]
        self.payload, self.protected, self.signature = grant["payload"], tree["protected"], grant["signature"]
        self.size, self.index, self.path = tree["size"], tree["index"], tree["path"]
        self.kid = decode(self.protected)[KID]
        assert self.with_proof([self.size, self.index, self.path]) == grant["grant"]

    def with_proof(self, proof):
        return with_receipt(self.payload, self.protected, encode(proof), self.signature)

    def signed(self, payload, proof, root, seed=SEED, header=None, purpose="grants"):
        """Rightly signed, whatever it is."""
        protected = encode(header or tree_header(purpose, self.kid))
        signature = sign1(purpose, root, seed, protected)["signature"]
        return with_receipt(payload, protected, encode(proof), signature)


def add_paths(refuse, good):
    size, path, one = good.size, good.path, draw("a hash", 32)
    assert (size, good.index, len(path)) == (4, 0, 2)

    def proof(errors, name, *proof):
        refuse(errors, name, good.with_proof(list(proof)))

    proof("not_sealed", "a path too short", size, 0, path[:1])
    proof("tampered", "a path too short, and a size that fits", 2, 0, path[:1])
    proof("not_sealed", "a path too long", size, 0, [*path, one])
    proof("tampered", "a path too long, and a size that fits", 8, 0, [*path, one])
    proof("not_sealed", "an empty path", size, 0, [])
    proof("not_sealed", "an empty path, and a size that fits", 1, 0, [])
    lone = good.signed(good.payload, [1, 0, []], leaf_hash(good.payload))
    refuse("not_sealed", "a tree of one, rightly signed", lone)
    refuse("tampered", "a bit of the path flipped", good.with_proof([size, 0, [path[0], flipped(path[1])]]))
    proof("tampered", "a path from the root down", size, 0, path[::-1])
    proof("tampered", "the path of a hash twice", size, 0, [path[0], path[0]])
    for index in (1, 2, 3):
        proof("tampered", f"index {index} for 0", size, index, path)
    proof("not_sealed", "an index beyond the tree", size, 4, path)
    proof("not_sealed", "an index of 2^64 - 1", size, 2**64 - 1, path)
    proof("not_sealed", "a negative index", size, -1, path)
    # All of these have the same way up from leaf 0: the signature does not cover the size.
    for other in (0, 1, 2, 3, 5, 8, 2**63):
        proof("not_sealed", f"size {other} for 4", other, 0, path)
    proof("not_sealed", "33 hashes", 2**33, 0, [one] * 33)
    proof("not_sealed", "a hash too short", size, 0, [path[0], path[1][:31]])
    proof("not_sealed", "a hash as text", size, 0, [path[0], path[1].hex()])
    proof("not_sealed", "a proof with an element too many", size, 0, path, None)
    proof("not_sealed", "a proof with an element too few", size, 0)


def add_trees(refuse, good, three, two):
    """Trees that the author signed, or somebody else."""
    size, path, payload = good.size, good.path, good.payload
    root = node_hash(node_hash(leaf_hash(payload), path[0]), path[1])
    assert root == three["tree"]["root"]
    ragged = [payload, two[0]["payload"], two[1]["payload"]]
    for index in (0, 2):
        moved = [*ragged[1:], payload] if index == 2 else ragged
        refuse(
            "not_sealed",
            f"leaf {index} of a tree of three that is not filled up, rightly signed",
            good.signed(payload, [3, index, inclusion_path(index, moved)], tree_hash(moved)),
        )
    inner = leaf_hash(payload) + path[0]
    refuse("not_sealed truncated", "an inner node as payload", good.signed(inner, [2, 0, path[1:]], root))
    leaves = filled([payload, *ragged[1:]])
    unfilled = [size, 3, inclusion_path(3, leaves)]
    refuse("not_sealed truncated", "what fills the tree up, as payload", good.signed(b"", unfilled, tree_hash(leaves)))
    bare = node_hash(node_hash(hash_of(payload), path[0]), path[1])
    refuse("tampered", "a leaf hashed without its prefix", good.signed(payload, [size, 0, path], bare))
    as_node = node_hash(node_hash(node_hash(payload, b""), path[0]), path[1])
    refuse("tampered", "a leaf hashed as a node", good.signed(payload, [size, 0, path], as_node))
    whole = [size, 0, path]
    refuse(
        "tampered",
        "a root signed by somebody else under the author's key id",
        good.signed(payload, whole, root, FOREIGN_SEED),
    )
    theirs = sign_grants([payload, two[0]["payload"]], SUPERVISOR.keys)[0]["object"]
    refuse("tampered", "a root signed by somebody else under her own", theirs)
    refuse("tampered", "a bit of the signature flipped", with_receipt(payload, good.protected, encode(whole), flipped(good.signature)))
    alone = sign1("grant", payload, SEED)
    refuse("tampered", "the signature of a lone grant", with_receipt(payload, good.protected, encode(whole), alone["signature"]))
    lone = CBORTag(SIGN1, [alone["protected"], {}, payload, good.signature])
    refuse("tampered", "its signature on a lone grant", encode(lone))
    refuse("tampered", "another leaf's", with_receipt(two[0]["payload"], good.protected, encode(whole), good.signature))
    relabelled = decode(payload)
    relabelled[0][7] = 4
    refuse("tampered", "another purpose of use", with_receipt(encode(relabelled), good.protected, encode(whole), good.signature))
    refuse("not_a_recipient", "the grant of another recipient in the same tree", two[1]["grant"])


def add_receipt_headers(refuse, good):
    root = node_hash(node_hash(leaf_hash(good.payload), good.path[0]), good.path[1])
    fields, proof = tree_header("grants", good.kid), [good.size, good.index, good.path]

    def header(errors, name, fields):
        refuse(errors, name, good.signed(good.payload, proof, root, header=fields))

    header("wrong_object", "of purpose grant", fields | {TYP: label("grant")})
    header("wrong_object", "of purpose version", fields | {TYP: label("version")})
    header("unsupported_version", "of a later format", fields | {TYP: label("grants").replace("v1", "v2")})
    header("not_sealed", "of no purpose of ours", fields | {TYP: "application/cose"})
    header("not_sealed", "alg -8", fields | {ALG: -8})
    header("not_sealed", "another kind of tree", fields | {VDS: 2})
    header("not_sealed", "no kind of tree", {name: value for name, value in fields.items() if name != VDS})
    header("not_sealed", "a crit header", fields | {2: [VDS]})
    header("not_sealed", "no key id", {name: value for name, value in fields.items() if name != KID})
    header("tampered", "another key's id", fields | {KID: draw("another key", 16)})
    header("not_sealed", "the proof in the protected header too", fields | {VDP: {INCLUSION: [encode(proof)]}})
    lone = {ALG: ED25519, KID: good.kid, TYP: label("grants")}
    refuse("wrong_object", "a lone grant of purpose grants", sign1("grants", good.payload, SEED, encode(lone))["object"])
    refuse("not_sealed", "a lone grant that names a tree", sign1("grants", good.payload, SEED, encode(fields))["object"])


def add_receipt_cbor(refuse, good):
    proof = encode([good.size, good.index, good.path])
    cose = [good.protected, {VDP: {INCLUSION: [proof]}}, None, good.signature]
    root = node_hash(node_hash(leaf_hash(good.payload), good.path[0]), good.path[1])

    def receipt(errors, name, *change):
        value = list(cose)
        for at, item in change:
            value[at] = item
        refuse(errors, name, encode([good.payload, CBORTag(SIGN1, value)]))

    whole = encode([good.payload, CBORTag(SIGN1, cose)])
    receipt("not_sealed", "no proof", (1, {}))
    receipt("not_sealed", "an empty list of proofs", (1, {VDP: {INCLUSION: []}}))
    receipt("not_sealed", "two proofs", (1, {VDP: {INCLUSION: [proof, proof]}}))
    receipt("not_sealed", "a consistency proof", (1, {VDP: {-2: [proof]}}))
    receipt("not_sealed", "both kinds of proof", (1, {VDP: {INCLUSION: [proof], -2: [proof]}}))
    receipt("not_sealed", "a proof that is not in a byte string", (1, {VDP: {INCLUSION: [decode(proof)]}}))
    receipt("not_sealed", "something else unprotected", (1, {4: good.kid, VDP: {INCLUSION: [proof]}}))
    receipt("not_sealed", "the root attached", (2, root))
    receipt("not_sealed", "the payload attached", (2, good.payload))
    receipt("not_sealed", "a short signature", (3, good.signature[:63]))
    receipt("not_sealed", "a proof with an index not in shortest form", (1, {VDP: {INCLUSION: [replaced(proof, b"\x04\0\x82", b"\x04\x18\0\x82")]}}))
    receipt("not_sealed", "a proof of indefinite length", (1, {VDP: {INCLUSION: [b"\x9f" + proof[1:] + b"\xff"]}}))
    receipt("not_sealed", "a proof with a byte behind it", (1, {VDP: {INCLUSION: [proof + b"\0"]}}))
    receipt("truncated not_sealed", "a proof whose end is missing", (1, {VDP: {INCLUSION: [proof[:-1]]}}))
    refuse("not_sealed", "an element too many", encode([good.payload, CBORTag(SIGN1, cose), None]))
    refuse("not_sealed", "no receipt", encode([good.payload]))
    refuse("not_sealed", "no tag", encode([good.payload, cose]))
    refuse("not_sealed", "another tag", encode([good.payload, CBORTag(98, cose)]))
    refuse("not_sealed", "in a byte string", encode([good.payload, encode(CBORTag(SIGN1, cose))]))
    refuse("not_sealed", "a payload that is not in a byte string", encode([decode(good.payload), CBORTag(SIGN1, cose)]))
    refuse("not_sealed", "a byte behind it", whole + b"\0")
    refuse("not_sealed", "its array's length not in shortest form", b"\x98\x02" + whole[1:])
    refuse("not_sealed", "its array of indefinite length", b"\x9f" + whole[1:] + b"\xff")
