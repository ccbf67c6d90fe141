"""The one kernel that a lab may run in: this interpreter, which has kmslab.

A kernel that another program installed under the name `python3` would take precedence otherwise.
"""

import zmq
from jupyter_client.kernelspec import KernelSpecManager
from traitlets import default


class ThisInterpreter(KernelSpecManager):
    """Finds no kernel on the disk; there remains the one of this interpreter."""

    @default("kernel_dirs")
    def _no_folders(self) -> list[str]:
        return []


def encryption() -> str:
    """Return Jupyter's word for how talk with a kernel is encrypted: wherever ZeroMQ can do it."""
    return "auto" if zmq.has("curve") else "disabled"
