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

# Ten strata of one PSU each, all of domain b, and a stratum of twelve PSUs: twenty people of c live in the
# last of these, and nobody of another domain.
islands_wave <- function(k) {
  psus <- data.frame(stratum = c(1:10, rep(11, 12)), psu = 100 + 1:22, population_psus = NA)
  data <- psus[rep(seq_len(nrow(psus)), ifelse(psus$psu == 122, 20, 4 + psus$psu %% 2)), ]
  data <- made_up_answers(data, k, data$psu)
  i <- seq_len(nrow(data))
  data$g <- ifelse(data$stratum < 11, "b", ifelse(data$psu == 122, "c", "a"))
  data$y[(i + k) %% 17 == 0] <- NA
  wave <- paste0("i", k)
  cbind(data.frame(sample_id = "islands", wave = wave, respondent = paste0(wave, "-", i)), data)
}

w1 <- rotating_wave(1)
small <- rbind(
  w1, rotating_wave(2), rotating_wave(3), zero_weight_wave(w1), panel_wave(1), panel_wave(2),
  islands_wave(1), islands_wave(2)
)
# More to measure: a size, a question with several answers (some gave none), an age to standardise
# by, and domains of which one has a single respondent.
answers_of_many_kinds <- function(data) {
  i <- seq_len(nrow(data))
  mention <- function(step, missing) {
    values <- as.numeric((step * i + data$psu) %% 5 < 2)
    values[i %% missing == 0 | i %% 23 == 0] <- NA
    values
  }
  data$size <- 1 + (7 * i) %% 13 / 2
  data$size[i %% 11 == 0] <- NA
  data$m1 <- mention(3, 12)
  data$m2 <- mention(7, 15)
  data$m3 <- mention(2, 10)
  data$age <- c("young", "middle", "old")[1 + (5 * i) %% 8 %% 3]
  data$age[i %% 19 == 0] <- NA
  data$d <- data$g
  data$d[!duplicated(data$wave)] <- "one"
  data$d[i %% 29 == 0] <- NA
  data
}
small <- answers_of_many_kinds(small)
# A second weight, of a panel: empty for some people and for all of two PSUs, who are outside of it, and zero
# for others and all of a PSU.
i <- seq_len(nrow(small))
small$panel_weight <- small$weight * (1 + i %% 3) / 2
small$panel_weight[i %% 7 == 0 | small$psu == 45] <- 0
small$panel_weight[i %% 6 == 0 | small$psu %in% c(23, 42)] <- NA
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
