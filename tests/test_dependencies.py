"""The rules of the house: who may import whom, what no file does, what stands at the top."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# each may import itself and what stands to its right; app.py counts as a page, and `cnnviz` itself hands out core's names
LAYERS = ("pages", "ui", "figures", "core")
LIBRARIES = {"streamlit": ("pages", "ui"), "plotly": ("pages", "ui", "figures")}

AT_THE_TOP = {"app.py", "pages", "cnnviz", "requirements.txt", "tests", "README.md"}
AT_THE_TOP |= {"pyproject.toml", "Makefile", "LICENSE", "CHANGELOG.md", "deploy"}

RUNS_WHAT_IT_READS = {"pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
CALLS_THAT_RUN_TEXT = {"eval", "exec", "compile", "__import__"}
LOADS_THAT_RUN = {"torch.load", "torch.jit.load", "torch.hub.load"}
MAKES_PAGE_FROM_TEXT = re.compile(r"\b(innerHTML|outerHTML)\s*\+?=(?!=)|\binsertAdjacentHTML\b|\bdocument\.write\b")
MAKES_CODE_FROM_TEXT = re.compile(r"(?<![.\w])eval\(|\bnew Function\b")
JS_IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']""")
ELSEWHERE = re.compile(r"""\b(?:https?|wss?)://[^\s"'`)]+|(?<=["'(])//\w[^\s"')]+""")
XML_NAMES = "http://www.w3.org/"  # names of vocabularies, never fetched


def layer(path: str) -> str:
    """The layer of a file, or of a module written as a path: "cnnviz/ui/stage" → "ui"."""
    parts = Path(path).parts
    if parts[0] != "cnnviz":
        return "pages"
    return parts[1] if len(parts) > 1 and parts[1] in LAYERS else "core"


def imported(path: str, source: str) -> list[str]:
    """Every module that a file imports, at its top or deep inside, by its full name."""
    package = list(Path(path).parent.parts)
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*above, *filter(None, [node.module])])
            # `from cnnviz import ui` names a module in its second half
            names += [f"{module}.{alias.name}" for alias in node.names]
    return names


def broken_imports(path: str, source: str) -> list[str]:
    """The imports of a file that the order of the layers forbids."""
    own = layer(path)
    broken = []
    for name in imported(path, source):
        top = name.split(".")[0]
        if top in ("app", "pages", "cnnviz"):
            allowed = LAYERS.index(layer(name.replace(".", "/"))) >= LAYERS.index(own)
        else:
            allowed = top != "tests" and own in LIBRARIES.get(top, LAYERS)
        if not allowed:
            broken.append(f"{path} ({own}) imports {name}")
    return broken


def dangers(path: str, source: str) -> list[str]:
    """The places of a Python file that would run what they read, or put text into the page as it comes."""
    tree = ast.parse(source)
    found = [name for name in imported(path, source) if name.split(".")[0] in RUNS_WHAT_IT_READS]
    found += [name for name in imported(path, source) if name in LOADS_THAT_RUN]
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = ast.unparse(call.func)
        if name in CALLS_THAT_RUN_TEXT | LOADS_THAT_RUN:
            found.append(f"{name}(…)")
        for keyword in call.keywords:
            if keyword.arg in ("unsafe_allow_html", "allow_pickle") and ast.unparse(keyword.value) != "False":
                found.append(f"{keyword.arg}={ast.unparse(keyword.value)}")
    return [f"{path}: {what}" for what in found]


def browser_dangers(path: str, source: str) -> list[str]:
    """The same for a file that the browser gets, and its imports and addresses that leave the folder."""
    code = re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
    code = re.sub(r"(?m)(^|\s)//.*$", "", code)
    # a script's bare name is a package; a style sheet's is a file beside it
    beside = re.compile(r"[\w-]+\.css|\.{1,2}/.*" if path.endswith(".css") else r"\.{1,2}/.*")
    found = [f"imports {name}" for name in JS_IMPORT.findall(code) if not beside.fullmatch(name)]
    found += [url for url in ELSEWHERE.findall(code) if not url.startswith(XML_NAMES)]
    found += [match[0] for match in MAKES_PAGE_FROM_TEXT.finditer(code)]
    found += [match[0] for match in MAKES_CODE_FROM_TEXT.finditer(code)]
    return [f"{path}: {what}" for what in found]


def strangers(paths: list[str]) -> list[str]:
    """What stands at the top of the repository and is not meant to. Names with a dot in front are tools' own."""
    return sorted({name for name in (Path(path).parts[0] for path in paths) if name[0] != "."} - AT_THE_TOP)


def ours(*suffixes: str) -> list[tuple[str, str]]:
    """The app's and the package's files with these endings, as (path, text)."""
    folders = [ROOT / "pages", ROOT / "cnnviz"]
    files = [file for folder in folders for file in sorted(folder.rglob("*")) if file.suffix in suffixes]
    files += [ROOT / "app.py"] if ".py" in suffixes and (ROOT / "app.py").exists() else []
    return [(file.relative_to(ROOT).as_posix(), file.read_text(encoding="utf-8")) for file in files]


def test_each_layer_imports_only_what_stands_to_its_right():
    assert [line for path, source in ours(".py") for line in broken_imports(path, source)] == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("cnnviz/core/images.py", "import streamlit as st"),
        ("cnnviz/core/images.py", "def f():\n    from streamlit.runtime import x"),
        ("cnnviz/core/images.py", "import plotly.graph_objects"),
        ("cnnviz/core/images.py", "from cnnviz.figures import palette"),
        ("cnnviz/core/images.py", "from ..ui.state import seed"),
        ("cnnviz/core/images.py", "from .. import ui"),
        ("cnnviz/core/images.py", "from cnnviz import ui"),
        ("cnnviz/core/images.py", "from tests.browser import harness"),
        ("cnnviz/figures/curves.py", "import streamlit"),
        ("cnnviz/figures/curves.py", "import cnnviz.ui.stage"),
        ("cnnviz/ui/stage.py", "import pages.network"),
        ("cnnviz/ui/stage.py", "import app"),
        ("cnnviz/__init__.py", "from cnnviz.ui import stage"),
        ("cnnviz/__init__.py", "from .figures import palette"),
    ],
)
def test_the_order_is_seen_to_be_broken(path, source):
    assert len(broken_imports(path, source)) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("app.py", "import streamlit\nfrom cnnviz.ui import shell\nfrom cnnviz.core import images"),
        ("pages/network.py", "from cnnviz import load_network\nfrom cnnviz.figures import palette"),
        ("cnnviz/ui/stage.py", "import streamlit as st\nfrom ..core.trace import trace\nfrom . import state"),
        ("cnnviz/figures/curves.py", "import plotly\nfrom cnnviz.core import images"),
        ("cnnviz/core/trace.py", "import torch\nfrom .windows import WindowSpec\nfrom cnnviz.core import images"),
        ("cnnviz/__init__.py", "from cnnviz.core.trace import trace"),
    ],
)
def test_the_order_allows_what_it_should(path, source):
    assert broken_imports(path, source) == []


def test_nothing_runs_what_it_reads_or_puts_raw_text_into_the_page():
    assert [line for path, source in ours(".py") for line in dangers(path, source)] == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from pickle import loads",
        "torch.load(path)",
        "from torch import load",
        "eval(text)",
        "exec(text)",
        "np.load(path, allow_pickle=True)",
        "st.markdown(text, unsafe_allow_html=True)",
    ],
)
def test_a_danger_is_seen(source):
    assert len(dangers("pages/x.py", source)) == 1


def test_what_only_looks_dangerous_is_allowed():
    harmless = "model.eval()\nre.compile('a')\nnp.load(p, allow_pickle=False)\nsafetensors.torch.load_file(p)"
    assert dangers("pages/x.py", harmless) == []


def test_the_browser_gets_no_raw_text_and_nothing_from_elsewhere():
    files = ours(".js", ".css", ".html", ".svg")
    assert files
    assert [line for path, source in files for line in browser_dangers(path, source)] == []


def test_every_module_of_the_frontend_imports_files_that_are_there():
    lost = [
        f"{path} imports {name}"
        for path, source in ours(".js", ".css")
        for name in JS_IMPORT.findall(source)
        if not (ROOT / path).parent.joinpath(name).is_file()
    ]
    assert lost == []


@pytest.mark.parametrize(
    "source",
    [
        'import { html } from "https://cdn.example/lit.js"',
        'import "lit"',
        'const lit = await import("lit")',
        'fetch("http://example.com/x") // why',
        "@font-face { src: url(//cdn.example/font.woff2) }",
        "element.innerHTML = text",
        "element.innerHTML += text",
        'element.insertAdjacentHTML("beforeend", text)',
        'new Function("return 1")',
        'eval("1")',
    ],
)
def test_a_danger_in_the_browser_is_seen(source):
    assert browser_dangers("cnnviz/frontend/x.js", source)


def test_what_only_looks_dangerous_in_the_browser_is_allowed():
    harmless = """
        import { conv2d } from "./operations.js"; // see https://example.com
        /* http://example.com */ const SVG = "http://www.w3.org/2000/svg";
        if (element.innerHTML === "") network.eval();
        fetch(new URL("../cnnviz.assets/mnist.safetensors", import.meta.url));
    """
    assert browser_dangers("cnnviz/frontend/x.js", harmless) == []


def test_only_what_is_meant_to_stands_at_the_top():
    if not (ROOT / ".git").exists():
        return  # an unpacked archive knows no more than what lies there
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert strangers(listed.split("\0")[:-1]) == []


def test_a_stranger_at_the_top_is_seen():
    assert strangers(["app.py", ".ci/run", "notes.txt", "pages/network.py", "scripts/x.sh"]) == ["notes.txt", "scripts"]
