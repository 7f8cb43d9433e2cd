"""Where JSM's answers have their rows: an envelope of another form is an error and no empty list.

The answers are the sandbox's samples, one of each endpoint.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given

from source_opsgenie.http.body import UnusableBodyError
from source_opsgenie.jsm.paging import (
    MembersPaging,
    OrganizationTeamsPaging,
    SingleObject,
    ValuesPaging,
    bare_list,
    has_more_services,
    members_cursor,
    teams_cursor,
)
from source_opsgenie.jsm.streams.integrations import SyncActionGroups
from source_opsgenie.jsm.streams.schedules import NextOnCalls, OnCalls
from source_opsgenie.jsm.streams.services import Services
from source_opsgenie.jsm.streams.teams import Teams
from source_opsgenie.jsm.streams.timelines import layers, periods
from unit_tests.test_jsm_rows import SAMPLES, SEEDS, distorted

READERS: dict[str, tuple[Callable[[object], Any], str, list[str]]] = {
    "values": (ValuesPaging().rows_of, "alerts", ["values"]),
    "platform_teams": (Teams.paging.rows_of, "teams", ["platformTeams"]),
    "bare_list_or_values": (SyncActionGroups.paging.rows_of, "alerts", ["values"]),
    "services": (Services.paging.rows_of, "services", ["services"]),
    "has_more_services": (has_more_services, "services", ["pagination"]),
    "entities": (OrganizationTeamsPaging().rows_of, "platform_teams", ["entities"]),
    "results": (MembersPaging().rows_of, "platform_team_members", ["results"]),
    "members_cursor": (members_cursor, "platform_team_members", ["pageInfo"]),
    "on_call": (OnCalls.paging.rows_of, "schedule_on_calls", ["onCallParticipants"]),
    "next_on_call": (NextOnCalls.paging.rows_of, "schedule_next_on_calls", ["nextOnCallParticipants"]),
    "periods": (periods, "schedule_timeline", ["finalTimeline"]),
}
ALL_READERS = {name: reader for name, (reader, _, _) in READERS.items()} | {
    "bare_list": bare_list,
    "teams_cursor": teams_cursor,
}


@pytest.mark.parametrize("name", READERS)
def test_an_envelope_without_its_name_is_an_error_and_no_empty_list(name: str) -> None:
    reader, sample, keys = READERS[name]
    body = SAMPLES[sample]
    reader(body)
    for key in keys:
        with pytest.raises(UnusableBodyError, match=key):
            reader({other: value for other, value in body.items() if other != key})
        for odd in (None, "odd", 3):
            with pytest.raises(UnusableBodyError, match=key):
                reader({**body, key: odd})
    for body in (None, "odd", 3, {}):
        with pytest.raises(UnusableBodyError):
            reader(body)


@pytest.mark.parametrize("name", ALL_READERS)
@given(seed=SEEDS)
def test_a_reader_gives_rows_or_says_why_not(name: str, seed: int) -> None:
    sample = READERS[name][1] if name in READERS else "team_roles"
    body = distorted(SAMPLES[sample], random.Random(seed))  # noqa: S311 - no secret
    with suppress(UnusableBodyError):
        found = ALL_READERS[name](body)
        assert found is None or isinstance(found, list | bool | str)


def test_a_bare_list_is_a_list() -> None:
    assert [row["name"] for row in bare_list(SAMPLES["team_roles"])] == ["Editor"]
    others: list[object] = [{"values": []}, None, "odd", {}]
    for odd in others:
        with pytest.raises(UnusableBodyError, match="JSON that is not a list"):
            bare_list(odd)
    assert bare_list([]) == []
    assert bare_list(["odd", {}]) == ["odd", {}]
    with pytest.raises(UnusableBodyError, match="a list without an object in it"):
        bare_list(["odd", 3])


def test_a_single_object_is_the_whole_answer() -> None:
    body, paging = {"id": "a", "links": {"next": "x?page=2"}, "count": 3}, SingleObject()
    assert (paging.rows_of(body), paging.next(body, {}), paging.total_of(body)) == ([body], None, None)
    others: list[object] = [{}, [{"id": "a"}], None]
    for odd in others:
        with pytest.raises(UnusableBodyError, match="an answer that is not an object"):
            paging.rows_of(odd)


def test_action_groups_come_in_two_forms() -> None:
    groups = SAMPLES["sync_action_groups"]
    assert SyncActionGroups.paging.rows_of(groups) == groups == SyncActionGroups.paging.rows_of({"values": groups})


def test_the_other_lists_tell_whether_more_follows() -> None:
    assert has_more_services({"pagination": {"hasNext": True}}) is True
    assert has_more_services(SAMPLES["services"]) is False
    assert teams_cursor({"cursor": "c"}) == "c"
    assert teams_cursor(SAMPLES["platform_teams"]) is None
    assert teams_cursor({"entities": []}) is None
    assert teams_cursor({"cursor": ""}) is None
    assert members_cursor({"pageInfo": {"hasNextPage": True, "endCursor": "c"}}) == "c"
    assert members_cursor(SAMPLES["platform_team_members"]) is None
    for lacking in ({"hasNextPage": True}, {"hasNextPage": True, "endCursor": ""}, {"endCursor": "c"}):
        with pytest.raises(UnusableBodyError, match=r"pageInfo\."):
            members_cursor({"pageInfo": lacking})
    with pytest.raises(UnusableBodyError, match="cursor"):
        teams_cursor({"cursor": 3})


def test_the_flat_list_is_not_taken_for_the_nested_one() -> None:
    with pytest.raises(UnusableBodyError, match="onCallParticipants"):
        OnCalls.paging.rows_of(SAMPLES["schedule_on_calls_flat"])
    with pytest.raises(UnusableBodyError, match="nextOnCallParticipants"):
        NextOnCalls.paging.rows_of(SAMPLES["schedule_next_on_calls_flat"])


def test_a_timeline_tells_which_layers_it_has() -> None:
    body = SAMPLES["schedule_timeline"]
    assert layers(body) == ["base", "override", "forwarding"]
    for lacking in ({**body, "overrideTimeline": None}, {key: body[key] for key in body if key != "overrideTimeline"}):
        assert layers(lacking) == ["base", "forwarding"]
        assert len(periods(lacking)) == len(periods(body)) - 1


@pytest.mark.parametrize("layer", ["base", "override", "forwarding"])
def test_a_layer_without_rotations_costs_no_period_of_another(layer: str) -> None:
    body = SAMPLES["schedule_timeline"]
    others = [period for period in periods(body) if period["layer"] != layer]
    assert periods({**body, f"{layer}Timeline": {"rotations": None}}) == others


def test_a_rotation_without_periods_costs_no_period_of_another() -> None:
    body = SAMPLES["schedule_timeline"]
    rotations = [*body["finalTimeline"]["rotations"], {"id": "r", "periods": None}]
    assert periods({**body, "finalTimeline": {"rotations": rotations}}) == periods(body)


def test_a_timeline_is_read_to_its_depth() -> None:
    body = SAMPLES["schedule_timeline"]
    with pytest.raises(UnusableBodyError, match=r"finalTimeline\.rotations'"):
        periods({**body, "finalTimeline": {}})
    with pytest.raises(UnusableBodyError, match=r"finalTimeline\.rotations'"):
        periods({**body, "finalTimeline": {"rotations": None}})
    with pytest.raises(UnusableBodyError, match=r"baseTimeline\.rotations'"):
        periods({**body, "baseTimeline": {}})
    with pytest.raises(UnusableBodyError, match=r"finalTimeline\.rotations\.periods"):
        periods({**body, "finalTimeline": {"rotations": [{"periods": "odd"}]}})
    odd = periods({**body, "finalTimeline": {"rotations": ["odd", {}, {"periods": ["strange", {"a": 1}]}]}})
    assert odd[:2] == ["odd", "strange"]
    assert odd[2] == {
        "layer": "final",
        "rotation_id": "",
        "rotation_name": None,
        "rotation_order": None,
        "rotation_deleted": None,
        "a": 1,
    }
