# Estimate with R's package survey what scripts/benchmark.py asks for, and take the time of it.
#
# Reads tasks.csv and the files of respondents that it names from a folder, and writes estimates.csv
# and seconds.txt there. Only the calls that estimate are timed.
suppressPackageStartupMessages(library(survey))
options(survey.lonely.psu = "adjust")

folder <- commandArgs(trailingOnly = TRUE)[1]
tasks <- read.csv(file.path(folder, "tasks.csv"), colClasses = "character")
seconds <- 0
results <- list()

declared <- function(respondents) {
  has_populations <- all(!is.na(respondents$psu_population))
  svydesign(
    ids = ~psu_id,
    strata = ~stratum_id,
    weights = ~weight,
    fpc = if (has_populations) ~psu_population else NULL,
    data = respondents,
    nest = TRUE
  )
}

for (file in unique(tasks$file)) {
  respondents <- read.csv(
    file.path(folder, file),
    colClasses = "character", na.strings = "", check.names = FALSE
  )
  respondents$weight <- as.numeric(respondents$weight)
  respondents$psu_population <- as.numeric(respondents$psu_population)
  here <- tasks[tasks$file == file, ]
  for (variable in unique(here$variable_id)) {
    name <- paste0("variable.", variable)
    is_share <- here$measure_kind[here$variable_id == variable][1] == "share"
    values <- respondents[[name]]
    respondents[[name]] <- if (is_share) factor(values) else as.numeric(values)
  }
  design <- declared(respondents)
  for (row in seq_len(nrow(here))) {
    task <- here[row, ]
    name <- paste0("variable.", task$variable_id)
    segment <- paste0("segment.", task$segment_id)
    of <- as.formula(paste0("~`", name, "`"))
    by <- as.formula(paste0("~`", segment, "`"))
    begun <- proc.time()[["elapsed"]]
    if (task$segment_id == "total") {
      estimated <- svymean(of, design, na.rm = TRUE)
      estimates <- matrix(coef(estimated), nrow = 1)
      errors <- matrix(SE(estimated), nrow = 1)
    } else {
      estimated <- svyby(of, by, design, svymean, na.rm = TRUE, vartype = "se")
      estimates <- NULL
    }
    seconds <- seconds + proc.time()[["elapsed"]] - begun
    if (is.null(estimates)) {
      n <- (ncol(estimated) - 1) / 2
      estimates <- as.matrix(estimated[, 1 + seq_len(n), drop = FALSE])
      errors <- as.matrix(estimated[, 1 + n + seq_len(n), drop = FALSE])
      segment_codes <- as.character(estimated[[1]])
    } else {
      segment_codes <- respondents[[segment]][1]
    }
    categories <- levels(respondents[[name]])
    # The code for "not applicable", as in the warehouse.
    if (is.null(categories)) categories <- "_Z"
    results[[length(results) + 1]] <- data.frame(
      study_id = task$study_id,
      wave_id = task$wave_id,
      measure_id = task$measure_id,
      category_code = rep(categories, each = length(segment_codes)),
      segment_id = task$segment_id,
      segment_code = rep(segment_codes, times = length(categories)),
      estimate = as.vector(estimates),
      standard_error = as.vector(errors)
    )
  }
}

results <- do.call(rbind, results)
results$estimate <- format(results$estimate, digits = 17, trim = TRUE)
results$standard_error <- format(results$standard_error, digits = 17, trim = TRUE)
write.csv(results, file.path(folder, "estimates.csv"), row.names = FALSE)
writeLines(format(seconds, digits = 10), file.path(folder, "seconds.txt"))
