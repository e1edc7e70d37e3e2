"""A second implementation of SPEC.md, written from that page alone on others' libraries.

It exists to check the first one: readable rather than fast, and it keeps every intermediate value.
"""
