# Contrasts and pooled waves of all studies ------------------------------------------------------

contrast_studies <- c(
  school_studies, survey_studies, list(nhanes_study), kinds_studies, replicate_studies
)
has_waves <- Filter(function(study) length(study$waves) > 1, contrast_studies)

write_reference(bind(lapply(has_waves, function(study) {
  bind(lapply(compared_pairs(study), function(pair) study_change(study, pair[1], pair[2])))
})), "measure_changes.csv")
write_reference(bind(lapply(contrast_studies, function(study) {
  bind(lapply(names(study$waves), function(wave_id) study_segment_contrasts(study, wave_id)))
})), "segment_contrasts.csv")
write_reference(bind(lapply(has_waves, study_slopes)), "slopes.csv")
write_reference(bind(lapply(has_waves, function(study) {
  others <- setdiff(names(study$waves), study$base_wave_id)
  bind(lapply(others, function(wave_id) study_index(study, wave_id)))
})), "indices.csv")
write_reference(
  bind(lapply(Filter(function(study) !is.null(study$pooled), contrast_studies), study_pooled)),
  "pooled_estimates.csv"
)
