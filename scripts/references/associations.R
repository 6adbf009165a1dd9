# Tests of association between a question and a segment, by Rao and Scott -------------------------

# The test made of its parts: cells' shares, their covariance from z, and contrasts of log shares
# that vanish without association. It has to give what the package gives.
association_by_hand <- function(rows, columns, design) {
  keep <- !is.na(rows) & !is.na(columns)
  r <- sort(unique(rows[keep]))
  k <- sort(unique(columns[keep]))
  w <- design_weights(design)
  cells <- expand.grid(row = r, column = k, stringsAsFactors = FALSE)
  inside <- mapply(function(a, b) as.numeric(rows %in% a & columns %in% b), cells$row, cells$column)
  total <- sum(w[keep])
  share <- colSums(inside * w) / total
  z <- sweep(inside, 2, share) * w * keep / total
  part <- design[keep, ]
  covariance <- if (is_replicated(design)) {
    thetas <- apply(as.matrix(weights(design, "analysis")), 2, function(v) {
      colSums(inside * v) / sum(v[keep])
    })
    replicate_variance(t(thetas), design, share)
  } else {
    svyrecvar(z[keep, , drop = FALSE], part$cluster, part$strata, part$fpc)
  }
  contrast <- function(n) diag(n)[, -1, drop = FALSE] - diag(n)[, 1]
  interaction <- kronecker(contrast(length(k)), contrast(length(r)))
  by_share <- interaction / share
  middle <- t(interaction) %*% by_share
  delta <- solve(middle, t(by_share) %*% covariance %*% by_share)
  expected <- as.vector(outer(
    tapply(share, factor(cells$row, r), sum), tapply(share, factor(cells$column, k), sum)
  ))
  trace <- sum(diag(delta))
  numerator <- trace^2 / sum(diag(delta %*% delta))
  c(f = sum((share - expected)^2 / expected) / trace, numerator = numerator)
}

association_rows <- function(study, wave_id) {
  options(survey.lonely.psu = study$lonely_psu)
  part <- wave_set(study, wave_id)[[1]]
  asked <- Filter(function(measure) {
    measure$kind == "share" && is.null(measure$standard) && measure$variable %in% names(part$data)
  }, study$measures)
  bind(lapply(asked, function(measure) {
    bind(lapply(setdiff(names(study$segments), "total"), function(segment) {
      rows <- part$data[[measure$variable]]
      columns <- study$segments[[segment]](part$data)
      both <- !is.na(rows) & !is.na(columns)
      if (length(unique(rows[both])) < 2 || length(unique(columns[both])) < 2) return(NULL)
      # tables with an empty cell are not tested, whichever wave has the code
      levels_of <- function(get) {
        unique(unlist(lapply(names(study$waves), function(id) get(wave_set(study, id)[[1]]$data))))
      }
      table <- xtabs(
        design_weights(part$design) ~
          factor(rows, levels_of(function(data) data[[measure$variable]])) +
          factor(columns, levels_of(study$segments[[segment]]))
      )
      if (any(table == 0)) return(NULL)
      by_hand <- association_by_hand(rows, columns, part$design)
      # a category that only has missing values on the other side would stay in the package's table
      design <- update(
        part$design, rows = ifelse(both, rows, NA), columns = ifelse(both, columns, NA)
      )
      test <- svychisq(~rows + columns, design, statistic = "F")
      df <- unname(test$parameter)
      agree(
        unname(by_hand), c(test$statistic[[1]], df[1]),
        paste(study$study_id, measure$id, segment), 1e-7
      )
      agree(df[2] / df[1], part$df, study$study_id, 1e-7)
      numbers <- c(test$statistic[[1]], df, test$p.value[[1]])
      # of a value of the segment within one PSU no error is known
      if (!is_replicated(part$design) && any_in_one_psu(part$design, both, columns)) numbers[] <- NA
      data.frame(
        study_id = study$study_id, wave_id = wave_id, measure_id = measure$id,
        segment_id = segment, f_statistic = numbers[1], numerator_df = numbers[2],
        denominator_df = numbers[3], p_value = numbers[4], n_respondents = sum(both)
      )
    }))
  }))
}

# Shares of two and more categories, and a large table; waves with weights of zero are
# left out, as the package counts their PSUs, and the panel, where a value of the segment is nobody's.
school_associations <- lapply(school_studies, function(study) {
  study$measures <- lapply(targets, function(id) {
    measure(paste0(id, "_share"), "share", id, categories = c("yes", "no"))
  })
  study
})
others <- Filter(function(study) study$study_id != "kinds_panel", contrast_studies)
write_reference(bind(lapply(c(school_associations, others), function(study) {
  bind(lapply(setdiff(names(study$waves), "z1"), function(id) association_rows(study, id)))
})), "associations.csv")
