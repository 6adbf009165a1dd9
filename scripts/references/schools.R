# 1 and 2: Californian schools ----------------------------------------------------------------

data(api, package = "survey")

api_designs <- list(
  clustered = function(data) svydesign(~dnum, weights = ~pw, data = data),
  clustered_fpc = function(data) svydesign(~dnum, weights = ~pw, fpc = ~fpc, data = data),
  stratified = function(data) svydesign(~cds, strata = ~stype, weights = ~pw, data = data),
  stratified_fpc = function(data) {
    svydesign(~cds, strata = ~stype, weights = ~pw, fpc = ~fpc, data = data)
  }
)
api_data <- function(name) if (startsWith(name, "clustered")) apiclus1 else apistrat
api_domains <- c("all", "E", "H", "M")
in_api_domain <- function(data, domain) domain == "all" | data$stype == domain

api_estimates <- function(name) {
  data <- api_data(name)
  design <- api_designs[[name]](data)
  shares <- c("sch.wide", "awards", "comp.imp")
  cells <- expand.grid(
    domain = api_domains, measure = c("api99", "api00", "enroll", shares),
    stringsAsFactors = FALSE
  )
  bind(Map(function(measure, domain) {
    share <- measure %in% shares
    values <- if (share) as.numeric(data[[measure]] == "Yes") else data[[measure]]
    row <- domain_statistics(design, values, in_api_domain(data, domain))
    cbind(
      data.frame(design = name, measure = measure, domain = domain), interval_rows(row, share)
    )
  }, cells$measure, cells$domain))
}

api_changes <- function(name) {
  data <- api_data(name)
  both <- rbind(
    transform(data, wave = "1999", api = api99), transform(data, wave = "2000", api = api00)
  )
  design <- api_designs[[name]](data)
  union <- api_designs[[name]](both)
  bind(lapply(api_domains, function(domain) {
    keep <- in_api_domain(data, domain)
    shared <- shared_change(
      union, both$api, both$wave, "1999", "2000", in_api_domain(both, domain)
    )
    independent <- independent_change(
      domain_statistics(design, data$api99, keep), domain_statistics(design, data$api00, keep)
    )
    cbind(
      data.frame(design = name, domain = domain, samples = c("shared", "independent")),
      rbind(shared, independent)
    )
  }))
}

write_reference(bind(lapply(names(api_designs), api_estimates)), "estimates.csv")
write_reference(bind(lapply(names(api_designs), api_changes)), "changes.csv")
