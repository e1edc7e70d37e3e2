"""What COSE and HPKE libraries do with our objects by themselves: `cwt` on `pyhpke`, and `cryptography`.

Uses no code of `reference`.
"""

import cbor2
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cwt import COSE, COSEKey, Recipient

HPKE_4_KE, XWING, CHACHA20_POLY1305, ED25519 = 50, -65537, 24, -19
XWING_SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)


def cose_key(key, alg, kid):
    private, raw = isinstance(key, (Ed25519PrivateKey, X25519PrivateKey)), {}
    public = key.public_key() if private else key
    if private:
        raw = {-4: key.private_bytes_raw()}
    curve = 6 if alg == ED25519 else 4
    return COSEKey.new({1: 1, 2: kid, 3: alg, -1: curve, -2: public.public_bytes_raw(), **raw})


def verify_sign1(data, public_key, kid):
    """The payload of a COSE_Sign1, its signature checked by cwt."""
    key = cose_key(Ed25519PublicKey.from_public_bytes(public_key), ED25519, kid)
    return COSE.new(verify_kid=True).decode(data, key)


def sign1(payload, private_key, kid, typ):
    key = cose_key(private_key, ED25519, kid)
    return COSE.new().encode_and_sign(payload, key, protected={1: ED25519, 4: kid, 16: typ})


def open_encrypt_x25519(data, private_key, kid):
    """A COSE_Encrypt with an HPKE-4-KE recipient, opened by cwt and pyhpke in one call."""
    return COSE.new(verify_kid=True).decode(data, cose_key(private_key, HPKE_4_KE, kid))


def open_encrypt_xwing(data, mlkem_seed, x25519_secret, kid):
    """The same for X-Wing, whose algorithm no COSE library knows yet: HPKE by cryptography, the content by cwt."""
    protected, unprotected, ciphertext, recipients = cbor2.loads(data).value
    mine = [recipient for recipient in recipients if cbor2.loads(recipient[0])[4] == kid]
    assert len(mine) == 1 and cbor2.loads(mine[0][0])[1] == XWING
    info = cbor2.dumps(["HPKE Recipient", cbor2.loads(protected)[1], mine[0][0], b""])
    private = hpke.MLKEM768X25519PrivateKey(
        MLKEM768PrivateKey.from_seed_bytes(mlkem_seed), X25519PrivateKey.from_private_bytes(x25519_secret)
    )
    content_key = XWING_SUITE.decrypt(mine[0][1][-4] + mine[0][2], private, info)
    key = COSEKey.from_symmetric_key(content_key, alg=CHACHA20_POLY1305)
    return key.decrypt(ciphertext, unprotected[5], cbor2.dumps(["Encrypt", protected, b""]))


def seal_encrypt(plaintext, content_key, iv, typ, context, kem_public_key, kid, recipient_context):
    """A complete COSE_Encrypt: for X25519 by cwt and pyhpke in one call, for X-Wing with HPKE by cryptography."""
    headers = {
        "protected": {1: CHACHA20_POLY1305, 16: typ, -65537: context},
        "unprotected": {5: iv},
        "key": COSEKey.from_symmetric_key(content_key, alg=CHACHA20_POLY1305),
    }
    if len(kem_public_key) == 32:
        key = cose_key(X25519PublicKey.from_public_bytes(kem_public_key), HPKE_4_KE, kid)
        recipient = Recipient.new({1: HPKE_4_KE, 4: kid, -65537: recipient_context}, recipient_key=key)
        return COSE.new().encode_and_encrypt(plaintext, **headers, recipients=[recipient])
    protected = cbor2.dumps({1: XWING, 4: kid, -65537: recipient_context})
    info = cbor2.dumps(["HPKE Recipient", CHACHA20_POLY1305, protected, b""])
    public = hpke.MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(kem_public_key[:1184]),
        X25519PublicKey.from_public_bytes(kem_public_key[1184:]),
    )
    sealed = XWING_SUITE.encrypt(content_key, public, info)
    outer = cbor2.dumps(headers["protected"])
    ciphertext = headers["key"].encrypt(plaintext, iv, cbor2.dumps(["Encrypt", outer, b""]))
    recipient = [protected, {-4: sealed[:-48]}, sealed[-48:]]
    return cbor2.dumps(cbor2.CBORTag(96, [outer, {5: iv}, ciphertext, [recipient]]))
