/*
    Rank of the matrix of replicate weights of each sample and weight in each period: R's degf() is one less. A
    design that declares its degrees of freedom has no row.
    1. The products of the columns, each column scaled to length 1, are eliminated column by column. What a
       column still adds is what a QR of the weights would find: its squared distance from the columns before it.
    2. A column nearer than 1e-5 of its length adds nothing, as in R (qr(tol = 1e-5)): 1e-10 of the square, far
       above the rounding of the products.
    3. Waves of one sample are rows of one matrix, so that their products add up. Every set of waves is
       done once, whatever its periods.
*/
with recursive

weights as (
    select * from {{ ref('int_design__weights') }}
    where is_replicate
),

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

designs as (
    select *
    from {{ ref('stg_codebook__designs') }}
    where
        variance_method <> 'taylor'
        and declared_degrees_of_freedom is null
),

period_waves as (
    select * from {{ ref('int_comparisons__period_waves') }}
),

sample_waves as (
    select
        waves.study_id,
        waves.sample_id,
        waves.wave_id,
        waves.wave_number
    from waves
    inner join designs
        on waves.design_id = designs.design_id
),

period_sets as (
    select
        period_waves.study_id,
        period_waves.period_wave_id,
        period_waves.period_grain,
        period_waves.period_start,
        sample_waves.sample_id,
        {{ joined_in_order('sample_waves.wave_id', "'+'", 'sample_waves.wave_number') }}
            as wave_set
    from period_waves
    inner join sample_waves
        on
            period_waves.study_id = sample_waves.study_id
            and period_waves.wave_id = sample_waves.wave_id
    group by
        period_waves.study_id,
        period_waves.period_wave_id,
        period_waves.period_grain,
        period_waves.period_start,
        sample_waves.sample_id
),

set_waves as (
    select distinct
        period_sets.study_id,
        period_sets.sample_id,
        period_sets.wave_set,
        period_waves.wave_id
    from period_sets
    inner join period_waves
        on
            period_sets.study_id = period_waves.study_id
            and period_sets.period_wave_id = period_waves.period_wave_id
            and period_sets.period_grain = period_waves.period_grain
            and period_sets.period_start = period_waves.period_start
    inner join sample_waves
        on
            period_waves.study_id = sample_waves.study_id
            and period_waves.wave_id = sample_waves.wave_id
            and period_sets.sample_id = sample_waves.sample_id
),

numbered as (
    select
        weights.respondent_number,
        weights.study_id,
        weights.sample_id,
        weights.weight_key,
        weights.wave_id,
        weights.weight,
        cast(
            dense_rank() over (
                partition by weights.study_id, weights.sample_id, weights.weight_key
                order by cast(weights.psu_id as integer)
            ) as integer
        ) as position
    from weights
    inner join sample_waves
        on
            weights.study_id = sample_waves.study_id
            and weights.wave_id = sample_waves.wave_id
    where weights.weight <> 0
),

-- half of them: the matrix is symmetric
wave_products as (
    select
        numbered.study_id,
        numbered.sample_id,
        numbered.weight_key,
        numbered.wave_id,
        numbered.position as row_position,
        others.position as column_position,
        sum(numbered.weight * others.weight) as product
    from numbered
    inner join numbered as others
        on
            numbered.respondent_number = others.respondent_number
            and numbered.weight_key = others.weight_key
            and numbered.position <= others.position
    group by
        numbered.study_id,
        numbered.sample_id,
        numbered.weight_key,
        numbered.wave_id,
        numbered.position,
        others.position
),

set_products as (
    select
        set_waves.study_id,
        set_waves.sample_id,
        wave_products.weight_key,
        set_waves.wave_set,
        wave_products.row_position,
        wave_products.column_position,
        sum(wave_products.product) as product
    from set_waves
    inner join wave_products
        on
            set_waves.study_id = wave_products.study_id
            and set_waves.sample_id = wave_products.sample_id
            and set_waves.wave_id = wave_products.wave_id
    group by
        set_waves.study_id,
        set_waves.sample_id,
        wave_products.weight_key,
        set_waves.wave_set,
        wave_products.row_position,
        wave_products.column_position
),

lengths as (
    select
        study_id,
        sample_id,
        weight_key,
        wave_set,
        row_position as position,
        sqrt(product) as length
    from set_products
    where row_position = column_position
),

-- columns without any weight are left out, so they are numbered again
ordered_lengths as (
    select
        *,
        cast(
            row_number() over (
                partition by study_id, sample_id, weight_key, wave_set
                order by position
            ) as integer
        ) as place
    from lengths
),

pairs as (
    select
        of_rows.study_id,
        of_rows.sample_id,
        of_rows.weight_key,
        of_rows.wave_set,
        of_rows.place as row_place,
        of_columns.place as column_place,
        -- columns that no respondent has in common have no product
        coalesce(set_products.product, 0) / of_rows.length / of_columns.length as entry
    from ordered_lengths as of_rows
    inner join ordered_lengths as of_columns
        on
            of_rows.study_id = of_columns.study_id
            and of_rows.sample_id = of_columns.sample_id
            and of_rows.weight_key = of_columns.weight_key
            and of_rows.wave_set = of_columns.wave_set
    left join set_products
        on
            of_rows.study_id = set_products.study_id
            and of_rows.sample_id = set_products.sample_id
            and of_rows.weight_key = set_products.weight_key
            and of_rows.wave_set = set_products.wave_set
            and least(of_rows.position, of_columns.position) = set_products.row_position
            and greatest(of_rows.position, of_columns.position) = set_products.column_position
),

-- one column in each step; what it explains is taken off the others
eliminated as (
    select
        study_id,
        sample_id,
        weight_key,
        wave_set,
        1 as step,
        row_place,
        column_place,
        entry
    from pairs

    union all

    select
        study_id,
        sample_id,
        weight_key,
        wave_set,
        step + 1 as step,
        row_place,
        column_place,
        case
            when remainder >= 1e-10 then entry - entry_of_row * entry_of_column / remainder
            else entry
        end as entry
    from (
        select
            *,
            max(case when row_place = step and column_place = step then entry end) over (
                partition by study_id, sample_id, weight_key, wave_set
            ) as remainder,
            max(case when column_place = step then entry end) over (
                partition by study_id, sample_id, weight_key, wave_set, row_place
            ) as entry_of_row,
            max(case when row_place = step then entry end) over (
                partition by study_id, sample_id, weight_key, wave_set, column_place
            ) as entry_of_column
        from eliminated
    ) as with_remainders
    where
        row_place > step
        and column_place > step
),

ranks as (
    select
        study_id,
        sample_id,
        weight_key,
        wave_set,
        count(*) as weight_rank
    from eliminated
    where
        row_place = step
        and column_place = step
        and entry >= 1e-10
    group by
        study_id,
        sample_id,
        weight_key,
        wave_set
),

final as (
    select
        -- keys
        period_sets.study_id,
        period_sets.period_wave_id as wave_id,
        period_sets.period_grain,
        period_sets.period_start,
        period_sets.sample_id,
        ranks.weight_key,

        cast(ranks.weight_rank as bigint) as weight_rank
    from period_sets
    inner join ranks
        on
            period_sets.study_id = ranks.study_id
            and period_sets.sample_id = ranks.sample_id
            and period_sets.wave_set = ranks.wave_set
)

select * from final
