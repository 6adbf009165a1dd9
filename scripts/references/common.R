# Writing -------------------------------------------------------------------------------------

# 17 significant digits bring every double back unchanged; what is not defined is left empty.
as_text <- function(column) {
  if (is.numeric(column)) {
    ifelse(is.finite(column), sprintf("%.17g", column), "")
  } else if (is.logical(column)) {
    tolower(column)
  } else {
    ifelse(is.na(column), "", as.character(column))
  }
}

write_reference <- function(rows, name) {
  text <- as.data.frame(lapply(rows, as_text), check.names = FALSE)
  path <- file.path(folder, name)
  write.csv(text, path, row.names = FALSE, quote = FALSE, eol = "\n")
  cat(sprintf("%s: %d rows\n", path, nrow(rows)))
}

bind <- function(rows) do.call(rbind, rows)
for_each <- function(table, make) {
  bind(lapply(seq_len(nrow(table)), function(i) {
    row <- table[i, , drop = FALSE]
    rownames(row) <- NULL
    make(row)
  }))
}

# Statistics ----------------------------------------------------------------------------------

# Number of PSUs that have rows of weight above zero. Within one, z adds up to zero by construction: the
# package gives an error of zero, or its rounding, and the references none.
psus_of <- function(part) {
  used <- weights(part) != 0
  nrow(unique(cbind(part$strata[used, 1], part$cluster[used, 1])))
}

# Whether any group of the rows lies in one PSU.
any_in_one_psu <- function(design, rows, groups) {
  any(vapply(unique(groups[rows]), function(group) {
    psus_of(design[rows & groups %in% group, ]) == 1
  }, TRUE))
}

# `keep` marks the domain's rows. Subsetting the design, not the data, keeps all PSUs of the sample
# in the stratum's count.
domain_statistics <- function(design, values, keep) {
  keep <- keep & !is.na(values)
  part <- subset(design, keep)
  part <- update(part, value = values[keep])
  mean <- svymean(~value, part, deff = "replace")
  used <- weights(part) != 0
  known <- psus_of(part) > 1
  data.frame(
    estimate = coef(mean)[[1]], se = if (known) SE(mean)[[1]] else NA, df = degf(design),
    domain_df = degf(part), deff = if (known) deff(mean)[[1]] else NA, n = sum(used),
    sum_of_weights = sum(weights(part))
  )
}

t_bounds <- function(estimate, se, df) {
  estimate + c(-1, 1) * qt((1 + level) / 2, df) * se
}

logit_bounds <- function(estimate, se, df) {
  if (estimate <= 0 || estimate >= 1) return(c(NA, NA))
  plogis(t_bounds(qlogis(estimate), se / (estimate * (1 - estimate)), df))
}

# Korn and Graubard's interval. Its degrees of freedom are those of the domain, as in svyciprop().
# `cap` limits the effective sample to the actual one; a share of 0 or 1 has no other. A domain without
# degrees of freedom has no such interval.
beta_bounds <- function(estimate, se, domain_df, n, cap = FALSE) {
  certain <- estimate <= 0 || estimate >= 1
  if (domain_df < 1 || certain && !cap) return(c(NA, NA))
  if (!certain && (is.na(se) || (se == 0 && !cap))) return(c(NA, NA))
  tail <- (1 - level) / 2
  n_effective <- if (certain) n else {
    estimate * (1 - estimate) / se^2 * (qt(tail, n - 1) / qt(tail, domain_df))^2
  }
  if (cap) n_effective <- min(n_effective, n)
  yes <- n_effective * estimate
  no <- n_effective * (1 - estimate)
  c(
    if (yes > 0) qbeta(tail, yes, no + 1) else 0,
    if (no > 0) qbeta(1 - tail, yes + 1, no) else 1
  )
}

interval_rows <- function(row, share) {
  methods <- if (share) c("t", "xlogit", "beta", "beta_capped") else "t"
  bind(lapply(methods, function(method) {
    bounds <- with(row, switch(method,
      t = t_bounds(estimate, se, df),
      xlogit = logit_bounds(estimate, se, df),
      beta = beta_bounds(estimate, se, domain_df, n),
      beta_capped = beta_bounds(estimate, se, domain_df, n, cap = TRUE)
    ))
    cbind(
      row[c("estimate", "se", "df")],
      data.frame(ci_method = method, lower = bounds[1], upper = bounds[2]),
      row[c("deff", "n", "sum_of_weights", "domain_df")]
    )
  }))
}

change_row <- function(change, se, df) {
  t <- if (!is.na(se) && se > 0) change / se else NA
  bounds <- t_bounds(change, se, df)
  data.frame(
    change = change, se = se, df = df, t = t, p = 2 * pt(-abs(t), df),
    lower = bounds[1], upper = bounds[2]
  )
}

# Both waves are rows of one design, so that a PSU of both is one PSU: its ratios to the two waves'
# weights have a covariance.
shared_change <- function(design, values, wave, from, to, keep) {
  keep <- keep & !is.na(values)
  part <- subset(design, keep)
  values <- values[keep]
  in_from <- as.numeric(wave[keep] == from)
  in_to <- as.numeric(wave[keep] == to)
  ratios <- svyratio(
    data.frame(values * in_from, values * in_to), data.frame(in_from, in_to), part,
    covmat = TRUE
  )
  variance <- unname(ratios$vcov)
  diagonal <- c(1, 4) # numerator and denominator of the same wave
  contrast <- c(-1, 1)
  change <- ratios$ratio[2, 2] - ratios$ratio[1, 1]
  se <- sqrt(drop(t(contrast) %*% variance[diagonal, diagonal] %*% contrast))
  each <- vapply(list(in_from, in_to), function(rows) psus_of(part[rows == 1, ]), 0)
  if (any(each == 1)) se <- NA
  change_row(change, se, degf(design))
}

independent_change <- function(before, after) {
  change_row(
    after$estimate - before$estimate, sqrt(before$se^2 + after$se^2), before$df + after$df
  )
}
