"""Faults in settings as sentences: where, value, rule, cure."""

import math
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from experiments.schema import keys_at, labelled

_SHOWN = 12
_TAGS = ("border", "queue", "inspection")
_RULES = {
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than": "must be below {lt}",
    "less_than_equal": "must be {le} or less",
    "finite_number": "must be a finite number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a smaller whole number",
    "int_from_float": "must be a whole number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_type": "must be text",
    "string_pattern_mismatch": "must be 1 to 100 characters in one line, without a blank at either end",
    "dict_type": "must be a group of settings",
    "model_type": "must be a group of settings",
    "model_attributes_type": "must be a group of settings",
    "tuple_type": "must be a list",
    "too_short": "must have at least {min_length} entry",
    "literal_error": "must be {expected}",
    "union_tag_invalid": "kind must be {expected_tags}",
    "unknown_name": "is not among those of this world",
}
_CURES = {
    "string_type": 'write it in quotes, as "NO" or "06:00"',
    "too_short": "add an entry",
    "dict_type": "indent its settings below it",
    "model_type": "indent its settings below it",
    "model_attributes_type": "indent its settings below it",
    "tuple_type": "write it as [a, b]",
}


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A cure for an unknown name: the nearest known one, or what there is.

    Parameters
    ----------
    name : str
        What was written.
    known : iterable of str
        What could have been written there.
    """
    names = [str(k) for k in known]
    near = get_close_matches(name, names, n=1, cutoff=0.55)
    if near:
        return f"did you mean {near[0]}?"
    if not names:
        return "nothing may be set there"
    rest = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"there are {', '.join(names[:_SHOWN])}{rest}"


def fault(where: str, value: Any, rule: str, cure: str) -> str:
    """One fault as a sentence; `value` is shown only when it is short enough to be recognised."""
    shown = "" if isinstance(value, dict | list | tuple) else f"{_text(value)}: "
    return f"{where}: {shown}{rule}; {cure}"


def no_such_file(where: str, path: str) -> str:
    """The fault of a file that is not there."""
    return fault(where, path, "there is no such file", "a relative path starts in the folder bordersim runs in")


def explain(error: ValidationError, raw: dict[str, Any]) -> list[str]:
    """Every fault pydantic found, each as a sentence.

    Parameters
    ----------
    error : ValidationError
        Raised while `raw` was validated.
    raw : dict
        The settings as plain dicts and lists, to say which keys exist where.
    """
    return [sentence for entry in error.errors(include_url=False) for sentence in _sentences(dict(entry), (), raw)]


def _sentences(entry: dict[str, Any], prefix: tuple[str, ...], raw: dict[str, Any]) -> list[str]:
    path = (*prefix, *_path(entry["loc"], raw))
    where, kind, value, context = ".".join(path), entry["type"], entry["input"], entry.get("ctx", {})
    inner = context.get("error")
    if isinstance(inner, ValidationError):
        return [s for e in inner.errors(include_url=False) for s in _sentences(dict(e), path, raw)]
    if kind == "missing":
        return [fault(where, "missing", "must be given", f"add {path[-1]}{_row_hint(path)}")]
    if kind == "extra_forbidden":
        known = [k for k in keys_at(path[:-1], raw) if k != path[-1]]
        known += ["defaults"] if len(path) == 2 else []  # the head of a file, which is gone once it is read
        return [fault(where, value, "is not a setting", did_you_mean(path[-1], known) if known else "remove it")]
    if kind == "union_tag_not_found":
        return [fault(f"{where}.kind", "missing", "must be given", f"add kind: {' or '.join(_TAGS)}")]
    if kind == "value_error":
        return [f"{where}: {inner}" if where else str(inner)]
    shown = {key: f"{limit:g}" if isinstance(limit, float) else limit for key, limit in context.items()}
    rule = _RULES[kind].format(**shown) if kind in _RULES else str(entry["msg"])
    if kind == "union_tag_invalid":
        return [fault(f"{where}.kind", context["tag"], rule, did_you_mean(str(context["tag"]), _TAGS))]
    return [fault(where, value, rule, _cure(kind, value, context))]


def _path(location: tuple[int | str, ...], raw: dict[str, Any]) -> list[str]:
    """Parts of an override's path; pydantic's own marks (which kind of world, which side of a mapping) left out."""
    parts = [part for part in location if part != "[key]"]
    if len(parts) > 1 and parts[0] == "world" and parts[1] in _TAGS:
        del parts[1]
    return labelled(parts, raw)


def _row_hint(path: tuple[str, ...]) -> str:
    return " as a row {centre, low, high, unit, source}" if path[0] == "assumptions" and len(path) > 2 else ""


def _cure(kind: str, value: Any, context: dict[str, Any]) -> str:
    if kind == "literal_error":
        choices = [c.strip(" '\"") for c in str(context["expected"]).replace(" or ", ", ").split(",")]
        near = get_close_matches(str(value), choices, n=1)
        return f"did you mean {near[0]}?" if near else "choose one of these"
    if kind == "unknown_name":
        return did_you_mean(str(value), context["names"].split(", "))
    return _CURES.get(kind, "correct the value")


def _text(value: Any) -> str:
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    text = " ".join(str(value).split()) or "(empty)"
    return text if len(text) <= 60 else text[:57] + "..."
