"""The player: which step the window stands at as time goes by."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

# follows a list of acts on a new player: what it holds after each, and what a tick answered
FOLLOW = """async (rows, cols, settings, acts) => {
  const { Player } = await bridge.load("player.js");
  const player = new Player();
  player.resize(rows, cols);
  Object.assign(player, settings);
  return acts.map(([act, ...given]) => {
    const answer = player[act](...given) ?? null;
    const { step, playing, filling, position, revealed, nextRow, moment, complete } = player;
    return { answer, step, playing, filling, position, revealed, nextRow, moment, complete };
  });
}"""
SECOND = [("tick", 1 / 64)] * 64  # a whole number of frames, each exact in binary


def follow(frontend, acts, rows=4, cols=5, **settings):
    return frontend.run(FOLLOW, rows, cols, settings, acts)


@pytest.mark.parametrize("speed", ["1", "2", "5", "15", "60"])
def test_so_many_steps_a_second(frontend, speed):
    states = follow(frontend, [("play",), *SECOND], rows=50, cols=50, speed=speed)
    assert states[-1]["step"] == int(speed)
    assert states[-1]["playing"]
    assert sum(state["answer"] is True for state in states) == int(speed)  # it says when it moved, and only then


def test_every_frame_is_one_step_however_long_frames_take(frontend):
    states = follow(
        frontend, [("play",), ("tick", 0.016), ("tick", 0.0167), ("tick", 0.1), ("tick", 0.001)], speed="frame"
    )
    assert [state["step"] for state in states] == [0, 1, 2, 3, 4]


@given(st.sampled_from(["1", "2", "5", "15", "60"]), st.lists(st.floats(0, 0.2), max_size=60))
def test_uneven_frames_lose_no_time(frontend, speed, frames):
    states = follow(frontend, [("play",), *(("tick", seconds) for seconds in frames)], rows=100, cols=100, speed=speed)
    due = 0.0
    for seconds, state in zip(frames, states[1:], strict=True):
        due += seconds * float(speed)
        assert math.floor(due - 1e-3) <= state["step"] <= math.floor(due + 1e-3)


@pytest.mark.parametrize(("rows", "cols"), [(5, 5), (62, 62), (128, 128), (118, 7)])
def test_a_sweep_crosses_any_map_in_ten_seconds(frontend, rows, cols):
    states = follow(frontend, [("play",), *10 * SECOND, ("tick", 1 / 64)], rows=rows, cols=cols, speed="sweep")
    half = states[5 * 64]
    assert half["step"] == pytest.approx(rows * cols / 2, abs=1)
    assert half["playing"]
    assert not states[-1]["playing"]
    assert states[-1]["step"] == rows * cols - 1
    assert any(state["playing"] for state in states[int(9.9 * 64) :])


def test_a_sweep_over_a_tiny_map_goes_on_at_one_step_a_second(frontend):
    states = follow(frontend, [("play",), *3 * SECOND], rows=2, cols=2, speed="sweep")
    assert states[-1]["step"] == 3


def test_it_plays_to_the_end_shows_the_last_step_and_stops(frontend):
    states = follow(frontend, [("play",), *4 * SECOND], rows=2, cols=3, speed="2")
    steps = [state["step"] for state in states]
    assert steps == sorted(steps)
    assert set(steps) == {0, 1, 2, 3, 4, 5}
    assert [state["revealed"] for state in states if state["playing"]] == [
        state["step"] + 1 for state in states if state["playing"]
    ]
    end = next(at for at, state in enumerate(states) if not state["playing"])
    assert end == 6 * 32  # the sixth half second: the last step was shown as long as any other
    assert states[end]["answer"] is True
    assert states[end]["step"] == 5
    assert states[end]["revealed"] == math.inf
    assert all(state["answer"] is False and state["step"] == 5 for state in states[end + 1 :])


def test_playing_on_from_the_end_starts_again(frontend):
    states = follow(frontend, [("seek", 19), ("play",), *SECOND], speed="2")
    assert [state["step"] for state in states[:2]] == [19, 0]
    assert states[1]["filling"]
    assert states[-1]["step"] == 2


def test_playing_from_the_middle_goes_on_from_there(frontend):
    states = follow(frontend, [("seek", 7), ("pause",), ("play",), *SECOND], speed="2")
    assert states[2]["step"] == 7
    assert states[-1]["step"] == 9


def test_a_loop_never_stops_and_begins_again_with_the_first_step(frontend):
    states = follow(frontend, [("play",), *4 * SECOND], rows=1, cols=3, speed="2", loop=True)
    assert all(state["playing"] for state in states)
    moved = [state["step"] for state in states if state["answer"] is True]
    assert moved == [1, 2, 0, 1, 2, 0, 1, 2]
    assert all(state["revealed"] == state["step"] + 1 for state in states)


def test_a_tab_that_slept_moves_on_by_a_quarter_of_a_second_only(frontend):
    states = follow(frontend, [("play",), ("tick", 3600.0)], rows=50, cols=50, speed="60")
    assert states[-1]["step"] == 15
    assert states[-1]["playing"]


def test_time_passes_only_while_it_plays(frontend):
    states = follow(
        frontend, [("tick", 0.25), ("play",), *SECOND[:48], ("pause",), *SECOND, ("play",), *SECOND[:48]], speed="1"
    )
    assert {state["step"] for state in states} == {0}  # twice three quarters of a second: a pause forgets the fraction
    assert not any(state["answer"] for state in states)


@given(st.integers(1, 6), st.integers(1, 6), st.integers(-100, 100))
def test_seeking_is_clamped_and_fills_the_map_up_to_there(frontend, rows, cols, step):
    (state,) = follow(frontend, [("seek", step)], rows=rows, cols=cols)
    last = rows * cols - 1
    expected = min(max(step, 0), last)
    assert state["step"] == expected
    assert state["position"] == list(divmod(expected, cols))
    assert state["revealed"] == (expected + 1 if expected < last else math.inf)


def test_the_play_button_plays_and_pauses(frontend):
    states = follow(frontend, [("toggle",), ("toggle",), ("toggle",)])
    assert [state["playing"] for state in states] == [True, False, True]


@pytest.mark.parametrize(("start", "end"), [(0, 5), (3, 5), (5, 10), (14, 15), (15, 19), (19, 19)])
def test_the_next_row_is_the_beginning_of_the_next_or_the_end_of_the_last(frontend, start, end):
    (state,) = follow(frontend, [("seek", start)])
    assert state["nextRow"] == end


def test_a_smaller_map_keeps_the_step_if_it_has_one(frontend):
    states = follow(frontend, [("seek", 7), ("resize", 3, 3), ("resize", 2, 2), ("resize", 9, 9)])
    assert [state["step"] for state in states] == [7, 7, 3, 3]
    assert [state["position"] for state in states] == [[1, 2], [2, 1], [1, 1], [0, 3]]


def test_a_change_reveals_the_whole_map_unless_it_plays(frontend):
    states = follow(frontend, [("seek", 7), ("reveal",), ("play",), ("reveal",)])
    assert [state["revealed"] for state in states] == [8, math.inf, 8, 8]


def test_the_speeds_on_offer_grow_to_a_step_a_frame_and_a_sweep(frontend):
    script = "async () => (await bridge.load('player.js')).SPEEDS"
    *numbers, frame, sweep = [value for value, _ in frontend.run(script)]
    assert [float(number) for number in numbers] == sorted(float(number) for number in numbers)
    assert (frame, sweep) == ("frame", "sweep")


# --- inside the window ------------------------------------------------------------------------------------------------


def inside(frontend, acts, rows=2, cols=3, products=4, **settings):
    """As `follow`, after the player has stepped into its windows, each of so many products."""
    return follow(frontend, [("resize", rows, cols, products), ("enter", True), *acts], rows, cols, **settings)[2:]


def test_inside_a_window_it_stops_before_the_first_product_at_each_and_at_the_output(frontend):
    states = inside(frontend, [("move", 1)] * 12)
    assert [(state["step"], state["moment"]) for state in states] == [
        *[(0, moment) for moment in range(1, 6)],
        *[(1, moment) for moment in range(6)],
        (2, 0),
    ]
    # an output shows once it is written
    assert [state["revealed"] for state in states] == [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2]
    assert [state["complete"] for state in states] == [state["moment"] == 5 for state in states]


@given(st.lists(st.tuples(st.sampled_from(["move", "seek"]), st.integers(-8, 8)), max_size=30))
def test_forth_and_back_inside_lead_to_the_same_place_and_never_leave_the_map(frontend, acts):
    place = 0
    for state, (act, by) in zip(inside(frontend, acts), acts, strict=True):
        place = min(max(place + by, 0), 35) if act == "move" else 6 * min(max(by, 0), 5)
        assert (state["step"], state["moment"]) == divmod(place, 6)
        written = state["step"] + (state["moment"] == 5)
        assert state["revealed"] == (math.inf if place == 35 else written)


def test_inside_the_speed_counts_products_and_the_map_ends_as_ever(frontend):
    states = inside(frontend, [("play",), *20 * SECOND], speed="2")
    end = next(at for at, state in enumerate(states) if not state["playing"])
    assert end == 36 * 32
    assert (states[end]["step"], states[end]["moment"], states[end]["revealed"]) == (5, 5, math.inf)
    sweep = inside(frontend, [("play",), *10 * SECOND, ("tick", 1 / 64)], rows=20, cols=20, speed="sweep")
    assert sweep[5 * 64]["step"] == pytest.approx(200, abs=1)
    assert not sweep[-1]["playing"]


def test_stepping_out_again_shows_the_whole_window(frontend):
    states = inside(frontend, [("seek", 2), ("move", 3), ("enter", False), ("move", 1), ("play",), ("enter", True)])
    assert [(state["step"], state["moment"]) for state in states] == [(2, 0), (2, 3), (2, 5), (3, 5), (3, 5), (3, 0)]
    assert [state["revealed"] for state in states] == [2, 2, 3, 4, 4, 3]


def test_a_smaller_kernel_keeps_the_moment_if_it_has_one(frontend):
    states = inside(frontend, [("move", 5), ("resize", 2, 3, 9), ("resize", 2, 3, 1), ("move", -1)])
    assert [state["moment"] for state in states] == [5, 5, 2, 1]
