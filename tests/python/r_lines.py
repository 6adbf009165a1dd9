"""R, where it is installed with its packages: the lines of an export are run as they are."""

import csv
import shutil
import subprocess
from pathlib import Path

import pytest

from wavehouse_exchange.exports.declaring import R_SCRIPT

PACKAGES = ("haven", "survey", "foreign")
# After the lines of a wave: means of all variables, with their errors, also by a variable.
MEANS = """
means_of("{block}", answers, design, by = {by})
"""
FUNCTIONS = """
means_of <- function(block, answers, design, by) {
  kept <- vapply(answers, function(x) is.numeric(x) || (is.factor(x) && nlevels(x) > 1), NA)
  for (x in names(answers)[kept]) {
    if (all(is.na(answers[[x]]))) next
    parts <- list(total = design)
    if (by %in% names(answers)) {
      for (level in levels(answers[[by]])) {
        parts[[level]] <- design[which(answers[[by]] == level), ]
      }
    }
    for (part in names(parts)) {
      if (all(is.na(parts[[part]]$variables[[x]]))) next
      m <- svymean(reformulate(paste0("`", x, "`")), parts[[part]], na.rm = TRUE)
      category <- substring(gsub("`", "", names(m)), nchar(x) + 1)
      numbers <- data.frame(block, part, x, category, coef(m), as.vector(SE(m)))
      numbers[5:6] <- lapply(numbers[5:6], sprintf, fmt = "%.17g")
      write.table(numbers, results, TRUE, FALSE, "\\t", row.names = FALSE, col.names = FALSE)
    }
  }
}
"""


def missing_r() -> str:
    """Name what is not installed of what the tests in R need; empty where all is."""
    if not shutil.which("Rscript"):
        return "Rscript is not installed"
    asked = ", ".join(f'"{name}"' for name in PACKAGES)
    code = f"cat(setdiff(c({asked}), rownames(installed.packages())))"
    lost = run_r(code, Path())
    return f"R has no package {lost}" if lost else ""


def run_r(code: str, folder: Path) -> str:
    """Run R in a folder, and give what it printed.

    Raises:
        AssertionError: it failed.
    """
    done = subprocess.run(
        ["Rscript", "--vanilla", "-e", code],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def blocks_of(folder: Path) -> dict[str, str]:
    """Give the lines of an export's script by what they are for: a wave, and perhaps a weight."""
    _, *blocks = (folder / R_SCRIPT).read_text(encoding="utf-8").split("\n\n")
    found = {}
    for block in blocks:
        comments = [line for line in block.splitlines() if line.startswith("# ")]
        found[comments[-1].removeprefix("# ")] = block
    return found


def means_in_r(
    folder: Path, by: str, tmp_path: Path
) -> dict[tuple[str, str, str, str], tuple[float, float]]:
    """Run the lines of each wave, and give mean and error of all variables.

    Returns:
        the two by the block, `total` or a level of the variable `by`, the variable and its level.
    """
    results = tmp_path / "results.tsv"
    results.unlink(missing_ok=True)
    code = ["library(survey)", f'results <- "{results}"', FUNCTIONS]
    for name, block in blocks_of(folder).items():
        if name.startswith("wave "):
            code += [block, MEANS.format(block=name, by=f'"{by}"')]
    script = tmp_path / "script.R"
    script.write_text("\n".join(code), encoding="utf-8")
    run_r(f'source("{script}")', folder)
    with results.open(newline="", encoding="utf-8") as file:
        return {
            (block, part, variable, category): (float(value), float(error))
            for block, part, variable, category, value, error in csv.reader(file, delimiter="\t")
        }


NEEDS_R = pytest.mark.skipif(bool(missing_r()), reason="R is not here with its packages")
