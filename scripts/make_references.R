# Reference values that the SQL of this project is tested against, computed with R.
#
# Makes      the CSV files described in tests/python/references/README.md
# Needs      R and its package survey (written with R 4.2.2 and survey 4.1-1); nothing else
# Sources    data sets apiclus1, apistrat and nhanes of the package survey; the wave seeds of the
#            studies gss and bsa of this repository; small data sets made up in these scripts
# Usage      Rscript scripts/make_references.R tests/python/references
#            from the top folder of the repository

suppressPackageStartupMessages(library(survey))

folder <- commandArgs(trailingOnly = TRUE)
if (length(folder) != 1) stop("usage: Rscript scripts/make_references.R <folder>")
level <- 0.95

scripts <- c(
  "common", "schools", "made_up", "studies", "distributions", # means, shares, changes
  "engine", "definitions", "measures", # all kinds of measures
  "replicates", "contrasts", "compared", # replicate weights, and several estimates together
  "associations", "association_tests",
  "asked"
)
for (script in scripts) source(file.path("scripts", "references", paste0(script, ".R")))
