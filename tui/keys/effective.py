"""Which keys each command has in the end: the person's own before a preset's, a preset's before the program's.

    own keys (keys.toml)  >  "Enter breaks the line"  >  preset  >  the registry

A key means one thing in one place. Where two commands of a place claim it, the stronger claim has it, and of equal ones the
one that stands first; what the other loses is told. Two places never meet: writing, and a selected message. A command that
leaves a key to the widget with the focus (``keymap.PATIENT``) may share it with one that works only there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from textual.binding import Keymap

from tui.keys.key_rules import forbidden
from tui.keys.keymap import PATIENT, UNSET, enter_breaks_line, key_name
from tui.keys.presets import PRESETS
from tui.keys.registry import CommandSpec, Scope
from tui.language import tr

_OWN, _ENTER, _PRESET, _PROGRAM = range(4)
_INNER: Final = frozenset({Scope.COMPOSER, Scope.SELECT})


class Claim(NamedTuple):
    """One key for one command, and how strong the claim is: 0 is the strongest."""

    strength: int
    key: str
    spec: CommandSpec


class Denied(NamedTuple):
    """A key that a command has not got: another one has it, or none can."""

    spec: CommandSpec
    key: str
    holder: CommandSpec | None = None

    @property
    def said(self) -> str:
        """The sentence about it."""
        title = tr(self.spec.title)
        if self.holder is None:
            return tr("{title}: {why}.").format(title=title, why=forbidden(self.key, self.spec))
        return tr("{key} is {holder} and so not {title}.").format(
            key=key_name(self.key), holder=tr(self.holder.title), title=title
        )


class Effective(NamedTuple):
    """The keys by command id, each perhaps none; and each key that was claimed twice or cannot be used."""

    keys: dict[str, tuple[str, ...]]
    denied: tuple[Denied, ...]

    def keymap(self, specs: Iterable[CommandSpec]) -> Keymap:
        """Return what Textual has to be told: the commands whose keys are not the program's."""
        return {
            spec.id: ",".join(self.keys[spec.id]) or UNSET
            for spec in specs
            if spec.id in self.keys and self.keys[spec.id] != split(spec.keys)
        }


def split(keys: str) -> tuple[str, ...]:
    """Return the keys of a command, one by one."""
    return tuple(key.strip() for key in keys.split(",") if key.strip())


def meet(one: CommandSpec, other: CommandSpec) -> bool:
    """Return whether two commands cannot have one key."""
    scopes = {one.scope, other.scope}
    if scopes >= _INNER:
        return False
    outer = next((spec for spec in (one, other) if spec.scope not in _INNER), None)
    inner = scopes & _INNER
    return not (inner and outer is not None and outer.id in PATIENT)


def effective(
    specs: Iterable[CommandSpec], preset: str, own: Mapping[str, tuple[str, ...]], *, enter_sends: bool = True
) -> Effective:
    """Return the keys that count. ``specs`` have the program's; ``own`` are by command id, in Textual's names."""
    listed = list(specs)
    enter = {} if enter_sends else enter_breaks_line()
    chosen = PRESETS.get(preset, {})
    claims: list[Claim] = []
    for spec in listed:
        if spec.id in own:
            claims += [Claim(_OWN, key, spec) for key in own[spec.id]]
        elif spec.id in enter:
            claims += [Claim(_ENTER, key, spec) for key in split(enter[spec.id])]
        elif spec.id in chosen:
            claims += [Claim(_PRESET, key, spec) for key in split(chosen[spec.id])]
        else:
            claims += [Claim(_PROGRAM, key, spec) for key in split(spec.keys)]
    keys: dict[str, tuple[str, ...]] = {spec.id: () for spec in listed}
    denied = _settle(claims, keys)
    return Effective(keys, tuple(denied))


def _settle(claims: list[Claim], keys: dict[str, tuple[str, ...]]) -> list[Denied]:
    """Give each key to the strongest claim; return what there is to tell."""
    holders: dict[str, list[CommandSpec]] = {}
    denied: list[Denied] = []
    for strength, key, spec in sorted(claims, key=lambda claim: claim.strength):
        if strength == _OWN and forbidden(key, spec):
            denied.append(Denied(spec, key))
            continue
        holder = next((other for other in holders.get(key, ()) if other.id != spec.id and meet(spec, other)), None)
        if holder is not None:
            denied.append(Denied(spec, key, holder))
        elif key not in keys[spec.id]:
            holders.setdefault(key, []).append(spec)
            keys[spec.id] += (key,)
    return denied
