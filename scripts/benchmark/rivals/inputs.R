# What both programs in R read and write. Sourced by them; the folder is the first argument.

words <- commandArgs(trailingOnly = TRUE)
folder <- words[1]
name <- words[2]
waves <- as.integer(strsplit(words[3], ",")[[1]])
measures <- read.csv(file.path(folder, "measures.csv"), colClasses = c(denominator = "character"))
segments <- readLines(file.path(folder, "segments.txt"))
seconds <- c(read = 0, estimate = 0)

# The respondents of a wave, with the total as a segment like any other.
read_wave <- function(wave) {
  begun <- proc.time()
  respondents <- read.csv(file.path(folder, "waves", paste0(wave, ".csv")))
  respondents$s0 <- 0L
  seconds["read"] <<- seconds["read"] + taken(begun)
  respondents
}

# Processor seconds since a call of proc.time().
taken <- function(begun) sum((proc.time() - begun)[c("user.self", "sys.self")])

asked <- function(measure, wave, respondents) !all(is.na(respondents[[measure$column]]))

# Rows of estimates: matrices have a row for each segment value, a column for each category.
rows <- function(wave, measure, values, estimates, errors) {
  categories <- if (measure$kind == "share") seq_len(measure$n_categories) else 0
  data.frame(
    wave = wave,
    measure = measure$number,
    category = rep(categories, each = length(values)),
    segment_value = rep(values, times = length(categories)),
    estimate = as.vector(estimates),
    standard_error = as.vector(errors)
  )
}

write_results <- function(results) {
  results <- do.call(rbind, results)
  results$estimate <- format(results$estimate, digits = 17, trim = TRUE)
  results$standard_error <- format(results$standard_error, digits = 17, trim = TRUE)
  write.csv(
    results, file.path(folder, paste0(name, ".csv")),
    row.names = FALSE, quote = FALSE
  )
  written <- data.frame(phase = names(seconds), cpu_seconds = seconds)
  write.csv(
    written, file.path(folder, paste0(name, "_phases.csv")),
    row.names = FALSE, quote = FALSE
  )
}
