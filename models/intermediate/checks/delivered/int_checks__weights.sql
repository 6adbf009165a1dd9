/* Weights, replicate weights, and the population of PSUs. */
with

roles as (
    select * from {{ ref('int_checks__design_values') }}
),

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

design_columns as (
    select * from {{ ref('stg_codebook__design_columns') }}
),

delivered as (
    select * from {{ ref('int_delivered__answers') }}
),

bad_weights as (
    select
        {{ problem_columns(
            check_id='weight_invalid',
            file=wave_file('study_id', 'wave_id'),
            study_id='study_id',
            wave_id='wave_id',
            column_name='weight_column',
            source_code='weight_text',
            n_rows='count(*)',
            problem="case when max(weight) is null then 'The weight is not a number' when max(weight) < 0 then 'The weight is negative' else 'The weight is zero' end || '; the first is row ' || cast(min(row_number) as " ~ dbt.type_string() ~ ") || ' of the file.'",
            remedy="'Correct the weight. If zero means outside the weighted sample, set allows_zero_weights of the design in seeds/codebook/designs.csv.'"
        ) | indent(8) }}
    from roles
    where
        weight_text is not null
        and (
            weight is null
            or weight < 0
            or (weight = 0 and not allows_zero_weights)
        )
    group by
        study_id,
        wave_id,
        weight_column,
        weight_text
),

bad_replicates as (
    select
        {{ problem_columns(
            check_id='replicate_weight',
            file=wave_file('delivered.study_id', 'delivered.wave_id'),
            study_id='delivered.study_id',
            wave_id='delivered.wave_id',
            column_name='delivered.source_column',
            source_code='delivered.source_code',
            n_rows='count(*)',
            problem="'The replicate weight is ' || case when delivered.source_code is null then 'missing' else 'not a number' end || '; the first is row ' || cast(min(delivered.row_number) as " ~ dbt.type_string() ~ ") || ' of the file.'",
            remedy="'Deliver the weight: every respondent has one in each replicate, if only 0.'"
        ) | indent(8) }}
    from delivered
    inner join waves
        on
            delivered.study_id = waves.study_id
            and delivered.wave_id = waves.wave_id
    inner join design_columns
        on
            waves.design_id = design_columns.design_id
            and delivered.source_column = design_columns.source_column
    where
        design_columns.design_role = 'replicate_weight'
        and {{ to_number('delivered.source_code') }} is null
    group by
        delivered.study_id,
        delivered.wave_id,
        delivered.source_column,
        delivered.source_code
),

bad_populations as (
    select
        {{ problem_columns(
            check_id='psu_population_invalid',
            file=wave_file('study_id', 'wave_id'),
            study_id='study_id',
            wave_id='wave_id',
            column_name='population_column',
            source_code='stratum_id',
            n_rows='count(*)',
            problem="'Stratum ' || stratum_id || ' needs one number of PSUs in the population, the same in all of its rows and not smaller than the ' || cast(count(distinct psu_id) as " ~ dbt.type_string() ~ ") || ' PSUs of the sample.'",
            remedy="'Correct the column, or set applies_fpc of the design to false in seeds/codebook/designs.csv.'"
        ) | indent(8) }}
    from roles
    where
        applies_fpc
        and population_column is not null
        and stratum_id is not null
    group by
        study_id,
        wave_id,
        population_column,
        stratum_id
    having
        count(psu_population) < count(*)
        or min(psu_population) < max(psu_population)
        or max(psu_population) < count(distinct psu_id)
),

final as (
    {% for check in ['bad_weights', 'bad_replicates', 'bad_populations'] -%}
    select * from {{ check }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from final
