"""Wrapped keys that must be refused, although the author signed them."""

from reference.cose import ALG, CONTEXT, EK, KID, info_of, sign1
from reference.encoding import decode, encode
from reference.grants import grant_context, wrap_key

from .actors import BILLER, CLINICIAN, SUPERVISOR, draw
from .forge import flipped, regrant

SEED = CLINICIAN.keys.ed25519_seed


def add_all(add, chart, sections, encapsulate):
    header = list(chart["grants"][1]["header"].values())
    key = decode(chart["grants"][1]["keys"][0]["recipient"])
    protected = decode(key[0])

    def payload(errors, what, keys, header=header):
        add(errors, what, grant=sign1("grant", encode([header, keys]), SEED)["object"])

    def recipient(errors, what, *change, **headers):
        value = list(key)
        if headers:
            value[0] = encode(headers["protected"])
        for at, item in change:
            value[at] = item
        payload(errors, f"a COSE_recipient {what}", [["progress", value]])

    other = grant_context(header, "plan")
    payload("not_sealed", "no keys", [])
    payload("not_sealed", "a section twice", [["progress", key], ["progress", key]])
    moved = [key[0], key[1], key[2]]
    payload("tampered", "a key moved to another section", [["plan", moved]])
    payload("not_sealed invalid_section", "a section named wrongly", [["Progress", key]])
    payload("not_sealed", "an element too many", [["progress", key, None]])
    fitting = [encode(protected | {CONTEXT: other}), key[1], key[2]]
    payload("not_sealed tampered", "a section that the version does not have", [["plan", fitting]])
    recipient("tampered", "with another context", protected=protected | {CONTEXT: other})
    recipient("not_sealed", "with alg HPKE-3-KE", protected=protected | {ALG: 49})
    recipient("not_sealed", "with integrated HPKE-4", protected=protected | {ALG: 42})
    recipient("not_sealed", "with the alg of X-Wing", protected=protected | {ALG: -65537})
    recipient("not_sealed", "without key id", protected={ALG: 50, CONTEXT: protected[CONTEXT]})
    recipient("not_sealed", "with a crit header", protected=protected | {2: [CONTEXT]})
    recipient("not_sealed", "with a psk id", protected=protected | {-5: b"psk"})
    recipient(
        "tampered not_a_recipient not_sealed",
        "with another key's id",
        protected=protected | {KID: draw("another key", 16)},
    )
    other_id = encode(protected | {KID: draw("another key", 16)})
    wrapped = encapsulate(1, SUPERVISOR.identity.x25519, info_of(other_id), chart["sections"][0]["content_key"])
    fits = [other_id, {EK: wrapped[0]}, wrapped[1]]
    payload("tampered not_a_recipient not_sealed", "a key that opens, under another key's id", [["progress", fits]])
    recipient("not_sealed", "without encapsulated key", (1, {}))
    recipient("not_sealed", "with an encapsulated key too short", (1, {EK: key[1][EK][:31]}))
    recipient("not_sealed", "with an encapsulated key of X-Wing's length", (1, {EK: bytes(1120)}))
    recipient("tampered invalid_key not_sealed", "with an encapsulated key of zeros", (1, {EK: bytes(32)}))
    order_8 = 39382357235489614581723060781553021112529911719440698176882885853963445705823
    recipient(
        "tampered invalid_key not_sealed",
        "with an encapsulated key of order 8",
        (1, {EK: order_8.to_bytes(32, "little")}),
    )
    recipient("tampered", "with another encapsulated key", (1, {EK: SUPERVISOR.identity.x25519}))
    recipient("tampered", "with a flipped bit in the wrapped key", (2, flipped(key[2])))
    recipient("not_sealed", "with a wrapped key too short", (2, key[2][:47]))
    recipient("not_sealed", "with recipients of its own", (2, key[2]), protected=protected | {16: "nested"})
    three, grant = sections["grants"][1], decode(sections["grants"][1]["payload"])
    shared = {"sealed": {"of": "chart-2 shared"}}
    resigned = [grant[0], list(reversed(grant[1]))]
    add("not_sealed", "keys out of order", **shared, grant=sign1("grant", encode(resigned), SEED)["object"])
    first, second, third = grant[1]
    swapped = [[first[0], second[1]], [second[0], first[1]], third]
    add(
        "tampered",
        "two sections' keys swapped",
        **shared,
        grant=sign1("grant", encode([grant[0], swapped]), SEED)["object"],
    )
    content = {body["section"]: body["content_key"] for body in sections["sections"]}
    crossed = {**content, "plan": content["assessment"]}
    crossed = regrant(sections, three, encapsulate, SUPERVISOR, content_keys=crossed)
    add("tampered", "another section's content key, rightly wrapped", **shared, grant=crossed)
    fuller = wrap_key(grant[0], "plan", BILLER.identity, content["plan"], encapsulate)["recipient"]
    mixed = [first, ["plan", fuller], third]
    add(
        "not_sealed tampered",
        "keys to two recipients",
        **shared,
        grant=sign1("grant", encode([grant[0], mixed]), SEED)["object"],
    )
    xwing = decode(chart["grants"][0]["grant"])
    inner = decode(xwing.value[2])
    inner[1][0][1][1][EK] = flipped(inner[1][0][1][1][EK], 1)
    add("tampered", "X-Wing: a flipped bit in the ML-KEM part", grant=sign1("grant", encode(inner), SEED)["object"])
    inner = decode(xwing.value[2])
    inner[1][0][1][1][EK] = flipped(inner[1][0][1][1][EK], 1090)
    add("tampered", "X-Wing: a flipped bit in the X25519 part", grant=sign1("grant", encode(inner), SEED)["object"])
    inner = decode(xwing.value[2])
    inner[1][0][1][2] = flipped(inner[1][0][1][2], 40)
    add("tampered", "X-Wing: a flipped bit in the wrapped key", grant=sign1("grant", encode(inner), SEED)["object"])
