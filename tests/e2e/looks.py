"""What is wrong with a page as it is drawn now: what axe finds, targets too small for a finger, what does not fit."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TARGET = 48

SMALL = """(target) => {
  const IN_TEXT = ["inline", "inline-block"];
  const controls = "button, summary, select, textarea, input:not([type=hidden]), a[href], [role=button]";
  return [...document.querySelectorAll(controls)].flatMap((one) => {
    // A link within a text is as high as the text (WCAG 2.5.8), and a skipping link waits outside the page.
    if (one.matches(".skip") || (one.matches("a") && IN_TEXT.includes(getComputedStyle(one).display))) return [];
    const area = one.matches("input[type=radio], input[type=checkbox]") ? one.closest("label") ?? one : one;
    const { width, height } = area.getBoundingClientRect();
    if (!area.checkVisibility({ visibilityProperty: true }) || width === 0 || height >= target - 0.5) return [];
    return [`${one.outerHTML.slice(0, 100)} ${Math.round(width)} x ${Math.round(height)}`];
  });
}"""


def faults(page: Page) -> list[str]:
    """Of axe, on these rules."""
    found = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]}).response["violations"]
    return [f"{one['id']}: {place['target']} {place['html'][:120]}" for one in found for place in one["nodes"]]


def too_small(page: Page) -> list[str]:
    """Controls less than 48 pixels high."""
    return [str(one) for one in page.evaluate(SMALL, TARGET)]


def too_wide(page: Page) -> list[str]:
    """Whether the page must be moved sideways to be read, or, but on a phone, to reach all of its tabs."""
    found = []
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("wider than the screen")
    tabs = "document.querySelector('.tabs')"
    if page.evaluate(f"innerWidth > 640 && {tabs} !== null && {tabs}.scrollWidth > {tabs}.clientWidth"):
        found.append("tabs cut off")
    return found
