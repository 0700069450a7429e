"""Channels: three planes, a slice of the filter under each, and one map for every filter."""

from cnnviz.ui import inputs, shell
from cnnviz.ui.channel_lessons import channel_lessons
from cnnviz.ui.channels import channels_view, coloured, send_planes


def shown() -> inputs.CurrentImage:
    return coloured(inputs.current_image(colour=True))


def lesson(*, arrived: bool) -> None:
    image = shown()
    channels_view(image, arrived=arrived)
    channel_lessons(image.painted())


arrived = shell.enter()

inputs.image_chooser(shown())
send_planes(shown())
shell.show(lesson, arrived=arrived, around=inputs.chosen)
