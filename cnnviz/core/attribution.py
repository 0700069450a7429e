"""Which pixels a network's answer hangs on, by four methods of Captum that do not say the same."""

import copy
from dataclasses import dataclass

import torch
from captum.attr import IntegratedGradients, LayerAttribution, LayerGradCam, Occlusion, Saliency
from torch import Tensor

from cnnviz.core.network import ConvNet

PATCH, STEP = 5, 2  # of occlusion, in pixels


@dataclass(frozen=True, slots=True)
class Method:
    """A way of attributing a score to pixels: what it does, and what it does not say."""

    title: str
    sentence: str
    signed: bool  # does a negative value mean that the pixel speaks against the class?


METHODS = {
    "saliency": Method(
        "Saliency",
        "How fast the score would change with each pixel, in either direction: it says where the network is sensitive, not "
        "which pixels the score is made of.",
        signed=False,
    ),
    "integrated": Method(
        "Integrated gradients",
        "Shares the score's rise from a plain picture to this one out over the pixels, and adds up to it; what it shows "
        "depends on the plain picture one starts from.",
        signed=True,
    ),
    "grad_cam": Method(
        "Grad-CAM",
        "Which places of conv 2's maps raise the score, drawn over the picture: only 10 × 10 places, so its edges are no "
        "edges of the picture.",
        signed=False,
    ),
    "occlusion": Method(
        "Occlusion",
        f"How much the score drops when {PATCH} × {PATCH} pixels are painted over: it really tries, but on pictures that the "
        "network was never trained on.",
        signed=True,
    ),
}


def attribution(network: ConvNet, picture: Tensor, target: int, method: str, baseline: float = 0.0) -> Tensor:
    """How much each pixel of ``picture`` (1, 3, H, W) counts for the score of class ``target``: float32 (H, W).

    ``method`` is a key of `METHODS`. ``baseline`` is the grey that stands for "nothing" in integrated gradients and
    occlusion. The network itself is left alone: a copy of it carries the hooks. ValueError for another method.

    Saliency: Simonyan and others, 2014, the largest of the three channels; integrated gradients: Sundararajan and others,
    2017, summed over the channels; Grad-CAM: Selvaraju and others, 2017, on conv 2; occlusion: Zeiler and Fergus, 2014.
    """
    if method not in METHODS:
        raise ValueError(f"There is no method {method!r}; there is {', '.join(METHODS)}.")
    network = copy.deepcopy(network)
    x = picture.clone().requires_grad_(True)
    with torch.inference_mode(False), torch.enable_grad():
        if method == "saliency":
            found = Saliency(network).attribute(x, target=target).amax(dim=1)
        elif method == "integrated":
            found = IntegratedGradients(network).attribute(x, baselines=baseline, target=target, n_steps=64).sum(dim=1)
        elif method == "grad_cam":
            found = LayerGradCam(network, network.conv2).attribute(x, target=target, relu_attributions=True)
            found = LayerAttribution.interpolate(found, tuple(picture.shape[-2:]), "bilinear")[:, 0]
        else:
            window = (picture.shape[1], PATCH, PATCH)
            found = Occlusion(network).attribute(
                picture, window, strides=(picture.shape[1], STEP, STEP), baselines=baseline, target=target
            )[:, 0]
    return found[0].detach().float()
