"""Convolution in Practice: see what a convolutional network does, with real tensors.

The app lives in app.py and pages/; what it computes can be used without it:

>>> import torch
>>> from cnnviz import conv2d
>>> conv2d(torch.eye(3), torch.ones(2, 2))
tensor([[2., 1.],
        [1., 2.]])
"""

from cnnviz.core.decoding import decode_image
from cnnviz.core.digits import centre_digit
from cnnviz.core.kernels import KERNELS
from cnnviz.core.network import load_network
from cnnviz.core.operations import conv2d
from cnnviz.core.rasters import ImageError
from cnnviz.core.trace import trace
from cnnviz.core.windows import WindowSpec, output_size

__all__ = [
    "KERNELS",
    "ImageError",
    "WindowSpec",
    "centre_digit",
    "conv2d",
    "decode_image",
    "load_network",
    "output_size",
    "trace",
]
