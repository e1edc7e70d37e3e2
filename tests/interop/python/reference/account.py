"""Keys, identities, key log, login (SPEC.md §8)."""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from .cose import parse_sign1, sign1, verify, xwing_public
from .encoding import Refused, array, bstr, decode, encode, hash_of, key_id, need, optional, uint

# RFC 8032 §5.1: y of the points of order 1, 2, 4 and 8, in every encoding (the sign bit is masked away).
P = 2**255 - 19
ORDER_8 = 2707385501144840649318225287225658788936804267575313519463743609750303402022
SMALL_ORDER = {0, 1, P - 1, P, P + 1, ORDER_8, P - ORDER_8}


@dataclass(frozen=True)
class Keys:
    """One epoch of a keyring."""

    epoch: int
    created_at: int
    private_drawer_key: bytes
    own_chart_key: bytes
    ed25519_seed: bytes
    x25519_secret: bytes
    xwing_seed: bytes

    def as_list(self):
        return list(vars(self).values())

    def public(self):
        return {
            "ed25519": Ed25519PrivateKey.from_private_bytes(self.ed25519_seed).public_key().public_bytes_raw(),
            "x25519": X25519PrivateKey.from_private_bytes(self.x25519_secret).public_key().public_bytes_raw(),
            "xwing": xwing_public(self.xwing_seed),
        }

    def receiving(self, suite):
        return self.x25519_secret if suite == 1 else self.xwing_seed

    def receiving_key_id(self, suite):
        return Identity(b"", **self.public()).receiving_key_id(suite)


@dataclass(frozen=True)
class Identity:
    """Someone's newest public keys, read from the key log."""

    account: bytes
    ed25519: bytes
    x25519: bytes
    xwing: bytes
    earlier: tuple = ()  # signing keys of earlier epochs
    chain: tuple = ()  # hashes of the key log's entries
    epochs_at: tuple = ()  # the newest epoch at each entry
    revoked: tuple = ()  # (epoch, since): what keys up to this epoch signed since then
    members: tuple = ()  # (account, head, role, expires at) of those whose endorsement was not withdrawn

    def epoch_at(self, entry):
        """The newest epoch when this entry was the newest."""
        return self.epochs_at[self.chain.index(entry)]

    def verify(self, signed, at=0):
        """By the key of any epoch whose id it names, unless it was revoked for what is of that time."""
        keys = [key_id("ed25519", key) for key in (*self.earlier, self.ed25519)]
        epoch = keys.index(signed["kid"]) + 1 if signed["kid"] in keys else len(keys)
        verify(signed, (*self.earlier, self.ed25519)[epoch - 1])
        if any(epoch <= up_to and at >= since for up_to, since in self.revoked):
            raise Refused("key_revoked", "signed by keys that were revoked")

    def receiving(self, suite):
        return self.x25519 if suite == 1 else self.xwing

    def receiving_key_id(self, suite):
        return key_id("x25519" if suite == 1 else "xwing", self.receiving(suite))


def key_log_entry(keys, before=None, previous=None, sequence=None):
    """The first entry; a rotation's, given the keys of the epoch before and the hash of its entry."""
    public = keys.public()
    sequence = keys.epoch - 1 if sequence is None else sequence
    head = [0, None, 0, keys.epoch] if before is None else [sequence, previous, 1, keys.epoch]
    payload = [*head, keys.created_at, public["ed25519"], public["x25519"], public["xwing"]]
    return sign1("key-log", encode(payload), (before or keys).ed25519_seed)


def key_log_statement(keys, sequence, previous, kind, at, *said):
    """An entry that brings no keys: 2 revokes some, 3 endorses a member, 4 withdraws that."""
    return sign1("key-log", encode([sequence, previous, kind, at, *said]), keys.ed25519_seed)


STATEMENTS = {
    0: (uint, uint, bstr(32), bstr(32), bstr(1216)),
    1: (uint, uint, bstr(32), bstr(32), bstr(1216)),
    2: (uint, uint, uint),
    3: (uint, bstr(32), bstr(32), uint, optional(uint)),
    4: (uint, bstr(32)),
}
ROLES = range(1, 8)


def parse_entry(entry):
    """The signed object and [sequence, previous, kind, …]."""
    signed = parse_sign1(entry, "key-log")
    value = decode(signed["payload"])
    need(type(value) is list and len(value) >= 3 and uint(value[2]), "not a key log entry")
    kind = value[2]
    if kind not in STATEMENTS:
        raise Refused("unsupported_version", f"key log entry of kind {kind}")
    need(array(uint, optional(bstr(32)), uint, *STATEMENTS[kind])(value), "not a key log entry")
    first = (kind == 0, value[1] is None, value[0] == 0)
    need(len(set(first)) == 1, "sequence, previous and kind disagree")
    if kind == 3 and value[6] not in ROLES:
        raise Refused("unsupported_version", f"role {value[6]}")
    if kind < 2:
        need(value[3] == 1 if kind == 0 else value[3] > 1, "kind and epoch disagree")
        ed25519, x25519, xwing = value[5:]
        if int.from_bytes(ed25519, "little") % 2**255 in SMALL_ORDER:
            raise Refused("invalid_key", "a signing key of small order")
        if is_low_order(x25519) or is_low_order(xwing[-32:]) or x25519 == ed25519:
            raise Refused("invalid_key", "a receiving key that is no key")
    return signed, value


def read_key_log(account, *entries):
    """`entries`: oldest first."""
    signed, value = parse_entry(entries[0])
    need(value[1] is None, "not the first entry of a key log")
    verify(signed, value[5])
    if hash_of(entries[0]) != account:
        raise Refused("tampered", "the key log is another account's")
    keys, chain, earlier, epochs_at, revoked, members = value[5:], [account], [], [1], [], {}
    for entry in entries[1:]:
        signed, value = parse_entry(entry)
        if value[:2] != [len(chain), chain[-1]]:
            raise Refused("tampered", "not the next entry of this key log")
        verify(signed, keys[0])
        kind, at = value[2:4]
        if kind == 1:
            need(value[3] == epochs_at[-1] + 1, "a key log that skips an epoch")
            earlier.append(keys[0])
            keys = value[5:]
        elif kind == 2:
            need(value[4] < epochs_at[-1] and value[5] <= at, "neither the newest keys nor the future is revoked")
            revoked.append((value[4], value[5]))
        elif kind == 3:
            need(value[4] != account, "an account that endorses itself")
            members[value[4]] = tuple(value[4:])
        else:
            members.pop(value[4], None)
        chain.append(hash_of(entry))
        epochs_at.append(len(earlier) + 1)
    return Identity(account, *keys, *map(tuple, (earlier, chain, epochs_at, revoked, members.values())))


def is_low_order(x25519):
    try:
        X25519PrivateKey.from_private_bytes(bytes(32)).exchange(X25519PublicKey.from_public_bytes(x25519))
    except ValueError:
        return True
    return False


def login(keys, account, origin, challenge):
    return sign1("login", encode([account, origin, challenge]), keys.ed25519_seed)
