"""Convolution: a window slides over an image, and each place gives one number."""

from cnnviz.ui import inputs, shell
from cnnviz.ui.stage import convolution_stage, send_image


def lesson(*, arrived: bool) -> None:
    convolution_stage(inputs.current_image(), arrived=arrived)


arrived = shell.enter()

inputs.image_chooser()
send_image(inputs.current_image())
shell.show(lesson, arrived=arrived, around=inputs.chosen)
