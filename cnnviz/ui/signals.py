"""The signals page: signals and kernels as the browser takes them, a column of a table, and what torch makes of the same."""

import hashlib
import json

import numpy as np
import streamlit as st
import torch

from cnnviz.core.signals import LONGEST, SIGNALS, TAPS, slide
from cnnviz.core.tables import Column, TableError, read_columns, shortened
from cnnviz.ui import parameters, state
from cnnviz.ui.component import component
from cnnviz.ui.feed import feed

_KEY = "signals_view"
_SEED = "_signals_seed"
_REVISION = "_signals_revision"
_COLUMNS = "_signal_columns"
NOT_IN_A_LINK = "Your column stays in this session: it cannot travel in the link; all else does."


def signals_view(*, arrived: bool) -> None:
    """Mounts the view. It owns signal, kernel and position; the table is Streamlit's."""
    if arrived or _SEED not in st.session_state:
        state.begin("signals", _KEY, _REVISION, settled)
        st.session_state[_SEED] = state.link(parameters.SIGNAL)
    column = current_column()
    with st.container(key="feeds"):
        answer(column)
    component("signals", js="signals.js", css="signals.css")(
        key=_KEY,
        data={
            "signals": _SIGNALS_TEXT,
            "taps": _TAPS_TEXT,
            "seed": st.session_state[_SEED],
            "revision": state.first_revision(_REVISION),
            "column": column,
            "note": column["note"] if column and state.settings().signal == "column" else "",
        },
        on_settled_change=settled,
    )


def settled() -> None:
    """Takes what the view says at rest: "revision;query"."""
    if said := state.heard(_KEY, _REVISION):
        state.settle(*said, parameters.SIGNAL)


def table_chooser() -> None:
    """A file of numbers, and which of its columns is the signal."""
    left, right = st.columns([2, 1], vertical_alignment="top")
    left.file_uploader(
        "A column of a table as the signal (CSV)",
        type=["csv", "tsv", "txt"],
        key="table_file",
        on_change=_uploaded,
        help="Commas, semicolons or tabs, decimal points or commas. It stays in this session.",
    )
    columns: list[Column] = st.session_state.get(_COLUMNS, ("", []))[1]
    if columns:
        names = [f"{at + 1}. {column.name}" for at, column in enumerate(columns)]
        right.selectbox("Column", names, key="table_column")


def current_column() -> dict | None:
    """The chosen column as the browser takes it, at most `LONGEST` samples; None as long as there is no table."""
    digest, columns = st.session_state.get(_COLUMNS, ("", []))
    if not columns:
        return None
    chosen = st.session_state.get("table_column") or "1."
    at = min(int(chosen.split(".")[0]) - 1, len(columns) - 1)
    column = columns[at]
    values, each = shortened(column.values, LONGEST)
    parts = [f"Column “{column.name}”: {len(column.values):,} rows."]
    if each > 1:
        parts.append(f"Each sample is the mean of {each} rows.")
    if column.gaps:
        parts.append(f"{column.gaps:,} gaps are filled by straight lines.")
    return {
        "id": f"{digest}-{at}",
        "title": f"Column “{column.name}”",
        "values": [float(value) for value in values.astype(np.float32)],
        "note": " ".join([*parts, NOT_IN_A_LINK]),
    }


def _uploaded() -> None:
    """Reads the table; what is none is explained, and the last one stays."""
    file = st.session_state.table_file
    if file is None:
        return
    data = file.getvalue()
    try:
        columns = read_columns(data)
    except TableError as error:
        state.note(str(error))
        return
    st.session_state[_COLUMNS] = hashlib.sha256(data).hexdigest()[:12], columns
    st.session_state.pop("table_column", None)


def answer(column: dict | None) -> None:
    """Sends torch's outputs for what the session holds, with the revision they belong to."""
    about = {"revision": st.session_state[_REVISION]}
    session = state.settings()
    try:
        if session.signal == "column":
            if column is None:
                raise ValueError("The column of a table cannot travel in a link: choose another signal.")
            values = np.array(column["values"], dtype=np.float32)
        elif session.signal == "drawn":
            values = np.array(session.curve or (0.0,) * 5, dtype=np.float32)
        else:
            values = SIGNALS[session.signal].values
        weights = torch.tensor(session.taps or TAPS[session.wave].weights, dtype=torch.float32)
        made = slide(
            torch.from_numpy(values.copy()),
            weights,
            act=session.act,
            stride=session.pace,
            padding=session.lead,
            causal=session.causal,
            dilation=session.spread,
        )
    except ValueError as error:
        feed("slid", refused=str(error), **about)
    else:
        feed("slid", made.numpy(), **about)


_SIGNALS_TABLE = [
    {"key": signal.key, "title": signal.title, "values": [float(value) for value in signal.values]}
    for signal in SIGNALS.values()
]
_TAPS_TABLE = [
    {"key": taps.key, "title": taps.title, "weights": list(taps.weights), "sentence": taps.sentence}
    for taps in TAPS.values()
]
# texts: Streamlit would look at every single number of the tables, at each run
_SIGNALS_TEXT, _TAPS_TEXT = json.dumps(_SIGNALS_TABLE), json.dumps(_TAPS_TABLE)
