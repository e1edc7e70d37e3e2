"""What must be refused at each layer of a stored version, in both drawers."""

from reference.account import login
from reference.cose import ALG, CHACHA20_POLY1305, CONTEXT, ED25519, IV, KID, TYP, seal, sign1
from reference.encoding import decode, derive, encode, hash_of, label, pad, padded_length

from .actors import CLINICIAN, SUPERVISOR, draw
from .forge import edited, flip, flipped, replaced, reseal, splice
from .good import seal_record


def add_cbor(add, record):
    """RFC 8949 §4.2.1 at every layer: container, version, manifest, header."""
    sealed, manifest = record["sealed"], record["version"]["manifest"]
    name, protected = record["name"], record["version"]["protected"]
    add("not_sealed", "a byte after the end", splice(name, len(sealed), insert=b"\0"))
    add("not_sealed", "the same twice", sealed + sealed[:3])
    add("not_sealed", "its array's length not in shortest form", splice(name, 0, 1, b"\x98\x04"))
    add("not_sealed", "its array of indefinite length", b"\x9f" + sealed[1:] + b"\xff")
    add("not_sealed truncated", "an element too many", splice(name, 0, 1, b"\x85"))
    add("not_sealed", "an element too few", splice(name, 0, 1, b"\x83"))
    add("not_sealed", "a self-described CBOR tag in front", b"\xd9\xd9\xf7" + sealed)
    record_id = record["manifest"]["record"]

    def wrong(errors, what, data):
        add(errors, f"a manifest with {what}", reseal(record, data))

    wrong(
        "not_sealed",
        "an integer not in shortest form",
        replaced(
            manifest,
            encode(record["manifest"]["written_at"]),
            b"\x1b\0\0\0\0" + encode(record["manifest"]["written_at"])[1:],
        ),
    )
    wrong(
        "not_sealed",
        "a float",
        replaced(manifest, encode(record["manifest"]["written_at"]), encode(float(record["manifest"]["written_at"]))),
    )
    wrong(
        "not_sealed",
        "true for 1",
        replaced(manifest, encode(record_id) + bytes([record["manifest"]["drawer"]]), encode(record_id) + b"\xf5"),
    )
    wrong("not_sealed", "undefined for null", replaced(manifest, b"\x01\xf6", b"\x01\xf7"))
    wrong(
        "not_sealed",
        "a byte string in two chunks",
        replaced(manifest, encode(record_id), b"\x5f" + encode(record_id[:8]) + encode(record_id[8:]) + b"\xff"),
    )
    wrong("not_sealed", "an array of indefinite length", b"\x9f" + manifest[1:] + b"\xff")
    wrong("not_sealed", "a byte after its end", manifest + b"\0")
    wrong(
        "not_sealed",
        "a date's tag",
        replaced(
            manifest, encode(record["manifest"]["written_at"]), b"\xc1" + encode(record["manifest"]["written_at"])
        ),
    )
    wrong(
        "not_sealed",
        "text that is not UTF-8",
        replaced(manifest, encode(record["sections"][0]["section"]), b"\x62\xc3\x28"),
    )
    wrong("truncated not_sealed", "its end missing", manifest[:-1])
    wrong(
        "truncated not_sealed",
        "a length beyond its end",
        replaced(manifest, encode(record_id), b"\x5a\x7f\xff\xff\xff" + record_id),
    )

    def header(what, data):
        version = sign1("version", manifest, CLINICIAN.keys.ed25519_seed, data)["object"]
        add("not_sealed truncated", f"a header {what}", reseal(record, version=version))

    parts = [b"\x01\x32", b"\x04" + encode(decode(protected)[KID]), b"\x10" + encode(label("version"))]
    assert b"\xa3" + b"".join(parts) == protected
    header("out of order", b"\xa3" + parts[1] + parts[0] + parts[2])
    header("with an entry twice", b"\xa4" + parts[0] + parts[0] + parts[1] + parts[2])
    header("of indefinite length", b"\xbf" + b"".join(parts) + b"\xff")
    header("that is no map", encode([1, 2, 3]))
    header("that is empty", b"")


def add_manifest(add, record):
    def wrong(errors, what, /, **changes):
        add(errors, f"a manifest with {what}", reseal(record, edited(record, **changes)))

    head = record["manifest"]
    wrong("not_sealed", "version 0", version=0)
    zeroth = head | {"version": 0, "previous": draw("previous", 32)}
    add("not_sealed", "version 0, all else in order", seal_record(record["name"], zeroth, record["texts"])["sealed"])
    wrong("not_sealed", "version 1 and a previous hash", previous=draw("previous", 32))
    wrong("not_sealed", "version 2 and no previous hash", version=2)
    wrong("not_sealed", "a negative version", version=-1)
    wrong("not_sealed", "a third drawer", drawer=2)
    wrong("wrong_object not_sealed", "the other drawer", drawer=1 - head["drawer"])
    wrong("not_sealed", "flags unknown", flags=4)
    wrong("not_sealed", "epoch 0", epoch=0)
    wrong("tampered not_sealed", "an epoch the author never had", epoch=2)
    wrong("not_sealed", "links, reserved for later", links={1: [head["record"]]})
    wrong("not_sealed", "a short hash", previous=draw("previous", 31), version=2)
    wrong("not_sealed", "a tenant as text", tenant=head["tenant"].hex())
    wrong("tampered", "another record's id", record=draw("another record", 16))
    wrong("tampered", "another client", client=draw("another client", 16))
    wrong("tampered", "another tenant", tenant=draw("another tenant", 16))
    wrong("tampered", "another version number", version=2, previous=draw("previous", 32))
    wrong("tampered", "another author", author=SUPERVISOR.id)
    listed = decode(record["version"]["manifest"])[12]
    wrong("tampered", "another body's hash", sections=[[listed[0][0], draw("body hash", 32), listed[0][2]]])
    wrong("tampered", "another commitment", sections=[[*listed[0][:2], draw("commitment", 32)]])
    long = decode(record["version"]["manifest"])
    add("not_sealed", "a manifest with an element too many", reseal(record, encode([*long, None])))
    add("not_sealed", "a manifest with an element too few", reseal(record, encode(long[:-1])))
    add("not_sealed", "a manifest that is a map", reseal(record, encode(dict(enumerate(long)))))


def add_signature_headers(add, record):
    """The profile of §2.2: nothing may be added, missing or different."""
    manifest, seed = record["version"]["manifest"], CLINICIAN.keys.ed25519_seed
    fields = decode(record["version"]["protected"])

    def header(errors, what, value):
        add(
            errors,
            f"a version {what}",
            reseal(record, version=sign1("version", manifest, seed, encode(value))["object"]),
        )

    header("not_sealed", "with alg -8, which leaves the curve open", fields | {ALG: -8})
    header("not_sealed", "with alg ES256", fields | {ALG: -7})
    header("not_sealed", "without alg", {KID: fields[KID], TYP: fields[TYP]})
    header("not_sealed", "without key id", {ALG: ED25519, TYP: fields[TYP]})
    header("not_sealed", "without typ", {ALG: ED25519, KID: fields[KID]})
    header("not_sealed", "with a crit header", fields | {2: [TYP]})
    header("not_sealed", "with an unknown header", fields | {-70_000: 0})
    header("not_sealed", "with a foreign typ", fields | {TYP: "application/cose"})
    header("wrong_object", "with the typ of a login", fields | {TYP: label("login")})
    header("wrong_object", "with the typ of a grant", fields | {TYP: label("grant")})
    value = decode(record["version"]["object"])
    for what, change in {
        "with alg outside the protected header": (1, {ALG: ED25519}),
        "with a detached payload": (2, None),
        "with a short signature": (3, value.value[3][:63]),
        "under the tag of a COSE_Mac0": (None, 17),
    }.items():
        changed = decode(record["version"]["object"])
        if change[0] is None:
            changed.tag = change[1]
        else:
            items = list(changed.value)
            items[change[0]] = change[1]
            changed.value = items
        add("not_sealed", f"a version {what}", reseal(record, version=encode(changed)))
    signed = login(CLINICIAN.keys, CLINICIAN.id, "https://notes.example", draw("challenge", 32))["object"]
    add("wrong_object", "a login in place of the version", reseal(record, version=signed))
    add("wrong_object", "a key log entry in place of the version", reseal(record, version=CLINICIAN.entry["object"]))
    parts = decode(record["sealed"])
    add(
        "tampered",
        "a flipped bit in the signature",
        replaced(record["sealed"], record["version"]["signature"], flipped(record["version"]["signature"])),
    )
    unsigned = replaced(parts[1], record["version"]["signature"], bytes(64))
    add("tampered", "a version without a signature", encode([parts[0], unsigned, *parts[2:]]))


def add_body(failures, add, record):
    """Wrap and body: hash, context, commitment, tag, padding, in this order."""
    name, sealed = record["name"], record["sealed"]
    drawer = ("private", "chart")[record["manifest"]["drawer"]]
    body, wrap = record["sections"][0], record["wrap"]
    objects = {name: sealed}
    wrap_ciphertext = decode(wrap["object"]).value[2]
    body_ciphertext = decode(body["body"]).value[2]
    add(
        "tampered",
        "a flipped bit in the wrap's context",
        splice(
            name, sealed.index(wrap["protected"]) + len(wrap["protected"]) - 1, 1, bytes([wrap["protected"][-1] ^ 1])
        ),
    )
    add("tampered", "a flipped bit in the wrap's iv", flip(objects, name, wrap["iv"]))
    add("tampered", "a flipped bit in the wrapped keys", flip(objects, name, wrap_ciphertext))
    add("tampered", "a flipped bit in the wrap's tag", flip(objects, name, wrap_ciphertext[-16:]))
    add("tampered", "a flipped bit in the body's context", flip(objects, name, body["context"]))
    add("tampered", "a flipped bit in the body's iv", flip(objects, name, body["iv"]))
    add("tampered", "a flipped bit in the body's ciphertext", flip(objects, name, body_ciphertext))
    add("tampered", "a flipped bit in the body's tag", flip(objects, name, body_ciphertext[-16:]))
    other = SUPERVISOR.keys
    stolen = seal(
        f"{drawer}-wrap",
        {CONTEXT: record["version"]["hash"]},
        derive(other.own_chart_key, record["version"]["hash"], f"{drawer}-wrap"),
        wrap["iv"],
        body["content_key"],
    )
    rest = decode(sealed)
    add("tampered", "a wrap under another account's key", encode([*rest[:2], stolen["object"], rest[3]]))
    crossed = CLINICIAN.keys.own_chart_key if drawer == "private" else CLINICIAN.keys.private_drawer_key
    crossed = seal(
        f"{drawer}-wrap",
        {CONTEXT: record["version"]["hash"]},
        derive(crossed, record["version"]["hash"], f"{drawer}-wrap"),
        wrap["iv"],
        body["content_key"],
    )
    add("tampered", "a wrap under the other drawer's key", encode([*rest[:2], crossed["object"], rest[3]]))
    add("tampered", "a wrap of another content key", reseal(record, content_keys=[draw("another content key", 32)]))

    def forged(errors, what, plaintext=None, protected=None, key=body["content_key"], object=None, **extra):
        purpose = extra.pop("purpose", f"{drawer}-body")
        made = (
            object
            or seal(purpose, {CONTEXT: body["context"]}, key, body["iv"], plaintext or body["padded"], protected)[
                "object"
            ]
        )
        commitment = derive(key, body["context"], "commitment")
        payload = edited(record, sections=[[body["section"], hash_of(made), commitment]])
        add(errors, f"a body {what}", reseal(record, payload, bodies=[made], content_keys=[key]))

    forged("not_sealed", "whose length no padding gives", body["padded"] + b"\0")
    forged("not_sealed", "that is not padded", b"Synthetic text")
    forged("not_sealed tampered", "without the padding's mark", bytes(256))
    forged("not_sealed tampered", "with another padding mark", b"text\x81".ljust(256, b"\0"))
    forged("not_sealed tampered", "padded further than the rule", pad(b"text") + bytes(16))
    forged("not_sealed tampered", "whose text is not UTF-8", pad(b"\xc3\x28"))
    fields = decode(body["protected"])
    forged("not_sealed", "with another algorithm", protected=encode(fields | {ALG: 3}))
    forged("not_sealed", "without context", protected=encode({ALG: CHACHA20_POLY1305, TYP: fields[TYP]}))
    forged("not_sealed", "without typ", protected=encode({ALG: CHACHA20_POLY1305, CONTEXT: fields[CONTEXT]}))
    forged("not_sealed", "with a crit header", protected=encode(fields | {2: [TYP]}))
    forged("wrong_object", "with the typ of a draft", protected=encode(fields | {TYP: label(f"{drawer}-draft")}))
    forged(
        "tampered",
        "made for another section",
        protected=encode(fields | {CONTEXT: draw("another context", 32)}),
    )
    value = decode(body["body"])
    ciphertext = value.value[2]
    for what, at, item in (
        ("with an iv of 24 bytes", 1, {IV: bytes(24)}),
        ("with an iv in no header", 1, {}),
        ("with a header too many", 1, {IV: body["iv"], KID: b"k"}),
        ("without a tag", 2, ciphertext[:15]),
        ("that is detached", 2, None),
    ):
        items = list(value.value)
        items[at] = item
        changed = decode(body["body"])
        changed.value = items
        forged("not_sealed", what, object=encode(changed))
    long = decode(body["body"])
    # 2^20 + 1 bytes pad to more than 2^20 do: no ciphertext can be that long. Zeros stand for it.
    size = padded_length(padded_length(1 << 20)) + 16
    items = list(long.value)
    items[2] = b"ciphertext!"
    long.value = items
    short = encode(long)
    large = replaced(short, encode(b"ciphertext!"), encode(bytes(size)))
    payload = edited(record, sections=[[body["section"], hash_of(large), body["commitment"]]])
    stored = reseal(record, payload, bodies=[large])
    at = stored.index(bytes(size))
    base = f"{name} with a body over 1 MiB, its ciphertext's zeros left out"
    failures.objects[base] = stored[:at] + stored[at + size :]
    add("section_too_large not_sealed", "a body over 1 MiB", splice(base, at, insert=b"\0", repeat=size))
