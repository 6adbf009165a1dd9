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
