"""The command ``dicomview``: look at files, audit them, list their tags, and open JupyterLab, from a shell."""

from dicomview.cli.words import main

__all__ = ["main"]
