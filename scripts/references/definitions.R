# Studies as lists for engine.R: the schools, the studies of the seeds, and the made-up survey with
# more columns. Ids are those of the codebook.

by_wave <- function(waves) stats::setNames(waves, vapply(waves, function(w) w$wave_id, ""))
study_wave <- function(wave_id, wave_date, sample_id, data) {
  list(
    wave_id = wave_id, wave_date = as.Date(wave_date), sample_id = sample_id,
    data = as.data.frame(data)
  )
}
total_segment <- function(data) rep("total", nrow(data))

# Schools -------------------------------------------------------------------------------------

yes_no <- function(values) ifelse(is.na(values), NA, ifelse(values == "Yes", "yes", "no"))
school_types <- c(E = "elementary", M = "middle", H = "high")
targets <- c("met_schoolwide_target", "met_comparable_improvement", "awarded")

school_data <- function(data, wave_id) {
  common <- data.frame(
    cds = data$cds, dnum = data$dnum, stype = data$stype, pw = data$pw, fpc = data$fpc,
    school_type = unname(school_types[as.character(data$stype)])
  )
  if (wave_id == "1999") return(cbind(common, api_score = data$api99))
  cbind(common, data.frame(
    api_score = data$api00, enrolment = data$enroll, students_tested = data$api.stu,
    met_schoolwide_target = yes_no(data$sch.wide), awarded = yes_no(data$awards),
    met_comparable_improvement = yes_no(data$comp.imp)
  ))
}

school_measures <- list(
  measure("api_score_mean", "mean", "api_score"),
  measure("api_score_median", "quantile", "api_score", p = 0.5),
  measure("enrolment_p90", "quantile", "enrolment", p = 0.9),
  measure("students_tested_ratio", "ratio", "students_tested", denominator = "enrolment"),
  measure("enrolment_total", "total", "enrolment"),
  measure("school_type_total", "total", "school_type", categories = unname(school_types)),
  measure("targets_met_cases", "share_of_cases", members = targets),
  measure("targets_met_responses", "share_of_responses", members = targets)
)

school_study <- function(study_id, design, is_shared) {
  data <- api_data(design)
  waves <- lapply(c("1999", "2000"), function(wave_id) {
    sample_id <- if (is_shared) "schools" else wave_id
    study_wave(wave_id, paste0(wave_id, "-05-01"), sample_id, school_data(data, wave_id))
  })
  list(
    study_id = study_id, waves = by_wave(waves), design = api_designs[[design]],
    lonely_psu = "adjust", least = 1, measures = school_measures,
    segments = list(total = total_segment, school_type = function(data) data$school_type),
    contrasts = list(school_type = list(c("elementary", "high"), c("middle", "high"))),
    base_wave_id = "1999", pooled = NULL, associations = list()
  )
}

school_studies <- c(
  list(
    school_study("api", "clustered", TRUE), school_study("api_fpc", "clustered_fpc", TRUE),
    school_study("api_strat", "stratified", TRUE),
    school_study("api_strat_fpc", "stratified_fpc", TRUE)
  ),
  list(
    school_study("api_independent", "clustered", FALSE),
    school_study("api_strat_fpc_independent", "stratified_fpc", FALSE)
  )
)

# Studies of the seeds ------------------------------------------------------------------------

education_1994 <- list(
  variable = "education_level",
  shares = c(
    under_12_years = 0.1855, `12_years` = 0.312, `13_to_15_years` = 0.2491,
    `16_years_or_more` = 0.2534
  )
)
happiness_codes <- c("very_happy", "pretty_happy", "not_too_happy")
attendance_codes <- c(
  never = "never", `lt once a year` = "less_than_once_a_year", `every week` = "every_week",
  `more thn once wk` = "more_than_once_a_week"
)

gss_measures <- list(
  measure("happiness_share", "share", "happiness", categories = happiness_codes),
  measure("happiness_net", "net", "happiness",
    items = list(happy = c(very_happy = 1, pretty_happy = 1))
  ),
  measure("happiness_balance", "score", "happiness",
    items = list(balance = c(very_happy = 1, not_too_happy = -1))
  ),
  measure("religious_attendance_net", "net", "religious_attendance",
    items = list(
      weekly = c(every_week = 1, more_than_once_a_week = 1),
      seldom = c(less_than_once_a_year = 1, never = 1)
    )
  ),
  measure("tv_hours_mean", "mean", "tv_hours"),
  measure("tv_hours_median", "quantile", "tv_hours", p = 0.5),
  measure("occupational_prestige_median", "quantile", "occupational_prestige", p = 0.5),
  measure("happiness_share_education_1994", "share", "happiness",
    categories = happiness_codes, standard = education_1994
  )
)

gss_data <- function(wave_id) {
  data <- read_wave("gss", wave_id)
  number <- function(column) as.numeric(data[[column]])
  # what is not named stays a category of its own, which no item scores
  attendance <- unname(attendance_codes[data$attend])
  data.frame(
    rownames = data$rownames, happiness = gsub(" ", "_", data$happy),
    religious_attendance = ifelse(is.na(data$attend) | !is.na(attendance), attendance, "other"),
    tv_hours = number("tvhours"), occupational_prestige = number("prestige"),
    education_level = as.character(cut(
      number("educ"), c(-Inf, 12, 13, 16, Inf), names(education_1994$shares), right = FALSE
    )),
    sex = ifelse(data$female == "1", "female", "male"),
    race = ifelse(data$black == "1", "black", "not_black")
  )
}

gss_years <- c("1994", "1996", "1998", "2000", "2002", "2004", "2006")
gss_study <- list(
  study_id = "gss",
  waves = by_wave(lapply(gss_years, function(wave_id) {
    study_wave(wave_id, paste0(wave_id, "-03-01"), wave_id, gss_data(wave_id))
  })),
  design = function(data) svydesign(~rownames, weights = ~1, data = data),
  lonely_psu = "adjust", least = 30, measures = gss_measures,
  segments = list(
    total = total_segment, sex = function(data) data$sex, race = function(data) data$race
  ),
  contrasts = list(sex = list(c("female", "male")), race = list(c("black", "not_black"))),
  base_wave_id = "1994", pooled = 2
)

bsa_years <- c("1983", "1984", "1985", "1986")
party_codes <- c(
  conservative = "conservative", labour = "labour", `Lib/SDP/Alliance` = "alliance",
  others = "other", none = "none"
)
bsa_study <- function(study_id, is_shared) {
  list(
    study_id = study_id,
    waves = by_wave(lapply(bsa_years, function(wave_id) {
      data <- read_wave("bsa", wave_id)
      study_wave(
        wave_id, paste0(wave_id, "-03-01"), if (is_shared) "panel" else wave_id,
        data.frame(
          district = data$district, abortion_support = as.numeric(data$numpos),
          party = unname(party_codes[data$party]), sex = data$gender
        )
      )
    })),
    design = function(data) svydesign(~district, weights = ~1, data = data),
    lonely_psu = "adjust", least = 30,
    measures = list(
      measure("abortion_support_mean", "mean", "abortion_support"),
      measure("party_share", "share", "party", categories = unname(party_codes))
    ),
    segments = list(total = total_segment, sex = function(data) data$sex),
    contrasts = list(sex = list(c("female", "male"))), base_wave_id = "1983", pooled = NULL
  )
}
survey_studies <- list(gss_study, bsa_study("bsa", TRUE), bsa_study("bsa_independent", FALSE))

# Cholesterol in NHANES: strata, PSUs and weights ----------------------------------------------

# Every third of the package's rows. Strata 75 to 89 keep their two or three PSUs.
data(nhanes, package = "survey")
nhanes_rows <- data.frame(respondent = seq_len(nrow(nhanes)), nhanes)
nhanes_rows$agecat <- as.integer(nhanes_rows$agecat)
nhanes_rows <- nhanes_rows[seq(1, nrow(nhanes_rows), by = 3), ]

nhanes_ages <- c("0_to_19", "20_to_39", "40_to_59", "60_or_more")
nhanes_standard <- list(
  variable = "nhanes_age",
  shares = stats::setNames(c(0.2779, 0.2832, 0.2505, 0.1884), nhanes_ages)
)
nhanes_study <- list(
  study_id = "nhanes_cholesterol",
  waves = by_wave(list(study_wave("2009", "2009-11-01", "nhanes", with(nhanes_rows, data.frame(
    SDMVSTRA = SDMVSTRA, SDMVPSU = SDMVPSU, WTMEC2YR = WTMEC2YR,
    nhanes_cholesterol = c("normal", "high")[HI_CHOL + 1], nhanes_cholesterol_number = HI_CHOL,
    nhanes_age = nhanes_ages[agecat], nhanes_age_number = c(10, 30, 50, 70)[agecat],
    nhanes_race = paste0("race_", race), nhanes_sex = c("male", "female")[RIAGENDR]
  ))))),
  design = function(data) {
    svydesign(~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC2YR, nest = TRUE, data = data)
  },
  lonely_psu = "adjust", least = 1,
  measures = list(
    measure("nhanes_cholesterol_share", "share", "nhanes_cholesterol",
      categories = c("high", "normal")
    ),
    measure("nhanes_cholesterol_share_by_age", "share", "nhanes_cholesterol",
      categories = c("high", "normal"), standard = nhanes_standard
    ),
    measure("nhanes_cholesterol_mean_by_age", "mean", "nhanes_cholesterol_number",
      standard = nhanes_standard
    ),
    measure("nhanes_cholesterol_total", "total", "nhanes_cholesterol_number"),
    measure("nhanes_age_total", "total", "nhanes_age", categories = nhanes_ages),
    measure("nhanes_age_share", "share", "nhanes_age", categories = nhanes_ages),
    measure("nhanes_age_median", "quantile", "nhanes_age_number", p = 0.5),
    measure("nhanes_cholesterol_per_year", "ratio", "nhanes_cholesterol_number",
      denominator = "nhanes_age_number"
    )
  ),
  segments = list(
    total = total_segment, nhanes_race = function(data) data$nhanes_race,
    nhanes_sex = function(data) data$nhanes_sex
  ),
  contrasts = list(
    nhanes_race = list(c("race_1", "race_2"), c("race_3", "race_2"), c("race_4", "race_2")),
    nhanes_sex = list(c("female", "male"))
  ),
  base_wave_id = NULL, pooled = NULL
)

# The made-up survey --------------------------------------------------------------------------

mentions <- paste0("kinds_mention_", 1:3)
other_mentions <- paste0("kinds_other_mention_", 1:3)
kinds_standard <- list(
  variable = "kinds_age", shares = c(young = 0.3, middle = 0.45, old = 0.25)
)
kinds_choices <- c("p", "q", "r")
grid_measure <- function(variable) {
  measure(paste0("kinds_grid_share__", variable), "share", variable, categories = c("yes", "no"))
}
kinds_measures <- list(
  measure("kinds_number_mean", "mean", "kinds_number"),
  measure("kinds_number_p10", "quantile", "kinds_number", p = 0.1),
  measure("kinds_number_median", "quantile", "kinds_number", p = 0.5),
  measure("kinds_number_p90", "quantile", "kinds_number", p = 0.9),
  measure("kinds_number_per_size", "ratio", "kinds_number", denominator = "kinds_size"),
  measure("kinds_number_total", "total", "kinds_number"),
  measure("kinds_choice_share", "share", "kinds_choice", categories = kinds_choices),
  measure("kinds_choice_total", "total", "kinds_choice", categories = kinds_choices),
  measure("kinds_choice_net", "net", "kinds_choice",
    items = list(p_or_q = c(p = 1, q = 1), any = c(p = 1, q = 1, r = 1))
  ),
  measure("kinds_choice_balance", "score", "kinds_choice",
    items = list(balance = c(p = 1, r = -1))
  ),
  measure("kinds_mentions_cases", "share_of_cases", members = mentions),
  measure("kinds_mentions_responses", "share_of_responses", members = mentions),
  grid_measure(mentions[1]), grid_measure(mentions[2]),
  measure("kinds_choice_share_by_age", "share", "kinds_choice",
    categories = kinds_choices, standard = kinds_standard
  ),
  measure("kinds_number_mean_by_age", "mean", "kinds_number", standard = kinds_standard)
)

# The same answers again, with another weight than that of the study.
kinds_other_measures <- list(
  measure("kinds_other_choice_share", "share", "kinds_choice", categories = kinds_choices),
  measure("kinds_other_number_median", "quantile", "kinds_number", p = 0.5),
  measure("kinds_other_mentions_cases", "share_of_cases", members = other_mentions)
)

kinds_data <- function(wave_id, weight = "weight") {
  data <- small[small$wave == wave_id & !is.na(small[[weight]]), ]
  data$weight <- data[[weight]]
  said <- function(values) c("no", "yes")[values + 1]
  with(data, data.frame(
    respondent = respondent, stratum = stratum, psu = psu, population_psus = population_psus,
    weight = weight, kinds_number = y, kinds_size = size, kinds_choice = cat,
    kinds_mention_1 = said(m1), kinds_mention_2 = said(m2), kinds_mention_3 = said(m3),
    kinds_other_mention_1 = said(m1), kinds_other_mention_2 = said(m2),
    kinds_other_mention_3 = said(m3), kinds_age = age, kinds_group = d
  ))
}

kinds_dates <- c(
  w1 = "2001-06-01", w2 = "2002-05-15", w3 = "2004-02-29", z1 = "2004-09-01",
  p1 = "2001-06-01", p2 = "2002-09-15", i1 = "2001-06-01", i2 = "2002-09-15"
)
# Study, design, fpc, lonely PSUs, waves of one sample and others, base of the indices.
kinds_study <- function(
  name, design, fpc, lonely_psu, shared, alone = character(), base = c(shared, alone)[1],
  pooled = NULL, weight = "weight", measures = kinds_measures
) {
  wave_ids <- c(shared, alone)
  list(
    study_id = paste0("kinds_", name),
    waves = by_wave(lapply(wave_ids, function(wave_id) {
      study_wave(
        wave_id, kinds_dates[[wave_id]], if (wave_id %in% shared) "one" else wave_id,
        kinds_data(wave_id, weight)
      )
    })),
    design = function(data) small_design(data, design, fpc),
    lonely_psu = lonely_psu, least = 1, measures = measures,
    segments = list(total = total_segment, kinds_group = function(data) data$kinds_group),
    contrasts = list(kinds_group = list(c("a", "b"), c("c", "a"), c("one", "a"))),
    base_wave_id = base, pooled = pooled
  )
}
rotating_waves <- c("w1", "w2", "w3")
kinds_studies <- list(
  kinds_study("full_adjust", "full", FALSE, "adjust", rotating_waves, "z1", "w2", c(2, 3)),
  kinds_study("full_fpc_average", "full", TRUE, "average", rotating_waves, "z1", "w1", 2),
  kinds_study("full_remove", "full", FALSE, "remove", rotating_waves, pooled = 3),
  kinds_study("no_strata", "no_strata", FALSE, "adjust", rotating_waves, pooled = 2),
  kinds_study("simple", "simple", FALSE, "adjust", character(), rotating_waves, pooled = 2),
  kinds_study("panel", "full", FALSE, "adjust", c("p1", "p2"), pooled = 2),
  kinds_study("islands", "full", FALSE, "adjust", character(), c("i1", "i2"), pooled = 2),
  kinds_study("islands_shared", "full", FALSE, "adjust", c("i1", "i2"), pooled = 2),
  # one study with two weights: of its own measures, and of those that name the other weight
  kinds_study(
    "weights", "full", FALSE, "adjust", rotating_waves, pooled = 2, weight = "panel_weight"
  ),
  kinds_study(
    "weights", "full", FALSE, "adjust", rotating_waves, pooled = 2,
    measures = kinds_other_measures
  )
)
