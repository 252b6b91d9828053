"""Housekeeping: epochs turn, addresses change, scopes follow the network's size, links are kept with whom they are for."""

from __future__ import annotations

from types import SimpleNamespace

from net.bucket import Bucket, address_of
from net.ids import Endpoint
from net.instant import HOUR_MS
from net.node.reconcile import EAGER_PERIOD, PERIOD
from net.onion.paths.guards import GUARDS
from net.overlay.descriptor import EPOCH_HOURS, Descriptor, Verifier, epoch_of
from simulator import Host
from tests.support.parcels import box_bytes
from tests.support.village import Village
from tests.support.villains import override, own_descriptor, parts_of, roster_of


def said_by(host: Host) -> Descriptor:
    return Verifier(work_bits=0).check(own_descriptor(host.node()), host.now())


def test_a_new_epoch_brings_new_keys_which_all_neighbours_hear_of() -> None:
    village = Village(4, 1, is_quiet=True)
    [resident] = village.residents
    village.settle()
    before = {host.endpoint: said_by(host) for host in village.fulls}
    for host in village.world.hosts.values():
        host.skew_ms = EPOCH_HOURS * HOUR_MS  # as if everybody had slept
    village.settle()
    epoch = epoch_of(village.fulls[0].now())
    for host in village.fulls:
        now = said_by(host)
        former = before[host.endpoint]
        assert now.epoch == epoch == former.epoch + 1
        assert now.key_of(epoch) == former.key_of(epoch), "the key that was told in advance"
        assert now.key_of(epoch + 1) not in {former.key_of(epoch), former.key_of(epoch - 1)}
        for other in village.fulls:
            if other is not host:
                heard = parts_of(other.node()).overlay.described(now.node)
                assert heard is not None
                assert heard.stamp == now.stamp
    resident.deposit(box_bytes(1))
    assert village.world.run_while(lambda: resident.copies() < 2, 30)


def test_an_address_that_changes_is_told() -> None:
    village = Village(3, 0, is_quiet=True)
    village.settle()
    mover = village.fulls[2]
    before = said_by(mover)
    assert (before.endpoint, before.is_reachable) == (mover.endpoint, True)
    moved = mover.endpoint._replace(port=4001)
    upkeep = parts_of(mover.node()).upkeep
    override(
        upkeep, "_reach", SimpleNamespace(public=moved, is_presumed_reachable=False)
    )  # as if all neighbours saw it there
    village.world.run_for(2 * PERIOD)
    after = said_by(mover)
    assert (after.endpoint, after.is_reachable) == (moved, False)
    assert after.stamp > before.stamp
    for other in village.fulls[:2]:
        assert parts_of(other.node()).overlay.described(after.node) == after


def test_a_leaf_shows_no_address_even_if_it_has_one() -> None:
    village = Village(4, 1)
    [resident] = village.residents
    village.settle()
    parts = parts_of(resident.node())
    assert parts.reach.is_reachable
    assert parts.overlay.descriptor() is None
    hosts: set[Endpoint] = set()
    village.world.taps.append(lambda _now, source, to, _data: hosts.add(source) if to == resident.endpoint else None)
    village.world.run_for(300)
    assert resident.node().view().loops_sent > 2
    assert resident.node().view().loops_lost == 0
    assert hosts <= {guard.endpoint for guard in resident.node().guards()}, "its loops come home by a guard"


def test_the_custodian_keeps_what_its_scope_is_and_the_dialer_its_mates() -> None:
    village = Village(6, 1, is_quiet=True)
    [resident] = village.residents
    village.settle()
    resident.deposit(box_bytes(1))
    assert village.world.run_while(lambda: resident.copies() < 2, 30)
    node = village.fulls[3].node()
    parts = parts_of(node)
    own = parts.overlay.scope()
    assert own == Bucket(0, 0)
    half = Bucket.of(address_of(said_by(village.fulls[3]).overlay_id), 1)
    override(parts.overlay, "scope", lambda: half)  # as if the network had grown
    override(parts.overlay, "mates", list)
    village.world.run_for(2 * PERIOD)
    status = node.view().custodian
    assert status is not None
    assert status.scope == half
    kept = set(node.guards()[:GUARDS])
    assert all(parts.dialer.is_kept(guard.node) for guard in kept)
    assert sum(parts.dialer.is_kept(peer.node) for peer in node.peers()) == len(kept)


def test_what_gets_lost_makes_the_overlay_look_who_is_there() -> None:
    village = Village(5, 1, is_quiet=True)
    [resident] = village.residents
    village.settle()
    guards = {guard.node for guard in resident.node().guards()[:GUARDS]}
    gone = next(host for host in village.fulls if host.node().node_id not in guards)
    name = gone.node().node_id
    gone.kill()
    for number in range(4):
        resident.deposit(box_bytes(number))
    assert village.world.run_while(lambda: name in {each.node for each in roster_of(resident.node())}, 120)
    assert village.world.run_while(lambda: resident.copies() < 8, 120)


def test_who_can_send_nothing_yet_looks_more_often() -> None:
    village = Village(1, 1)
    [resident] = village.residents
    upkeep = parts_of(resident.node()).upkeep
    village.world.run_for(0.1)
    assert upkeep.next_deadline() <= village.world.now + EAGER_PERIOD
    village.settle()
    now = resident.host.now()
    upkeep.look(now)
    assert upkeep.next_deadline() == now.mono + PERIOD
