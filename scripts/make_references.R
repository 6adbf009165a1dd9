# Reference values that the SQL of this project is tested against, computed with R.
#
# Makes      the CSV files described in tests/python/references/README.md
# Needs      R and its package survey (written with R 4.2.2 and survey 4.1-1); nothing else
# Sources    data sets apiclus1 and apistrat of the package survey; the wave seeds of the studies
#            gss and bsa of this repository; a small data set made up in this script
# Usage      Rscript scripts/make_references.R tests/python/references
#            from the top folder of the repository

suppressPackageStartupMessages(library(survey))

folder <- commandArgs(trailingOnly = TRUE)
if (length(folder) != 1) stop("usage: Rscript scripts/make_references.R <folder>")
level <- 0.95

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

# `keep` marks the domain's rows. Subsetting the design, not the data, keeps all PSUs of the sample
# in the stratum's count.
domain_statistics <- function(design, values, keep) {
  keep <- keep & !is.na(values)
  part <- subset(design, keep)
  part <- update(part, value = values[keep])
  mean <- svymean(~value, part, deff = "replace")
  used <- weights(part) != 0
  data.frame(
    estimate = coef(mean)[[1]], se = SE(mean)[[1]], df = degf(design),
    domain_df = degf(part), deff = deff(mean)[[1]], n = sum(used),
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
# `cap` limits the effective sample to the actual one; a share of 0 or 1 has no other.
beta_bounds <- function(estimate, se, domain_df, n, cap = FALSE) {
  certain <- estimate <= 0 || estimate >= 1
  if (certain && !cap) return(c(NA, NA))
  if (!certain && (is.na(se) || domain_df < 1 || (se == 0 && !cap))) return(c(NA, NA))
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
  change_row(change, se, degf(design))
}

independent_change <- function(before, after) {
  change_row(
    after$estimate - before$estimate, sqrt(before$se^2 + after$se^2), before$df + after$df
  )
}

# 1 and 2: Californian schools ----------------------------------------------------------------

data(api, package = "survey")

api_designs <- list(
  clustered = function(data) svydesign(~dnum, weights = ~pw, data = data),
  clustered_fpc = function(data) svydesign(~dnum, weights = ~pw, fpc = ~fpc, data = data),
  stratified = function(data) svydesign(~cds, strata = ~stype, weights = ~pw, data = data),
  stratified_fpc = function(data) {
    svydesign(~cds, strata = ~stype, weights = ~pw, fpc = ~fpc, data = data)
  }
)
api_data <- function(name) if (startsWith(name, "clustered")) apiclus1 else apistrat
api_domains <- c("all", "E", "H", "M")
in_api_domain <- function(data, domain) domain == "all" | data$stype == domain

api_estimates <- function(name) {
  data <- api_data(name)
  design <- api_designs[[name]](data)
  shares <- c("sch.wide", "awards", "comp.imp")
  cells <- expand.grid(
    domain = api_domains, measure = c("api99", "api00", "enroll", shares),
    stringsAsFactors = FALSE
  )
  bind(Map(function(measure, domain) {
    share <- measure %in% shares
    values <- if (share) as.numeric(data[[measure]] == "Yes") else data[[measure]]
    row <- domain_statistics(design, values, in_api_domain(data, domain))
    cbind(
      data.frame(design = name, measure = measure, domain = domain), interval_rows(row, share)
    )
  }, cells$measure, cells$domain))
}

api_changes <- function(name) {
  data <- api_data(name)
  both <- rbind(
    transform(data, wave = "1999", api = api99), transform(data, wave = "2000", api = api00)
  )
  design <- api_designs[[name]](data)
  union <- api_designs[[name]](both)
  bind(lapply(api_domains, function(domain) {
    keep <- in_api_domain(data, domain)
    shared <- shared_change(
      union, both$api, both$wave, "1999", "2000", in_api_domain(both, domain)
    )
    independent <- independent_change(
      domain_statistics(design, data$api99, keep), domain_statistics(design, data$api00, keep)
    )
    cbind(
      data.frame(design = name, domain = domain, samples = c("shared", "independent")),
      rbind(shared, independent)
    )
  }))
}

write_reference(bind(lapply(names(api_designs), api_estimates)), "estimates.csv")
write_reference(bind(lapply(names(api_designs), api_changes)), "changes.csv")

# 3: a small data set with everything that can be awkward --------------------------------------

# PSUs of the stratum in each wave of the rotating sample: 3 is lonely in every wave (w3 has another
# PSU), 5 in w2 only, 6 is a lonely census, 7 has no PSU in w2.
rotation <- list(
  list(stratum = 1, population = 12, w1 = 11:14, w2 = 12:15, w3 = 14:16),
  list(stratum = 2, population = 9, w1 = 21:23, w2 = 22:24, w3 = 24:26),
  list(stratum = 3, population = 6, w1 = 31, w2 = 31, w3 = 32),
  list(stratum = 4, population = 20, w1 = 41:45, w2 = 41:45, w3 = 43:47),
  list(stratum = 5, population = 8, w1 = 51:52, w2 = 52, w3 = 52:53),
  list(stratum = 6, population = 1, w1 = 61, w2 = 61, w3 = 61),
  list(stratum = 7, population = 10, w1 = 71:72, w2 = integer(), w3 = 71:72)
)

# Remainders of multiples spread the values without chance; the last term gives PSUs a level.
made_up_answers <- function(data, k, level) {
  i <- seq_len(nrow(data)) + 17 * k
  transform(data,
    weight = 0.5 + (5 * i) %% 11 / 4,
    y01 = as.numeric((7 * i + 3 * level + k) %% 10 < 4 + k),
    y = 20 + (13 * i) %% 17 / 2 + 2.3 * (level %% 5) + 1.7 * k,
    cat = c("p", "q", "r")[1 + (11 * i + 2 * level) %% 7 %% 3],
    g = ifelse((3 * i + level) %% 7 < 3, "b", "a")
  )
}

rotating_wave <- function(k) {
  wave <- paste0("w", k)
  psus <- bind(lapply(rotation, function(stratum) {
    data.frame(
      stratum = rep(stratum$stratum, length(stratum[[wave]])), psu = stratum[[wave]],
      population_psus = rep(stratum$population, length(stratum[[wave]]))
    )
  }))
  data <- psus[rep(seq_len(nrow(psus)), 2 + psus$psu %% 3), ]
  data <- made_up_answers(data, k, data$psu)
  i <- seq_len(nrow(data))
  # Nobody of b in stratum 4 nor in three more PSUs; c is only found in lonely strata.
  data$g[data$stratum == 4 | data$psu %in% c(12, 22, 51)] <- "a"
  data$g[data$stratum %in% c(3, 6) & i %% 2 == 0] <- "c"
  # Scattered missing values, a PSU without any value, and a stratum without any.
  data$y[(i + k) %% 9 == 0 | data$psu == 44 & k == 1 | data$stratum == 7 & k == 3] <- NA
  data$y01[(i + k) %% 14 == 0] <- NA
  data$cat[(i + 2 * k) %% 13 == 0] <- NA
  cbind(data.frame(sample_id = "rotating", wave = wave, respondent = paste0(wave, "-", i)), data)
}

# w1 again with weights of zero for single rows, a whole PSU and a whole stratum.
zero_weight_wave <- function(w1) {
  none <- w1$psu == 13 | w1$stratum == 3 | seq_len(nrow(w1)) %% 8 == 0
  transform(w1,
    sample_id = "zero_weights", wave = "z1", respondent = sub("w1", "z1", respondent),
    weight = ifelse(none, 0, weight)
  )
}

# 24 persons, 20 in each wave and 16 in both, some of whom change domain and weight.
panel_wave <- function(k) {
  person <- if (k == 1) 1:20 else 5:24
  data <- data.frame(stratum = 1 + person %% 3, psu = person, population_psus = NA)
  data <- made_up_answers(data, k, person)
  data$y[(person + k) %% 11 == 0] <- NA
  cbind(
    data.frame(sample_id = "panel", wave = paste0("p", k), respondent = paste0("p", person)), data
  )
}

w1 <- rotating_wave(1)
small <- rbind(
  w1, rotating_wave(2), rotating_wave(3), zero_weight_wave(w1), panel_wave(1), panel_wave(2)
)
write_reference(small, "small_designs.csv")

small_design <- function(data, name, fpc) {
  psu <- if (name %in% c("no_psus", "simple")) ~respondent else ~psu
  strata <- if (name %in% c("no_strata", "simple")) NULL else ~stratum
  weights <- if (name %in% c("no_weights", "simple")) ~one else ~weight
  data$one <- 1
  svydesign(psu, strata = strata, weights = weights, fpc = if (fpc) ~population_psus, data = data)
}

small_measures <- list(
  y = function(data) data$y,
  y01 = function(data) data$y01,
  `cat=p` = function(data) as.numeric(data$cat == "p"),
  `cat=q` = function(data) as.numeric(data$cat == "q"),
  `cat=r` = function(data) as.numeric(data$cat == "r")
)
small_domains <- c("all", "a", "b", "c")
in_small_domain <- function(data, domain) domain == "all" | data$g == domain
# A domain can be estimated where it has weight.
has_weight <- function(data, values, keep) sum(data$weight[keep & !is.na(values)]) > 0

# The full design in every variant; the poorer designs only once each.
variants <- expand.grid(
  design = "full", fpc = c(FALSE, TRUE), lonely_psu = c("adjust", "remove", "average"),
  stringsAsFactors = FALSE
)
variants <- rbind(variants, data.frame(
  design = c("no_strata", "no_psus", "no_weights", "simple"), fpc = FALSE, lonely_psu = "adjust"
))
panel_variants <- data.frame(design = c("full", "no_strata"), fpc = FALSE, lonely_psu = "adjust")

small_estimates <- function(wave, variant) {
  options(survey.lonely.psu = variant$lonely_psu)
  data <- small[small$wave == wave, ]
  design <- small_design(data, variant$design, variant$fpc)
  bind(lapply(names(small_measures), function(measure) {
    values <- small_measures[[measure]](data)
    bind(lapply(small_domains, function(domain) {
      keep <- in_small_domain(data, domain)
      if (!has_weight(data, values, keep)) return(NULL)
      row <- domain_statistics(design, values, keep)
      cbind(
        data.frame(
          sample_id = data$sample_id[1], wave = wave, design = variant$design, fpc = variant$fpc,
          lonely_psu = variant$lonely_psu, measure = measure, domain = domain
        ),
        interval_rows(row, measure != "y")
      )
    }))
  }))
}

small_changes <- function(from, to, variant) {
  options(survey.lonely.psu = variant$lonely_psu)
  both <- small[small$wave %in% c(from, to), ]
  union <- small_design(both, variant$design, variant$fpc)
  parts <- lapply(c(from, to), function(wave) both[both$wave == wave, ])
  designs <- lapply(parts, small_design, variant$design, variant$fpc)
  bind(lapply(names(small_measures), function(measure) {
    read <- small_measures[[measure]]
    bind(lapply(small_domains, function(domain) {
      keep <- lapply(parts, in_small_domain, domain)
      found <- mapply(
        function(part, rows) has_weight(part, read(part), rows), parts, keep
      )
      if (!all(found)) return(NULL)
      shared <- shared_change(
        union, read(both), both$wave, from, to, in_small_domain(both, domain)
      )
      each <- Map(
        function(design, part, rows) domain_statistics(design, read(part), rows),
        designs, parts, keep
      )
      cbind(
        data.frame(
          sample_id = both$sample_id[1], from_wave = from, to_wave = to, design = variant$design,
          fpc = variant$fpc, lonely_psu = variant$lonely_psu, measure = measure, domain = domain,
          samples = c("shared", "independent")
        ),
        rbind(shared, independent_change(each[[1]], each[[2]]))
      )
    }))
  }))
}

# Persons of the rotating sample differ between waves, so its designs without PSUs share nothing.
write_reference(rbind(
  for_each(variants, function(v) {
    bind(lapply(c("w1", "w2", "w3", "z1"), small_estimates, v))
  }),
  for_each(panel_variants, function(v) bind(lapply(c("p1", "p2"), small_estimates, v)))
), "small_estimates.csv")
write_reference(rbind(
  for_each(variants[!variants$design %in% c("no_psus", "simple"), ], function(v) {
    rbind(
      small_changes("w1", "w2", v), small_changes("w1", "w3", v), small_changes("w2", "w3", v)
    )
  }),
  for_each(panel_variants, function(v) small_changes("p1", "p2", v))
), "small_changes.csv")

# 4: the studies of this repository ------------------------------------------------------------

read_wave <- function(study, wave) {
  path <- file.path("seeds", "waves", study, sprintf("%s_%s.csv", study, wave))
  read.csv(path, colClasses = "character", na.strings = "", check.names = FALSE)
}

# Segments and categories carry the codes of the codebook.
segment_rows <- function(columns) {
  bind(Map(function(values, segment) {
    data.frame(segment = segment, domain = sort(unique(values)))
  }, columns, names(columns)))
}

divisions <- c(
  `new england` = "new_england", `middle atlantic` = "middle_atlantic",
  `e. nor. central` = "east_north_central", `w. nor. central` = "west_north_central",
  `south atlantic` = "south_atlantic", `e. sou. central` = "east_south_central",
  `w. sou. central` = "west_south_central", mountain = "mountain", pacific = "pacific"
)

gss_wave <- function(wave) {
  data <- read_wave("gss", wave)
  columns <- list(
    total = rep("total", nrow(data)),
    sex = ifelse(data$female == "1", "female", "male"),
    region = unname(divisions[data$region])
  )
  design <- svydesign(~rownames, weights = ~1, data = data)
  cells <- merge(
    segment_rows(columns), data.frame(category = c("very happy", "pretty happy", "not too happy"))
  )
  for_each(cells, function(cell) {
    row <- domain_statistics(
      design, as.numeric(data$happy == cell$category), columns[[cell$segment]] == cell$domain
    )
    cell$category <- gsub(" ", "_", cell$category)
    cbind(data.frame(wave = wave), cell, interval_rows(row, TRUE))
  })
}
write_reference(bind(lapply(c("1994", "2000", "2006"), gss_wave)), "gss_happy.csv")

bsa_change <- function(to) {
  waves <- c("1983", to)
  both <- bind(lapply(waves, function(wave) read_wave("bsa", wave)))
  both$numpos <- as.numeric(both$numpos)
  columns <- list(total = rep("total", nrow(both)), sex = both$gender)
  design_of <- function(data) svydesign(~district, weights = ~1, data = data)
  for_each(segment_rows(columns), function(cell) {
    keep <- columns[[cell$segment]] == cell$domain
    each <- lapply(waves, function(wave) {
      rows <- both$year == wave
      domain_statistics(design_of(both[rows, ]), both$numpos[rows], keep[rows])
    })
    cbind(
      data.frame(from_wave = waves[1], to_wave = to), cell,
      data.frame(samples = c("shared", "independent")),
      rbind(
        shared_change(design_of(both), both$numpos, both$year, waves[1], to, keep),
        independent_change(each[[1]], each[[2]])
      )
    )
  })
}
write_reference(bind(lapply(c("1984", "1986"), bsa_change)), "bsa_change.csv")

# 5: distributions and adjustments -------------------------------------------------------------

p_grid <- expand.grid(
  t = c(0, 0.01, 0.5, 1, 1.5, 1.96, 2.5, 4, 8, 15, 37),
  df = c(1, 2, 3, 5, 14, 30, 100, 200, 201, 1000, 5000, 17136)
)
write_reference(transform(p_grid, p = 2 * pt(-abs(t), df)), "p_values.csv")

t_grid <- expand.grid(
  level = c(0.8, 0.9, 0.95, 0.99),
  df = c(1, 2, 3, 5, 14, 30, 100, 200, 201, 202, 250, 500, 1000, 5000, 17136, 1e6)
)
write_reference(transform(t_grid, t_quantile = qt((1 + level) / 2, df)), "t_quantiles.csv")

families <- list(
  single = 0.03,
  plain = c(0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216),
  ties = c(0.01, 0.01, 0.02, 0.02, 0.02, 0.5, 0.5),
  unordered = c(0.6, 0.0004, 0.03, 1, 0.2, 0.0300001, 1e-12, 0),
  near_one = c(0.4, 0.5, 0.7, 0.9, 1)
)
write_reference(bind(lapply(names(families), function(family) {
  p <- families[[family]]
  data.frame(
    family = family, position = seq_along(p), p = p,
    benjamini_hochberg = p.adjust(p, "BH"), holm = p.adjust(p, "holm")
  )
})), "p_adjust.csv")
