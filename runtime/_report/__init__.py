"""A run as one HTML page: no script, nothing from elsewhere, light and dark.

from remotemedia.runtime._report import page

page(recording)
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from remotemedia.runtime._report import _sections
from remotemedia.runtime._report._html import Html, tag
from remotemedia.runtime._report._sound import sound_section
from remotemedia.runtime._report._style import STYLE

if TYPE_CHECKING:
    from remotemedia.runtime.recording import Recording

__all__ = ["page"]


def page(recording: Recording) -> str:
    """Return the page; its size is bounded by what a recording keeps."""
    # The one style is allowed by its hash, and nothing else: what a package says cannot load, run or restyle anything.
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=f"default-src 'none'; style-src 'sha256-{digest}'"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", f"{recording.package.config['name']}: {recording.outcome}"),
        tag("style", Html(STYLE)),
    )
    main = tag(
        "main",
        _sections.failure(recording),
        sound_section(recording.probe),
        _sections.graph(recording),
        _sections.nodes(recording),
        _sections.edges(recording),
        _sections.over_time(recording),
        _sections.log(recording),
        _sections.plan(recording),
        _sections.origin(recording),
    )
    footer = tag("footer", "Times of calls are of a sample; see docs/reference/observability.md.")
    body = tag("body", _sections.heading(recording), main, footer)
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"
