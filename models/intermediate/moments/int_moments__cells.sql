{{ config(materialized='batched') }}
-- depends_on: {{ ref('int_design__batches') }}
/*
    All that an estimate and its variance need of a part: sums, and second-order sums over PSUs. No row of a PSU is kept.
    1. Per PSU, u = y - c x with the numerator y, the denominator x and the part's own ratio as the `centre` c (of
       totals the negative origin, so that u is the total itself). Parts of it that take each other away are zero
       below their digits.
    2. Per stratum the squares and products of u and x are summed around their means, times the factor of the
       stratum, as in a variance: quu, qux, qxx. With another ratio R, which is that of a pool of parts, the
       variance of y - R x is quu + 2 (c - R) qux + (c - R)^2 qxx (docs: method, formula 1). Sums of
       squares that are not centred would lose half of their digits.
    3. Of PSUs of one respondent each, sums over these stand for the single squares and products.
    4. The domain of a cell has PSUs and strata with members, those of weight zero aside, as R's degf() counts them;
       summed PSUs of respondents who are their own count one by one. A standardised measure has a domain of all
       its groups. Where the part has replicate weights no PSUs are known.
    5. Quadratic sums are null where no stratum has an error, for samples with replicate weights, whose replicates
       give the variance, and for standardised measures, of which a PSU's groups are added first
       (int_estimates__influences).
*/
with

part_waves as (
    select *
    from {{ ref('int_design__part_waves') }}
    where {{ of_one_batch('batch_number') }}
),

bases as (
    {{ psu_bases('part_waves') | indent(4) }}
),

scores as (
    {{ psu_scores('part_waves') | indent(4) }}
),

units as (
    select *
    from {{ ref('int_design__units') }}
    where not is_replicate
),

strata as (
    select *
    from {{ ref('int_design__strata') }}
    where not is_replicate
),

denominators as (
    select * from {{ ref('int_measures__denominators') }}
),

parts as (
    select distinct
        part_key,
        is_of_quantiles,
        study_id,
        strata_period_key
    from part_waves
),

part_denominators as (
    select
        parts.part_key,
        parts.is_of_quantiles,
        denominators.base_key,
        denominators.denominator_key,
        denominators.score_key,
        denominators.measure_kind,
        denominators.is_standardised,
        denominators.origin
    from parts
    inner join denominators
        on
            parts.study_id = denominators.study_id
            and parts.is_of_quantiles = (denominators.measure_kind = 'quantile')
),

base_totals as (
    select
        bases.part_key,
        bases.denominator_key,
        bases.segment_value_key,
        sum(bases.n_respondents) as n_respondents,
        sum(bases.sum_w) as sum_w,
        sum(bases.sum_ww) as sum_ww,
        sum(bases.total_x) as total_x,
        sum(bases.sum_wxx) as sum_wxx
    from bases
    inner join units
        on bases.unit_key = units.unit_key
    group by
        bases.part_key,
        bases.denominator_key,
        bases.segment_value_key
),

score_totals as (
    select
        scores.part_key,
        scores.score_key,
        scores.segment_value_key,
        sum(scores.total_y) as total_y,
        sum(scores.sum_wyy) as sum_wyy,
        sum(scores.sum_wyx) as sum_wyx
    from scores
    inner join units
        on scores.unit_key = units.unit_key
    group by
        scores.part_key,
        scores.score_key,
        scores.segment_value_key
),

totals as (
    select
        base_totals.part_key,
        part_denominators.is_of_quantiles,
        part_denominators.base_key,
        base_totals.denominator_key,
        part_denominators.score_key,
        base_totals.segment_value_key,
        part_denominators.measure_kind,
        part_denominators.is_standardised,
        part_denominators.origin,
        base_totals.n_respondents,
        base_totals.sum_w,
        base_totals.sum_ww,
        base_totals.total_x,
        base_totals.sum_wxx,
        coalesce(score_totals.total_y, 0) as total_y,
        coalesce(score_totals.sum_wyy, 0) as sum_wyy,
        coalesce(score_totals.sum_wyx, 0) as sum_wyx
    from base_totals
    inner join part_denominators
        on
            base_totals.part_key = part_denominators.part_key
            and base_totals.denominator_key = part_denominators.denominator_key
    left join score_totals
        on
            base_totals.part_key = score_totals.part_key
            and part_denominators.score_key = score_totals.score_key
            and base_totals.segment_value_key = score_totals.segment_value_key
),

centred as (
    select
        *,
        case
            when measure_kind = 'total' then -origin
            else coalesce({{ ratio_of_totals('measure_kind', 'total_y', 'total_x') }}, 0)
        end as centre
    from totals
),

part_strata as (
    select distinct
        parts.part_key,
        strata.stratum_key,
        strata.n_psus,
        strata.sampling_fraction,
        strata.lonely_psu
    from parts
    inner join strata
        on parts.strata_period_key = strata.period_key
),

places as (
    select
        part_strata.part_key,
        part_strata.stratum_key,
        units.unit_key,
        units.is_own_psu
    from part_strata
    inner join units
        on part_strata.stratum_key = units.stratum_key
),

by_psu as (
    select
        centred.part_key,
        centred.score_key,
        centred.segment_value_key,
        places.stratum_key,
        places.is_own_psu,
        bases.total_x,
        bases.sum_wwxx,
        case
            when
                abs(coalesce(scores.total_y, 0) - centred.centre * bases.total_x)
                < 1e-13 * (
                    abs(coalesce(scores.total_y, 0)) + abs(centred.centre * bases.total_x)
                )
                then 0
            else coalesce(scores.total_y, 0) - centred.centre * bases.total_x
        end as sum_u,
        coalesce(scores.sum_wwyy, 0)
        + centred.centre * centred.centre * bases.sum_wwxx as outer_parts,
        -2 * centred.centre * coalesce(scores.sum_wwyx, 0) as middle_part,
        coalesce(scores.sum_wwyx, 0) - centred.centre * bases.sum_wwxx as own_ux
    from bases
    inner join places
        on
            bases.part_key = places.part_key
            and bases.unit_key = places.unit_key
    inner join centred
        on
            bases.part_key = centred.part_key
            and bases.denominator_key = centred.denominator_key
            and bases.segment_value_key = centred.segment_value_key
    left join scores
        on
            bases.part_key = scores.part_key
            and centred.score_key = scores.score_key
            and bases.segment_value_key = scores.segment_value_key
            and bases.unit_key = scores.unit_key
    where not centred.is_standardised
),

by_stratum as (
    select
        part_key,
        score_key,
        segment_value_key,
        stratum_key,
        sum(sum_u) as sum_u,
        sum(total_x) as sum_x,
        sum(
            case
                when not is_own_psu then sum_u * sum_u
                when outer_parts + middle_part < 1e-13 * outer_parts then 0
                else outer_parts + middle_part
            end
        ) as sum_uu,
        sum(case when is_own_psu then own_ux else sum_u * total_x end) as sum_ux,
        sum(case when is_own_psu then sum_wwxx else total_x * total_x end) as sum_xx
    from by_psu
    group by
        part_key,
        score_key,
        segment_value_key,
        stratum_key
),

quadratic as (
    select
        by_stratum.part_key,
        by_stratum.score_key,
        by_stratum.segment_value_key,
        sum({{ stratum_variance(
            'by_stratum.sum_uu',
            'by_stratum.sum_u',
            'part_strata.n_psus',
            'part_strata.sampling_fraction',
            'part_strata.lonely_psu',
        ) | indent(8) }}) as quu,
        sum({{ stratum_covariance(
            'by_stratum.sum_ux',
            'by_stratum.sum_u',
            'by_stratum.sum_x',
            'part_strata.n_psus',
            'part_strata.sampling_fraction',
            'part_strata.lonely_psu',
        ) | indent(8) }}) as qux,
        sum({{ stratum_variance(
            'by_stratum.sum_xx',
            'by_stratum.sum_x',
            'part_strata.n_psus',
            'part_strata.sampling_fraction',
            'part_strata.lonely_psu',
        ) | indent(8) }}) as qxx,
        {{ lonely_scale(
            'part_strata.n_psus', 'part_strata.sampling_fraction', 'part_strata.lonely_psu'
        ) | indent(8) }} as scale
    from by_stratum
    inner join part_strata
        on
            by_stratum.part_key = part_strata.part_key
            and by_stratum.stratum_key = part_strata.stratum_key
    group by
        by_stratum.part_key,
        by_stratum.score_key,
        by_stratum.segment_value_key
),

base_keys as (
    select distinct
        part_key,
        base_key,
        denominator_key,
        is_standardised
    from part_denominators
),

members as (
    select
        bases.part_key,
        base_keys.base_key,
        base_keys.is_standardised,
        bases.denominator_key,
        bases.segment_value_key,
        places.stratum_key,
        places.unit_key,
        places.is_own_psu,
        bases.n_respondents,
        bases.total_x,
        bases.sum_wxx,
        bases.sum_wwxx
    from bases
    inner join base_keys
        on
            bases.part_key = base_keys.part_key
            and bases.denominator_key = base_keys.denominator_key
    inner join places
        on
            bases.part_key = places.part_key
            and bases.unit_key = places.unit_key
    where bases.n_respondents > 0
),

groups as (
    select
        part_key,
        denominator_key,
        segment_value_key,
        sum(case when is_own_psu then n_respondents else 1 end) as n_psus
    from members
    where is_standardised
    group by
        part_key,
        denominator_key,
        segment_value_key
),

members_of_domains as (
    select
        part_key,
        base_key,
        segment_value_key,
        stratum_key,
        is_own_psu,
        n_respondents,
        total_x,
        sum_wxx,
        sum_wwxx
    from members
    where not is_standardised

    union all

    select
        part_key,
        base_key,
        segment_value_key,
        stratum_key,
        is_own_psu,
        sum(n_respondents) as n_respondents,
        sum(total_x) as total_x,
        sum(sum_wxx) as sum_wxx,
        sum(sum_wwxx) as sum_wwxx
    from members
    where is_standardised
    group by
        part_key,
        base_key,
        segment_value_key,
        stratum_key,
        unit_key,
        is_own_psu
),

-- whoever has nothing in the denominator adds zero by construction; squares of the sum and sum of squares are the
-- same if one of many has all of it
domains as (
    select
        part_key,
        base_key,
        segment_value_key,
        count(distinct stratum_key) as n_strata,
        sum(case when is_own_psu then n_respondents else 1 end) as n_psus,
        sum(
            case
                when sum_wxx > 0 and not is_own_psu then 1
                when sum_wxx > 0 and total_x * total_x <= sum_wwxx * (1 + 1e-12) then 1
                when sum_wxx > 0 then n_respondents
                else 0
            end
        ) as n_with_denominator
    from members_of_domains
    group by
        part_key,
        base_key,
        segment_value_key
),

final as (
    select
        -- keys
        centred.part_key,
        centred.is_of_quantiles,
        centred.base_key,
        centred.denominator_key,
        centred.score_key,
        centred.segment_value_key,

        -- base
        cast(centred.n_respondents as bigint) as n_respondents,
        centred.sum_w,
        centred.sum_ww,

        -- sums of the denominator and the numerator
        centred.total_x,
        centred.sum_wxx,
        centred.total_y,
        centred.sum_wyy,
        centred.sum_wyx,

        -- over PSUs
        centred.centre,
        quadratic.scale * quadratic.quu as quu,
        quadratic.scale * quadratic.qux as qux,
        quadratic.scale * quadratic.qxx as qxx,

        -- of the domain, and of the group of the standard population
        cast(domains.n_strata as bigint) as n_domain_strata,
        cast(domains.n_psus as bigint) as n_domain_psus,
        cast(domains.n_with_denominator as bigint) as n_psus_with_denominator,
        cast(coalesce(groups.n_psus, domains.n_psus) as bigint) as n_psus_of_group
    from centred
    left join quadratic
        on
            centred.part_key = quadratic.part_key
            and centred.score_key = quadratic.score_key
            and centred.segment_value_key = quadratic.segment_value_key
    left join domains
        on
            centred.part_key = domains.part_key
            and centred.base_key = domains.base_key
            and centred.segment_value_key = domains.segment_value_key
    left join groups
        on
            centred.part_key = groups.part_key
            and centred.denominator_key = groups.denominator_key
            and centred.segment_value_key = groups.segment_value_key
)

select * from final
