/*
    A measure's own publication rule goes before that of the study, and the rule chooses the interval of shares.
    A quantile has an interval of its own, and everything else that of Student's t.
*/
with

studies as (
    select * from {{ ref('stg_codebook__studies') }}
),

measures as (
    select * from {{ ref('int_measures__measures') }}
),

publication_rules as (
    select * from {{ ref('stg_codebook__publication_rules') }}
),

chosen as (
    select
        studies.study_id,
        measures.measure_id,
        measures.measure_kind,
        coalesce(measures.publication_rule_id, studies.publication_rule_id) as publication_rule_id
    from studies
    cross join measures
),

final as (
    select
        -- keys
        chosen.study_id,
        chosen.measure_id,

        -- rule
        chosen.publication_rule_id,
        {{ is_share_kind('chosen.measure_kind') }} as is_share,
        case
            when {{ is_share_kind('chosen.measure_kind') }}
                then coalesce(publication_rules.share_ci_method, 'logit')
            when chosen.measure_kind = 'quantile' then 'woodruff'
            else 't'
        end as ci_method
    from chosen
    left join publication_rules
        on chosen.publication_rule_id = publication_rules.publication_rule_id
)

select * from final
