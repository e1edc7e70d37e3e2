"""What must be refused, and with which error."""

from . import bad_account, bad_at_once, bad_drafts, bad_own, bad_shared
from .forge import shortened

EVERY_REFUSAL = [
    "not_sealed",
    "truncated",
    "tampered",
    "wrong_object",
    "unsupported_version",
    "not_the_author",
    "not_a_recipient",
    "section_too_large",
    "invalid_section",
    "invalid_key",
]


class Failures:
    def __init__(self, objects):
        self.objects, self.cases, self.sweeps, self.short = objects, [], [], 0

    def add(self, operation, errors, name, **inputs):
        errors = errors.split()
        self.cases.append({"name": f"{operation}: {name}", "operation": operation, "errors": errors, **inputs})

    def shorten(self):
        """Edits to a named object, where that takes less room than the bytes; what was shortened stays as it is."""
        for case in self.cases[self.short :]:
            for name, value in case.items():
                if isinstance(value, bytes) and len(value) > 100:
                    case[name] = shortened(self.objects, value)
                if name in ("shares", "entries") and isinstance(value, list):
                    case[name] = [shortened(self.objects, item) if isinstance(item, bytes) else item for item in value]
        self.short = len(self.cases)

    def sweep(self, operation, errors, kind, field, step=1, **inputs):
        words = f"{operation}: {kind} {inputs[field]['of']} every {step}"
        about = {"name": words, "operation": operation, "errors": errors or EVERY_REFUSAL}
        self.sweeps.append({**about, "kind": kind, "field": field, "step": step, **inputs})


def failures(notes, charts, drafts, encapsulate):
    private, chart, sections = notes[0], charts[0], charts[2]
    objects = {
        "private-1": private["sealed"],
        "private-1 body": private["sections"][0]["body"],
        "chart-1": chart["sealed"],
        "chart-1 shared": chart["grants"][0]["shared"],
        "chart-1 grant": chart["grants"][0]["grant"],
        "chart-1 grant by X25519": chart["grants"][1]["grant"],
        "chart-2": sections["sealed"],
        "chart-2 shared": sections["grants"][0]["shared"],
        "chart-2 grant": sections["grants"][1]["grant"],
        "private draft": drafts[0]["sealed"],
        "chart draft": drafts[1]["sealed"],
    }
    found = Failures(objects)
    bad_account.add(found)
    bad_own.add(found, private, chart, sections)
    bad_drafts.add(found, drafts)
    bad_shared.add(found, chart, sections, encapsulate)
    found.shorten()
    note, record = notes[3], charts[3]
    found.objects |= bad_at_once.objects(note, record)
    bad_at_once.add(found, note, record, encapsulate)
    found.shorten()
    return {"objects": found.objects, "cases": found.cases, "sweeps": found.sweeps}
