# SAS files with special missings, dates, times and texts; run in this folder.
library(haven)

people <- data.frame(id = c("007", "010", ""))
people$trust <- c(1, tagged_na("A"), NA)
attr(people$trust, "label") <- "Trust in people"
people$hours <- c(tagged_na("Z"), -9, 1e-5)
people$day <- as.Date(c("2020-01-02", NA, "1959-12-31"))
people$moment <- as.POSIXct(c("2020-01-02 03:04:05", NA, "1999-12-31 00:00:00"), tz = "UTC")
people$clock <- hms::hms(c(3723, NA, 0))

suppressWarnings(write_sas(people, "special.sas7bdat"))
write_xpt(people, "special.xpt", version = 5, name = "PEOPLE")
