"""The Python side of the interoperability tests: one JSON request on stdin, one JSON answer on stdout.

Bytes are hexadecimal in both directions. Random this time, not as in the vectors.
"""

import hashlib
import json
import secrets
import sys
import time
from types import SimpleNamespace

import cbor2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

import generic
from reference.account import Keys, key_log_entry, read_key_log
from reference.copied import account_secret_text, parse_account_secret, recovery_code_text
from reference.cose import hpke_encrypt, parse_sign1, verify, xwing_public
from reference.encapsulation import sharing
from reference.encoding import Refused, derive, encode, fingerprint, hash_of, key_id, label, pad, plain, unpad
from reference.grants import grant_context, grant_payload, open_shared, sign_grants, wrap_key
from reference.ledger import Ledger, check_bundle, encode_events, make_bundle, seal_entry
from reference.records import CHART, FIELDS, PRIVATE, container, context, open_draft, open_own, seal_body, sign_version
from reference.recovery import (
    DEVICE_REQUEST,
    DEVICE_REQUEST,
    TRUSTEES,
    WILL,
    answer_context,
    check_answer,
    check_code,
    make_request,
    open_answer,
    open_share,
    open_will,
    parse_printed,
    parse_request,
    read_device_answer,
    parse_share,
    request_code,
    seal_to,
)
from reference.vault import (
    PASSPHRASE,
    RECOVERY_CODE,
    by_passkey,
    by_passphrase,
    by_recovery_code,
    by_shares,
    seal_slot,
    seal_vault,
    slot_keys,
    slot_secrets,
    unlock,
)
from vectors.forge import two_key_body

DRAWERS = {"private": PRIVATE, "chart": CHART}
DEALS = {"trustees": TRUSTEES, "will": WILL}


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


def read_log(entries):
    log = [bytes.fromhex(entry) for entry in entries]
    return read_key_log(hash_of(log[0]), *log)


def make_vault(request):
    """An account as a second implementation of the library would create it, its recovery code confirmed."""
    keys, secret, vault_key = new_keys(), secrets.token_bytes(16), secrets.token_bytes(32)
    made, code = public_account(keys), secrets.token_bytes(20)
    account, tenant = made["account"], bytes.fromhex(request["tenant"])
    ids, salt, cost = [secrets.token_bytes(16) for _ in range(2)], secrets.token_bytes(16), (65_536, 3, 4)
    parameters = [[account, ids[0], PASSPHRASE, 1, salt, *cost], [account, ids[1], RECOVERY_CODE, 1]]
    opened_by = [slot_keys(request["passphrase"], secret, salt, *cost), slot_secrets(code, encode(parameters[1]))]
    at = keys.created_at
    slots = [[ids[0], 1, PASSPHRASE, "", at, None], [ids[1], 1, RECOVERY_CODE, "", at, at]]
    contents = [tenant, secret, [keys.as_list()], slots, [], account, [], []]
    return made | {
        "account_secret": account_secret_text(secret),
        "recovery_code": recovery_code_text(code),
        "slots": [
            seal_slot(secrets_, header, vault_key, secrets.token_bytes(12))["object"]
            for secrets_, header in zip(opened_by, parameters)
        ],
        "vault": seal_vault(vault_key, account, 1, contents, secrets.token_bytes(12))["object"],
    }


def way_of(request):
    if "passphrase" in request:
        return by_passphrase(request["passphrase"], request["account_secret"])
    if "prf" in request:
        return by_passkey(bytes.fromhex(request["prf"]))
    if "recovery_code" in request:
        return by_recovery_code(request["recovery_code"])
    return by_shares(read_log(request["key_log"]), [bytes.fromhex(share) for share in request["shares_of_trustees"]])


def unlock_for(request):
    return unlock(bytes.fromhex(request["vault"]), [bytes.fromhex(slot) for slot in request["slots"]], way_of(request))


def open_vault(request):
    """Unlocks a vault of the library, and opens what its owner sealed and was granted."""
    vault = unlock_for(request)
    answer = {"account": vault.account, "tenant": vault.tenant, "generation": vault.generation}
    answer |= {"head": vault.head, "epochs": list(vault.epochs), "may_seal": vault.may_seal()}
    answer |= {"kinds": [slot.kind for slot in vault.slots], "devices": vault.devices, "deals": vault.deals}
    answer["public"] = vault.keys(max(vault.epochs)).public()
    answer["pins"] = [pin.account for pin in vault.pins]
    answer["own"] = [
        open_own(vault, bytes.fromhex(item["sealed"]), DRAWERS[item["drawer"]])[1] for item in request.get("own", [])
    ]
    answer["drafts"] = [
        open_draft(vault, bytes.fromhex(item["sealed"]), DRAWERS[item["drawer"]])[1]
        for item in request.get("drafts", [])
    ]
    answer["shared"] = []
    for item in request.get("shared", []):
        sealed, grant = bytes.fromhex(item["sealed"]), bytes.fromhex(item["grant"])
        answer["shared"].append(open_shared(vault, sealed, grant, read_log(item["author"]), int(time.time()))[1])
    return answer


def follow_ledger(request):
    """A ledger as its owner reads it, whose head was seen before, and a bundle of it as an auditor does."""
    vault = unlock_for(request)
    ledger = Ledger(vault.account, vault.epochs)
    if "head" in request:
        ledger.expect(request["head"]["sequence"], bytes.fromhex(request["head"]["hash"]))
    ledger.follow([bytes.fromhex(entry) for entry in request["entries"]], True)
    answer = {"head": ledger.chain.head, "entries": ledger.events}
    if "bundle" in request:
        answer["bundle"] = check_bundle(bytes.fromhex(request["bundle"]))
    return answer


def write_ledger(request):
    """`batches`: device and events by name, one entry each; and a bundle that discloses them all."""
    vault, head, made = unlock_for(request), None, []
    for number, (device, events) in enumerate(request["batches"], 1):
        events = [
            {
                name: bytes.fromhex(value) if name in ("record", "client", "person", "hash") else value
                for name, value in event.items()
            }
            for event in events
        ]
        contents = encode_events(secrets.token_bytes(32), device and bytes.fromhex(device), events)
        keys = vault.keys(max(vault.epochs))
        entry = seal_entry(vault.account, keys, head, contents, int(time.time()), secrets.token_bytes(12))
        made.append((entry["entry"], contents))
        head = number, entry["hash"]
    key_log = [bytes.fromhex(entry) for entry in request["key_log"]]
    return {"entries": [entry for entry, _ in made], "head": head, "bundle": make_bundle(vault.account, key_log, made)}


def receiving(keys):
    return lambda kid: keys.xwing_seed if keys.receiving_key_id(2) == kid else None


def open_dealt(request):
    """Shares of the library: sealed to an account of ours, or printed."""
    owner = read_log(request["owner"])
    if "text" in request:
        return {"share": parse_printed(owner, request["text"])}
    place = DEALS[request["kind"]], bytes.fromhex(request["deal"])
    return {"share": open_share(owner, *place, receiving(keys_of(request)), bytes.fromhex(request["sealed"]))}


def answer(request):
    """To a request of the library's, after comparing its code: an account secret or a share."""
    asked, code = bytes.fromhex(request["request"]), request["code"]
    parsed = parse_request(asked)
    if parsed["kind"] == DEVICE_REQUEST:
        check_code(asked, code)
        plaintext = parse_account_secret(request["account_secret"])
    else:
        plaintext = bytes.fromhex(request["share"])
        _, place, _ = parse_share(plaintext)
        check_answer(asked, code, place["account"], place["kind"])
    key, iv = secrets.token_bytes(32), secrets.token_bytes(12)
    made = seal_to("answer", answer_context(asked), parsed["xwing"], key, iv, plaintext, hpke_encrypt)
    return {"answer": made["sealed"]}


def make_own_request(request):
    """A device's or a locked out person's; for a will with an account's own key."""
    seed = secrets.token_bytes(32)
    made = make_request(bytes.fromhex(request["account"]), request["kind"], xwing_public(seed), int(time.time()))
    return {"request": made, "code": request_code(made), "seed": seed}


def open_own_answer(request):
    seed = bytes.fromhex(request["seed"])
    opened = open_answer(bytes.fromhex(request["request"]), lambda _: seed, bytes.fromhex(request["answer"]))
    answer = {"plaintext": opened}
    if parse_request(bytes.fromhex(request["request"]))["kind"] == DEVICE_REQUEST:
        secret, answer["generation"], answer["ledger"] = read_device_answer(opened)
        answer["account_secret"] = account_secret_text(secret)
    return answer


def read_will(request):
    """What a will of the library's opens, by drawer; the code of what is refused in the text's place."""
    shares = [bytes.fromhex(share) for share in request["shares"]]
    will = open_will(bytes.fromhex(request["will"]), read_log(request["owner"]), shares)
    read = []
    for item in request["records"]:
        try:
            read.append(open_own(will, bytes.fromhex(item["sealed"]), DRAWERS[item["drawer"]])[1])
        except Refused as refused:
            read.append(refused.code)
    return {"scope": will.scope, "read": read}


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


def open_granted(request):
    """What an account of this side reads by a grant: receipt and signature by the reference, HPKE by cryptography."""
    keys, (account, tenant) = keys_of(request), (bytes.fromhex(request[name]) for name in ("account", "tenant"))
    secret_of = lambda suite, kid: keys.receiving(suite) if kid == keys.receiving_key_id(suite) else None
    reader = SimpleNamespace(account=account, tenant=tenant, receiving=secret_of)
    shared, author = (bytes.fromhex(request[name]) for name in ("sealed", "grant")), read_log([request["author"]])
    return {"texts": open_shared(reader, *shared, author, int(time.time()))[1]}


def seal_caseload(request):
    """Records by this side's account, each granted to all recipients, all at once."""
    keys, suite, tenant = keys_of(request), request["suite"], bytes.fromhex(request["tenant"])
    author = hash_of(key_log_entry(keys)["object"])
    readers = [read_log([entry]) for entry in request["recipients"]]
    once, made, payloads = sharing(secrets.token_bytes(32)), [], []
    for texts in request["records"]:
        head = [tenant, secrets.token_bytes(16), CHART, secrets.token_bytes(16), None, 1, None, author, 1, 0, int(time.time())]
        manifest = dict(zip(FIELDS, head))
        bodies = [
            seal_body(manifest, section, secrets.token_bytes(32), secrets.token_bytes(12), text.encode())
            for section, text in sorted(texts.items())
        ]
        version = sign_version(manifest, bodies, keys)
        for reader in readers:
            header = [*head[:2], 1, version["hash"], author, reader.account, suite, 1, head[-1], None]
            wrapped = [wrap_key(header, body["section"], reader, body["content_key"], once) for body in bodies]
            payloads.append(grant_payload(header, wrapped))
        made.append(container(CHART, version["object"], None, [body["body"] for body in bodies]))
    grants, each = [grant["object"] for grant in sign_grants(payloads, keys)], len(readers)
    return {
        "records": [
            {"sealed": sealed, "grants": grants[at * each : (at + 1) * each]} for at, sealed in enumerate(made)
        ]
    }


def make_two_key_body(request):
    """A body of one context that opens under both keys, and the commitment to the first of them."""
    context, *keys = (bytes.fromhex(request[name]) for name in ("context", "committed_key", "other_key"))
    text = b"Synthetic. A text that its author never committed to.".ljust(64) + b"%" * 16 + b"#" * 16
    body, commitment = two_key_body(context, *keys, secrets.token_bytes(12), text)
    return {"body": body, "commitment": commitment}


COMMANDS = {
    function.__name__: function
    for function in (
        make_account,
        make_vault,
        open_vault,
        open_dealt,
        answer,
        make_own_request,
        open_own_answer,
        read_will,
        check_login,
        open_export,
        verify_signed,
        seal_record,
        open_granted,
        seal_caseload,
        follow_ledger,
        write_ledger,
        make_two_key_body,
    )
}

if __name__ == "__main__":
    asked = json.load(sys.stdin)
    json.dump(plain(COMMANDS[asked["command"]](asked)), sys.stdout)
