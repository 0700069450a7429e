"""Signals: the sliding window in one dimension."""

from cnnviz.ui import shell
from cnnviz.ui.signals import signals_view, table_chooser


def lesson(*, arrived: bool) -> None:
    signals_view(arrived=arrived)
    table_chooser()


arrived = shell.enter()

shell.show(lesson, arrived=arrived)
