"""JupyterLab over a student's folder: on loopback, with a token, quiet.

Knows Jupyter's settings; refuses to know notebooks. All that Jupyter is told lies in the folder
itself (``.kmslab/jupyter``), so the student's other Jupyter settings neither show nor change.
"""

import json
import os
import sys
import webbrowser
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from kmslab.lab.kernels import encryption

JUPYTER_FOLDER = ".kmslab/jupyter"
CLEARED = ("JUPYTER_TOKEN", "JUPYTER_TOKEN_FILE", "JUPYTER_CONFIG_PATH", "JUPYTER_PORT")

# No news from outside, and widgets that are still drawn when a saved notebook is opened again.
QUIET = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "@jupyterlab/docmanager-extension:plugin": {
        "defaultViewers": {"markdown": "Markdown Preview"},
    },
    "@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": True},
}


def start(folder: Path, *, opening: str, browser: bool) -> NoReturn:
    """Become the JupyterLab server of this folder, showing the file or folder `opening` first.

    The server prints its URL with the token on standard error when it is ready. This process is
    replaced: signals reach the server itself, and Ctrl-C stops it without a question.

    Raises:
        OSError: the settings cannot be written, or the interpreter cannot be started again.
    """
    settings = folder / JUPYTER_FOLDER
    _write_json(settings / "jupyter_server_config.json", server_config(folder, opening, browser))
    _write_json(settings / "labconfig" / "default_setting_overrides.json", QUIET)
    os.execve(sys.executable, [sys.executable, "-m", "jupyterlab"], environment(settings))  # noqa: S606 - its purpose  # nosec


def server_config(folder: Path, opening: str, browser: bool) -> dict[str, object]:  # noqa: FBT001
    """Return what the server is told. It takes the next free port from 8888 on."""
    return {
        "Application": {"log_level": "ERROR"},
        "ServerApp": {
            "ip": "127.0.0.1",
            "port_retries": 50,
            "root_dir": str(folder),
            "open_browser": browser,
            "answer_yes": True,
            "allow_root": True,
            "kernel_spec_manager_class": "kmslab.lab.kernels.ThisInterpreter",
        },
        "KernelManager": {"transport_encryption": encryption()},
        "LabApp": {
            "extension_manager": "readonly",
            "default_url": f"/lab/tree/{opening}",
            "user_settings_dir": str(folder / JUPYTER_FOLDER / "user-settings"),
            "workspaces_dir": str(folder / JUPYTER_FOLDER / "workspaces"),
        },
    }


def environment(settings: Path) -> dict[str, str]:
    """Return the server's environment: this process's, with Jupyter's own settings set aside."""
    kept = {name: value for name, value in os.environ.items() if name not in CLEARED}
    return kept | {"JUPYTER_CONFIG_DIR": str(settings), "JUPYTER_PLATFORM_DIRS": "1"}


def has_browser(variables: Mapping[str, str]) -> bool:
    """Tell whether a browser with a window can be opened from here."""
    if sys.platform == "linux" and not ({"DISPLAY", "WAYLAND_DISPLAY"} & variables.keys()):
        return False
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def _write_json(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
