"""Accounts with vaults of the second form: one that was rotated, and two who hold her shares."""

from types import SimpleNamespace

from reference.account import Identity, Keys, key_log_entry
from reference.copied import account_secret_text, recovery_code_text
from reference.encoding import VAULT_FLOOR, derive, encode, fingerprint, hash_of, key_id, pad
from reference.recovery import TRUSTEES, WILL
from reference.vault import PASSKEY, PASSPHRASE, RECOVERY_CODE, TRUSTEES_SLOT, seal_slot, slot_secrets

from .actors import COST, TENANT, Account, draw

CREATED, ROTATED, CHECKED, DEALT = 1_750_000_000, 1_765_000_000, 1_765_000_060, 1_766_000_000


class Person(Account):
    """`keys`, `identity` and the like are those of the newest epoch."""

    def __init__(self, name, passphrase, rotated=False, pins=()):
        super().__init__(name, passphrase)
        self.pins, self.deals, self.devices = pins, [], []
        self.epochs, self.entries = [self.keys], [self.entry]
        self.first = self.at(1)
        if rotated:
            fields = ("private-drawer key", "own-chart key", "ed25519 seed", "x25519 secret", "xwing seed")
            self.keys = Keys(2, ROTATED, *(draw(f"{name} 2 {field}", 32) for field in fields))
            self.epochs.append(self.keys)
            self.entries.append(key_log_entry(self.keys, self.epochs[0], self.id))
            earlier = (self.epochs[0].public()["ed25519"],)
            chain = tuple(hash_of(entry["object"]) for entry in self.entries)
            self.identity = Identity(self.id, **self.keys.public(), earlier=earlier, chain=chain, epochs_at=(1, 2))
        self.ways = [self.passphrase_way(), self.code_way()]

    def at(self, epoch):
        """As she was in an earlier epoch."""
        keys = self.epochs[epoch - 1]
        return SimpleNamespace(name=self.name, id=self.id, keys=keys, identity=Identity(self.id, **keys.public()))

    def way(self, kind, name, further, secret, generation=1, slot=None, label="", checked_at=None, **values):
        """A slot with every intermediate value; `secrets` are there for a passphrase alone."""
        slot = slot or draw(f"{self.name} {name} slot", 16)
        parameters = [self.id, slot, kind, generation, *further]
        keys = values.pop("secrets", None) or slot_secrets(secret, encode(parameters))
        sealed = seal_slot(keys, parameters, self.vault_key, draw(f"{self.name} {name} slot iv", 12))
        return {
            "kind": kind,
            "slot": slot,
            "generation": generation,
            "name": label,
            "added_at": self.keys.created_at,
            "checked_at": checked_at,
            **values,
            "secret": secret,
            "parameters": encode(parameters),
            "slot_key": keys["slot_key"],
            "commitment": keys["commitment"],
            "iv": sealed["iv"],
            "protected": sealed["protected"],
            "enc_structure": sealed["enc_structure"],
            "sealed": sealed["object"],
        }

    def passphrase_way(self):
        keys, further = self.slot_keys, [self.salt, *COST]
        about = dict(zip(("salt", "memory", "passes", "lanes"), further))
        about |= {"passphrase": self.passphrase, "passphrase_nfkc": keys["passphrase_nfkc"], "secrets": keys}
        return self.way(PASSPHRASE, "passphrase", further, keys["stretched"], 2, self.slot, **about)

    def passkey_way(self, name, label):
        salt, credential = draw(f"{self.name} {name} salt", 32), draw(f"{self.name} {name} credential", 20)
        about = {"label": label, "salt": salt, "credential": credential}
        return self.way(PASSKEY, name, [salt, credential], draw(f"{self.name} {name} prf", 32), **about)

    def code_way(self):
        code = draw(f"{self.name} recovery code", 20)
        about = {"generation": 2, "checked_at": CHECKED, "text": recovery_code_text(code)}
        return self.way(RECOVERY_CODE, "recovery code", [], code, **about)

    def trustees_way(self, deal):
        return self.way(TRUSTEES_SLOT, "trustees", [], deal["secret"], slot=deal["deal"])

    def contents(self, **changes):
        """Of the second form, in the order of SPEC.md."""
        known = ("slot", "generation", "kind", "name", "added_at", "checked_at")
        contents = {
            "tenant": TENANT,
            "account secret": self.secret,
            "epochs": [keys.as_list() for keys in self.epochs],
            "slots": [[way[field] for field in known] for way in self.ways],
            "pins": [[account, head, DEALT] for account, head in self.pins],
            "head": hash_of(self.entries[-1]["object"]),
            "devices": self.devices,
            "deals": [
                [
                    deal["kind"],
                    deal["deal"],
                    deal["threshold"],
                    DEALT,
                    [[name, to and to.id] for name, to in deal["people"]],
                ]
                for deal in self.deals
            ],
        }
        assert changes.keys() <= contents.keys()
        return list((contents | changes).values())

    def describe(self):
        contents, vault = self.contents(), self.seal_vault(self.contents())
        epochs = []
        for keys in self.epochs:
            public = keys.public()
            ids = {f"key_id_{kind}": key_id(kind, key) for kind, key in public.items()}
            epochs.append({**vars(keys), "public": {**public, **ids}})
        log = [
            {("entry" if field == "object" else field): value for field, value in entry.items()}
            for entry in self.entries
        ]
        return {
            "name": self.name,
            "account": self.id,
            "fingerprint": fingerprint(self.id),
            "epochs": epochs,
            "key_log": [{**entry, "hash": hash_of(entry["entry"])} for entry in log],
            "tenant": TENANT,
            "account_secret": self.secret,
            "account_secret_text": account_secret_text(self.secret),
            "vault": {
                "vault_key": self.vault_key,
                "generation": self.generation,
                "parameters": encode([self.id, self.generation]),
                "key": derive(self.vault_key, self.id, "vault"),
                "contents": encode(contents),
                "padded": pad(encode(contents), VAULT_FLOOR),
                "iv": vault["iv"],
                "protected": vault["protected"],
                "enc_structure": vault["enc_structure"],
                "sealed": vault["object"],
            },
            "slots": self.ways,
            "devices": [dict(zip(("device", "name", "added_at"), device)) for device in self.devices],
            "deals": [deal["name"] for deal in self.deals],
        }


def make_deal(owner, kind, name, people):
    """2 of them rebuild the secret. `people`: names, with the account that a share is sealed to."""
    deal = {"kind": kind, "name": name, "deal": draw(f"{name} deal", 16), "threshold": 2, "people": people}
    polynomial = [draw(f"{name} secret", 32), draw(f"{name} coefficient", 32)]
    return deal | {"owner": owner, "secret": polynomial[0], "polynomial": polynomial}


PSYCHOLOGIST = Person("demo-psychologist", "seven slow rivers under snow", rotated=True)
COLLEAGUE = Person(
    "demo-colleague", "an unhurried kettle of tea", pins=[(PSYCHOLOGIST.id, hash_of(PSYCHOLOGIST.entries[1]["object"]))]
)
TRUSTEE = Person("demo-trustee", "nine copper lamps at dusk", pins=[(PSYCHOLOGIST.id, PSYCHOLOGIST.id)])
PEOPLE = [PSYCHOLOGIST, COLLEAGUE, TRUSTEE]
HOLDERS = [("Dr. Synthetic", COLLEAGUE), ("Brother", TRUSTEE), ("Notary, on paper", None)]

# The will for the chart was issued before the rotation: it holds epoch 1, and that epoch's key signed its shares.
TRUSTEES_DEAL = make_deal(PSYCHOLOGIST, TRUSTEES, "trustees", HOLDERS)
CHART_WILL = make_deal(PSYCHOLOGIST.first, WILL, "will for the chart", HOLDERS)
WHOLE_WILL = make_deal(PSYCHOLOGIST, WILL, "will for both drawers", HOLDERS)

PSYCHOLOGIST.pins = [(COLLEAGUE.id, COLLEAGUE.id)]
PSYCHOLOGIST.deals = [TRUSTEES_DEAL, WHOLE_WILL]
PSYCHOLOGIST.devices = [[draw("device", 16), "Laptop in the practice", CREATED]]
PSYCHOLOGIST.ways += [
    PSYCHOLOGIST.passkey_way("passkey", "Key on the ring"),
    PSYCHOLOGIST.passkey_way("second passkey", "Phone"),
    PSYCHOLOGIST.trustees_way(TRUSTEES_DEAL),
]
