"""Notes and records that must be refused to their author."""

from reference.cose import sign1
from reference.encoding import decode, encode, hash_of, label

from . import bad_layers
from .actors import CLINICIAN, SUPERVISOR, draw
from .forge import edited, replaced, reseal, two_key_body
from .good import seal_record

ME = CLINICIAN.name
FOREIGN = {
    "nothing": b"",
    "text": b"Progress note, unencrypted",
    "a JSON document": b'{"ciphertext":"AAAA"}',
    "a PNG": bytes.fromhex("89504e470d0a1a0a0000000d49484452"),
    "zeros": bytes(64),
    "ones": b"\xff" * 64,
    "deep nesting": b"\x81" * 300,
    "an endless array": b"\x9f" * 64,
    "an array of 2^32 elements": bytes.fromhex("9affffffff") + b"\x00" * 32,
    "a byte string of 2^63 bytes": bytes.fromhex("84617661785b7fffffffffffffff00"),
    "a map": encode({1: 2}),
    "another age's file": b"age-encryption.org/v1\n-> X25519 ",
}


def add(failures, private, chart, sections):
    for name, data in FOREIGN.items():
        for operation in ("openPrivateNote", "openChartRecord"):
            failures.add(operation, "truncated not_sealed", name, account=ME, sealed=data)
    add_drawers(failures, private, chart)
    add_private(failures, private)
    add_chart(failures, chart, sections)
    add_two_keys(failures, chart)
    for operation, record in (("openPrivateNote", private), ("openChartRecord", chart)):

        def add(errors, name, sealed, operation=operation):
            failures.add(operation, errors, name, account=ME, sealed=sealed)

        add("tampered not_sealed wrong_object", "a whole version of another tenant", foreign_tenant(record)["sealed"])
        bad_layers.add_cbor(add, record)
        bad_layers.add_manifest(add, record)
        bad_layers.add_signature_headers(add, record)
        bad_layers.add_body(failures, add, record)
        for kind, errors in (("truncate", ["truncated"]), ("flip", None)):
            failures.sweep(operation, errors, kind, "sealed", account=ME, sealed={"of": record["name"]})


def foreign_tenant(record):
    """The same by the same author, but for another platform: all of it rightly signed and sealed."""
    head = record["manifest"] | {"tenant": draw("another tenant", 16)}
    return seal_record(f"{record['name']} of another tenant", head, record["texts"])


def add_drawers(failures, private, chart):
    """Nothing of one drawer is anything in the other."""

    def add(operation, errors, name, sealed, account=ME):
        failures.add(operation, errors, name, account=account, sealed=sealed)

    add("openChartRecord", "wrong_object", "a private note", {"of": "private-1"})
    add("openPrivateNote", "wrong_object", "a chart record", {"of": "chart-1"})
    parts = decode(private["sealed"])
    add(
        "openChartRecord",
        "wrong_object",
        "a private note in a chart record's container",
        encode([label("chart-record"), *parts[1:3], [parts[3]]]),
    )
    parts = decode(chart["sealed"])
    add(
        "openPrivateNote",
        "wrong_object",
        "a chart record in a private note's container",
        encode([label("private-note"), *parts[1:3], parts[3][0]]),
    )
    key = {"content_keys": [private["sections"][0]["content_key"]]}
    body = private["sections"][0]["body"]
    relabelled = edited(private, drawer=1, suites=[1, 2])
    forged = decode(reseal({**chart, "sections": private["sections"]}, relabelled, **key))
    add("openChartRecord", "not_sealed wrong_object", "a private body under a chart version", encode(forged))
    named = edited(chart, sections=[["progress", hash_of(body), private["sections"][0]["commitment"]]])
    add(
        "openChartRecord",
        "not_sealed wrong_object",
        "a chart version that names a private body",
        reseal(chart, named, bodies=[body], **key),
    )
    body = chart["sections"][0]["body"]
    named = edited(private, sections=[["note", hash_of(body), chart["sections"][0]["commitment"]]])
    content = {"content_keys": [chart["sections"][0]["content_key"]]}
    add(
        "openPrivateNote",
        "not_sealed wrong_object",
        "a private version that names a chart body",
        reseal(private, named, bodies=[body], **content),
    )
    for operation, record in (("openPrivateNote", private), ("openChartRecord", chart)):
        add(operation, "not_the_author", "by another account", {"of": record["name"]}, SUPERVISOR.name)
        later = label("private-note" if record is private else "chart-record").encode()
        add(
            operation,
            "unsupported_version",
            "a container of a later format",
            replaced(record["sealed"], later, later.replace(b"v1", b"v2")),
        )
        for what in (
            "version",
            "private-wrap" if record is private else "chart-wrap",
            "private-body" if record is private else "chart-body",
        ):
            old = encode(label(what))
            if what == "version":
                new = sign1(
                    "version",
                    record["version"]["manifest"],
                    CLINICIAN.keys.ed25519_seed,
                    replaced(record["version"]["protected"], old, encode(label(what).replace("v1", "v2"))),
                )
                add(
                    operation,
                    "unsupported_version",
                    f"a {what} of a later format",
                    reseal(record, version=new["object"]),
                )
            else:
                sealed = replaced(record["sealed"], old, encode(label(what).replace("v1", "v2")))
                errors = "unsupported_version" if "wrap" in what else "unsupported_version not_sealed tampered"
                add(operation, errors, f"a {what} of a later format", sealed)


def add_private(failures, private):
    def add(errors, name, sealed):
        failures.add("openPrivateNote", errors, name, account=ME, sealed=sealed)

    note = [["note", private["sections"][0]["hash"], private["sections"][0]["commitment"]]]
    add("not_sealed", "suites in the private drawer", reseal(private, edited(private, suites=[1, 2])))
    add("not_sealed", "a section of another name", reseal(private, edited(private, sections=[["text", *note[0][1:]]])))
    two = edited(private, sections=[*note, ["zweite", *note[0][1:]]])
    add("not_sealed", "two sections", reseal(private, two, content_keys=[private["sections"][0]["content_key"]] * 2))
    parts = decode(private["sealed"])
    add("not_sealed", "a list of bodies", encode([*parts[:3], [parts[3]]]))
    add("not_sealed", "no wrap", encode([*parts[:2], None, parts[3]]))
    # A private body has no room for recipients: given some anyway, it is no private body.
    body = decode(parts[3])
    value = [*body.value, [[b"", {}, b""]]]
    body.value, body.tag = value, 96
    add("not_sealed tampered", "a body with recipients", encode([*parts[:3], encode(body)]))


def add_chart(failures, chart, sections):
    def add(errors, name, sealed):
        failures.add("openChartRecord", errors, name, account=ME, sealed=sealed)

    three = decode(sections["sealed"])
    head, (assessment, plan, subjective) = three[:3], three[3]
    add("not_the_author not_sealed", "without the author's wrap", {"of": "chart-1 shared"})
    add("not_sealed", "a body missing", encode([*head, [assessment, subjective]]))
    add("not_sealed", "no bodies", encode([*head, []]))
    add("not_sealed", "a body twice", encode([*head, [assessment, plan, plan]]))
    add("not_sealed", "a body too many", encode([*head, [assessment, plan, subjective, subjective]]))
    add("not_sealed", "bodies in another order", encode([*head, [plan, assessment, subjective]]))
    add(
        "tampered",
        "another record's body",
        encode([*head, [assessment, plan, decode(chart["sealed"])[3][0]]]),
    )
    other = decode(chart["sealed"])
    add("tampered", "another record's wrap", encode([*head[:2], other[2], three[3]]))
    add("tampered", "another record's version", encode([head[0], other[1], head[2], three[3]]))
    listed = [[body["section"], body["hash"], body["commitment"]] for body in sections["sections"]]
    keys = [body["content_key"] for body in sections["sections"]]
    swapped = [[listed[0][0], *listed[1][1:]], [listed[1][0], *listed[0][1:]], listed[2]]
    add(
        "tampered",
        "two sections' bodies swapped by the author",
        reseal(sections, edited(sections, sections=swapped)),
    )
    add(
        "not_sealed",
        "sections out of order",
        reseal(sections, edited(sections, sections=[listed[1], listed[0], listed[2]])),
    )
    add(
        "not_sealed invalid_section",
        "a section twice",
        reseal(sections, edited(sections, sections=[listed[0], listed[1], listed[1]])),
    )
    add(
        "not_sealed no_sections",
        "no sections",
        reseal(sections, edited(sections, sections=[]), bodies=[], content_keys=[]),
    )
    add("not_sealed", "a wrap with a key too few", reseal(sections, content_keys=keys[:2]))
    add("tampered", "a wrap with two keys swapped", reseal(sections, content_keys=[keys[1], keys[0], keys[2]]))
    for name in ("", "Plan", "a" * 33, "plän", "a b", "a_b"):
        renamed = seal_record("chart-1", chart["manifest"], {name: chart["texts"]["progress"]})
        add("not_sealed invalid_section", f"a section named {name!r}", renamed["sealed"])
    for suites in ([], [1], [2, 1], [1, 2, 3]):
        add("not_sealed", f"suites {suites}", reseal(chart, edited(chart, suites=suites)))


def two_keys(chart):
    """A body that opens under two keys, the manifest committing to the first of them."""
    body = chart["sections"][0]
    keys = body["content_key"], draw("the other content key", 32)
    text = b"Synthetic. A text that the author never committed to.".ljust(64) + b"%" * 16 + b"#" * 16
    crafted, commitment = two_key_body(body["context"], *keys, draw("two keys iv", 12), text)
    payload = edited(chart, sections=[["progress", hash_of(crafted), commitment]])
    return crafted, payload, keys


def add_two_keys(failures, chart):
    crafted, payload, (_, other) = two_keys(chart)
    sealed = reseal(chart, payload, bodies=[crafted], content_keys=[other])
    failures.add(
        "openChartRecord",
        "tampered",
        "a body that opens under two keys, wrapped with the other one",
        account=ME,
        sealed=sealed,
    )
