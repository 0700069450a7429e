"""Channels: three planes, a slice of the filter under each, and one map for every filter."""

from cnnviz.ui import inputs, shell
from cnnviz.ui.channel_lessons import channel_lessons
from cnnviz.ui.channels import channels_view, coloured

arrived = shell.enter()

inputs.image_chooser()
image = coloured(inputs.current_image(colour=True))
channels_view(image, arrived=arrived)
channel_lessons(image.painted())
