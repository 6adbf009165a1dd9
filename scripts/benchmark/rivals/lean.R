# Estimate waves one by one in base R as leanly as it goes: sums by PSU and segment value with
# rowsum, then by stratum, then by segment value.
#
#   Rscript lean.R FOLDER NAME WAVES
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "inputs.R"))

# Estimates and errors of a measure in a segment.
#
# top: a matrix of numerators, a column for each category. base: denominators. Both times weight.
# value: the segment value of each respondent. psu: numbers from 1. stratum: that of each PSU.
# n: number of PSUs of each stratum.
estimate <- function(top, base, value, psu, stratum, n) {
  n_values <- max(value) + 1
  cell <- psu * n_values + value
  totals <- rowsum(top, cell)
  bases <- rowsum(base, cell)
  cells <- as.numeric(rownames(totals))
  values <- cells %% n_values
  places <- cells %/% n_values
  sums <- rowsum(cbind(totals, bases), values)
  present <- as.numeric(rownames(sums))
  k <- ncol(totals)
  ratios <- sums[, seq_len(k), drop = FALSE] / sums[, k + 1]
  u <- totals - ratios[match(values, present), , drop = FALSE] * as.vector(bases)
  within <- stratum[places] * n_values + values
  by_stratum <- rowsum(cbind(u, u^2), within)
  strata <- as.numeric(rownames(by_stratum))
  n <- n[strata %/% n_values]
  squares <- by_stratum[, k + seq_len(k), drop = FALSE]
  plain <- by_stratum[, seq_len(k), drop = FALSE]
  parts <- ifelse(n > 1, 1, 0) * (n * squares - plain^2) / pmax(n - 1, 1) +
    ifelse(n > 1, 0, 1) * squares
  variances <- rowsum(parts, strata %% n_values)
  list(values = present, estimates = ratios, errors = sqrt(pmax(variances, 0)) / sums[, k + 1])
}

results <- list()
for (wave in waves) {
  respondents <- read_wave(wave)
  begun <- proc.time()
  psus <- unique(respondents$psu)
  psu <- match(respondents$psu, psus)
  strata <- unique(respondents$stratum)
  stratum <- match(respondents$stratum[match(psus, respondents$psu)], strata)
  n <- tabulate(stratum)
  seconds["estimate"] <- seconds["estimate"] + taken(begun)
  for (row in which(measures$kind != "median")) {
    measure <- measures[row, ]
    if (!asked(measure, wave, respondents)) next
    begun <- proc.time()
    answer <- respondents[[measure$column]]
    top <- if (measure$kind == "share") {
      outer(answer, seq_len(measure$n_categories), "==") * respondents$weight
    } else {
      matrix(answer * respondents$weight)
    }
    base <- respondents$weight
    if (measure$kind == "ratio") base <- base * respondents[[measure$denominator]]
    seconds["estimate"] <- seconds["estimate"] + taken(begun)
    for (segment in segments) {
      begun <- proc.time()
      value <- respondents[[segment]]
      kept <- !is.na(answer) & !is.na(value)
      found <- estimate(
        top[kept, , drop = FALSE], base[kept], value[kept], psu[kept], stratum, n
      )
      seconds["estimate"] <- seconds["estimate"] + taken(begun)
      results[[length(results) + 1]] <-
        rows(wave, measure, found$values, found$estimates, found$errors)
    }
  }
}
write_results(results)
