"""The shape that leaves a pooling layer, or why torch refuses: each kind of pooling looks at its padding in its own way."""

from cnnviz.core.layers import Layer
from cnnviz.core.mismatch import MismatchError, Shape, by, times
from cnnviz.core.sliding import at_least, window_specs, wrong_rank
from cnnviz.core.windows import WindowSpec


def pooled_shape(layer: Layer, shape: Shape) -> Shape:
    """The shape that leaves a pooling layer, by torch's formulas. `MismatchError` where it refuses."""
    axes, average = layer.kind.axes, layer.kind.family == "avg_pool"
    least = {"kernel_size": 1, "stride": 1, "padding": 0}
    at_least(layer, **least, **({} if average else {"dilation": 1}))
    if average and axes > 1 and layer["divisor_override"] == 0:
        raise MismatchError("The divisor cannot be 0.", "divisor must be not zero")
    specs = window_specs(layer)
    # in the order in which torch looks, so that what it says first is what we say
    if axes == 2 and average and len(shape) > 2:
        _check_half(layer, specs)
    if len(shape) not in (axes + 1, axes + 2):
        raise wrong_rank(layer, shape, *_pool_rank_words(layer, shape))
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
            f"Given input size: ({by(given, '')}). Calculated output size: ({by(made, '')}). Output size is too small"
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
