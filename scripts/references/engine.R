# Any measure of a study in any of its waves, domains and designs, keyed as in the marts.
#
# A study is a list: study_id; waves (wave_id, wave_date, sample_id, data), whose data has the
# variables under their ids; segments (a function of the data each); measures; lonely_psu; and
# design(data), or replicates(data). Estimates come from the package's own functions. Each is
# computed a second time from the linearised values z, or from the replicates, and the script stops
# if the two differ; what the package has no function for is made of the same z.

# Measures ------------------------------------------------------------------------------------

measure <- function(id, kind, variable = NULL, ...) {
  list(id = id, kind = kind, variable = variable, ...)
}
shares <- c("share", "net", "share_of_cases", "share_of_responses")

# Numerator y, denominator x, base and, if standardised, group of each row: one list per category.
measure_cells <- function(measure, data) {
  cell <- function(category, y, x, base) {
    group <- NULL
    if (!is.null(measure$standard)) {
      group <- data[[measure$standard$variable]]
      base <- base & !is.na(group)
    }
    n <- nrow(data)
    list(
      kind = measure$kind, category = category, y = rep_len(as.numeric(y), n),
      x = rep_len(as.numeric(x), n), base = base, group = group, measure = measure
    )
  }
  values <- if (!is.null(measure$variable)) data[[measure$variable]]
  switch(measure$kind,
    share = lapply(measure$categories, function(code) cell(code, values == code, 1, !is.na(values))),
    net = ,
    score = lapply(names(measure$items), function(item) {
      scores <- measure$items[[item]]
      y <- ifelse(values %in% names(scores), scores[values], 0)
      cell(item, y, 1, !is.na(values))
    }),
    mean = ,
    quantile = list(cell("_Z", values, 1, !is.na(values))),
    ratio = {
      below <- data[[measure$denominator]]
      list(cell("_Z", values, below, !is.na(values) & !is.na(below)))
    },
    total = if (is.null(measure$categories)) {
      list(cell("_Z", values, 1, !is.na(values)))
    } else {
      lapply(measure$categories, function(code) cell(code, values == code, 1, !is.na(values)))
    },
    share_of_cases = ,
    share_of_responses = {
      answers <- as.matrix(data[measure$members])
      mentions <- !is.na(answers) & answers == "yes"
      cases <- measure$kind == "share_of_cases"
      lapply(measure$members, function(member) {
        # of cases: those who answered the item, ticked or not
        base <- if (cases) !is.na(answers[, member]) else rowSums(!is.na(answers)) > 0
        cell(member, mentions[, member], if (cases) 1 else rowSums(mentions), base)
      })
    }
  )
}

# By hand -------------------------------------------------------------------------------------

weighted_variance <- function(e, w) {
  n <- sum(w > 0)
  if (n < 2) return(NA)
  centre <- sum(w * e) / sum(w)
  n / (n - 1) * sum(w * (e - centre)^2) / sum(w)
}

# The smallest value that at least the share p of the weight does not exceed.
inverse_cdf <- function(y, w, p) {
  if (is.na(p) || p < 0 || p > 1) return(NA)
  y <- y[w > 0]
  w <- w[w > 0]
  order <- order(y)
  below <- cumsum(w[order]) / sum(w)
  y[order][which(below >= p - 1e-12)[1]]
}

# survey 4.1-1 takes the second respondent for a share below that of the first: a slip of the package
# that the references do not follow, but that has to be known to compare with it.
package_inverse_cdf <- function(y, w, p) {
  value <- inverse_cdf(y, w, p)
  y <- y[w > 0]
  w <- w[w > 0]
  order <- order(y)
  if (is.na(value) || p >= w[order][1] / sum(w)) return(value)
  y[order][min(2, length(y))]
}

# Estimate and z of each row (zero outside the domain). `srs` is the variance of a simple random
# sample of as many people. Of a quantile, z is that of the share at or below it.
linearise <- function(cell, w, keep) {
  rows <- cell$base & keep
  if (sum(w[rows]) <= 0) return(NULL)
  w_in <- w[rows]
  y <- cell$y[rows]
  x <- cell$x[rows]
  n <- sum(w_in > 0)
  z <- numeric(length(w))
  estimate <- NULL
  if (!is.null(cell$group)) {
    share <- cell$measure$standard$shares
    group <- factor(cell$group[rows], names(share))
    size <- tapply(w_in, group, sum)
    if (any(is.na(size) | size == 0)) return(NULL)
    ratio <- tapply(w_in * y, group, sum) / size
    estimate <- sum(share * ratio)
    w_new <- (w_in * (share / size)[group])
    z[rows] <- w_new * (y - ratio[group])
    srs <- weighted_variance(y, w_new) / n
  } else if (cell$kind == "total") {
    estimate <- sum(w_in * y)
    z[rows] <- w_in * y
    srs <- weighted_variance(y, w_in) * sum(w_in)^2 / n
  } else {
    if (cell$kind == "quantile") {
      estimate <- inverse_cdf(y, w_in, cell$measure$p)
      y <- as.numeric(y <= estimate)
    }
    total <- sum(w_in * x)
    if (total == 0) return(NULL)
    ratio <- sum(w_in * y) / total
    z[rows] <- w_in * (y - ratio * x) / total
    srs <- weighted_variance(y - ratio * x, w_in) * sum(w_in)^2 / n / total^2
    if (is.null(estimate)) estimate <- ratio
  }
  list(
    estimate = estimate, z = z, rows = rows, n = n, sum_of_weights = sum(w_in), srs = srs,
    below = if (cell$kind == "quantile") ratio
  )
}

# Only rows of the domain, so that strata without members are unknown to lonely.psu = "average".
taylor_variance <- function(design, z, rows) {
  part <- design[rows, ]
  drop(svyrecvar(as.matrix(z[rows]), part$cluster, part$strata, part$fpc))
}

# By the package ------------------------------------------------------------------------------

package_estimate <- function(cell, design, rows, df) {
  part <- update(design[rows, ], y = cell$y[rows], x = cell$x[rows])
  result <- if (cell$kind == "quantile") {
    return(package_quantile(cell, part, df))
  } else if (!is.null(cell$group)) {
    shares <- cell$measure$standard$shares
    part <- update(part, group = factor(cell$group[rows], names(shares)))
    svymean(~y, svystandardize(part, by = ~group, population = shares), deff = "replace")
  } else if (cell$kind == "total") {
    svytotal(~y, part, deff = "replace")
  } else if (all(part$variables$x == 1)) {
    svymean(~y, part, deff = "replace")
  } else {
    # svyratio() of replicates cannot make a design effect
    svyratio(~y, ~x, part, deff = if (inherits(design, "svyrep.design")) FALSE else "replace")
  }
  effect <- if (inherits(result, "svyratio")) attr(result, "deff") else deff(result)
  c(
    estimate = coef(result)[[1]], se = SE(result)[[1]],
    deff = if (is.null(effect)) NA else effect[[1]]
  )
}

package_quantile <- function(cell, part, df) {
  found <- tryCatch(
    svyquantile(
      ~y, part, cell$measure$p, qrule = "math", interval.type = "mean", df = df,
      alpha = 1 - level
    )$y,
    # no value lies at or below the lower bound of the share
    error = function(e) NULL
  )
  if (is.null(found)) return(NULL)
  share <- svymean(~ as.numeric(y <= found[1, 1]), part, deff = "replace")
  c(
    estimate = found[1, 1], se = found[1, 4], deff = deff(share)[[1]], lower = found[1, 2],
    upper = found[1, 3]
  )
}

# Both in agreement ---------------------------------------------------------------------------

agree <- function(a, b, what, tolerance = 1e-9) {
  a[!is.finite(a)] <- NA
  b[!is.finite(b)] <- NA
  near <- abs(a - b) <= tolerance * pmax(abs(a), abs(b), 1e-3)
  if (!all(is.na(a) == is.na(b)) || any(!near, na.rm = TRUE)) {
    stop("two ways of computing differ: ", what, ": ", deparse(a), " and ", deparse(b))
  }
}

# Waves need not have the same columns.
stack <- function(tables) {
  columns <- unique(unlist(lapply(tables, names)))
  bind(lapply(tables, function(table) {
    table[setdiff(columns, names(table))] <- NA
    table[columns]
  }))
}

# Waves together, by sample: data, design and degrees of freedom. PSUs of one sample are one PSU.
wave_set <- function(study, wave_ids) {
  waves <- study$waves[wave_ids]
  samples <- vapply(waves, function(wave) wave$sample_id, "")
  lapply(split(wave_ids, factor(samples, unique(samples))), function(ids) {
    data <- stack(lapply(ids, function(id) cbind(waves[[id]]$data, .wave = id)))
    rownames(data) <- NULL
    replicated <- !is.null(study$replicates)
    design <- if (replicated) study$replicates(data) else study$design(data)
    list(data = data, design = design, df = degf(design))
  })
}

is_replicated <- function(design) inherits(design, "svyrep.design")

# Each replicate's estimate; not a number where a replicate has nobody.
replicate_estimates <- function(cell, design, rows) {
  apply(as.matrix(weights(design, "analysis")), 2, function(w) {
    if (cell$kind == "total") return(sum((w * cell$y)[cell$base & rows]))
    found <- linearise(cell, w, rows)
    if (is.null(found)) NA else found$estimate
  })
}

replicate_variance <- function(thetas, design, centre) {
  suppressWarnings(drop(svrVar(
    thetas, design$scale, design$rscales, mse = design$mse, coef = centre,
    na.action = "na.omit"
  )))
}

# The share at or below a quantile that stays the same in each replicate.
share_below <- function(cell, value) {
  cell$kind <- "mean"
  cell$y <- as.numeric(cell$y <= value)
  cell
}

design_weights <- function(design) {
  if (is_replicated(design)) weights(design, "sampling") else weights(design)
}

# The domain's part of each sample that has some of it.
parts_of <- function(parts, rows) {
  of_sample <- rep(seq_along(parts), vapply(parts, function(part) nrow(part$data), 0))
  Filter(Negate(is.null), lapply(seq_along(parts), function(i) {
    mine <- rows[of_sample == i]
    if (any(mine) && sum(design_weights(parts[[i]]$design)[mine]) > 0) parts[[i]]$design[mine, ]
  }))
}

# A domain within one PSU has no known error, nor has one of which a single PSU has something in the
# denominator; of a total, a sample within one. Replicates do not tell the PSUs: there, one respondent has
# none, nor has what no replicate moves though answers differ.
is_unknown <- function(kind, parts, found) {
  count <- function(designs) sum(vapply(designs, psus_of, 0))
  replicated <- any(vapply(parts, function(part) is_replicated(part$design), TRUE))
  if (kind == "total") {
    return(!replicated && count(lapply(parts, function(part) part$design)) == 1)
  }
  if (!replicated) return(count(parts_of(parts, found$with_denominator)) == 1)
  found$n == 1 || isTRUE(found$variance < 1e-6 * found$srs)
}

# Everything about one cell of the waves of `parts`, which has a sample each: the estimate, and what
# contrasts need. Samples are independent, so their variances add up.
cell_statistics <- function(cell, parts, keep, what) {
  w <- unlist(lapply(parts, function(part) design_weights(part$design)), use.names = FALSE)
  df <- sum(vapply(parts, function(part) part$df, 0))
  design <- if (length(parts) == 1) parts[[1]]$design
  found <- linearise(cell, w, keep)
  if (is.null(found)) return(NULL)
  found$with_denominator <- found$rows & !(cell$x %in% 0)
  if (is_replicated(design)) {
    asked <- if (cell$kind == "quantile") share_below(cell, found$estimate) else cell
    found$centre <- if (cell$kind == "quantile") found$below else found$estimate
    found$thetas <- replicate_estimates(asked, design, found$rows)
    found$variance <- replicate_variance(found$thetas, design, found$centre)
  } else {
    of_sample <- rep(seq_along(parts), vapply(parts, function(part) nrow(part$data), 0))
    found$variance <- sum(vapply(seq_along(parts), function(i) {
      rows <- of_sample == i
      if (!any(found$rows[rows])) return(0)
      taylor_variance(parts[[i]]$design, found$z[rows], found$rows[rows])
    }, 0))
  }
  if (is.na(found$variance)) found$variance <- NA
  if (isTRUE(found$variance < 1e-26 * found$estimate^2)) found$variance <- 0
  se <- sqrt(found$variance)
  found$deff <- if (is.na(found$srs) || found$srs <= 0) NA else found$variance / found$srs
  found$scale <- 1
  if (cell$kind == "quantile") {
    # Woodruff: the t interval of the share, taken back through the distribution function
    bounds <- t_bounds(found$below, se, df)
    y <- cell$y[found$rows]
    found$lower <- inverse_cdf(y, w[found$rows], bounds[1])
    found$upper <- inverse_cdf(y, w[found$rows], bounds[2])
    expected <- vapply(
      bounds, function(bound) as.numeric(package_inverse_cdf(y, w[found$rows], bound)), 0
    )
    widths <- 2 * qt((1 + level) / 2, df)
    width <- (found$upper - found$lower) / widths
    found$scale <- if (se %in% 0) 0 else -width / se
    se <- width
  }
  found$se <- se
  # Without an error rounding decides if the package takes the next value for both bounds; and
  # post-stratification can take neither weights of zero nor a replicate without a group.
  slips <- if (cell$kind == "quantile") {
    found$variance %in% 0 ||
      package_inverse_cdf(cell$y[found$rows], w[found$rows], cell$measure$p) != found$estimate
  } else {
    !is.null(cell$group) && (any(w[found$rows] == 0) || anyNA(found$thetas))
  }
  of_package <- if (!slips && !is.null(design)) {
    suppressWarnings(package_estimate(cell, design, found$rows, df))
  }
  if (!is.null(of_package)) {
    if (cell$kind == "quantile") {
      mine <- c(found$estimate, diff(expected) / widths, expected)
      agree(mine, of_package[c("estimate", "se", "lower", "upper")], what)
    } else {
      agree(c(found$estimate, found$se), of_package[c("estimate", "se")], what)
      found$estimate <- of_package[["estimate"]]
      # what is below the digits of the estimate is rounding
      found$se <- if (found$se %in% 0) 0 else of_package[["se"]]
    }
    # of replicates the package's n is also that of weights of zero
    if (!is.na(of_package[["deff"]]) && !is.na(found$deff)) {
      agree(found$deff, of_package[["deff"]], what)
    }
  }
  found$domain_df <- if (is_replicated(design)) df else {
    sum(vapply(parts_of(parts, found$rows), function(part) degf(part), 0))
  }
  if (is_unknown(cell$kind, parts, found)) {
    found$is_unknown <- TRUE
    found[c("variance", "se", "deff", "scale")] <- NA_real_
    if (cell$kind == "quantile") found[c("lower", "upper")] <- NA_real_
  }
  found$variance_of_estimate <- found$se^2
  found$cell <- cell
  found
}

# Rows of the references ----------------------------------------------------------------------

interval <- function(kind, found, df) {
  if (kind == "quantile") return(list("woodruff", c(found$lower, found$upper)))
  if (!kind %in% shares) return(list("t", t_bounds(found$estimate, found$se, df)))
  if (found$estimate <= 0 || found$estimate >= 1) {
    bounds <- if (isTRUE(found$is_unknown)) c(NA, NA) else {
      beta_bounds(found$estimate, found$se, found$domain_df, found$n, cap = TRUE)
    }
    return(list("korn_graubard_capped", bounds))
  }
  list("logit", logit_bounds(found$estimate, found$se, df))
}

estimate_row <- function(keys, kind, found, df) {
  bounds <- interval(kind, found, df)
  cbind(keys, data.frame(
    estimate = found$estimate, standard_error = found$se, degrees_of_freedom = df,
    design_effect = found$deff, n_respondents = found$n, sum_of_weights = found$sum_of_weights,
    ci_method = bounds[[1]], ci_lower = bounds[[2]][1], ci_upper = bounds[[2]][2]
  ))
}

# Calls make(measure, cells, segment, code, keep) for every measure of a study that the data asks,
# and every value of every segment.
for_cells <- function(study, data, make) {
  asked <- Filter(function(measure) {
    needed <- c(measure$variable, measure$denominator, measure$members)
    all(needed %in% names(data)) && !all(is.na(data[needed]))
  }, study$measures)
  bind(lapply(asked, function(measure) {
    cells <- measure_cells(measure, data)
    bind(lapply(names(study$segments), function(segment) {
      codes <- study$segments[[segment]](data)
      bind(lapply(sort(unique(codes[!is.na(codes)])), function(code) {
        bind(lapply(cells, function(cell) {
          make(measure, cell, segment, code, codes %in% code)
        }))
      }))
    }))
  }))
}

cell_keys <- c("measure_id", "category_code", "segment_id", "segment_code")

# All cells of some waves: their keys, and what is known of each (empty where nobody answered).
statistics_of <- function(study, wave_ids) {
  options(survey.lonely.psu = study$lonely_psu)
  parts <- wave_set(study, wave_ids)
  data <- stack(lapply(parts, function(part) part$data))
  found <- list()
  keys <- for_cells(study, data, function(measure, cell, segment, code, keep) {
    row <- data.frame(
      measure_id = measure$id, category_code = cell$category, segment_id = segment,
      segment_code = code
    )
    what <- paste(c(study$study_id, wave_ids, unlist(row)), collapse = " ")
    statistics <- cell_statistics(cell, parts, keep, what)
    if (is.null(statistics) || statistics$n < study$least) return(NULL)
    found[[length(found) + 1]] <<- statistics
    row
  })
  list(
    keys = keys, found = found, df = sum(vapply(parts, function(part) part$df, 0)),
    rows = nrow(data)
  )
}

estimate_rows <- function(statistics, ...) {
  bind(lapply(seq_along(statistics$found), function(i) {
    found <- statistics$found[[i]]
    keys <- cbind(data.frame(...), statistics$keys[i, ])
    rownames(keys) <- NULL
    estimate_row(keys, found$cell$kind, found, statistics$df)
  }))
}

# By wave; computed once, as contrasts need them again.
computed <- new.env()
statistics_by_wave <- function(study) {
  # measures of another weight are a study of their own here, with the same id
  id <- paste(study$study_id, study$measures[[1]]$id)
  if (is.null(computed[[id]])) {
    computed[[id]] <- lapply(
      stats::setNames(nm = names(study$waves)), function(wave_id) statistics_of(study, wave_id)
    )
  }
  computed[[id]]
}

study_estimates <- function(study) {
  by_wave <- statistics_by_wave(study)
  bind(lapply(names(by_wave), function(wave_id) {
    estimate_rows(by_wave[[wave_id]], study_id = study$study_id, wave_id = wave_id)
  }))
}
