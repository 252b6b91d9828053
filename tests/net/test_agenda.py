"""Due times by key, against a dictionary."""

from __future__ import annotations

import math

from hypothesis import given, strategies as st

from net.agenda import Agenda

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("schedule"), st.integers(0, 5), st.integers(0, 50)),
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
