"""Where a window sits at each step along one axis."""

from dataclasses import dataclass
from numbers import Integral


@dataclass(frozen=True, slots=True)
class WindowSpec:
    """How a window moves along one axis; a picture needs two, one for the rows and one for the columns.

    ``kernel_size`` counts the cells the window looks at, its taps; ``dilation`` is the distance from one tap to the
    next, ``stride`` the distance from one position to the next, and ``padding`` the cells added at either end of the
    input. ``extra_padding`` cells are added at the far end only: torch's ``padding="same"`` needs one there when the
    window's extent is even. Whether the numbers make sense is for `output_size` to say, which also knows the input.
    """

    kernel_size: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    extra_padding: int = 0

    @property
    def extent(self) -> int:
        """How many cells the window spans, those between its taps included.

        >>> WindowSpec(kernel_size=3, dilation=2).extent
        5
        """
        return self.dilation * (self.kernel_size - 1) + 1


def output_size(size: int, spec: WindowSpec) -> int:
    """How many places the window has along an axis of ``size`` cells.

    torch's formula: floor((size + 2·padding − dilation·(kernel_size − 1) − 1) / stride) + 1. ValueError where torch's
    convolutions refuse, with what would fit.

    >>> output_size(5, WindowSpec(kernel_size=3))
    3
    >>> output_size(7, WindowSpec(kernel_size=3, stride=2, padding=1))
    4
    """
    _check_spec(size, spec)
    padded = _padded_size(size, spec)
    if spec.extent > padded:
        raise ValueError(_what_would_fit(size, spec))
    return (padded - spec.extent) // spec.stride + 1


def pooled_size(size: int, spec: WindowSpec, *, ceil_mode: bool = False) -> int:
    """How many places a pooling window has along an axis of ``size`` cells.

    As `output_size`; with ``ceil_mode`` torch rounds up instead of down, so that a last window may reach beyond the
    padded input, but it must start within the input or the padding before it. ValueError where torch's pooling refuses:
    besides windows that do not fit, a padding of more than half the window.

    >>> pooled_size(7, WindowSpec(2, stride=2)), pooled_size(7, WindowSpec(2, stride=2), ceil_mode=True)
    (3, 4)
    """
    _check_spec(size, spec)
    if spec.padding > spec.kernel_size // 2:
        raise ValueError(
            f"Pooling takes a padding of at most half its window, here {spec.kernel_size // 2}, and not {spec.padding}."
        )
    if not ceil_mode:
        return output_size(size, spec)
    places = -((spec.extent - _padded_size(size, spec)) // spec.stride) + 1  # rounded up
    if (places - 1) * spec.stride >= size + spec.padding:  # the last would see nothing but padding
        places -= 1
    if places < 1:
        raise ValueError(_what_would_fit(size, spec))
    return places


def window_starts(size: int, spec: WindowSpec) -> tuple[int, ...]:
    """The input index of each window's first tap; negative where the window starts in the padding.

    >>> window_starts(7, WindowSpec(kernel_size=3, stride=2, padding=1))
    (-1, 1, 3, 5)
    """
    return tuple(step * spec.stride - spec.padding for step in range(output_size(size, spec)))


def taps(start: int, spec: WindowSpec) -> tuple[int, ...]:
    """The input indices that the window at ``start`` looks at; those outside the input lie in the padding.

    >>> taps(-1, WindowSpec(kernel_size=3, dilation=2))
    (-1, 1, 3)
    """
    return tuple(start + tap * spec.dilation for tap in range(spec.kernel_size))


def left_over(size: int, spec: WindowSpec) -> int:
    """How many cells at the far end of the padded input lie beyond the last window: the floor in the formula.

    >>> left_over(6, WindowSpec(kernel_size=3, stride=2))
    1
    """
    beyond_last_window = (output_size(size, spec) - 1) * spec.stride + spec.extent
    return _padded_size(size, spec) - beyond_last_window


def _padded_size(size: int, spec: WindowSpec) -> int:
    return size + 2 * spec.padding + spec.extra_padding


def _check_spec(size: int, spec: WindowSpec) -> None:
    least = {"kernel_size": 1, "stride": 1, "padding": 0, "dilation": 1, "extra_padding": 0}
    for field, smallest in least.items():
        _check_whole(field.replace("_", " "), getattr(spec, field), smallest)
    _check_whole("size of the input", size, 1)


def _check_whole(name: str, value: int, smallest: int) -> None:
    if not isinstance(value, Integral) or value < smallest:
        raise ValueError(f"The {name} must be a whole number from {smallest} up, not {value}.")


def _what_would_fit(size: int, spec: WindowSpec) -> str:
    padded = _padded_size(size, spec)
    made_of = f"kernel {spec.kernel_size}" + (f", dilation {spec.dilation}" if spec.dilation > 1 else "")
    room = f"the padded input only {padded}" if padded > size else f"the input only {size}"
    padding = -(-(spec.extent - size - spec.extra_padding) // 2)  # half of what is missing, rounded up
    ways = [f"padding {padding} or more", f"a kernel of {(padded - 1) // spec.dilation + 1} or less"]
    dilation = (padded - 1) // (spec.kernel_size - 1)
    if dilation > 0:
        ways.append(f"dilation 1{f' to {dilation}' if dilation > 1 else ''}")
    return f"The window spans {spec.extent} cells ({made_of}), but {room}: use {', '.join(ways[:-1])} or {ways[-1]}."
