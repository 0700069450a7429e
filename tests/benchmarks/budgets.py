"""What each thing may take: the one table of budgets."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Budget:
    """One row: what is measured, and what its samples may be.

    ``median``, ``p95`` and ``largest`` are the most that these may come to, ``least`` is the least for the median; all in
    ``unit``. A row with none of them explains another one. ``peer`` is what the best comparable tool was measured at, in
    the same way on the same kind of machine.
    """

    key: str
    what: str
    unit: str = "ms"
    median: float | None = None
    p95: float | None = None
    largest: float | None = None
    least: float | None = None
    peer: str = ""

    @property
    def text(self) -> str:
        """The budget as a person reads it.

        >>> Budget("hover", "an output hovered", median=17, p95=30).text
        '≤ 17 ms, p95 ≤ 30'
        """
        bounds = [("≤", self.median, ""), ("≤", self.p95, "p95 "), ("≤", self.largest, "all "), ("≥", self.least, "")]
        texts = [f"{name}{sign} {bound:g}" for sign, bound, name in bounds if bound is not None]
        if texts:
            texts[0] += f" {self.unit}"
        return ", ".join(texts)


def _hover(key: str, where: str) -> Budget:
    peer = "ezyang 15 (colours only), CNN Explainer 57"
    return Budget(key, f"output hovered → all its numbers, {where}", median=17, p95=30, peer=peer)


def _setting(key: str, what: str) -> Budget:
    return Budget(key, f"{what} → repainted", median=18, p95=22, peer="ezyang 18, CNN Explainer 20")


def _weight(key: str, how: str) -> Budget:
    return Budget(key, f"weight {how}, 128×128 RGB, 7×7 kernel → map", median=17, p95=34, peer="none does it")


def _slide_cost(key: str, size: int) -> Budget:
    return Budget(key, f"  script in a frame, {size}×{size} RGB")


def _leftovers(key: str, what: str, peer: str) -> tuple[Budget, ...]:
    return (
        Budget(f"{key}_heap", f"{what}: heap kept", "MB", largest=1, peer=peer),
        Budget(f"{key}_elements", f"{what}: nodes, listeners", "more", largest=0),
        Budget(f"{key}_timers", f"{what}: timers, loops", "more", largest=0),
    )


def _load(key: str, page: str) -> Budget:
    return Budget(key, f"{page} usable, cold browser, warm server", median=1800, peer="ezyang 200, CNN Explainer 3,600")


def _bytes(key: str, page: str) -> Budget:
    return Budget(key, f"{page}, bytes on the wire", "MB", median=3.5, peer="ezyang 0.1, CNN Explainer 7.7")


def _message(key: str, where: str) -> Budget:
    return Budget(key, f"message after the rest → torch's answer, {where}", median=60)


def _rerun(key: str, where: str) -> Budget:
    return Budget(key, f"Python for a rerun, {where}", median=20)


BUDGETS = (
    _hover("hover", "7×7"),
    _hover("hover_photograph", "64×64 RGB"),
    Budget("fan_out", "input pixel hovered → 49 outputs marked, 128×128 RGB", median=17, p95=30, peer="none does it"),
    Budget("step", "a step → pictures, ledger and loop, 7×7", median=17, p95=30, peer="none does it"),
    Budget("step_photograph", "a step → the same, 64×64 RGB, 7×7 kernel", median=17, p95=30, peer="none does it"),
    _setting("stride", "stride changed, 7×7"),
    _setting("padding", "padding changed, 7×7"),
    _setting("kernel_size", "kernel size changed, 7×7"),
    _setting("stride_photograph", "stride changed, 64×64 RGB"),
    _weight("weight_arrow", "stepped"),
    _weight("weight_typed", "typed"),
    Budget("slide_rate", "sliding at full speed", "frames/s", least=59.5, peer="1 to 4 steps/s"),
    Budget("slide_longest", "sliding at full speed, longest frame", largest=34, peer="67 to 117"),
    _slide_cost("slide_16", 16),
    _slide_cost("slide_64", 64),
    _slide_cost("slide_128", 128),
    # not exactly 1: what is measured in tenths of milliseconds never is
    Budget("slide_growth", "  script at 128×128 over that at 16×16", "times", largest=1.2),
    Budget("nudge", "input nudged → 12 pictures and their figures, 64×64", median=17, p95=34, peer="none does it"),
    Budget("pen", "pen moves → every layer, while it moves", median=34, peer="nn_vis 211, at pen up only"),
    Budget("digit", "another digit → every layer", median=200, peer="CNN Explainer 796"),
    Budget("digit_frame", "another digit, longest frame", largest=50, peer="CNN Explainer 233"),
    Budget("image", "another photograph → its map, through Python", median=200),
    Budget("image_frame", "another photograph, longest frame", largest=50, peer="CNN Explainer 233"),
    Budget("photograph", "another photograph → every layer, through Python", median=200, peer="CNN Explainer 796"),
    Budget("photograph_frame", "  longest frame", largest=50, peer="CNN Explainer 233"),
    Budget("unit", "unit clicked → taken apart", median=100, peer="CNN Explainer 390"),
    Budget("unit_stage", "every product asked for → the unit's stage open", median=100, peer="CNN Explainer 390"),
    *_leftovers("units", "50 units and stages opened and closed", "CNN Explainer: a timer each"),
    *_leftovers("digits", "100 digits", "CNN Explainer 170"),
    *_leftovers("images", "100 photographs", "CNN Explainer 170"),
    Budget("images_server", "100 photographs: memory the server keeps", "MB", largest=5),
    *_leftovers("photographs", "100 photographs, network", "CNN Explainer 170"),
    Budget("photographs_server", "100 photographs, network: memory the server keeps", "MB", largest=5),
    *_leftovers("panels", "50 times every panel, dialog, help", "none measured"),
    *_leftovers("everything", "500 acts of every kind", "none measured"),
    *_leftovers("pages", "60 pages turned to", "none measured"),
    _load("load_convolution", "/"),
    _load("load_network", "/network"),
    _bytes("bytes_convolution", "/"),
    _bytes("bytes_network", "/network"),
    _message("message", "7×7"),
    _message("message_photograph", "128×128 RGB"),
    _message("message_network", "network"),
    _rerun("rerun", "convolution, 7×7"),
    _rerun("rerun_photograph", "convolution, 128×128 RGB"),
    _rerun("rerun_network", "network"),
    _rerun("rerun_pooling", "pooling"),
    _rerun("rerun_channels", "channels"),
    _rerun("rerun_shapes", "shapes"),
    _rerun("rerun_signals", "signals"),
    Budget("shifts", "17×17 shifts of a 64×64 picture, pooled in 12 ways", median=1000, peer="none does it"),
    Budget("shifts_all", "the same of all 58 pictures", median=10_000, peer="none does it"),
    Budget("class_answer", "200 students, a change each 5 s: 95% answered within", median=100),
    Budget("class_memory", "200 students: memory of each on the server", "MB", median=2),
    Budget("class_errors", "200 students: errors", "errors", largest=0),
    Budget("torch_photograph", "  torch alone, 128×128 RGB, 7×7 kernel"),
    Budget("torch_network", "  torch alone, network"),
)
