"""What must open after a rotation, through every way in, and in the hands of executors."""

from reference.copied import from_groups, recovery_code_text
from reference.cose import xwing_public
from reference.encoding import encode
from reference.records import CHART, PRIVATE
from reference.recovery import (
    CHART_ALONE,
    CHART_AND_PRIVATE,
    DEVICE_REQUEST,
    PLACE,
    TRUSTEES_REQUEST,
    WILL_REQUEST,
    answer_context,
    make_request,
    print_share,
    request_code,
    request_hash,
    seal_to,
    seal_will,
    share_context,
    sign_share,
)
from reference.shamir import evaluate
from reference.vault import seal_slot, slot_keys

from .actors import COST, TENANT, draw
from .good import grant, manifest, seal_record
from .people import (
    CHART_WILL,
    COLLEAGUE,
    DEALT,
    PEOPLE,
    PSYCHOLOGIST,
    TRUSTEE,
    TRUSTEES_DEAL,
    WHOLE_WILL,
)

FIRST = PSYCHOLOGIST.first
KEPT_UNDER = "eleven quiet words for later"


def private_notes():
    first = seal_record(
        "rotated-private", head(PRIVATE, "rotated-private", FIRST), {"note": "Synthetic. Before the loss."}, FIRST
    )
    second = seal_record(
        "rotated-private-v2",
        head(PRIVATE, "rotated-private", PSYCHOLOGIST, 2, first["version"]["hash"]),
        {"note": "Synthetic. After the loss, under new keys."},
        PSYCHOLOGIST,
    )
    tagged = seal_record(
        "tagged-private",
        head(PRIVATE, "tagged-private", PSYCHOLOGIST),
        {"note": "Synthetic. Sealed with an author's tag."},
        PSYCHOLOGIST,
        tagged=True,
    )
    return [first, second, tagged]


def chart_records(encapsulate):
    one = seal_record("rotated-chart", head(CHART, "rotated-chart", FIRST), {"progress": "Synthetic. Epoch 1."}, FIRST)
    one["grants"] = [grant(one, TRUSTEE, 2, 1, encapsulate, granter=FIRST)]
    two = seal_record(
        "rotated-chart-v2",
        head(CHART, "rotated-chart", PSYCHOLOGIST, 2, one["version"]["hash"]),
        {"plan": "Synthetic. Weekly.", "progress": "Synthetic. Epoch 2."},
        PSYCHOLOGIST,
    )
    two["grants"] = [
        grant(two, COLLEAGUE, 2, 2, encapsulate, granter=PSYCHOLOGIST),
        grant(two, TRUSTEE, 1, 1, encapsulate, sections={"plan"}, granter=PSYCHOLOGIST),
    ]
    theirs = seal_record(
        "colleague-chart", head(CHART, "colleague-chart", COLLEAGUE), {"progress": "Synthetic. Referred."}, COLLEAGUE
    )
    theirs["grants"] = [
        grant(theirs, FIRST, 2, 2, encapsulate, granter=COLLEAGUE),
        grant(theirs, FIRST, 1, 2, encapsulate, granter=COLLEAGUE),
        grant(theirs, PSYCHOLOGIST, 2, 2, encapsulate, granter=COLLEAGUE),
    ]
    tagged = seal_record(
        "tagged-chart",
        head(CHART, "tagged-chart", PSYCHOLOGIST),
        {"plan": "Synthetic. Monthly.", "progress": "Synthetic. Tagged."},
        PSYCHOLOGIST,
        tagged=True,
    )
    tagged["grants"] = []
    return [one, two, theirs, tagged]


def head(drawer, record, author, version=1, previous=None):
    return manifest(drawer, record, version, previous, author=author) | {"epoch": author.keys.epoch}


def recovery_codes():
    code = PSYCHOLOGIST.ways[1]["secret"]
    text = recovery_code_text(code)
    accepted = [
        text,
        text.lower(),
        text.replace("-", ""),
        text.replace("-", " "),
        f" {text}\n",
        text.replace("-", "\u00a0"),
    ]
    accepted += [text.replace("0", "O").replace("1", "I"), text.replace("0", "o").replace("1", "l")]
    return {"code": code, "text": text, "accepted": accepted}


def verified():
    """Who takes which key log for whose: neither one that ends before the pinned entry, nor newer keys than it had."""
    rows = [(COLLEAGUE, 2), (COLLEAGUE, 1), (TRUSTEE, 1), (TRUSTEE, 2), (PSYCHOLOGIST, 2), (PSYCHOLOGIST, 1)]
    refused = [(COLLEAGUE, 1), (TRUSTEE, 2), (PSYCHOLOGIST, 1)]
    return [
        {"by": by.name, "account": PSYCHOLOGIST.name, "entries": entries, "verified": (by, entries) not in refused}
        for by, entries in rows
    ] + [{"by": TRUSTEE.name, "account": COLLEAGUE.name, "entries": 1, "verified": False}]


# --- Shares


def share(deal, number):
    owner = deal["owner"]
    numbers = (owner.id, deal["kind"], deal["deal"], deal["threshold"], len(deal["people"]), number)
    value = evaluate(deal["polynomial"], number)
    return {"number": number, "value": value, **sign_share(dict(zip(PLACE, numbers)), value, owner.keys.ed25519_seed)}


def deal(about, encapsulate):
    context = share_context(PSYCHOLOGIST.id, about["kind"], about["deal"])
    shares = []
    for number, (name, holder) in enumerate(about["people"], 1):
        made = share(about, number)
        made["share"] = made.pop("object")
        text = print_share(made["share"])
        made |= {"name": name, "printed": from_groups(text, 120), "text": text, "holder": holder and holder.name}
        if holder:
            keys = draw(f"{about['name']} {number} key", 32), draw(f"{about['name']} {number} iv", 12)
            made["sealed"] = seal_to("sealed-share", context, holder.identity.xwing, *keys, made["share"], encapsulate)
        shares.append(made)
    return {
        "name": about["name"],
        "owner": about["owner"].name,
        "kind": about["kind"],
        "deal": about["deal"],
        "threshold": about["threshold"],
        "dealt_at": DEALT,
        "count": len(shares),
        "epoch": about["owner"].keys.epoch,
        "secret": about["secret"],
        "polynomial": about["polynomial"],
        "shares": shares,
        "rebuilt_by": [[1, 2], [1, 3], [2, 3], [3, 1], [3, 2, 1]],
    }


# --- Requests and answers


def requests(deals, encapsulate):
    """The device's and the locked out person's keys are made for the request; an executor's are her account's."""
    trustees, whole = deals[0], deals[2]
    rows = [
        (DEVICE_REQUEST, "device", draw("device request seed", 32), PSYCHOLOGIST.name, PSYCHOLOGIST.secret),
        (
            TRUSTEES_REQUEST,
            "trustees",
            draw("trustees request seed", 32),
            COLLEAGUE.name,
            trustees["shares"][0]["share"],
        ),
        (WILL_REQUEST, "will", COLLEAGUE.keys.xwing_seed, TRUSTEE.name, whole["shares"][1]["share"]),
    ]
    made = []
    for kind, name, seed, by, plaintext in rows:
        request = make_request(PSYCHOLOGIST.id, kind, xwing_public(seed), DEALT + kind)
        keys = draw(f"{name} answer key", 32), draw(f"{name} answer iv", 12)
        answer = seal_to("answer", answer_context(request), xwing_public(seed), *keys, plaintext, encapsulate)
        code = request_code(request)
        about = {
            "name": name,
            "account": PSYCHOLOGIST.name,
            "kind": kind,
            "xwing_seed": seed,
            "xwing": xwing_public(seed),
            "created_at": DEALT + kind,
            "request": request,
            "hash": request_hash(request),
            "code": code,
            "accepted": [code, code.lower(), code.replace("-", " ")],
            "answers": [{"by": by, "plaintext": plaintext, **answer}],
        }
        about |= {"claimant": COLLEAGUE.name} if kind == WILL_REQUEST else {"kept": kept(request, seed, name)}
        made.append(about)
    return made


def kept(request, seed, name):
    """The request's key while answers are awaited: a passphrase slot without an account secret."""
    salt = draw(f"{name} kept salt", 16)
    parameters = [PSYCHOLOGIST.id, request_hash(request)[:16], 1, 1, salt, *COST]
    keys = slot_keys(KEPT_UNDER, bytes(16), salt, *COST)
    sealed = seal_slot(keys, parameters, seed, draw(f"{name} kept iv", 12))
    return {"passphrase": KEPT_UNDER, **keys, "parameters": encode(parameters), "sealed": sealed["object"]}


# --- Wills


def will_parts(about, scope):
    epochs = [keys for keys in PSYCHOLOGIST.epochs if keys.epoch <= about["owner"].keys.epoch]
    kept_keys = [
        [keys.epoch, keys.own_chart_key, keys.private_drawer_key if scope == CHART_AND_PRIVATE else None]
        for keys in epochs
    ]
    sealed_at = about["owner"].keys.created_at + 600
    return [PSYCHOLOGIST.id, about["deal"], scope, 14 * scope, sealed_at], [TENANT, kept_keys]


def will(about, scope, opens):
    parameters, contents = will_parts(about, scope)
    sealed = seal_will(about["secret"], parameters, contents, draw(f"{about['name']} iv", 12))
    return {
        "deal": about["name"],
        "owner": PSYCHOLOGIST.name,
        "scope": scope,
        "waiting_days": parameters[3],
        "sealed_at": parameters[4],
        "secret": about["secret"],
        "parameters": encode(parameters),
        "commitment": sealed["commitment"],
        "key": sealed["key"],
        "contents": encode(contents),
        "padded": sealed["plaintext"],
        "iv": sealed["iv"],
        "protected": sealed["protected"],
        "enc_structure": sealed["enc_structure"],
        "sealed": sealed["object"],
        "opens": opens,
    }


def recovery(encapsulate):
    deals = [deal(about, encapsulate) for about in (TRUSTEES_DEAL, CHART_WILL, WHOLE_WILL)]
    notes, charts = private_notes(), chart_records(encapsulate)
    names = [record["name"] for record in notes[:2] + charts[:2] + notes[2:] + charts[3:]]
    return {
        "accounts": [person.describe() for person in PEOPLE],
        "verified": verified(),
        "recovery_codes": recovery_codes(),
        "notes": notes,
        "records": charts,
        "deals": deals,
        "requests": requests(deals, encapsulate),
        "wills": [will(CHART_WILL, CHART_ALONE, ["rotated-chart"]), will(WHOLE_WILL, CHART_AND_PRIVATE, names)],
    }
