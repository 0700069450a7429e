"""Network: everything a trained network makes of a picture, and any of its numbers taken apart."""

import streamlit as st

from cnnviz.core.network import NetworkError
from cnnviz.ui import inputs, shell
from cnnviz.ui.network_view import network_view, shape_table

arrived = shell.enter()

try:
    if st.session_state.network != "mnist":
        inputs.image_chooser(cropping=False)  # the network's own frame is on its picture
    network_view(arrived=arrived)
except NetworkError as error:
    st.error(str(error))
    st.stop()

st.subheader("Why 400?", anchor=False)
st.markdown(
    "A 5 × 5 kernel without padding takes 4 cells off each side, and pooling halves what is left: 32 → 28 → 14 → 10 → 5. "
    "So conv 2 ends in 16 maps of 5 × 5, and **16 · 5 · 5 = 400** numbers enter the first dense layer. "
    "(The notebook prints “1655”: its asterisks got lost on the way.)"
)
st.markdown(shape_table(st.session_state.network))
