"""Convolution: a window slides over an image, and each place gives one number."""

from cnnviz.ui import inputs, shell
from cnnviz.ui.stage import convolution_stage

arrived = shell.enter()

inputs.image_chooser()
convolution_stage(inputs.current_image(), arrived=arrived)
