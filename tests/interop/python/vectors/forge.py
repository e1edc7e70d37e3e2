"""Tools to make objects that a hostile server or author might, from good ones."""

from difflib import SequenceMatcher

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

from reference.cose import CONTEXT, seal, sign1
from reference.encoding import decode, derive, encode, hash_of, pad
from reference.grants import FIELDS as GRANT_FIELDS
from reference.grants import sign_grant, wrap_key
from reference.records import FIELDS, container, seal_wrap

from .actors import CLINICIAN


def splice(of, at, remove=0, insert=b"", repeat=1):
    """A named object with `remove` bytes at `at` replaced by `insert`, so many times."""
    return {"of": of, "edits": [[at, remove, insert] + [repeat] * (repeat > 1)]}


def applied(objects, value):
    """What an input of failures.json stands for: `edits` count from the object's start, in ascending order."""
    base, out, end = objects[value["of"]], b"", 0
    for at, remove, insert, *repeat in value.get("edits", []):
        out += base[end:at] + insert * (repeat or [1])[0]
        end = at + remove
    return out + base[end:]


def shortened(objects, data):
    """The smallest way to write `data` as edits to a named object."""
    best = data, len(data)
    for name, base in objects.items():
        if base[:3] != data[:3]:
            continue
        edits = []
        for tag, start, end, from_, to in SequenceMatcher(None, base, data, False).get_opcodes():
            if tag == "equal":
                continue
            if edits and start - edits[-1][1] < 12:  # one longer edit is shorter than two
                edits[-1][1], edits[-1][3] = end, to
            else:
                edits.append([start, end, from_, to])
        size = sum(to - from_ + 12 for _, _, from_, to in edits)
        if size < best[1]:
            short = [[start, end - start, data[from_:to]] for start, end, from_, to in edits]
            best = {"of": name, "edits": short}, size
    return best[0]


def flip(objects, of, part, offset=0):
    """One bit of `part`, which occurs in the object once."""
    base = objects[of]
    assert base.count(part) == 1, f"{of} must hold the part exactly once"
    at = base.index(part) + offset
    return splice(of, at, 1, bytes([base[at] ^ 1]))


def flipped(data, at=0):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def replaced(data, old, new):
    assert data.count(old) == 1, "the replaced bytes must occur exactly once"
    return data.replace(old, new)


def edited(record, /, **changes):
    """The manifest with some elements changed, encoded."""
    manifest = dict(zip(FIELDS, decode(record["version"]["manifest"])))
    assert changes.keys() <= manifest.keys()
    return encode(list((manifest | changes).values()))


def reseal(record, payload=None, version=None, bodies=None, content_keys=None, signer=CLINICIAN, tag=b""):
    """A stored version whose author signed and wrapped something else."""
    if version is None:
        version = sign1("version", payload or record["version"]["manifest"], signer.keys.ed25519_seed)["object"]
    if bodies is None:
        bodies = [body["body"] for body in record["sections"]]
    if content_keys is None:
        content_keys = [body["content_key"] for body in record["sections"]]
    drawer = record["manifest"]["drawer"]
    wrap = seal_wrap(drawer, hash_of(version), signer.keys, record["wrap"]["iv"], content_keys, tag)
    return container(drawer, version, wrap["object"], bodies)


def regrant(
    stored, grant, encapsulate, to, /, seed=CLINICIAN.keys.ed25519_seed, keys=None, content_keys=None, **changes
):
    """A grant of suite 1 with a changed header, its keys wrapped and signed anew."""
    header = list((grant["header"] | changes).values())
    assert len(header) == len(GRANT_FIELDS)
    content_keys = content_keys or {body["section"]: body["content_key"] for body in stored["sections"]}
    if keys is None:
        names = [key["section"] for key in grant["keys"]]
        keys = [wrap_key(header, name, to.identity, content_keys[name], encapsulate) for name in names]
    return sign_grant(header, keys, seed)["object"]


# --- A ciphertext that opens under two keys

P1305 = 2**130 - 5


def keystream(key, iv, length):
    stream = Cipher(algorithms.ChaCha20(key, bytes(4) + iv), None).encryptor().update(bytes(64 + length))
    r = int.from_bytes(stream[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    return r, int.from_bytes(stream[16:32], "little"), stream[64:]


def xor(one, other):
    return bytes(a ^ b for a, b in zip(one, other))


def blocks(data):
    padded = data + bytes(-len(data) % 16)
    return [int.from_bytes(padded[at : at + 16], "little") + 2**128 for at in range(0, len(padded), 16)]


def two_key_body(context, committed_key, other_key, iv, text):
    """A chart body that opens under both keys, and under the second one to a well-formed text.

    Poly1305 is linear in each block: one block of the ciphertext is solved for so that both tags are equal
    (Len, Grubbs, Ristenpart 2021). `text` has a block of 16 `#` for that, and one of 16 `%` before it to try with.
    """
    sealed = seal("chart-body", {CONTEXT: context}, other_key, iv, pad(text))
    aad, plaintext = sealed["enc_structure"], sealed["plaintext"]
    (r1, s1, _), (r2, s2, stream) = keystream(committed_key, iv, 0), keystream(other_key, iv, len(plaintext))
    tried, solved = plaintext.index(b"%" * 16), plaintext.index(b"#" * 16)
    assert tried % 16 == solved % 16 == 0
    lengths = len(aad).to_bytes(8, "little") + len(plaintext).to_bytes(8, "little")
    ciphertext = xor(plaintext, stream)
    message = blocks(aad) + blocks(ciphertext) + blocks(lengths)
    first = len(blocks(aad))
    at, to = first + tried // 16, first + solved // 16
    powers = [[pow(r, len(message) - index, P1305) for index in range(len(message))] for r in (r1, r2)]
    fixed = [
        sum(block * power for index, (block, power) in enumerate(zip(message, row)) if index not in (at, to)) % P1305
        for row in powers
    ]
    inverse = pow(powers[0][to] - powers[1][to], -1, P1305)
    for counter in range(10**7):
        block = xor(f"%{counter:014}%".encode(), stream[tried : tried + 16])
        value = int.from_bytes(block, "little") + 2**128
        a1, a2 = ((base + value * row[at]) % P1305 for base, row in zip(fixed, powers))
        for wrap in range(-4, 5):
            n = (s2 - s1 + wrap * 2**128 + a2 - a1) * inverse % P1305
            if not 2**128 <= n < 2**129:
                continue
            tags = [
                ((a + n * row[to]) % P1305 + s) % 2**128 for a, row, s in ((a1, powers[0], s1), (a2, powers[1], s2))
            ]
            solution = (n - 2**128).to_bytes(16, "little")
            if tags[0] == tags[1] and xor(solution, stream[solved : solved + 16]).isascii():
                crafted = (
                    ciphertext[:tried] + block + ciphertext[tried + 16 : solved] + solution + ciphertext[solved + 16 :]
                )
                body = decode(sealed["object"])
                body.value[2] = crafted + tags[0].to_bytes(16, "little")
                return encode(body), derive(committed_key, context, "commitment")
    raise AssertionError("no solution found")
