"""Guards: the few nodes that see our address, kept for weeks.

A node that chooses its first hop anew for each path soon has one that an attacker runs; with guards the attacker has to be
lucky once a month instead of once a minute. Guards are drawn at random from the roster, not from those met first, who may be
a single liar's friends. The list is ordered by when a guard was drawn, and earlier ones always have precedence:

    g1  g2  g3 | g4  g5 …      in play: the first three that are not set aside, and of the following as many as it takes
                               until two answer. Only when the list ends before that is another one drawn.

Two spare ones are drawn at the beginning, since guards are people's devices, too, and not always up: one drawn long ago
is turned to within seconds, drawing one takes half a minute.

A guard that has not answered for three hours of our own time online, or that loses what is given to it, is *set aside*:
it does not count among the three, but goes on being dialled, and takes its old place when it answers. So an attacker who
breaks our links makes us use later guards only while he does so; they are drawn ever more slowly while two do not answer,
and at most twenty in any thirty days, whatever happens. When none of those answers, nothing is sent: that is the price.

A guard whose clock is an epoch off is set aside as long as that is so: it cannot open what is made for it now. In a network
so small that all of it are guards or spares, the spares are kept in play as well, only to be linked: what a linked node says
of itself, and that it is gone, is known at once.

The idea is that of Tor's guard specification (sampled, confirmed and primary guards), reduced to one list.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from net.ids import Endpoint, NodeId
from net.instant import DAY_MS, Instant
from net.onion.paths.ports import Roster
from net.scope import public_network_of

# Guards that are used at a time, and how many of them must answer before later ones stay out of play.
GUARDS: Final = 3
GUARDS_ANSWERING: Final = 2
SPARES: Final = 2
# A guard is kept for this long, drawn anew for each so that they are not all replaced on one day.
MIN_LIFETIME_MS: Final = 30 * DAY_MS
MAX_LIFETIME_MS: Final = 60 * DAY_MS
# How many may be drawn in any month: the exposure that an attacker who breaks our links can force upon us.
MAX_DRAWN: Final = 20
DRAWN_WITHIN_MS: Final = 30 * DAY_MS
# Guards kept at a time: those of the longest lifetime.
MAX_GUARDS: Final = 2 * MAX_DRAWN
# Seconds that a guard may take to answer before a later one of the list is tried besides it: a link is up in one. And before
# another may be drawn: two attempts at a link.
HASTE: Final = 5.0
TRIAL: Final = 30.0
# Seconds of our own time online without an answer after which a guard is set aside, and how long one that loses packets is.
SET_ASIDE_AFTER: Final = 3 * 3600.0
# Seconds between two draws beyond the first three, doubled with each up to the most until two answer: we may be offline.
FIRST_DRAW_PAUSE: Final = TRIAL
MAX_DRAW_PAUSE: Final = 3600.0
# Seconds between two looks for nodes to draw from while there are not even three guards, and how that grows, up to a trial:
# a person waits for the first, and a network of two never has three.
FIRST_LOOK: Final = 0.1
LOOK_GROWTH: Final = 1.25
# Seconds between two looks at what only time or the roster changes: while a guard does not answer, and while all do.
LOOK_PERIOD: Final = 300.0
QUIET_PERIOD: Final = 3600.0


class Guard(NamedTuple):
    """A guard as the owner keeps it over restarts. Times are network time in Unix milliseconds."""

    endpoint: Endpoint
    node: NodeId
    since_ms: int
    until_ms: int


@dataclass(slots=True)
class _Kept:
    endpoint: Endpoint
    node: NodeId
    since_ms: int
    until_ms: int
    is_linked: bool = False
    is_in_play: bool = False
    tried_since: float = 0.0  # monotonic: in play without an answer
    silent_from: float = 0.0  # by the clock of our time online
    lossy_until: float = -math.inf  # monotonic
    is_off: bool = False  # of another time than ours

    def is_sound(self, now: float) -> bool:
        """Say whether nothing is known against it."""
        return now >= self.lossy_until and not self.is_off

    def is_answering(self, now: float, patience: float) -> bool:
        """Say whether it answers, or may still do so within so many seconds of being tried."""
        return self.is_sound(now) and (self.is_linked or not self.is_in_play or now < self.tried_since + patience)


class Guards:
    """Our guards. Tell it of links with ``on_link_up`` and ``on_link_down``; it tells which nodes to keep links with."""

    def __init__(self, own: NodeId, roster: Roster, rng: random.Random) -> None:
        self._own = own
        self._roster = roster
        self._rng = rng
        self._kept: list[_Kept] = []
        self._linked: set[NodeId] = set()  # guards or not: who is drawn may be linked already
        self._online = 0.0  # seconds online until ``_online_at``
        self._online_at: float | None = None
        self._pause = FIRST_DRAW_PAUSE
        self._look = FIRST_LOOK
        self._next_draw = -math.inf
        self._due = 0.0

    # --- for the owner ------------------------------------------------------------------------------------------------

    def remembered(self) -> list[Guard]:
        """Return what to keep over a restart, in the order of precedence."""
        return [Guard(each.endpoint, each.node, each.since_ms, each.until_ms) for each in self._kept]

    def recall(self, guards: Iterable[Guard], now: Instant) -> None:
        """Take back what ``remembered`` gave; before anything is drawn."""
        known = {each.node for each in self._kept} | {self._own}
        for guard in guards:
            if guard.node not in known and guard.until_ms - guard.since_ms <= MAX_LIFETIME_MS:
                self._kept.append(_Kept(*guard, is_linked=guard.node in self._linked))
                known.add(guard.node)
        del self._kept[MAX_GUARDS:]
        self.handle_timeout(now)

    # --- for the node -------------------------------------------------------------------------------------------------

    def contacts(self) -> Mapping[NodeId, Endpoint]:
        """Return which nodes to keep links with, and where they are now."""
        return {each.node: each.endpoint for each in self._kept if each.is_in_play}

    def on_link_up(self, node: NodeId, now: Instant) -> None:
        """A full node is linked."""
        self._linked.add(node)
        self._set_linked(node, now, is_linked=True)

    def on_link_down(self, node: NodeId, now: Instant) -> None:
        """A link is gone."""
        self._linked.discard(node)
        self._set_linked(node, now, is_linked=False)

    def on_link_quiet(self, node: NodeId, now: Instant) -> None:
        """A guard does not answer what it was given: use others until it is heard, and try later ones at once."""
        guard = self._find(node)
        if guard is None or not guard.is_linked:
            return
        self._set_linked(node, now, is_linked=False)
        guard.tried_since = now.mono - HASTE
        self.handle_timeout(now)

    def on_link_heard(self, node: NodeId, now: Instant) -> None:
        """A guard that was quiet answers."""
        if node in self._linked:
            self._set_linked(node, now, is_linked=True)

    def lossy(self, node: NodeId, now: Instant) -> None:
        """A guard is linked but hardly anything comes through: set it aside for a while, if there are others."""
        if guard := self._find(node):
            guard.lossy_until = now.mono + SET_ASIDE_AFTER
            self.handle_timeout(now)

    def note_time(self, node: NodeId, now: Instant, *, is_off: bool) -> None:
        """A linked node is of another time than ours, or of ours again."""
        guard = self._find(node)
        if guard is not None and guard.is_off != is_off:
            guard.is_off = is_off
            self.handle_timeout(now)

    def handle_timeout(self, now: Instant) -> None:
        """Let go of expired guards, bring later ones into play, draw others."""
        self._count_online(now.mono)
        self._kept = [each for each in self._kept if now.wall_ms < each.until_ms]
        for guard in self._kept:
            if (current := self._roster.get(guard.node)) is not None:
                guard.endpoint = current.endpoint
        while not (is_complete := self._play(now)) and self._may_draw(now):
            if not self._draw(now):
                break
            if len(self._kept) > GUARDS + SPARES:
                self._pause = min(2 * self._pause, MAX_DRAW_PAUSE)
            self._next_draw = now.mono + self._pause
        while len(self._kept) < GUARDS + SPARES and self._has_room(now) and self._draw(now):
            pass
        self._note_due(now, is_complete=is_complete)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        return self._due

    # --- for paths ----------------------------------------------------------------------------------------------------

    def in_use(self, now: Instant) -> list[NodeId]:
        """Return the guards to choose among for a path: the first three in play that are linked; none when none is."""
        linked = [each for each in self._kept if each.is_in_play and each.is_linked and not each.is_off]
        sound = [each for each in linked if each.is_sound(now.mono)]
        return [each.node for each in sound or linked][:GUARDS]

    # --- inside -------------------------------------------------------------------------------------------------------

    def _find(self, node: NodeId) -> _Kept | None:
        return next((each for each in self._kept if each.node == node), None)

    def _set_linked(self, node: NodeId, now: Instant, *, is_linked: bool) -> None:
        guard = self._find(node)
        if guard is None or guard.is_linked == is_linked:
            return
        self._count_online(now.mono)
        guard.is_linked = is_linked
        guard.is_off = guard.is_off and is_linked
        guard.tried_since = now.mono
        guard.silent_from = self._online
        if sum(each.is_linked for each in self._kept) >= GUARDS_ANSWERING:
            self._pause = FIRST_DRAW_PAUSE
        self.handle_timeout(now)

    def _count_online(self, now: float) -> None:
        """Advance the clock of our time online."""
        if self._online_at is not None and any(each.is_linked for each in self._kept):
            self._online += now - self._online_at
        self._online_at = now

    def _is_set_aside(self, guard: _Kept, now: float) -> bool:
        is_silent = guard.is_in_play and not guard.is_linked and self._online >= guard.silent_from + SET_ASIDE_AFTER
        return is_silent or not guard.is_sound(now)

    def _play(self, now: Instant) -> bool:
        """Say who is in play; False when the list is too short."""
        counted = answering = hopeful = 0
        few = self._few()
        for guard in self._kept:
            is_spare = counted >= GUARDS and answering >= GUARDS_ANSWERING
            if is_spare and guard.node not in few and not (few and guard.is_off):
                guard.is_in_play = False
                continue
            if not guard.is_in_play:
                guard.is_in_play = True
                guard.tried_since = now.mono
                guard.silent_from = self._online
            counted += not self._is_set_aside(guard, now.mono)
            answering += guard.is_answering(now.mono, HASTE)
            hopeful += guard.is_answering(now.mono, TRIAL)
        return counted >= GUARDS and hopeful >= GUARDS_ANSWERING

    def _few(self) -> set[NodeId]:
        """Return all that are there, if they are so few that all of them may be guards."""
        fresh = self._roster.fresh() if self._roster.is_ready else []
        return {each.node for each in fresh} if len(fresh) <= GUARDS + SPARES else set()

    def _may_draw(self, now: Instant) -> bool:
        return self._has_room(now) and (len(self._kept) < GUARDS or now.mono >= self._next_draw)

    def _has_room(self, now: Instant) -> bool:
        recent = sum(each.since_ms > now.wall_ms - DRAWN_WITHIN_MS for each in self._kept)
        return recent < MAX_DRAWN and len(self._kept) < MAX_GUARDS and self._roster.is_ready

    def _draw(self, now: Instant) -> bool:
        """Add a guard at random, from another network than the others if there is any; False when no other node is known."""
        taken = {each.node for each in self._kept} | {self._own}
        others = [each for each in self._roster.fresh() if each.node not in taken]
        networks = {public_network_of(each.endpoint.host) for each in self._kept} - {None}
        apart = [each for each in others if public_network_of(each.endpoint.host) not in networks]
        if not others:
            return False
        chosen = self._rng.choice(apart or others)
        until = now.wall_ms + self._rng.randint(MIN_LIFETIME_MS, MAX_LIFETIME_MS)
        is_linked = chosen.node in self._linked
        self._kept.append(_Kept(chosen.endpoint, chosen.node, now.wall_ms, until, is_linked=is_linked))
        return True

    def _note_due(self, now: Instant, *, is_complete: bool) -> None:
        """Look again when a trial ends or another guard may be drawn, and now and then for what changes by itself."""
        missing = [each for each in self._kept if each.is_in_play and not each.is_linked]
        due = now.mono + (LOOK_PERIOD if missing else QUIET_PERIOD)
        if len(self._kept) < GUARDS:
            due = min(due, now.mono + self._look)
            self._look = min(LOOK_GROWTH * self._look, TRIAL)
        elif not is_complete:
            due = min(due, max(self._next_draw, now.mono + TRIAL))
        ends = [each.tried_since + patience for each in missing for patience in (HASTE, TRIAL)]
        self._due = min([due, *(end for end in ends if end > now.mono)])
