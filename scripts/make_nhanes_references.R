# Reference values for the study of NHANES, computed with R from the agency's own files.
#
# Makes      tests/python/references/nhanes.csv, described in the README beside it
# Needs      R with its packages survey and foreign (written with R 4.2.2, survey 4.1-1)
# Sources    the public-use tables DEMO, BMX, DPQ, HUQ and SMQ of NHANES, as the agency publishes them (.xpt)
# Usage      Rscript scripts/make_nhanes_references.R <folder of the tables> \
#              tests/python/references/nhanes.csv
#
# Only numbers computed here are kept in the repository, never the tables.

suppressPackageStartupMessages({
  library(survey)
  library(foreign)
})

arguments <- commandArgs(trailingOnly = TRUE)
if (length(arguments) != 2) stop("usage: make_nhanes_references.R <folder> <file>")

# The population of the United States in 2000, in thousands, by age group.
population <- c(`20_to_39` = 77670, `40_to_59` = 72816, `60_or_more` = 45364)
shares <- population / sum(population)

suffixes <- c(`1999` = "", `2013` = "_H", `2015` = "_I", `2017` = "_J", `2021` = "_L")
items <- sprintf("DPQ%03d", seq(10, 90, 10))
# measures as the codebook names them: crude and standardised
measures <- list(
  obesity = c("obesity_share", "obesity_share_us_2000"),
  depression = c("depression_share", "depression_share_us_2000"),
  bmi = c("body_mass_index_mean", "body_mass_index_mean_us_2000"),
  smoked = "smoked_100_share",
  poor_health = "self_rated_health_share"
)
of_examination <- c("obesity", "depression", "bmi")
of_interview <- c("smoked", "poor_health")

# People who were examined, with what was asked of them and measured -----------------------------

read_wave <- function(wave) {
  table <- function(name) {
    path <- file.path(arguments[1], paste0(name, suffixes[[wave]], ".xpt"))
    if (file.exists(path)) read.xport(path)
  }
  people <- subset(table("DEMO"), RIDSTATR == 2)
  body <- table("BMX")
  mood <- table("DPQ")
  adult <- people$RIDAGEYR >= 20
  pregnant <- people$RIDEXPRG %in% 1
  bmi <- body$BMXBMI[match(people$SEQN, body$SEQN)]
  # one decimal, half away from zero in decimal digits
  bmi <- floor(round(bmi * 10, 6) + 0.5) / 10
  bmi[!adult | pregnant] <- NA
  if (is.null(mood)) {
    score <- rep(NA_real_, nrow(people))
  } else {
    answers <- as.matrix(mood[match(people$SEQN, mood$SEQN), items])
    answers[!answers %in% 0:3] <- NA
    score <- rowSums(answers)
    score[!adult] <- NA
  }
  data.frame(
    wave = wave,
    stratum = paste(wave, people$SDMVSTRA),
    psu = people$SDMVPSU,
    weight = people$WTMEC2YR,
    season = people$RIDEXMON,
    sex = c("male", "female")[people$RIAGENDR],
    age_group = as.character(cut(
      people$RIDAGEYR, c(0, 20, 40, 60, Inf), c("under_20", names(population)), right = FALSE
    )),
    bmi = bmi,
    obesity = as.numeric(bmi >= 30),
    depression = as.numeric(score >= 10)
  )
}

# Everybody who was interviewed, with the weight of the interview --------------------------------

read_interviews <- function(wave) {
  table <- function(name) read.xport(file.path(arguments[1], paste0(name, suffixes[[wave]], ".xpt")))
  people <- table("DEMO")
  health <- table("HUQ")
  smoking <- table("SMQ")
  adult <- people$RIDAGEYR >= 20
  smoked <- smoking$SMQ020[match(people$SEQN, smoking$SEQN)]
  health <- health$HUQ010[match(people$SEQN, health$SEQN)]
  data.frame(
    wave = wave,
    stratum = paste(wave, people$SDMVSTRA),
    psu = people$SDMVPSU,
    weight = people$WTINT2YR,
    # who was not examined has no season, and is dated in the first
    season = ifelse(people$RIDEXMON %in% 1, 1, 2),
    sex = c("male", "female")[people$RIAGENDR],
    age_group = as.character(cut(
      people$RIDAGEYR, c(0, 20, 40, 60, Inf), c("under_20", names(population)), right = FALSE
    )),
    smoked = ifelse(adult & smoked %in% 1:2, as.numeric(smoked == 1), NA),
    poor_health = ifelse(adult & health %in% 1:5, as.numeric(health == 5), NA)
  )
}

# Estimates ------------------------------------------------------------------------------------

design_of <- function(people) {
  svydesign(~psu, strata = ~stratum, weights = ~weight, nest = TRUE, data = people)
}

crude <- function(people, domain, variable) {
  design <- subset(design_of(people), domain & !is.na(people[[variable]]))
  mean <- svymean(reformulate(variable), design)
  c(coef(mean), SE(mean))
}

# The sum of each PSU's part in the estimate has the error of the estimate: each group's mean is a
# ratio of its own, whose denominator is estimated too.
standardised <- function(people, domain, variable) {
  y <- people[[variable]]
  in_base <- domain & !is.na(y) & people$age_group %in% names(population)
  estimate <- 0
  z <- numeric(nrow(people))
  for (group in names(population)) {
    of_group <- in_base & people$age_group == group
    if (!any(of_group)) return(NULL)
    w <- people$weight[of_group]
    mean <- sum(w * y[of_group]) / sum(w)
    estimate <- estimate + shares[[group]] * mean
    z[of_group] <- shares[[group]] * w * (y[of_group] - mean) / sum(w)
  }
  people$z <- z
  people$weight <- 1
  c(estimate, SE(svytotal(~z, design_of(people))))
}

# The package's own way to standardise must give the same, for everybody and for each sex.
check_with_package <- function(people) {
  adults <- subset(design_of(people), age_group != "under_20")
  for (variable in c("obesity", "depression", "bmi")) {
    if (all(is.na(people[[variable]]))) next
    for (over in c("everybody", "sex")) {
      adults <- update(adults, everybody = "all")
      design <- svystandardize(
        adults, ~age_group, reformulate(over), population, reformulate(variable)
      )
      means <- svyby(reformulate(variable), reformulate(over), design, svymean, na.rm = TRUE)
      for (value in as.character(means[[over]])) {
        ours <- standardised(people, over == "everybody" | people$sex == value, variable)
        theirs <- unlist(means[as.character(means[[over]]) == value, c(variable, "se")])
        stopifnot(abs(ours - theirs) < 1e-12 * abs(theirs) + 1e-12)
      }
    }
  }
}

domains <- function(people) {
  values <- list(list("total", "total", rep(TRUE, nrow(people))))
  for (segment in c("sex", "age_group")) {
    for (value in sort(unique(people[[segment]]))) {
      values[[length(values) + 1]] <-
        list(c(sex = "sex", age_group = "adult_age_group")[[segment]], value, people[[segment]] == value)
    }
  }
  values
}

estimates <- function(people, in_period, grain, wave, start, variables) {
  rows <- list()
  for (domain in domains(people)) {
    for (variable in variables) {
      in_base <- in_period & domain[[3]] & !is.na(people[[variable]])
      if (!any(in_base)) next
      for (kind in c("crude", "standardised")[seq_along(measures[[variable]])]) {
        found <- if (kind == "crude") crude(people, in_period & domain[[3]], variable) else
          standardised(people, in_period & domain[[3]], variable)
        if (is.null(found)) next
        rows[[length(rows) + 1]] <- data.frame(
          period_grain = grain,
          wave_id = wave,
          period_start = start,
          measure_id = measures[[variable]][if (kind == "crude") 1 else 2],
          segment_id = domain[[1]],
          segment_code = domain[[2]],
          estimate = sprintf("%.17g", found[1]),
          standard_error = sprintf("%.17g", found[2]),
          degrees_of_freedom = degf(design_of(people)),
          n_respondents = sum(in_base)
        )
      }
    }
  }
  do.call(rbind, rows)
}

# Waves, pairs of waves that follow each other here, and the seasons of each wave -----------------

waves <- names(suffixes)
rows <- list()
for (part in list(
  list(read = read_wave, variables = of_examination),
  list(read = read_interviews, variables = of_interview)
)) {
  people <- lapply(setNames(waves, waves), part$read)
  for (number in seq_along(waves)) {
    wave <- waves[number]
    of_wave <- people[[wave]]
    if ("obesity" %in% part$variables) check_with_package(of_wave)
    everybody <- rep(TRUE, nrow(of_wave))
    rows <- c(rows, list(estimates(of_wave, everybody, "wave", wave, "", part$variables)))
    # season 2, May to October, lies around 1 August of the first year; 1, November to April,
    # around 30 January of the second
    year <- as.integer(wave)
    starts <- c(paste0(year + 1, "-01-01"), paste0(year, "-07-01"))
    for (season in 1:2) {
      in_season <- of_wave$season == season
      rows <- c(rows, list(
        estimates(of_wave, in_season, "half_year", wave, starts[season], part$variables)
      ))
    }
    if (number > 1) {
      pooled <- rbind(people[[waves[number - 1]]], of_wave)
      pooled$weight <- pooled$weight / 2
      all_asked <- !is.na(pooled$wave)
      found <- estimates(pooled, all_asked, "pooled_2", wave, "", part$variables)
      # of pooled waves, both must have asked
      if (number == 2) found <- subset(found, !grepl("depression", measure_id))
      rows <- c(rows, list(found))
    }
  }
}
rows <- do.call(rbind, rows)
write.csv(rows, arguments[2], row.names = FALSE, quote = FALSE, eol = "\n")
cat(sprintf("%s: %d rows\n", arguments[2], nrow(rows)))
