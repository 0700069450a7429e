"""Visits to the app in a real Chromium that can reach nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, expect, sync_playwright

from tests.browser import slow_motion
from tests.browser.find_chromium import WHAT_TO_RUN, installed_chromium
from tests.browser.server import Server


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """A Chromium that can reach this machine and nothing else."""
    expect.set_options(timeout=1000 * slow_motion.patience())  # as all other waiting; by itself it is 5 s
    with sync_playwright() as playwright:
        arguments = [
            "--disable-gpu",
            "--disable-background-networking",
            "--no-proxy-server",
            "--use-fake-device-for-media-stream",  # a camera that shows a moving pattern
            "--use-fake-ui-for-media-stream",  # and that every page may use
            # Playwright could block by itself, but would switch the browser's cache off for it
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        ]
        try:
            # without a path, Playwright takes its own
            browser = playwright.chromium.launch(executable_path=installed_chromium(), args=arguments)
        except Error as error:
            raise RuntimeError(f"The browser tests found no Chromium that starts. {WHAT_TO_RUN}\n{error}") from None
        with browser:
            yield browser


class Visits:
    """Opens pages of the app, each in a browser profile of its own, and notes what goes wrong on them.

    `faults` holds one line for each request to anywhere but the app, each error on a page or in its console, and each
    traceback of the server. A test that provokes one reads and clears the list; what is left at the end fails the test.
    """

    def __init__(self, browser: Browser, server: Server) -> None:
        self.faults: list[str] = []
        self._browser = browser
        self._server = server
        self._contexts: list[BrowserContext] = []
        self._logs: dict[Server, int] = {}

    def __call__(
        self,
        path: str = "/",
        *,
        width: int = 1440,
        height: int = 900,
        dark: bool = False,
        touch: bool = False,
        server: Server | None = None,
        **more,
    ) -> Page:
        """A page that has come to rest after its first run. `more` goes to Playwright's `new_context`."""
        server = server or self._server
        self._logs.setdefault(server, len(server.log))
        context = self._browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            has_touch=touch,
            is_mobile=touch,
            **more,
        )
        context.set_default_timeout(1000 * slow_motion.patience())
        context.add_init_script(slow_motion.script())
        self._contexts.append(context)
        self._listen(context, urlsplit(server.url).netloc)
        page = context.new_page()
        page.goto(server.url + path)
        wait_at_rest(page)
        return page

    def close(self) -> None:
        """Ends all visits. AssertionError if anything went wrong on one of them."""
        for context in self._contexts:
            for page in context.pages:
                with suppress(Error):
                    page.evaluate("0")  # its answer arrives behind all that the page has had to say
            context.close()
        for server, start in self._logs.items():
            news = server.log[start:]
            if "Traceback" in news:
                self.faults.append(f"the server: {news[news.index('Traceback') :]}")
        assert not self.faults, "During the visit:\n" + "\n".join(self.faults)

    def _listen(self, context: BrowserContext, app: str) -> None:
        def asked(url: str) -> None:
            address = urlsplit(url)
            if address.scheme not in ("data", "blob", "about") and address.netloc != app:
                self.faults.append(f"a request to {url}")

        def said(message: ConsoleMessage) -> None:
            if message.type == "error" and not _is_streamlits_own(message):
                self.faults.append(f"the console: {message.text} ({message.location.get('url', '')})")

        def opened(page: Page) -> None:
            page.on("websocket", lambda connection: asked(connection.url))
            page.on("crash", lambda _: self.faults.append("the page crashed"))

        context.on("request", lambda request: asked(request.url))
        context.on("console", said)
        context.on("weberror", lambda error: self.faults.append(f"an error on the page: {error.error}"))
        context.on("page", opened)


def _is_streamlits_own(message: ConsoleMessage) -> bool:
    """Whether this is one of the two 404s of every cold deep link, where Streamlit guesses at its own root."""
    path = urlsplit(message.location.get("url", "")).path
    guesses = ("/_stcore/health", "/_stcore/host-config")
    return "404" in message.text and path.endswith(guesses) and path not in guesses


def turn_to(page: Page, *, dark: bool) -> None:
    """Has the browser prefer the other colours, and waits until all components have followed and no colour changes any more."""
    page.emulate_media(color_scheme="dark" if dark else "light")
    page.wait_for_function(
        """(theme) => {
          const trees = (root) => [root, ...[...root.querySelectorAll("*")].flatMap(({ shadowRoot }) => shadowRoot ? trees(shadowRoot) : [])];
          const all = trees(document);
          return all.every((root) => [...root.querySelectorAll("[data-theme]")].every(({ dataset }) => dataset.theme === theme))
            && all.every((root) => !root.getAnimations().some(({ playState }) => playState === "running"));
        }""",
        arg="dark" if dark else "light",
    )


def wait_at_rest(page: Page) -> None:
    """Waits until Streamlit is connected, has run the page and shows it, the parts that load late included.

    Right after a click it may not have begun to run: wait for what the click should bring instead.
    """
    page.wait_for_function(
        """() => {
          const app = document.querySelector('[data-testid="stApp"]');
          return app?.dataset.testConnectionState === "CONNECTED" && app.dataset.testScriptState === "notRunning"
            && document.querySelector('[data-testid="stMain"] [data-testid="stElementContainer"]')
            && !document.querySelector('[data-testid="stSkeleton"]');
        }"""
    )
