"""Waiting for a page. Playwright's own `wait_for_function` evaluates strings in the page, which our CSP forbids."""

import time
from typing import Any

import pytest
from playwright.sync_api import Page

PATIENCE_S = 20


def until(page: Page, expression: str) -> Any:
    """The expression's value, once it is true."""
    deadline = time.monotonic() + PATIENCE_S
    while not (value := page.evaluate(expression)):
        if time.monotonic() > deadline:
            pytest.fail(f"never true: {expression}")
        page.wait_for_timeout(50)
    return value
