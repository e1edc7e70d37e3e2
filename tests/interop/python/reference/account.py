"""Account, vault, unlock slot, login (SPEC.md §8)."""

import unicodedata
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from .cose import (
    COMMITMENT,
    PARAMETERS,
    open_sealed,
    parse_encrypted,
    parse_sign1,
    seal,
    sign1,
    verify,
    xwing_public,
)
from .encoding import (
    VAULT_FLOOR,
    Refused,
    array,
    bstr,
    decode,
    derive,
    encode,
    hash_of,
    key_id,
    many,
    need,
    optional,
    pad,
    uint,
    unpad,
)

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
FLOOR, CEILING = (65_536, 3, 1), (262_144, 10, 8)
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
    """Someone's public keys, read from the key log."""

    account: bytes
    ed25519: bytes
    x25519: bytes
    xwing: bytes

    def receiving(self, suite):
        return self.x25519 if suite == 1 else self.xwing

    def receiving_key_id(self, suite):
        return key_id("x25519" if suite == 1 else "xwing", self.receiving(suite))


@dataclass(frozen=True)
class Vault:
    """An unlocked vault."""

    account: bytes
    tenant: bytes
    account_secret: bytes
    epochs: dict
    slots: list
    pins: list
    generation: int

    def keys(self, epoch):
        if epoch not in self.epochs:
            raise Refused("tampered", f"epoch {epoch} is not in the keyring")
        return self.epochs[epoch]


def key_log_entry(keys):
    public = keys.public()
    payload = [0, None, 0, keys.epoch, keys.created_at, public["ed25519"], public["x25519"], public["xwing"]]
    return sign1("key-log", encode(payload), keys.ed25519_seed)


def read_key_log(account, entry):
    signed = parse_sign1(entry, "key-log")
    value = decode(signed["payload"])
    shape = array(uint, optional(bstr(32)), uint, uint, uint, bstr(32), bstr(32), bstr(1216))
    need(shape(value), "not a key log entry")
    if value[:4] != [0, None, 0, 1]:
        raise Refused("unsupported_version", "not a first key log entry")
    ed25519, x25519, xwing = value[5:]
    if int.from_bytes(ed25519, "little") % 2**255 in SMALL_ORDER:
        raise Refused("invalid_key", "a signing key of small order")
    if is_low_order(x25519) or is_low_order(xwing[-32:]) or x25519 == ed25519:
        raise Refused("invalid_key", "a receiving key that is no key")
    verify(signed, ed25519)
    if hash_of(entry) != account:
        raise Refused("tampered", "the key log is another account's")
    return Identity(account, ed25519, x25519, xwing)


def is_low_order(x25519):
    try:
        X25519PrivateKey.from_private_bytes(bytes(32)).exchange(X25519PublicKey.from_public_bytes(x25519))
    except ValueError:
        return True
    return False


def account_secret_text(secret):
    value = int.from_bytes(secret + hash_of(secret)[:4], "big")
    digits = "".join(CROCKFORD[value >> 5 * at & 31] for at in reversed(range(32)))
    return "-".join(digits[at : at + 4] for at in range(0, 32, 4))


def parse_account_secret(copied):
    digits = copied.upper().replace("-", "").replace(" ", "").translate(str.maketrans("OIL", "011"))
    if len(digits) != 32 or any(digit not in CROCKFORD for digit in digits):
        raise Refused("invalid_account_secret", "not 8 groups of 4")
    value = 0
    for digit in digits:
        value = value << 5 | CROCKFORD.index(digit)
    data = value.to_bytes(20, "big")
    if hash_of(data[:16])[:4] != data[16:]:
        raise Refused("invalid_account_secret", "a typing mistake")
    return data[:16]


def slot_keys(passphrase, account_secret, salt, memory, passes, lanes):
    normal = unicodedata.normalize("NFKC", passphrase).encode()
    stretched = Argon2id(salt=salt, length=32, iterations=passes, lanes=lanes, memory_cost=memory).derive(normal)
    return {
        "passphrase_nfkc": normal,
        "stretched": stretched,
        "slot_key": derive(stretched, account_secret, "slot-key"),
        "commitment": derive(stretched, account_secret, "slot-commitment"),
    }


def seal_slot(keys, parameters, vault_key, iv, protected=None):
    """`keys` as from slot_keys; parameters = [account, slot, kind, generation, salt, memory, passes, lanes]."""
    extra = {PARAMETERS: encode(parameters), COMMITMENT: keys["commitment"]}
    return seal("slot", extra, keys["slot_key"], iv, vault_key, protected)


def seal_vault(vault_key, account, generation, contents, iv):
    key = derive(vault_key, account, "vault")
    return seal("vault", {PARAMETERS: encode([account, generation])}, key, iv, pad(encode(contents), VAULT_FLOOR))


def login(keys, account, origin, challenge):
    return sign1("login", encode([account, origin, challenge]), keys.ed25519_seed)


def parse_slot(data):
    slot = parse_encrypted(data, "slot", {PARAMETERS: bstr(), COMMITMENT: bstr(32)})
    need(len(slot["ciphertext"]) == 48, "a slot that holds no vault key")
    parameters = decode(slot[PARAMETERS])
    need(array(bstr(32), bstr(16), uint, uint, bstr(16), uint, uint, uint)(parameters), "not a slot")
    account, slot_id, kind, generation, salt, *cost = parameters
    if kind != 1:
        raise Refused("unsupported_version", f"slot kind {kind}")
    if not all(low <= value <= high for low, value, high in zip(FLOOR, cost, CEILING)):
        raise Refused("weak_parameters", f"Argon2id {cost}")
    return slot, account, slot_id, generation, salt, cost


def unlock(passphrase, account_secret, sealed_vault, sealed_slot):
    secret = parse_account_secret(account_secret)
    sealed = parse_encrypted(sealed_vault, "vault", {PARAMETERS: bstr()})
    parameters = decode(sealed[PARAMETERS])
    need(array(bstr(32), uint)(parameters), "not a vault")
    account, generation = parameters
    slot, slot_account, slot_id, slot_generation, salt, cost = parse_slot(sealed_slot)
    if slot_account != account:
        raise Refused("wrong_object", "the slot is another account's")
    keys = slot_keys(passphrase, secret, salt, *cost)
    if not bytes_eq(keys["commitment"], slot[COMMITMENT]):
        raise Refused("wrong_passphrase", "wrong passphrase or account secret")
    vault_key = open_sealed(slot, keys["slot_key"])
    contents = decode(unpad(open_sealed(sealed, derive(vault_key, account, "vault")), VAULT_FLOOR))
    epoch = array(uint, uint, bstr(32), bstr(32), bstr(32), bstr(32), bstr(32))
    pin = array(bstr(32), bstr(32), uint)
    shape = array(bstr(16), bstr(16), many(epoch), many(array(bstr(16), uint)), many(pin, 0))
    need(shape(contents), "not vault contents")
    tenant, kept_secret, epochs, slots, pins = contents
    need(kept_secret == secret, "another account secret")
    if [slot_id, slot_generation] not in slots:
        raise Refused("stale_slot", "from before a passphrase change")
    return Vault(account, tenant, secret, {item[0]: Keys(*item) for item in epochs}, slots, pins, generation)
