"""A real paste: what an office program puts on the clipboard, and the keys that paste it."""

from playwright.sync_api import expect

from tests.browser.conftest import Watched

COPY = """([html, text]) => new Promise((resolve) => {
  document.addEventListener("copy", (event) => {
    event.preventDefault();
    event.clipboardData.setData("text/html", html);
    event.clipboardData.setData("text/plain", text);
    resolve();
  }, { once: true });
  document.execCommand("copy");
})"""
"""As a program writes it: the browser cleans what a script hands to `navigator.clipboard`, but not this."""
WATCH = """() => document.addEventListener("paste", (event) => {
  window.pasted = event.isTrusted && event.clipboardData.getData("text/html");
}, { capture: true, once: true })"""


def paste(page: Watched, html: str, *, text: str = "x") -> None:
    """Press the keys for paste in the editor, at its end, with this on the clipboard."""
    editor = page.locator("trix-editor")
    editor.wait_for()
    page.evaluate(COPY, [html, text])
    page.evaluate(WATCH)
    editor.focus()
    page.keyboard.press("Control+End")
    page.keyboard.press("Control+V")
    page.wait_until("window.pasted")
    assert page.evaluate("window.pasted") == html
    expect(editor).not_to_be_empty()
