"""Data without a patient: synthetic instances, and a template brain written as DICOM."""

from dicomview.demo.brain import brain
from dicomview.demo.instances import demo_uid, instances, write

__all__ = ["brain", "demo_uid", "instances", "write"]
