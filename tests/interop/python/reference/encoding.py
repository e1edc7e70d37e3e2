"""CBOR, labels, ids, padding and key derivation (SPEC.md §2)."""

import hashlib
import re

import cbor2
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

FAMILY = "application/vnd.sealed-notes.v"
MAX_SECTION = 1_048_576


class Refused(Exception):
    """What every wrong input ends in; `code` is one of the stable error codes."""

    def __init__(self, code, reason):
        super().__init__(f"{code}: {reason}")
        self.code = code


def not_sealed(reason):
    return Refused("not_sealed", reason)


def need(condition, reason):
    if not condition:
        raise not_sealed(reason)


def match(condition, reason):
    """For what a hash or a context decides."""
    if not condition:
        raise Refused("tampered", reason)


def label(purpose):
    return f"{FAMILY}1.{purpose}"


def check_label(found, purpose):
    need(type(found) is str and found.startswith(FAMILY), "not an object of this format")
    if found == label(purpose):
        return
    if found.startswith(f"{FAMILY}1."):
        raise Refused("wrong_object", f"{found} is not {purpose}")
    raise Refused("unsupported_version", found)


def encode(value):
    return cbor2.dumps(value, canonical=True)


def decode(data):
    """One item in core deterministic encoding, and nothing after it."""
    try:
        value = cbor2.loads(data)
        again = encode(value)
    except cbor2.CBORDecodeEOF as error:
        raise Refused("truncated", str(error)) from error
    except Exception as error:
        raise not_sealed(str(error)) from error
    need(again == bytes(data), "not in core deterministic encoding")
    return value


# Shapes: a predicate per type, `True` for what fits.


def uint(value):
    return type(value) is int and 0 <= value < 2**64


def text(value):
    return type(value) is str


def bstr(*lengths):
    return lambda value: type(value) is bytes and (not lengths or len(value) in lengths)


def optional(shape):
    return lambda value: value is None or shape(value)


def array(*shapes):
    return lambda value: (
        type(value) is list and len(value) == len(shapes) and all(fits(item) for fits, item in zip(shapes, value))
    )


def many(shape, least=1):
    return lambda value: type(value) is list and len(value) >= least and all(shape(item) for item in value)


def mapping(shapes):
    return lambda value: (
        type(value) is dict
        and list(map(repr, value)) == list(map(repr, shapes))
        and all(fits(value[key]) for key, fits in shapes.items())
    )


def section_name(value):
    return text(value) and re.fullmatch("[a-z0-9-]{1,32}", value) is not None


def ascending(names):
    encoded = [name.encode() for name in names]
    return all(one < next_one for one, next_one in zip(encoded, encoded[1:]))


def hash_of(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def hash_for(purpose, data):
    return hash_of(label(purpose).encode(), data)


def key_id(kind, public_key):
    return hash_for(f"key-id-{kind}", public_key)[:16]


def derive(key, salt, purpose):
    return HKDF(SHA256(), 32, salt, label(purpose).encode()).derive(key)


def fingerprint(account):
    digest = hash_for("fingerprint", account)
    values = [int.from_bytes(digest[at : at + 4], "big") for at in range(0, 32, 4)]
    return " ".join(f"{value % 100_000:05}" for value in values)


VAULT_FLOOR = 4096


def padded_length(length, floor=256):
    length = max(floor, length + 1)
    exponent = length.bit_length() - 1
    step = 1 << (exponent - exponent.bit_length())
    return -(-length // step) * step


def pad(data, floor=256):
    return (data + b"\x80").ljust(padded_length(len(data), floor), b"\x00")


def unpad(padded, floor=256):
    marked = padded.rstrip(b"\x00")
    need(marked.endswith(b"\x80") and len(padded) == padded_length(len(marked) - 1, floor), "wrong padding")
    return marked[:-1]


def plain(value):
    """Bytes as lowercase hexadecimal."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value
