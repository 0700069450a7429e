"""What padding puts beyond the edge of an axis."""

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


def source_index(index: int, size: int, mode: str) -> int | None:
    """Which of an axis's ``size`` cells the cell at ``index`` shows: itself, or beyond the edge the one it repeats.

    None where padding is zeros. Indices count from the axis's first cell, so padding before it is negative.

    >>> [source_index(index, 4, "reflect") for index in (-2, -1, 0, 3, 4)]
    [2, 1, 0, 3, 2]
    """
    if 0 <= index < size:
        return index
    if mode == "reflect":
        return -index if index < 0 else 2 * (size - 1) - index
    if mode == "replicate":
        return 0 if index < 0 else size - 1
    return index % size if mode == "circular" else None


def most_padding(size: int, mode: str) -> int | None:
    """The most cells that torch pads at either end of ``size`` cells; None where there is no such bound.

    >>> most_padding(7, "reflect"), most_padding(7, "circular"), most_padding(7, "zeros")
    (6, 7, None)
    """
    return {"reflect": size - 1, "circular": size}.get(mode)


def check_padding(size: int, padding: int, mode: str) -> None:
    """ValueError where torch refuses to pad, with what would fit."""
    if mode not in PADDING_MODES:
        raise ValueError(f"The padding mode must be one of {', '.join(PADDING_MODES)}, not {mode}.")
    most = most_padding(size, mode)
    if most is None or padding <= most:
        return
    if mode == "reflect":
        cells = "1 cell" if padding == 1 else f"{padding} cells"
        why = f"Padding {padding} reflects {cells} behind the edge, but the input has only {most} there"
    else:
        why = f"Padding {padding} wraps around an input of {size} more than once"
    raise ValueError(f"{why}: use padding {f'0 to {most}' if most else '0'}, or mode zeros or replicate.")
