"""The reference implementation against others' libraries, standards' vectors and properties."""

import hmac
import unittest

from cwt import COSE, COSEKey
from pyhpke import AEADId, CipherSuite, KDFId, KEMId, KEMKey

from generate import FOLDER
from reference import cose
from reference.account import read_key_log
from reference.copied import account_secret_text, from_groups, parse_account_secret, recovery_code_text, to_groups
from reference.encoding import Refused, decode, derive, encode, fingerprint, label, pad, padded_length, unpad
from reference.encapsulation import sharing
from reference.receipts import filled, inclusion_path, leaf_hash, root_of, tree_hash
from reference.shamir import evaluate, interpolate, inverse, multiply
from reference.vault import by_passphrase, slot_keys, unlock
from vectors.actors import CLINICIAN, SUPERVISOR, Encapsulations, draw
from vectors.bad_own import two_keys
from vectors.good import chart_records
from vectors.people import PSYCHOLOGIST


class Encoding(unittest.TestCase):
    def test_what_is_not_deterministic_is_refused(self):
        for wrong in ("1817", "9f01ff", "5f4100ff", "a2040001ff", "a201000100", "fb3ff0000000000000ff", "0000"):
            with self.subTest(wrong), self.assertRaises(Refused):
                decode(bytes.fromhex(wrong))
        self.assertEqual(decode(encode({1: -19, 4: b"k", -65537: [None, "ü"]})), {1: -19, 4: b"k", -65537: [None, "ü"]})

    def test_padding_comes_back_and_costs_an_eighth_at_most(self):
        for length in [*range(2000), 65_535, 1 << 20]:
            padded = pad(bytes(length))
            self.assertEqual(unpad(padded), bytes(length))
            self.assertLessEqual(len(padded), max(256, 1.12 * (length + 1)))
            self.assertEqual(len(padded), padded_length(length))
        # Reference values of Padmé (PURBs, table of §4.2): 2^n stays, 9 becomes 10.
        self.assertEqual([padded_length(length - 1) for length in (256, 257, 1000, 1 << 20)], [256, 272, 1024, 1 << 20])

    def test_hkdf_is_rfc_5869(self):
        key = CLINICIAN.vault_key
        prk = hmac.digest(CLINICIAN.id, key, "sha256")
        expected = hmac.digest(prk, label("vault").encode() + b"\x01", "sha256")
        self.assertEqual(derive(key, CLINICIAN.id, "vault"), expected)

    def test_fingerprint_has_eight_groups_of_five(self):
        self.assertRegex(fingerprint(CLINICIAN.id), r"^\d{5}( \d{5}){7}$")


class Receipts(unittest.TestCase):
    """Roots as Certificate Transparency's implementations test them, for the leaves of their reference tree."""

    LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    ROOTS = {
        1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    }

    def test_roots_are_those_of_others(self):
        leaves = [bytes.fromhex(leaf) for leaf in self.LEAVES]
        self.assertEqual({size: tree_hash(leaves[:size]).hex() for size in self.ROOTS}, self.ROOTS)

    def test_every_leaf_is_proved_and_of_several_sizes_only_one_is_taken(self):
        for size in range(1, 20):
            payloads = [bytes([index]) for index in range(size)]
            for index, payload in enumerate(payloads):
                path = inclusion_path(index, payloads)
                self.assertEqual(root_of(leaf_hash(payload), size, index, path), tree_hash(payloads))
        path = inclusion_path(0, [b"%d" % index for index in range(5)])
        roots = {root_of(leaf_hash(b"0"), size, 0, path) for size in (5, 6, 7, 8)}
        self.assertEqual(len(roots), 1, "which is why trees are filled up")
        self.assertEqual([len(filled([b"x"] * size)) for size in (1, 2, 3, 4, 5, 9)], [1, 2, 4, 4, 8, 16])

    def test_one_encapsulation_is_opened_by_others_under_every_info(self):
        for suite, secret, public in (
            (1, SUPERVISOR.keys.x25519_secret, SUPERVISOR.identity.x25519),
            (2, SUPERVISOR.keys.xwing_seed, SUPERVISOR.identity.xwing),
        ):
            once = sharing(draw("test ephemeral", 32))
            made = [(info, once(suite, public, info, draw("test key", 32))) for info in (b"one", b"two")]
            self.assertEqual(len({ek for _, (ek, _) in made}), 1)
            for info, wrapped in made:
                self.assertEqual(cose.hpke_decrypt(suite, secret, info, *wrapped), draw("test key", 32))


class Accounts(unittest.TestCase):
    def test_account_secret_is_crockford_base32(self):
        self.assertTrue(account_secret_text(bytes(16)).startswith("0000-0000-0000-0000-0000-0000-0"))
        self.assertEqual(parse_account_secret(account_secret_text(b"\xff" * 16)), b"\xff" * 16)

    def test_what_is_copied_comes_back(self):
        for data in (bytes(25), b"\xff" * 120, draw("test code", 10)):
            self.assertEqual(from_groups(to_groups(data), len(data)), data)
            self.assertEqual(
                from_groups(to_groups(data).lower().replace("-", "\u2003").replace("0", "o"), len(data)), data
            )
        self.assertEqual(len(recovery_code_text(bytes(20)).split("-")), 10)
        self.assertIsNone(from_groups(to_groups(bytes(25)), 20))

    def test_a_vault_of_the_first_form_is_read_and_seals_nothing(self):
        sealed = CLINICIAN.seal_vault(CLINICIAN.contents([]))["object"], [CLINICIAN.seal_slot()["object"]]
        vault = unlock(*sealed, by_passphrase(CLINICIAN.passphrase, account_secret_text(CLINICIAN.secret)))
        self.assertEqual((vault.head, vault.devices, vault.deals, vault.may_seal()), (CLINICIAN.id, [], [], False))
        self.assertEqual([slot.kind for slot in vault.slots], [1])

    def test_a_rotated_key_log_verifies_what_either_epoch_signed(self):
        log = [entry["object"] for entry in PSYCHOLOGIST.entries]
        whole, first = read_key_log(PSYCHOLOGIST.id, *log), read_key_log(PSYCHOLOGIST.id, log[0])
        self.assertEqual(whole, PSYCHOLOGIST.identity)
        old, new = (cose.sign1("login", b"", keys.ed25519_seed)["object"] for keys in PSYCHOLOGIST.epochs)
        for data in (old, new):
            whole.verify(cose.parse_sign1(data, "login"))
        first.verify(cose.parse_sign1(old, "login"))
        with self.assertRaises(Refused):
            first.verify(cose.parse_sign1(new, "login"))

    def test_passphrases_are_normalized(self):
        keys = [slot_keys(text, bytes(16), bytes(16), 8, 1, 1)["stretched"] for text in ("ﬁ Ⅸ é", "fi IX e\u0301")]
        self.assertEqual(*keys)


class Cose(unittest.TestCase):
    def test_cwt_verifies_and_makes_the_same_signatures(self):
        for purpose, payload in (("login", b"payload"), ("version", b"")):
            ours = cose.sign1(purpose, payload, CLINICIAN.keys.ed25519_seed)
            fields = decode(ours["protected"])
            okp = {1: 1, 3: -19, 2: fields[4], -1: 6, -2: CLINICIAN.identity.ed25519, -4: CLINICIAN.keys.ed25519_seed}
            key = COSEKey.new(okp)
            self.assertEqual(COSE.new(verify_kid=True).decode(ours["object"], key), payload)
            self.assertEqual(COSE.new().encode_and_sign(payload, key, protected=fields), ours["object"])

    def test_cwt_opens_and_makes_the_same_ciphertexts(self):
        key, iv = draw("test key", 32), draw("test iv", 12)
        ours = cose.seal("vault", {cose.PARAMETERS: b"parameters"}, key, iv, b"text")
        symmetric = COSEKey.from_symmetric_key(key, alg="ChaCha20/Poly1305")
        self.assertEqual(COSE.new().decode(ours["object"], symmetric), b"text")
        theirs = COSE.new().encode_and_encrypt(b"text", symmetric, decode(ours["protected"]), {5: iv})
        self.assertEqual(theirs, ours["object"])

    def test_pyhpke_and_cryptography_agree_on_hpke(self):
        suite = CipherSuite.new(KEMId.DHKEM_X25519_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.CHACHA20_POLY1305)
        ek, ciphertext = cose.hpke_encrypt(1, SUPERVISOR.identity.x25519, b"info", bytes(32))
        private = KEMKey.from_pyca_cryptography_key(cose.private_key(1, SUPERVISOR.keys.x25519_secret))
        self.assertEqual(suite.create_recipient_context(ek, private, b"info").open(ciphertext), bytes(32))

    def test_xwing_is_the_drafts(self):
        """Key generation of the test vector in draft-connolly-cfrg-xwing-kem, appendix C."""
        seed = bytes.fromhex("7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26")
        public = cose.xwing_public(seed).hex()
        self.assertTrue(public.startswith("e2236b35a8c24b39b10aa1323a96a919a2ced88400633a7b07131713fc14b2b5b19cfc3d"))
        self.assertEqual(len(public), 2 * 1216)


class Sharing(unittest.TestCase):
    def test_the_field_is_that_of_fips_197(self):
        self.assertEqual([multiply(0x57, 0x83), multiply(0x57, 0x13), inverse(0x53)], [0xC1, 0xFE, 0xCA])
        self.assertTrue(all(multiply(a, inverse(a)) == 1 for a in range(1, 256)))

    def test_enough_points_rebuild_the_constants_and_fewer_do_not(self):
        polynomial = [draw(f"test coefficient {at}", 32) for at in range(3)]
        points = {number: evaluate(polynomial, number) for number in range(1, 6)}
        for numbers in ((1, 2, 3), (5, 3, 1), (2, 3, 4, 5)):
            self.assertEqual(interpolate({number: points[number] for number in numbers}), polynomial[0])
        self.assertNotEqual(interpolate({number: points[number] for number in (1, 2)}), polynomial[0])


class TwoKeys(unittest.TestCase):
    def test_the_crafted_body_opens_under_both_keys(self):
        """Otherwise the vector that needs the commitment would prove nothing."""
        chart = chart_records(Encapsulations(FOLDER))[0]
        crafted, _, keys = two_keys(chart)
        body = cose.parse_encrypted(crafted, "chart-body", {cose.CONTEXT: lambda _: True})
        texts = [cose.open_sealed(body, key) for key in keys]
        self.assertNotEqual(*texts)
        self.assertTrue(unpad(texts[1]).decode().startswith("Synthetic. A text that the author never committed to."))


if __name__ == "__main__":
    unittest.main()
