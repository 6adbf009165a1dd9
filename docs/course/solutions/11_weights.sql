-- One row is: n_schools
-- Hint: the weight of a school is the size of its type by the number of sampled schools of that
--   type. The weighted mean is sum(weight * score) / sum(weight); the weights add up to 6,194.
with

population (school_type, n_schools) as (
    values
    ('elementary', 4421),
    ('high', 755),
    ('middle', 1018)
),

schools as (
    select
        respondent_key,
        max(category_code) filter (where variable_id = 'school_type') as school_type,
        max(numeric_value) filter (where variable_id = 'api_score') as score
    from marts.fct_answers
    where
        study_id = 'api'
        and wave_id = '2000'
    group by respondent_key
),

weighted as (
    select
        schools.score,
        population.n_schools / count(*) over (partition by schools.school_type) as weight
    from schools
    inner join population
        on schools.school_type = population.school_type
)

select
    count(*) as n_schools,
    avg(score) as plain_mean,
    sum(weight * score) / sum(weight) as weighted_mean
from weighted
