"""Put what Wavehouse brings into the wheel when it is built (`tool.setuptools.cmdclass`)."""

import sys
from pathlib import Path

from setuptools.command.build_py import build_py

CHECKOUT = Path(__file__).resolve().parents[2]


class BuildWithProduct(build_py):
    """Builds the Python packages, and the dbt package within them."""

    def run(self) -> None:
        """Build; an editable install finds the dbt package in its checkout instead."""
        super().run()
        if not self.editable_mode:
            if str(CHECKOUT) not in sys.path:
                sys.path.insert(0, str(CHECKOUT))
            from wavehouse.product import put_together

            put_together(CHECKOUT, Path(self.build_lib) / "wavehouse" / "product")
