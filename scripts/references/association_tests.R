# Tests of association of the studies, as declared in their codebook ------------------------------
local({

# The test itself, without what takes it apart in associations.R.

# `answer` and `group` are columns of the design's data. The degrees of freedom of the design are those
# of degf(), which leaves out PSUs without weight; svychisq() itself counts them.
association <- function(design, answer, group, key) {
  data <- design$variables
  known <- !is.na(data[[answer]]) & !is.na(data[[group]])
  used <- known & weights(design, "sampling") > 0
  test <- svychisq(as.formula(paste("~", answer, "+", group)), design, statistic = "F")
  numerator <- unname(test$parameter["ndf"])
  statistic <- unname(test$statistic)
  # of a value of the segment within one PSU no error is known, and no test is made
  if (!inherits(design, "svyrep.design") && any_in_one_psu(design, used, data[[group]])) {
    numerator <- statistic <- NA_real_
  }
  denominator <- numerator * degf(design)
  cbind(key, data.frame(
    n_respondents = sum(used), f_statistic = statistic,
    numerator_df = numerator, denominator_df = denominator,
    p_value = pf(statistic, numerator, denominator, lower.tail = FALSE)
  ))
}

key_of <- function(study, wave, measure, segment) {
  data.frame(study_id = study, wave_id = wave, measure_id = measure, segment_id = segment)
}

# Studies -------------------------------------------------------------------------------------

read_text <- function(path) {
  read.csv(path, colClasses = "character", na.strings = "", check.names = FALSE)
}
read_wave <- function(study, wave) {
  read_text(file.path("seeds", "waves", study, sprintf("%s_%s.csv", study, wave)))
}

census_regions <- c(
  `new england` = "northeast", `middle atlantic` = "northeast", `e. nor. central` = "midwest",
  `w. nor. central` = "midwest", `south atlantic` = "south", `e. sou. central` = "south",
  `w. sou. central` = "south", mountain = "west", pacific = "west"
)

gss_tests <- function(wave) {
  data <- read_wave("gss", wave)
  data$census_region <- unname(census_regions[data$region])
  design <- svydesign(~1, weights = ~1, data = data)
  rbind(
    association(design, "happy", "female", key_of("gss", wave, "happiness_share", "sex")),
    association(
      design, "happy", "census_region", key_of("gss", wave, "happiness_share", "census_region")
    )
  )
}

# In later waves a party has nobody, or nobody of one sex.
bsa_tests <- function(study) {
  data <- read_wave("bsa", "1983")
  design <- svydesign(~district, weights = ~1, data = data)
  association(design, "party", "gender", key_of(study, "1983", "party_share", "sex"))
}

school_designs <- list(
  api = function(data) svydesign(~dnum, weights = ~pw, data = data),
  api_fpc = function(data) svydesign(~dnum, weights = ~pw, fpc = ~fpc, data = data),
  api_strat = function(data) svydesign(~cds, strata = ~stype, weights = ~pw, data = data),
  api_strat_fpc = function(data) {
    svydesign(~cds, strata = ~stype, weights = ~pw, fpc = ~fpc, data = data)
  }
)
school_tests <- function(study) {
  data <- if (startsWith(study, "api_strat")) {
    read_text(file.path(folder, "apistrat.csv"))
  } else {
    read_wave("api", "2000")
  }
  data$pw <- as.numeric(data$pw)
  data$fpc <- as.numeric(data$fpc)
  names(data)[names(data) == "sch.wide"] <- "target"
  design <- school_designs[[study]](data)
  bind(lapply(c(study, paste0(study, "_independent")), function(name) {
    association(
      design, "target", "stype", key_of(name, "2000", "met_schoolwide_target_share", "school_type")
    )
  }))
}

# The made-up survey --------------------------------------------------------------------------

small <- read.csv(file.path(folder, "small_designs.csv"), na.strings = "")

# The studies of tests/python/studies/made_up.py.
full <- expand.grid(
  design = "full", fpc = c(FALSE, TRUE), lonely_psu = c("adjust", "remove", "average"),
  shared = c(TRUE, FALSE), panel = FALSE, stringsAsFactors = FALSE
)
others <- data.frame(
  design = c("no_strata", "no_weights", "no_strata", "no_weights", "no_psus", "simple"),
  fpc = FALSE, lonely_psu = "adjust", shared = c(TRUE, TRUE, FALSE, FALSE, FALSE, FALSE),
  panel = FALSE
)
panels <- expand.grid(
  design = c("full", "no_strata"), fpc = FALSE, lonely_psu = "adjust", shared = c(TRUE, FALSE),
  panel = TRUE, stringsAsFactors = FALSE
)
made_up <- rbind(full, others, panels)

made_up_design <- function(data, study) {
  person <- study$panel || study$design %in% c("no_psus", "simple")
  svydesign(
    if (person) ~respondent else ~psu,
    strata = if (!study$design %in% c("no_strata", "simple")) ~stratum,
    weights = if (study$design %in% c("no_weights", "simple")) ~one else ~weight,
    fpc = if (study$fpc) ~population_psus,
    data = transform(data, one = 1)
  )
}

answers <- list(
  made_up_yes_share = list(column = "y01", codes = c(0, 1)),
  made_up_choice_share = list(column = "cat", codes = c("p", "q", "r"))
)
groups <- list(
  made_up_group = list(column = "g", codes = c("a", "b", "c")),
  made_up_yes = list(column = "y01", codes = c(0, 1))
)

# Tables with an empty cell are not tested.
tests_of_wave <- function(design, study, wave) {
  data <- design$variables
  cells <- expand.grid(
    measure = names(answers), segment = names(groups), stringsAsFactors = FALSE
  )
  bind(Map(function(measure, segment) {
    answer <- answers[[measure]]
    group <- groups[[segment]]
    table <- xtabs(
      weights(design, "sampling") ~ factor(data[[answer$column]], answer$codes) +
        factor(data[[group$column]], group$codes)
    )
    if (any(table == 0)) return(NULL)
    association(design, answer$column, group$column, key_of(study, wave, measure, segment))
  }, cells$measure, cells$segment))
}

made_up_tests <- function(study) {
  options(survey.lonely.psu = study$lonely_psu)
  name <- paste0(
    "made_up_", study$design, if (study$fpc) "_fpc", "_", study$lonely_psu,
    if (study$panel) "_panel", if (study$shared) "_shared" else "_independent"
  )
  waves <- if (study$panel) c("p1", "p2") else c("w1", "w2", "w3", if (!study$shared) "z1")
  bind(lapply(waves, function(wave) {
    tests_of_wave(made_up_design(small[small$wave == wave, ], study), name, wave)
  }))
}

# A jackknife that leaves out one PSU of w1 after the other.
replicated_tests <- function(centre) {
  data <- small[small$wave == "w1", ]
  psus <- unique(data$psu)
  factor <- length(psus) / (length(psus) - 1)
  design <- svrepdesign(
    data = data, weights = ~weight, type = "JK1", combined.weights = TRUE,
    repweights = sapply(psus, function(psu) ifelse(data$psu == psu, 0, data$weight * factor)),
    mse = centre == "full_sample"
  )
  tests_of_wave(design, paste0("replicated_", centre), "w1")
}

write_reference(rbind(
  bind(lapply(c("1994", "1996", "1998", "2000", "2002", "2004", "2006"), gss_tests)),
  bind(lapply(c("bsa", "bsa_independent"), bsa_tests)),
  bind(lapply(names(school_designs), school_tests)),
  bind(lapply(seq_len(nrow(made_up)), function(i) made_up_tests(made_up[i, ]))),
  bind(lapply(c("full_sample", "replicate_mean"), replicated_tests))
), "association_tests.csv")

})
