"""Versions, bodies, wraps, containers, drafts (SPEC.md §3, §4, §5, §7)."""

from dataclasses import dataclass

from cryptography.hazmat.primitives.constant_time import bytes_eq

from .cose import CONTEXT, PARAMETERS, open_sealed, parse_encrypted, parse_sign1, seal, sign1
from .encoding import (
    MAX_SECTION,
    Refused,
    array,
    ascending,
    bstr,
    check_label,
    decode,
    derive,
    encode,
    hash_for,
    hash_of,
    label,
    many,
    mapping,
    match,
    need,
    not_sealed,
    optional,
    pad,
    padded_length,
    section_name,
    uint,
    unpad,
)

PRIVATE, CHART = 0, 1
DRAWER = ("private", "chart")
CONTAINER = ("private-note", "chart-record")
SUITES = ([], [1, 2])
FIELDS = (
    "tenant",
    "record",
    "drawer",
    "client",
    "session",
    "version",
    "previous",
    "author",
    "epoch",
    "flags",
    "written_at",
    "suites",
    "sections",
    "links",
)


def context(manifest, section):
    bound = [manifest[name] for name in ("tenant", "record", "drawer", "client", "version", "author")]
    return hash_for("context", encode([*bound, section]))


def seal_body(manifest, section, content_key, iv, text):
    """`text` in bytes; `manifest` needs only what the context binds."""
    bound = context(manifest, section)
    purpose = f"{DRAWER[manifest['drawer']]}-body"
    body = seal(purpose, {CONTEXT: bound}, content_key, iv, pad(text))
    return {
        "section": section,
        "text": text,
        "content_key": content_key,
        "context": bound,
        "commitment": derive(content_key, bound, "commitment"),
        "padded": body["plaintext"],
        "iv": body["iv"],
        "protected": body["protected"],
        "enc_structure": body["enc_structure"],
        "body": body["object"],
        "hash": hash_of(body["object"]),
    }


def sign_version(manifest, sealed_bodies, keys):
    """The manifest completed with its sections, signed."""
    sections = [[body["section"], body["hash"], body["commitment"]] for body in sealed_bodies]
    complete = {**manifest, "suites": SUITES[manifest["drawer"]], "sections": sections, "links": {}}
    signed = sign1("version", encode([complete[name] for name in FIELDS]), keys.ed25519_seed)
    return {**signed, "hash": hash_of(signed["object"])}


def author_tag(seed, version_hash):
    """What only the author can put behind the content keys of her wrap."""
    return derive(seed, version_hash, "author-tag")


def seal_wrap(drawer, version_hash, keys, iv, content_keys, tag=b""):
    purpose = f"{DRAWER[drawer]}-wrap"
    key = derive(keys.own_chart_key if drawer == CHART else keys.private_drawer_key, version_hash, purpose)
    return seal(purpose, {CONTEXT: version_hash}, key, iv, b"".join(content_keys) + tag)


def container(drawer, version, wrap, bodies):
    return encode([label(CONTAINER[drawer]), version, wrap, bodies if drawer == CHART else bodies[0]])


def parse_version(data, drawer):
    signed = parse_sign1(data, "version")
    value = decode(signed["payload"])
    shape = array(
        bstr(16),
        bstr(16),
        (0, 1).__contains__,
        bstr(16),
        optional(bstr(16)),
        uint,
        optional(bstr(32)),
        bstr(32),
        uint,
        uint,
        uint,
        many(uint, 0),
        many(array(section_name, bstr(32), bstr(32))),
        mapping({}),
    )
    need(shape(value) and type(value[2]) is int, "not a manifest")
    manifest = dict(zip(FIELDS, value))
    if manifest["drawer"] != drawer:
        raise Refused("wrong_object", "of the other drawer")
    names = [name for name, _, _ in manifest["sections"]]
    need(manifest["version"] > 0 and (manifest["version"] == 1) == (manifest["previous"] is None), "chain disagrees")
    need(manifest["epoch"] > 0 and manifest["flags"] < 4, "unknown epoch or flags")
    need(manifest["suites"] == SUITES[drawer], "suites outside the profile")
    need(ascending(names) and len(names) <= 64, "sections repeated or out of order")
    need(drawer == CHART or names == ["note"], "a private note has one section")
    return signed, manifest, hash_of(data)


def parse_body(data, manifest):
    found = [section for section in manifest["sections"] if section[1] == hash_of(data)]
    match(found, "a body that the manifest does not name")
    name, _, commitment = found[0]
    body = parse_encrypted(data, f"{DRAWER[manifest['drawer']]}-body", {CONTEXT: bstr(32)})
    match(body[CONTEXT] == context(manifest, name), "a body made for another context")
    padded = len(body["ciphertext"]) - 16
    need(padded > 0 and padded_length(padded - 1) == padded, "a length that padding does not give")
    if padded > padded_length(MAX_SECTION):
        raise Refused("section_too_large", "over 1 MiB")
    return {**body, "section": name, "commitment": commitment}


def open_body(body, content_key):
    if not bytes_eq(derive(content_key, body[CONTEXT], "commitment"), body["commitment"]):
        raise Refused("tampered", "the content key is not the committed one")
    return read_text(unpad(open_sealed(body, content_key)))


def read_text(data):
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise not_sealed("text is not UTF-8") from error


def same_tenant(vault, tenant):
    if tenant != vault.tenant:
        raise Refused("tampered", "of another tenant")


@dataclass(frozen=True)
class Parsed:
    """A decoded container."""

    signed: dict
    manifest: dict
    version_hash: bytes
    wrap: dict | None
    bodies: list


def parse_container(data, drawer):
    value = decode(data)
    need(type(value) is list and len(value) == 4, "not a container")
    check_label(value[0], CONTAINER[drawer])
    body = many(bstr()) if drawer == CHART else bstr()
    need(bstr()(value[1]) and optional(bstr())(value[2]) and body(value[3]), "not a container")
    signed, manifest, version_hash = parse_version(value[1], drawer)
    need(value[2] is not None or drawer == CHART, "a private note has a wrap")
    wrap = None
    if value[2] is not None:
        wrap = parse_encrypted(value[2], f"{DRAWER[drawer]}-wrap", {CONTEXT: bstr(32)})
        match(wrap[CONTEXT] == version_hash, "a wrap made for another version")
        untagged = 32 * len(manifest["sections"]) + 16
        need(len(wrap["ciphertext"]) in (untagged, untagged + 32), "not one key for each section")
    bodies = [parse_body(item, manifest) for item in (value[3] if drawer == CHART else [value[3]])]
    need(ascending([body["section"] for body in bodies]), "bodies repeated or out of order")
    need(wrap is None or len(bodies) == len(manifest["sections"]), "bodies missing")
    return Parsed(signed, manifest, version_hash, wrap, bodies)


def open_own(vault, data, drawer):
    """A note or record by its author."""
    parsed = parse_container(data, drawer)
    if parsed.manifest["author"] != vault.account:
        raise Refused("not_the_author", "somebody else's")
    same_tenant(vault, parsed.manifest["tenant"])
    need(parsed.wrap is not None, "without the author's wrap")
    keys = vault.keys(parsed.manifest["epoch"])
    master = keys.own_chart_key if drawer == CHART else keys.private_drawer_key
    content_keys = open_sealed(parsed.wrap, derive(master, parsed.version_hash, f"{DRAWER[drawer]}-wrap"))
    tag, seed = content_keys[32 * len(parsed.bodies) :], vault.signing_seed(parsed.manifest["epoch"])
    if tag and seed:
        match(bytes_eq(tag, author_tag(seed, parsed.version_hash)), "a version that is not by its author")
    else:
        vault.verify(parsed.signed)
    texts = {
        body["section"]: open_body(body, content_keys[32 * at : 32 * at + 32]) for at, body in enumerate(parsed.bodies)
    }
    return parsed.manifest, texts


# --- Drafts


def seal_draft(drawer, parameters, keys, iv, text):
    """parameters = [tenant, account, record, client, session, base version, epoch]."""
    purpose = f"{DRAWER[drawer]}-draft"
    key = derive(keys.own_chart_key if drawer == CHART else keys.private_drawer_key, parameters[2], purpose)
    return seal(purpose, {PARAMETERS: encode(parameters)}, key, iv, pad(text))


def open_draft(vault, data, drawer):
    purpose = f"{DRAWER[drawer]}-draft"
    sealed = parse_encrypted(data, purpose, {PARAMETERS: bstr()})
    parameters = decode(sealed[PARAMETERS])
    shape = array(bstr(16), bstr(32), bstr(16), bstr(16), optional(bstr(16)), uint, uint)
    need(shape(parameters), "not a draft")
    padded = len(sealed["ciphertext"]) - 16
    need(padded > 0 and padded_length(padded - 1) == padded, "a length that padding does not give")
    if parameters[1] != vault.account:
        raise Refused("not_the_author", "somebody else's")
    same_tenant(vault, parameters[0])
    keys = vault.keys(parameters[6])
    master = keys.own_chart_key if drawer == CHART else keys.private_drawer_key
    text = unpad(open_sealed(sealed, derive(master, parameters[2], purpose)))
    if drawer == PRIVATE:
        return parameters, read_text(text)
    sections = decode(text)
    need(many(array(section_name, lambda value: type(value) is str))(sections), "not a chart draft")
    return parameters, dict(sections)
