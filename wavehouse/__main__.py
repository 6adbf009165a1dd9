"""Run the command line as `python -m wavehouse`."""

import sys

from wavehouse.cli import main

if __name__ == "__main__":
    sys.exit(main())
