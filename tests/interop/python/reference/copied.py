"""What people copy by hand (SPEC.md §8.2)."""

from .encoding import Refused, hash_for, hash_of

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LOWER = "".join(digit for digit in CROCKFORD.lower() if digit.isalpha())
# Case, and the letters that are none of ours. Nothing outside ASCII is folded.
READ_AS = str.maketrans(LOWER + "OILoil", LOWER.upper() + "011011")


def to_groups(data):
    """Groups of 4, for bytes that come in fives."""
    value = int.from_bytes(data, "big")
    digits = "".join(CROCKFORD[value >> 5 * at & 31] for at in reversed(range(len(data) * 8 // 5)))
    return "-".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def from_groups(copied, length):
    """The bytes, or None."""
    digits = "".join(digit for digit in copied if not digit.isspace() and digit != "-").translate(READ_AS)
    if len(digits) != length * 8 // 5 or any(digit not in CROCKFORD for digit in digits):
        return None
    value = 0
    for digit in digits:
        value = value << 5 | CROCKFORD.index(digit)
    return value.to_bytes(length, "big")


def account_secret_text(secret):
    return to_groups(secret + hash_of(secret)[:4])


def parse_account_secret(copied):
    data = from_groups(copied, 20)
    if data is None or hash_of(data[:16])[:4] != data[16:]:
        raise Refused("invalid_account_secret", "a typing mistake")
    return data[:16]


def recovery_code_text(code):
    return to_groups(code + hash_for("recovery-code", code)[:5])


def parse_recovery_code(copied):
    data = from_groups(copied, 25)
    if data is None or hash_for("recovery-code", data[:20])[:5] != data[20:]:
        raise Refused("invalid_recovery_code", "a typing mistake")
    return data[:20]
