"""The Python side of the interoperability tests: one JSON request on stdin, one JSON answer on stdout.

Bytes are hexadecimal in both directions. Random this time, not as in the vectors.
"""

import hashlib
import json
import secrets
import sys
import time

import cbor2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

import generic
from reference.account import (
    Keys,
    account_secret_text,
    key_log_entry,
    read_key_log,
    seal_slot,
    seal_vault,
    slot_keys,
    unlock,
)
from reference.cose import parse_sign1, verify
from reference.encoding import derive, encode, fingerprint, hash_of, key_id, label, pad, plain, unpad
from reference.grants import grant_context, open_shared
from reference.records import CHART, FIELDS, PRIVATE, container, context, open_draft, open_own

DRAWERS = {"private": PRIVATE, "chart": CHART}


def new_keys():
    return Keys(1, int(time.time()), *(secrets.token_bytes(32) for _ in range(5)))


def keys_of(request):
    return Keys(1, request["created_at"], *(bytes.fromhex(secret) for secret in request["secrets"]))


def public_account(keys):
    entry = key_log_entry(keys)["object"]
    account = hash_of(entry)
    return {"account": account, "fingerprint": fingerprint(account), "entry": entry, "public": keys.public()}


def make_account(_):
    keys = new_keys()
    return public_account(keys) | {"created_at": keys.created_at, "secrets": keys.as_list()[2:]}


def make_vault(request):
    """An account with a vault, as a second implementation of the library would create it."""
    keys, secret, vault_key = new_keys(), secrets.token_bytes(16), secrets.token_bytes(32)
    made = public_account(keys)
    slot, salt, cost = secrets.token_bytes(16), secrets.token_bytes(16), (65_536, 3, 4)
    stretched = slot_keys(request["passphrase"], secret, salt, *cost)
    parameters = [made["account"], slot, 1, 1, salt, *cost]
    contents = [bytes.fromhex(request["tenant"]), secret, [keys.as_list()], [[slot, 1]], []]
    return made | {
        "account_secret": account_secret_text(secret),
        "slot": seal_slot(stretched, parameters, vault_key, secrets.token_bytes(12))["object"],
        "vault": seal_vault(vault_key, made["account"], 1, contents, secrets.token_bytes(12))["object"],
    }


def open_vault(request):
    """Unlocks a vault of the library, and opens what its owner sealed and was granted."""
    vault = unlock(
        request["passphrase"],
        request["account_secret"],
        bytes.fromhex(request["vault"]),
        bytes.fromhex(request["slot"]),
    )
    answer = {"account": vault.account, "tenant": vault.tenant, "generation": vault.generation}
    answer["public"] = vault.keys(1).public()
    answer["pins"] = [account for account, _, _ in vault.pins]
    answer["own"] = [
        open_own(vault, bytes.fromhex(item["sealed"]), DRAWERS[item["drawer"]])[1] for item in request.get("own", [])
    ]
    answer["drafts"] = [
        open_draft(vault, bytes.fromhex(item["sealed"]), DRAWERS[item["drawer"]])[1]
        for item in request.get("drafts", [])
    ]
    answer["shared"] = []
    for item in request.get("shared", []):
        entry = bytes.fromhex(item["author"])
        author = read_key_log(hash_of(entry), entry)
        sealed, grant = bytes.fromhex(item["sealed"]), bytes.fromhex(item["grant"])
        answer["shared"].append(open_shared(vault, sealed, grant, author, int(time.time()))[1])
    return answer


def check_login(request):
    entry, signed = bytes.fromhex(request["entry"]), parse_sign1(bytes.fromhex(request["login"]), "login")
    verify(signed, read_key_log(hash_of(entry), entry).ed25519)
    account, origin, challenge = cbor2.loads(signed["payload"])
    return {"account": account, "origin": origin, "challenge": challenge}


def open_export(request):
    """An exported section, opened with generic COSE and HPKE calls alone."""
    keys, suite, data = keys_of(request), request["suite"], bytes.fromhex(request["export"])
    public = keys.public()
    if suite == 1:
        private = X25519PrivateKey.from_private_bytes(keys.x25519_secret)
        padded = generic.open_encrypt_x25519(data, private, key_id("x25519", public["x25519"]))
    else:
        # X-Wing's seed expansion (draft-connolly-cfrg-xwing-kem §5.2).
        expanded = hashlib.shake_256(keys.xwing_seed).digest(96)
        padded = generic.open_encrypt_xwing(data, expanded[:64], expanded[64:], key_id("xwing", public["xwing"]))
    return {"text": unpad(padded).decode()}


def verify_signed(request):
    """Payloads of COSE_Sign1 objects, each checked by cwt."""
    public_key = bytes.fromhex(request["ed25519"])
    kid = key_id("ed25519", public_key)
    return {"payloads": [generic.verify_sign1(bytes.fromhex(data), public_key, kid) for data in request["objects"]]}


def seal_record(request):
    """A complete chart record by this side's account, granted to another: COSE and HPKE by others' libraries."""
    keys, suite, recipient = keys_of(request), request["suite"], bytes.fromhex(request["recipient"])
    author, reader = hash_of(key_log_entry(keys)["object"]), read_key_log(hash_of(recipient), recipient)
    seed = Ed25519PrivateKey.from_private_bytes(keys.ed25519_seed)
    kid = key_id("ed25519", keys.public()["ed25519"])
    place = [bytes.fromhex(request["tenant"]), secrets.token_bytes(16)]
    manifest = dict(
        zip(FIELDS, [*place, CHART, secrets.token_bytes(16), None, 1, None, author, 1, 0, int(time.time())])
    )
    parts = []
    for section, text in sorted(request["sections"].items()):
        content_key = secrets.token_bytes(32)
        bound = context(manifest, section)
        commitment = derive(content_key, bound, "commitment")
        parts.append((section, text.encode(), content_key, bound, commitment, secrets.token_bytes(12)))

    def sealed(part, recipient_context):
        _, text, content_key, bound, _, iv = part
        whole = generic.seal_encrypt(
            pad(text),
            content_key,
            iv,
            label("chart-body"),
            bound,
            reader.receiving(suite),
            reader.receiving_key_id(suite),
            recipient_context,
        )
        value = cbor2.loads(whole).value
        return cbor2.dumps(cbor2.CBORTag(96, [*value[:3], []])), value[3][0]

    # The grant names the version's hash, and the version its bodies': bodies first, for nobody yet.
    bodies = [sealed(part, bytes(32))[0] for part in parts]
    listed = [[part[0], hash_of(body), part[4]] for part, body in zip(parts, bodies)]
    payload = encode([*manifest.values(), [1, 2], listed, {}])
    version = generic.sign1(payload, seed, kid, label("version"))
    header = [
        *place,
        1,
        hash_of(version),
        author,
        reader.account,
        suite,
        1,
        int(time.time()),
        request.get("expires_at"),
    ]
    wrapped = [sealed(part, grant_context(header, part[0])) for part in parts]
    assert [body for body, _ in wrapped] == bodies, "recipients are outside the body"
    keys_by_section = [[part[0], recipient] for part, (_, recipient) in zip(parts, wrapped)]
    grant = generic.sign1(encode([header, keys_by_section]), seed, kid, label("grant"))
    return {"record": place[1], "sealed": container(CHART, version, None, bodies), "grant": grant}


COMMANDS = {
    function.__name__: function
    for function in (make_account, make_vault, open_vault, check_login, open_export, verify_signed, seal_record)
}

if __name__ == "__main__":
    asked = json.load(sys.stdin)
    json.dump(plain(COMMANDS[asked["command"]](asked)), sys.stdout)
