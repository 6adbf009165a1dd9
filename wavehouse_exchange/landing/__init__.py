"""Read delivered files of many formats, and land them as Parquet.

land_wave      read the files of a wave into its folder below landing/
read_landed    describe a landed wave
code_counts    count the codes of one of its columns
"""

from wavehouse_exchange.landing.land import land_wave, respondent_column
from wavehouse_exchange.landing.landed import (
    LandedColumn,
    LandedFile,
    LandedWave,
    ValueLabel,
    code_counts,
    read_landed,
)

__all__ = [
    "LandedColumn",
    "LandedFile",
    "LandedWave",
    "ValueLabel",
    "code_counts",
    "land_wave",
    "read_landed",
    "respondent_column",
]
