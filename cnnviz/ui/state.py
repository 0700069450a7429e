"""The session's state, filled from a link and told to one: `parameters` is the table of what there is."""

from collections.abc import Callable, Iterable, MutableMapping
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qsl, quote

import streamlit as st

from cnnviz.ui.parameters import BELOW_CHANNELS, IMAGE, PARAMETERS, SHARED, UPLOAD, Parameter
from cnnviz.ui.texts import number_in

_SETTINGS = "settings"
_CHOICES = "_choices"
_LINKED = "_image_linked"
_NOTES = "_notes"
_STAND_IN = "_stand_in_image"
_SAID_BEFORE = "_said_before"

_Value = TypeVar("_Value")


class Settings(dict):
    """All that a link can carry, by the names of `parameters`, which are attributes as well."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value


class Back(NamedTuple):
    """What a browser brings along that comes back from another session: the query in its address bar, what the components of its
    page said last, by their names, and how often a picture has been chosen, if it knows."""

    query: str
    said: dict[str, str]
    choices: int | None


def settings() -> Settings:
    """All that a link can carry, as it is in this session.

    It is one entry of Streamlit's session. Streamlit sees to each of its entries several times in every run, and to each
    question; sixty more of them took an eighth of the time in which a small lesson runs.
    """
    return st.session_state[_SETTINGS]


def _home(parameter: Parameter, now: Settings) -> MutableMapping[str, Any]:
    """Where a parameter's value lies: among the settings, or, if one of Streamlit's own widgets holds it, where that looks for it."""
    return st.session_state if parameter in BELOW_CHANNELS else now


def seed(back: Back | None = None) -> None:
    """Fills the session from the link, once; what cannot be read is noted and stands at its default.

    From ``back`` where a browser has come back from another session: what Streamlit knows is older.
    """
    if _SETTINGS in st.session_state:
        return
    st.session_state[_SETTINGS] = now = Settings()
    for parameter in PARAMETERS.values():
        _home(parameter, now).setdefault(parameter.name, parameter.default)
    st.session_state[_NOTES] = []
    link_texts = st.query_params if back is None else dict(parse_qsl(back.query, keep_blank_values=True))
    given = {name: text for name, text in link_texts.items() if name in PARAMETERS}
    refused = read(given, PARAMETERS.values())
    st.session_state[_LINKED] = "image" in given and "image" not in refused
    if refused:
        note(
            f"The link holds something that cannot be read ({', '.join(sorted(refused))}): the page shows its default."
        )
    if now.image == UPLOAD:
        for parameter in IMAGE:  # size and cut were meant for that picture
            now[parameter.name] = parameter.default
        if back is None:
            note("An uploaded picture cannot travel in a link: it stays with the one who uploaded it.")
        else:
            note("The app was started again, and has lost your picture: upload it once more. All else is as it was.")

    if back:
        st.session_state[_SAID_BEFORE] = dict(back.said)
        if back.choices is not None:
            st.session_state[_CHOICES] = back.choices


def choose(key: str) -> None:
    """Another picture, a sample, a drawing or what was brought along: nothing is drawn on it, cut off, or resized."""
    now = settings()
    now.image = key
    for name in ("strokes", "size", "cut", "ground"):
        now[name] = PARAMETERS[name].default
    st.session_state[_CHOICES] = choices() + 1


def choices() -> int:
    """How often this session has chosen a picture; the same one chosen anew is another."""
    return st.session_state.get(_CHOICES, 0)


def picture_chosen() -> bool:
    """Has anybody chosen the picture: here, or in the link that was opened? The default can be chosen too."""
    return settings().image != PARAMETERS["image"].default or choices() > 0 or st.session_state.get(_LINKED, False)


def read(texts: dict[str, str], parameters: Iterable[Parameter]) -> set[str]:
    """Puts the texts' values into the session; returns the names of those that could not be read, left as they were."""
    refused, now = set(), settings()
    for parameter in parameters:
        if parameter.name in texts:
            try:
                _home(parameter, now)[parameter.name] = parameter.parse(texts[parameter.name])
            except (ValueError, OverflowError):
                refused.add(parameter.name)
    return refused


def stand_in(image: str) -> None:
    """Shows this sample as long as nobody has chosen a picture; `dismiss_stand_in` takes it away again."""
    if not picture_chosen():
        settings().image = st.session_state[_STAND_IN] = image


def dismiss_stand_in() -> None:
    """Another page shows its own first picture, unless somebody has chosen one meanwhile."""
    if _STAND_IN in st.session_state and st.session_state.pop(_STAND_IN) == settings().image:
        settings().image = PARAMETERS["image"].default


def settle(query: str, parameters: Iterable[Parameter]) -> set[str]:
    """What a component says of its own state: a name that its text leaves out stands at its default.

    Returns the names that could not be read; only a hand-made message holds any.
    """
    parameters = (*parameters, *SHARED)
    texts, now = dict(parse_qsl(query, keep_blank_values=True)), settings()
    for parameter in parameters:
        if parameter.name not in texts:
            _home(parameter, now)[parameter.name] = parameter.default
    return read(texts, parameters)


def begin(name: str, key: str, counter: str, settled: Callable[[], None]) -> None:
    """A visit begins to a page whose component of this name and key has not told of any change: ``counter`` is 0.

    Where a browser has come back from another session, ``settled`` hears first of all what the component told that one.
    """
    st.session_state[counter] = 0
    said = st.session_state.get(_SAID_BEFORE, {})
    if name in said:
        said[key] = said.pop(name)
        settled()
    st.session_state[f"{counter}_first"] = st.session_state[counter]


def first_revision(counter: str) -> int:
    """The number at which the visit began, from which the component counts on."""
    return st.session_state[f"{counter}_first"]


def heard(key: str, counter: str, parts: int = 2) -> list[str] | None:
    """What the component with this key says at rest, "revision;…;query", without the number of the change, which ``counter`` takes.

    None for a message that no component writes: one of fewer ``parts``, or without such a number. A query may hold ";" itself.
    """
    before = st.session_state.get(_SAID_BEFORE, {})
    text = before.pop(key) if key in before else st.session_state[key].settled
    number, *said = text.split(";", parts - 1) if isinstance(text, str) else ("",)
    try:
        change = revision(number)
    except ValueError:
        return None
    if len(said) != parts - 1:
        return None
    st.session_state[counter] = change
    return said


def revision(text: str) -> int:
    """The number of a change in the browser, as its message names it; ValueError if it is none."""
    return number_in(0, 2**53)(text)


def link(parameters: Iterable[Parameter]) -> str:
    """The query text of all that differs from its default."""
    now = settings()
    return "&".join(
        f"{parameter.name}={quote(parameter.text(value), safe=',~')}"
        for parameter in parameters
        if (value := _home(parameter, now)[parameter.name]) != parameter.default
    )


def remembered(name: str, about: object, make: Callable[[], _Value]) -> _Value:
    """What ``make`` gives, kept under this name until it is ``about`` something else: in this session, and in no cache that
    students share."""
    key = f"_remembered_{name}"
    kept = st.session_state.get(key)
    if kept is None or kept[0] != about:
        kept = st.session_state[key] = about, make()
    return kept[1]


def note(sentence: str) -> None:
    """Keeps a sentence to be shown at the top of the page, until the page as a whole runs once more."""
    st.session_state[_NOTES].append(sentence)


def notes() -> list[str]:
    """The sentences that wait to be shown."""
    return list(st.session_state[_NOTES])


def take_notes() -> list[str]:
    """The sentences that this run shows."""
    waiting, st.session_state[_NOTES] = st.session_state[_NOTES], []
    return waiting
