"""Payloads that are signed at once: the root of their Merkle tree (RFC 9162 §2.1), a receipt for each (RFC 9942)."""

from cbor2 import CBORTag

from .cose import ALG, ED25519, KID, SIGN1, TYP, header, parse_sign1, sign1
from .encoding import array, bstr, check_label, decode, encode, hash_of, label, many, mapping, need, text, uint

VDS, VDP, RFC9162_SHA256, INCLUSION = 395, 396, 1, -1


def leaf_hash(payload):
    return hash_of(b"\0", payload)


def node_hash(left, right):
    return hash_of(b"\1", left, right)


def halves(payloads):
    split = 1 << (len(payloads) - 1).bit_length() - 1
    return split, payloads[:split], payloads[split:]


def tree_hash(payloads):
    """RFC 9162 §2.1.1."""
    if len(payloads) == 1:
        return leaf_hash(payloads[0])
    _, left, right = halves(payloads)
    return node_hash(tree_hash(left), tree_hash(right))


def inclusion_path(index, payloads):
    """RFC 9162 §2.1.3.1."""
    if len(payloads) == 1:
        return []
    split, left, right = halves(payloads)
    if index < split:
        return [*inclusion_path(index, left), tree_hash(right)]
    return [*inclusion_path(index - split, right), tree_hash(left)]


def root_of(leaf, size, index, path):
    """RFC 9162 §2.1.3.2, for trees of any size; none where the path does not lead to a root."""
    fn, sn, found = index, size - 1, leaf
    if fn > sn:
        return None
    for hashed in path:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            found = node_hash(hashed, found)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            found = node_hash(found, hashed)
        fn, sn = fn >> 1, sn >> 1
    return found if sn == 0 else None


def filled(payloads):
    return [*payloads, *[b""] * ((1 << (len(payloads) - 1).bit_length()) - len(payloads))]


def tree_header(purpose, kid):
    return {ALG: ED25519, KID: kid, TYP: label(purpose), VDS: RFC9162_SHA256}


def with_receipt(payload, protected, proof, signature):
    return encode([payload, CBORTag(SIGN1, [protected, {VDP: {INCLUSION: [proof]}}, None, signature])])


def sign_together(purpose, payloads, seed, kid):
    leaves = filled(payloads)
    root, protected = tree_hash(leaves), encode(tree_header(purpose, kid))
    signed = sign1(purpose, root, seed, protected)
    made = []
    for index, payload in enumerate(payloads):
        path = inclusion_path(index, leaves)
        proof = encode([len(leaves), index, path])
        tree = {"size": len(leaves), "index": index, "leaf": leaf_hash(payload), "path": path, "proof": proof, "root": root}
        made.append(
            {
                "payload": payload,
                "tree": tree | {"protected": protected},
                "sig_structure": signed["sig_structure"],
                "signature": signed["signature"],
                "object": with_receipt(payload, protected, proof, signed["signature"]),
            }
        )
    return made


def parse_signed(data, alone, together):
    """A COSE_Sign1, or a payload with its receipt; what was signed is then the `root`."""
    value = decode(data)
    if type(value) is not list:
        return parse_sign1(data, alone)
    receipt = mapping({VDP: mapping({INCLUSION: array(bstr())})})
    cose = array(bstr(), receipt, lambda payload: payload is None, bstr(64))
    need(array(bstr(), lambda tagged: type(tagged) is CBORTag and tagged.tag == SIGN1)(value), "not a payload with a receipt")
    need(cose(value[1].value), "not a receipt")
    payload, (protected, unprotected, _, signature) = value[0], value[1].value
    fields = header(protected, {ALG: ED25519.__eq__, KID: bstr(16), TYP: text, VDS: RFC9162_SHA256.__eq__})
    check_label(fields[TYP], together)
    proof = decode(unprotected[VDP][INCLUSION][0])
    need(array(uint, uint, many(bstr(32)))(proof), "not an inclusion proof")
    size, index, path = proof
    need(len(path) <= 32 and size == 1 << len(path) and index < size, "not the path of a leaf in a full tree")
    root = root_of(leaf_hash(payload), size, index, path)
    return {"payload": payload, "protected": protected, "kid": fields[KID], "signature": signature, "root": root}
