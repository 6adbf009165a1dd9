# Estimate waves one by one with svymean, svyby and svyratio of the package survey.
#
#   Rscript svyby.R FOLDER NAME WAVES
suppressPackageStartupMessages(library(survey))
options(survey.lonely.psu = "adjust")
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "inputs.R"))

results <- list()
for (wave in waves) {
  respondents <- read_wave(wave)
  for (row in which(measures$kind == "share")) {
    measure <- measures[row, ]
    codes <- seq_len(measure$n_categories)
    respondents[[measure$column]] <- factor(respondents[[measure$column]], levels = codes)
  }
  begun <- proc.time()
  design <- svydesign(
    ids = ~psu, strata = ~stratum, weights = ~weight, data = respondents, nest = TRUE
  )
  seconds["read"] <- seconds["read"] + taken(begun)
  for (row in which(measures$kind != "median")) {
    measure <- measures[row, ]
    if (!asked(measure, wave, respondents)) next
    of <- as.formula(paste0("~", measure$column))
    for (segment in segments) {
      by <- as.formula(paste0("~", segment))
      begun <- proc.time()
      estimated <- if (measure$kind == "ratio") {
        under <- as.formula(paste0("~", measure$denominator))
        svyby(of, by, design, svyratio, denominator = under, na.rm = TRUE, vartype = "se")
      } else {
        svyby(of, by, design, svymean, na.rm = TRUE, vartype = "se")
      }
      estimates <- coef(estimated)
      errors <- SE(estimated)
      seconds["estimate"] <- seconds["estimate"] + taken(begun)
      results[[length(results) + 1]] <-
        rows(wave, measure, estimated[[segment]], estimates, unlist(errors))
    }
  }
}
write_results(results)
