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

    def verify(self, signed):
        """By the key of any epoch whose id it names."""
        keys = {key_id("ed25519", key): key for key in (*self.earlier, self.ed25519)}
        verify(signed, keys.get(signed["kid"], self.ed25519))

    def receiving(self, suite):
        return self.x25519 if suite == 1 else self.xwing

    def receiving_key_id(self, suite):
        return key_id("x25519" if suite == 1 else "xwing", self.receiving(suite))


def key_log_entry(keys, before=None, previous=None):
    """The first entry; a rotation's, given the keys of the epoch before and the hash of its entry."""
    public = keys.public()
    head = [0, None, 0, keys.epoch] if before is None else [keys.epoch - 1, previous, 1, keys.epoch]
    payload = [*head, keys.created_at, public["ed25519"], public["x25519"], public["xwing"]]
    return sign1("key-log", encode(payload), (before or keys).ed25519_seed)


def parse_entry(entry):
    signed = parse_sign1(entry, "key-log")
    value = decode(signed["payload"])
    shape = array(uint, optional(bstr(32)), uint, uint, uint, bstr(32), bstr(32), bstr(1216))
    need(shape(value), "not a key log entry")
    sequence, previous, kind, epoch, _, ed25519, x25519, xwing = value
    if kind not in (0, 1):
        raise Refused("unsupported_version", f"key log entry of kind {kind}")
    first = (kind == 0, previous is None, sequence == 0)
    need(len(set(first)) == 1 and epoch == sequence + 1, "sequence, previous, kind and epoch disagree")
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
    chain, earlier = [account], []
    for entry in entries[1:]:
        before = value
        signed, value = parse_entry(entry)
        need(value[1] == chain[-1] and value[3] == before[3] + 1, "not the next entry of this key log")
        verify(signed, before[5])
        chain.append(hash_of(entry))
        earlier.append(before[5])
    return Identity(account, *value[5:], tuple(earlier), tuple(chain))


def is_low_order(x25519):
    try:
        X25519PrivateKey.from_private_bytes(bytes(32)).exchange(X25519PublicKey.from_public_bytes(x25519))
    except ValueError:
        return True
    return False


def login(keys, account, origin, challenge):
    return sign1("login", encode([account, origin, challenge]), keys.ed25519_seed)
