"""What must be refused of a ledger, by its owner and by an auditor."""

from dataclasses import replace

from reference import ledger
from reference.cose import PARAMETERS, seal, sign1
from reference.encoding import FAMILY, decode, derive, encode, hash_of, label, pad
from reference.ledger import MOST_EVENTS, PAYLOAD, encode_events, events_key, join, make_bundle, memory_key, seal_entry

from .actors import draw
from .bad import EVERY_REFUSAL, Failures
from .forge import flip, flipped
from .ledger import event
from .people import COLLEAGUE, PSYCHOLOGIST, ROTATED

OWNER, (FIRST, SECOND) = PSYCHOLOGIST, PSYCHOLOGIST.epochs
KEY_LOG = [entry["object"] for entry in OWNER.entries]
AT = ROTATED + 7200
SALT = draw("bad ledger salt", 32)
EXPORTED = event(ledger.EXPORTED, AT, detail="csv")
REFUSALS = EVERY_REFUSAL + ["forked"]


def failures(good):
    """`good`: what vectors.ledger made."""
    made = good["ledgers"][0]["entries"]
    found = Failures({f"entry {entry['sequence']}": entry["entry"] for entry in made})
    found.objects["memory"] = good["ledgers"][0]["memory"]["sealed"]
    found.objects["bundle"] = good["ledgers"][0]["bundles"][1]["bundle"]
    add_places(found, made)
    add_heads(found, made)
    add_signed(found, made)
    add_sealed(found, made)
    add_events(found, made)
    add_memory(found)
    add_bundles(found, made)
    found.shorten()
    return {"objects": found.objects, "cases": found.cases, "sweeps": found.sweeps}


def entry(behind, keys=SECOND, contents=None, account=OWNER.id, iv="", **changed):
    """What whoever has the keys could write behind another."""
    contents = contents or encode_events(SALT, None, [EXPORTED])
    place = behind and (behind["sequence"], behind["hash"])
    return seal_entry(account, keys, place, contents, AT, draw(f"bad ledger iv {iv}", 12), **changed)


def head(made):
    return [made["sequence"], made["hash"]]


def add_places(failures, made):
    """Which entries, in which order, against which heads that were seen."""

    def add(errors, name, *entries, after=0, seen=()):
        entries = [{"of": f"entry {item}"} if isinstance(item, int) else item["entry"] for item in entries]
        inputs = {"account": OWNER.name, "after": after, "seen": [head(one) for one in seen], "entries": entries}
        failures.add("followLedger", errors, name, **inputs, all=True)

    one, two, three, four = made
    other = entry(two, iv="other")
    behind = entry(other, iv="behind other")
    add("forked", "the first entry is missing", 2, 3, 4)
    add("forked", "one in the middle is missing", 1, 3, 4)
    add("forked", "two change places", 1, 3, 2, 4)
    add("forked", "one is there twice", 1, 2, 2, 3, 4)
    add("forked", "it begins again behind its end", 1, 2, 3, 4, 1)
    add("forked", "an entry that was followed before", 4, after=4)
    add("rolled_back", "cut: it ends before the head that was seen", 1, 2, seen=[four])
    add("rolled_back", "cut: nothing behind what was followed", after=2, seen=[three])
    add("rolled_back", "empty, where a head was seen", seen=[one])
    add("forked", "cut in front", 3, 4, seen=[four])
    add("forked", "another entry in the place of one that was seen", 1, 2, other, seen=[three])
    add("forked", "another way to a head of the same number", 1, 2, other, behind, seen=[four])
    add("rolled_back", "another way that ends before the head that was seen", 1, 2, other, seen=[four])
    add("forked", "two entries of one number", 1, 2, 3, other)
    add("forked", "an entry behind one that was not followed", 1, 2, 3, behind)


def add_heads(failures, made):
    """Heads that contradict what was followed, or each other."""

    def add(name, after, *seen):
        failures.add("expectHead", "forked", name, account=OWNER.name, after=after, seen=list(seen))

    other = hash_of(b"another entry")
    add("another than the last that was followed", 4, [4, other])
    add("another than one that was followed earlier", 4, [2, other])
    add("the hash of another place", 4, [2, made[2]["hash"]])
    add("two of one number", 0, head(made[1]), [2, other])


def follow(failures, errors, name, data, after=4):
    failures.add("followEntry", errors, name, account=OWNER.name, after=after, entry=data)


def add_signed(failures, made):
    last, sealed = made[3], decode(entry(made[3])["entry"])[2]
    good = dict(zip(PAYLOAD, decode(entry(last)["payload"])))

    def add(errors, name, data, after=4):
        follow(failures, errors, name, data, after)

    def resigned(errors, name, seed=SECOND.ed25519_seed, purpose="ledger", protected=None, payload=None, **changed):
        payload = payload or encode(list((good | changed).values()))
        add(errors, name, join(sign1(purpose, payload, seed, protected)["object"], sealed))

    add("tampered", "of the earlier epoch, after the rotation", entry(last, FIRST)["entry"])
    add("tampered", "of an epoch that the account does not have", entry(last, replace(SECOND, epoch=3))["entry"])
    add("tampered", "of epoch 0", entry(last, replace(SECOND, epoch=0))["entry"])
    add("tampered", "of epoch 1, signed with the key of epoch 2", entry(None, replace(SECOND, epoch=1))["entry"], 0)
    add("tampered", "of epoch 2, signed with the key of epoch 1", entry(last, replace(FIRST, epoch=2))["entry"])
    add("tampered", "another account's", entry(last, COLLEAGUE.keys, account=COLLEAGUE.id)["entry"])
    add("tampered", "of another account, signed by this one", entry(last, account=COLLEAGUE.id)["entry"])
    stolen = replace(COLLEAGUE.keys, epoch=2, private_drawer_key=SECOND.private_drawer_key)
    add("tampered", "signed by another account in this one's name", entry(last, stolen)["entry"])
    posing = sign1("ledger", b"", SECOND.ed25519_seed)["protected"]
    resigned("tampered", "signed by another account under this one's key id", stolen.ed25519_seed, protected=posing)
    add("tampered", "the signature changed", flip(failures.objects, "entry 4", last["signature"]), 3)
    add("tampered", "forged and elsewhere: no fork", entry(made[1], stolen)["entry"])
    for purpose in ("login", "version", "grant", "key-log", "share", "ledger-entry", "ledger-events"):
        resigned("wrong_object", f"signed as {purpose}", purpose=purpose)
    add("forked", "whose previous hash is no entry's", entry(last, previous=hash_of(b"none"))["entry"])
    add("forked", "whose previous hash is the entry's before the last", entry(last, previous=made[2]["hash"])["entry"])
    resigned("not_sealed", "without a previous hash", previous=None)
    resigned("not_sealed", "of sequence 0", sequence=0)
    resigned("not_sealed", "of sequence 1 with a previous hash", sequence=1)
    resigned("not_sealed", "whose previous hash is short", previous=last["hash"][:31])
    resigned("not_sealed", "with an element too many", payload=encode([*good.values(), None]))
    resigned("not_sealed truncated", "with an element missing", payload=encode(list(good.values())[:-1]))
    resigned("not_sealed", "with a byte too many", payload=encode(list(good.values())) + b"\0")
    signed = decode(entry(last)["entry"])[1]
    add("wrong_object", "labelled as a bundle", encode([label("ledger-bundle"), signed, sealed]))
    add("unsupported_version", "of a later version", encode([f"{FAMILY}2.ledger-entry", signed, sealed]))
    add("not_sealed truncated", "without its events", encode([label("ledger-entry"), signed]))
    sweep = {"account": OWNER.name, "after": 3, "entry": {"of": "entry 4"}}
    failures.sweep("followEntry", ["truncated"], "truncate", "entry", 3, **sweep)
    failures.sweep("followEntry", REFUSALS, "flip", "entry", **sweep)


def add_sealed(failures, made):
    last = made[3]
    contents = encode_events(SALT, None, [EXPORTED])
    place = {"account": OWNER.id, "sequence": 5, "epoch": 2}

    def add(errors, name, key=None, padded=None, purpose="ledger-events", extra=None, of=OWNER.id, **changed):
        key, padded = key or events_key(SECOND, OWNER.id), pad(contents) if padded is None else padded
        extra = {PARAMETERS: encode(list((place | changed).values()))} if extra is None else extra
        sealed = seal(purpose, extra, key, draw("bad ledger iv sealed", 12), padded)
        signed = entry(last, account=of, sealed=hash_of(sealed["object"]))
        follow(failures, errors, name, join(decode(signed["entry"])[1], sealed["object"]))

    first, second = ([*decode(one["entry"])[1:]] for one in made[:2])
    follow(failures, "tampered", "the events of another entry", join(first[0], second[1]), 0)
    follow(failures, "tampered", "another hash of its events", entry(last, sealed=hash_of(b"others"))["entry"])
    add("tampered", "events sealed for another account", account=COLLEAGUE.id)
    add("tampered", "signed and sealed for another account with this one's keys", of=COLLEAGUE.id, account=COLLEAGUE.id)
    add("tampered", "events sealed for another place", sequence=4)
    add("tampered", "events sealed for another epoch", epoch=1)
    add("tampered", "events sealed under the earlier epoch's key", events_key(FIRST, OWNER.id))
    add("tampered", "events sealed under the own-chart key", derive(SECOND.own_chart_key, OWNER.id, "ledger-events"))
    add("tampered", "events sealed under the drawer key itself", SECOND.private_drawer_key)
    add("wrong_object", "events sealed as a draft", purpose="private-draft")
    add("not_sealed", "events without parameters", extra={})
    add("not_sealed", "events that are not padded", padded=contents)
    add("not_sealed tampered", "events without an end", padded=bytes(256))
    add("not_sealed tampered", "events padded too far", padded=pad(contents).ljust(512, b"\0"))
    follow(
        failures, "tampered", "another commitment", entry(last, commitment=flipped(entry(last)["commitment"]))["entry"]
    )
    plain = entry(last, commitment=hash_of(contents))["entry"]
    follow(failures, "tampered", "a commitment without its purpose", plain)


def add_events(failures, made):
    def add(errors, name, contents):
        follow(failures, errors, f"events: {name}", entry(made[3], contents=contents)["entry"])

    def one(errors, name, **changed):
        add(errors, name, encode_events(SALT, None, [EXPORTED | changed]))

    event_of = decode(encode_events(SALT, None, [EXPORTED]))[2][0]
    add("not_sealed", "none", encode_events(SALT, None, []))
    add("not_sealed", "1001", encode_events(SALT, None, [event(ledger.OPENED, 0)] * (MOST_EVENTS + 1)))
    one("not_sealed", "a detail of 65 bytes", detail="x" * 65)
    one("not_sealed", "a detail of 33 letters and 66 bytes", detail="é" * 33)
    one("not_sealed", "a detail in bytes", detail=b"csv")
    one("unsupported_version", "kind 0", kind=0)
    one("unsupported_version", "kind 18", kind=18)
    one("not_sealed", "drawer 2", drawer=2)
    one("not_sealed", "a short record id", record=bytes(15))
    one("not_sealed", "a short client id", client=bytes(15))
    one("not_sealed", "a person who is no account", person=bytes(16))
    one("not_sealed", "a short hash", hash=bytes(31))
    one("not_sealed", "a version below zero", version=-1)
    add("not_sealed", "a salt of 31 bytes", encode_events(SALT[:31], None, [EXPORTED]))
    add("not_sealed", "a device id of 15 bytes", encode_events(SALT, bytes(15), [EXPORTED]))
    add("not_sealed", "an event of 8 elements", encode([SALT, None, [event_of[:8]]]))
    add("not_sealed", "an event of 10 elements", encode([SALT, None, [[*event_of, None]]]))
    add("not_sealed truncated", "without a device", encode([SALT, [event_of]]))
    add("not_sealed", "a byte too many", encode_events(SALT, None, [EXPORTED]) + b"\0")
    add(
        "not_sealed",
        "a number not in its shortest form",
        encode_events(SALT, None, [EXPORTED]).replace(b"\x89\x08", b"\x89\x18\x08"),
    )


def add_memory(failures):
    waiting = encode([[None, [ledger.EXPORTED, AT, *[None] * 7]]])

    def add(errors, name, contents=waiting, keys=SECOND, of=OWNER.id, key=None, purpose="memory", parameters=None):
        extra = {PARAMETERS: parameters or encode([of, keys.epoch])}
        sealed = seal(purpose, extra, key or memory_key(keys, of), draw("bad memory iv", 12), pad(contents))
        failures.add("openMemory", errors, name, account=OWNER.name, memory=sealed["object"])

    add("tampered", "another account's", keys=COLLEAGUE.keys, of=COLLEAGUE.id)
    add("tampered", "of another account, with this one's key", of=COLLEAGUE.id, key=memory_key(SECOND, OWNER.id))
    add("tampered", "of an epoch that the account does not have", keys=replace(SECOND, epoch=3))
    add("tampered", "under the earlier epoch's key", key=memory_key(FIRST, OWNER.id))
    add("tampered", "under the key of a ledger's events", key=events_key(SECOND, OWNER.id))
    add("wrong_object", "sealed as a ledger's events", purpose="ledger-events")
    add("not_sealed", "with a parameter too many", parameters=encode([OWNER.id, 2, None]))
    add("not_sealed", "whose epoch is null", parameters=encode([OWNER.id, None]))
    add("not_sealed truncated", "of an event alone", encode([[[ledger.EXPORTED, AT, *[None] * 7]]]))
    add("not_sealed", "within a short hash", encode([[bytes(31), [ledger.EXPORTED, AT, *[None] * 7]]]))
    add("unsupported_version", "with an event of kind 18", encode([[None, [18, AT, *[None] * 7]]]))
    add("not_sealed", "with a byte too many", waiting + b"\0")
    sweep = {"account": OWNER.name, "memory": {"of": "memory"}}
    failures.sweep("openMemory", ["truncated"], "truncate", "memory", 7, **sweep)
    failures.sweep("openMemory", REFUSALS, "flip", "memory", 3, **sweep)


def add_bundles(failures, made):
    def add(errors, name, data):
        failures.add("checkBundle", errors, name, bundle=data)

    def bundle(*entries, account=OWNER.id, key_log=KEY_LOG, disclosed=None):
        rows = [made[item - 1] if isinstance(item, int) else item for item in entries]
        disclosed = disclosed or {}
        return make_bundle(account, key_log, [(row["entry"], disclosed.get(at)) for at, row in enumerate(rows)])

    add("not_sealed", "without a key log", bundle(1, 2, 3, 4, key_log=[]))
    add("not_sealed", "with nothing in it", bundle(key_log=[]))
    add("tampered", "whose key log lacks the rotation", bundle(1, 2, 3, 4, key_log=KEY_LOG[:1]))
    add("not_sealed tampered", "whose key log lacks its first entry", bundle(1, 2, 3, 4, key_log=KEY_LOG[1:]))
    add("not_sealed tampered", "whose key log is reversed", bundle(1, 2, 3, 4, key_log=KEY_LOG[::-1]))
    add("not_sealed tampered", "whose key log repeats the rotation", bundle(1, 2, 3, 4, key_log=[*KEY_LOG, KEY_LOG[1]]))
    theirs = [COLLEAGUE.entry["object"]]
    add("tampered", "with another account's key log", bundle(1, 2, 3, 4, key_log=theirs))
    add("tampered", "of another account", bundle(1, 2, 3, 4, account=COLLEAGUE.id))
    add("tampered", "of another account, with its key log", bundle(1, 2, 3, 4, account=COLLEAGUE.id, key_log=theirs))
    add("tampered", "whose first entry is missing", bundle(2, 3, 4))
    add("tampered", "with one missing in the middle", bundle(1, 3, 4))
    add("tampered", "with two in each other's place", bundle(1, 3, 2, 4))
    add("tampered", "with one repeated", bundle(1, 2, 2, 3, 4))
    add("tampered", "with an entry of the earlier epoch behind the rotation", bundle(1, 2, 3, 4, entry(made[3], FIRST)))
    foreign = entry(made[3], COLLEAGUE.keys, account=COLLEAGUE.id)
    add("tampered", "with another account's entry at the end", bundle(1, 2, 3, 4, foreign))
    posing = entry(made[3], account=COLLEAGUE.id)
    add("tampered", "with an entry at the end that it signed for another account", bundle(1, 2, 3, 4, posing))
    other = entry(made[2], iv="other")
    add("tampered", "with both sides of a fork", bundle(1, 2, 3, 4, other))
    first, second = made[0]["contents"], made[1]["contents"]
    add("tampered", "with the events of another entry", bundle(1, 2, 3, 4, disclosed={1: first}))
    add("tampered", "with a changed salt", bundle(1, 2, 3, 4, disclosed={1: flipped(second, 5)}))
    add("tampered", "with an event left out", bundle(1, 2, disclosed={1: shorter(second)}))
    add("tampered", "with the padded events", bundle(1, 2, disclosed={1: made[1]["padded"]}))
    none = encode_events(SALT, None, [])
    add(
        "not_sealed",
        "with signed events that are none",
        bundle(1, 2, 3, 4, entry(made[3], contents=none), disclosed={4: none}),
    )
    kind = encode_events(SALT, None, [event(18, AT)])
    later = bundle(1, 2, 3, 4, entry(made[3], contents=kind), disclosed={4: kind})
    add("unsupported_version", "with signed events of a later version", later)
    value = decode(bundle(1, 2, 3, 4))
    add("wrong_object", "labelled as an entry", encode([label("ledger-entry"), *value[1:]]))
    add("unsupported_version", "of a later version", encode([f"{FAMILY}2.ledger-bundle", *value[1:]]))
    add("wrong_object not_sealed", "an entry in its place", made[0]["entry"])
    add("not_sealed truncated", "without entries", encode(value[:3]))
    add("not_sealed", "with a byte too many", encode(value) + b"\0")
    failures.sweep("checkBundle", ["truncated"], "truncate", "bundle", 41, bundle={"of": "bundle"})
    failures.sweep("checkBundle", REFUSALS, "flip", "bundle", 7, bundle={"of": "bundle"})


def shorter(contents):
    salt, device, events = decode(contents)
    return encode([salt, device, events[:-1]])
