/* Which weight is whose: of designs, studies and measures. */
with

studies as (
    select * from {{ ref('stg_codebook__studies') }}
),

designs as (
    select * from {{ ref('stg_codebook__designs') }}
),

design_columns as (
    select * from {{ ref('stg_codebook__design_columns') }}
),

measures as (
    select * from {{ ref('stg_codebook__measures') }}
),

members as (
    select * from {{ ref('stg_codebook__variable_group_members') }}
),

questions as (
    select * from {{ ref('int_codebook__questions_by_wave') }}
),

wave_weights as (
    select * from {{ ref('int_codebook__wave_weights') }}
),

-- where a variable that a measure is made of was asked
measure_waves as (
    select
        questions.study_id,
        questions.wave_id,
        measures.measure_id
    from measures
    inner join questions
        on measures.variable_id = questions.variable_id

    union distinct

    select
        questions.study_id,
        questions.wave_id,
        measures.measure_id
    from measures
    inner join members
        on measures.variable_group_id = members.variable_group_id
    inner join questions
        on members.variable_id = questions.variable_id
),

design_weights as (
    select
        design_columns.design_id,
        design_columns.weight_id,
        designs.study_id,
        designs.variance_method,
        count(*) over (partition by design_columns.design_id) as n_weights
    from design_columns
    inner join designs
        on design_columns.design_id = designs.design_id
    where design_columns.design_role = 'weight'
),

-- one of several cannot be told from the others
without_name as (
    select
        {{ problem_columns(
            check_id='weight_name',
            file=codebook_file('design_columns'),
            study_id='study_id',
            column_name="'weight_id'",
            source_code='design_id',
            problem="'The design has ' || cast(n_weights as " ~ dbt.type_string() ~ ") || ' weights, and one of them has no name.'",
            remedy="'Name each weight in weight_id, with a name from seeds/codebook/weights.csv.'"
        ) | indent(8) }}
    from design_weights
    where
        n_weights > 1
        and weight_id = '_Z'
),

misplaced as (
    select
        {{ problem_columns(
            check_id='weight_name',
            file=codebook_file('design_columns'),
            study_id='designs.study_id',
            column_name="'weight_id'",
            source_code='design_columns.weight_id',
            problem="'Column ' || design_columns.source_column || ' of design ' || design_columns.design_id || ' has the role ' || design_columns.design_role || ', which belongs to no weight.'",
            remedy="'Leave weight_id empty: only the roles weight and replicate_weight have one.'"
        ) | indent(8) }}
    from design_columns
    inner join designs
        on design_columns.design_id = designs.design_id
    where
        design_columns.weight_id <> '_Z'
        and design_columns.design_role not in ('weight', 'replicate_weight')
),

of_studies as (
    select
        {{ problem_columns(
            check_id='weight_of_study',
            file=codebook_file('studies'),
            study_id='studies.study_id',
            column_name="'weight_id'",
            source_code='studies.weight_id',
            problem="case when studies.weight_id = '_Z' then 'The weights of design ' || design_weights.design_id || ' have names, but the study names none' else 'Design ' || design_weights.design_id || ' has weights, but not this one' end || '.'",
            remedy="'Write into weight_id a weight that every design of the study with weights has in seeds/codebook/design_columns.csv.'"
        ) | indent(8) }}
    from design_weights
    inner join studies
        on design_weights.study_id = studies.study_id
    group by
        studies.study_id,
        studies.weight_id,
        design_weights.design_id
    having max(case when design_weights.weight_id = studies.weight_id then 1 else 0 end) = 0
),

-- a study of which no wave has the weight of a measure that it asks
of_measures as (
    select
        {{ problem_columns(
            check_id='weight_of_measure',
            file=codebook_file('measures'),
            study_id='measure_waves.study_id',
            column_name="'weight_id'",
            source_code='measures.measure_id',
            problem="'The measure needs the weight ' || measures.weight_id || ', but no wave of study ' || measure_waves.study_id || ' that asks its variables has this weight.'",
            remedy="'Add the column of the weight to a design of the study in seeds/codebook/design_columns.csv, or choose another weight.'"
        ) | indent(8) }}
    from measure_waves
    inner join measures
        on measure_waves.measure_id = measures.measure_id
    left join wave_weights
        on
            measure_waves.study_id = wave_weights.study_id
            and measure_waves.wave_id = wave_weights.wave_id
            and measures.weight_id = wave_weights.weight_id
    where measures.weight_id is not null
    group by
        measure_waves.study_id,
        measures.measure_id,
        measures.weight_id
    having count(wave_weights.weight_id) = 0
),

replicates as (
    select
        design_id,
        weight_id,
        count(*) as n_replicates
    from design_columns
    where design_role = 'replicate_weight'
    group by
        design_id,
        weight_id
),

-- each weight has its own replicates
of_replicates as (
    select
        {{ problem_columns(
            check_id='weight_of_replicates',
            file=codebook_file('design_columns'),
            study_id='design_weights.study_id',
            column_name="'weight_id'",
            source_code='design_weights.weight_id',
            problem="'Design ' || design_weights.design_id || ' has fewer than two replicates of this weight.'",
            remedy="'Name the weight in the rows of its replicate weights: each weight has replicates of its own.'"
        ) | indent(8) }}
    from design_weights
    left join replicates
        on
            design_weights.design_id = replicates.design_id
            and design_weights.weight_id = replicates.weight_id
    where
        design_weights.variance_method <> 'taylor'
        and design_weights.weight_id <> '_Z'
        and coalesce(replicates.n_replicates, 0) < 2

    union all

    select
        {{ problem_columns(
            check_id='weight_of_replicates',
            file=codebook_file('design_columns'),
            study_id='designs.study_id',
            column_name="'weight_id'",
            source_code='replicates.weight_id',
            problem="'Design ' || replicates.design_id || ' has replicates of this weight, but not the weight itself.'",
            remedy="'Add the row of the weight, or name the right weight in the rows of the replicates.'"
        ) | indent(8) }}
    from replicates
    inner join designs
        on replicates.design_id = designs.design_id
    left join wave_weights
        on
            replicates.design_id = wave_weights.design_id
            and replicates.weight_id = wave_weights.weight_id
    where
        wave_weights.design_id is null
        and exists (
            select 1
            from wave_weights as any_weight
            where any_weight.design_id = replicates.design_id
        )
),

final as (
    {% for check in [
        'without_name', 'misplaced', 'of_studies', 'of_measures', 'of_replicates'
    ] -%}
    select * from {{ check }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from final
