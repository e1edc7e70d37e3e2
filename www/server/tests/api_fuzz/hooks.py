"""What schemathesis cannot make up: a session, ids of what is there, and bodies that were really sealed, whole and damaged."""

import base64
import json
import os

import schemathesis
from hypothesis import strategies as st

with open(os.environ["SEALED_NOTES_WORLD"]) as file:
    WORLD = json.load(file)
SESSION = os.environ.get("SEALED_NOTES_SESSION")


def knows_world(hook):
    """Without it, what is made is all that the document allows and forbids."""
    return schemathesis.hook(hook) if "SEALED_NOTES_KNOWN" in os.environ else hook


@knows_world
def before_generate_path_parameters(context, strategy):
    names = [parameter.name for parameter in context.operation.path_parameters]
    known = {name: st.sampled_from(WORLD["path"][name]) for name in names}
    return st.one_of(strategy, st.fixed_dictionaries(known))


@knows_world
def before_generate_body(context, strategy):
    bodies = WORLD["bodies"].get(f"{context.operation.method.upper()} {context.operation.path}")
    return st.one_of(strategy, st.sampled_from(bodies).flatmap(damaged)) if bodies else strategy


def damaged(body):
    """A body with some of its bytes changed, or none."""
    if isinstance(body, dict):
        return st.fixed_dictionaries({name: damaged(value) for name, value in body.items()})
    if isinstance(body, list):
        return st.tuples(*map(damaged, body)).map(list)
    try:
        sealed = base64.b64decode(body, validate=True)
    except (TypeError, ValueError):
        return st.just(body)
    if len(sealed) < 64:
        return st.just(body)
    places = st.integers(0, len(sealed) - 1)
    changed = st.one_of(
        st.just(sealed),
        st.just(sealed),
        st.tuples(places, st.integers(1, 255)).map(lambda change: flip(sealed, *change)),
        places.map(lambda length: sealed[:length]),
        st.binary(max_size=40).map(lambda more: sealed + more),
    )
    return changed.map(lambda changed: base64.b64encode(changed).decode())


def flip(sealed, place, change):
    return sealed[:place] + bytes([sealed[place] ^ change]) + sealed[place + 1 :]


@schemathesis.hook
def before_call(context, case, kwargs):
    """Logging out would end the session that all the other requests need: it gets one of its own."""
    if SESSION:
        logs_out = (case.method.upper(), case.operation.path) == ("DELETE", "/api/login")
        name, token = (WORLD["spare"] if logs_out else SESSION).split("=")
        case.cookies = {name: token}
