# Estimates that no codebook declares ------------------------------------------------------------

# Crossings, filters and sets of waves, as they are asked on demand: `by` are the variables that are
# crossed, `where` the filter as it is typed, `keeps` the same for R, `waves` those that are pooled.
question <- function(by = character(), where = "", keeps = NULL, waves = NULL) {
  list(by = by, where = where, keeps = keeps, waves = waves)
}

gss_questions <- list(
  question(c("sex", "race")),
  question("race", "sex = 'female' and education_level in ('12_years', '16_years_or_more')",
    quote(sex == "female" & education_level %in% c("12_years", "16_years_or_more"))
  ),
  question(character(), "not (race = 'black' or occupational_prestige < 40.5)",
    quote(!(race == "black" | occupational_prestige < 40.5))
  ),
  question("sex", "tv_hours between 1 and 3", quote(tv_hours >= 1 & tv_hours <= 3),
    waves = c("1994", "2000", "2006")
  )
)
bsa_questions <- list(
  question(c("party", "sex")),
  question("sex", "party != 'labour'", quote(party != "labour"), waves = c("1983", "1986"))
)
nhanes_questions <- list(
  question(c("nhanes_sex", "nhanes_race")),
  question("nhanes_race", "nhanes_age != '0_to_19'", quote(nhanes_age != "0_to_19"))
)
school_questions <- list(
  question(c("school_type", "met_schoolwide_target")),
  question("school_type", "api_score >= 600 and not api_score > 700.5",
    quote(api_score >= 600 & !(api_score > 700.5))
  )
)
kinds_questions <- list(
  question(c("kinds_group", "kinds_age")),
  question("kinds_age", "kinds_choice = 'p' or kinds_number > 28",
    quote(kinds_choice == "p" | kinds_number > 28)
  ),
  question("kinds_group", "kinds_size <= 2", quote(kinds_size <= 2), waves = c("w1", "w3"))
)
questions_of <- function(study) {
  name <- sub("_.*", "", study$study_id)
  switch(name,
    gss = gss_questions, bsa = bsa_questions, nhanes = nhanes_questions, api = school_questions,
    kinds = , replicates = kinds_questions
  )
}

# Codes of the crossing, empty outside of the filter or without an answer.
codes_asked <- function(asked, data) {
  if (!all(c(asked$by, all.vars(asked$keeps)) %in% names(data))) return(rep(NA, nrow(data)))
  codes <- if (length(asked$by) == 0) total_segment(data) else {
    ifelse(rowSums(is.na(data[asked$by])) > 0, NA, do.call(paste, c(data[asked$by], sep = "|")))
  }
  if (is.null(asked$keeps)) return(codes)
  keeps <- eval(asked$keeps, data)
  ifelse(is.na(keeps) | !keeps, NA, codes)
}

asked_rows <- function(study, asked) {
  pools <- if (is.null(asked$waves)) as.list(names(study$waves)) else {
    if (all(asked$waves %in% names(study$waves))) list(asked$waves) else list()
  }
  study$segments <- list(asked = function(data) codes_asked(asked, data))
  bind(lapply(pools, function(wave_ids) {
    statistics <- statistics_of(study, wave_ids)
    if (length(statistics$found) == 0) return(NULL)
    rows <- estimate_rows(
      statistics, study_id = study$study_id, waves = paste(wave_ids, collapse = " ")
    )
    rows$segment_id <- paste(asked$by, collapse = " ")
    names(rows)[names(rows) == "segment_id"] <- "by"
    # the file has no quotes, and commas part its columns
    cbind(rows, data.frame(where = gsub(",", ";", asked$where)))
  }))
}

# Designs that differ: clusters, strata with their sampling fractions, a panel, two weights, replicates.
asked_of <- c(
  "api", "api_strat_fpc", "gss", "bsa", "nhanes_cholesterol", "kinds_full_fpc_average",
  "kinds_panel", "kinds_weights", "replicates_jkn", "replicates_bootstrap_centred"
)
write_reference(
  bind(lapply(
    Filter(
      function(study) study$study_id %in% asked_of,
      c(school_studies, survey_studies, list(nhanes_study), kinds_studies, replicate_studies)
    ),
    function(study) bind(lapply(questions_of(study), function(asked) asked_rows(study, asked)))
  )),
  "asked_estimates.csv"
)
