"""Due times by key, against a dictionary."""

from __future__ import annotations

import math

from hypothesis import given, strategies as st

from net.agenda import Agenda

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("schedule"), st.integers(0, 5), st.integers(0, 50)),
        st.tuples(st.just("at_latest"), st.integers(0, 5), st.integers(0, 50)),
        st.tuples(st.just("cancel"), st.integers(0, 5), st.just(0)),
        st.tuples(st.just("pop"), st.just(0), st.integers(0, 50)),
    ),
    max_size=200,
)


@given(STEPS)
def test_an_agenda_is_a_dictionary_read_by_time(steps: list[tuple[str, int, int]]) -> None:
    agenda: Agenda[int] = Agenda()
    model: dict[int, float] = {}
    for step, key, when in steps:
        if step == "schedule":
            agenda.schedule(key, when)
            model[key] = when
        elif step == "at_latest":
            agenda.at_latest(key, when)
            model[key] = min(when, model.get(key, math.inf))
        elif step == "cancel":
            agenda.cancel(key)
            model.pop(key, None)
        else:
            due = agenda.pop_due(when)
            assert sorted(due) == sorted(each for each, at in model.items() if at <= when)
            assert [model[each] for each in due] == sorted(model[each] for each in due)
            for each in due:
                del model[each]
        assert agenda.next_deadline() == min(model.values(), default=math.inf)
        assert len(agenda) == len(model)


def test_an_agenda_forgets_what_no_longer_counts() -> None:
    moved: Agenda[int] = Agenda()
    popped: Agenda[int] = Agenda()
    for number in range(10_000):
        moved.schedule(1, float(number % 2))  # set, moved and set again: more than one entry tells the true time
        popped.at_latest(1, 100.0 + number)
        popped.at_latest(1, 1.0)
        assert popped.pop_due(2.0) == [1]
    for agenda in (moved, popped):
        assert len(agenda._heap) < 200  # pyright: ignore[reportPrivateUsage] # memory is what this is about
