import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kmslab.lab import launch

URL = re.compile(r"(http://127\.0\.0\.1:\d+)/lab/tree/labs/README\.md\?token=(\w+)")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, Path]]:
    """`kmslab lab` in an empty home: its address, its token and the student's folder."""
    home = tmp_path_factory.mktemp("home")
    folder = home / "my course"
    with subprocess.Popen(
        [sys.executable, "-m", "kmslab", "lab", "--no-browser", "--dir", str(folder)],
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "HOME": str(home), "JUPYTER_TOKEN": "known"},
    ) as process:
        lines: list[str] = []
        for line in process.stderr or ():
            lines.append(line)
            if found := URL.search(line):
                wait_for(found[1])
                yield found[1], found[2], folder
                break
        else:
            pytest.fail("no URL: " + "".join(lines))
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0


def wait_for(url: str) -> None:
    """Jupyter prints its URL a moment before it listens."""
    for _ in range(100):
        try:
            fetch(f"{url}/api")
        except urllib.error.URLError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"nobody listens at {url}")


def fetch(url: str, token: str = "") -> bytes:
    header = {"Authorization": f"token {token}"} if token else {}
    with urllib.request.urlopen(urllib.request.Request(url, headers=header), timeout=10) as answer:
        return bytes(answer.read())


def test_it_serves_the_students_folder_to_who_has_the_token(server: tuple[str, str, Path]) -> None:
    url, token, folder = server
    listed = {each["name"] for each in json.loads(fetch(f"{url}/api/contents", token))["content"]}
    assert {"labs"} <= listed <= {"labs", "quizzes"}
    assert (folder / "labs/README.md").is_file()
    assert token != "known"


def test_it_refuses_who_has_no_token(server: tuple[str, str, Path]) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        fetch(f"{server[0]}/api/contents")
    refused.value.close()
    assert refused.value.code == 403


def test_its_only_kernel_is_this_interpreter(server: tuple[str, str, Path]) -> None:
    specs = json.loads(fetch(f"{server[0]}/api/kernelspecs", server[1]))["kernelspecs"]
    assert [spec["spec"]["argv"][0] for spec in specs.values()] == [sys.executable]


def test_jupyterlab_is_told_to_be_quiet(server: tuple[str, str, Path]) -> None:
    plugin = "@jupyterlab/apputils-extension:notification"
    told = json.loads(fetch(f"{server[0]}/lab/api/settings/{plugin}", server[1]))
    defaults = {key: row["default"] for key, row in told["schema"]["properties"].items()}
    assert defaults["fetchNews"] == "false"
    assert defaults["checkForUpdates"] is False


def test_widgets_are_saved_with_the_notebook(server: tuple[str, str, Path]) -> None:
    plugin = "@jupyter-widgets/jupyterlab-manager:plugin"
    told = json.loads(fetch(f"{server[0]}/lab/api/settings/{plugin}", server[1]))
    assert told["schema"]["properties"]["saveState"]["default"] is True


@pytest.mark.skipif(sys.platform != "linux", reason="screens are variables on Linux only")
def test_without_a_screen_there_is_no_browser() -> None:
    assert not launch.has_browser({})


def test_without_a_program_there_is_no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise launch.webbrowser.Error

    monkeypatch.setattr(launch.webbrowser, "get", none)
    assert not launch.has_browser({"DISPLAY": ":0"})
    monkeypatch.setattr(launch.webbrowser, "get", lambda: None)
    assert launch.has_browser({"DISPLAY": ":0"})


def test_the_process_becomes_the_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    became: list[Any] = []
    monkeypatch.setattr(launch.os, "execve", lambda *call: became.extend(call))
    monkeypatch.setenv("JUPYTER_TOKEN", "known")
    launch.start(tmp_path, opening="labs", browser=True)
    program, arguments, variables = became
    assert (program, arguments) == (sys.executable, [sys.executable, "-m", "jupyterlab"])
    assert "JUPYTER_TOKEN" not in variables
    config = json.loads(
        (Path(variables["JUPYTER_CONFIG_DIR"]) / "jupyter_server_config.json").read_text()
    )
    assert config["ServerApp"]["ip"] == "127.0.0.1"
    assert config["ServerApp"]["open_browser"] is True
    assert config["LabApp"]["default_url"] == "/lab/tree/labs"


def test_elsewhere_than_on_linux_a_program_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch.sys, "platform", "darwin")
    monkeypatch.setattr(launch.webbrowser, "get", lambda: None)
    assert launch.has_browser({})
