"""A report in a real browser: nothing on its console, no request, both themes, readable without a mouse."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import Command

pytestmark = pytest.mark.full

REPOSITORY = Path(__file__).parents[2]
EXAMPLE = REPOSITORY / "examples" / "speech_segments" / "pipeline.py"
SPEECH = REPOSITORY / "testdata" / "speech" / "sense_0880.wav"
LIGHT, DARK = "1", "0"

# The page itself runs no script; this one looks at it from outside, through a copy with a policy that lets it.
LOOK = """\
<script>
const luminance = color => {
  const [r, g, b] = color.match(/[\\d.]+/g).slice(0, 3).map(it => it / 255)
    .map(it => it <= 0.04045 ? it / 12.92 : ((it + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
const behind = element => {
  for (let it = element; it; it = it.parentElement) {
    const color = getComputedStyle(it).backgroundColor;
    if (color !== 'rgba(0, 0, 0, 0)') return color;
  }
};
const texts = [...document.querySelectorAll('h1,h2,h3,p,dt,dd,th,td,caption,summary,pre,span,code')];
const poor = texts.map(it => contrast(luminance(getComputedStyle(it).color), luminance(behind(it))));
const regions = [...document.querySelectorAll('.scroll')];
document.title = JSON.stringify({
  contrast: Math.min(...poor),
  theme: getComputedStyle(document.body).backgroundColor,
  overflow: document.documentElement.scrollWidth > innerWidth,
  focusable: regions.every(it => it.tabIndex === 0 && it.getAttribute('aria-label')),
  headings: [...document.querySelectorAll('h1,h2')].map(it => it.tagName + ' ' + it.firstChild.textContent),
  requests: performance.getEntriesByType('resource').length,
});
</script>
"""


@pytest.fixture(scope="module")
def browser() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert found, "expected Chromium on the path"
    return found


@pytest.fixture
def page(remotemedia: Command, tmp_path: Path) -> Path:
    built = remotemedia("build", EXAMPLE, "-o", tmp_path / "out")
    assert built.returncode == 0, built.stderr
    (package,) = (tmp_path / "out").glob("*.rmpkg")
    done = remotemedia("run", package, "-i", SPEECH, "--report", tmp_path / "r.html")
    assert done.returncode == 0, done.stderr
    return tmp_path / "r.html"


def visit(browser: str, page: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    """Open a page in a browser that has no network and tells on stderr what it does."""
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={page.parent / 'profile'}"]
    command += ["--window-size=1280,900", "--disable-background-networking", "--enable-logging=stderr", "--v=0"]
    environ = {**os.environ, "HOME": str(page.parent)}
    return subprocess.run(
        [*command, *flags, page.as_uri()], env=environ, capture_output=True, text=True, check=True, timeout=60
    )


def test_nothing_is_on_the_console(browser: str, page: Path) -> None:
    # What the page's policy forbids would be told there.
    seen = visit(browser, page, "--dump-dom")
    assert "CONSOLE" not in seen.stderr
    assert "SpeechSegments · 2 found" in seen.stdout


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_both_themes_can_be_read_and_nothing_is_requested(theme: str, browser: str, page: Path) -> None:
    text = page.read_text()
    copy = page.with_name(f"copy-{theme}.html")
    copy.write_text(
        re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text).replace("</body>", f"{LOOK}</body>")
    )
    seen = visit(browser, copy, "--dump-dom", f"--blink-settings=preferredColorScheme={theme}").stdout
    title = re.search(r"<title>(\{.*?\})</title>", seen)
    assert title is not None
    found = json.loads(title[1].replace("&quot;", '"').replace("&amp;", "&"))
    assert found["contrast"] >= 4.5
    assert found["theme"] == ("rgb(244, 246, 248)" if theme == LIGHT else "rgb(15, 18, 22)")
    assert found["focusable"]
    assert not found["overflow"]
    assert found["requests"] == 0
    assert found["headings"][:3] == ["H1 speech_segments", "H2 Sound", "H2 Pipeline"]
