"""A disk on which nothing can be written any more: the app goes on, uploads included, because it writes nothing."""

import io
from types import SimpleNamespace

import numpy as np
from PIL import Image

from cnnviz.core.training import __main__ as training
from tests.load.student import Student

# Python runs this before anything else; beyond the limit, every write to a file fails. The log of the test stays below it.
SITECUSTOMIZE = """
import resource, sys
sys.dont_write_bytecode = True
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
"""


def test_the_app_needs_no_disk_to_teach_or_to_take_a_large_picture(fresh_server, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(SITECUSTOMIZE)
    server = fresh_server(environment={"PYTHONPATH": str(tmp_path)})
    noise = np.random.default_rng(1).integers(0, 256, (1000, 1000, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "PNG")
    assert len(file.getvalue()) > 2**21  # more than Starlette keeps in memory by itself
    with Student(server.url) as student:
        student.open("/?image=cat")
        student.settle(f"1;{student.page['image']['source']};kernel=box_3")
        student.upload("noise.png", file.getvalue())
        assert student.page["link"].startswith("image=upload")
        assert not student.texts
    assert "Traceback" not in server.log


def test_training_onto_a_full_disk_says_so(monkeypatch, capsys, tmp_path):
    def full(*_arguments):
        with open("/dev/full", "wb") as disk:
            disk.write(b"weights")

    monkeypatch.setattr(training, "train", full)
    monkeypatch.setattr(training, "torch", SimpleNamespace(set_num_threads=int, get_num_threads=lambda: 1))
    assert training.main(["--network", "mnist", "--data", str(tmp_path)]) == 1
    assert "The disk is full: free some space" in capsys.readouterr().err
