/* What a kind of measure needs, and what it must not have. */
with

variables as (
    select * from {{ ref('stg_codebook__variables') }}
),

measures as (
    select * from {{ ref('stg_codebook__measures') }}
),

-- A cell that is no number is another problem than an empty one.
written_measures as (
    select * from {{ ref('measures') }}
),

variable_groups as (
    select * from {{ ref('stg_codebook__variable_groups') }}
),

variable_group_members as (
    select * from {{ ref('stg_codebook__variable_group_members') }}
),

-- The variables of grids are estimated one by one; answers of questions with several are told apart below.
estimated_variables as (
    select
        measure_id,
        measure_kind,
        variable_id
    from measures

    union distinct

    select
        measure_id,
        measure_kind,
        denominator_variable_id as variable_id
    from measures
    where measure_kind = 'ratio'

    union distinct

    select
        measures.measure_id,
        measures.measure_kind,
        variable_group_members.variable_id
    from measures
    inner join variable_groups
        on measures.variable_group_id = variable_groups.variable_group_id
    inner join variable_group_members
        on variable_groups.variable_group_id = variable_group_members.variable_group_id
    where variable_groups.group_kind = 'grid'
),

measure_variables as (
    select
        {{ problem_columns(
            check_id='measure_variable',
            file=codebook_file('measures'),
            column_name="'measure_kind'",
            source_code='estimated_variables.measure_id',
            problem="'A ' || estimated_variables.measure_kind || ' cannot be estimated for variable ' || estimated_variables.variable_id || ', which is ' || variables.value_type || '.'",
            remedy="'Shares, nets and scores have a categorical variable. Means, ratios and quantiles have a numeric one.'"
        ) | indent(8) }}
    from estimated_variables
    inner join variables
        on estimated_variables.variable_id = variables.variable_id
    where
        (
            (
                estimated_variables.measure_kind in ('share', 'net', 'score')
                or {{ is_generated_kind('estimated_variables.measure_kind') }}
            )
            and variables.value_type = 'numeric'
        )
        or (
            estimated_variables.measure_kind in ('mean', 'ratio', 'quantile')
            and variables.value_type = 'categorical'
        )
),

described_measures as (
    select
        measures.*,
        variable_groups.group_kind,
        measures.measure_kind in ('share_of_cases', 'share_of_responses') as is_of_answers
    from measures
    left join variable_groups
        on measures.variable_group_id = variable_groups.variable_group_id
),

-- What a kind of measure needs, and what it must not have.
misfit_parts as (
    select
        measure_id,
        'variable_id, variable_group_id' as column_name,
        'A ' || measure_kind || ' is of one variable, or of one group of variables.' as problem,
        'Fill one of the two cells and leave the other empty.' as remedy
    from described_measures
    where
        not is_of_answers
        and (variable_id is null) = (variable_group_id is null)

    union all

    select
        measure_id,
        'variable_id, variable_group_id' as column_name,
        'A ' || measure_kind || ' needs a group of the kind multiple_response and no variable.'
            as problem,
        'Name such a group from seeds/codebook/variable_groups.csv in variable_group_id.' as remedy
    from described_measures
    where
        is_of_answers
        and (
            variable_id is not null
            or variable_group_id is null
            or group_kind <> 'multiple_response'
        )

    union all

    select
        measure_id,
        'variable_group_id' as column_name,
        'A ' || measure_kind || ' cannot be estimated for a group that is not a grid.' as problem,
        'Name a grid, or make the measure a share of cases or of responses.' as remedy
    from described_measures
    where
        not is_of_answers
        and group_kind <> 'grid'

    union all

    select
        measure_id,
        'denominator_variable_id' as column_name,
        case
            when measure_kind = 'ratio' then 'A ratio needs a variable in its denominator.'
            else 'A ' || measure_kind || ' has no variable in its denominator.'
        end as problem,
        'Fill denominator_variable_id for a ratio; leave it empty for other kinds.' as remedy
    from described_measures
    where (measure_kind = 'ratio') = (denominator_variable_id is null)

    union all

    -- one that is no number is its own problem, listed elsewhere
    select
        described_measures.measure_id,
        'quantile' as column_name,
        case
            when described_measures.measure_kind = 'quantile'
                then 'A quantile lies between 0 and 1, and is neither of them.'
            else 'A ' || described_measures.measure_kind || ' has no quantile.'
        end as problem,
        'Write a fraction, such as 0.5 for the median; leave quantile empty for other kinds.'
            as remedy
    from described_measures
    inner join written_measures
        on described_measures.measure_id = written_measures.measure_id
    where
        (described_measures.measure_kind = 'quantile' and written_measures.quantile is null)
        or (described_measures.measure_kind <> 'quantile' and written_measures.quantile is not null)
        or described_measures.quantile <= 0
        or described_measures.quantile >= 1

    union all

    select
        measure_id,
        'standard_population_id' as column_name,
        'A ' || measure_kind || ' cannot be standardised.' as problem,
        'Shares, nets, scores and means can; leave standard_population_id empty for other kinds.'
            as remedy
    from described_measures
    where
        standard_population_id is not null
        and {{ estimated_kind('measure_kind') }} not in ('share', 'net', 'score', 'mean')
),

measure_parts as (
    select
        {{ problem_columns(
            check_id='measure_parts',
            file=codebook_file('measures'),
            column_name='column_name',
            source_code='measure_id',
            problem='problem',
            remedy='remedy'
        ) | indent(8) }}
    from misfit_parts
),

final as (
    {% for check in ['measure_variables', 'measure_parts'] -%}
    select * from {{ check }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from final
