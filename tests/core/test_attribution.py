"""Attributions keep the promises of their methods, and leave the shared network alone."""

import pytest
import torch

from cnnviz.core.attribution import METHODS, attribution
from cnnviz.core.network import load_network
from cnnviz.core.samples import sample_image

NETWORK = load_network("cifar10")
PICTURE = torch.tensor(sample_image("cifar10_0"))[None]


def test_saliency_is_the_largest_gradient_of_the_three_channels():
    x = PICTURE.clone().requires_grad_(True)
    (gradient,) = torch.autograd.grad(NETWORK(x)[0, 3], x)
    torch.testing.assert_close(attribution(NETWORK, PICTURE, 3, "saliency"), gradient[0].abs().amax(dim=0))


def test_integrated_gradients_add_up_to_the_rise_of_the_score():
    found = attribution(NETWORK, PICTURE, 3, "integrated", baseline=0.5)
    with torch.inference_mode():
        rise = NETWORK(PICTURE)[0, 3] - NETWORK(torch.full_like(PICTURE, 0.5))[0, 3]
    assert found.sum().item() == pytest.approx(rise.item(), abs=0.05 * max(1.0, abs(rise.item())))


def test_occlusion_is_the_drop_of_the_score():
    found = attribution(NETWORK, PICTURE, 3, "occlusion", baseline=0.5)
    covered = PICTURE.clone()
    covered[..., :5, :5] = 0.5
    with torch.inference_mode():
        drop = (NETWORK(PICTURE) - NETWORK(covered))[0, 3]
    assert found[0, 0].item() == pytest.approx(drop.item(), abs=1e-4)  # only the first window covers the corner


def test_grad_cam_is_never_negative():
    assert attribution(NETWORK, PICTURE, 3, "grad_cam").min() >= 0


@pytest.mark.parametrize("method", METHODS)
def test_nothing_is_left_behind(method):
    before = [one.clone() for one in NETWORK.parameters()]
    found = attribution(NETWORK, PICTURE, 5, method)
    assert found.shape == (32, 32)
    assert found.isfinite().all()
    for module in NETWORK.modules():
        assert not module._forward_hooks
        assert not module._backward_hooks
    assert all(
        torch.equal(one, other) and one.grad is None for one, other in zip(NETWORK.parameters(), before, strict=True)
    )


def test_another_method_is_refused():
    with pytest.raises(ValueError, match="no method"):
        attribution(NETWORK, PICTURE, 5, "guess")
