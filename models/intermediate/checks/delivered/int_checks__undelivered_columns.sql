/* Columns that the codebook declares, and that were not delivered. */
with

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

respondents as (
    select * from {{ ref('int_delivered__respondents') }}
),

delivered_columns as (
    select * from {{ ref('int_checks__delivered_columns') }}
),

declared_columns as (
    select * from {{ ref('int_checks__declared_columns') }}
),

delivered_waves as (
    select * from {{ ref('int_checks__delivered_waves') }}
),

loaded as (
    select
        study_id,
        wave_id,
        count(*) as n_rows
    from respondents
    group by
        study_id,
        wave_id
),

-- A landed wave without any column that the codebook names has no answers to be seen.
read_waves as (
    select
        study_id,
        wave_id
    from loaded

    union distinct

    select
        delivered_waves.study_id,
        delivered_waves.wave_id
    from delivered_waves
    inner join waves
        on
            delivered_waves.study_id = waves.study_id
            and delivered_waves.wave_id = waves.wave_id
            and delivered_waves.delivered_as = waves.delivered_as
    where delivered_waves.n_rows > 0
),

final as (
    select
        {{ problem_columns(
            check_id='column_not_delivered',
            file=wave_file('declared_columns.study_id', 'declared_columns.wave_id'),
            study_id='declared_columns.study_id',
            wave_id='declared_columns.wave_id',
            column_name='declared_columns.source_column',
            problem="declared_columns.declared_in || ' declares the column for this wave, but it was not delivered.'",
            remedy="'Correct the name of the column, deliver the column, or end the row that declares it with the wave before (valid_to_wave).'"
        ) | indent(8) }}
    from declared_columns
    inner join read_waves
        on
            declared_columns.study_id = read_waves.study_id
            and declared_columns.wave_id = read_waves.wave_id
    left join delivered_columns
        on
            declared_columns.study_id = delivered_columns.study_id
            and declared_columns.wave_id = delivered_columns.wave_id
            and declared_columns.source_column = delivered_columns.source_column
    where delivered_columns.source_column is null
)

select * from final
