"""Write the waves of the example that `wavehouse init --with-example` brings.

    python scripts/make_example.py

A town is made up: six districts (strata) of ten blocks (PSUs) each, five people a block. The seed
is fixed, so that the files are the same whenever they are written.
"""

from pathlib import Path

import numpy as np
import pandas as pd

FOLDER = Path(__file__).parents[1] / "wavehouse" / "own" / "example" / "seeds" / "waves" / "harbour"
DISTRICTS = ("Old town", "Docks", "Hill", "Park", "Mills", "Shore")
SATISFACTION = ("Very satisfied", "Fairly satisfied", "Not satisfied", "No answer")
AGES = ("18 to 34", "35 to 59", "60 or more")
# From wave to wave people are less satisfied with the ferry, and more of them take it.
WAVES = {2023: (0.30, 0.45), 2024: (0.26, 0.50), 2025: (0.20, 0.56)}


def write_wave(year: int, satisfied: float, ferry: float) -> None:
    """Draw the people of a year and write them as a file is delivered."""
    draw = np.random.default_rng(year)
    rows = []
    for district, name in enumerate(DISTRICTS):
        for block in range(10):
            # Neighbours answer alike.
            shift = draw.normal(0, 0.07)
            for person in range(5):
                age = draw.choice(3, p=(0.3, 0.45, 0.25))
                high = np.clip(satisfied + shift + 0.05 * (age == 2), 0.02, 0.9)
                low = np.clip(0.25 - shift, 0.02, 0.6)
                parts = np.array([high, max(0.95 - high - low, 0.02), low, 0.05])
                rows.append(
                    {
                        "person": f"{district + 1}{block:02}{person + 1}",
                        "district": name,
                        "block": f"{district + 1}{block:02}",
                        "weight": round(float(draw.uniform(0.6, 1.6)) * (1 + district / 10), 3),
                        "sex": draw.choice(("Woman", "Man")),
                        "age": AGES[age],
                        "ferry_satisfaction": draw.choice(SATISFACTION, p=parts / parts.sum()),
                        "takes_ferry": "Yes" if draw.random() < ferry + shift else "No",
                        "minutes_to_work": int(np.clip(draw.normal(32, 12), 3, 90)),
                    }
                )
    FOLDER.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).to_csv(FOLDER / f"harbour_{year}.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    for wave, shares in WAVES.items():
        write_wave(wave, *shares)
