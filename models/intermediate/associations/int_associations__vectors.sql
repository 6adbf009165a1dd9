/*
    The covariances of a table's cells, as a sum of squares: vectors over the cells, each with a factor.
    1. Each PSU of a stratum counts n/(n - 1) times, and the sum over the stratum is taken off.
    2. People who are their own PSU and in the same cell differ in their weight only. One vector with the
       root of the sum of their squared weights stands for all of them.
    3. Shares of the whole table need no centring: what rows or columns explain is taken off afterwards.
    4. A replicate's vector is what its shares deviate from those of the full sample, or from the mean of
       all replicates.
*/
with

cells as (
    select * from {{ ref('int_associations__cells') }}
),

scores as (
    select * from {{ ref('int_associations__scores') }}
),

strata as (
    select *
    from {{ ref('int_design__strata') }}
    where period_grain = 'wave'
),

measure_weights as (
    select * from {{ ref('int_measures__weights') }}
),

design_replicates as (
    select * from {{ ref('int_design__replicates') }}
),

-- each sample with each of its replicates
replicates as (
    select
        strata.study_id,
        strata.wave_id,
        strata.weight_id,
        design_replicates.psu_id,
        design_replicates.replicate_factor,
        design_replicates.replicate_centre
    from strata
    inner join design_replicates
        on
            strata.design_id = design_replicates.design_id
            and strata.weight_id = design_replicates.weight_id
    where strata.is_replicate
),

weights as (
    select
        cells.study_id,
        cells.wave_id,
        cells.measure_id,
        cells.segment_id,
        cells.category_code,
        cells.segment_code,
        cells.sum_of_weights,
        scores.sample_id,
        scores.weight_id,
        scores.stratum_id,
        scores.psu_id,
        scores.is_own_psu,
        scores.is_replicate,
        scores.total_y as sum_w,
        scores.sum_wwyy as sum_ww
    from cells
    inner join scores
        on
            cells.study_id = scores.study_id
            and cells.wave_id = scores.wave_id
            and cells.measure_id = scores.measure_id
            and cells.category_code = scores.category_code
            and cells.segment_id = scores.segment_id
            and cells.segment_code = scores.segment_code
),

of_strata as (
    select
        weights.*,
        strata.n_psus,
        strata.sampling_fraction,
        strata.lonely_psu,
        {{ stratum_factor(
            'strata.n_psus', 'strata.sampling_fraction', 'strata.lonely_psu'
        ) | indent(8) }} as factor
    from weights
    inner join strata
        on
            weights.study_id = strata.study_id
            and weights.wave_id = strata.wave_id
            and weights.sample_id = strata.sample_id
            and weights.weight_id = strata.weight_id
            and weights.stratum_id = strata.stratum_id
    where
        not weights.is_replicate
        and not strata.is_replicate
),

table_strata as (
    select distinct
        study_id,
        wave_id,
        measure_id,
        segment_id,
        sample_id,
        stratum_id,
        n_psus,
        sampling_fraction,
        lonely_psu
    from of_strata
),

-- null where nothing is known about the error: then there is no test
scales as (
    select
        study_id,
        wave_id,
        measure_id,
        segment_id,
        {{ lonely_scale('n_psus', 'sampling_fraction', 'lonely_psu') | indent(8) }} as lonely_scale
    from table_strata
    group by
        study_id,
        wave_id,
        measure_id,
        segment_id
),

psus as (
    select
        study_id,
        wave_id,
        measure_id,
        segment_id,
        category_code,
        segment_code,
        stratum_id,
        'psu' as vector_kind,
        psu_id as vector_id,
        factor,
        sum_w / sum_of_weights as weight_share
    from of_strata
    where not is_own_psu
),

people as (
    select
        study_id,
        wave_id,
        measure_id,
        segment_id,
        category_code,
        segment_code,
        stratum_id,
        'people' as vector_kind,
        segment_code || '+' || category_code as vector_id,
        factor,
        sqrt(sum_ww) / sum_of_weights as weight_share
    from of_strata
    where is_own_psu
),

stratum_sums as (
    select
        study_id,
        wave_id,
        measure_id,
        segment_id,
        category_code,
        segment_code,
        stratum_id,
        'stratum' as vector_kind,
        'stratum' as vector_id,
        -factor / n_psus as factor,
        sum(sum_w) / sum_of_weights as weight_share
    from of_strata
    where n_psus > 1
    group by
        study_id,
        wave_id,
        measure_id,
        segment_id,
        category_code,
        segment_code,
        stratum_id,
        factor,
        n_psus,
        sum_of_weights
),

united as (
    select * from psus
    union all
    select * from people
    union all
    select * from stratum_sums
),

replicate_shares as (
    select
        cells.study_id,
        cells.wave_id,
        cells.measure_id,
        cells.segment_id,
        cells.category_code,
        cells.segment_code,
        cells.cell_share,
        replicates.psu_id,
        replicates.replicate_factor,
        replicates.replicate_centre,
        -- null where a replicate has nobody at all
        coalesce(weights.sum_w, 0) / nullif(
            sum(coalesce(weights.sum_w, 0)) over (
                partition by
                    cells.study_id,
                    cells.wave_id,
                    cells.measure_id,
                    cells.segment_id,
                    replicates.psu_id
            ), 0
        ) as replicate_share
    from cells
    inner join measure_weights
        on
            cells.study_id = measure_weights.study_id
            and cells.measure_id = measure_weights.measure_id
    inner join replicates
        on
            cells.study_id = replicates.study_id
            and cells.wave_id = replicates.wave_id
            and measure_weights.weight_id = replicates.weight_id
    left join weights
        on
            cells.study_id = weights.study_id
            and cells.wave_id = weights.wave_id
            and cells.measure_id = weights.measure_id
            and cells.segment_id = weights.segment_id
            and cells.category_code = weights.category_code
            and cells.segment_code = weights.segment_code
            and replicates.psu_id = weights.psu_id
            and weights.is_replicate
),

replicate_means as (
    select
        *,
        avg(case when replicate_factor > 0 then replicate_share end) over (
            partition by study_id, wave_id, measure_id, segment_id, category_code, segment_code
        ) as mean_share
    from replicate_shares
),

final as (
    select
        -- keys
        study_id,
        wave_id,
        measure_id,
        segment_id,
        'replicate' as stratum_id,
        'replicate' as vector_kind,
        psu_id as vector_id,
        category_code,
        segment_code,

        replicate_factor as factor,
        case
            when replicate_centre = 'full_sample' then replicate_share - cell_share
            else replicate_share - mean_share
        end as weight_share
    from replicate_means
    where replicate_share is not null

    union all

    select
        united.study_id,
        united.wave_id,
        united.measure_id,
        united.segment_id,
        united.stratum_id,
        united.vector_kind,
        united.vector_id,
        united.category_code,
        united.segment_code,

        united.factor * scales.lonely_scale as factor,
        united.weight_share
    from united
    inner join scales
        on
            united.study_id = scales.study_id
            and united.wave_id = scales.wave_id
            and united.measure_id = scales.measure_id
            and united.segment_id = scales.segment_id
)

select * from final
