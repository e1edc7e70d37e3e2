"""A team's key log with every kind of entry, its keys sealed to a member, and vault contents of the third form."""

from reference.account import Keys, key_log_entry, key_log_statement, read_key_log
from reference.encoding import encode, fingerprint, hash_of
from reference.groups import open_team_key, seal_team_key
from reference.vault import seal_vault, unlock, by_recovery_code

from .actors import draw
from .people import COLLEAGUE, PSYCHOLOGIST, TRUSTEE

MADE = 1_767_000_000
PERSON, PRACTICE, TEAM = range(3)
CLINICIAN, BILLER = 1, 3


def team_keys(epoch):
    fields = ("private-drawer key", "own-chart key", "ed25519 seed", "x25519 secret", "xwing seed")
    return Keys(epoch, MADE + epoch, *(draw(f"demo-team {epoch} {field}", 32) for field in fields))


def key_log(first, second):
    """Two join, one leaves and the team gets new keys, the former ones are revoked, and one stays in another role."""
    entries = [key_log_entry(first)]
    account = hash_of(entries[0]["object"])

    def add(make, *said):
        entries.append(make(len(entries), hash_of(entries[-1]["object"]), *said))

    def say(keys):
        return lambda sequence, previous, *said: key_log_statement(keys, sequence, previous, *said)

    head = {person: hash_of(person.entries[-1]["object"]) for person in (COLLEAGUE, PSYCHOLOGIST)}
    add(say(first), 3, MADE + 10, COLLEAGUE.id, head[COLLEAGUE], CLINICIAN, None)
    add(say(first), 3, MADE + 20, PSYCHOLOGIST.id, head[PSYCHOLOGIST], CLINICIAN, MADE + 1000)
    add(say(first), 4, MADE + 30, PSYCHOLOGIST.id)
    add(lambda sequence, previous: key_log_entry(second, first, previous, sequence))
    add(say(second), 2, MADE + 40, 1, MADE + 25)
    add(say(second), 3, MADE + 50, COLLEAGUE.id, head[COLLEAGUE], BILLER, None)
    return account, entries


def trust(encapsulate):
    first, second = team_keys(1), team_keys(2)
    account, entries = key_log(first, second)
    objects = [entry["object"] for entry in entries]
    sealed = seal_team_key(
        account,
        (first, second),
        COLLEAGUE.id,
        COLLEAGUE.keys.public()["xwing"],
        draw("team key content key", 32),
        draw("team key iv", 12),
        encapsulate,
    )
    pins = [
        [COLLEAGUE.id, "demo-colleague", COLLEAGUE.id, MADE, 0, COLLEAGUE.id, PERSON, [4, draw("her ledger", 32)]],
        [account, "demo-team", hash_of(objects[1]), MADE, len(objects) - 1, hash_of(objects[-1]), TEAM, None],
        [PSYCHOLOGIST.id, "", None, MADE, 1, hash_of(PSYCHOLOGIST.entries[1]["object"]), PERSON, None],
    ]
    earlier = TRUSTEE.contents()
    groups = [[account, TEAM, "Elm Street team", len(objects) - 1, hash_of(objects[-1]), [k.as_list() for k in (first, second)]]]
    contents = [*earlier[:4], pins, [0, TRUSTEE.id], *earlier[6:], groups, [7, draw("own ledger", 32)]]
    iv = draw("third form iv", 12)
    vault = seal_vault(TRUSTEE.vault_key, TRUSTEE.id, TRUSTEE.generation + 1, contents, iv)
    made = {
        "team": account,
        "fingerprint": fingerprint(account),
        "key_log": [{"payload": entry["payload"], "entry": entry["object"]} for entry in entries],
        "revoked": {"epoch": 1, "since": MADE + 25},
        "memberships": [
            {"member": COLLEAGUE.id, "role": CLINICIAN, "from": MADE + 10, "until": MADE + 50, "expires_at": None},
            {"member": PSYCHOLOGIST.id, "role": CLINICIAN, "from": MADE + 20, "until": MADE + 30, "expires_at": MADE + 1000},
            {"member": COLLEAGUE.id, "role": BILLER, "from": MADE + 50, "until": None, "expires_at": None},
        ],
        "team_key": {"member": COLLEAGUE.name, **sealed},
        "vault": {
            "account": TRUSTEE.name,
            "generation": TRUSTEE.generation + 1,
            "contents": encode(contents),
            "sealed": vault["object"],
            "pins": [dict(zip(("account", "name", "accepted", "at", "seen_sequence", "seen", "as", "ledger"), pin)) for pin in pins],
            "ledger": [7, draw("own ledger", 32)],
        },
    }
    check(made, objects)
    return made


def check(made, objects):
    """By the reading half of the reference."""
    team = read_key_log(made["team"], *objects)
    assert team.members == ((COLLEAGUE.id, COLLEAGUE.id, BILLER, None),)
    assert (team.revoked, team.epochs_at) == (((1, MADE + 25),), (1, 1, 1, 1, 2, 2, 2))
    secrets = open_team_key(team, COLLEAGUE.id, lambda _: COLLEAGUE.keys.xwing_seed, made["team_key"]["sealed"])
    assert secrets[2] == [team_keys(2).x25519_secret, team_keys(2).xwing_seed]
    slots = [way["sealed"] for way in TRUSTEE.ways]
    vault = unlock(made["vault"]["sealed"], slots, by_recovery_code(TRUSTEE.ways[1]["text"]))
    assert [pin.name for pin in vault.pins] == ["demo-colleague", "demo-team", ""] and len(vault.groups) == 1
    read = {who: read_key_log(who.id, *(entry["object"] for entry in who.entries)) for who in (COLLEAGUE, PSYCHOLOGIST)}
    assert vault.verified(team) and vault.verified(read[COLLEAGUE]) and not vault.verified(read[PSYCHOLOGIST])
