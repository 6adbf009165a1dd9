/*
    1. Which column holds the weight, the stratum, ... is declared in design_columns; ids made of several
       columns are joined by hyphens in their declared order, and are null if one part is. A hyphen within a
       part becomes `~-`, so that two ids never become one.
    2. Without PSUs each respondent is one; without strata the wave is one stratum; without weights each is 1.
    3. `person_key` is the same in all waves that share a sample; `respondent_key` is a person in one wave, and
       `respondent_number` the same as an integer, by which everything up to the marts is joined.
    4. `is_own_psu`: a respondent who is a PSU, in a sample that no other wave shares. Such PSUs need not be
       told apart later on, which spares the sums over people one by one.
*/
with

delivered as (
    select * from {{ ref('int_delivered__answers') }}
),

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

contents as (
    select * from {{ ref('int_delivered__waves') }}
),

design_columns as (
    select * from {{ ref('stg_codebook__design_columns') }}
),

-- of several weights that of the study; int_design__weighted_respondents has all
default_weights as (
    select *
    from {{ ref('int_codebook__wave_weights') }}
    where is_default
),

codes as (
    select * from {{ ref('int_delivered__codes') }}
),

design_parts as (
    select
        design_id,
        design_role,
        position,
        source_column,
        count(*) over (partition by design_id, design_role) as n_parts
    from design_columns
    where design_role not in ('weight', 'replicate_weight')
),

-- each row has every column of its wave
first_columns as (
    select
        study_id,
        wave_id,
        min(source_column) as source_column
    from codes
    group by
        study_id,
        wave_id
),

every_row as (
    select
        delivered.study_id,
        delivered.wave_id,
        delivered.row_number
    from delivered
    inner join first_columns
        on
            delivered.study_id = first_columns.study_id
            and delivered.wave_id = first_columns.wave_id
            and delivered.source_column = first_columns.source_column
),

parts as (
    select
        delivered.study_id,
        delivered.wave_id,
        delivered.row_number,
        design_parts.design_role,
        design_parts.position,
        design_parts.n_parts,
        case
            when design_parts.n_parts = 1 then delivered.source_code
            else replace(replace(delivered.source_code, '~', '~~'), '-', '~-')
        end as part_value
    from delivered
    inner join waves
        on
            delivered.study_id = waves.study_id
            and delivered.wave_id = waves.wave_id
    inner join design_parts
        on
            waves.design_id = design_parts.design_id
            and delivered.source_column = design_parts.source_column
),

joined_parts as (
    select
        study_id,
        wave_id,
        row_number,
        design_role,
        case
            when count(part_value) = max(n_parts)
                then {{ joined_in_order("part_value", "'-'", "position") }}
        end as role_value
    from parts
    where n_parts > 1
    group by
        study_id,
        wave_id,
        row_number,
        design_role
),

roles as (
    select
        study_id,
        wave_id,
        row_number,
        design_role,
        part_value as role_value
    from parts
    where n_parts = 1

    union all

    select
        study_id,
        wave_id,
        row_number,
        design_role,
        role_value
    from joined_parts

    union all

    select
        delivered.study_id,
        delivered.wave_id,
        delivered.row_number,
        'weight' as design_role,
        delivered.source_code as role_value
    from delivered
    inner join default_weights
        on
            delivered.study_id = default_weights.study_id
            and delivered.wave_id = default_weights.wave_id
            and delivered.source_column = default_weights.source_column
),

-- A weight role without a usable number must stay null here: the checks report it by row.
pivoted as (
    select
        study_id,
        wave_id,
        row_number,
        max(case when design_role = 'respondent' then role_value end) as respondent_id,
        max(case when design_role = 'stratum' then role_value end) as stratum_id,
        max(case when design_role = 'psu' then role_value end) as psu_id,
        max(case when design_role = 'weight' then role_value end) as weight_text,
        max(case when design_role = 'psu_population' then role_value end) as psu_population_text,
        max(case when design_role = 'interview_date' then role_value end) as interview_date_text
    from roles
    group by
        study_id,
        wave_id,
        row_number
),

with_days as (
    select
        *,
        {{ day_as_written('interview_date_text') | indent(8) }} as interview_day
    from pivoted
),

samples as (
    select
        study_id,
        sample_id,
        count(*) as n_waves
    from waves
    group by
        study_id,
        sample_id
),

declared_roles as (
    select
        design_id,
        max(case when design_role = 'stratum' then 1 else 0 end) as has_stratum,
        max(case when design_role = 'psu' then 1 else 0 end) as has_psu
    from design_columns
    group by design_id
),

final as (
    select
        -- keys
        {{ surrogate_key(['every_row.study_id', 'every_row.wave_id', 'pivoted.respondent_id']) }}
            as respondent_key,
        {{ integer_key(['every_row.study_id', 'every_row.wave_id', 'pivoted.respondent_id']) }}
            as respondent_number,
        {{ surrogate_key(['every_row.study_id', 'waves.sample_id', 'pivoted.respondent_id']) }}
            as person_key,
        contents.wave_key,
        every_row.study_id,
        every_row.wave_id,
        every_row.row_number,
        pivoted.respondent_id,

        -- time
        {{ to_date('pivoted.interview_day') }} as interview_date,
        pivoted.interview_date_text,

        -- design
        waves.design_id,
        waves.sample_id,
        case
            when declared_roles.has_stratum = 1 then pivoted.stratum_id
            else 'all'
        end as stratum_id,
        case
            when declared_roles.has_psu = 1 then pivoted.psu_id
            else pivoted.respondent_id
        end as psu_id,
        coalesce(declared_roles.has_psu, 0) = 0 and samples.n_waves = 1 as is_own_psu,
        case
            when default_weights.source_column is not null
                then {{ to_number('pivoted.weight_text') }}
            else 1
        end as weight,
        {{ to_number('pivoted.psu_population_text') }} as psu_population,
        pivoted.psu_population_text
    from every_row
    inner join waves
        on
            every_row.study_id = waves.study_id
            and every_row.wave_id = waves.wave_id
    inner join contents
        on
            every_row.study_id = contents.study_id
            and every_row.wave_id = contents.wave_id
    inner join samples
        on
            waves.study_id = samples.study_id
            and waves.sample_id = samples.sample_id
    left join with_days as pivoted
        on
            every_row.study_id = pivoted.study_id
            and every_row.wave_id = pivoted.wave_id
            and every_row.row_number = pivoted.row_number
    left join declared_roles
        on waves.design_id = declared_roles.design_id
    left join default_weights
        on
            every_row.study_id = default_weights.study_id
            and every_row.wave_id = default_weights.wave_id
)

select * from final
