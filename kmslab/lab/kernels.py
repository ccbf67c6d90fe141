"""The one kernel that a lab may run in: this interpreter, which has kmslab.

A kernel that another program installed under the name `python3` would take precedence otherwise.
"""

from jupyter_client.kernelspec import KernelSpecManager
from traitlets import default


class ThisInterpreter(KernelSpecManager):
    """Finds no kernel on the disk; there remains the one of this interpreter."""

    @default("kernel_dirs")
    def _no_folders(self) -> list[str]:
        return []
