"""A headless Chromium, driven through its remote-debugging pipe: JSON ended by a NUL, on the
descriptors 3 and 4. Nothing but the standard library is needed."""

import contextlib
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import tempfile
import time

from statements import Skip

NAMES = ("chromium", "chromium-browser", "google-chrome")


def find():
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return path
    raise Skip("no chromium")


class Page:
    """One tab. What it says on its console, and its errors, are in `said`."""

    def __init__(self, browser, session, target):
        self.browser = browser
        self.session = session
        self.target = target
        browser.pages[session] = self
        self.said = []
        self.asked = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method, **parameters):
        return self.browser.send(method, parameters, self.session)

    def hear(self, event):
        method, about = event["method"], event.get("params", {})
        if method == "Runtime.consoleAPICalled":
            self.said.append(str([argument.get("value") for argument in about["args"]]))
        elif method == "Runtime.exceptionThrown":
            details = about["exceptionDetails"]
            self.said.append(details.get("exception", {}).get("description", details["text"]))
        elif method == "Log.entryAdded":
            self.said.append(about["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            self.asked.append(about["request"]["url"])

    def open(self, url):
        self.send("Page.navigate", url=url)
        end = time.monotonic() + 30
        while self.value("document.readyState") != "complete":
            if time.monotonic() > end:
                raise TimeoutError(url)
            time.sleep(0.02)

    def value(self, expression):
        """Of an expression, or of the promise that it is."""
        answer = self.send("Runtime.evaluate", expression=expression, returnByValue=True,
                           awaitPromise=True)
        if "exceptionDetails" in answer:
            raise AssertionError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def key(self, name):
        about = {"key": name, "code": name if len(name) > 1 else f"Key{name.upper()}"}
        if name == "Tab":
            about["windowsVirtualKeyCode"] = 9
        text = {"text": name} if len(name) == 1 else {}
        self.send("Input.dispatchKeyEvent", type="keyDown", **about, **text)
        self.send("Input.dispatchKeyEvent", type="keyUp", **about)

    def size(self, width, height, mobile=False):
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=mobile)

    def colours(self, scheme):
        self.send("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": scheme}])

    def drawn(self):
        """Waits until what has changed is on the screen."""
        self.value("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


class Browser:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="cowcheck-chromium-")
        command_read, self.command_write = os.pipe()
        self.answer_read, answer_write = os.pipe()

        def on_3_and_4():
            first, second = os.dup(command_read), os.dup(answer_write)
            os.dup2(first, 3)
            os.dup2(second, 4)

        arguments = [find(), "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
                     "--disable-background-networking", "--disable-dev-shm-usage",
                     "--disable-component-update", "--hide-scrollbars",
                     f"--user-data-dir={self.folder}", "--remote-debugging-pipe", "about:blank"]
        self.process = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, preexec_fn=on_3_and_4, close_fds=False,
            start_new_session=True)
        os.close(command_read)
        os.close(answer_write)
        self.number = 0
        self.rest = b""
        self.pages = {}

    def receive(self, timeout):
        end = time.monotonic() + timeout
        while b"\0" not in self.rest:
            ready, _, _ = select.select([self.answer_read], [], [], max(0, end - time.monotonic()))
            if not ready:
                raise TimeoutError("chromium does not answer")
            piece = os.read(self.answer_read, 1 << 20)
            if not piece:
                raise EOFError("chromium has gone")
            self.rest += piece
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def send(self, method, parameters=None, session=None, timeout=60):
        self.number += 1
        number = self.number
        message = {"id": number, "method": method, "params": parameters or {}}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.command_write, data):]
        while True:
            answer = self.receive(timeout)
            if answer.get("id") == number:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']}")
                return answer["result"]
            page = self.pages.get(answer.get("sessionId"))
            if page and "method" in answer:
                page.hear(answer)

    def page(self):
        target = self.send("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = self.send("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        return Page(self, session, target)

    def close(self):
        with contextlib.suppress(Exception):
            self.send("Browser.close", timeout=5)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=10)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.command_write)
        os.close(self.answer_read)
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def browser():
    one = Browser()
    try:
        yield one
    finally:
        one.close()


def url_of(path):
    return pathlib.Path(path).absolute().as_uri()


# Text whose contrast with what is behind it is below 4.5 (3 for large), as WCAG computes it.
POOR = """(() => {
  const channels = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = node => {
    for (let at = node; at; at = at.parentElement) {
      const colour = channels(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
      if (colour[3] !== 0) return null;
    }
    return [255, 255, 255];
  };
  const poor = new Set();
  let looked = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const of = node.parentElement;
    if (!node.textContent.trim() || !of.checkVisibility() || of.closest('script, noscript, .spoken, :disabled'))
      continue;
    const style = getComputedStyle(of);
    const back = behind(of);
    ++looked;
    const [a, b] = [light(channels(style.color)), back ? light(back) : 2].sort((x, y) => y - x);
    const large = parseFloat(style.fontSize) >= 24;
    if (!back || (a + 0.05) / (b + 0.05) < (large ? 3 : 4.5))
      poor.add(`${of.tagName}.${of.className} ${style.color} on ${back}: ${node.textContent.trim().slice(0, 30)}`);
  }
  return {looked, poor: [...poor]};
})()"""
