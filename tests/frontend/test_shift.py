"""The shift lab's arithmetic in the browser against torch, and its sentences against what happened."""

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.core.comparison import change, nearest_moves, realigned
from cnnviz.core.invariance import BORDERS, all_shifts, shifted
from cnnviz.core.pooling import pooling, winners
from cnnviz.core.samples import sample_image
from cnnviz.core.windows import WindowSpec
from tests.frontend.pages import array, tensor

seeds = st.integers(0, 2**32 - 1)
shifts = st.tuples(*[st.integers(-8, 8)] * 2)
IDENTITY = np.array([[[0, 0, 0], [0, 1, 0], [0, 0, 0]]], np.float32)
SOBEL = np.array([[[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]], np.float32)


def picture(seed, *shape):
    return (np.random.default_rng(seed).integers(0, 101, shape) / 100).astype(np.float32)


@given(seeds, st.integers(1, 3), st.integers(1, 12), st.integers(1, 12), shifts, st.sampled_from(BORDERS))
def test_shifts_are_pythons(frontend, seed, channels, height, width, shift, border):
    x = picture(seed, channels, height, width)
    ours = array(frontend.call("shift.js", "shifted", tensor(x), list(shift), border))
    np.testing.assert_array_equal(ours, shifted(torch.from_numpy(x), shift, border).numpy())


@settings(max_examples=60)
@given(
    seeds, shifts, st.sampled_from(BORDERS), st.sampled_from(["max", "average"]), st.integers(1, 4), st.integers(1, 4)
)
def test_stages_and_figures_are_torchs(frontend, seed, shift, border, pool, window, stride):
    x = picture(seed, 1, 20, 17)
    script = """async (x, filter, shift, border, options) => {
      const { stagesOf, shifted, figures } = await bridge.load("shift.js");
      const [before, after] = [stagesOf(x, filter, options), stagesOf(shifted(x, shift, border), filter, options)];
      return { stages: after.map(({ shape, data }) => ({ shape, data })), figures: figures(before, after, shift, options.stride) };
    }"""
    options = {"pool": pool, "window": window, "stride": stride}
    said = frontend.run(script, tensor(x), tensor(SOBEL), list(shift), border, options)

    def stages(image):
        feature_map = F.conv2d(image[None], torch.from_numpy(SOBEL).double()[None])
        kind = {"max": "max_pool2d", "average": "avg_pool2d"}[pool]
        pooled = pooling(F.relu(feature_map), kind, WindowSpec(window, stride)).output
        return [image, feature_map[0], F.relu(feature_map)[0], pooled[0]]

    exact = torch.from_numpy(x).double()
    before, after = stages(exact), stages(shifted(exact, shift, border))
    for at, (was, is_, ours, found) in enumerate(zip(before, after, said["stages"], said["figures"], strict=True)):
        np.testing.assert_allclose(array(ours), is_.float().numpy(), rtol=1e-6, atol=1e-6)
        stayed = change(was, is_)
        assert found["changed"]["relative"] == pytest.approx(stayed.relative, rel=1e-5, abs=1e-6)
        assert found["changed"]["equal"] == stayed.equal
        best = realigned(was, is_, nearest_moves(shift, (stride, stride) if at == 3 else (1, 1)))
        assert found["moved"]["relative"] == pytest.approx(best.change.relative, rel=1e-5, abs=1e-6)
        assert found["moved"]["equal"] == best.change.equal
        if at < 3:
            assert (found["moved"]["equal"], tuple(found["moved"]["move"])) == (True, shift)


def test_there_are_288_shifts_in_reading_order(frontend):
    ours = [tuple(shift) for shift in frontend.call("shift.js", "allShifts")]
    assert ours == [shift for shift in all_shifts() if shift != (0, 0)]


@settings(max_examples=40)
@given(seeds, shifts, st.integers(1, 3))
def test_the_fates_of_windows_are_counted_as_torchs_winners_say(frontend, seed, shift, window):
    x = np.random.default_rng(seed).integers(0, 3, (1, 15, 15)).astype(np.float32)  # with many equals
    script = """async (x, filter, shift, options) => {
      const { stagesOf, shifted, fates } = await bridge.load("shift.js");
      const [before, after] = [stagesOf(x, filter, options), stagesOf(shifted(x, shift, "edge"), filter, options)];
      return fates(before, after, shift, options.stride, options.window);
    }"""
    options = {"pool": "max", "window": window, "stride": window}
    ours = frontend.run(script, tensor(x), tensor(IDENTITY), list(shift), options)
    maps = [torch.from_numpy(x)[None, :, 1:-1, 1:-1]]
    maps.append(shifted(torch.from_numpy(x), shift, "edge")[None, :, 1:-1, 1:-1])
    before, after = (pooling(map_, "max_pool2d", WindowSpec(window, window)) for map_ in maps)
    width = maps[0].shape[-1]
    expected = dict.fromkeys(["won", "tied", "lost", "beaten"], 0)
    for (_, _, row, col), winner in np.ndenumerate(winners(before).numpy()):
        to = (winner // width + shift[0], winner % width + shift[1])
        stays = to[0] // window == row and to[1] // window == col
        same = before.output[0, 0, row, col] == after.output[0, 0, row, col]
        expected[("won" if stays else "tied") if same else ("beaten" if stays else "lost")] += 1
    assert ours == expected


CLOSING = """async (x, filter, shift, options) => {
  const { stagesOf, shifted, figures, fates } = await bridge.load("shift.js");
  const { closing } = await bridge.load("shift_words.js");
  const [before, after] = [stagesOf(x, filter, options), stagesOf(shifted(x, shift, "edge"), filter, options)];
  const counts = options.pool === "max" ? fates(before, after, shift, options.stride, options.window) : null;
  return closing(shift, figures(before, after, shift, options.stride), options, counts);
}"""


@pytest.mark.parametrize(
    ("image", "kernel", "shift", "pool", "says"),
    [
        ("dots", IDENTITY, (0, 0), "max", ["Nothing is shifted"]),
        (
            "photographer",
            SOBEL,
            (0, 1),
            "max",
            ["One pixel to the right", "moved along exactly (equivariance)", "neither stayed nor moved along"],
        ),
        (
            "photographer",
            SOBEL,
            (-2, 0),
            "max",
            ["Two pixels up", "did not stay, it moved along exactly, 1 up (equivariance)"],
        ),
        (
            "photographer",
            SOBEL,
            (4, -2),
            "average",
            ["Four pixels down and two pixels to the left", "moved along exactly, 2 down, 1 left"],
        ),
        (
            "blank",
            SOBEL,
            (0, 1),
            "max",
            ["nothing in it that a shift could move", "stayed exactly as it was (invariance)"],
        ),
    ],
)
def test_the_closing_sentence_says_what_happened(frontend, image, kernel, shift, pool, says):
    x = np.zeros((1, 12, 12), np.float32) if image == "blank" else sample_image(image)
    x = x if x.shape[-1] < 64 else x[:1, ::8, ::8]
    text = frontend.run(CLOSING, tensor(x), tensor(kernel), list(shift), {"pool": pool, "window": 2, "stride": 2})
    for part in says:
        assert part in text


def test_equivariance_and_invariance_are_never_swapped(frontend):
    """Whichever the shift, the sentence claims for the pooled map just what torch finds."""
    pictures = [sample_image("dots"), picture(1, 1, 12, 12)]
    claims = {"(invariance)": 0, "(equivariance)": 0, "neither": 0}
    cases = [(0, 1), (1, 0), (0, -1), (-1, -1), (2, 0), (0, -2), (2, 2), (3, 1)]
    for x, shift in itertools.product(pictures, cases):
        text = frontend.run(
            CLOSING, tensor(x), tensor(IDENTITY), list(shift), {"pool": "max", "window": 2, "stride": 2}
        )
        pooled_text = text[text.index("The pooled map") :]
        before, after = (
            F.max_pool2d(map_[:, 1:-1, 1:-1], 2) for map_ in (torch.tensor(x), shifted(torch.tensor(x), shift, "edge"))
        )
        stayed = torch.equal(before, after)
        moved = realigned(before, after, nearest_moves(shift, (2, 2))).change.equal
        claim = "(invariance)" if stayed else "(equivariance)" if moved else "neither"
        assert claim in pooled_text
        assert not any(other in pooled_text for other in claims if other != claim)
        whole = all(step % 2 == 0 for step in shift)
        assert ("whole number of strides" in pooled_text) == (claim == "(equivariance)" and whole)
        claims[claim] += 1
    assert all(claims.values())
