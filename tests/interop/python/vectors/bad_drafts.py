"""Drafts that must be refused."""

from reference.cose import PARAMETERS, seal
from reference.encoding import decode, derive, encode, label, pad

from .actors import CLINICIAN, SUPERVISOR, draw
from .forge import flip, replaced, splice

ME = CLINICIAN.name


def add(failures, drafts):
    private, chart = drafts
    add_drawer(failures, "openPrivateDraft", private, "chart draft", "private-1")
    add_drawer(failures, "openChartDraft", chart, "private draft", "chart-1")


def add_drawer(failures, operation, draft, other_draft, stored):
    name, sealed = f"{draft['drawer']} draft", draft["sealed"]
    purpose = f"{draft['drawer']}-draft"
    parameters = decode(draft["encoded_parameters"])
    keys = CLINICIAN.keys
    key = keys.own_chart_key if draft["drawer"] == "chart" else keys.private_drawer_key

    def add(errors, name, sealed, account=ME):
        failures.add(operation, errors, name, account=account, sealed=sealed)

    def made(parameters, plaintext=draft["padded"], key=key):
        encoded = parameters if isinstance(parameters, bytes) else encode(parameters)
        key = derive(key, draft["parameters"]["record"], purpose)
        return seal(purpose, {PARAMETERS: encoded}, key, draft["iv"], plaintext)["object"]

    add("wrong_object", "the other drawer's draft", {"of": other_draft})
    add("wrong_object not_sealed", "a stored version", {"of": stored})
    add("wrong_object not_sealed", "a body", {"of": "private-1 body"})
    add("not_the_author", "another account's draft", {"of": name}, SUPERVISOR.name)
    relabelled = [*parameters[:1], SUPERVISOR.id, *parameters[2:]]
    add("not_the_author", "relabelled as another account's", made(relabelled))
    add("tampered", "relabelled to another client", replaced(sealed, parameters[3], draw("another client", 16)))
    add("tampered", "relabelled to another record", replaced(sealed, parameters[2], draw("another record", 16)))
    add("tampered not_sealed wrong_object", "of another tenant", made([draw("another tenant", 16), *parameters[1:]]))
    add("tampered not_sealed", "of an epoch the author never had", made([*parameters[:6], 2]))
    wrong = keys.private_drawer_key if draft["drawer"] == "chart" else keys.own_chart_key
    add("tampered", "under the other drawer's key", made(parameters, key=wrong))
    add("not_sealed", "parameters with an element too many", made([*parameters, None]))
    add("not_sealed", "parameters not in shortest form", made(encode(parameters)[:-1] + b"\x18\x01"))
    add("not_sealed", "a length that padding does not give", made(parameters, draft["padded"] + b"\0"))
    add("not_sealed tampered", "wrong padding", made(parameters, bytes(256)))
    add("not_sealed tampered", "text that is not UTF-8", made(parameters, pad(b"\x81\x82\x61a\x62\xc3\x28")))
    v2 = encode(label(purpose))
    add("unsupported_version", "of a later format", replaced(sealed, v2, v2.replace(b"v1", b"v2")))
    add("tampered", "a flipped bit in the iv", flip(failures.objects, name, draft["iv"]))
    add("not_sealed", "a byte after the end", splice(name, len(sealed), insert=b"\0"))
    if draft["drawer"] == "chart":
        add("not_sealed", "a section named wrongly", made(parameters, pad(encode([["Plan", "text"]]))))
        add("not_sealed truncated", "text that is no list of sections", made(parameters, pad(b"Synthetic text")))
    for kind, errors in (("truncate", ["truncated"]), ("flip", None)):
        failures.sweep(operation, errors, kind, "sealed", account=ME, sealed={"of": name})
