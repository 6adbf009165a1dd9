# 5: distributions and adjustments -------------------------------------------------------------

p_grid <- expand.grid(
  t = c(0, 0.01, 0.5, 1, 1.5, 1.96, 2.5, 4, 8, 15, 37),
  df = c(1, 2, 3, 5, 14, 30, 100, 200, 201, 1000, 5000, 17136)
)
write_reference(transform(p_grid, p = 2 * pt(-abs(t), df)), "p_values.csv")

t_grid <- expand.grid(
  level = c(0.8, 0.9, 0.95, 0.99),
  df = c(1, 2, 3, 5, 14, 30, 100, 200, 201, 202, 250, 500, 1000, 5000, 17136, 1e6)
)
write_reference(transform(t_grid, t_quantile = qt((1 + level) / 2, df)), "t_quantiles.csv")

families <- list(
  single = 0.03,
  plain = c(0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216),
  ties = c(0.01, 0.01, 0.02, 0.02, 0.02, 0.5, 0.5),
  unordered = c(0.6, 0.0004, 0.03, 1, 0.2, 0.0300001, 1e-12, 0),
  near_one = c(0.4, 0.5, 0.7, 0.9, 1)
)
write_reference(bind(lapply(names(families), function(family) {
  p <- families[[family]]
  data.frame(
    family = family, position = seq_along(p), p = p,
    benjamini_hochberg = p.adjust(p, "BH"), holm = p.adjust(p, "holm")
  )
})), "p_adjust.csv")

# The upper tail of F
f_grid <- expand.grid(
  f = c(0, 1e-6, 0.01, 0.3, 0.9, 1, 1.1, 2, 3.7, 8, 25, 120, 2500),
  numerator_df = c(1, 1.37, 2, 3.7457, 11.2, 48, 150),
  design_df = c(1, 2, 7.5, 14, 120, 2985, 75000)
)
f_grid <- transform(f_grid, denominator_df = numerator_df * design_df)
f_grid$p <- with(f_grid, pf(f, numerator_df, denominator_df, lower.tail = FALSE))
write_reference(f_grid[c("f", "numerator_df", "denominator_df", "p")], "f_tails.csv")
