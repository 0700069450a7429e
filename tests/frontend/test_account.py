"""The printed account of a sum, added again exactly from its text."""

import re
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.core.kernels import KERNELS
from cnnviz.core.network import load_network

NUMBER = re.compile(r"−?\d+(\.\d+)?")
seeds = st.integers(0, 2**32 - 1)


def value_of(text):
    assert NUMBER.fullmatch(text), text
    assert Decimal(text.replace("−", "-")) != 0 or not text.startswith("−"), f"{text} is a zero with a minus"
    return Decimal(text.replace("−", "-"))


def places(text):
    return len(text.partition(".")[2])


def rounded(value, decimals):
    return Decimal(float(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def single(values):
    """As the browser holds them: float32, here in float64 so that sums are nearly exact."""
    return np.asarray(values, np.float32).astype(np.float64)


def sum_of(values, weights, bias):
    """The operation's output, rounded once to float32 as operations.js rounds it."""
    return float(np.float32((values * weights).sum() + bias))


def taps(values, weights):
    return [{"value": value, "weight": weight} for value, weight in zip(values.tolist(), weights.tolist(), strict=True)]


def check(account, values, weights, bias, pre):
    """Adds the account again, and holds every operand to the value it stands for."""
    total = Decimal(0)
    for line, value, weight in zip(account["lines"], values, weights, strict=True):
        assert value_of(line["value"]) == rounded(value, places(line["value"]))
        assert value_of(line["weight"]) == rounded(weight, places(line["weight"]))
        assert value_of(line["product"]) == value_of(line["value"]) * value_of(line["weight"])
        total += value_of(line["product"])
        assert value_of(line["total"]) == total
    assert value_of(account["dotProduct"]) == total
    assert value_of(account["bias"]) == rounded(bias, places(account["bias"]))
    rounding = Decimal(0) if account["rounding"] is None else value_of(account["rounding"])
    assert account["rounding"] is None or rounding != 0
    assert value_of(account["preActivation"]) == total + value_of(account["bias"]) + rounding
    assert value_of(account["preActivation"]) == rounded(pre, places(account["preActivation"]))
    assert value_of(account["activation"]) == max(Decimal(0), value_of(account["preActivation"]))


def accounts(frontend, cases, most=2):
    """Each case is (values, weights, bias); the accounts, after every one has been added again."""
    pres = [sum_of(*case) for case in cases]
    given = [(taps(values, weights), bias, pre, most) for (values, weights, bias), pre in zip(cases, pres, strict=True)]
    answers = frontend.each("account.js", "account", given)
    for case, pre, account in zip(cases, pres, answers, strict=True):
        check(account, *case, pre)
    return answers


def two_decimals(random, count, low, high):
    return single(random.integers(round(100 * low), round(100 * high), count, endpoint=True) / 100)


@settings(max_examples=60)
@given(st.integers(1, 121), st.sampled_from([1, 3]), st.floats(0, 1), seeds)
def test_with_two_decimals_the_account_closes_without_rounding(frontend, cells, channels, zeros, seed):
    random = np.random.default_rng(seed)
    count = cells * channels
    cases = []
    for _ in range(5):
        weights = two_decimals(random, count, -2, 2) * (random.random(count) >= zeros)
        cases.append((two_decimals(random, count, 0, 1), weights, float(two_decimals(random, 1, -3, 3)[0])))
    for account in accounts(frontend, cases):
        assert account["rounding"] is None


@settings(max_examples=30)
@given(seeds)
def test_small_integers_are_printed_without_decimals(frontend, seed):
    random = np.random.default_rng(seed)
    values, weights = single(random.integers(0, 6, 9)), single(random.integers(-2, 3, 9))
    (account,) = accounts(frontend, [(values, weights, 0.0)])
    assert account["rounding"] is None
    texts = [text for line in account["lines"] for text in line.values()]
    assert not any("." in text for text in [*texts, account["dotProduct"], account["bias"], account["preActivation"]])


@pytest.mark.parametrize("bias", [0.25, -0.1234, 1 / 3])
def test_a_bias_with_more_decimals_than_the_products_adds_up(frontend, bias):
    (account,) = accounts(frontend, [(single([3, 1, 2]), single([-1, 2, 0]), float(np.float32(bias)))])
    assert [line["product"] for line in account["lines"]] == ["−3", "2", "0"]
    assert account["rounding"] is None
    assert account["dotProduct"] == ("−1.00" if bias == 0.25 else "−1.0000")


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("key", KERNELS)
def test_every_preset_has_an_account_that_adds_up(frontend, key, channels):
    random = np.random.default_rng(7)
    kernel = KERNELS[key]
    share = channels if kernel.averaging else 1
    weights = single(np.tile(np.ravel(kernel.weights) / share, channels))
    pictures = [two_decimals(random, weights.size, 0, 1) for _ in range(10)]
    flat = [np.full(weights.size, np.float32(level), np.float64) for level in (0, 0.07, 0.5, 1)]
    for account in accounts(frontend, [(values, weights, 0.0) for values in pictures + flat]):
        # ninths and the like have no end of digits: only there may a line "rounding" stand
        exact = all(abs(weight - round(weight, 4)) < 1e-7 for weight in np.ravel(kernel.weights) / share)
        assert not (exact and account["rounding"])


def test_ninths_are_shown_with_four_decimals_and_the_rest_is_named(frontend):
    (account,) = accounts(frontend, [(single([1.0] * 9), single([1 / 9] * 9), 0.0)])
    assert account["lines"][0]["weight"] == "0.1111"
    assert (account["dotProduct"], account["rounding"], account["preActivation"]) == ("0.9999", "0.0001", "1.0000")


@settings(max_examples=60)
@given(st.integers(1, 121), st.sampled_from([1, 10, 1000]), st.integers(0, 7), seeds)
def test_large_weights_and_weights_of_many_decimals_add_up(frontend, count, largest, decimals, seed):
    random = np.random.default_rng(seed)
    cases = []
    for top in (1, 5, 255):
        weights = single(np.round(random.uniform(-largest, largest, count), decimals))
        bias = float(np.float32(round(random.uniform(-largest, largest), decimals)))
        cases.append((two_decimals(random, count, 0, top), weights, bias))
    accounts(frontend, cases)


@settings(max_examples=60)
@given(st.integers(1, 400), st.sampled_from([0.01, 0.3, 20]), seeds)
def test_inputs_and_weights_without_an_end_of_digits_add_up(frontend, count, scale, seed):
    random = np.random.default_rng(seed)
    values, weights = single(random.standard_normal(count) * scale), single(random.standard_normal(count) * 0.1)
    bias = float(np.float32(random.standard_normal()))
    for most in (2, 3):
        accounts(frontend, [(values, weights, bias), (np.maximum(0, values), weights, bias)], most)


def test_units_of_the_trained_network_add_up_and_show_three_decimals(frontend):
    network = load_network("mnist")
    random = np.random.default_rng(11)
    cases = []
    for layer in (network.conv1, network.conv2, network.fc1, network.fc2, network.fc3):
        for weights, bias in zip(layer.weight.flatten(1).numpy(), layer.bias.tolist(), strict=True):
            values = np.maximum(0, random.standard_normal(weights.size)) * 3
            cases.append((single(values), single(weights), bias))
    answers = accounts(frontend, cases, most=3)
    for account in answers:
        assert {places(line["weight"]) for line in account["lines"]} == {3}
        assert {places(line["value"]) for line in account["lines"]} == {3}


@settings(max_examples=60)
@given(st.integers(1, 16), st.integers(1, 25), st.sampled_from([2, 3]), st.booleans(), seeds)
def test_a_folded_account_is_closed_after_each_part_with_its_true_sum(frontend, parts, each, most, endless, seed):
    random = np.random.default_rng(seed)
    count = parts * each
    values = single(random.standard_normal(count) * 3) if endless else two_decimals(random, count, 0, 1)
    weights = single(random.standard_normal(count) * 0.1) if endless else two_decimals(random, count, -2, 2)
    bias = 0.25
    account = frontend.call(
        "account.js", "account", taps(values, weights), bias, sum_of(values, weights, bias), most, parts
    )
    total = Decimal(0)
    for at, part in enumerate(account["parts"]):
        inside = slice(at * each, (at + 1) * each)
        before = total
        for line in account["lines"][inside]:
            total += value_of(line["product"])
            assert value_of(line["total"]) == total
        rounding = Decimal(0) if part["rounding"] is None else value_of(part["rounding"])
        assert (part["rounding"] is None) == (rounding == 0)
        assert endless or rounding == 0
        total += rounding
        assert value_of(part["total"]) == total
        assert value_of(part["sum"]) == total - before
        # the true sum, but for its last printed digit: a half may fall to either side
        last = 0.51 * 10.0 ** -places(part["sum"])
        assert float(value_of(part["sum"])) == pytest.approx((values[inside] * weights[inside]).sum(), abs=last)
    assert len(account["parts"]) == parts
    assert value_of(account["dotProduct"]) == total
    assert value_of(account["preActivation"]) == total + value_of(account["bias"]) + (
        0 if account["rounding"] is None else value_of(account["rounding"])
    )
    first = account["parts"][0]["sum"]
    sentence = frontend.call("account.js", "sentence", "row 1, column 1", account, False)
    assert sentence.startswith(f"Row 1, column 1: {f'({first})' if first.startswith('−') else first} + ")


@given(st.lists(st.floats(-1 / 1024, 1 / 1024, width=32), min_size=1, max_size=9), st.integers(2, 3))
def test_values_that_round_to_zero_have_no_minus(frontend, weights, most):
    weights = single(weights)
    accounts(
        frontend,
        [(single([1e-3] * weights.size), weights, -1e-9), (-single([1e-3] * weights.size), weights, -0.0)],
        most,
    )


def test_an_account_worked_by_hand(frontend):
    lines = [{"value": 0.5, "weight": -1}, {"value": 0.25, "weight": 2}, {"value": 1, "weight": 0.1}]
    account = frontend.call("account.js", "account", lines, -0.75, -0.65)
    assert account == {
        "lines": [
            {"value": "0.50", "weight": "−1.0", "product": "−0.500", "total": "−0.500"},
            {"value": "0.25", "weight": "2.0", "product": "0.500", "total": "0.000"},
            {"value": "1.00", "weight": "0.1", "product": "0.100", "total": "0.100"},
        ],
        "parts": [],
        "decimals": 3,
        "dotProduct": "0.100",
        "bias": "−0.750",
        "rounding": None,
        "preActivation": "−0.650",
        "activation": "0.000",
    }


TERM = re.compile(r"\(?(−?[\d.]+)\)?×\(?(−?[\d.]+)\)?")


def evaluated(sentence):
    """What the sum in a sentence comes to, and the sign and number that follow it."""
    left, sign, right = re.fullmatch(
        r"Row \d+, column \d+: (.*) ([=≈]) (−?[\d.]+)(?:, after ReLU [\d.]+)?", sentence
    ).groups()
    total = Decimal(0)
    for term in left.split(" + "):
        if term.startswith("bias "):
            total += value_of(term.removeprefix("bias ").strip("()"))
        else:
            value, weight = TERM.fullmatch(term).groups()
            total += value_of(value) * value_of(weight)
    return total, sign, value_of(right)


@settings(max_examples=60)
@given(st.integers(1, 9), st.sampled_from([0.0, -1.5, 0.25]), st.booleans(), st.booleans(), seeds)
def test_the_sentence_of_a_short_sum_is_true(frontend, count, bias, endless, relu, seed):
    random = np.random.default_rng(seed)
    weights = single(random.standard_normal(count)) if endless else two_decimals(random, count, -2, 2)
    (account,) = accounts(frontend, [(two_decimals(random, count, 0, 1), weights, bias)])
    sentence = frontend.call("account.js", "sentence", "row 4, column 5", account, relu)
    assert sentence.startswith("Row 4, column 5: ")
    total, sign, outcome = evaluated(sentence)
    assert outcome == value_of(account["preActivation"])
    assert (sign == "=") == (total == outcome) == (account["rounding"] is None)
    assert ("bias" in sentence) == (bias != 0)
    assert ("after ReLU" in sentence) == relu
    if relu:
        assert value_of(sentence.rpartition(" ")[2]) == max(0, outcome)


def test_a_sentence_brackets_negatives_and_shortens_long_sums(frontend):
    (short,) = accounts(frontend, [(single([3, 0, 2]), single([-1, 4, 1]), -2.0)])
    assert (
        frontend.call("account.js", "sentence", "row 1, column 3", short, False)
        == "Row 1, column 3: 3×(−1) + 0×4 + 2×1 + bias (−2) = −3"
    )
    assert frontend.call("account.js", "sentence", "unit 3", short, True) == (
        "Unit 3: 3×(−1) + 0×4 + 2×1 + bias (−2) = −3, after ReLU 0"
    )
    (long,) = accounts(frontend, [(single(range(10)), single([1] * 10), 0.0)])
    assert (
        frontend.call("account.js", "sentence", "row 1, column 1", long, False)
        == "Row 1, column 1: 0×1 + 1×1 + 2×1 + … + 9×1 = 45"
    )


def test_the_printed_outputs_of_a_picture_are_torchs_to_the_last_printed_digit(frontend):
    random = np.random.default_rng(2)
    picture = two_decimals(random, 20 * 20, 0, 1).reshape(20, 20)
    kernel = np.array(KERNELS["gaussian_3"].weights)
    x, weight = torch.tensor(picture)[None, None], torch.tensor(single(kernel))[None, None]
    outputs = torch.nn.functional.conv2d(x, weight)[0, 0]
    patches = torch.nn.functional.unfold(x, 3)[0].T.numpy()
    for account, output in zip(
        accounts(frontend, [(patch, single(kernel.ravel()), 0.0) for patch in patches]),
        outputs.flatten().tolist(),
        strict=True,
    ):
        assert value_of(account["preActivation"]) == rounded(output, account["decimals"])
