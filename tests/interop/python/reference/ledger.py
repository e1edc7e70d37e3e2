"""The ledger: its entries, whoever follows them, and bundles for an auditor (SPEC.md §8.5)."""

from dataclasses import dataclass, field

from .account import read_key_log
from .cose import PARAMETERS, open_sealed, parse_encrypted, parse_sign1, seal, sign1, verify
from .encoding import (
    Refused,
    array,
    bstr,
    check_label,
    decode,
    derive,
    encode,
    hash_for,
    hash_of,
    label,
    many,
    match,
    need,
    optional,
    pad,
    padded_length,
    text,
    uint,
    unpad,
)

PUT, GRANTED, REVOKED, OPENED, OPENED_SHARED, OPEN_FAILED = range(1, 7)
LISTED, EXPORTED, PRINTED, KEYS_ROTATED, VERIFIED, ROLLBACK_ACCEPTED = range(7, 13)
DEVICE_ADDED, DEVICE_REMOVED, KEYS_ACCEPTED, MEMBER_ADDED, MEMBER_REMOVED = range(13, 18)
KINDS = range(PUT, MEMBER_REMOVED + 1)
MOST_EVENTS, LONGEST_DETAIL = 1000, 64

EVENT = ("kind", "at", "drawer", "record", "version", "client", "person", "hash", "detail")
PAYLOAD = ("account", "sequence", "previous", "epoch", "made_at", "sealed", "commitment")


# --- Events


def encode_events(salt, device, events):
    """`events`: what EVENT names, by name; what is left out is null."""
    return encode([salt, device, [[event.get(name) for name in EVENT] for event in events]])


def drawer(value):
    return uint(value) and value in (0, 1)


def detail(value):
    return text(value) and len(value.encode()) <= LONGEST_DETAIL


OPTIONAL = (drawer, bstr(16), uint, bstr(16), bstr(32), bstr(32), detail)


def read_event(event):
    need(array(uint, uint, *map(optional, OPTIONAL))(event), "not an event")
    if event[0] not in KINDS:
        raise Refused("unsupported_version", f"event of kind {event[0]}")
    return dict(zip(EVENT, event))


def read_events(contents):
    """Device and events."""
    value = decode(contents)
    anything = many(lambda event: True)
    need(array(bstr(32), optional(bstr(16)), anything)(value), "not the events of an entry")
    need(len(value[2]) <= MOST_EVENTS, "more events than an entry takes")
    return value[1], [read_event(event) for event in value[2]]


def commitment(contents):
    return hash_for("ledger-events", contents)


# --- Entries


def events_key(keys, account):
    return derive(keys.private_drawer_key, account, "ledger-events")


def seal_entry(account, keys, head, contents, made_at, iv, **changed):
    """`head`: sequence and hash of the entry before; None for the first. `changed`: of the payload."""
    sequence, previous = (head[0] + 1, head[1]) if head else (1, None)
    parameters = encode([account, sequence, keys.epoch])
    sealed = seal("ledger-events", {PARAMETERS: parameters}, events_key(keys, account), iv, pad(contents))
    fields = (account, sequence, previous, keys.epoch, made_at, hash_of(sealed["object"]), commitment(contents))
    payload = dict(zip(PAYLOAD, fields)) | changed
    signed = sign1("ledger", encode(list(payload.values())), keys.ed25519_seed)
    return {
        **payload,
        "contents": contents,
        "padded": sealed["plaintext"],
        "parameters": parameters,
        "key": sealed["key"],
        "iv": iv,
        "enc_structure": sealed["enc_structure"],
        "payload": signed["payload"],
        "sig_structure": signed["sig_structure"],
        "signature": signed["signature"],
        "hash": hash_of(signed["object"]),
        "entry": join(signed["object"], sealed["object"]),
    }


def join(signed, sealed):
    return encode([label("ledger-entry"), signed, sealed])


def check_padding(sealed):
    padded = len(sealed["ciphertext"]) - 16
    need(padded > 0 and padded_length(padded - 1) == padded, "a length that padding does not give")


@dataclass(frozen=True)
class Entry:
    """A decoded entry, its two parts in agreement."""

    signed: dict
    payload: dict
    sealed: dict
    hash: bytes


def parse_ledger_entry(data):
    value = decode(data)
    need(array(text, bstr(), bstr())(value), "not a ledger entry")
    check_label(value[0], "ledger-entry")
    signed = parse_sign1(value[1], "ledger")
    fields = decode(signed["payload"])
    shape = array(bstr(32), uint, optional(bstr(32)), uint, uint, bstr(32), bstr(32))
    need(shape(fields), "not the signed part of a ledger entry")
    payload = dict(zip(PAYLOAD, fields))
    first = payload["sequence"] == 1, payload["previous"] is None
    need(payload["sequence"] > 0 and first[0] == first[1], "sequence and previous disagree")
    sealed = parse_encrypted(value[2], "ledger-events", {PARAMETERS: bstr()})
    check_padding(sealed)
    match(hash_of(value[2]) == payload["sealed"], "the events of another entry")
    place = encode([payload[name] for name in ("account", "sequence", "epoch")])
    match(sealed[PARAMETERS] == place, "events that were sealed for another place")
    return Entry(signed, payload, sealed, hash_of(value[1]))


@dataclass
class Chain:
    """What was followed so far. `signing_key` of an epoch, None for one that there is not."""

    account: bytes
    signing_key: object
    hashes: list = field(default_factory=list)
    epoch: int = 0

    @property
    def head(self):
        return (len(self.hashes), self.hashes[-1]) if self.hashes else None

    def check(self, entry):
        """That it is the account's: what is not authentic says nothing of the chain."""
        match(entry.payload["account"] == self.account, "another account's")
        key = self.signing_key(entry.payload["epoch"])
        match(key is not None, "signed under an epoch that the account does not have")
        verify(entry.signed, key)

    def is_next(self, entry):
        before = self.hashes[-1] if self.hashes else None
        return (entry.payload["sequence"], entry.payload["previous"]) == (len(self.hashes) + 1, before)

    def append(self, entry):
        match(entry.payload["epoch"] >= self.epoch, "signed with keys that were replaced before")
        self.hashes.append(entry.hash)
        self.epoch = entry.payload["epoch"]


# --- What waits, kept on the device


def memory_key(keys, account):
    return derive(keys.private_drawer_key, account, "memory")


def seal_memory(account, keys, waiting, iv):
    """`waiting`: each event with the hash of the entry it was last sealed into, or None."""
    contents = encode([[within, [event.get(name) for name in EVENT]] for within, event in waiting])
    parameters = encode([account, keys.epoch])
    sealed = seal("memory", {PARAMETERS: parameters}, memory_key(keys, account), iv, pad(contents))
    kept = {name: sealed[name] for name in ("key", "iv", "enc_structure")}
    return {
        "contents": contents,
        "padded": sealed["plaintext"],
        "parameters": parameters,
        **kept,
        "sealed": sealed["object"],
    }


def open_memory(account, epochs, data):
    sealed = parse_encrypted(data, "memory", {PARAMETERS: bstr()})
    check_padding(sealed)
    parameters = decode(sealed[PARAMETERS])
    need(array(bstr(32), uint)(parameters), "not what waits")
    match(parameters[0] == account, "another account's")
    match(parameters[1] in epochs, "of an epoch that the account does not have")
    waiting = decode(unpad(open_sealed(sealed, memory_key(epochs[parameters[1]], account))))
    need(many(array(optional(bstr(32)), lambda event: True), 0)(waiting), "not what waits")
    return [(within, read_event(event)) for within, event in waiting]


# --- The owner's side


class Ledger:
    """As a device follows it, with the keys of an unlocked vault."""

    def __init__(self, account, epochs):
        """`epochs`: Keys by number."""
        self.epochs = epochs
        self.chain = Chain(account, lambda epoch: epochs[epoch].public()["ed25519"] if epoch in epochs else None)
        self.seen = {}
        self.events = []

    def expect(self, sequence, hash):
        """A head that some device saw."""
        followed = dict(enumerate(self.chain.hashes, 1))
        known = followed[sequence] if sequence in followed else self.seen.setdefault(sequence, hash)
        if known != hash:
            raise Refused("forked", "another way than it was seen to go")

    def follow(self, entries, is_all):
        for data in entries:
            entry = parse_ledger_entry(data)
            self.chain.check(entry)
            if not self.chain.is_next(entry) or self.seen.get(entry.payload["sequence"], entry.hash) != entry.hash:
                raise Refused("forked", "another way than it was seen to go")
            contents = self.open(entry)
            self.events.append(read_events(contents))
            self.chain.append(entry)
            self.seen.pop(entry.payload["sequence"], None)
        if is_all and self.seen:
            raise Refused("rolled_back", f"ends before {max(self.seen)}")

    def open(self, entry):
        """The events as they were committed to."""
        keys = self.epochs[entry.payload["epoch"]]
        contents = unpad(open_sealed(entry.sealed, events_key(keys, self.chain.account)))
        match(commitment(contents) == entry.payload["commitment"], "other events than the committed ones")
        return contents

    def newest(self):
        """Newest version of one's own records, and its hash, by drawer and record."""
        newest = {}
        for event in self.each(PUT, ROLLBACK_ACCEPTED):
            place = event["drawer"], event["record"]
            accepted = event["kind"] == ROLLBACK_ACCEPTED
            if event["record"] is None:
                continue
            if accepted and event["version"] is None:
                newest.pop(place, None)
            elif accepted or event["version"] > newest.get(place, (0, None))[0]:
                newest[place] = event["version"], event["hash"]
        return newest

    def readers(self):
        """Granted and not revoked since: versions by record and person."""
        readers = {}
        for event in self.each(GRANTED, REVOKED):
            place = event["record"], event["person"]
            if event["kind"] == REVOKED:
                readers.pop(place, None)
            else:
                readers.setdefault(place, []).append(event["version"])
        return readers

    def each(self, *kinds):
        return (event for _, events in self.events for event in events if event["kind"] in kinds)


# --- Bundles


def make_bundle(account, key_log, entries):
    """`entries`: each with the contents that are disclosed, or None."""
    return encode([label("ledger-bundle"), account, key_log, [list(row) for row in entries]])


def check_bundle(data):
    """Without any key: the head, and device and events of the entries that are disclosed, by sequence."""
    value = decode(data)
    rows = many(array(bstr(), optional(bstr())), 0)
    need(array(text, bstr(32), many(bstr(), 0), rows)(value), "not a bundle")
    name, account, key_log, entries = value
    check_label(name, "ledger-bundle")
    need(key_log, "nothing says whose it is")
    identity = read_key_log(account, *key_log)
    keys = dict(enumerate((*identity.earlier, identity.ed25519), 1))
    chain, disclosed = Chain(account, keys.get), {}
    for row, contents in entries:
        entry = parse_ledger_entry(row)
        chain.check(entry)
        match(chain.is_next(entry), "not the entry after the last one")
        chain.append(entry)
        if contents is not None:
            match(commitment(contents) == entry.payload["commitment"], "other events than the signed ones")
            disclosed[entry.payload["sequence"]] = read_events(contents)
    return chain.head, disclosed
