"""HPKE base mode with KEM and key schedule apart (RFC 9180 §4, §5.1), so that one encapsulation serves several grants."""

import hashlib
import hmac

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

XWING_LABEL = bytes.fromhex("5c2e2f2f5e5c")
DHKEM = b"KEM\x00\x20"
SUITE_ID = {1: b"HPKE\x00\x20\x00\x01\x00\x03", 2: b"HPKE\x64\x7a\x00\x01\x00\x03"}


def labeled_extract(suite_id, salt, name, ikm):
    return hmac.digest(salt, b"HPKE-v1" + suite_id + name + ikm, "sha256")


def labeled_expand(suite_id, prk, name, info, length):
    return HKDFExpand(SHA256(), length, length.to_bytes(2, "big") + b"HPKE-v1" + suite_id + name + info).derive(prk)


def encapsulate(suite, public, ephemeral):
    """Encapsulated key and shared secret. `ephemeral`: an X25519 secret, of X-Wing one half of what is random."""
    ephemeral = X25519PrivateKey.from_private_bytes(ephemeral)
    ek = ephemeral.public_key().public_bytes_raw()
    exchanged = ephemeral.exchange(X25519PublicKey.from_public_bytes(public[-32:]))
    if suite == 1:
        prk = labeled_extract(DHKEM, b"", b"eae_prk", exchanged)
        return ek, labeled_expand(DHKEM, prk, b"shared_secret", ek + public, 32)
    # draft-connolly-cfrg-xwing-kem §5.3, §5.4.
    secret, ciphertext = MLKEM768PublicKey.from_public_bytes(public[:-32]).encapsulate()
    return ciphertext + ek, hashlib.sha3_256(secret + exchanged + ek + public[-32:] + XWING_LABEL).digest()


def wrap(suite, shared, info, content_key):
    """The content key under the key schedule of this `info`."""
    suite_id = SUITE_ID[suite]
    hashed = [labeled_extract(suite_id, b"", name, value) for name, value in ((b"psk_id_hash", b""), (b"info_hash", info))]
    context = b"\0" + b"".join(hashed)
    secret = labeled_extract(suite_id, shared, b"secret", b"")
    key = labeled_expand(suite_id, secret, b"key", context, 32)
    nonce = labeled_expand(suite_id, secret, b"base_nonce", context, 12)
    return ChaCha20Poly1305(key).encrypt(nonce, content_key, b"")


def sharing(ephemeral):
    """For wrap_key: one encapsulation for each public key, all by one ephemeral key."""
    made = {}

    def encapsulated(suite, public, info, content_key):
        if (suite, public) not in made:
            made[suite, public] = encapsulate(suite, public, ephemeral)
        ek, shared = made[suite, public]
        return ek, wrap(suite, shared, info, content_key)

    return encapsulated
