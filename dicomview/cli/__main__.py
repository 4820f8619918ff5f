"""``python -m dicomview.cli``."""

import sys

from dicomview.cli.words import main

if __name__ == "__main__":
    sys.exit(main())
