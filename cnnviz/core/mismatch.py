"""Shapes, and why torch refuses a layer for one."""

from cnnviz.core.layers import Layer

Shape = tuple[int, ...]


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


def by(shape: Shape, space: str = " ") -> str:
    """A shape as torch's messages have it.

    >>> by((3, 7, 7), space="")
    '3x7x7'
    """
    return f"{space}x{space}".join(map(str, shape))
