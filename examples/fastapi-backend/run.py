"""Installs the locked dependencies into `.venv`, and runs a command there.

python3 run.py          start the backend
python3 run.py load     make traffic (more options: python3 run.py load --help)
python3 run.py receiver receive alerts only
python3 run.py test     run the tests
python3 run.py bench    measure the cost of the instrumentation
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
COMMANDS = {
    "serve": ["-m", "backend"],
    "load": ["-m", "backend.load"],
    "receiver": ["-m", "backend.receiver"],
    "test": ["-m", "pytest"],
    "bench": ["bench/bench.py"],
}


def install(requirements: Path) -> None:
    """Uses uv if it is installed, otherwise pip. Does nothing if `.venv` is up to date."""
    stamp = VENV / f"{requirements.name}.sha256"
    digest = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    print("Installing dependencies into .venv", file=sys.stderr)
    uv = shutil.which("uv")
    if uv:
        subprocess.run([uv, "venv", "--quiet", "--clear", "-p", sys.executable, VENV], check=True)
        command = [uv, "pip", "install", "--quiet", "--python", PYTHON]
    else:
        subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True)
        command = [PYTHON, "-m", "pip", "install", "--quiet", "--no-compile"]
    subprocess.run([*command, "--require-hashes", "-r", requirements], check=True)
    for name in ("requirements.txt", requirements.name):
        digest = hashlib.sha256((HERE / name).read_bytes() + sys.version.encode()).hexdigest()
        (VENV / f"{name}.sha256").write_text(digest)


def main() -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 - the reader may have an older one
        version = ".".join(map(str, sys.version_info[:3]))
        sys.exit(f"Python 3.11 or later is required, and this is {version}.")
    name, *arguments = sys.argv[1:] or ["serve"]
    if name not in COMMANDS:
        sys.exit(__doc__)
    try:
        install(HERE / ("requirements-dev.txt" if name == "test" else "requirements.txt"))
    except subprocess.CalledProcessError as error:
        sys.exit(f"The dependencies could not be installed: {error}")
    try:
        return subprocess.run([PYTHON, *COMMANDS[name], *arguments], cwd=HERE).returncode
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
