"""Signals: the sliding window in one dimension."""

from cnnviz.ui import shell
from cnnviz.ui.signals import signals_view, table_chooser

arrived = shell.enter()

signals_view(arrived=arrived)
table_chooser()
