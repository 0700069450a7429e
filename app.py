"""Convolution in Practice: page set-up and navigation, nothing else."""

from cnnviz.ui import shell

shell.run()
