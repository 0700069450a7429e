"""The progress bar."""

from cnnviz.core.training.progress import Progress


def test_progress_in_a_log_is_a_line_for_every_tenth(capsys):
    progress = Progress("work", 1000)
    for done in range(1, 1001):
        progress.show(done, f"loss {done}")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 11
    assert "100 %" in lines[-1]
    assert "0:00 left" in lines[-1]
    assert "loss 1000" in lines[-1]
