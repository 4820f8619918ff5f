"""What lies over images as arrays and tables: masks on their grid, volumes in ml, means, doses, how two agree."""

from dicomview.masks.overlap import dice
from dicomview.masks.regions import Regions, regions

__all__ = ["Regions", "dice", "regions"]
