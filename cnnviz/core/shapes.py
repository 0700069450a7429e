"""The shape that leaves a layer, worked out as torch does, or why torch refuses."""

from collections.abc import Callable
from math import prod

from cnnviz.core.layers import Layer
from cnnviz.core.windows import WindowSpec

Shape = tuple[int, ...]
LARGEST = 2**40  # numbers in one tensor: 4 TB, more than a slip of the finger needs before it is explained


class MismatchError(ValueError):
    """Torch would refuse this layer for this input. The message is a sentence with the numbers.

    ``torch_says`` is the first line of torch's own message, on the CPU, where there is one of interest. ``repair`` are
    layers that could stand there instead, if one can tell.
    """

    def __init__(self, sentence: str, torch_says: str = "", repair: tuple[Layer, ...] = ()) -> None:
        super().__init__(sentence)
        self.torch_says = torch_says
        self.repair = repair


def times(shape: Shape) -> str:
    """A shape as a person reads it.

    >>> times((1, 3, 7, 7))
    '1 × 3 × 7 × 7'
    """
    return " × ".join(map(str, shape)) or "a single number"


def output_shape(layer: Layer, shape: Shape) -> Shape:
    """The shape of what ``layer`` makes of a tensor of this shape, by torch's formulas. `MismatchError` where it refuses.

    >>> output_shape(Layer.of("Conv2d", 3, 6, 3, stride=2, padding=1), (1, 3, 7, 7))
    (1, 6, 4, 4)
    """
    made = _RULES[layer.kind.family](layer, shape)
    if prod(made) > LARGEST:
        raise MismatchError(f"The output {times(made)} would hold {prod(made):,} numbers: more than this page counts.")
    return made


def batched(layer: Layer, shape: Shape) -> bool:
    """Whether a layer that slides has a batch in front of its channels."""
    return len(shape) == layer.kind.axes + 2


def window_specs(layer: Layer) -> tuple[WindowSpec, ...]:
    """How the window of a convolution or pooling layer moves along each axis. Its padding is what stands there in zeros'
    place too: other padding modes fill the same cells."""
    sizes = layer.per_axis("kernel_size")
    has_dilation = layer.kind.family != "avg_pool"
    dilations = layer.per_axis("dilation") if has_dilation else (1,) * layer.kind.axes
    strides = sizes if layer["stride"] is None else layer.per_axis("stride")
    if layer["padding"] == "same":
        missing = [dilation * (size - 1) for size, dilation in zip(sizes, dilations, strict=True)]
        paddings, extras = [total // 2 for total in missing], [total % 2 for total in missing]
    else:
        paddings = [0] * layer.kind.axes if layer["padding"] == "valid" else layer.per_axis("padding")
        extras = [0] * layer.kind.axes
    return tuple(map(WindowSpec, sizes, strides, paddings, dilations, extras))


def pooled_size(size: int, spec: WindowSpec, ceil_mode: bool) -> int:
    """How many places a pooling window has along one axis; 0 or less where it has none.

    As `output_size`, but with ``ceil_mode`` the division rounds up, and a last window that would start in the padding at
    the far end does not count (torch's pooling_output_shape).

    >>> pooled_size(6, WindowSpec(3, stride=2), ceil_mode=False), pooled_size(6, WindowSpec(3, stride=2), ceil_mode=True)
    (2, 3)
    """
    room = size + 2 * spec.padding - spec.extent
    if not ceil_mode:
        return room // spec.stride + 1
    places = -(-room // spec.stride) + 1
    return places - 1 if (places - 1) * spec.stride >= size + spec.padding else places


# --- convolution ------------------------------------------------------------------------------------------------------


def _conv(layer: Layer, shape: Shape) -> Shape:
    axes = layer.kind.axes
    incoming, outgoing, groups = layer["in_channels"], layer["out_channels"], layer["groups"]
    _at_least(layer, in_channels=1, out_channels=1, kernel_size=1, stride=1, padding=0, dilation=1, groups=1)
    for name, channels in (("in_channels", incoming), ("out_channels", outgoing)):
        if channels % groups:
            raise MismatchError(
                f"The {groups} groups must share the {name} evenly, but {channels} divided by {groups} leaves a rest.",
                f"{name} must be divisible by groups",
            )
    if layer["padding"] == "same" and max(layer.per_axis("stride")) > 1:
        raise MismatchError(
            "Padding “same” keeps the size, so it goes with stride 1 only.",
            "padding='same' is not supported for strided convolutions",
        )
    specs = window_specs(layer)
    zeros = layer["padding_mode"] == "zeros"
    if len(shape) not in (axes + 1, axes + 2):
        raise _wrong_rank(layer, shape, *_conv_rank_words(layer, shape, zeros))
    sizes = shape[-axes:]
    if not zeros:
        _check_padding_mode(layer, shape, sizes, specs)
    padded = tuple(size + 2 * spec.padding + spec.extra_padding for size, spec in zip(sizes, specs, strict=True))
    weight = (outgoing, incoming // groups, *(spec.kernel_size for spec in specs))
    channels = shape[-axes - 1]
    if channels != incoming:
        # torch names the input as it stands after whatever was padded beforehand
        seen_sizes = (
            padded if not zeros else tuple(size + spec.extra_padding for size, spec in zip(sizes, specs, strict=True))
        )
        seen = (shape[0] if batched(layer, shape) else 1, channels, *seen_sizes)
        raise MismatchError(
            f"The weight is {times(weight)} with groups={groups}: its filters wait for {incoming} channels, "
            f"but the input {times(seen)} has {channels}. Write in_channels={channels}.",
            f"Given groups={groups}, weight of size {list(weight)}, expected input{list(seen)} to have {incoming} "
            f"channels, but got {channels} channels instead",
            (layer.but(in_channels=channels),) if channels % groups == 0 else (),
        )
    extents = tuple(spec.extent for spec in specs)
    if any(extent > size for extent, size in zip(extents, padded, strict=True)):
        raise MismatchError(
            f"The window spans {times(extents)} cells, but with its padding the input has only {times(padded)}: "
            "use more padding, or a smaller kernel or dilation.",
            f"Calculated padded input size per channel: ({_by(padded)}). Kernel size: ({_by(extents)}). "
            "Kernel size can't be greater than actual input size",
        )
    places = ((size - spec.extent) // spec.stride + 1 for size, spec in zip(padded, specs, strict=True))
    return (*shape[: -axes - 1], outgoing, *places)


def _conv_rank_words(layer: Layer, shape: Shape, zeros: bool) -> tuple[str, str]:
    """What torch says, and what has to be added to our sentence to understand it."""
    axes, rank = layer.kind.axes, len(shape)
    if zeros:
        return (
            f"Expected {axes + 1}D (unbatched) or {axes + 2}D (batched) input to conv{axes}d, "
            f"but got input of size: {list(shape)}",
            "",
        )
    more = f" (It is padded first, with {2 * axes} numbers, two for each axis.)"
    if axes > rank:
        return (
            "Padding length should be less than or equal to two times the input dimension but got padding length "
            f"{2 * axes} and input of dimension {rank}",
            more,
        )
    return f"Padding size {2 * axes} is not supported for {rank}D input tensor.", more


def _check_padding_mode(layer: Layer, shape: Shape, sizes: Shape, specs: tuple[WindowSpec, ...]) -> None:
    """Reflection and circular padding take their values from the input, and can only take what is there."""
    mode = layer["padding_mode"]
    # torch looks at the last axis first
    for behind, (size, spec) in enumerate(zip(reversed(sizes), reversed(specs), strict=True)):
        before, after = spec.padding, spec.padding + spec.extra_padding
        axis = len(shape) - 1 - behind
        if mode == "reflect" and max(before, after) >= size:
            raise MismatchError(
                f"Reflection does not repeat the edge, so an axis of {size} cells can lend at most {size - 1}: the "
                f"padding ({before}, {after}) of axis {axis} is too much for the input {times(shape)}.",
                f"Argument #{4 + 2 * behind}: Padding size should be less than the corresponding input dimension, but "
                f"got: padding ({before}, {after}) at dimension {axis} of input {list(shape)}",
            )
        if mode == "circular" and max(before, after) > size:
            raise MismatchError(
                f"Circular padding goes round once at most: an axis of {size} cells can lend {size}, "
                f"not {max(before, after)}.",
                "Padding value causes wrapping around more than once.",
            )


# --- pooling ----------------------------------------------------------------------------------------------------------


def _pool(layer: Layer, shape: Shape) -> Shape:
    axes, average = layer.kind.axes, layer.kind.family == "avg_pool"
    least = {"kernel_size": 1, "stride": 1, "padding": 0}
    _at_least(layer, **least, **({} if average else {"dilation": 1}))
    if average and axes > 1 and layer["divisor_override"] == 0:
        raise MismatchError("The divisor cannot be 0.", "divisor must be not zero")
    specs = window_specs(layer)
    # in the order in which torch looks, so that what it says first is what we say
    if axes == 2 and average and len(shape) > 2:
        _check_half(layer, specs)
    if len(shape) not in (axes + 1, axes + 2):
        raise _wrong_rank(layer, shape, *_pool_rank_words(layer, shape))
    _check_half(layer, specs)
    sizes, channels = shape[-axes:], shape[-axes - 1]
    if average and axes == 3 and any(size < spec.kernel_size for size, spec in zip(sizes, specs, strict=True)):
        kernel = tuple(spec.kernel_size for spec in specs)
        raise MismatchError(
            f"AvgPool3d wants an input at least as large as its kernel, padding not counted: {times(sizes)} is smaller "
            f"than {times(kernel)} somewhere.",
            f"input image (T: {sizes[0]} H: {sizes[1]} W: {sizes[2]}) smaller than kernel size "
            f"(kT: {kernel[0]} kH: {kernel[1]} kW: {kernel[2]})",
        )
    _check_half_without_dilation(layer, specs)
    places = tuple(pooled_size(size, spec, layer["ceil_mode"]) for size, spec in zip(sizes, specs, strict=True))
    if min(places) < 1:
        one = (1,) if axes == 1 and not _plain_1d(layer) else ()
        given, made = (channels, *one, *sizes), (channels, *one, *places)
        row = " (to torch a signal is a picture of 1 row)" if one else ""
        says = (
            f"Given input size: ({_by(given, '')}). Calculated output size: ({_by(made, '')}). Output size is too small"
        )
        if _plain_1d(layer):
            says = f"max_pool1d() Invalid computed output size: {places[0]}"
        raise MismatchError(
            f"The window does not fit into the input even once: by the formula {times(given)} would become "
            f"{times(made)}{row}. Use a smaller kernel, or ceil_mode=True.",
            says,
        )
    return (*shape[:-axes], *places)


def _check_half(layer: Layer, specs: tuple[WindowSpec, ...]) -> None:
    """More padding than half a kernel would make windows that see nothing but padding."""
    if _plain_1d(layer):
        spec = specs[0]
        if spec.padding > spec.kernel_size // 2:
            says = "max_pool1d() padding should be at most half of kernel size, but got padding="
            raise _too_much(spec, f"{says}{spec.padding} and kernel_size={spec.kernel_size}")
        return
    for spec in specs:
        if spec.padding > spec.extent // 2:
            raise _too_much(
                spec,
                f"pad should be at most half of effective kernel size, but got pad={spec.padding}, "
                f"kernel_size={spec.kernel_size} and dilation={spec.dilation}",
            )


def _check_half_without_dilation(layer: Layer, specs: tuple[WindowSpec, ...]) -> None:
    """Max pooling is asked a second time, without its dilation: a wide window does not allow for more padding."""
    axes = layer.kind.axes
    for spec in specs:
        if spec.padding > spec.kernel_size // 2:
            kernel, padding = [one.kernel_size for one in specs], [one.padding for one in specs]
            if axes == 1:
                kernel, padding = [1, *kernel], [0, *padding]
            if axes < 3:
                numbers = f"padW = {padding[1]}, padH = {padding[0]}, kW = {kernel[1]}, kH = {kernel[0]}"
            else:
                numbers = (
                    f"kT: {kernel[0]} kW: {kernel[2]} kH: {kernel[1]} "
                    f"padT: {padding[0]} padW: {padding[2]} padH: {padding[1]}"
                )
            says = f"pad should be smaller than or equal to half of kernel size, but got {numbers}"
            more = f" All in all: padding {times(tuple(padding))}, kernel {times(tuple(kernel))}."
            raise _too_much(spec, says, more)


def _plain_1d(layer: Layer) -> bool:
    """Whether torch pools a signal as it is. AvgPool1d, and MaxPool1d with indices, make it a picture of one row first."""
    return layer.kind.name == "MaxPool1d" and not layer["return_indices"]


def _too_much(spec: WindowSpec, says: str, more: str = "") -> MismatchError:
    return MismatchError(
        f"A padding of {spec.padding} is more than half of the kernel’s {spec.kernel_size} cells (dilation "
        f"{spec.dilation}): use at most {spec.kernel_size // 2}.{more}",
        says,
    )


def _pool_rank_words(layer: Layer, shape: Shape) -> tuple[str, str]:
    """What torch says, and what has to be added to our sentence to understand it."""
    axes, rank, average = layer.kind.axes, len(shape), layer.kind.family == "avg_pool"
    if _plain_1d(layer):
        return (
            "max_pool1d: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for input, "
            f"but got:{list(shape)}",
            "",
        )
    if axes == 1:
        return (
            f"Expected 2 to 3 dimensions, but got {rank}-dimensional tensor for argument #1 'self' "
            f"(while checking arguments for {'avg' if average else 'max'}_pool1d)",
            "",
        )
    if axes == 2 and average and rank < 3:
        return (
            f"Dimension out of range (expected to be in range of [{-rank}, {rank - 1}], but got -3)",
            f" (torch looks for axis −3, and there are only axes −{rank} to {rank - 1}.)",
        )
    if axes == 2 and average:
        words = "Expected 3D or 4D (batch mode) tensor with optional 0 dim batch size for input, but got:"
        return f"{words}{list(shape)}", ""
    return f"non-empty {axes + 1}D or {axes + 2}D (batch mode) tensor expected for input", ""


# --- the others -------------------------------------------------------------------------------------------------------


def _linear(layer: Layer, shape: Shape) -> Shape:
    _at_least(layer, in_features=1, out_features=1)
    arriving, wanted, units = shape[-1], layer["in_features"], layer["out_features"]
    if arriving != wanted:
        rows = prod(shape[:-1])
        flat = prod(shape[1:])
        one = "1 row" if rows == 1 else f"{rows} rows"
        sentence = (
            f"{one} of {arriving} numbers arrive (the input is {times(shape)}), but the layer’s {units} units wait for "
            f"{wanted} numbers each."
        )
        repair = (layer.but(in_features=arriving),)
        if flat == wanted and len(shape) > 2:
            sentence += f" {' · '.join(map(str, shape[1:]))} = {flat}: a Flatten before it makes them one row."
            repair = (Layer.of("Flatten"), layer)
        else:
            sentence += f" Write in_features={arriving}."
        says = f"mat1 and mat2 shapes cannot be multiplied ({rows}x{arriving} and {wanted}x{units})"
        raise MismatchError(sentence, says, repair)
    return (*shape[:-1], units)


def _flatten(layer: Layer, shape: Shape) -> Shape:
    rank = len(shape)
    for name in ("start_dim", "end_dim"):
        if not -rank <= layer[name] < rank:
            raise MismatchError(
                f"{times(shape)} has {rank} {'axis' if rank == 1 else 'axes'}: {name} is a number from {-rank} to "
                f"{rank - 1}, not {layer[name]}.".replace("-", "−"),
                f"Dimension out of range (expected to be in range of [{-rank}, {rank - 1}], but got {layer[name]})",
            )
    start, end = layer["start_dim"] % rank, layer["end_dim"] % rank
    if start > end:
        raise MismatchError(
            f"Axis {start}, where the merging starts, lies behind axis {end}, where it ends.",
            "flatten() has invalid args: start_dim cannot come after end_dim",
        )
    return (*shape[:start], prod(shape[start : end + 1]), *shape[end + 1 :])


def _relu(_: Layer, shape: Shape) -> Shape:
    return shape


_RULES: dict[str, Callable[[Layer, Shape], Shape]] = {
    "conv": _conv,
    "max_pool": _pool,
    "avg_pool": _pool,
    "linear": _linear,
    "flatten": _flatten,
    "relu": _relu,
}


def _at_least(layer: Layer, **least: int) -> None:
    for name, smallest in least.items():
        value = layer[name]
        numbers = value if isinstance(value, tuple) else (value,)
        if any(isinstance(number, int) and number < smallest for number in numbers):
            raise MismatchError(
                f"The {name} must be a whole number from {smallest} up, not {min(numbers)}.".replace("-", "−")
            )


def _wrong_rank(layer: Layer, shape: Shape, says: str, more: str = "") -> MismatchError:
    axes = layer.kind.axes
    names = ("length",) if axes == 1 else ("depth", "height", "width")[-axes:]
    wanted = " × ".join(("channels", *names))
    return MismatchError(
        f"{layer.kind.name} slides along {axes} {'axis' if axes == 1 else 'axes'}, so it takes {axes + 1} axes "
        f"({wanted}), or {axes + 2} with a batch in front; the input {times(shape)} has {len(shape)}.{more}",
        says,
    )


def _by(shape: Shape, space: str = " ") -> str:
    return f"{space}x{space}".join(map(str, shape))
