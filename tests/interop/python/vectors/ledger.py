"""Ledgers that must be followed: one over a rotation, with every kind of event, and one as full as an entry may be."""

from reference import ledger
from reference.encoding import hash_of
from reference.ledger import MOST_EVENTS, encode_events, make_bundle, seal_entry

from .actors import draw
from .people import COLLEAGUE, CREATED, PSYCHOLOGIST, ROTATED, TRUSTEE

DEVICE = PSYCHOLOGIST.devices[0][0]
PRIVATE_RECORD, CHART_RECORD, SHARED_RECORD, LOST_RECORD = (
    draw(f"ledger {name}", 16) for name in ("private", "chart", "shared", "lost")
)
CLIENT, GROUP = draw("ledger client", 16), draw("ledger group", 32)


def event(kind, at, **fields):
    return {"kind": kind, "at": at, **fields}


def about(kind, at, drawer, record, version, **fields):
    return event(kind, at, drawer=drawer, record=record, version=version, client=CLIENT, **fields)


def version_hash(record, version):
    return hash_of(b"a synthetic version", record, bytes([version]))


def put(at, drawer, record, version):
    return about(ledger.PUT, at, drawer, record, version, hash=version_hash(record, version))


def accepted(at, drawer, record, version):
    """By the owner, after the server lost what is newer; without a version, the whole record."""
    hash = version and version_hash(record, version)
    return event(ledger.ROLLBACK_ACCEPTED, at, drawer=drawer, record=record, version=version, hash=hash)


def granted(at, record, version, person, purpose):
    fields = {"drawer": 1, "record": record, "version": version, "person": person.id, "detail": purpose}
    return event(ledger.GRANTED, at, **fields, hash=hash_of(b"a synthetic grant", record, bytes([version]), person.id))


def batches():
    """Epoch, device and events of each entry."""
    first, second = CREATED + 3600, ROTATED + 3600
    yield (
        1,
        None,
        [
            put(first, 0, PRIVATE_RECORD, 1),
            put(first + 1, 1, CHART_RECORD, 1),
            granted(first + 1, CHART_RECORD, 1, COLLEAGUE, "treatment"),
            granted(first + 1, CHART_RECORD, 1, TRUSTEE, "client-access"),
        ],
    )
    yield (
        1,
        DEVICE,
        [
            about(ledger.OPENED, first + 60, 0, PRIVATE_RECORD, 1, hash=version_hash(PRIVATE_RECORD, 1)),
            about(ledger.OPENED_SHARED, first + 61, 1, SHARED_RECORD, 3, person=COLLEAGUE.id, hash=hash_of(b"theirs")),
            about(ledger.OPEN_FAILED, first + 62, 1, CHART_RECORD, 1, detail="tampered"),
            event(ledger.LISTED, first + 63, drawer=0, detail="1100"),
        ],
    )
    yield (
        2,
        DEVICE,
        [
            event(ledger.KEYS_ROTATED, ROTATED, version=2),
            event(ledger.VERIFIED, second, person=COLLEAGUE.id, hash=COLLEAGUE.id),
            put(second + 1, 0, PRIVATE_RECORD, 2),
            put(second + 2, 1, CHART_RECORD, 2),
            granted(second + 2, CHART_RECORD, 2, COLLEAGUE, "treatment"),
            event(ledger.REVOKED, second + 2, drawer=1, record=CHART_RECORD, version=2, person=TRUSTEE.id),
        ],
    )
    yield (
        2,
        None,
        [
            event(ledger.DEVICE_ADDED, second + 80, detail=DEVICE.hex()),
        event(ledger.DEVICE_REMOVED, second + 81, detail=DEVICE.hex()),
        event(ledger.KEYS_ACCEPTED, second + 82, person=COLLEAGUE.id, hash=COLLEAGUE.id),
        event(ledger.MEMBER_ADDED, second + 83, person=COLLEAGUE.id, hash=GROUP, detail="clinician"),
        event(ledger.MEMBER_REMOVED, second + 84, person=COLLEAGUE.id, hash=GROUP),
        event(ledger.EXPORTED, second + 90, client=CLIENT, detail="bundle"),
            event(ledger.PRINTED, second + 91, client=CLIENT, detail="é" * 32),  # 64 bytes: the most
            event(ledger.ROLLBACK_ACCEPTED, second + 92, hash=hash_of(b"a head that was given up"), detail="9"),
            put(second + 93, 1, PRIVATE_RECORD, 4),  # a session's notes have one id in both drawers
            put(second + 94, 1, CHART_RECORD, 3),
            accepted(second + 95, 1, CHART_RECORD, 2),
            put(second + 96, 0, LOST_RECORD, 1),
            accepted(second + 97, 0, LOST_RECORD, None),
        ],
    )


def entries():
    made, head = [], None
    for number, (epoch, device, events) in enumerate(batches(), 1):
        salt, iv = draw(f"ledger salt {number}", 32), draw(f"ledger iv {number}", 12)
        keys = PSYCHOLOGIST.epochs[epoch - 1]
        contents = encode_events(salt, device, events)
        entry = seal_entry(PSYCHOLOGIST.id, keys, head, contents, events[-1]["at"] + 5, iv)
        events = [{name: value for name, value in event.items() if value is not None} for event in events]
        made.append({"salt": salt, "device": device, "events": events, **entry})
        head = number, entry["hash"]
    return made


def full():
    """As many events as an entry takes; `repeat`: the one event so many times."""
    events = [event(ledger.OPENED, CREATED + 7200)]
    salt, iv = draw("ledger salt full", 32), draw("ledger iv full", 12)
    contents = encode_events(salt, None, events * MOST_EVENTS)
    entry = seal_entry(COLLEAGUE.id, COLLEAGUE.keys, None, contents, CREATED + 7300, iv)
    return [{"salt": salt, "device": None, "events": events, "repeat": MOST_EVENTS, **entry}]


def bundle(name, made, disclosed):
    rows = [(entry["entry"], entry["contents"] if entry["sequence"] in disclosed else None) for entry in made]
    key_log = [entry["object"] for entry in PSYCHOLOGIST.entries]
    return {"name": name, "disclosed": disclosed, "bundle": make_bundle(PSYCHOLOGIST.id, key_log, rows)}


def memory(made):
    """The first was stored after all; the second waits on."""
    last = made[-1]
    waiting = [(last["hash"], last["events"][0]), (None, event(ledger.PRINTED, last["made_at"] + 60, detail="session"))]
    sealed = ledger.seal_memory(PSYCHOLOGIST.id, PSYCHOLOGIST.keys, waiting, draw("ledger memory iv", 12))
    return {"waiting": [{"within": within, "event": waits} for within, waits in waiting], **sealed}


def ledgers():
    made = entries()
    newest = [(0, PRIVATE_RECORD, 2), (1, PRIVATE_RECORD, 4), (1, CHART_RECORD, 2)]
    return {
        "ledgers": [
            {
                "account": PSYCHOLOGIST.name,
                "entries": made,
                "newest": [
                    {"record": record, "drawer": drawer, "version": version, "hash": version_hash(record, version)}
                    for drawer, record, version in newest
                ],
                "readers": [{"record": CHART_RECORD, "account": COLLEAGUE.id, "versions": [1, 2]}],
                "memory": memory(made),
                "bundles": [
                    bundle("everything", made, [1, 2, 3, 4]),
                    bundle("the entries around the rotation", made, [2, 3]),
                    bundle("the chain alone", made, []),
                    bundle("no entry yet", [], []),
                ],
            },
            {"account": COLLEAGUE.name, "entries": full(), "newest": [], "readers": [], "bundles": []},
        ]
    }
