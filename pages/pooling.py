"""Pooling: what a shift of the image changes, and what the truth about invariance is."""

from cnnviz.ui import inputs, shell, state
from cnnviz.ui.shift_lab import shift_lab

arrived = shell.enter()

if arrived:
    state.stand_in("photographer")
inputs.image_chooser()
shift_lab(inputs.current_image(), arrived=arrived)
