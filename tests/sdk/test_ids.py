"""How nodes come by their ids."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remotemedia._ids import assign_ids, chosen_name
from remotemedia.errors import PipelineError

names = st.sampled_from(["a", "Gain", "Gain_2", "Gain_3", "Mix"])
nodes = st.lists(st.tuples(st.none() | names, st.sampled_from(["Gain", "Mix", "Gain_2"])))


@pytest.mark.parametrize(
    ("given_nodes", "ids"),
    [
        ([], []),
        ([(None, "Gain"), (None, "Mix"), (None, "Gain"), (None, "Gain")], ["Gain", "Mix", "Gain_2", "Gain_3"]),
        ([("loud", "Gain"), (None, "Gain")], ["loud", "Gain"]),
        ([(None, "Gain"), ("Gain", "Mix"), (None, "Gain")], ["Gain_2", "Gain", "Gain_3"]),
        ([(None, "Gain"), ("Gain_2", "Mix"), (None, "Gain")], ["Gain", "Gain_2", "Gain_3"]),
    ],
)
def test_ids(given_nodes: list[tuple[str | None, str]], ids: list[str]) -> None:
    assert assign_ids(given_nodes) == ids


@given(nodes)
def test_ids_are_unique_and_chosen_names_are_kept(given_nodes: list[tuple[str | None, str]]) -> None:
    chosen = [name for name, _ in given_nodes if name is not None]
    if len(set(chosen)) < len(chosen):
        with pytest.raises(PipelineError) as caught:
            assign_ids(given_nodes)
        assert caught.value.code == "RM112"
        first, second = caught.value.details["first"], caught.value.details["second"]
        assert isinstance(first, int)
        assert isinstance(second, int)
        assert given_nodes[first][0] == given_nodes[second][0] == caught.value.details["name"]
        return
    ids = assign_ids(given_nodes)
    assert len(set(ids)) == len(ids)
    assert all(name in {None, got} for (name, _), got in zip(given_nodes, ids, strict=True))


@pytest.mark.parametrize(
    ("arguments", "name"),
    [({}, None), ({"name": "x"}, "x"), ({"name": None}, None), ({"name": ""}, None), ({"name": 3}, None)],
)
def test_chosen_name(arguments: dict[str, object], name: str | None) -> None:
    assert chosen_name(arguments) == name
