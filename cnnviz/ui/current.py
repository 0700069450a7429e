"""The image that every page shares, as it is now."""

from dataclasses import dataclass

import numpy as np

from cnnviz.core.cut import Cut, cut_to_text
from cnnviz.core.images import SIDES, fit_image
from cnnviz.core.samples import SAMPLES, sample_image
from cnnviz.ui import cached, parameters, state
from cnnviz.ui.parameters import DRAW, UPLOAD
from cnnviz.ui.uploads import Upload, current_upload

DRAWING_SIZE = 28
UPLOAD_SIZE = 64
PIXEL_ART = 32  # of a file that is no larger, every pixel is shown
NOT_IN_A_LINK = "Your picture stays in this session: it cannot travel in the link; all else does."


@dataclass(frozen=True, slots=True)
class CurrentImage:
    """The image on the page: ``base`` is float32 (C, H, W) before the pen touched it.

    ``id`` changes with every pixel of the base; ``source`` only when another picture is chosen. ``bottom`` and ``top``
    are the values shown black and white, and ``top`` is what the pen paints. ``whole`` is the picture that the base is a
    fitted piece of: float32 (1 or 3, H, W), uncut, in all its colours; ``cut`` says which piece, None the centre square.
    ``note`` is what the page must say about it, or nothing.
    """

    id: str
    source: str
    title: str
    base: np.ndarray
    whole: np.ndarray
    cut: Cut | None
    bottom: float
    top: float
    note: str

    def painted(self) -> np.ndarray:
        """The base with the session's strokes on it, two decimals a pixel."""
        strokes = state.settings().strokes
        return state.remembered("painted", (self.id, strokes), lambda: cached.painted(self.base, strokes, self.top))


def current_image(*, colour: bool | None = None) -> CurrentImage:
    """The image that the session holds now, at its working size; in colour or grey as the session says, or as asked."""
    now = state.settings()
    key, cut = now.image, now.cut
    colour = now.colour if colour is None else colour
    upload = current_upload()
    if key == UPLOAD and upload is None:
        key = parameters.PARAMETERS["image"].default
    size = now.size or natural_size(key)
    name = title = key
    note = ""
    if key == UPLOAD:
        name, title = f"{upload.digest}-{now.ground}", upload.name
        note = f"{upload.picture.remark} {NOT_IN_A_LINK}".strip()
        whole = upload.picture.over(parameters.GROUNDS[now.ground])
    elif key == DRAW:
        title, whole, cut = "Drawing", cached.blank(DRAWING_SIZE, False), None
    else:
        title, whole = SAMPLES[key].title, sample_image(key)
    image_id = "-".join([name, str(size), "rgb" if colour else "grey", *([cut_to_text(cut)] if cut else [])])
    if key == DRAW:
        base = cached.blank(size, colour)
    elif key == UPLOAD or cut:
        # what students bring along is in no cache that they share
        base = state.remembered("fitted", image_id, lambda: fit_image(whole, size, colour, cut))
    else:
        base = cached.fitted_sample(key, size, colour)
    return CurrentImage(
        id=image_id,
        source=f"{name}.{state.choices()}",
        title=title,
        base=base,
        whole=whole,
        cut=cut,
        bottom=float(min(0.0, base.min())),
        top=float(max(1.0, base.max())),
        note=note,
    )


def natural_size(key: str) -> int:
    """The working size that a picture opens at, in pixels for its longer side."""
    if key == UPLOAD:
        upload: Upload | None = current_upload()
        small = upload is not None and upload.side <= PIXEL_ART
        return max(SIDES[0], upload.side) if small else UPLOAD_SIZE
    return DRAWING_SIZE if key == DRAW else SAMPLES[key].size


def uploaded_picture() -> np.ndarray | None:
    """The picture that this session brought along, float32 (C, H, W), uncut, over the chosen ground; None without one."""
    upload = current_upload()
    return upload.picture.over(parameters.GROUNDS[state.settings().ground]) if upload else None
