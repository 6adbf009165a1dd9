-- One row is: wave_label, category_label
-- Hint: the key of dim_category is variable_id with category_code, that of dim_wave is study_id
--   with wave_id. A join on a part of the key meets rows of other variables and doubles answers.
select
    waves.wave_label,
    categories.category_label,
    count(*) as n_answers
from marts.fct_answers as answers
inner join marts.dim_wave as waves
    on
        answers.study_id = waves.study_id
        and answers.wave_id = waves.wave_id
inner join marts.dim_category as categories
    on
        answers.variable_id = categories.variable_id
        and answers.category_code = categories.category_code
where
    answers.study_id = 'bsa'
    and answers.variable_id = 'party'
group by
    waves.wave_label,
    categories.category_label
