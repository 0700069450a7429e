"""The image that every page shares: gallery, files, camera, crop and size behind one button that shows it."""

import base64

import streamlit as st

from cnnviz.core.cut import cut_from_text, cut_to_text
from cnnviz.core.images import SIDES, preview
from cnnviz.core.samples import SAMPLES, sample_image
from cnnviz.ui import cached, parameters, state, uploads
from cnnviz.ui.component import component
from cnnviz.ui.current import CurrentImage, current_image, natural_size, uploaded_picture
from cnnviz.ui.parameters import DRAW, UPLOAD

__all__ = ["CurrentImage", "current_image", "image_chooser", "natural_size", "uploaded_picture"]

_GROUPS = {
    "pattern": "Patterns to think with",
    "photograph": "Photographs",
    "digit": "Digits by hand (test images of MNIST)",
    "cifar10": "Small photographs (test images of CIFAR-10)",
}
_OWN = "own"
_CROP = "crop_view"
_PREVIEW = "_crop_preview"

# The gallery as a grid of pictures with their names below; Streamlit would set both in a line of text.
_STYLE = """<style>
[data-testid="stPopoverBody"]:has(.st-key-gallery) { width: min(1000px, 100vw - 32px); max-width: none !important; max-height: calc(100vh - 140px) !important; padding: 14px 18px; }
.st-key-gallery, .st-key-gallery .stVerticalBlock { gap: 0.35rem; }
[class*="st-key-pick_"] [data-testid="stWidgetLabel"] { min-height: 0; margin: 6px 0 2px; }
[class*="st-key-pick_"] [role="radiogroup"] { gap: 2px; align-items: flex-start; }
[class*="st-key-pick_"] button { width: auto; min-width: 60px; height: auto; min-height: 0; padding: 4px 2px 2px; border-radius: 6px; border-color: transparent; background: transparent; }
[class*="st-key-pick_"] button:hover { border-color: var(--st-border-color, #8886); }
[class*="st-key-pick_"] button[data-selected="true"] { border-color: currentColor; box-shadow: 0 0 0 1px currentColor; }
[class*="st-key-pick_"] button p { display: flex; flex-direction: column; align-items: center; gap: 2px; max-width: 76px; font-size: 12px; line-height: 1.15; white-space: normal; text-align: center; overflow-wrap: normal; word-break: normal; }
[class*="st-key-pick_"] button img { width: 52px; height: 52px !important; max-height: none !important; object-fit: contain; border-radius: 4px; margin: 0; image-rendering: pixelated; box-shadow: 0 0 0 1px #8888; }
.st-key-pick_photograph button img { image-rendering: auto; }
.st-key-pick_own button p { max-width: 140px; overflow-wrap: anywhere; }
.st-key-pick_digit button { min-width: 44px; }
.st-key-pick_digit button img, .st-key-pick_cifar10 button img { width: 40px; height: 40px !important; }
</style>"""


def image_chooser(*, cropping: bool = True, stand_in: str | None = None) -> None:
    """A button with the image's thumbnail and name that opens gallery, file, camera, crop and size.

    It comes before what shows the image: what that says once it has painted must find the gallery's widgets up to date, or
    the choice before would come back with it. A page that mounts this also takes pictures that are dropped or pasted on
    it. Without ``cropping`` the crop is left to the page. ``stand_in`` is the sample that the page shows in place of the
    session's image: it is named instead.
    """
    with st.container(key="unseen"):
        uploads.arrivals()
    image = current_image()
    picture, title = (
        (image.painted(), image.title) if stand_in is None else (sample_image(stand_in), SAMPLES[stand_in].title)
    )
    height, width = picture.shape[-2:]
    label = f"{cached.markdown_picture(picture)} **{uploads.as_text(title)}** {height} × {width}"
    shown = stand_in or st.session_state.image
    # its content is sent also while it is closed: a popover that is asked whether it is open closes when its label changes
    with st.container(key="chooser"), st.popover(label, width=246, key="chooser_popover"):
        st.html(_STYLE)
        with st.container(key="gallery"):
            left, right = st.columns([8, 5], gap="medium")
            with left:
                _own(shown)
                for group, heading in _GROUPS.items():
                    _samples(group, heading, shown)
            with right:
                if stand_in is None:
                    _fitting(image, cropping)
                else:
                    st.markdown(f"**{title}**")
                    st.caption(SAMPLES[stand_in].sentence)


def _own(shown: str) -> None:
    """Files, the camera, an empty canvas, and the last picture that was brought along."""
    uploads.sources()
    labels = {DRAW: ":material/draw: Draw"}
    if upload := uploads.current_upload():
        labels[UPLOAD] = f"{cached.markdown_picture(upload.picture.over_black, side=56)} {uploads.as_text(upload.name)}"
    _pills(_OWN, "Yours", labels, shown)


def _samples(group: str, title: str, shown: str) -> None:
    labels = cached.gallery_labels()
    _pills(group, title, {key: labels[key] for key, sample in SAMPLES.items() if sample.group == group}, shown)


def _pills(group: str, title: str, labels: dict[str, str], shown: str) -> None:
    """Pictures of which one may be the image. What the page shows is the truth, and the pills only say so."""
    key = f"pick_{group}"
    st.session_state[key] = shown if shown in labels else None
    st.pills(title, list(labels), format_func=labels.get, key=key, on_change=_picked, args=(key,), wrap=True)


def _picked(key: str) -> None:
    if st.session_state[key] is not None:  # a click on the chosen picture would take the choice back
        state.choose(st.session_state[key])


def _fitting(image: CurrentImage, cropping: bool) -> None:
    """How the picture becomes the one on the page: its crop, ground, size and colours."""
    key = st.session_state.image
    st.markdown(f"**{uploads.as_text(image.title)}**")
    if key != DRAW and cropping:
        _crop(image)
    about = SAMPLES[key].sentence if key in SAMPLES else image.note
    if about:
        st.caption(about)
    upload = uploads.current_upload()
    if key == UPLOAD and upload and upload.picture.over_white is not None:
        ground = _of_this_choice("ground", st.session_state.ground)
        grounds = list(parameters.GROUNDS)
        st.segmented_control(
            "Behind what is transparent", grounds, key=ground, required=True, on_change=_grounded, args=(ground,)
        )
    # the slider needs a number; the session says None as long as the picture stands at its natural size
    size = _of_this_choice("working_size", st.session_state.size or natural_size(key))
    st.slider("Pixels a side", *SIDES, key=size, on_change=_resized, args=(size,))
    st.toggle("Colour", key="colour", persist_state="session")


def _of_this_choice(name: str, value: object) -> str:
    """The key of a widget that stands at this value and belongs to the picture that was chosen last.

    A browser that has not yet heard of another picture says with its next message where the widgets still stand: under
    one key for all pictures, that would be taken for a change of the new one.
    """
    key = f"{name}_{state.choices()}"
    st.session_state[key] = value
    return key


def _grounded(key: str) -> None:
    st.session_state.ground = st.session_state[key]


def _resized(key: str) -> None:
    size = st.session_state[key]
    st.session_state.size = None if size == natural_size(st.session_state.image) else size


def _crop(image: CurrentImage) -> None:
    """Mounts the picture with the frame on it that says which piece of it is worked on.

    While it is open the browser owns the frame, and only starts from the crop that it is told.
    """
    if st.session_state.get(_PREVIEW, ("",))[0] != image.source:  # made once a choice, not at every run
        kind, data = preview(image.whole)
        st.session_state[_PREVIEW] = image.source, f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"
    height, width = image.whole.shape[1:]
    component("crop", js="crop_view.js", css="crop_view.css")(
        key=_CROP,
        data={
            "source": image.source,
            "crop": cut_to_text(image.cut),
            "picture": st.session_state[_PREVIEW][1],
            "height": height,
            "width": width,
            "title": image.title,
        },
        on_settled_change=_cropped,
    )


def _cropped() -> None:
    """Takes what the frame says at rest: "source;crop"."""
    text = st.session_state[_CROP].settled
    source, _, crop = text.rpartition(";") if isinstance(text, str) else ("", "", "")
    if source != current_image().source:  # it lay on a picture that is gone
        return
    try:
        st.session_state.cut = cut_from_text(crop)
    except ValueError:  # no frame writes such a message
        return
