# Every kind of measure, in every wave and segment -----------------------------------------------

write_reference(nhanes_rows, "cholesterol.csv")
write_reference(bind(lapply(school_studies, study_estimates)), "school_measures.csv")
write_reference(
  bind(lapply(c(survey_studies, list(nhanes_study)), study_estimates)), "survey_measures.csv"
)
write_reference(bind(lapply(kinds_studies, study_estimates)), "kinds_measures.csv")
