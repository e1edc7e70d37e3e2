"""Vault and unlock slots (SPEC.md §8.1, §8.3)."""

import unicodedata
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from .account import Identity, Keys
from .copied import parse_account_secret, parse_recovery_code
from .cose import COMMITMENT, PARAMETERS, open_sealed, parse_encrypted, seal
from .encoding import (
    VAULT_FLOOR,
    Refused,
    array,
    bstr,
    decode,
    derive,
    encode,
    many,
    need,
    optional,
    pad,
    text,
    uint,
    unpad,
)
from .recovery import DEALS, TRUSTEES, combine

PASSPHRASE, PASSKEY, RECOVERY_CODE, TRUSTEES_SLOT = 1, 2, 3, 4
FURTHER = {
    PASSPHRASE: (bstr(16), uint, uint, uint),
    PASSKEY: (bstr(32), bstr(*range(1, 1024))),
    RECOVERY_CODE: (),
    TRUSTEES_SLOT: (),
}
WRONG = {
    PASSPHRASE: "wrong_passphrase",
    PASSKEY: "wrong_passkey",
    RECOVERY_CODE: "wrong_recovery_code",
    TRUSTEES_SLOT: "wrong_shares",
}
FLOOR, CEILING = (65_536, 3, 1), (262_144, 10, 8)


@dataclass(frozen=True)
class Known:
    """A slot as the vault remembers it."""

    slot: bytes
    generation: int
    kind: int
    name: str
    added_at: int
    checked_at: int | None


TEAM = 2


@dataclass(frozen=True)
class Pin:
    """What is remembered of somebody's key log."""

    account: bytes
    name: str
    accepted: bytes | None
    at: int
    seen_sequence: int
    seen: bytes
    trusted_as: int
    ledger: list | None


@dataclass(frozen=True)
class Vault:
    """An unlocked vault."""

    account: bytes
    generation: int
    tenant: bytes
    account_secret: bytes
    epochs: dict
    slots: list
    pins: list
    head: bytes
    devices: list
    deals: list
    groups: list
    ledger: list | None
    came_by_code: bool = False

    def keys(self, epoch):
        if epoch not in self.epochs:
            raise Refused("tampered", f"epoch {epoch} is not in the keyring")
        return self.epochs[epoch]

    def signing_seed(self, epoch):
        return self.keys(epoch).ed25519_seed

    def verify(self, signed):
        *earlier, newest = [self.epochs[epoch].public() for epoch in sorted(self.epochs)]
        Identity(self.account, **newest, earlier=tuple(keys["ed25519"] for keys in earlier)).verify(signed)

    def receiving(self, suite, kid):
        """The secret of a receiving key of any epoch."""
        return next(
            (keys.receiving(suite) for keys in self.epochs.values() if keys.receiving_key_id(suite) == kid), None
        )

    def may_seal(self):
        return not self.came_by_code and any(
            slot.kind == RECOVERY_CODE and slot.checked_at is not None for slot in self.slots
        )

    def verified(self, identity):
        """Whether the identity is pinned with the keys it has now, and its key log holds the newest entry seen."""
        if identity.account == self.account:
            return identity.chain[-1] == self.head
        pin = next((pin for pin in self.pins if pin.account == identity.account and pin.accepted is not None), None)
        if pin is None or pin.seen not in identity.chain or pin.accepted not in identity.chain:
            return False
        return pin.trusted_as == TEAM or identity.epoch_at(pin.accepted) == identity.epochs_at[-1]


# --- Slots


def slot_secrets(secret, s):
    return {"slot_key": derive(secret, s, "slot-key"), "commitment": derive(secret, s, "slot-commitment")}


def slot_keys(passphrase, account_secret, salt, memory, passes, lanes):
    normal = unicodedata.normalize("NFKC", passphrase).encode()
    stretched = Argon2id(salt=salt, length=32, iterations=passes, lanes=lanes, memory_cost=memory).derive(normal)
    return {"passphrase_nfkc": normal, "stretched": stretched, **slot_secrets(stretched, account_secret)}


def seal_slot(keys, parameters, vault_key, iv, protected=None):
    """`keys` as from slot_secrets; parameters = [account, slot, kind, generation, …]."""
    extra = {PARAMETERS: encode(parameters), COMMITMENT: keys["commitment"]}
    return seal("slot", extra, keys["slot_key"], iv, vault_key, protected)


@dataclass(frozen=True)
class Slot:
    sealed: dict
    parameters: bytes
    account: bytes
    slot: bytes
    kind: int
    generation: int
    further: list


def parse_slot(data):
    sealed = parse_encrypted(data, "slot", {PARAMETERS: bstr(), COMMITMENT: bstr(32)})
    need(len(sealed["ciphertext"]) == 48, "a slot that holds no vault key")
    parameters = decode(sealed[PARAMETERS])
    need(type(parameters) is list and array(bstr(32), bstr(16), uint, uint)(parameters[:4]), "not a slot")
    account, slot, kind, generation, *further = parameters
    if kind not in FURTHER:
        raise Refused("unsupported_version", f"slot kind {kind}")
    need(array(*FURTHER[kind])(further), "a slot with missing or unknown parameters")
    return Slot(sealed, sealed[PARAMETERS], account, slot, kind, generation, further)


def slots_of(kind, account, sealed_slots):
    """Those of a kind. What a later release knows is passed over."""
    found, passed_over = [], Refused("unknown_slot", "no such slot")
    for data in sealed_slots:
        try:
            slot = parse_slot(data)
        except Refused as refused:
            if refused.code not in ("unsupported_version", "wrong_object"):
                raise
            passed_over = refused
            continue
        if slot.account != account:
            raise Refused("tampered", "the slot is another account's")
        if slot.kind == kind:
            found.append(slot)
    if not found:
        raise passed_over
    return found


# --- Ways in: the kind of slot, and what gives its secrets


def by_passphrase(passphrase, account_secret):
    secret = parse_account_secret(account_secret)

    def secrets(slot):
        salt, *cost = slot.further
        if not all(low <= value <= high for low, value, high in zip(FLOOR, cost, CEILING)):
            raise Refused("weak_parameters", f"Argon2id {cost}")
        return slot_keys(passphrase, secret, salt, *cost)

    return PASSPHRASE, secrets


def by_passkey(prf):
    return PASSKEY, lambda slot: slot_secrets(prf, slot.parameters)


def by_recovery_code(copied):
    code = parse_recovery_code(copied)
    return RECOVERY_CODE, lambda slot: slot_secrets(code, slot.parameters)


def by_shares(owner, shares):
    """`owner`: the account's key log as the server handed it out."""

    def secrets(slot):
        if owner.account != slot.account:
            raise Refused("tampered", "another account's key log")
        return slot_secrets(combine(owner, shares, TRUSTEES, slot.slot), slot.parameters)

    return TRUSTEES_SLOT, secrets


def unlock(sealed_vault, sealed_slots, way):
    kind, secrets = way
    sealed = parse_encrypted(sealed_vault, "vault", {PARAMETERS: bstr()})
    parameters = decode(sealed[PARAMETERS])
    need(array(bstr(32), uint)(parameters), "not a vault")
    account, generation = parameters
    for slot in slots_of(kind, account, sealed_slots):
        keys = secrets(slot)
        if bytes_eq(keys["commitment"], slot.sealed[COMMITMENT]):
            break
    else:
        raise Refused(WRONG[kind], "not what the slot was made with")
    vault_key = open_sealed(slot.sealed, keys["slot_key"])
    contents = decode(unpad(open_sealed(sealed, derive(vault_key, account, "vault")), VAULT_FLOOR))
    vault = Vault(account, generation, *read_contents(contents, account))
    if (slot.slot, slot.generation) not in [(known.slot, known.generation) for known in vault.slots]:
        raise Refused("stale_slot", "replaced or removed since")
    return replace(vault, came_by_code=kind == RECOVERY_CODE)


# --- Contents

EPOCH = array(uint, uint, bstr(32), bstr(32), bstr(32), bstr(32), bstr(32))
PIN = array(bstr(32), bstr(32), uint)
FIRST_FORM = array(bstr(16), bstr(16), many(EPOCH), many(array(bstr(16), uint)), many(PIN, 0))
DEALT = many(array(text, optional(bstr(32))))
SECOND_FORM = array(
    bstr(16),
    bstr(16),
    many(EPOCH),
    many(array(bstr(16), uint, uint, text, uint, optional(uint))),
    many(PIN, 0),
    bstr(32),
    many(array(bstr(16), text, uint), 0),
    many(array(uint, bstr(16), uint, uint, DEALT), 0),
)


LEDGER_HEAD = array(uint, bstr(32))
THIRD_PIN = array(bstr(32), text, optional(bstr(32)), uint, uint, bstr(32), uint, optional(LEDGER_HEAD))
GROUP = array(bstr(32), uint, text, uint, bstr(32), many(EPOCH))


def read_contents(contents, account):
    """What Vault holds after account and generation, from any form."""
    need(type(contents) is list, "not vault contents")
    head, devices, deals, groups, ledger = account, [], [], [], None
    if len(contents) == 5:
        need(FIRST_FORM(contents), "not vault contents")
        tenant, secret, epochs, slots, pins = contents
        slots = [[*slot, PASSPHRASE, "", 0, None] for slot in slots]
    elif len(contents) == 8:
        need(SECOND_FORM(contents), "not vault contents")
        tenant, secret, epochs, slots, pins, head, devices, deals = contents
    elif len(contents) == 10:
        need(SECOND_FORM([*contents[:4], [], bytes(32), *contents[6:8]]), "not vault contents")
        need(many(THIRD_PIN, 0)(contents[4]) and LEDGER_HEAD(contents[5]), "not vault contents")
        need(many(GROUP, 0)(contents[8]) and optional(LEDGER_HEAD)(contents[9]), "not vault contents")
        tenant, secret, epochs, slots, pins, (_, head), devices, deals, groups, ledger = contents
    else:
        raise Refused("unsupported_version", f"vault contents of {len(contents)} elements")
    if len(contents) < 10:
        pins = [[account, "", head, at, 0, head, 0, None] for account, head, at in pins]
    later = any(slot[2] not in FURTHER for slot in slots) or any(deal[0] not in DEALS for deal in deals)
    if later or any(pin[6] > TEAM for pin in pins) or any(group[1] not in (1, 2) for group in groups):
        raise Refused("unsupported_version", "a kind of slot, deal, trust or group that a later release knows")
    epochs = {epoch[0]: Keys(*epoch) for epoch in epochs}
    known = [Known(*slot) for slot in slots]
    return tenant, secret, epochs, known, [Pin(*pin) for pin in pins], head, devices, deals, groups, ledger


def seal_vault(vault_key, account, generation, contents, iv):
    key = derive(vault_key, account, "vault")
    return seal("vault", {PARAMETERS: encode([account, generation])}, key, iv, pad(encode(contents), VAULT_FLOOR))
