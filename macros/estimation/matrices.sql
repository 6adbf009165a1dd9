{#-
    Sums and products of one square matrix per test of association, as rows of entries. Entries below 1e-100
    are zero, because on PostgreSQL a product too small for a number is an error.
-#}
{% macro matrix_product(left_matrix, right_matrix) -%}
select
    left_matrix.study_id,
    left_matrix.wave_id,
    left_matrix.measure_id,
    left_matrix.segment_id,
    left_matrix.row_code,
    right_matrix.column_code,
    case
        when abs(sum(left_matrix.entry * right_matrix.entry)) < 1e-100 then 0
        else sum(left_matrix.entry * right_matrix.entry)
    end as entry
from {{ left_matrix }} as left_matrix
inner join {{ right_matrix }} as right_matrix
    on
        left_matrix.study_id = right_matrix.study_id
        and left_matrix.wave_id = right_matrix.wave_id
        and left_matrix.measure_id = right_matrix.measure_id
        and left_matrix.segment_id = right_matrix.segment_id
        and left_matrix.column_code = right_matrix.row_code
group by
    left_matrix.study_id,
    left_matrix.wave_id,
    left_matrix.measure_id,
    left_matrix.segment_id,
    left_matrix.row_code,
    right_matrix.column_code
{%- endmacro %}


{% macro matrix_sum(left_matrix, right_matrix) -%}
select
    left_matrix.study_id,
    left_matrix.wave_id,
    left_matrix.measure_id,
    left_matrix.segment_id,
    left_matrix.row_code,
    left_matrix.column_code,
    left_matrix.entry + right_matrix.entry as entry
from {{ left_matrix }} as left_matrix
inner join {{ right_matrix }} as right_matrix
    on
        left_matrix.study_id = right_matrix.study_id
        and left_matrix.wave_id = right_matrix.wave_id
        and left_matrix.measure_id = right_matrix.measure_id
        and left_matrix.segment_id = right_matrix.segment_id
        and left_matrix.row_code = right_matrix.row_code
        and left_matrix.column_code = right_matrix.column_code
{%- endmacro %}
