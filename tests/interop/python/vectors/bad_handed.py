"""What must be refused of what people hand each other: requests, answers, shares, wills."""

from reference.copied import to_groups
from reference.cose import COMMITMENT, CONTEXT, PARAMETERS, seal, sign1
from reference.encoding import decode, derive, encode, hash_for, label, pad
from reference.recovery import CHART_ALONE, CHART_AND_PRIVATE, make_request, request_code, seal_will
from reference.vault import seal_slot

from .actors import draw
from .bad import EVERY_REFUSAL
from .forge import flip, flipped, replaced, splice
from .people import CHART_WILL, COLLEAGUE, DEALT, PSYCHOLOGIST, TRUSTEE, TRUSTEES_DEAL, WHOLE_WILL
from .recovery import will_parts

OWNER = PSYCHOLOGIST


def add_handed(failures, good):
    deals = {deal["name"]: deal for deal in good["deals"]}
    requests = {request["name"]: request for request in good["requests"]}
    for name, request in requests.items():
        failures.objects |= {f"{name} request": request["request"], f"{name} answer": request["answers"][0]["sealed"]}
    add_requests(failures, requests, deals)
    add_sealed_shares(failures, deals)
    add_answers(failures, requests, deals)
    add_printed(failures, deals["trustees"]["shares"][2], deals["will for both drawers"]["shares"][2])
    add_wills(failures, good, deals)


def swept(failures, operation, field, step, errors=(), **inputs):
    failures.sweep(operation, ["truncated"], "truncate", field, 2 * step + 1, **inputs)
    failures.sweep(operation, [*EVERY_REFUSAL, *errors], "flip", field, step, **inputs)


def add_requests(failures, requests, deals):
    device, trustees = requests["device"], requests["trustees"]
    xwing = device["xwing"]

    def add(errors, name, request):
        failures.add("openRequest", errors, name, request=request)

    fields = [label("request"), OWNER.id, 1, xwing, DEALT]
    for kind in (0, 4):
        add("unsupported_version not_sealed", f"of kind {kind}", encode(fields[:2] + [kind] + fields[3:]))
    add("wrong_object", "labelled as an answer", encode([label("answer"), *fields[1:]]))
    add("unsupported_version", "of a later format", encode([label("request").replace("v1", "v2"), *fields[1:]]))
    add("not_sealed", "an X-Wing key too short", encode(fields[:3] + [xwing[:-1]] + fields[4:]))
    low = xwing[:-32] + bytes(32)
    add("not_sealed invalid_key tampered", "an X-Wing key whose X25519 half is zero", encode(fields[:3] + [low, DEALT]))
    add("not_sealed", "an element too many", encode([*fields, None]))
    add("not_sealed", "an element missing", encode(fields[:4]))
    add("not_sealed", "bytes after the end", splice("device request", len(device["request"]), insert=b"\0"))
    add("truncated", "empty", b"")
    failures.sweep("openRequest", ["truncated"], "truncate", "request", 17, request={"of": "device request"})

    def answer(errors, name, account=OWNER.name, request="device", code=device["code"]):
        request = {"of": f"{request} request"} if isinstance(request, str) else request
        failures.add("answerDevice", errors, name, account=account, request=request, code=code)

    later = make_request(OWNER.id, 1, xwing, DEALT + 2)
    answer("wrong_code", "another request's code", code=trustees["code"])
    answer("wrong_code", "a typing mistake in the code", code=flip_letter(device["code"]))
    answer("wrong_code", "an empty code", code="")
    answer("wrong_code", "the code's first three groups", code=device["code"][:14])
    answer("wrong_code", "a request in this one's place", request=later)
    answer("wrong_object", "a request to trustees", request="trustees", code=trustees["code"])
    answer("wrong_object", "another account's request", account=COLLEAGUE.name)

    def hand_on(errors, name, request, code=None, deal="trustees"):
        named = isinstance(request, str)
        code = code or (requests[request]["code"] if named else request_code(request))
        request = {"of": f"{request} request"} if named else request
        text = deals[deal]["shares"][2]["text"]
        about = {"account": COLLEAGUE.name, "owner": OWNER.name, "text": text, "request": request, "code": code}
        failures.add("answerWithShare", errors, name, **about)

    hand_on("wrong_code", "another request's code", "trustees", device["code"])
    hand_on("wrong_object", "a device's request", "device")
    hand_on("wrong_object", "a request for the will's shares", "will")
    hand_on("wrong_object", "a trustees' request for a share of the will", "trustees", deal="will for both drawers")
    hand_on("wrong_object", "a request for another account", make_request(COLLEAGUE.id, 2, xwing, DEALT))


def flip_letter(text):
    return text[:-1] + ("2" if text[-1] != "2" else "3")


def rebuilt(made, purpose, plaintext, recipient=None, body_purpose=None, context=None, padded=None):
    """The same key wrapped, and something else under it."""
    parts = decode(made["sealed"])
    iv = draw("bad sealed iv", 12)
    padded = pad(plaintext) if padded is None else padded
    body = seal(body_purpose or purpose, {CONTEXT: context or made["context"]}, made["content_key"], iv, padded)
    return encode([label(purpose), recipient or parts[1], body["object"]])


def add_sealed_shares(failures, deals):
    shares = deals["trustees"]["shares"]
    made, whole = shares[0]["sealed"], deals["will for both drawers"]["shares"][0]
    failures.objects |= {"sealed share": made["sealed"]}
    usual = {"account": COLLEAGUE.name, "owner": OWNER.name, "deal_kind": "trustees", "deal": TRUSTEES_DEAL["deal"]}
    usual |= {"sealed": {"of": "sealed share"}}

    def add(errors, name, sealed=None, **inputs):
        failures.add("openShare", errors, name, **usual | inputs | ({"sealed": sealed} if sealed else {}))

    add("tampered not_a_recipient", "sealed to somebody else", account=TRUSTEE.name)
    add("tampered", "as of another deal", deal=WHOLE_WILL["deal"])
    add("tampered", "as of another kind", deal_kind="will")
    add("tampered", "as of another account", owner=TRUSTEE.name)
    add("tampered", "a share of the will in its place", whole["sealed"]["sealed"])
    parts = decode(made["sealed"])
    protected, unprotected, ciphertext = parts[1]
    add(
        "wrong_share",
        "whose signature was changed inside",
        rebuilt(made, "sealed-share", flipped(shares[0]["share"], len(shares[0]["share"]) - 1)),
    )
    add("wrong_share", "with a share of the will inside", rebuilt(made, "sealed-share", whole["share"]))
    value = decode(shares[0]["payload"])
    signed = sign1("share", encode(value), TRUSTEE.keys.ed25519_seed)["object"]
    add("wrong_share", "with a share that somebody else signed", rebuilt(made, "sealed-share", signed))
    later = sign1("share", encode([value[0], 3, *value[2:]]), OWNER.keys.ed25519_seed)["object"]
    add("unsupported_version wrong_share", "with a share of kind 3", rebuilt(made, "sealed-share", later))
    alone = sign1("share", encode([*value[:3], 1, *value[4:]]), OWNER.keys.ed25519_seed)["object"]
    add("not_sealed wrong_share", "with a share that is enough alone", rebuilt(made, "sealed-share", alone))
    add("not_sealed truncated wrong_share", "with no share inside", rebuilt(made, "sealed-share", b"not a share"))
    unpadded = rebuilt(made, "sealed-share", b"", padded=shares[0]["share"])
    add("tampered not_sealed", "without padding", unpadded)
    add("wrong_object", "labelled as an answer", encode([label("answer"), *parts[1:]]))
    add(
        "wrong_object",
        "whose body is an answer's",
        rebuilt(made, "sealed-share", shares[0]["share"], body_purpose="answer"),
    )
    other = rebuilt(made, "sealed-share", shares[0]["share"], context=whole["sealed"]["context"])
    add("tampered", "whose body is of another context", other)
    by_x25519 = [encode(decode(protected) | {1: 50}), {-4: unprotected[-4][:32]}, ciphertext]
    add("not_sealed", "of the X25519 suite", rebuilt(made, "sealed-share", b"", by_x25519))
    add(
        "not_sealed",
        "an encapsulated key too short",
        encode([parts[0], [protected, {-4: unprotected[-4][:-1]}, ciphertext], parts[2]]),
    )
    add("not_sealed", "the recipient in a byte string", encode([parts[0], encode(parts[1]), parts[2]]))
    add("not_sealed", "the body not in a byte string", encode([*parts[:2], decode(parts[2])]))
    add("not_sealed", "an element too many", encode([*parts, b""]))
    swept(failures, "openShare", "sealed", 19, ["wrong_share"], **usual)


def add_answers(failures, requests, deals):
    made = requests["will"]["answers"][0]
    usual = {"account": COLLEAGUE.name, "request": {"of": "will request"}, "answer": {"of": "will answer"}}

    def add(errors, name, **inputs):
        failures.add("openAnswer", errors, name, **usual | inputs)

    add(
        "tampered",
        "to another request of the same key",
        request=make_request(OWNER.id, 3, COLLEAGUE.identity.xwing, DEALT),
    )
    kind = make_request(OWNER.id, 2, COLLEAGUE.identity.xwing, DEALT + 3)
    add("tampered", "to a request of another kind", request=kind)
    add("tampered not_a_recipient", "to a request by somebody else", account=TRUSTEE.name)
    add("tampered", "to a request of another key", request={"of": "trustees request"}, answer={"of": "trustees answer"})
    add("tampered", "an answer to another request", answer={"of": "device answer"})
    add("wrong_object", "a sealed share", answer={"of": "sealed share"})
    secret = rebuilt(made, "answer", OWNER.secret)
    add("not_sealed truncated wrong_object", "an account secret in a share's place", answer=secret)
    add("tampered not_sealed", "without padding", answer=rebuilt(made, "answer", b"", padded=made["plaintext"]))
    swept(failures, "openAnswer", "answer", 19, **usual)


def add_printed(failures, made, of_will):
    def add(errors, name, text, owner=OWNER.name):
        failures.add("readPrintedShare", errors, name, owner=owner, text=text)

    text, bare, bare_of_will = made["text"], made["printed"][:-4], of_will["printed"][:-4]

    def summed(data):
        return to_groups(data + hash_for("share", data)[:4])

    def changed(at, value=None):
        return summed(bare[:at] + bytes([bare[at] ^ 1 if value is None else value]) + bare[at + 1 :])

    assert summed(bare) == text
    add("invalid_share", "empty", "")
    add("invalid_share", "a letter changed", ("A" if text[0] != "A" else "B") + text[1:])
    add("invalid_share", "the last letter changed", flip_letter(text))
    add("invalid_share", "a group missing", text[:-5])
    add("invalid_share", "two groups swapped", text[5:10] + text[:5] + text[10:])
    add("invalid_share", "a recovery code", OWNER.ways[1]["text"])
    add("invalid_share", "a checksum without its purpose", to_groups(bare + bytes(4)))
    add("wrong_share", "another account's key log", text, COLLEAGUE.name)
    for name, at in {
        "threshold": 1,
        "count": 2,
        "number": 3,
        "deal": 4,
        "value": 20,
        "signature": 52,
        "S": 115,
    }.items():
        add("wrong_share", f"{name} changed, with a fitting checksum", changed(at))
    add("wrong_share", "the kind of a will, with a fitting checksum", changed(0, 2))
    for kind in (0, 3):
        for name, data in (("trustees", bare), ("will", bare_of_will)):
            about = f"kind {kind} on a share of the {name}, with a fitting checksum"
            add("invalid_share wrong_share unsupported_version", about, summed(bytes([kind]) + data[1:]))


def add_wills(failures, good, deals):
    chart, whole = good["wills"]
    failures.objects |= {"chart will": chart["sealed"], "whole will": whole["sealed"]}
    texts = {name: [share["text"] for share in deal["shares"]] for name, deal in deals.items()}
    two = {"owner": OWNER.name, "texts": texts["will for both drawers"][:2], "will": {"of": "whole will"}}
    of_chart = {"owner": OWNER.name, "texts": texts["will for the chart"][1:], "will": {"of": "chart will"}}

    def add(errors, name, **inputs):
        failures.add("openWill", errors, name, **two | inputs)

    add("too_few_shares", "one share of two", texts=two["texts"][:1])
    add("wrong_share", "shares of the other will", texts=of_chart["texts"])
    add("wrong_share", "one share of the other will", texts=[two["texts"][0], of_chart["texts"][0]])
    add("wrong_share", "shares of the trustees", texts=texts["trustees"][:2])
    value = decode(deals["will for both drawers"]["shares"][1]["payload"])
    forged = sign1("share", encode([*value[:6], bytes(32)]), OWNER.keys.ed25519_seed)["object"]
    first = deals["will for both drawers"]["shares"][0]["share"]
    usual = {name: item for name, item in two.items() if name != "texts"}
    failures.add(
        "openWill", "wrong_shares", "a signed value that is not of this secret", **usual, shares=[first, forged]
    )
    add("wrong_shares", "the commitment changed", will=flip(failures.objects, "whole will", whole["commitment"]))
    end = len(whole["sealed"]) - 1
    add("tampered", "the ciphertext changed", will=splice("whole will", end, 1, bytes([whole["sealed"][end] ^ 1])))
    add("tampered wrong_share", "another account's key log", owner=TRUSTEE.name)
    parameters, contents = will_parts(WHOLE_WILL, CHART_AND_PRIVATE)

    def relabelled(at, value, made=whole):
        fields = decode(made["parameters"])
        header = encode(fields[:at] + [value] + fields[at + 1 :])
        return replaced(made["sealed"], made["parameters"], header)

    add("wrong_shares", "the waiting days changed", will=relabelled(3, parameters[3] + 1))
    add("wrong_shares", "the scope changed", will=relabelled(2, CHART_ALONE))
    add("tampered", "relabelled as another account's", will=relabelled(0, COLLEAGUE.id))
    add("unsupported_version", "of scope 3", will=relabelled(2, 3))
    add("unsupported_version", "of scope 0", will=relabelled(2, 0))
    add("wrong_share", "relabelled as of the other deal", will=relabelled(1, CHART_WILL["deal"]))

    def made(parameters=parameters, contents=contents):
        return seal_will(WHOLE_WILL["secret"], parameters, contents, draw("bad will iv", 12))["object"]

    add("not_sealed", "a parameter too many", will=made([*parameters, 0]))
    for name, other in {
        "of three elements": [*contents, None],
        "without epochs": [contents[0], []],
        "whose keys are short": [contents[0], [[1, bytes(16), bytes(16)]]],
        "whose epochs have two elements": [contents[0], [[1, bytes(32)]]],
        "without the private-drawer keys that its scope has": will_parts(WHOLE_WILL, CHART_ALONE)[1],
    }.items():
        add("not_sealed", f"contents {name}", will=made(contents=other))
    narrow = [*parameters[:2], CHART_ALONE, *parameters[3:]]
    add("not_sealed", "contents with private-drawer keys that its scope has not", will=made(narrow))
    secret, header = WHOLE_WILL["secret"], encode(parameters)
    extra = {PARAMETERS: header, COMMITMENT: whole["commitment"]}
    unpadded = seal("will", extra, derive(secret, header, "will"), draw("bad will iv", 12), encode(contents))
    add("tampered not_sealed", "without padding", will=unpadded["object"])
    bare = seal("will", {PARAMETERS: header}, whole["key"], draw("bad will iv", 12), whole["padded"])
    add("not_sealed", "without commitment", will=bare["object"])
    keys = {"slot_key": whole["key"], "commitment": whole["commitment"]}
    slot = seal_slot(keys, parameters, whole["padded"], draw("bad will iv", 12))["object"]
    add("wrong_object", "sealed as a slot", will=slot)
    swept(failures, "openWill", "will", 3, ["wrong_share", "wrong_shares"], **two)

    records = {record["name"]: record["sealed"] for record in good["notes"][:2] + good["records"][:3]}
    failures.objects |= records

    def read(operation, errors, name, record, **inputs):
        failures.add(operation, errors, name, **of_chart | {"sealed": {"of": record}} | inputs)

    note, record = "openPrivateNoteByWill", "openChartRecordByWill"
    read(note, "out_of_scope", "a private note through a will for the chart", "rotated-private")
    read(note, "out_of_scope", "a private note of an epoch after the will", "rotated-private-v2")
    read(record, "out_of_scope", "a record of an epoch after the will", "rotated-chart-v2")
    read(record, "not_the_author", "somebody else's record", "colleague-chart")
    read(record, "wrong_object", "a private note in a record's place", "rotated-private")
    read(note, "wrong_object", "a record in a private note's place", "rotated-chart")
    read(
        record,
        "tampered not_sealed",
        "a changed record",
        "rotated-chart",
        sealed=flip(failures.objects, "rotated-chart", good["records"][0]["sections"][0]["hash"]),
    )
    foreign = made(contents=[draw("another tenant", 16), contents[1]])
    read(record, "tampered", "through a will of another tenant", "rotated-chart", **two | {"will": foreign})

    two_grants = good["records"][1]["grants"]
    shared = {
        "account": TRUSTEE.name,
        "author": OWNER.name,
        "sealed": two_grants[1]["shared"],
        "grant": two_grants[1]["grant"],
    }
    name = "by a key that the key log does not hold: it ends before the rotation"
    failures.add("openSharedChartRecord", "tampered rolled_back", name, **shared, entries=1)
    other = {"grant": two_grants[0]["grant"], "sealed": two_grants[0]["shared"]}
    failures.add(
        "openSharedChartRecord", "not_a_recipient", "a grant to somebody else, after the rotation", **shared | other
    )
