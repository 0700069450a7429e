"""Shapes: what leaves each layer of a chain, what it costs, and why torch refuses."""

from cnnviz.ui import shell
from cnnviz.ui.shapes import shape_calculator

arrived = shell.enter()

shell.show(shape_calculator, arrived=arrived)
