"""How long a first visit takes, and what it fetches."""

import base64
from collections.abc import Iterator

from tests.benchmarks.probe import Bench, Probe, new_page, probed
from tests.benchmarks.report import Measurement

COUNTED_VISITS = 3  # they hardly differ
# (name, path, root, visits): the first page is the one with a budget, and visits take long
PAGES = (("convolution", "/", "stage", 30), ("network", "/network", "network", 15))


def loading(bench: Bench) -> Iterator[tuple[str, Measurement]]:
    """From the start of a visit, with an empty cache, to the end of the first frame that shows stage or network."""
    for name, path, root, visits in PAGES:
        with probed(bench, path):
            pass  # now the server is warm
        times = []
        for _ in range(visits):
            with new_page(bench) as (page, devtools):
                page.goto(bench.server.url + path, wait_until="commit")
                times.append(Probe(page, devtools).first_paint(root))
        yield f"load_{name}", Measurement(tuple(times))


def traffic(bench: Bench) -> Iterator[tuple[str, Measurement]]:
    """All bytes from the server until torch has agreed: headers and bodies as they travel, and the socket's messages."""
    for name, path, *_ in PAGES:
        samples = []
        for _ in range(COUNTED_VISITS):
            received = {"http": 0, "socket": 0}

            def finished(event: dict, received=received) -> None:
                received["http"] += event["encodedDataLength"]

            def message(event: dict, received=received) -> None:
                frame = event["response"]
                text = frame["payloadData"]
                received["socket"] += len(base64.b64decode(text)) if frame["opcode"] == 2 else len(text)

            with new_page(bench) as (page, devtools):
                devtools.send("Network.enable")
                devtools.on("Network.loadingFinished", finished)
                devtools.on("Network.webSocketFrameReceived", message)
                page.goto(bench.server.url + path)
                probe = Probe(page, devtools)
                probe.settled()
                page.wait_for_load_state("networkidle")
            samples.append(sum(received.values()) / 1e6)
        notes = {part: count / 1e6 for part, count in received.items()}
        yield f"bytes_{name}", Measurement(tuple(samples), notes=notes)
