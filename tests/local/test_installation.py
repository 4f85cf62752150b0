"""Installing before anything is installed: uv hears what this machine told pip."""

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "tracker" / "local" / "install.py"
ASK = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("install", sys.argv[1])
install = importlib.util.module_from_spec(spec)
spec.loader.exec_module(install)
env = install._uv_environment()
for name in sys.argv[2:]:
    print(env.get(name, "-"))
"""


def uv_hears(*names: str, **env: str) -> list[str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
    plain.pop("SSL_CERT_FILE", None)
    told = subprocess.run(
        [sys.executable, "-c", ASK, str(SCRIPT), *names],
        env={**plain, **env},
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout.splitlines()


def test_what_pip_is_told_by_file_and_variable_reaches_uv(tmp_path: Path) -> None:
    config = tmp_path / "pip.conf"
    config.write_text(
        "[global]\nindex-url = https://mirror.example/simple\ncert = /etc/own.pem\n"
        "[install]\nfind-links =\n    /wheels/one\n    /wheels/two\n"
    )
    heard = uv_hears(
        "UV_DEFAULT_INDEX",
        "SSL_CERT_FILE",
        "UV_FIND_LINKS",
        "UV_INSECURE_HOST",
        PIP_CONFIG_FILE=str(config),
        PIP_TRUSTED_HOST="one.example two.example",
        PIP_INDEX_URL="https://stronger.example/simple",
    )
    assert heard == [
        "https://stronger.example/simple",
        "/etc/own.pem",
        "/wheels/one,/wheels/two",
        "one.example two.example",
    ]


def test_what_uv_is_told_itself_stays(tmp_path: Path) -> None:
    heard = uv_hears(
        "UV_DEFAULT_INDEX", UV_DEFAULT_INDEX="https://uv.example/simple", PIP_INDEX_URL="https://pip.example"
    )
    assert heard == ["https://uv.example/simple"]
