# Sums of estimates times coefficients: changes, differences of segments, slopes, indices; and
# estimates of pooled waves.
#
# A contrast's variance comes from its own z, the sum of the estimates' z times their coefficients,
# over the union of the waves' PSUs. Where the package can give a covariance matrix of the same
# estimates, the script stops if the two differ.

# One estimate within the stacked rows of its sample.
place <- function(term, set_ids, study, part) {
  ids <- unique(part$data$.wave)
  sizes <- vapply(ids, function(id) nrow(study$waves[[id]]$data), 0)
  before <- cumsum(c(0, sizes))[match(term$wave_id, ids)]
  at <- before + seq_along(term$found$z)
  fill <- function(values, nothing) {
    all <- rep(nothing, nrow(part$data))
    all[at] <- values
    all
  }
  list(
    z = fill(term$found$z, 0), rows = fill(term$found$rows, FALSE),
    y = fill(term$found$cell$y, NA), x = fill(term$found$cell$x, NA)
  )
}

# Numerators and denominators that are zero outside of their own cell, so that the package sees one
# sample with several ratios. Nothing where the package has no function for it.
package_covariance <- function(placed, kind, design, has_group) {
  if (kind == "quantile" || has_group) return(NULL)
  rows <- Reduce(`|`, lapply(placed, function(p) p$rows))
  column <- function(name) {
    as.data.frame(lapply(placed, function(p) ifelse(p$rows, p[[name]], 0)[rows]))
  }
  y <- column("y")
  x <- column("x")
  names(y) <- names(x) <- letters[seq_along(placed)]
  part <- design[rows, ]
  if (kind == "total") {
    return(unname(as.matrix(vcov(svytotal(as.matrix(y), part)))))
  }
  all <- svyratio(y, x, part, covmat = TRUE)$vcov
  own <- seq_along(placed) + (seq_along(placed) - 1) * length(placed)
  unname(all[own, own, drop = FALSE])
}

sample_variance <- function(terms, set_ids, study, part, what) {
  scale <- vapply(terms, function(term) term$coefficient * term$found$scale, 0)
  design <- part$design
  placed <- lapply(terms, place, set_ids, study, part)
  z <- Reduce(`+`, Map(function(p, k) p$z * k, placed, scale))
  rows <- Reduce(`|`, lapply(placed, function(p) p$rows))
  variance <- if (anyNA(z)) {
    NA
  } else if (is_replicated(design)) {
    thetas <- do.call(cbind, lapply(terms, function(term) term$found$thetas))
    centre <- vapply(terms, function(term) term$found$centre, 0)
    # each replicate's contrast, in which what is common to its estimates cancels without rounding
    replicate_variance(drop(thetas %*% scale), design, sum(centre * scale))
  } else {
    taylor_variance(design, z, rows)
  }
  cell <- terms[[1]]$found$cell
  covariance <- package_covariance(placed, cell$kind, design, !is.null(cell$group))
  if (!is.null(covariance)) {
    of_package <- drop(t(scale) %*% covariance %*% scale)
    size <- drop(t(abs(scale)) %*% abs(covariance) %*% abs(scale))
    # a contrast may be far smaller than what it is made of, and rounding no error at all
    estimates <- vapply(terms, function(term) term$found$estimate, 0)
    near <- 1e-9 * size + 1e-24 * sum((scale * estimates)^2)
    if (is.na(variance) != is.na(of_package) || isTRUE(abs(variance - of_package) > near)) {
      stop("two ways of computing differ: ", what, ": ", variance, " and ", of_package)
    }
  }
  variance
}

# terms: wave_id, found and coefficient each. value: the contrast's, if it is no sum.
contrast_row <- function(keys, study, set_ids, sets, terms, value = NULL, null_value = 0) {
  coefficients <- vapply(terms, function(term) term$coefficient, 0)
  estimates <- vapply(terms, function(term) term$found$estimate, 0)
  if (is.null(value)) value <- sum(coefficients * estimates)
  variances <- vapply(sets, function(part) {
    ids <- unique(part$data$.wave)
    mine <- Filter(function(term) term$wave_id %in% ids, terms)
    if (!length(mine)) return(0)
    sample_variance(mine, set_ids, study, part, paste(unlist(keys), collapse = " "))
  }, 0)
  single <- vapply(terms, function(term) term$found$variance_of_estimate, 0)
  variance <- sum(variances)
  rounding <- 1e-20 * sum(coefficients^2 * single) + 1e-26 * sum((coefficients * estimates)^2)
  if (isTRUE(variance < rounding)) variance <- 0
  se <- if (is.na(variance)) NA else sqrt(variance)
  df <- sum(vapply(sets, function(part) part$df, 0))
  t <- if (isTRUE(se > 0)) (value - null_value) / se else NA
  bounds <- t_bounds(value, se, df)
  cbind(keys, data.frame(
    value = value, standard_error = se, degrees_of_freedom = df, t_statistic = t,
    p_value = 2 * pt(-abs(t), df), ci_lower = bounds[1], ci_upper = bounds[2]
  ))
}

# Cells that all of the waves have, with what is known of each: make(keys, list of found by wave).
for_common_cells <- function(study, wave_ids, make, least = length(wave_ids)) {
  by_wave <- statistics_by_wave(study)[wave_ids]
  named <- lapply(by_wave, function(wave) {
    ids <- do.call(paste, c(wave$keys[cell_keys], sep = "|"))
    stats::setNames(wave$found, ids)
  })
  keys <- unique(bind(lapply(by_wave, function(wave) wave$keys)))
  asked <- lapply(by_wave, function(wave) unique(wave$keys$measure_id))
  bind(lapply(seq_len(nrow(keys)), function(i) {
    key <- keys[i, ]
    rownames(key) <- NULL
    id <- paste(unlist(key[cell_keys]), collapse = "|")
    found <- Filter(Negate(is.null), lapply(named, function(wave) wave[[id]]))
    if (length(found) < least) return(NULL)
    is_asked <- vapply(asked, function(ids) key$measure_id %in% ids, TRUE)
    make(key, found, wave_ids[is_asked])
  }))
}

term <- function(wave_id, found, coefficient) {
  list(wave_id = wave_id, found = found, coefficient = coefficient)
}

study_change <- function(study, from, to) {
  options(survey.lonely.psu = study$lonely_psu)
  ids <- names(study$waves)[names(study$waves) %in% c(from, to)]
  sets <- wave_set(study, ids)
  for_common_cells(study, ids, function(key, found, asked) {
    keys <- cbind(data.frame(study_id = study$study_id, from_wave_id = from, to_wave_id = to), key)
    contrast_row(keys, study, ids, sets, list(term(to, found[[to]], 1), term(from, found[[from]], -1)))
  })
}

study_index <- function(study, wave_id) {
  options(survey.lonely.psu = study$lonely_psu)
  base <- study$base_wave_id
  ids <- names(study$waves)[names(study$waves) %in% c(base, wave_id)]
  sets <- wave_set(study, ids)
  for_common_cells(study, ids, function(key, found, asked) {
    now <- found[[wave_id]]$estimate
    then <- found[[base]]$estimate
    # rounding may leave a balance of nothing a little above zero
    if (then <= 1e-12) return(NULL)
    keys <- cbind(
      data.frame(study_id = study$study_id, wave_id = wave_id, base_wave_id = base), key
    )
    terms <- list(
      term(wave_id, found[[wave_id]], 100 / then), term(base, found[[base]], -100 * now / then^2)
    )
    contrast_row(keys, study, ids, sets, terms, 100 * now / then, 100)
  })
}

study_slopes <- function(study) {
  options(survey.lonely.psu = study$lonely_psu)
  all_ids <- names(study$waves)
  sets <- list()
  for_common_cells(study, all_ids, function(key, found, asked) {
    set_id <- paste(asked, collapse = "+")
    if (is.null(sets[[set_id]])) sets[[set_id]] <<- wave_set(study, asked)
    ids <- names(found)
    years <- vapply(study$waves[ids], function(wave) as.numeric(wave$wave_date), 0) / 365.25
    variances <- vapply(found, function(f) f$variance_of_estimate, 0)
    usable <- all(!is.na(variances) & variances > 0)
    weight <- if (usable) 1 / variances else rep(1, length(ids))
    away <- years - sum(weight * years) / sum(weight)
    coefficients <- weight * away / sum(weight * away^2)
    estimates <- vapply(found, function(f) f$estimate, 0)
    fit <- lm(estimates ~ years, weights = weight)
    # the coefficients add up to zero, so that taking one estimate off all of them only adds digits
    slope <- sum(coefficients * (estimates - estimates[1]))
    stopifnot(abs(slope - coef(fit)[["years"]]) <= 1e-9 * max(abs(estimates)))
    keys <- cbind(data.frame(
      study_id = study$study_id, first_wave_id = asked[1], last_wave_id = asked[length(asked)],
      n_waves = length(ids)
    ), key)
    terms <- Map(term, ids, found, coefficients)
    contrast_row(keys, study, asked, sets[[set_id]], terms, slope)
  }, least = 2)
}

study_segment_contrasts <- function(study, wave_id) {
  options(survey.lonely.psu = study$lonely_psu)
  set <- wave_set(study, wave_id)
  wave <- statistics_by_wave(study)[[wave_id]]
  keys <- wave$keys
  bind(lapply(names(study$contrasts), function(segment) {
    bind(lapply(study$contrasts[[segment]], function(pair) {
      compared <- which(keys$segment_id == segment & keys$segment_code == pair[1])
      bind(lapply(compared, function(i) {
        j <- which(
          keys$segment_id == segment & keys$segment_code == pair[2] &
            keys$measure_id == keys$measure_id[i] & keys$category_code == keys$category_code[i]
        )
        if (!length(j)) return(NULL)
        key <- cbind(
          data.frame(study_id = study$study_id, wave_id = wave_id), keys[i, ],
          data.frame(reference_segment_code = pair[2])
        )
        rownames(key) <- NULL
        terms <- list(term(wave_id, wave$found[[i]], 1), term(wave_id, wave$found[[j]], -1))
        contrast_row(key, study, wave_id, set, terms)
      }))
    }))
  }))
}

study_pooled <- function(study) {
  ids <- names(study$waves)
  bind(lapply(study$pooled, function(n_waves) {
    bind(lapply(seq(n_waves, length(ids)), function(last) {
      pooled <- ids[(last - n_waves + 1):last]
      estimate_rows(
        statistics_of(study, pooled),
        study_id = study$study_id, wave_id = ids[last], n_waves = n_waves
      )
    }))
  }))
}

# Pairs that any of the declared comparisons asks for.
compared_pairs <- function(study) {
  ids <- names(study$waves)
  pairs <- unique(rbind(
    cbind(ids[-length(ids)], ids[-1]), cbind(ids[1], ids[-1]),
    if (study$study_id == "kinds_full_adjust") cbind("w2", setdiff(ids, "w2"))
  ))
  lapply(seq_len(nrow(pairs)), function(i) pairs[i, ])
}

