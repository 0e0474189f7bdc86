"""The report as PDF, printed by a browser of this machine; nothing else prints HTML as its readers see it."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

BROWSERS = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge", "msedge",
)  # fmt: skip
PATIENCE_S = 120


def _as_root() -> list[str]:
    """A browser refuses to run as root with its sandbox, as in a container; what it opens is our own page."""
    return ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []


def print_report(report: Path) -> Path | None:
    """Print `report.html` to `report.pdf` beside it.

    Returns
    -------
    Path or None
        The file; None, and a line on standard error, where no browser is found or it does not print. The report is
        whole without.
    """
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        print("report: no PDF, since no Chromium, Chrome or Edge is found; print report.html yourself", file=sys.stderr)
        return None
    target = report.with_suffix(".pdf").resolve()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        printed = Path(folder) / target.name
        command = [
            browser, "--headless", *_as_root(), "--disable-gpu", "--no-pdf-header-footer", "--disable-extensions",
            f"--user-data-dir={folder}/profile", f"--print-to-pdf={printed}", report.resolve().as_uri(),
        ]  # fmt: skip
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE_S)
            shutil.copyfile(printed, target)
        except (OSError, subprocess.SubprocessError) as error:
            print(f"report: no PDF, since {Path(browser).name} did not print ({type(error).__name__})", file=sys.stderr)
            return None
    return target
