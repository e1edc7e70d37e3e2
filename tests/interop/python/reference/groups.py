"""Practices and teams (SPEC.md §8.6)."""

from .encoding import Refused, array, bstr, decode, encode, hash_for, label, many, need, uint
from .recovery import open_sealed_to, seal_to

PLAINTEXT = array(bstr(32), many(array(uint, bstr(32), bstr(32))))


def team_key_context(team, member):
    return hash_for("context", encode([label("team-key"), team, member]))


def seal_team_key(team, epochs, member, xwing, content_key, iv, encapsulate):
    """`epochs`: every Keys of the team."""
    plaintext = encode([team, [[keys.epoch, keys.x25519_secret, keys.xwing_seed] for keys in epochs]])
    context = team_key_context(team, member)
    return seal_to("team-key", context, xwing, content_key, iv, plaintext, encapsulate)


def open_team_key(team, member, receiving, data):
    """`team`: the identity from its key log. The secrets by epoch."""
    plaintext = decode(open_sealed_to("team-key", team_key_context(team.account, member), receiving, data))
    need(PLAINTEXT(plaintext), "not a team's keys")
    named, epochs = plaintext
    if named != team.account:
        raise Refused("tampered", "another team's keys")
    if epochs[-1][0] != len(team.earlier) + 1:
        raise Refused("rolled_back", "keys from before a member left")
    return {epoch: secrets for epoch, *secrets in epochs}
