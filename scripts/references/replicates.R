# Replicate weights: the same made-up sample with the weights of every method -------------------

# Six strata of two PSUs, in two waves that share all PSUs; `jk_stratum` joins strata, so that they
# have 2, 4 and 6 PSUs. Domain c lives in one PSU only: a replicate without it has no estimate.
halves_wave <- function(k) {
  psu <- rep(1:12, times = 3 + (1:12 + k) %% 3)
  data <- made_up_answers(data.frame(stratum = (psu + 1) %/% 2, psu = psu), k, psu)
  i <- seq_len(nrow(data))
  data$jk_stratum <- c(1, 2, 2, 3, 3, 3)[data$stratum]
  data$g[data$psu == 5 & i %% 2 == 0] <- "c"
  data$y[(i + k) %% 10 == 0] <- NA
  data$cat[(i + k) %% 12 == 0] <- NA
  data <- answers_of_many_kinds(cbind(data, wave = paste0("r", k)))
  data$d <- data$g
  cbind(
    data.frame(wave = paste0("r", k), respondent = sprintf("r%d-%d", k, i)),
    data[c(
      "stratum", "jk_stratum", "psu", "weight", "y", "size", "cat", "m1", "m2", "m3", "age", "d"
    )]
  )
}
halves <- rbind(halves_wave(1), halves_wave(2))

# Factors of successive differences: each PSU takes two neighbouring rows of a Hadamard matrix.
successive_factors <- function(psu) {
  signs <- 2 * hadamard(15) - 1
  n <- ncol(signs)
  psus <- sort(unique(psu))
  first <- match(psu, psus) + 1
  second <- first + 1
  1 + 2^(-3 / 2) * signs[first, ] - 2^(-3 / 2) * signs[second, ]
}

replicate_design <- function(type, strata, ...) {
  full <- svydesign(~psu, strata = strata, weights = ~weight, data = halves)
  as.svrepdesign(full, type = type, compress = FALSE, ...)
}
set.seed(20261123) # for the bootstrap, whose weights are part of the data
fay_rho <- 0.3
made_designs <- list(
  jk1 = replicate_design("JK1", NULL),
  jkn = replicate_design("JKn", ~jk_stratum),
  brr = replicate_design("BRR", ~stratum),
  fay = replicate_design("Fay", ~stratum, fay.rho = fay_rho),
  bootstrap = replicate_design("subbootstrap", ~jk_stratum, replicates = 20)
)
replicate_weights <- c(
  lapply(made_designs, function(design) unclass(as.matrix(weights(design, "analysis")))),
  list(successive_difference = halves$weight * successive_factors(halves$psu))
)
scales <- c(lapply(made_designs, function(d) d$scale), list(successive_difference = 4 / 16))
rscales <- c(
  lapply(made_designs, function(d) d$rscales), list(successive_difference = rep(1, 16))
)
# The package's own scales where it knows the method by name.
by_name <- svrepdesign(
  weights = halves$weight, repweights = replicate_weights$successive_difference,
  type = "successive-difference", combined.weights = TRUE
)
stopifnot(
  all.equal(by_name$scale, scales$successive_difference),
  all.equal(by_name$rscales, rscales$successive_difference)
)
methods <- names(replicate_weights)
short <- c(
  jk1 = "jk1", jkn = "jkn", brr = "brr", fay = "fay", bootstrap = "boot",
  successive_difference = "sdr"
)

named_weights <- function(method) {
  all <- as.data.frame(replicate_weights[[method]])
  names(all) <- sprintf("%s_%02d", short[[method]], seq_along(all))
  all
}
weight_columns <- lapply(stats::setNames(nm = methods), function(m) names(named_weights(m)))
halves <- cbind(halves, do.call(cbind, unname(lapply(methods, named_weights))))

# What the designs have to declare, where it is not the method's own.
write_reference(halves, "replicate_designs.csv")
write_reference(bind(lapply(methods, function(method) {
  data.frame(
    method = method, position = seq_along(rscales[[method]]), scale = scales[[method]],
    replicate_factor = rscales[[method]]
  )
})), "replicate_scales.csv")

halves_measures <- Filter(
  function(m) m$id %in% c(
    "kinds_number_mean", "kinds_number_median", "kinds_number_per_size", "kinds_number_total",
    "kinds_choice_share", "kinds_choice_balance", "kinds_mentions_responses",
    "kinds_number_mean_by_age"
  ),
  kinds_measures
)

# `declared`: degrees of freedom that the codebook of the study declares too. All others are the package's.
replicate_study <- function(method, mse, declared = NULL) {
  said <- function(values) c("no", "yes")[values + 1]
  weights_of <- weight_columns[[method]]
  list(
    study_id = paste0("replicates_", method, if (mse) "" else "_centred"),
    waves = by_wave(lapply(c("r1", "r2"), function(wave_id) {
      data <- halves[halves$wave == wave_id, ]
      study_wave(
        wave_id, c(r1 = "2001-06-01", r2 = "2002-09-15")[[wave_id]], "one",
        cbind(with(data, data.frame(
          weight = weight, kinds_number = y, kinds_size = size, kinds_choice = cat,
          kinds_mention_1 = said(m1), kinds_mention_2 = said(m2), kinds_mention_3 = said(m3),
          kinds_age = age, kinds_group = d
        )), data[weights_of])
      )
    })),
    replicates = function(data) {
      design <- svrepdesign(
        variables = data, repweights = as.matrix(data[weights_of]), weights = data$weight,
        type = "other", scale = scales[[method]], rscales = rscales[[method]],
        combined.weights = TRUE, mse = mse
      )
      if (!is.null(declared)) design$degf <- declared
      design
    },
    lonely_psu = "adjust", least = 1, measures = halves_measures,
    segments = list(total = total_segment, kinds_group = function(data) data$kinds_group),
    contrasts = list(kinds_group = list(c("a", "b"), c("c", "a"))),
    base_wave_id = "r1", pooled = 2
  )
}
replicate_studies <- do.call(c, lapply(methods, function(method) {
  declared <- if (method == "fay") 4
  list(replicate_study(method, TRUE, declared), replicate_study(method, FALSE, declared))
}))

write_reference(bind(lapply(replicate_studies, study_estimates)), "replicate_measures.csv")
