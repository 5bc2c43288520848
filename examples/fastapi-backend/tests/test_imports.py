"""Each module can be imported alone, so no import is circular."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

# Forks one process per module, where packages are imported already, but no module of the backend.
SCRIPT = """
import importlib, os, sys
for module in sys.argv[1:]:
    importlib.import_module(module)
for name in [name for name in sys.modules if name.partition(".")[0] == "backend"]:
    del sys.modules[name]
failed = []
for module in sys.argv[1:]:
    child = os.fork()
    if child == 0:
        try:
            importlib.import_module(module)
        except BaseException:
            import traceback
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    if os.waitpid(child, 0)[1] != 0:
        failed.append(module)
sys.exit(f"can't be imported alone: {failed}" if failed else 0)
"""


def modules() -> list[str]:
    paths = [path.relative_to(ROOT).with_suffix("") for path in (ROOT / "backend").rglob("*.py")]
    return sorted(".".join(path.parts).removesuffix(".__init__") for path in paths)


def test_every_module_is_imported_alone() -> None:
    names = modules()
    assert {"backend.app", "backend.metrics", "backend.telemetry", "backend.api.content"} <= {
        *names
    }
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, *names], cwd=ROOT, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr


def test_no_module_is_longer_than_200_lines() -> None:
    long = [
        path.name
        for path in (ROOT / "backend").rglob("*.py")
        if path.name != "load.py" and len(path.read_text().splitlines()) > 200
    ]
    assert long == []
