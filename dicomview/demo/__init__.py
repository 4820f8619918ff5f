"""Data without a patient: synthetic instances, and a template brain written as DICOM."""

from dicomview.demo.synthetic import demo_uid, instances, write
from dicomview.demo.template import brain

__all__ = ["brain", "demo_uid", "instances", "write"]
