"""What must be refused of ways in, key logs after a rotation and copied text."""

from reference.account import key_log_entry
from reference.copied import account_secret_text, to_groups
from reference.cose import ALG, ED25519, KID, PARAMETERS, TYP, seal, sign1
from reference.encoding import VAULT_FLOOR, derive, encode, hash_for, hash_of, key_id, label, pad
from reference.recovery import TRUSTEES
from reference.vault import PASSKEY, RECOVERY_CODE, TRUSTEES_SLOT, seal_slot, slot_secrets

from .actors import draw
from .bad import EVERY_REFUSAL, Failures
from .bad_at_once import add_by_will
from .bad_handed import add_handed
from .forge import flip, flipped, replaced, splice
from .people import COLLEAGUE, PSYCHOLOGIST, ROTATED, TRUSTEES_DEAL, make_deal
from .recovery import share

OWNER = PSYCHOLOGIST
PASSPHRASE_WAY, CODE_WAY, PASSKEY_WAY, SECOND_PASSKEY_WAY, TRUSTEES_WAY = OWNER.ways
NEW_REFUSALS = EVERY_REFUSAL + ["wrong_recovery_code", "wrong_share", "wrong_shares", "stale_slot"]


def failures(good):
    """`good`: what vectors.recovery made."""
    found = Failures({"vault": OWNER.seal_vault(OWNER.contents())["object"], "recovery slot": CODE_WAY["sealed"]})
    found.objects |= {"passkey slot": PASSKEY_WAY["sealed"], "trustees slot": TRUSTEES_WAY["sealed"]}
    add_recovery_code(found)
    add_contents(found)
    add_passphrase(found)
    add_passkey(found)
    add_shares(found, good)
    add_key_log(found)
    add_texts(found)
    add_handed(found, good)
    found.shorten()
    add_by_will(found, good)
    found.shorten()
    return {"objects": found.objects, "cases": found.cases, "sweeps": found.sweeps}


def way(kind, slot, generation, further, secret, vault_key=OWNER.vault_key, account=OWNER.id, parameters=None):
    """A slot that opens, of whatever parameters."""
    parameters = parameters or [account, slot, kind, generation, *further]
    return seal_slot(slot_secrets(secret, encode(parameters)), parameters, vault_key, draw("bad slot iv", 12))["object"]


def altered(made, *changes):
    """Its parameters relabelled; commitment and ciphertext stay."""
    parameters = made["parameters"]
    for old, new in changes:
        parameters = replaced(parameters, old, new)
    return replaced(made["sealed"], made["parameters"], parameters)


def numbered(made, kind, generation=None):
    """Relabelled as of another kind or generation, which stand after the slot's id."""
    old = bytes([made["kind"], made["generation"]])
    return altered(made, (made["slot"] + old, made["slot"] + bytes([kind, generation or made["generation"]])))


def add_recovery_code(failures):
    code, slot, objects = CODE_WAY["secret"], CODE_WAY["slot"], failures.objects
    good = {"recovery_code": CODE_WAY["text"], "vault": {"of": "vault"}, "slot": {"of": "recovery slot"}}

    def add(errors, name, **inputs):
        failures.add("unlockWithRecoveryCode", errors, name, **good | inputs)

    add("wrong_recovery_code", "another's code", recovery_code=COLLEAGUE.ways[1]["text"])
    add("invalid_recovery_code", "a typing mistake", recovery_code=mistyped(CODE_WAY["text"]))
    add(
        "invalid_recovery_code",
        "the account secret in the code's place",
        recovery_code=account_secret_text(OWNER.secret),
    )
    add(
        "wrong_recovery_code",
        "the slot's commitment changed",
        slot=flip(objects, "recovery slot", CODE_WAY["commitment"]),
    )
    end = len(CODE_WAY["sealed"]) - 1
    add(
        "tampered",
        "the slot's ciphertext changed",
        slot=splice("recovery slot", end, 1, bytes([CODE_WAY["sealed"][end] ^ 1])),
    )
    add("wrong_recovery_code", "the slot relabelled as of another generation", slot=numbered(CODE_WAY, 3, 1))
    add("wrong_recovery_code", "the trustees' slot relabelled as a recovery code's", slot=numbered(TRUSTEES_WAY, 3))
    for name, other in (("passphrase", PASSPHRASE_WAY), ("passkey", PASSKEY_WAY), ("trustees'", TRUSTEES_WAY)):
        add("unknown_slot", f"the {name} slot in its place", slot=other["sealed"])
    add("wrong_object not_sealed", "the vault in place of the slot", slot={"of": "vault"})
    theirs = COLLEAGUE.ways[1]
    crossed = {"slot": theirs["sealed"], "recovery_code": theirs["text"]}
    add("tampered wrong_object not_sealed stale_slot", "another account's slot and code", **crossed)
    add("tampered stale_slot", "another account's vault", vault=COLLEAGUE.seal_vault(COLLEAGUE.contents())["object"])
    add("stale_slot", "a code that was replaced", slot=way(RECOVERY_CODE, slot, 1, [], code))
    add("stale_slot", "a slot that was removed", slot=way(RECOVERY_CODE, draw("removed slot", 16), 2, [], code))
    old_key = draw("vault key before the rotation", 32)
    add("tampered", "a slot from before the rotation", slot=way(RECOVERY_CODE, slot, 1, [], code, old_key))
    add("unsupported_version", "a slot of kind 5", slot=way(5, slot, 2, [], code))
    add("unsupported_version", "a slot of kind 0", slot=way(0, slot, 2, [], code))
    add("not_sealed", "a slot with a parameter too many", slot=way(RECOVERY_CODE, slot, 2, [b""], code))
    add(
        "not_sealed truncated",
        "a slot with a parameter missing",
        slot=way(3, slot, 2, [], code, parameters=[OWNER.id, slot, 3]),
    )
    sweep = dict(failures=failures, operation="unlockWithRecoveryCode", inputs=good)
    swept("slot", 1, "recovery slot", **sweep)
    swept("vault", 61, "vault", **sweep)


def swept(field, step, of, failures, operation, inputs):
    inputs = inputs | {field: {"of": of}}
    failures.sweep(operation, ["truncated"], "truncate", field, 3 * step, **inputs)
    failures.sweep(operation, NEW_REFUSALS, "flip", field, step, **inputs)


def add_contents(failures):
    good = {"recovery_code": CODE_WAY["text"], "slot": {"of": "recovery slot"}}
    contents = OWNER.contents()
    slots, deals = OWNER.contents()[3], OWNER.contents()[7]

    def add(errors, name, contents, vault=None):
        vault = vault or OWNER.seal_vault(contents)["object"]
        failures.add("unlockWithRecoveryCode", errors, f"contents {name}", **good | {"vault": vault})

    for count in (0, 4, 6, 7, 9):
        add("unsupported_version not_sealed", f"of {count} elements", (contents + [[]])[:count])
    for name, more in {
        "with a slot of kind 5": {"slots": slots + [[draw("later slot", 16), 1, 5, "", 0, None]]},
        "with a deal of kind 3": {"deals": deals + [[3, *deals[0][1:]]]},
    }.items():
        add("unsupported_version not_sealed", name, OWNER.contents(**more))
    for name, more in {
        "with slots of the first form": {"slots": [slot[:2] for slot in slots]},
        "without epochs": {"epochs": []},
        "whose head is no hash": {"head": b""},
        "with a device of two elements": {"devices": [OWNER.devices[0][:2]]},
        "with a share held by no account id": {"deals": [[*deals[0][:4], [["Name", b"short"]]]]},
        "with a slot whose name is a byte string": {"slots": [[*slots[0][:3], b"", *slots[0][4:]]]},
    }.items():
        add("not_sealed", name, OWNER.contents(**more))
    add("not_sealed", "of the first form with slots of the second", contents[:5])
    first = [*contents[:3], [[CODE_WAY["slot"], 1]], contents[4]]
    add("stale_slot", "of the first form with an older generation", first)

    key = derive(OWNER.vault_key, OWNER.id, "vault")
    extra = {PARAMETERS: encode([OWNER.id, OWNER.generation])}
    data = encode(contents)
    unpadded = seal("vault", extra, key, draw("bad vault iv", 12), pad(data))
    add("not_sealed tampered", "padded to the floor of texts", None, unpadded["object"])
    direct = seal("vault", extra, OWNER.vault_key, draw("bad vault iv", 12), pad(data, VAULT_FLOOR))
    add("tampered", "sealed under the vault key itself", None, direct["object"])


def add_passphrase(failures):
    good = {"passphrase": OWNER.passphrase, "account_secret": account_secret_text(OWNER.secret)}
    good |= {"vault": {"of": "vault"}, "slot": PASSPHRASE_WAY["sealed"]}

    def add(errors, name, **inputs):
        failures.add("unlock", errors, name, **good | inputs)

    before = account_secret_text(draw("account secret before the rotation", 16))
    add("wrong_passphrase", "the account secret from before the rotation", account_secret=before)
    add("invalid_account_secret", "the recovery code in the account secret's place", account_secret=CODE_WAY["text"])
    for name, other in (("recovery code's", CODE_WAY), ("passkey", PASSKEY_WAY), ("trustees'", TRUSTEES_WAY)):
        add("unknown_slot", f"the {name} slot in place of the passphrase's", slot=other["sealed"])


def add_passkey(failures):
    prf, slot, objects = PASSKEY_WAY["secret"], PASSKEY_WAY["slot"], failures.objects
    salt, credential = PASSKEY_WAY["salt"], PASSKEY_WAY["credential"]
    good = {"prf": prf, "vault": {"of": "vault"}, "slot": {"of": "passkey slot"}}

    def add(errors, name, **inputs):
        failures.add("unlockWithPasskey", errors, name, **good | inputs)

    def made(*further, generation=1, slot=slot):
        return way(PASSKEY, slot, generation, further, prf)

    add("wrong_passkey", "another PRF output", prf=flipped(prf))
    add("wrong_passkey", "the other passkey's PRF output", prf=SECOND_PASSKEY_WAY["secret"])
    add("wrong_passkey", "the recovery code's bytes", prf=CODE_WAY["secret"] + bytes(12))
    for part in ("salt", "credential", "commitment"):
        add("wrong_passkey", f"the slot's {part} changed", slot=flip(objects, "passkey slot", PASSKEY_WAY[part]))
    add("wrong_passkey", "the slot relabelled as of another generation", slot=numbered(PASSKEY_WAY, 2, 2))
    add("unknown_slot", "the recovery code's slot", slot={"of": "recovery slot"})
    add("stale_slot", "a passkey that was removed", slot=made(salt, credential, slot=draw("removed slot", 16)))
    add("stale_slot", "a generation that the vault does not know", slot=made(salt, credential, generation=2))
    add("not_sealed", "a slot without a credential id", slot=made(salt, b""))
    add("not_sealed", "a credential id of 1024 bytes", slot=made(salt, bytes(1024)))
    add("not_sealed", "a salt of 16 bytes", slot=made(salt[:16], credential))
    add("not_sealed truncated", "a slot without parameters of its kind", slot=made())


def add_shares(failures, good):
    deals = {deal["name"]: deal["shares"] for deal in good["deals"]}
    first, second, third = deals["trustees"]
    failures.objects |= {"share 1": first["share"], "share 2": second["share"]}
    two = [{"of": "share 1"}, {"of": "share 2"}]
    usual = {"owner": OWNER.name, "vault": {"of": "vault"}, "slot": {"of": "trustees slot"}}

    def add(errors, name, **inputs):
        failures.add("unlockWithShares", errors, name, **usual | inputs)

    def signed(seed=OWNER.keys.ed25519_seed, purpose="share", value=second["value"], **changes):
        fields = dict(account=OWNER.id, kind=1, deal=TRUSTEES_DEAL["deal"], threshold=2, count=3, number=2) | changes
        return sign1(purpose, encode([*fields.values(), value]), seed)["object"]

    def second_is(errors, name, data):
        add(errors, name, shares=[{"of": "share 1"}, data])

    add("too_few_shares", "no share", texts=[])
    add("too_few_shares", "one share of two", texts=[third["text"]])
    add("too_few_shares", "one share twice", texts=[first["text"], first["text"]])
    add("wrong_share", "a share of the will", texts=[first["text"], deals["will for both drawers"][1]["text"]])
    add(
        "wrong_share", "shares of the will alone", texts=[share["text"] for share in deals["will for both drawers"][:2]]
    )
    for part in ("value", "signature"):
        second_is("wrong_share", f"a share whose {part} was changed", flip(failures.objects, "share 2", second[part]))
    second_is("wrong_shares", "a value that the account signed and that is not of this secret", signed(value=bytes(32)))
    other = make_deal(OWNER, TRUSTEES, "trustees before", TRUSTEES_DEAL["people"])
    second_is("wrong_share", "a share of an earlier deal", share(other, 2)["object"])
    second_is("wrong_share", "a share that another account signed", signed(COLLEAGUE.keys.ed25519_seed))
    second_is("wrong_share", "a share that names another account", signed(account=COLLEAGUE.id))
    second_is("wrong_share", "a share of the will under this deal's id", signed(kind=2))
    second_is("wrong_share", "a share of kind 3", signed(kind=3))
    second_is("wrong_share", "a share signed as a grant", signed(purpose="grant"))
    second_is("wrong_share", "something that is no share", b"not a share")
    for name, numbers in {
        "threshold 1": {"threshold": 1},
        "a threshold above the count": {"threshold": 4},
        "17 shares": {"count": 17},
        "number 0": {"number": 0},
        "a number above the count": {"number": 4},
    }.items():
        second_is("wrong_share", f"a signed share with {name}", signed(**numbers))
    add("tampered wrong_share", "another account's key log", owner=COLLEAGUE.name, shares=two)
    add(
        "wrong_shares",
        "the slot's commitment changed",
        texts=[first["text"], third["text"]],
        slot=flip(failures.objects, "trustees slot", TRUSTEES_WAY["commitment"]),
    )
    texts = [first["text"], second["text"]]
    add("wrong_shares", "the slot relabelled as of another generation", texts=texts, slot=numbered(TRUSTEES_WAY, 4, 2))
    add("wrong_share", "the recovery code's slot relabelled as the trustees'", texts=texts, slot=numbered(CODE_WAY, 4))
    add("unknown_slot", "the recovery code's slot", texts=texts, slot={"of": "recovery slot"})
    removed = way(TRUSTEES_SLOT, other["deal"], 1, [], other["secret"])
    add(
        "stale_slot",
        "a slot that was removed, with its own shares",
        slot=removed,
        shares=[share(other, number)["object"] for number in (1, 3)],
    )


def add_key_log(failures):
    before, keys = OWNER.epochs
    public, second = keys.public(), OWNER.entries[1]["object"]
    failures.objects |= {"first entry": OWNER.entries[0]["object"], "second entry": second}
    usual = {"id": OWNER.id, "entry": {"of": "first entry"}}

    def add(errors, name, next, **inputs):
        failures.add("readKeyLog", errors, f"a rotation {name}", **usual | inputs | {"next": next})

    def signed(*head, seed=before.ed25519_seed, protected=None, purpose="key-log", **changed):
        fields = [*head, keys.created_at, *(public | changed).values()]
        return sign1(purpose, encode(fields), seed, protected)["object"]

    head = (1, OWNER.id, 1, 2)
    assert signed(*head) == second
    add("tampered", "signed by the new key", signed(*head, seed=keys.ed25519_seed))
    add("tampered", "signed by another account", signed(*head, seed=COLLEAGUE.keys.ed25519_seed))
    kid = key_id("ed25519", before.public()["ed25519"])
    posing = encode({ALG: ED25519, KID: kid, TYP: label("key-log")})
    add(
        "tampered",
        "signed by the new key under the old one's id",
        signed(*head, seed=keys.ed25519_seed, protected=posing),
    )
    add(
        "tampered", "whose signature was changed", flip(failures.objects, "second entry", OWNER.entries[1]["signature"])
    )
    add("not_sealed tampered", "after an entry that is not there", signed(1, hash_of(second), 1, 2))
    add("not_sealed tampered", "after another account's entry", signed(1, COLLEAGUE.id, 1, 2))
    add("tampered", "that skips a place", signed(2, OWNER.id, 1, 3))
    add("not_sealed", "of epoch 1", signed(0, OWNER.id, 1, 1))
    add("not_sealed", "that skips an epoch", signed(1, OWNER.id, 1, 3))
    add("not_sealed", "without the hash of the entry before", signed(1, None, 1, 2))
    add("tampered not_sealed", "of epoch 2^64 - 1", signed(2**64 - 2, OWNER.id, 1, 2**64 - 1))
    add("not_sealed", "of kind 2 with keys", signed(1, OWNER.id, 2, 2))
    add("unsupported_version", "of kind 5", signed(1, OWNER.id, 5, 2))
    add("not_sealed tampered", "that is a second first entry", signed(0, None, 0, 1))
    add("not_sealed tampered", "that is a first entry signed by its own key", key_log_entry(before)["object"])
    add("not_sealed tampered", "that is another account's first entry", COLLEAGUE.entry["object"])
    add("wrong_object", "signed as a login", signed(*head, purpose="login"))
    no_key = "invalid_key not_sealed tampered"
    add(no_key, "to a signing key of small order", signed(*head, ed25519=(1).to_bytes(32, "little")))
    add(no_key, "to a receiving key of small order", signed(*head, x25519=bytes(32)))
    add(no_key, "to an X-Wing key of small order", signed(*head, xwing=public["xwing"][:-32] + bytes(32)))
    failures.add(
        "readKeyLog", "not_sealed tampered unsupported_version", "a rotation alone", id=hash_of(second), entry=second
    )
    sweep = dict(failures=failures, operation="readKeyLog", inputs=usual)
    swept("next", 11, "second entry", **sweep)

    def said(errors, name, *payload, seed=before.ed25519_seed):
        next = sign1("key-log", encode([1, OWNER.id, *payload]), seed)["object"]
        failures.add("readKeyLog", errors, name, **usual | {"next": next})

    at, member = ROTATED, COLLEAGUE.id
    said("tampered", "an endorsement signed by its member", 3, at, member, member, 1, None, seed=COLLEAGUE.keys.ed25519_seed)
    said("not_sealed", "an endorsement of oneself", 3, at, OWNER.id, OWNER.id, 1, None)
    said("unsupported_version", "an endorsement of role 8", 3, at, member, member, 8, None)
    said("unsupported_version", "an endorsement of role 0", 3, at, member, member, 0, None)
    said("not_sealed", "an endorsement without an end", 3, at, member, member, 1)
    said("not_sealed", "a withdrawal of nobody", 4, at, None)
    said("not_sealed", "a withdrawal with a role", 4, at, member, 1)
    said("not_sealed", "a revocation of the newest keys", 2, at, 1, at)


def mistyped(text):
    return text[:-1] + ("2" if text[-1] != "2" else "3")


def add_texts(failures):
    text, theirs = CODE_WAY["text"], COLLEAGUE.ways[1]["text"]
    code = CODE_WAY["secret"]
    for name, typed in {
        "empty": "",
        "a letter changed": ("A" if text[0] != "A" else "B") + text[1:],
        "the last letter changed": mistyped(text),
        "a group missing": text[:-5],
        "a group too many": f"{text}-{text[:4]}",
        "a letter outside the alphabet": "U" + text[1:],
        "not ASCII": "É" + text[1:],
        "a letter that only folds to one of ours": text.replace("S", "ſ") if "S" in text else "ſ" + text[1:],
        "the checksum of another": text[:-9] + theirs[-9:],
        "a checksum without its purpose": to_groups(code + hash_of(code)[:5]),
        "the checksum of a share": to_groups(code + hash_for("share", code)[:5]),
        "an account secret": account_secret_text(OWNER.secret),
    }.items():
        failures.add("recoveryCode", "invalid_recovery_code", name, text=typed)
    failures.add("accountSecret", "invalid_account_secret", "a recovery code", text=text)
