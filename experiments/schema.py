"""What settings may hold where: the pydantic models walked side by side with a plain settings dict."""

from collections.abc import Iterator, Sequence
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, BeforeValidator

from sim.settings.run import RunSettings
from sim.settings.strict import Number

_READ_ROW = next(m for m in get_args(Number) if isinstance(m, BeforeValidator))


def numbers(annotation: Any, raw: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield `(dotted path, raw value)` of everything in `raw` that the model reads as a `Number`.

    Parameters
    ----------
    annotation : Any
        Type the settings have, `RunSettings` for a whole run.
    raw : Any
        The same settings as plain dicts and lists; a value is a `Quantity` row or a bare number.
    path : str
        Prefix of the paths yielded.
    """
    if _is_number(annotation):
        if raw is not None:
            yield path, raw
        return
    kind = _concrete(annotation, raw)
    for key, child in children_of(raw):
        inner = _child_type(kind, key)
        if inner is not None:
            yield from numbers(inner, child, f"{path}.{key}" if path else key)


def keys_at(path: Sequence[str], raw: Any) -> list[str]:
    """Names that may follow `path` in a run's settings: fields of the model, keys the mapping allows, or those present.

    Parameters
    ----------
    path : sequence of str
        Parts of a dotted path; list items by label.
    raw : Any
        The whole settings as plain dicts and lists.
    """
    annotation: Any = RunSettings
    for part in path:
        annotation = _child_type(_concrete(annotation, raw), part)
        raw = dict(children_of(raw)).get(part)
    kind = _concrete(annotation, raw)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return list(kind.model_fields)
    if get_origin(kind) is dict and get_origin(get_args(kind)[0]) is Literal:
        return list(get_args(get_args(kind)[0]))
    return [key for key, _ in children_of(raw)]


def children_of(raw: Any) -> list[tuple[str, Any]]:
    """What a group or a list of settings holds, by key or label."""
    if isinstance(raw, dict):
        return [(str(key), value) for key, value in raw.items()]
    if isinstance(raw, list | tuple):
        return [(label(value, position), value) for position, value in enumerate(raw)]
    return []


def label(item: Any, position: int) -> str:
    """How a list item is called in a path: a stage and a measure by name, anything else by position."""
    name = item.get("name", item.get("measure")) if isinstance(item, dict) else None
    return str(name) if name is not None else str(position)


def labelled(path: Sequence[str | int], raw: Any) -> list[str]:
    """A path with list positions replaced by labels."""
    parts = []
    for part in path:
        inside = raw[part] if isinstance(raw, list | tuple) and isinstance(part, int) and part < len(raw) else None
        parts.append(str(part) if inside is None else label(inside, int(part)))
        raw = inside if inside is not None else raw.get(part) if isinstance(raw, dict) else None
    return parts


def _is_number(annotation: Any) -> bool:
    return any(_READ_ROW in getattr(arm, "__metadata__", ()) for arm in _arms(annotation))


def _arms(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)


def _concrete(annotation: Any, raw: Any) -> Any:
    """The type without Annotated and None; of several models the one whose `kind` the settings name."""
    if get_origin(annotation) is Annotated:
        return _concrete(get_args(annotation)[0], raw)
    arms = [arm for arm in _arms(annotation) if arm is not type(None)]
    if len(arms) == 1:
        return arms[0] if arms[0] is annotation else _concrete(arms[0], raw)
    kind = raw.get("kind") if isinstance(raw, dict) else None
    for arm in arms:
        if (
            isinstance(arm, type)
            and issubclass(arm, BaseModel)
            and kind in get_args(arm.model_fields["kind"].annotation)
        ):
            return arm
    return None


def _child_type(kind: Any, key: str) -> Any:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return _hints(kind).get(key)
    if get_origin(kind) is dict:
        return get_args(kind)[1]
    if get_origin(kind) is tuple:
        return get_args(kind)[0]
    return None


@cache
def _hints(model: type[BaseModel]) -> dict[str, Any]:
    return get_type_hints(model, include_extras=True)
