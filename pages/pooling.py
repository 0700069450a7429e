"""Pooling: what a shift of the image changes, and what the truth about invariance is."""

import streamlit as st

from cnnviz.ui import inputs, shell, state
from cnnviz.ui.invariance import map_section, twin_section
from cnnviz.ui.pooling_stage import pooling_stage
from cnnviz.ui.receptive import receptive_section, strip_section
from cnnviz.ui.shift_lab import send_image, shift_lab


def lesson(*, arrived: bool) -> None:
    image = inputs.current_image()
    shift_lab(image, arrived=arrived)

    st.subheader("The pooling window", anchor=False)
    pooling_stage(image, arrived=arrived)

    # each of these computes for seconds or draws with Plotly, so nobody gets one without asking
    more = {
        "Change against shift": lambda: map_section(image),
        "Trained networks": twin_section,
        "Receptive field": lambda: receptive_section(image),
        "Resolution": strip_section,
    }
    chosen = st.segmented_control("Measured, and drawn on request", [*more], key="pooling_more")
    if chosen:
        more[chosen]()


arrived = shell.enter()

if arrived:
    state.stand_in("photographer")
inputs.image_chooser()
send_image(inputs.current_image())
shell.show(lesson, arrived=arrived, around=inputs.chosen)
