"""Unlocking, key logs, account secrets and padding that must be refused."""

import unicodedata

from reference.account import login
from reference.copied import account_secret_text
from reference.cose import ALG, CHACHA20_POLY1305, COMMITMENT, ED25519, KID, PARAMETERS, TYP, seal, sign1
from reference.encoding import encode, hash_of, key_id, label, pad
from reference.vault import seal_slot, slot_keys

from .actors import BILLER, CLINICIAN, COST, PINS, SUPERVISOR, draw
from .forge import applied, flip, replaced, splice

ACCOUNT = CLINICIAN
SECRET = account_secret_text(CLINICIAN.secret)
L = 2**252 + 27742317777372353535851937790883648493


def add(failures):
    add_unlock(failures)
    add_key_log(failures)
    add_account_secret(failures)
    add_padding(failures)


def add_unlock(failures):
    vault, slot = ACCOUNT.seal_vault(ACCOUNT.contents(PINS[ACCOUNT])), ACCOUNT.seal_slot()
    objects = failures.objects
    objects |= {"vault": vault["object"], "slot": slot["object"]}
    good = {
        "passphrase": unicodedata.normalize("NFKC", ACCOUNT.passphrase),
        "account_secret": SECRET,
        "vault": {"of": "vault"},
        "slot": {"of": "slot"},
    }

    def add(errors, name, **inputs):
        failures.add("unlock", errors, name, **good | inputs)

    def weak(*cost):
        """A slot that really opens under these parameters, where any Argon2id could."""
        real = cost[0] <= COST[0] and cost[1] <= COST[1] and cost[2] > 0
        keys = slot_keys(ACCOUNT.passphrase, ACCOUNT.secret, ACCOUNT.salt, *cost) if real else ACCOUNT.slot_keys
        return seal_slot(keys, ACCOUNT.slot_parameters(*cost), ACCOUNT.vault_key, slot["iv"])["object"]

    add("wrong_passphrase", "wrong passphrase", passphrase="two grey herons over slow water")
    add("wrong_passphrase", "wrong account secret", account_secret=account_secret_text(SUPERVISOR.secret))
    add(
        "invalid_account_secret",
        "a typing mistake in the account secret",
        account_secret=SECRET[:-1] + ("2" if SECRET[-1] != "2" else "3"),
    )
    for cost in [
        (8, 3, 1),
        (65_535, 3, 4),
        (65_536, 2, 4),
        (65_536, 3, 0),
        (262_145, 3, 4),
        (65_536, 11, 4),
        (65_536, 3, 9),
    ]:
        add("weak_parameters", "Argon2id at {} KiB, {} passes, {} lanes".format(*cost), slot=weak(*cost))
    add("weak_parameters not_sealed", "Argon2id at 2^40 KiB", slot=weak(2**40, 3, 4))
    add("wrong_passphrase", "the slot's salt changed", slot=flip(objects, "slot", ACCOUNT.salt))
    add(
        "wrong_passphrase", "the slot's commitment changed", slot=flip(objects, "slot", ACCOUNT.slot_keys["commitment"])
    )
    end = len(slot["object"]) - 1
    add("tampered", "the slot's ciphertext changed", slot=splice("slot", end, 1, bytes([slot["object"][end] ^ 1])))
    end = len(vault["object"]) - 1
    add("tampered", "the vault's ciphertext changed", vault=splice("vault", end, 1, bytes([vault["object"][end] ^ 1])))
    header = encode([ACCOUNT.id, ACCOUNT.generation])
    older = replaced(vault["object"], header, encode([ACCOUNT.id, ACCOUNT.generation - 1]))
    add("tampered", "the vault relabelled with an older generation", vault=older)
    newer = ACCOUNT.seal_vault(ACCOUNT.contents(PINS[ACCOUNT], [[ACCOUNT.slot, ACCOUNT.slot_generation + 1]]))
    add("stale_slot", "the slot from before a passphrase change", vault=newer["object"])
    mixed = "wrong_object not_sealed tampered wrong_passphrase stale_slot"
    add(mixed, "another account's slot", slot=SUPERVISOR.seal_slot()["object"])
    add(mixed, "the slot relabelled as another account's", slot=replaced(slot["object"], ACCOUNT.id, BILLER.id))
    others = [BILLER.id, *ACCOUNT.slot_parameters()[1:]]
    crossed = seal_slot(ACCOUNT.slot_keys, others, ACCOUNT.vault_key, slot["iv"])
    add(mixed, "a slot sealed for another account", slot=crossed["object"])
    kind = seal_slot(ACCOUNT.slot_keys, ACCOUNT.slot_parameters(kind=2), ACCOUNT.vault_key, slot["iv"])
    add("unsupported_version not_sealed", "a slot of a kind reserved for later", slot=kind["object"])
    add("wrong_object not_sealed", "the vault in place of the slot", slot={"of": "vault"})
    add("wrong_object not_sealed", "the slot in place of the vault", vault={"of": "slot"})
    v2 = (label("slot").encode(), label("slot").replace("v1", "v2").encode())
    add("unsupported_version", "a slot of a later format", slot=replaced(slot["object"], *v2))
    v2 = (label("vault").encode(), label("vault").replace("v1", "v2").encode())
    add("unsupported_version", "a vault of a later format", vault=replaced(vault["object"], *v2))
    no_commitment = encode({ALG: CHACHA20_POLY1305, TYP: label("slot"), PARAMETERS: encode(ACCOUNT.slot_parameters())})
    bare = seal("slot", {}, ACCOUNT.slot_keys["slot_key"], slot["iv"], ACCOUNT.vault_key, no_commitment)
    add("not_sealed", "a slot without commitment", slot=bare["object"])
    extra = {PARAMETERS: encode(ACCOUNT.slot_parameters()), COMMITMENT: ACCOUNT.slot_keys["commitment"]}
    short = seal("slot", extra, ACCOUNT.slot_keys["slot_key"], slot["iv"], ACCOUNT.vault_key[:16])
    add("not_sealed", "a slot that holds a short key", slot=short["object"])
    for name, data in (("slot", slot["object"]), ("vault", vault["object"])):
        add("truncated", f"an empty {name}", **{name: b""})
        add("not_sealed", f"bytes after the {name}", **{name: splice(name, len(data), insert=b"\0")})
        for at in (1, len(data) // 2, len(data) - 1):
            add("truncated", f"the {name} cut at {at}", **{name: splice(name, at, len(data) - at)})


def add_key_log(failures):
    entry, keys, public = CLINICIAN.entry, CLINICIAN.keys, CLINICIAN.keys.public()
    failures.objects["key log entry"] = entry["object"]
    add_one = failures.add

    def add(errors, name, entry, id=None):
        if isinstance(entry, dict) and id is None:
            id = hash_of(applied(failures.objects, entry))
        add_one("readKeyLog", errors, name, id=id or hash_of(entry), entry=entry)

    def signed(*payload, seed=keys.ed25519_seed):
        return sign1("key-log", encode(list(payload)), seed)["object"]

    head = (0, None, 0, 1, keys.created_at)
    receiving = (public["x25519"], public["xwing"])
    no_key = "invalid_key not_sealed tampered"
    add("tampered invalid_key not_sealed", "another account's entry", {"of": "key log entry"}, id=BILLER.id)
    add("tampered", "a flipped bit in the signature", flip(failures.objects, "key log entry", entry["signature"]))
    add("tampered", "a flipped bit in the time", flip(failures.objects, "key log entry", encode(keys.created_at), 4))
    r, s = entry["signature"][:32], int.from_bytes(entry["signature"][32:], "little")
    add(
        "tampered",
        "a signature whose S is not canonical",
        replaced(entry["object"], entry["signature"], r + (s + L).to_bytes(32, "little")),
    )
    stolen = signed(*head, public["ed25519"], *receiving, seed=BILLER.keys.ed25519_seed)
    add("tampered", "signed by another key", stolen)
    kid = key_id("ed25519", public["ed25519"])
    posing = encode({ALG: ED25519, KID: kid, TYP: label("key-log")})
    other = sign1("key-log", entry["payload"], BILLER.keys.ed25519_seed, posing)["object"]
    add("tampered", "signed by another key under this one's id", other)
    for name, point in (("the neutral element", 1), ("a point of order 4", 0), ("a point of order 2", 2**255 - 20)):
        small = point.to_bytes(32, "little")
        posing = encode({ALG: ED25519, KID: key_id("ed25519", small), TYP: label("key-log")})
        payload = encode([*head, small, *receiving])
        # Under a key of small order, R = key and S = 0 verify for many messages unless such keys are refused.
        forged = sign1("key-log", payload, keys.ed25519_seed, posing)
        data = replaced(forged["object"], forged["signature"], small + bytes(32))
        add(no_key, f"a signing key that is {name}", data)
    for name, low in (
        ("zero", 0),
        ("one", 1),
        ("of order 8", 39382357235489614581723060781553021112529911719440698176882885853963445705823),
    ):
        add(
            no_key,
            f"a receiving key that is {name}",
            signed(*head, public["ed25519"], low.to_bytes(32, "little"), public["xwing"]),
        )
        xwing = public["xwing"][:-32] + low.to_bytes(32, "little")
        half = f"an X-Wing key whose X25519 half is {name}"
        add(no_key, half, signed(*head, public["ed25519"], public["x25519"], xwing))
    add(
        no_key,
        "one key for signing and receiving",
        signed(*head, public["ed25519"], public["ed25519"], public["xwing"]),
    )
    add(no_key, "a receiving key too short", signed(*head, public["ed25519"], public["x25519"][:31], public["xwing"]))
    add(no_key, "an X-Wing key too short", signed(*head, public["ed25519"], public["x25519"], public["xwing"][:1215]))
    add(
        "not_sealed unsupported_version",
        "a second entry without a first",
        signed(1, CLINICIAN.id, 1, 2, *head[4:], public["ed25519"], *receiving),
    )
    add(
        "not_sealed unsupported_version",
        "a first entry of another epoch",
        signed(0, None, 0, 2, *head[4:], public["ed25519"], *receiving),
    )
    add("not_sealed", "an element too many", signed(*head, public["ed25519"], *receiving, None))
    add("wrong_object", "a login", login(keys, CLINICIAN.id, "https://notes.example", draw("challenge", 32))["object"])
    confused = sign1("login", entry["payload"], keys.ed25519_seed)["signature"]
    add("tampered", "a signature made for a login", replaced(entry["object"], entry["signature"], confused))
    v2 = (label("key-log").encode(), label("key-log").replace("v1", "v2").encode())
    add("unsupported_version", "of a later format", replaced(entry["object"], *v2))
    eddsa = encode({ALG: -8, KID: kid, TYP: label("key-log")})
    add(
        "not_sealed",
        "alg -8, which leaves the curve open",
        sign1("key-log", entry["payload"], keys.ed25519_seed, eddsa)["object"],
    )
    other_id = encode({ALG: ED25519, KID: draw("another key", 16), TYP: label("key-log")})
    add("tampered", "under another key's id", sign1("key-log", entry["payload"], keys.ed25519_seed, other_id)["object"])
    critical = encode({ALG: ED25519, 2: [TYP], KID: kid, TYP: label("key-log")})
    add("not_sealed", "a crit header", sign1("key-log", entry["payload"], keys.ed25519_seed, critical)["object"])
    add_one("readKeyLog", "not_sealed truncated", "text", id=BILLER.id, entry=b"not a key log entry")
    failures.sweep("readKeyLog", ["truncated"], "truncate", "entry", 7, id=CLINICIAN.id, entry={"of": "key log entry"})
    failures.sweep("readKeyLog", None, "flip", "entry", 11, id=CLINICIAN.id, entry={"of": "key log entry"})


def add_account_secret(failures):
    def add(name, text):
        failures.add("accountSecret", "invalid_account_secret", name, text=text)

    swapped = next(
        at
        for at in range(len(SECRET) - 1)
        if SECRET[at].isalnum() and SECRET[at + 1].isalnum() and SECRET[at] != SECRET[at + 1]
    )
    add("empty", "")
    add("a letter changed", ("A" if SECRET[0] != "A" else "B") + SECRET[1:])
    add("two letters swapped", SECRET[:swapped] + SECRET[swapped + 1] + SECRET[swapped] + SECRET[swapped + 2 :])
    add("a group missing", SECRET[:-5])
    add("a group too many", f"{SECRET}-{SECRET[:4]}")
    add("a letter outside the alphabet", "U" + SECRET[1:])
    add("not ASCII", "É" + SECRET[1:])
    add("the checksum of another", SECRET[:-6] + account_secret_text(SUPERVISOR.secret)[-6:])


def add_padding(failures):
    padded = pad(b"Synthetic text")
    for name, data in {
        "empty": b"",
        "no mark": bytes(256),
        "a zero too many": padded + b"\0",
        "a zero too few": padded[:-1],
        "another mark": padded.replace(b"\x80", b"\x81"),
        "a full step too many": padded + bytes(16),
        "not padded": b"Synthetic text",
        "mark at the wrong length": b"\x80" + bytes(271),
    }.items():
        failures.add("unpad", "not_sealed", name, padded=data)
