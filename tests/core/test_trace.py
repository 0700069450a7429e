"""Traces against the same networks run by hand."""

import threading

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from cnnviz.core.operations import parts
from cnnviz.core.trace import Gap, Trace, trace
from cnnviz.core.windows import WindowSpec


class TwicePooled(nn.Module):
    """The notebook's first layers: one pool, used twice, and functional calls between the layers."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.pool = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc = nn.Linear(400, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(self.conv2(x))
        return F.log_softmax(self.fc(torch.flatten(x, 1)), dim=1)


class Calls(nn.Module):
    """A network whose forward is the function given; its layers are the attributes given."""

    def __init__(self, forward, **layers: nn.Module) -> None:
        super().__init__()
        self.function = forward
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, x: Tensor) -> Tensor:
        return self.function(self, x)


def hooks_of(module: nn.Module) -> int:
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_forward_hooks_with_kwargs", "_forward_pre_hooks_with_kwargs")
    return sum(len(getattr(submodule, kind)) for submodule in module.modules() for kind in kinds)


@st.composite
def sequential_networks(draw) -> nn.Sequential:
    """Convolutions, pooling, normalisation, dropout and ReLU, in place or not, for input (N, 2, 12, 12)."""
    torch.manual_seed(draw(st.integers(0, 1000)))
    layers: list[nn.Module] = []
    channels = 2
    for kind in draw(
        st.lists(st.sampled_from(["conv", "norm", "relu", "dropout", "max", "average", "nested"]), max_size=6)
    ):
        if kind == "conv":
            outputs = draw(st.integers(1, 4))
            layers.append(nn.Conv2d(channels, outputs, draw(st.integers(1, 3)), padding=1))
            channels = outputs
        else:
            inplace = draw(st.booleans())
            layers += {
                "norm": lambda: [nn.BatchNorm2d(channels)],  # noqa: B023 - called at once
                "relu": lambda: [nn.ReLU(inplace)],  # noqa: B023
                "dropout": lambda: [nn.Dropout(0.5, inplace)],  # noqa: B023
                "max": lambda: [nn.MaxPool2d(2, stride=1)],
                "average": lambda: [nn.AvgPool2d(3, stride=1, padding=1)],
                "nested": lambda: [nn.Sequential(nn.Identity(), nn.LeakyReLU(0.1, inplace))],  # noqa: B023
            }[kind]()
    return nn.Sequential(*layers, nn.Flatten(), nn.LazyLinear(3))


@settings(deadline=None, max_examples=40)
@given(sequential_networks(), st.integers(1, 3), st.booleans())
def test_a_random_network_is_recorded_as_it_runs_by_hand(network, batch, training):
    x = torch.randn(batch, 2, 12, 12, generator=torch.Generator().manual_seed(batch))
    network.eval()(x.clone())  # gives the lazy layer its size
    network.train(training)
    original = x.clone()
    recorded = trace(network, x)
    assert torch.equal(x, original)
    assert all(submodule.training == training for submodule in network.modules())

    leaves = [(name, leaf) for name, leaf in network.named_modules() if not list(leaf.children())]
    assert recorded.names == tuple(name for name, _ in leaves)
    assert recorded.gaps == ()
    for operation, (_, leaf) in zip(recorded, leaves, strict=True):
        assert torch.equal(operation.input, x)
        with torch.no_grad():
            x = leaf.eval()(x.clone())
        assert torch.equal(operation.output, x)
        for field in ("weight", "bias"):
            own, kept = getattr(leaf, field, None), getattr(operation, field)
            assert (own is None and kept is None) or torch.equal(own, kept)


def test_a_module_used_twice_gives_two_operations_with_names_of_their_own():
    recorded = trace(TwicePooled(), torch.rand(1, 3, 32, 32))
    assert recorded.names == ("conv1", "pool", "conv2", "pool_1", "fc")
    assert [operation.kind for operation in recorded] == ["conv2d", "max_pool2d", "conv2d", "max_pool2d", "linear"]
    assert [tuple(operation.output.shape) for operation in recorded] == [
        (1, 6, 28, 28), (1, 6, 14, 14), (1, 16, 10, 10), (1, 16, 5, 5), (1, 10),
    ]  # fmt: skip
    assert [operation.parameters for operation in recorded] == [456, 0, 2416, 0, 4010]


def test_a_repeated_name_never_takes_the_name_of_another_module():
    network = Calls(
        lambda self, x: self.pool_1(self.pool(self.pool(self.pool(x)))), pool=nn.MaxPool2d(2), pool_1=nn.AvgPool2d(2)
    )
    assert trace(network, torch.rand(1, 1, 16, 16)).names == ("pool", "pool_2", "pool_3", "pool_1")


def test_nested_modules_have_dotted_names_and_a_bare_leaf_the_name_of_its_kind():
    network = nn.Sequential(nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU()), nn.Sequential(nn.Flatten()))
    assert trace(network, torch.rand(1, 1, 5, 5)).names == ("0.0", "0.1", "1.0")
    assert trace(nn.Conv2d(1, 2, 3), torch.rand(1, 1, 5, 5)).names == ("conv2d",)


def test_a_weight_used_twice_stays_one_tensor():
    network = Calls(lambda self, x: self.conv(self.conv(x)), conv=nn.Conv2d(1, 1, 3))
    first, second = trace(network, torch.rand(1, 1, 7, 7))
    assert first.weight is second.weight


# Gaps


def test_functional_calls_show_as_gaps_with_their_shapes():
    assert trace(TwicePooled(), torch.rand(2, 3, 32, 32)).gaps == (
        Gap("conv1", "pool", (2, 6, 28, 28), (2, 6, 28, 28)),
        Gap("pool_1", "fc", (2, 16, 5, 5), (2, 400)),
        Gap("fc", None, (2, 10), (2, 10)),
    )


def test_the_call_before_the_first_layer_is_a_gap_too():
    network = Calls(lambda self, x: self.fc(x.flatten(1)), fc=nn.Linear(8, 2))
    assert trace(network, torch.rand(1, 2, 4)).gaps == (Gap(None, "fc", (1, 2, 4), (1, 8)),)


def test_an_in_place_call_between_layers_is_a_gap_and_changes_no_record():
    network = Calls(lambda self, x: self.pool(F.relu_(self.conv(x))), conv=nn.Conv2d(1, 2, 3), pool=nn.MaxPool2d(2))
    x = torch.randn(1, 1, 6, 6, generator=torch.Generator().manual_seed(0))
    recorded = trace(network, x)
    assert recorded.gaps == (Gap("conv", "pool", (1, 2, 4, 4), (1, 2, 4, 4)),)
    assert recorded["conv"].output.min() < 0
    assert torch.equal(recorded["pool"].input, recorded["conv"].output.relu())


def test_a_residual_branch_is_a_gap_where_it_begins_and_where_it_joins():
    network = Calls(lambda self, x: self.relu(self.conv(x) + self.short(x)), conv=nn.Conv2d(1, 1, 1),
                    short=nn.Conv2d(1, 1, 1), relu=nn.ReLU())  # fmt: skip
    gaps = trace(network, torch.rand(1, 1, 4, 4)).gaps
    assert [(gap.after, gap.before) for gap in gaps] == [("conv", "short"), ("short", "relu")]


def test_layers_that_return_their_input_unchanged_leave_no_gap():
    network = nn.Sequential(nn.Identity(), nn.Dropout(), nn.ReLU(inplace=True), nn.Flatten())
    assert trace(network, torch.randn(2, 3)).gaps == ()


def test_a_network_of_functional_calls_only_is_one_gap():
    unused = Calls(lambda self, x: x.flatten(1), unused=nn.ReLU())
    recorded = trace(unused, torch.rand(1, 2, 3))
    assert (len(recorded), recorded.gaps) == (0, (Gap(None, None, (1, 2, 3), (1, 6)),))


# What a trace leaves behind


def test_in_place_layers_corrupt_neither_records_nor_the_input():
    x = torch.tensor([[-1.0, 2.0]])
    first, second = trace(nn.Sequential(nn.ReLU(inplace=True), nn.Hardtanh(inplace=True)), x)
    assert x.tolist() == first.input.tolist() == [[-1.0, 2.0]]
    assert first.output.tolist() == second.input.tolist() == [[0.0, 2.0]]
    assert second.output.tolist() == [[0.0, 1.0]]


def test_later_training_changes_no_record():
    layer = nn.Linear(2, 2)
    operation = trace(layer, torch.ones(1, 2))[0]
    before = layer.weight.detach().clone()
    with torch.no_grad():
        layer.weight.zero_()
    assert torch.equal(operation.weight, before)
    assert not operation.output.requires_grad


def test_mixed_modes_statistics_and_random_numbers_stay_as_they_were():
    network = nn.Sequential(nn.BatchNorm2d(2), nn.Dropout(0.5), nn.Sequential(nn.BatchNorm2d(2)))
    network[2].eval()
    modes = [submodule.training for submodule in network.modules()]
    state = {name: value.clone() for name, value in network.state_dict().items()}
    random = torch.get_rng_state()
    x = torch.randn(3, 2, 4, 4, generator=torch.Generator().manual_seed(0))
    recorded = trace(network, x)
    assert [submodule.training for submodule in network.modules()] == modes
    assert all(torch.equal(value, state[name]) for name, value in network.state_dict().items())
    assert torch.equal(torch.get_rng_state(), random)
    assert torch.equal(recorded["1"].input, recorded["1"].output)


def test_an_exception_inside_forward_leaves_no_hook_and_restores_the_modes():
    def fail(self, x):
        self.conv(x)
        raise RuntimeError("on purpose")

    network = Calls(fail, conv=nn.Conv2d(1, 1, 3), norm=nn.BatchNorm2d(1).eval())
    modes = [submodule.training for submodule in network.modules()]
    with pytest.raises(RuntimeError, match="on purpose"):
        trace(network, torch.rand(1, 1, 5, 5))
    assert hooks_of(network) == 0
    assert [submodule.training for submodule in network.modules()] == modes == [True, True, False]


def test_only_our_own_hooks_are_undone():
    layer = nn.ReLU()
    layer.register_forward_hook(lambda module, args, output: output + 1)
    assert trace(layer, torch.zeros(1))[0].output.tolist() == [1.0]
    assert hooks_of(layer) == 1


def test_a_call_from_another_thread_meanwhile_is_not_recorded():
    shared = nn.Linear(2, 2)

    def meddle(self, x):
        other = threading.Thread(target=shared, args=(torch.full((1, 2), 100.0),))
        other.start()
        other.join()
        return self.shared(x)

    recorded = trace(Calls(meddle, shared=shared), torch.ones(1, 2))
    assert recorded.names == ("shared",)
    assert recorded[0].input.tolist() == [[1.0, 1.0]]


def test_threads_that_trace_one_module_at_once_each_get_their_own():
    network = TwicePooled().eval()
    inputs = [torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(seed)) for seed in range(3)]
    expected = [[operation.output for operation in trace(network, x)] for x in inputs]
    wrong, start = [], threading.Barrier(len(inputs))

    def work(x: Tensor, outputs: list[Tensor]) -> None:
        start.wait()
        try:
            for _ in range(25):
                recorded = trace(network, x)
                if not all(torch.equal(one.output, two) for one, two in zip(recorded, outputs, strict=True)):
                    wrong.append("another thread's numbers")
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=pair) for pair in zip(inputs, expected, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert hooks_of(network) == 0


def test_a_trace_in_inference_mode_is_the_same():
    with torch.inference_mode():
        recorded = trace(TwicePooled(), torch.rand(1, 3, 32, 32))
    assert [gap.before for gap in recorded.gaps] == ["pool", "fc", None]


# Several tensors, or none


def test_of_several_tensors_the_first_is_recorded():
    network = Calls(lambda self, x: self.rnn(x)[0], rnn=nn.GRU(3, 2))
    x = torch.rand(4, 3)
    operation = trace(network, x)["rnn"]
    assert torch.equal(operation.input, x)
    assert operation.output.shape == (4, 2)
    bilinear = Calls(lambda self, x: self.both(x, 2 * x), both=nn.Bilinear(2, 2, 1))
    assert trace(bilinear, torch.ones(1, 2))[0].input.tolist() == [[1.0, 1.0]]


def test_a_tensor_given_by_keyword_is_found():
    network = Calls(lambda self, x: self.fc(input=x), fc=nn.Linear(2, 1))
    recorded = trace(network, torch.ones(1, 2))
    assert (recorded[0].input.tolist(), recorded.gaps) == ([[1.0, 1.0]], ())


class Sizes(nn.Module):
    def forward(self, x: Tensor) -> tuple[int, ...]:
        return tuple(x.shape)


class Constant(nn.Module):
    def forward(self, size: int) -> Tensor:
        return torch.zeros(size)


def test_a_module_without_any_tensor_is_a_type_error_in_a_sentence():
    with pytest.raises(TypeError, match=r"^sizes \(Sizes\) returned no tensor"):
        trace(Calls(lambda self, x: self.sizes(x), sizes=Sizes()), torch.ones(1, 2))
    network = Calls(lambda self, x: self.constant(3), constant=Constant())
    with pytest.raises(TypeError, match=r"^constant \(Constant\) was called with no tensor"):
        trace(network, torch.ones(1, 2))
    assert hooks_of(network) == 0
    with pytest.raises(TypeError, match="A trace starts from a tensor, not from a value of type list"):
        trace(nn.ReLU(), [1.0])


# Kinds and windows


@pytest.mark.parametrize(
    ("module", "kind"),
    [
        (nn.ReLU(), "relu"), (nn.PReLU(), "prelu"), (nn.LeakyReLU(), "leaky_relu"), (nn.ReLU6(), "relu6"),
        (nn.SiLU(), "silu"), (nn.GELU(), "gelu"), (nn.Softmax(1), "softmax"), (nn.LogSoftmax(1), "log_softmax"),
        (nn.AdaptiveAvgPool2d(1), "adaptive_avg_pool2d"), (nn.BatchNorm2d(1), "batch_norm2d"),
        (nn.LPPool2d(2, 2), "lp_pool2d"), (nn.Flatten(), "flatten"),
    ],
)  # fmt: skip
def test_a_kind_is_the_class_in_small_letters(module, kind):
    operation = trace(module, torch.rand(1, 1, 4, 4))[0]
    assert (operation.kind, operation.windows) == (kind, ())


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize(
    ("module", "windows"),
    [
        (nn.Conv2d(1, 1, 3, 2, 1, 2), (WindowSpec(3, 2, 1, 2),) * 2),
        (nn.Conv2d(1, 1, (3, 2), (1, 2), (0, 1)), (WindowSpec(3), WindowSpec(2, 2, 1))),
        (
            nn.Conv2d(1, 1, (3, 4), padding="same"),
            (WindowSpec(3, padding=1), WindowSpec(4, padding=1, extra_padding=1)),
        ),
        (nn.Conv2d(1, 1, 3, padding="valid"), (WindowSpec(3),) * 2),
        (nn.MaxPool2d(2), (WindowSpec(2, 2),) * 2),
        (nn.MaxPool2d((3, 2), 1, (1, 0)), (WindowSpec(3, 1, 1), WindowSpec(2))),
        (nn.AvgPool2d(3, 2, 1), (WindowSpec(3, 2, 1),) * 2),
        (nn.AvgPool2d((2,)), (WindowSpec(2, 2),) * 2),
        (nn.ConvTranspose2d(1, 1, 2), ()),
    ],
)
def test_windows_say_where_each_layer_slides(module, windows):
    assert trace(module, torch.rand(1, 1, 9, 9))[0].windows == windows


class Scaled(nn.Conv2d):
    """Only another name for a convolution."""


class Standardised(nn.Conv2d):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x - x.mean())


class Linear(nn.Module):
    """Called like torch's, but something else."""

    def forward(self, x: Tensor) -> Tensor:
        return 2 * x


def test_only_layers_that_run_torchs_own_forward_count_as_torchs():
    x = torch.rand(1, 1, 5, 5)
    assert (trace(Scaled(1, 1, 3), x)[0].kind, len(trace(Scaled(1, 1, 3), x)[0].windows)) == ("conv2d", 2)
    assert (trace(Standardised(1, 1, 3), x)[0].kind, trace(Standardised(1, 1, 3), x)[0].windows) == ("standardised", ())
    assert trace(Linear(), x)[0].kind == "custom_linear"


def test_a_layer_with_a_parametrised_weight_is_one_operation_with_the_weight_it_used():
    layer = parametrizations.weight_norm(nn.Conv2d(1, 2, 3))
    operation = trace(nn.Sequential(layer, nn.ReLU()), torch.rand(1, 1, 5, 5))["0"]
    assert operation.kind == "conv2d"
    torch.testing.assert_close(operation.weight, layer.weight.detach())
    expected = operation.output[0, 1, 2, 2].item()
    assert parts(operation, (2, 2), 1).pre_activation == pytest.approx(expected, abs=1e-5)


# The sequence


def test_a_trace_is_an_immutable_sequence_with_names():
    recorded = trace(TwicePooled(), torch.rand(1, 3, 32, 32))
    assert isinstance(recorded, Trace)
    assert len(recorded) == len(list(recorded)) == 5
    assert recorded["pool_1"] is recorded[3] is recorded[-2]
    assert recorded[1:3] == tuple(recorded)[1:3]
    assert "pool" in recorded
    assert "pool_2" not in recorded
    assert recorded[0] in recorded
    with pytest.raises(AttributeError):
        recorded.operations = ()
    with pytest.raises(TypeError):
        recorded[0] = recorded[1]
    with pytest.raises(KeyError, match="No operation is called conv3; there are conv1, pool, conv2, pool_1, fc"):
        recorded["conv3"]
    with pytest.raises(IndexError):
        recorded[5]
    assert repr(recorded).splitlines()[4] == "  <Operation pool_1: max_pool2d, 1×16×10×10 → 1×16×5×5, parameters 0>"
