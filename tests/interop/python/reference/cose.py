"""The COSE structures of SPEC.md §2.2 and the HPKE of §6."""

import hashlib

from cbor2 import CBORTag
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from .encoding import Refused, array, bstr, check_label, decode, encode, key_id, label, mapping, need, text

ALG, KID, IV, TYP, EK = 1, 4, 5, 16, -4
CONTEXT, PARAMETERS, COMMITMENT = -65537, -65538, -65539
ED25519, CHACHA20_POLY1305 = -19, 24
SIGN1, ENCRYPT0, ENCRYPT = 18, 16, 96
SUITES = {1: (50, 32), 2: (-65537, 1120)}
KEMS = {1: hpke.KEM.X25519, 2: hpke.KEM.MLKEM768_X25519}


def header(data, shapes):
    """A protected header with exactly these labels."""
    value = decode(data)
    need(mapping(shapes)(value), "header with missing, unknown or misshapen entries")
    return value


def structure(data, tag, shape):
    value = decode(data)
    need(type(value) is CBORTag and value.tag == tag and shape(value.value), f"not a COSE structure with tag {tag}")
    return value.value


# --- COSE_Sign1


def sign1(purpose, payload, seed, protected=None):
    key = Ed25519PrivateKey.from_private_bytes(seed)
    kid = key_id("ed25519", key.public_key().public_bytes_raw())
    if protected is None:
        protected = encode({ALG: ED25519, KID: kid, TYP: label(purpose)})
    sig_structure = encode(["Signature1", protected, b"", payload])
    signature = key.sign(sig_structure)
    return {
        "payload": payload,
        "protected": protected,
        "sig_structure": sig_structure,
        "signature": signature,
        "object": encode(CBORTag(SIGN1, [protected, {}, payload, signature])),
    }


def parse_sign1(data, purpose):
    protected, unprotected, payload, signature = structure(data, SIGN1, array(bstr(), mapping({}), bstr(), bstr(64)))
    fields = header(protected, {ALG: ED25519.__eq__, KID: bstr(16), TYP: text})
    check_label(fields[TYP], purpose)
    return {"payload": payload, "protected": protected, "kid": fields[KID], "signature": signature}


def verify(signed, public_key):
    """OpenSSL refuses a non-canonical S; small-order keys are refused where keys are read."""
    try:
        if signed["kid"] != key_id("ed25519", public_key):
            raise InvalidSignature
        message = encode(["Signature1", signed["protected"], b"", signed.get("root", signed["payload"])])
        Ed25519PublicKey.from_public_bytes(public_key).verify(signed["signature"], message)
    except InvalidSignature as error:
        raise Refused("tampered", "the signature does not verify") from error


# --- COSE_Encrypt0, COSE_Encrypt


def seal(purpose, extra, key, iv, plaintext, protected=None):
    """A chart body is a COSE_Encrypt without recipients; all else is a COSE_Encrypt0."""
    tag, name, rest = (ENCRYPT, "Encrypt", [[]]) if purpose == "chart-body" else (ENCRYPT0, "Encrypt0", [])
    if protected is None:
        protected = encode({ALG: CHACHA20_POLY1305, TYP: label(purpose), **extra})
    enc_structure = encode([name, protected, b""])
    ciphertext = ChaCha20Poly1305(key).encrypt(iv, plaintext, enc_structure)
    return {
        "plaintext": plaintext,
        "key": key,
        "iv": iv,
        "protected": protected,
        "enc_structure": enc_structure,
        "object": encode(CBORTag(tag, [protected, {IV: iv}, ciphertext, *rest])),
    }


def parse_encrypted(data, purpose, labels):
    tag, name = (ENCRYPT, "Encrypt") if purpose == "chart-body" else (ENCRYPT0, "Encrypt0")
    shapes = [bstr(), mapping({IV: bstr(12)}), bstr()]
    if tag == ENCRYPT:
        shapes.append(lambda recipients: recipients == [])
    protected, unprotected, ciphertext = structure(data, tag, array(*shapes))[:3]
    fields = header(protected, {ALG: CHACHA20_POLY1305.__eq__, TYP: text, **labels})
    need(len(ciphertext) >= 16, "ciphertext shorter than its tag")
    check_label(fields[TYP], purpose)
    return {
        **{name: fields[name] for name in labels},
        "iv": unprotected[IV],
        "ciphertext": ciphertext,
        "enc_structure": encode([name, protected, b""]),
    }


def open_sealed(sealed, key):
    try:
        return ChaCha20Poly1305(key).decrypt(sealed["iv"], sealed["ciphertext"], sealed["enc_structure"])
    except InvalidTag as error:
        raise Refused("tampered", "the ciphertext does not open") from error


# --- HPKE


def xwing_keys(seed):
    """X-Wing: one seed expands into an ML-KEM-768 seed and an X25519 secret."""
    expanded = hashlib.shake_256(seed).digest(96)
    return MLKEM768PrivateKey.from_seed_bytes(expanded[:64]), X25519PrivateKey.from_private_bytes(expanded[64:])


def xwing_public(seed):
    mlkem, x25519 = xwing_keys(seed)
    return mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()


def public_key(suite, data):
    if suite == 1:
        return X25519PublicKey.from_public_bytes(data)
    mlkem, x25519 = MLKEM768PublicKey.from_public_bytes(data[:1184]), X25519PublicKey.from_public_bytes(data[1184:])
    return hpke.MLKEM768X25519PublicKey(mlkem, x25519)


def private_key(suite, data):
    if suite == 1:
        return X25519PrivateKey.from_private_bytes(data)
    return hpke.MLKEM768X25519PrivateKey(*xwing_keys(data))


def hpke_suite(suite):
    return hpke.Suite(KEMS[suite], hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)


def info_of(protected):
    return encode(["HPKE Recipient", CHACHA20_POLY1305, protected, b""])


def hpke_encrypt(suite, public, info, content_key):
    """Encapsulated key and ciphertext."""
    sealed = hpke_suite(suite).encrypt(content_key, public_key(suite, public), info)
    return sealed[:-48], sealed[-48:]


def hpke_decrypt(suite, private, info, ek, ciphertext):
    try:
        return hpke_suite(suite).decrypt(ek + ciphertext, private_key(suite, private), info)
    except (InvalidTag, ValueError) as error:
        raise Refused("tampered", "the wrapped key does not open") from error


def parse_recipient(value):
    """A COSE_recipient inside a grant, already decoded."""
    need(array(bstr(), mapping({EK: bstr()}), bstr(48))(value), "not a COSE_recipient of the profile")
    fields = header(value[0], {ALG: lambda alg: type(alg) is int, KID: bstr(16), CONTEXT: bstr(32)})
    return {
        "alg": fields[ALG],
        "kid": fields[KID],
        "context": fields[CONTEXT],
        "info": info_of(value[0]),
        "ek": value[1][EK],
        "ciphertext": value[2],
    }
