"""What every layer of a network did with one input."""

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import overload

import torch
from torch import Tensor, nn

from cnnviz.core.operations import Operation
from cnnviz.core.windows import WindowSpec


@dataclass(frozen=True, slots=True)
class Gap:
    """A place where the network computed something outside its leaf modules.

    The tensor that ``after`` returned (None: the network's own input) is not the one that ``before`` was given (None:
    the one the network returned). A call such as ``torch.flatten`` or ``F.relu`` stands between them, or a branch
    begins there. A gap knows the two shapes, and no more.
    """

    after: str | None
    before: str | None
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Trace(Sequence):
    """The operations of one pass through a network, in the order of the calls.

    ``trace[2]``, ``trace["conv2"]`` and ``"conv2" in trace`` do what they say; iterating gives operations only, and
    ``gaps`` says where the network computed outside its leaf modules.
    """

    operations: tuple[Operation, ...]
    gaps: tuple[Gap, ...] = ()

    def __len__(self) -> int:
        return len(self.operations)

    def __iter__(self) -> Iterator[Operation]:
        return iter(self.operations)

    def __contains__(self, operation: object) -> bool:
        return operation in self.names or operation in self.operations

    @overload
    def __getitem__(self, key: int | str) -> Operation: ...
    @overload
    def __getitem__(self, key: slice) -> tuple[Operation, ...]: ...
    def __getitem__(self, key):
        if not isinstance(key, str):
            return self.operations[key]
        for operation in self.operations:
            if operation.name == key:
                return operation
        raise KeyError(f"No operation is called {key}; there are {', '.join(self.names) or 'none'}.")

    @property
    def names(self) -> tuple[str, ...]:
        """The operations' names; no two are equal."""
        return tuple(operation.name for operation in self.operations)

    def __repr__(self) -> str:
        return "\n".join([f"<Trace of {len(self)} operations>", *(f"  {operation!r}" for operation in self)])


def trace(module: nn.Module, x: Tensor) -> Trace:
    """Run ``module`` on ``x`` and keep what every leaf module did: input, weights, output.

    A leaf is a module without submodules; a ``module`` that is one itself gives a trace of one operation, named after
    its kind. Other names are torch's own dotted paths, and the second call of ``pool`` is called ``pool_1``. A module
    that takes or returns several tensors is recorded with the first of them; TypeError if there is none. What happens
    between leaf modules shows as `Gap`.

    The pass runs in eval mode, whatever mode the module is in, so that dropout drops nothing and BatchNorm's running
    statistics stay as they are; there are no gradients. Afterwards, even after an exception, the module has no hook of
    ours left and every submodule its own mode again. All tensors are copies: neither an in-place layer nor later
    training changes a trace. Threads may trace one module at the same time, provided that it is in eval mode already.

    >>> layers = trace(nn.Sequential(nn.Conv2d(3, 6, 5), nn.ReLU(), nn.MaxPool2d(2)), torch.zeros(1, 3, 32, 32))
    >>> [(layer.name, layer.kind, tuple(layer.output.shape)) for layer in layers]  # doctest: +NORMALIZE_WHITESPACE
    [('0', 'conv2d', (1, 6, 28, 28)), ('1', 'relu', (1, 6, 28, 28)), ('2', 'max_pool2d', (1, 6, 14, 14))]
    """
    if not isinstance(x, Tensor):
        raise TypeError(f"A trace starts from a tensor, not from a value of type {type(x).__name__}.")
    # inference mode would take away the version counters that tell whether a tensor was changed in place
    with torch.inference_mode(False), torch.no_grad(), _eval_mode(module):
        recorder = _Recorder(module, x)
        with recorder.hooks():
            recorder.finish(module(recorder.returned))
    return Trace(tuple(recorder.operations), tuple(recorder.gaps))


class _Recorder:
    """Writes down what the hooks see in its own thread; others may call the module meanwhile."""

    def __init__(self, module: nn.Module, x: Tensor) -> None:
        self.operations: list[Operation] = []
        self.gaps: list[Gap] = []
        self.leaves = {leaf: name or _kind(leaf) for name, leaf in _leaves(module)}
        self.thread = threading.get_ident()
        self.taken = set(self.leaves.values())
        self.inputs: dict[nn.Module, tuple[Tensor, bool]] = {}
        self.weights: dict[nn.Module, tuple[Tensor | None, Tensor | None]] = {}
        self._remember(x.detach().clone())

    @contextmanager
    def hooks(self):
        handles = []
        try:
            for leaf in self.leaves:
                handles.append(leaf.register_forward_pre_hook(self.before, with_kwargs=True))
                handles.append(leaf.register_forward_hook(self.after))
            yield
        finally:
            for handle in handles:
                handle.remove()

    # kwargs may be missing: that is how torch calls a hook which another thread is removing at this moment
    def before(self, leaf: nn.Module, args: tuple, kwargs: dict | None = None) -> None:
        if threading.get_ident() == self.thread:
            tensor = self._tensor_of(leaf, "was called with", (args, kwargs))
            follows = self._is_returned(tensor)
            self.inputs[leaf] = (self.snapshot if follows else tensor.detach().clone(), follows)

    def after(self, leaf: nn.Module, args: tuple, output: object) -> None:
        if threading.get_ident() == self.thread:
            given, follows = self.inputs.pop(leaf)
            name = self._unique_name(leaf)
            if not follows:
                self._note_gap(name, given)
            self._remember(self._tensor_of(leaf, "returned", output))
            weight, bias = self._weights_of(leaf)
            self.operations.append(
                Operation(name, _kind(leaf), given, weight, bias, self.snapshot, **_hyperparameters(leaf))
            )

    def finish(self, output: object) -> None:
        tensor = _first_tensor(output)
        if tensor is not None and not self._is_returned(tensor):
            self._note_gap(None, tensor)

    def _remember(self, tensor: Tensor) -> None:
        """Keep the tensor just returned, to recognise it when it comes back, and a copy that nothing changes."""
        self.returned, self.version, self.snapshot = tensor, _version(tensor), tensor.detach().clone()

    def _is_returned(self, tensor: Tensor) -> bool:
        return tensor is self.returned and _version(tensor) == self.version

    def _note_gap(self, before: str | None, tensor: Tensor) -> None:
        after = self.operations[-1].name if self.operations else None
        self.gaps.append(Gap(after, before, tuple(self.snapshot.shape), tuple(tensor.shape)))

    def _unique_name(self, leaf: nn.Module) -> str:
        first = self.leaves[leaf]
        used = {operation.name for operation in self.operations}
        if first not in used:
            return first
        number = 1
        while f"{first}_{number}" in used | self.taken:  # a real module may be called pool_1
            number += 1
        return f"{first}_{number}"

    def _weights_of(self, leaf: nn.Module) -> tuple[Tensor | None, Tensor | None]:
        """Copies of weight and bias, one pair for all calls of a module: weights that are shared stay one tensor."""
        if leaf not in self.weights:
            found = (getattr(leaf, name, None) for name in ("weight", "bias"))
            self.weights[leaf] = tuple(one.detach().clone() if isinstance(one, Tensor) else None for one in found)
        return self.weights[leaf]

    def _tensor_of(self, leaf: nn.Module, how: str, values: object) -> Tensor:
        tensor = _first_tensor(values)
        if tensor is None:
            raise TypeError(f"{self.leaves[leaf]} ({type(leaf).__name__}) {how} no tensor, so it cannot be traced.")
        return tensor


@contextmanager
def _eval_mode(module: nn.Module):
    """Eval mode for every submodule, then its own mode again; by the flag, because ``train()`` may be overridden."""
    training = [submodule for submodule in module.modules() if submodule.training]
    try:
        for submodule in training:
            submodule.training = False
        yield
    finally:
        for submodule in training:
            submodule.training = True


def _leaves(module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """The leaf modules with their dotted paths. A layer whose only submodule holds its parametrisations is a leaf."""
    for name, submodule in module.named_modules():
        inside_parametrisation = "parametrizations" in name.split(".")
        if not inside_parametrisation and all(child == "parametrizations" for child, _ in submodule.named_children()):
            yield name, submodule


def _first_tensor(values: object) -> Tensor | None:
    if isinstance(values, Tensor):
        return values
    if isinstance(values, dict):
        values = tuple(values.values())
    if isinstance(values, (tuple, list)):
        return next((found for value in values if (found := _first_tensor(value)) is not None), None)
    return None


def _version(tensor: Tensor) -> int | None:
    return None if tensor.is_inference() else tensor._version


def _torch_class(module: nn.Module) -> type | None:
    """The class of torch.nn whose forward this module runs, or None if the module has a forward of its own."""
    for cls in type(module).__mro__:
        if cls.__module__.startswith("torch.nn.modules.") and cls.forward is type(module).forward:
            return cls
    return None


def _kind(module: nn.Module) -> str:
    """The module's class in small letters: Conv2d → conv2d, MaxPool2d → max_pool2d, LeakyReLU → leaky_relu.

    A class that is called like one of torch's but computes in its own way is custom_…: conv2d means torch's conv2d.
    """
    cls = _torch_class(module)
    name = (cls or type(module)).__name__
    if cls is None and hasattr(nn, name):
        name = f"Custom{name}"
    name = re.sub("[PR]?ReLU|SiLU", lambda match: match[0].capitalize(), name)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_MAX_POOLS = (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)
_AVERAGE_POOLS = (nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d)


def _hyperparameters(module: nn.Module) -> dict:
    """The fields of an Operation that say how the layer slides; none for a layer that does not, or has its own way."""
    cls = _torch_class(module)
    if cls in _CONVOLUTIONS:
        axes = 1 + _CONVOLUTIONS.index(cls)
        return {"windows": _windows(module, axes), "padding_mode": module.padding_mode, "groups": module.groups}
    if cls in _MAX_POOLS:
        return {"windows": _windows(module, 1 + _MAX_POOLS.index(cls)), "ceil_mode": module.ceil_mode}
    if cls in _AVERAGE_POOLS:
        return {
            "windows": _windows(module, 1 + _AVERAGE_POOLS.index(cls)),
            "ceil_mode": module.ceil_mode,
            "count_include_pad": module.count_include_pad,
            "divisor_override": getattr(module, "divisor_override", None),  # AvgPool1d has none
        }
    return {}


def _windows(module: nn.Module, axes: int) -> tuple[WindowSpec, ...]:
    kernel_sizes = _per_axis(module.kernel_size, axes)
    strides = _per_axis(module.stride, axes)
    dilations = _per_axis(getattr(module, "dilation", 1), axes)  # average pooling has none
    if module.padding == "same":
        missing = [dilation * (size - 1) for size, dilation in zip(kernel_sizes, dilations, strict=True)]
        paddings = [total // 2 for total in missing]
        extras = [total % 2 for total in missing]  # an odd total puts one cell more at the far end
    else:
        paddings = _per_axis(0 if module.padding == "valid" else module.padding, axes)
        extras = [0] * axes
    return tuple(map(WindowSpec, kernel_sizes, strides, paddings, dilations, extras))


def _per_axis(value: int | Sequence[int], axes: int) -> tuple[int, ...]:
    values = (value,) if isinstance(value, int) else tuple(value)
    return values * axes if len(values) == 1 else values
