"""Network: everything a trained network makes of a picture, and any of its numbers taken apart."""

import streamlit as st

from cnnviz.core.network import NetworkError
from cnnviz.ui import inputs, network_input, shell, state
from cnnviz.ui.network_rooms import rooms
from cnnviz.ui.network_view import network_view, send_pictures


def lesson(*, arrived: bool) -> None:
    try:
        network_view(arrived=arrived)
    except NetworkError as error:
        st.error(str(error))
        st.stop()
    rooms(state.settings().network)


def around() -> tuple:
    """Digits are chosen in the lesson itself, and the image chooser is there for photographs only."""
    network = state.settings().network
    return () if network == "mnist" else (network, network_input.shown_image(network)[0], *inputs.chosen())


arrived = shell.enter()

now = state.settings()
if now.network != "mnist":
    shown = network_input.shown_image(now.network)[0]
    # the network's own frame is on its picture
    inputs.image_chooser(cropping=False, stand_in=shown if shown != now.image else None)
else:
    st.empty()  # the lesson below keeps its place: Streamlit knows a fragment, and mounts its view anew, by where it stands
send_pictures()
shell.show(lesson, arrived=arrived, around=around)
