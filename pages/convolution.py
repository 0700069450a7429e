"""Convolution: a window slides over an image, and each place gives one number."""

from cnnviz.ui import inputs, shell
from cnnviz.ui.stage import convolution_stage


def lesson(*, arrived: bool) -> None:
    convolution_stage(inputs.current_image(), arrived=arrived)


arrived = shell.enter()

inputs.image_chooser()
shell.show(lesson, arrived=arrived, around=inputs.chosen)
