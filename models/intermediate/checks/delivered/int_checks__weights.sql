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

designs as (
    select * from {{ ref('stg_codebook__designs') }}
),

wave_weights as (
    select * from {{ ref('int_codebook__wave_weights') }}
),

-- each weight of each row, as delivered
weights as (
    select
        wave_weights.study_id,
        wave_weights.wave_id,
        wave_weights.weight_id,
        wave_weights.source_column as weight_column,
        delivered.row_number,
        delivered.source_code as weight_text,
        {{ to_number('delivered.source_code') }} as weight,
        designs.allows_zero_weights
    from wave_weights
    inner join designs
        on wave_weights.design_id = designs.design_id
    inner join delivered
        on
            wave_weights.study_id = delivered.study_id
            and wave_weights.wave_id = delivered.wave_id
            and wave_weights.source_column = delivered.source_column
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
            problem="case when weight_text is null then 'Rows without a weight' when max(weight) is null then 'The weight is not a number' when max(weight) < 0 then 'The weight is negative' else 'The weight is zero' end || '; the first is row ' || cast(min(row_number) as " ~ dbt.type_string() ~ ") || ' of the file.'",
            remedy="case when weight_text is null then 'Deliver the weight. If empty means outside the weighted sample, set allows_zero_weights of the design in seeds/codebook/designs.csv.' else 'Correct the weight. If zero means outside the weighted sample, set allows_zero_weights of the design in seeds/codebook/designs.csv.' end"
        ) | indent(8) }}
    from weights
    where
        weight < 0
        or (weight is null and weight_text is not null)
        or (coalesce(weight, 0) = 0 and not allows_zero_weights)
    group by
        study_id,
        wave_id,
        weight_column,
        weight_text
),

-- of nobody there are no estimates
empty_weights as (
    select
        {{ problem_columns(
            check_id='weight_without_people',
            file=wave_file('study_id', 'wave_id'),
            study_id='study_id',
            wave_id='wave_id',
            column_name='weight_column',
            n_rows='count(*)',
            problem="'Nobody has a weight above zero.'",
            remedy="'Deliver the weight. If this wave has none, give it a design without this weight in seeds/codebook/waves.csv.'"
        ) | indent(8) }}
    from weights
    where allows_zero_weights
    group by
        study_id,
        wave_id,
        weight_column
    having coalesce(max(weight), 0) = 0
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
            remedy="'Deliver the weight: every respondent needs one in each replicate, even if it is 0.'"
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
    left join weights
        on
            delivered.study_id = weights.study_id
            and delivered.wave_id = weights.wave_id
            and delivered.row_number = weights.row_number
            and design_columns.weight_id = weights.weight_id
    where
        design_columns.design_role = 'replicate_weight'
        and {{ to_number('delivered.source_code') }} is null
        -- who is outside of the weighted sample has none
        and (weights.row_number is null or weights.weight_text is not null)
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
    {% for check in ['bad_weights', 'empty_weights', 'bad_replicates', 'bad_populations'] -%}
    select * from {{ check }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from final
