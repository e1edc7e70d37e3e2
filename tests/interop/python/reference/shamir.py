"""Shamir's sharing over GF(2^8), byte by byte (SPEC.md §8.4)."""

MODULUS = 0x11B  # x^8 + x^4 + x^3 + x + 1


def multiply(a, b):
    product = 0
    while b:
        if b & 1:
            product ^= a
        a <<= 1
        if a & 0x100:
            a ^= MODULUS
        b >>= 1
    return product


def inverse(a):
    """a^254: the group has 255 elements."""
    result = 1
    for _ in range(254):
        result = multiply(result, a)
    return result


def evaluate(polynomial, point):
    """`polynomial`: a list of byte strings, constant first. One value per byte."""
    values = []
    for coefficients in zip(*polynomial):
        value = 0
        for coefficient in reversed(coefficients):
            value = multiply(value, point) ^ coefficient
        values.append(value)
    return bytes(values)


def interpolate(points):
    """The constants of the polynomials through `points`, a dictionary of number → value."""
    secret = bytes(len(next(iter(points.values()))))
    for number, value in points.items():
        weight = 1
        for other in points:
            if other != number:
                weight = multiply(weight, multiply(other, inverse(other ^ number)))
        secret = bytes(sum_ ^ multiply(byte, weight) for sum_, byte in zip(secret, value))
    return secret
