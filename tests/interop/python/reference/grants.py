"""Grants, and opening what was granted (SPEC.md §6)."""

from .cose import ALG, CONTEXT, EK, KID, SUITES, hpke_decrypt, info_of, parse_recipient, sign1
from .encoding import (
    Refused,
    array,
    ascending,
    bstr,
    decode,
    encode,
    hash_for,
    key_id,
    match,
    need,
    not_sealed,
    optional,
    section_name,
    uint,
)
from .receipts import parse_signed, sign_together
from .records import CHART, open_body, parse_container, same_tenant

FIELDS = (
    "tenant",
    "record",
    "version",
    "version_hash",
    "granter",
    "recipient",
    "suite",
    "purpose_of_use",
    "granted_at",
    "expires_at",
)


def grant_context(header, section):
    return hash_for("context", encode([header, section]))


def wrap_key(header, section, identity, content_key, encapsulate):
    """`encapsulate(suite, public key, info, content key)` gives the encapsulated key and the ciphertext."""
    suite = header[FIELDS.index("suite")]
    bound = grant_context(header, section)
    protected = encode({ALG: SUITES[suite][0], KID: identity.receiving_key_id(suite), CONTEXT: bound})
    ek, ciphertext = encapsulate(suite, identity.receiving(suite), info_of(protected), content_key)
    return {
        "section": section,
        "context": bound,
        "protected": protected,
        "info": info_of(protected),
        "ek": ek,
        "ciphertext": ciphertext,
        "recipient": [protected, {EK: ek}, ciphertext],
    }


def grant_payload(header, wrapped, *seen):
    """`wrapped` as from wrap_key, in order of section; `seen`: [granter's, recipient's] ledger heads, if any."""
    return encode([header, [[key["section"], key["recipient"]] for key in wrapped], *seen])


def sign_grant(header, wrapped, seed, *seen):
    return sign1("grant", grant_payload(header, wrapped, *seen), seed)


def sign_grants(payloads, keys):
    """One where it is alone, else a tree of them."""
    if len(payloads) == 1:
        return [sign1("grant", *payloads, keys.ed25519_seed)]
    return sign_together("grants", payloads, keys.ed25519_seed, key_id("ed25519", keys.public()["ed25519"]))


def parse_grant(data):
    signed = parse_signed(data, "grant", "grants")
    payload = decode(signed["payload"])
    shape = array(bstr(16), bstr(16), uint, bstr(32), bstr(32), bstr(32), uint, uint, uint, optional(uint))
    need(type(payload) is list and len(payload) in (2, 3), "not a grant")
    need(shape(payload[0]) and type(payload[1]) is list, "not a grant")
    need(all(array(*[optional(array(uint, bstr(32)))] * 2)(seen) for seen in payload[2:]), "not ledger heads")
    header = dict(zip(FIELDS, payload[0]))
    need(header["suite"] in SUITES and 1 <= header["purpose_of_use"] <= 5, "unknown suite or purpose of use")
    need(payload[1] and all(type(key) is list and len(key) == 2 and section_name(key[0]) for key in payload[1]), "keys")
    need(ascending([section for section, _ in payload[1]]), "sections repeated or out of order")
    alg, ek_length = SUITES[header["suite"]]
    keys = {}
    for section, recipient in payload[1]:
        key = parse_recipient(recipient)
        match(key["context"] == grant_context(payload[0], section), "a key wrapped for another grant or section")
        need((key["alg"], len(key["ek"])) == (alg, ek_length), "outside the grant's suite")
        keys[section] = key
    if len({key["kid"] for key in keys.values()}) > 1:
        raise not_sealed("keys of several recipients in one grant")
    return signed, header, keys


def open_shared(vault, data, grant, author, now):
    """`author` is the verified identity of who wrote the record."""
    parsed = parse_container(data, CHART)
    signed, header, keys = parse_grant(grant)
    manifest = parsed.manifest
    same = all(header[name] == manifest[name] for name in ("tenant", "record", "version"))
    match(same and header["version_hash"] == parsed.version_hash, "a grant on another version")
    match(header["granter"] == manifest["author"], "granted by another than the author")
    if manifest["author"] != author.account:
        raise Refused("not_the_author", "not by the author named")
    same_tenant(vault, manifest["tenant"])
    author.verify(parsed.signed)
    author.verify(signed, header["granted_at"])
    if header["recipient"] != vault.account:
        raise Refused("not_a_recipient", "granted to somebody else")
    if header["expires_at"] is not None and header["expires_at"] <= now:
        raise Refused("grant_expired", "expired")
    need([body["section"] for body in parsed.bodies] == list(keys), "bodies are not those granted")
    suite = header["suite"]
    kid = next(iter(keys.values()))["kid"]
    secret = vault.receiving(suite, kid)
    if secret is None:
        raise Refused("not_a_recipient", "to a key that is not ours")
    texts = {}
    for body in parsed.bodies:
        key = keys[body["section"]]
        content_key = hpke_decrypt(suite, secret, key["info"], key["ek"], key["ciphertext"])
        need(len(content_key) == 32, "not a content key")
        texts[body["section"]] = open_body(body, content_key)
    return manifest, texts


def export(body, recipients):
    """A chart body with COSE_recipients appended: a plain COSE_Encrypt."""
    value = decode(body)
    value.value[3] = recipients
    return encode(value)
