"""The synthetic accounts, and the source of every 'random' byte."""

import hashlib
import json

from pyhpke import AEADId, CipherSuite, KDFId, KEMId, KEMKey

from reference.account import Identity, Keys, key_log_entry
from reference.copied import account_secret_text
from reference.cose import hpke_encrypt, public_key
from reference.encapsulation import sharing
from reference.encoding import VAULT_FLOOR, derive, encode, fingerprint, hash_of, key_id, pad
from reference.vault import seal_slot, seal_vault, slot_keys

SEED = b"sealed notes test vectors 1"
NOW = 1_767_225_600  # 2026-01-01T00:00:00Z: the time at which expiry is judged
LATER, EARLIER = 4_102_444_800, 1_700_000_000  # 2100-01-01, 2023-11-14
COST = (65_536, 3, 4)


def draw(name, length):
    return hashlib.shake_256(SEED + b"\0" + name.encode()).digest(length)


class Encapsulations:
    """X-Wing draws its own randomness, so what an earlier run wrote is used again if it is still there."""

    def __init__(self, folder):
        self.kept = {}
        for file in folder.glob("*.json"):
            self.collect(json.loads(file.read_text(encoding="utf-8")))

    def collect(self, value):
        if isinstance(value, dict) and {"info", "ek", "ciphertext"} <= value.keys():
            self.kept[value["info"]] = bytes.fromhex(value["ek"]), bytes.fromhex(value["ciphertext"])
        for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            self.collect(item)

    def at_once(self, name):
        """For grants made at once: each recipient gets one encapsulation, and all X25519 keys are of one ephemeral key."""
        shared = sharing(draw(f"{name} ephemeral", 32))
        return lambda *wanted: self.once(shared, *wanted) if wanted[0] == 2 else shared(*wanted)

    def once(self, encrypt, suite, public, info, content_key):
        if info.hex() not in self.kept:
            self.kept[info.hex()] = encrypt(suite, public, info, content_key)
        return self.kept[info.hex()]

    def __call__(self, suite, public, info, content_key):
        if suite == 2:
            return self.once(hpke_encrypt, suite, public, info, content_key)
        hpke4 = CipherSuite.new(KEMId.DHKEM_X25519_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.CHACHA20_POLY1305)
        ephemeral = hpke4.kem.derive_key_pair(draw("ephemeral " + info.hex(), 32))
        recipient = KEMKey.from_pyca_cryptography_key(public_key(1, public))
        ek, sender = hpke4.create_sender_context(recipient, info, eks=ephemeral)
        return ek, sender.seal(content_key)


class Account:
    """All secrets of a synthetic account."""

    def __init__(self, name, passphrase=None):
        self.name, self.passphrase = name, passphrase
        fields = ("private-drawer key", "own-chart key", "ed25519 seed", "x25519 secret", "xwing seed")
        self.keys = Keys(1, 1_750_000_000, *(draw(f"{name} {field}", 32) for field in fields))
        self.entry = key_log_entry(self.keys)
        self.id = hash_of(self.entry["object"])
        self.identity = Identity(self.id, **self.keys.public())
        self.secret = draw(f"{name} account secret", 16)
        self.vault_key = draw(f"{name} vault key", 32)
        self.slot, self.salt = draw(f"{name} slot", 16), draw(f"{name} salt", 16)
        self.slot_generation, self.generation = 2, 3
        if passphrase:
            self.slot_keys = slot_keys(passphrase, self.secret, self.salt, *COST)

    def contents(self, pins, slots=None):
        pinned = [[other.id, other.id, 1_750_000_100] for other in pins]
        slots = slots or [[self.slot, self.slot_generation]]
        return [TENANT, self.secret, [self.keys.as_list()], slots, pinned]

    def slot_parameters(self, *cost, generation=None, salt=None, kind=1):
        generation = generation or self.slot_generation
        return [self.id, self.slot, kind, generation, salt or self.salt, *(cost or COST)]

    def seal_slot(self):
        return seal_slot(self.slot_keys, self.slot_parameters(), self.vault_key, draw(f"{self.name} slot iv", 12))

    def seal_vault(self, contents):
        return seal_vault(self.vault_key, self.id, self.generation, contents, draw(f"{self.name} vault iv", 12))


TENANT = draw("tenant", 16)
# The ligature and the roman numeral change under NFKC.
CLINICIAN = Account("demo-clinician", "Kräftige Bäume, ﬁve quiet ﬂowers \u2168")
SUPERVISOR = Account("demo-supervisor", "two grey herons over slow water")
BILLER = Account("demo-biller")
PINS = {CLINICIAN: [SUPERVISOR, BILLER], SUPERVISOR: [CLINICIAN, BILLER]}


def describe(account):
    """Everything about an account, as it stands in accounts.json."""
    public = account.keys.public()
    entry = account.entry
    described = {
        "name": account.name,
        "epoch": vars(account.keys),
        "public": {**public, **{f"key_id_{kind}": key_id(kind, key) for kind, key in public.items()}},
        "key_log": {**entry, "entry": entry["object"]},
        "account": account.id,
        "fingerprint": fingerprint(account.id),
    }
    del described["key_log"]["object"]
    if account.passphrase:
        described |= describe_vault(account)
    return described


def describe_vault(account):
    contents = encode(account.contents(PINS[account]))
    vault, slot = account.seal_vault(account.contents(PINS[account])), account.seal_slot()
    memory, passes, lanes = COST
    return {
        "tenant": TENANT,
        "passphrase": account.passphrase,
        "account_secret": account.secret,
        "account_secret_text": account_secret_text(account.secret),
        "vault": {
            "vault_key": account.vault_key,
            "generation": account.generation,
            "parameters": encode([account.id, account.generation]),
            "key": derive(account.vault_key, account.id, "vault"),
            "contents": contents,
            "padded": pad(contents, VAULT_FLOOR),
            "iv": vault["iv"],
            "protected": vault["protected"],
            "enc_structure": vault["enc_structure"],
            "sealed": vault["object"],
        },
        "slot": {
            "slot": account.slot,
            "generation": account.slot_generation,
            "salt": account.salt,
            "memory": memory,
            "passes": passes,
            "lanes": lanes,
            **account.slot_keys,
            "parameters": encode(account.slot_parameters()),
            "iv": slot["iv"],
            "protected": slot["protected"],
            "enc_structure": slot["enc_structure"],
            "sealed": slot["object"],
        },
        "pins": [other.name for other in PINS[account]],
    }
