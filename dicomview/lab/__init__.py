"""What ``dicomview lab`` does: find or make the folder, start JupyterLab on it."""
