"""What a layer costs: parameters, multiply-adds, memory, each with the arithmetic that leads to it."""

from dataclasses import dataclass
from math import prod

from cnnviz.core.layers import Layer
from cnnviz.core.mismatch import MismatchError, Shape
from cnnviz.core.shapes import output_shape
from cnnviz.core.sliding import batched, window_specs
from cnnviz.core.windows import WindowSpec

BYTES = 4  # a float32
INDEX_BYTES = 8  # an int64


@dataclass(frozen=True, slots=True)
class Sum:
    """A number and how it comes about: ``arithmetic`` is "6 · (3 · 3 · 3 + 1)", or a word where there is none."""

    value: int
    arithmetic: str


@dataclass(frozen=True, slots=True)
class Row:
    """A layer in a chain. ``given`` is what it gets, ``made`` what it gives; where torch refuses, ``mismatch`` says why.

    Both are None behind a layer that refused. ``work`` counts multiply-adds for all of the batch. ``bytes_kept`` is the
    memory of its output.
    """

    layer: Layer
    given: Shape | None
    made: Shape | None
    mismatch: MismatchError | None = None
    parameters: Sum = Sum(0, "")
    work: Sum = Sum(0, "")
    dense: Sum | None = None
    bytes_kept: int = 0


def chain(layers: tuple[Layer, ...], shape: Shape) -> list[Row]:
    """Each layer with what arrives and what leaves, up to the first that torch refuses.

    >>> [row.made for row in chain((Layer.of("Conv2d", 3, 6, 5), Layer.of("MaxPool2d", 2)), (1, 3, 32, 32))]
    [(1, 6, 28, 28), (1, 6, 14, 14)]
    """
    rows: list[Row] = []
    arriving: Shape | None = shape
    for layer in layers:
        if arriving is None:
            rows.append(Row(layer, None, None))
            continue
        try:
            if rows and returns_two(rows[-1].layer):
                raise MismatchError(
                    "With return_indices=True the layer before this one returns two tensors, the maxima and where they "
                    "were, and a layer takes one: put return_indices=False there."
                )
            made = output_shape(layer, arriving)
        except MismatchError as mismatch:
            rows.append(Row(layer, arriving, None, mismatch))
            arriving = None
            continue
        rows.append(
            Row(
                layer,
                arriving,
                made,
                None,
                parameters(layer),
                work(layer, made),
                dense(layer, arriving, made),
                _bytes_kept(layer, made),
            )
        )
        arriving = made
    return rows


def returns_two(layer: Layer) -> bool:
    """Whether the layer returns its indices beside its output."""
    return layer.kind.family == "max_pool" and bool(layer["return_indices"])


def parameters(layer: Layer) -> Sum:
    """How many numbers training may change.

    >>> parameters(Layer.of("Conv2d", 3, 6, 3))
    Sum(value=168, arithmetic='6 · (3 · 3 · 3 + 1)')
    """
    if layer.kind.family == "conv":
        outgoing, inside = (
            layer["out_channels"],
            (layer["in_channels"] // layer["groups"], *layer.per_axis("kernel_size")),
        )
    elif layer.kind.family == "linear":
        outgoing, inside = layer["out_features"], (layer["in_features"],)
    else:
        return Sum(0, "nothing to learn")
    each = _product(inside)
    bias = int(layer["bias"])
    return Sum(outgoing * (prod(inside) + bias), f"{outgoing} · ({each} + 1)" if bias else f"{outgoing} · {each}")


def work(layer: Layer, made: Shape) -> Sum:
    """Multiply-adds for the whole batch: outputs times the weights that each of them meets.

    >>> work(Layer.of("Conv2d", 3, 6, 3), (1, 6, 5, 5))
    Sum(value=4050, arithmetic='(1 · 6 · 5 · 5) · (3 · 3 · 3)')
    """
    outputs = prod(made)
    if layer.kind.family == "conv":
        inside = (layer["in_channels"] // layer["groups"], *layer.per_axis("kernel_size"))
    elif layer.kind.family == "linear":
        inside = (layer["in_features"],)
    elif layer.kind.family in ("max_pool", "avg_pool"):
        window = prod(layer.per_axis("kernel_size"))
        if layer.kind.family == "max_pool":
            return Sum(0, f"no products: at most {outputs:,} · {window - 1} comparisons")
        return Sum(0, f"no products: at most {outputs:,} · {window - 1} additions and {outputs:,} divisions")
    elif layer.kind.family == "relu":
        return Sum(0, f"no products: {outputs:,} comparisons with 0")
    else:
        return Sum(0, "nothing is computed: the same numbers in another shape")
    return Sum(outputs * prod(inside), f"({_product(made)}) · ({_product(inside)})")


def dense(layer: Layer, given: Shape, made: Shape) -> Sum | None:
    """The parameters of a dense layer between the same tensors of one sample; None for a layer that does not slide.

    A dense layer has a weight for every pair of an input and an output, where a convolution shares its few.
    """
    if not layer.kind.axes:
        return None
    first = 1 if batched(layer, given) else 0
    inputs, outputs = given[first:], made[first:]
    bias = 1 if layer.kind.family == "conv" and layer["bias"] else 0
    arithmetic = f"({_product(outputs)}) · ({_product(inputs)}{' + 1' if bias else ''})"
    return Sum(prod(outputs) * (prod(inputs) + bias), arithmetic)


def formulas(layer: Layer, given: Shape, made: Shape) -> list[str]:
    """The output's size along each axis, with the numbers put into torch's formula; for others, what happens in words.

    >>> formulas(Layer.of("Conv1d", 1, 1, 3, stride=2, padding=1), (1, 1, 7), (1, 1, 4))
    ['⌊(7 + 2·1 − 1·(3 − 1) − 1) / 2⌋ + 1 = ⌊6 / 2⌋ + 1 = 4']
    """
    family = layer.kind.family
    if family == "linear":
        return [f"the last axis: {layer['in_features']} numbers become {layer['out_features']}; other axes stay"]
    if family == "flatten":
        rank = len(given)
        merged = given[layer["start_dim"] % rank : layer["end_dim"] % rank + 1]
        return [f"{_product(merged)} = {prod(merged)}"]
    if family == "relu":
        return ["max(0, x) for each number: the shape stays"]
    names = ("length",) if layer.kind.axes == 1 else ("depth", "height", "width")[-layer.kind.axes :]
    ceil_mode = family != "conv" and bool(layer["ceil_mode"])
    lines = [
        _formula(size, spec, ceil_mode, places)
        for size, spec, places in zip(
            given[-layer.kind.axes :], window_specs(layer), made[-layer.kind.axes :], strict=True
        )
    ]
    if len(set(lines)) == 1:
        return lines[:1]
    return [f"{name}: {line}" for name, line in zip(names, lines, strict=True)]


def _formula(size: int, spec: WindowSpec, ceil_mode: bool, places: int) -> str:
    left, right = ("⌈", "⌉") if ceil_mode else ("⌊", "⌋")
    padding = f"2·{spec.padding}" + (f" + {spec.extra_padding}" if spec.extra_padding else "")
    room = size + 2 * spec.padding + spec.extra_padding - spec.extent
    line = (
        f"{left}({size} + {padding} − {spec.dilation}·({spec.kernel_size} − 1) − 1) / {spec.stride}{right} + 1 = "
        f"{left}{room} / {spec.stride}{right} + 1".replace("-", "−")
    )
    reached = -(-room // spec.stride) + 1 if ceil_mode else room // spec.stride + 1
    if reached != places:
        return f"{line} = {reached}, less 1: the last window would start beyond the input = {places}"
    return f"{line} = {places}"


def _bytes_kept(layer: Layer, made: Shape) -> int:
    if layer.kind.family == "flatten" or (layer.kind.family == "relu" and layer["inplace"]):
        return 0  # the same memory under another shape, or overwritten
    return prod(made) * (BYTES + (INDEX_BYTES if returns_two(layer) else 0))


def readable_bytes(count: int) -> str:
    """A number of bytes as a person says it, in powers of 1,000.

    >>> readable_bytes(384), readable_bytes(248_024)
    ('384 B', '248 kB')
    """
    for unit, size in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} B"


def _product(numbers: Shape) -> str:
    return " · ".join(map(str, numbers))


def code(rows: list[Row], shape: Shape) -> str:
    """The chain as PyTorch code that runs; what torch would refuse stands in it as a comment."""
    lines = ["import torch", "from torch import nn", "", "model = nn.Sequential("]
    width = max((len(row.layer.code) for row in rows), default=0) + 8
    for row in rows:
        call = f"    nn.{row.layer.code},"
        if row.made is not None:
            lines.append(f"{call:<{width + 2}}  # {row.made}")
        elif row.mismatch is not None:
            said = row.mismatch.torch_says or str(row.mismatch)
            lines.append(f"    # {call.strip()}  torch refuses: {said}")
        else:
            lines.append(f"    # {call.strip()}")
    two = ")[0]" if rows and rows[-1].made is not None and returns_two(rows[-1].layer) else ")"
    lines += [")", f"x = torch.rand{shape}", f"print(model(x{two}.shape)", ""]
    return "\n".join(lines)
