"""Channels: three planes, a slice of the filter under each, and one map for every filter."""

from cnnviz.ui import inputs, shell
from cnnviz.ui.channel_lessons import channel_lessons
from cnnviz.ui.channels import channels_view, coloured


def lesson(*, arrived: bool) -> None:
    image = coloured(inputs.current_image(colour=True))
    channels_view(image, arrived=arrived)
    channel_lessons(image.painted())


arrived = shell.enter()

inputs.image_chooser()
shell.show(lesson, arrived=arrived, around=inputs.chosen)
