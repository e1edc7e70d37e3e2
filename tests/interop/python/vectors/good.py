"""What must open: notes, records, grants, drafts, login, padding."""

from reference.account import login
from reference.copied import account_secret_text
from reference.encoding import VAULT_FLOOR, encode, pad, padded_length
from reference.grants import FIELDS, export, grant_payload, sign_grant, sign_grants, wrap_key
from reference.records import CHART, PRIVATE, author_tag, container, seal_body, seal_draft, seal_wrap, sign_version

from .actors import BILLER, CLINICIAN, LATER, SUPERVISOR, TENANT, draw

WRITTEN = 1_760_000_000
CLIENT, SESSION = draw("client", 16), draw("session", 16)


def manifest(drawer, record, version=1, previous=None, session=SESSION, flags=0, author=CLINICIAN):
    return {
        "tenant": TENANT,
        "record": draw(f"record {record}", 16),
        "drawer": drawer,
        "client": CLIENT,
        "session": session,
        "version": version,
        "previous": previous,
        "author": author.id,
        "epoch": 1,
        "flags": flags,
        "written_at": WRITTEN + version,
    }


def seal_record(name, head, texts, author=CLINICIAN, tagged=False):
    """A complete stored version with every intermediate value; `texts` by section. `tagged`: the wrap is of today."""
    bodies = [
        seal_body(head, section, draw(f"{name} {section} key", 32), draw(f"{name} {section} iv", 12), text.encode())
        for section, text in sorted(texts.items())
    ]
    version = sign_version(head, bodies, author.keys)
    tag = author_tag(author.keys.ed25519_seed, version["hash"]) if tagged else b""
    wrap = seal_wrap(
        head["drawer"],
        version["hash"],
        author.keys,
        draw(f"{name} wrap iv", 12),
        [body["content_key"] for body in bodies],
        tag,
    )
    wrap |= {"author_tag": tag} if tagged else {}
    sealed = container(head["drawer"], version["object"], wrap["object"], [body["body"] for body in bodies])
    return {
        "name": name,
        "author": author.name,
        "manifest": head,
        "texts": texts,
        "sections": bodies,
        "version": {
            "manifest": version["payload"],
            "protected": version["protected"],
            "sig_structure": version["sig_structure"],
            "signature": version["signature"],
            "object": version["object"],
            "hash": version["hash"],
        },
        "wrap": wrap,
        "sealed": sealed,
    }


def grant(record, recipient, suite, purpose, encapsulate, sections=None, expires=None, granter=CLINICIAN):
    header, keys, bodies = unsigned(record, recipient, suite, purpose, encapsulate, sections, expires, granter)
    signed = sign_grant(header, keys, granter.keys.ed25519_seed)
    return described(record, recipient, header, keys, bodies, signed)


def grants_at_once(name, encapsulate, *wanted):
    """`wanted`: what `grant` takes, but for the encapsulation. Each goes to its record."""
    once = encapsulate.at_once(name)
    made = [unsigned(*which, once, **rest) for *which, rest in wanted]
    signed = sign_grants([grant_payload(header, keys) for header, keys, _ in made], CLINICIAN.keys)
    for (record, recipient, *_), parts, one in zip(wanted, made, signed):
        record["grants"].append(described(record, recipient, *parts, one) | {"tree": {"name": name, **one["tree"]}})


def unsigned(record, recipient, suite, purpose, encapsulate, sections=None, expires=None, granter=CLINICIAN):
    head = record["manifest"]
    header = [
        head["tenant"],
        head["record"],
        head["version"],
        record["version"]["hash"],
        granter.id,
        recipient.id,
        suite,
        purpose,
        head["written_at"] + 60,
        expires,
    ]
    bodies = [body for body in record["sections"] if sections is None or body["section"] in sections]
    keys = [wrap_key(header, body["section"], recipient.identity, body["content_key"], encapsulate) for body in bodies]
    return header, keys, bodies


def described(record, recipient, header, keys, bodies, signed):
    return {
        "recipient": recipient.name,
        "header": dict(zip(FIELDS, header)),
        "keys": [{**key, "recipient": encode(key["recipient"])} for key in keys],
        "payload": signed["payload"],
        "sig_structure": signed["sig_structure"],
        "signature": signed["signature"],
        "grant": signed["object"],
        "shared": container(CHART, record["version"]["object"], None, [body["body"] for body in bodies]),
        "texts": {body["section"]: record["texts"][body["section"]] for body in bodies},
        "export": {body["section"]: export(body["body"], [key["recipient"]]) for body, key in zip(bodies, keys)},
    }


def private_notes():
    first = seal_record(
        "private-1", manifest(PRIVATE, "private-1"), {"note": "Synthetic. Long silence; then the dream again."}
    )
    second = seal_record(
        "private-1-v2",
        manifest(PRIVATE, "private-1", 2, first["version"]["hash"], flags=1),
        {"note": "Synthetic. Long silence; then the dream again. — Größe, 夢, 🌊; 255 is filled up:" + "·" * 79 + "."},
    )
    empty = seal_record("private-2", manifest(PRIVATE, "private-2", session=None), {"note": ""})
    tagged = seal_record(
        "private-3", manifest(PRIVATE, "private-3"), {"note": "Synthetic. She came early, and stayed silent."}, tagged=True
    )
    return [first, second, empty, tagged]


def chart_records(encapsulate):
    one = seal_record(
        "chart-1", manifest(CHART, "chart-1", flags=1), {"progress": "Synthetic. Sleep improved, PHQ-9 at 7."}
    )
    one["grants"] = [
        grant(one, SUPERVISOR, 2, 2, encapsulate),
        grant(one, SUPERVISOR, 1, 1, encapsulate, expires=LATER),
        grant(one, BILLER, 1, 3, encapsulate),
    ]
    two = seal_record(
        "chart-1-v2",
        manifest(CHART, "chart-1", 2, one["version"]["hash"], flags=3),
        {"progress": "Synthetic. Sleep improved, PHQ-9 at 7. Addendum: at 6."},
    )
    two["grants"] = []
    # In the order of bytes "assessment" comes before "plan", although it is longer.
    three = seal_record(
        "chart-2",
        manifest(CHART, "chart-2", session=None),
        {
            "subjective": "Synthetic. “Besser als letzte Woche.”",
            "assessment": "Synthetic. F41.1, improving. " * 12,
            "plan": "Synthetic. Weekly; CPT 90834.",
        },
    )
    three["grants"] = [
        grant(three, SUPERVISOR, 2, 2, encapsulate, expires=LATER),
        grant(three, SUPERVISOR, 1, 1, encapsulate),
        grant(three, SUPERVISOR, 1, 4, encapsulate, sections={"plan"}),
        grant(three, BILLER, 1, 3, encapsulate, sections={"plan"}, expires=LATER),
    ]
    return [one, two, three, *charts_granted_at_once(encapsulate)]


def charts_granted_at_once(encapsulate):
    """Tagged wraps, and trees of 2, 3 and 5 grants."""
    one = seal_record(
        "chart-4", manifest(CHART, "chart-4"), {"progress": "Synthetic. PHQ-9 at 5."}, tagged=True
    )
    two = seal_record(
        "chart-5",
        manifest(CHART, "chart-5"),
        {"assessment": "Synthetic. F41.1, in remission.", "plan": "Synthetic. Monthly.", "subjective": "Synthetic. „Gut.“"},
        tagged=True,
    )
    three = seal_record(
        "chart-5-v2",
        manifest(CHART, "chart-5", 2, two["version"]["hash"], flags=1),
        {"assessment": "Synthetic. F41.1, in remission.", "plan": "Synthetic. Ends in March."},
        tagged=True,
    )
    for record in (one, two, three):
        record["grants"] = []
    grants_at_once("two", encapsulate, (one, SUPERVISOR, 2, 2, {}), (one, BILLER, 1, 3, {}))
    caseload = [(record, SUPERVISOR, 1, 2, {"expires": LATER}) for record in (one, two, three)]
    grants_at_once("three", encapsulate, *caseload)
    grants_at_once(
        "five",
        encapsulate,
        (two, SUPERVISOR, 2, 2, {}),
        (two, BILLER, 1, 3, {"sections": {"plan"}}),
        (three, SUPERVISOR, 2, 2, {}),
        (three, BILLER, 1, 3, {"sections": {"plan"}}),
        (one, SUPERVISOR, 2, 2, {}),
    )
    return [one, two, three]


def draft(name, drawer, base_version, session, text, plain):
    parameters = [TENANT, CLINICIAN.id, draw(f"record {name}", 16), CLIENT, session, base_version, 1]
    fields = ("tenant", "account", "record", "client", "session", "base_version", "epoch")
    sealed = seal_draft(drawer, parameters, CLINICIAN.keys, draw(f"{name} draft iv", 12), plain)
    sealed["sealed"] = sealed.pop("object")
    return {
        "name": name,
        "author": CLINICIAN.name,
        "drawer": ("private", "chart")[drawer],
        "parameters": dict(zip(fields, parameters)),
        "encoded_parameters": encode(parameters),
        "text" if drawer == PRIVATE else "texts": text,
        "padded": sealed.pop("plaintext"),
        **sealed,
    }


def drafts():
    sections = {"assessment": "", "plan": "Synthetic. Half a sente"}
    return [
        draft("private-1", PRIVATE, 1, SESSION, "Synthetic. Half a sen", b"Synthetic. Half a sen"),
        draft("chart-3", CHART, 0, None, sections, encode([[name, text] for name, text in sections.items()])),
    ]


def logins():
    origin, challenge = "https://notes.example", draw("challenge", 32)
    signed = login(CLINICIAN.keys, CLINICIAN.id, origin, challenge)
    signed["login"] = signed.pop("object")
    return [{"account": CLINICIAN.name, "origin": origin, "challenge": challenge, **signed}]


def padding():
    lengths = [
        0,
        1,
        254,
        255,
        256,
        257,
        271,
        272,
        511,
        512,
        1000,
        4095,
        4096,
        10_000,
        65_535,
        65_536,
        1_048_575,
        1_048_576,
    ]
    text = b"Synthetic text"
    return {
        "lengths": [
            {"length": length, "floor": floor, "padded_length": padded_length(length, floor)}
            for floor in (256, VAULT_FLOOR)
            for length in lengths
        ],
        "padded": [{"text": plain, "floor": 256, "padded": pad(plain)} for plain in (b"", text, text + b"\x80", text + b"\x00\x00")],
    }


def account_secrets():
    """All of one account secret: as it is printed, and as people may type it."""
    canonical = account_secret_text(CLINICIAN.secret)
    accepted = [canonical, canonical.lower(), canonical.replace("-", ""), canonical.replace("-", " ")]
    accepted += [canonical.replace("0", "O").replace("1", "I"), canonical.replace("0", "o").replace("1", "l")]
    return {"account_secret": CLINICIAN.secret, "text": canonical, "accepted": accepted}
