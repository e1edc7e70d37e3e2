"""Requests, shares, sealed shares, answers and wills (SPEC.md §8.4)."""

from dataclasses import dataclass

from cbor2 import CBORTag
from cryptography.hazmat.primitives.constant_time import bytes_eq

from .account import Identity, is_low_order
from .copied import from_groups, to_groups
from .cose import (
    ALG,
    COMMITMENT,
    CONTEXT,
    ED25519,
    EK,
    KID,
    PARAMETERS,
    SIGN1,
    SUITES,
    TYP,
    hpke_decrypt,
    info_of,
    open_sealed,
    parse_encrypted,
    parse_recipient,
    parse_sign1,
    seal,
    sign1,
)
from .encoding import (
    Refused,
    array,
    bstr,
    check_label,
    decode,
    derive,
    encode,
    hash_for,
    key_id,
    label,
    match,
    many,
    need,
    optional,
    pad,
    text,
    uint,
    unpad,
)
from .shamir import interpolate

TRUSTEES, WILL = 1, 2
DEALS = (TRUSTEES, WILL)
DEVICE_REQUEST, TRUSTEES_REQUEST, WILL_REQUEST = 1, 2, 3
ASKS_FOR = {TRUSTEES_REQUEST: TRUSTEES, WILL_REQUEST: WILL}
CHART_ALONE, CHART_AND_PRIVATE = 1, 2
XWING = 2


# --- Requests


def make_request(account, kind, xwing, created_at):
    return encode([label("request"), account, kind, xwing, created_at])


def parse_request(data):
    value = decode(data)
    need(array(text, bstr(32), uint, bstr(1216), uint)(value), "not a request")
    check_label(value[0], "request")
    if value[2] not in (DEVICE_REQUEST, TRUSTEES_REQUEST, WILL_REQUEST):
        raise Refused("unsupported_version", f"request of kind {value[2]}")
    need(not is_low_order(value[3][-32:]), "a receiving key that is no key")
    return dict(zip(("account", "kind", "xwing", "created_at"), value[1:]))


def request_hash(request):
    return hash_for("request", request)


def request_code(request):
    return to_groups(request_hash(request)[:10])


def check_code(request, typed):
    if from_groups(typed, 10) != request_hash(request)[:10]:
        raise Refused("wrong_code", "not this request's code")


def check_answer(request, code, account, kind):
    """What whoever answers checks before she hands on a share of `account`'s deal of `kind`."""
    parsed = parse_request(request)
    check_code(request, code)
    if parsed["account"] != account or ASKS_FOR.get(parsed["kind"]) != kind:
        raise Refused("wrong_object", "asks for something else")
    return parsed


# --- Sealed to one X-Wing key


def share_context(account, kind, deal):
    return hash_for("context", encode([label("sealed-share"), account, kind, deal]))


def answer_context(request):
    return hash_for("context", encode([label("answer"), request_hash(request)]))


def seal_to(purpose, context, xwing, content_key, iv, plaintext, encapsulate):
    protected = encode({ALG: SUITES[XWING][0], KID: key_id("xwing", xwing), CONTEXT: context})
    info = info_of(protected)
    ek, ciphertext = encapsulate(XWING, xwing, info, content_key)
    body = seal(purpose, {CONTEXT: context}, content_key, iv, pad(plaintext))
    return {
        "context": context,
        "info": info,
        "ek": ek,
        "ciphertext": ciphertext,
        "content_key": content_key,
        "iv": iv,
        "padded": body["plaintext"],
        "enc_structure": body["enc_structure"],
        "sealed": encode([label(purpose), [protected, {EK: ek}, ciphertext], body["object"]]),
    }


def open_sealed_to(purpose, context, receiving, data):
    """`receiving`: the X-Wing seed for a key id, None for a key that is not ours."""
    value = decode(data)
    need(type(value) is list and len(value) == 3 and bstr()(value[2]), f"not a {purpose}")
    check_label(value[0], purpose)
    key = parse_recipient(value[1])
    need((key["alg"], len(key["ek"])) == SUITES[XWING], "an algorithm outside the profile")
    body = parse_encrypted(value[2], purpose, {CONTEXT: bstr(32)})
    match(body[CONTEXT] == key["context"], "key and body of different objects")
    seed = receiving(key["kid"])
    if seed is None or key["context"] != context:
        raise Refused("tampered", "made for something else, or to another key")
    return unpad(open_sealed(body, hpke_decrypt(XWING, seed, key["info"], key["ek"], key["ciphertext"])))


def open_answer(request, receiving, answer):
    kid = key_id("xwing", parse_request(request)["xwing"])
    return open_sealed_to(
        "answer", answer_context(request), lambda named: receiving(kid) if named == kid else None, answer
    )


def read_device_answer(plaintext):
    """Account secret, and how far vault and ledger went; earlier releases sent the secret alone."""
    if len(plaintext) == 16:
        return plaintext, None, None
    value = decode(plaintext)
    need(array(bstr(16), uint, optional(array(uint, bstr(32))))(value), "not an answer to a device")
    return value


# --- Shares

PLACE = ("account", "kind", "deal", "threshold", "count", "number")


def sign_share(place, value, seed):
    """`place` as PLACE."""
    return sign1("share", encode([*(place[name] for name in PLACE), value]), seed)


def parse_share(data):
    signed = parse_sign1(data, "share")
    fields = decode(signed["payload"])
    need(array(bstr(32), uint, bstr(16), uint, uint, uint, bstr(32))(fields), "not a share")
    place, value = dict(zip(PLACE, fields)), fields[-1]
    if place["kind"] not in DEALS:
        raise Refused("unsupported_version", f"share of kind {place['kind']}")
    possible = 2 <= place["threshold"] <= place["count"] <= 16 and 1 <= place["number"] <= place["count"]
    need(possible, "numbers that are not those of a deal")
    return signed, place, value


def check_share(owner, data, kind, deal):
    """Signed by the account, and of this deal."""
    try:
        signed, place, value = parse_share(data)
        owner.verify(signed)
    except Refused as refused:
        raise Refused("wrong_share", str(refused)) from refused
    if (place["account"], place["kind"], place["deal"]) != (owner.account, kind, deal):
        raise Refused("wrong_share", "of another deal or account")
    return place, value


def open_share(owner, kind, deal, receiving, sealed):
    share = open_sealed_to("sealed-share", share_context(owner.account, kind, deal), receiving, sealed)
    parse_share(share)
    check_share(owner, share, kind, deal)
    return share


def combine(owner, shares, kind, deal):
    """The secret that they rebuild; compare it with a commitment."""
    points, threshold = {}, 2
    for data in shares:
        place, value = check_share(owner, data, kind, deal)
        threshold = place["threshold"]
        points.setdefault(place["number"], value)
    if len(points) < threshold:
        raise Refused("too_few_shares", f"{len(points)} of {threshold}")
    return interpolate(dict(list(points.items())[:threshold]))


def print_share(share):
    signed, place, value = parse_share(share)
    numbers = bytes(place[name] for name in ("kind", "threshold", "count", "number"))
    printed = numbers + place["deal"] + value + signed["signature"]
    return to_groups(printed + hash_for("share", printed)[:4])


def parse_printed(owner, copied):
    """The share whose printed form this is: account and key id are in the account's key log."""
    data = from_groups(copied, 120)
    if data is None or hash_for("share", data[:-4])[:4] != data[-4:]:
        raise Refused("invalid_share", "a typing mistake")
    kind, threshold, count, number = data[:4]
    deal, value, signature = data[4:20], data[20:52], data[52:116]
    payload = encode([owner.account, kind, deal, threshold, count, number, value])
    for signing_key in (*owner.earlier, owner.ed25519):
        protected = encode({ALG: ED25519, KID: key_id("ed25519", signing_key), TYP: label("share")})
        share = encode(CBORTag(SIGN1, [protected, {}, payload, signature]))
        try:
            check_share(owner, share, kind, deal)
        except Refused:
            continue
        return share
    raise Refused("wrong_share", "not signed by the account")


# --- Wills


def seal_will(secret, parameters, contents, iv):
    """parameters = [account, deal, scope, waiting days, sealed at]; contents = [tenant, epochs]."""
    encoded = encode(parameters)
    commitment = derive(secret, encoded, "will-commitment")
    key = derive(secret, encoded, "will")
    sealed = seal("will", {PARAMETERS: encoded, COMMITMENT: commitment}, key, iv, pad(encode(contents)))
    return {"commitment": commitment, **sealed}


@dataclass(frozen=True)
class ScopedKeys:
    """One epoch in a will."""

    own_chart_key: bytes
    kept: bytes | None

    @property
    def private_drawer_key(self):
        if self.kept is None:
            raise Refused("out_of_scope", "the will does not hold this key")
        return self.kept


@dataclass(frozen=True)
class OpenedWill:
    """Reads what its scope names, in a vault's place."""

    account: bytes
    tenant: bytes
    scope: int
    epochs: dict
    owner: Identity

    def signing_seed(self, _):
        return None

    def verify(self, signed):
        self.owner.verify(signed)

    def keys(self, epoch):
        if epoch not in self.epochs:
            raise Refused("out_of_scope", f"the will does not hold epoch {epoch}")
        return self.epochs[epoch]


def open_will(data, owner, shares):
    sealed = parse_encrypted(data, "will", {PARAMETERS: bstr(), COMMITMENT: bstr(32)})
    parameters = decode(sealed[PARAMETERS])
    need(array(bstr(32), bstr(16), uint, uint, uint)(parameters), "not a will")
    account, deal, scope, _, _ = parameters
    if scope not in (CHART_ALONE, CHART_AND_PRIVATE):
        raise Refused("unsupported_version", f"will of scope {scope}")
    if account != owner.account:
        raise Refused("tampered", "another account's will")
    secret = combine(owner, shares, WILL, deal)
    if not bytes_eq(derive(secret, sealed[PARAMETERS], "will-commitment"), sealed[COMMITMENT]):
        raise Refused("wrong_shares", "the shares rebuild another secret")
    contents = decode(unpad(open_sealed(sealed, derive(secret, sealed[PARAMETERS], "will"))))
    need(array(bstr(16), many(array(uint, bstr(32), optional(bstr(32)))))(contents), "not a will's contents")
    tenant, epochs = contents
    need(
        all((key is not None) == (scope == CHART_AND_PRIVATE) for _, _, key in epochs),
        "keys that are not those of the scope",
    )
    epochs = {number: ScopedKeys(chart, private) for number, chart, private in epochs}
    return OpenedWill(account, tenant, scope, epochs, owner)
