-- One row is: wave_id
-- Hint: max() goes by the type of its column. As text '9' comes after '24', because '9' comes
--   after '2'; so the number must be the maximum of a number.
select
    wave_id,
    max(numeric_value) as largest_number,
    max(source_code) as largest_text
from marts.fct_answers
where variable_id = 'tv_hours'
group by wave_id
