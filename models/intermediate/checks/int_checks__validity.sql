/* Rules of the codebook that keys alone cannot say. */
with

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

designs as (
    select * from {{ ref('stg_codebook__designs') }}
),

design_columns as (
    select * from {{ ref('stg_codebook__design_columns') }}
),

variables as (
    select * from {{ ref('stg_codebook__variables') }}
),

categories as (
    select * from {{ ref('stg_codebook__categories') }}
),

questions as (
    select * from {{ ref('stg_codebook__questions') }}
),

crosswalk as (
    select * from {{ ref('stg_codebook__crosswalk') }}
),

waived_columns as (
    select * from {{ ref('stg_codebook__waived_columns') }}
),

derivations as (
    select * from {{ ref('stg_codebook__derivations') }}
),

derived_sums as (
    select * from {{ ref('stg_codebook__derived_sums') }}
),

derived_sum_scores as (
    select * from {{ ref('stg_codebook__derived_sum_scores') }}
),

measures as (
    select * from {{ ref('stg_codebook__measures') }}
),

measure_bases as (
    select * from {{ ref('stg_codebook__measure_bases') }}
),

-- A cell that is no number is another problem than an empty one.
written_measures as (
    select * from {{ ref('measures') }}
),

measure_items as (
    select * from {{ ref('stg_codebook__measure_items') }}
),

measure_scores as (
    select * from {{ ref('stg_codebook__measure_scores') }}
),

segments as (
    select * from {{ ref('stg_codebook__segments') }}
),

segment_variables as (
    select * from {{ ref('stg_codebook__segment_variables') }}
),

variable_groups as (
    select * from {{ ref('stg_codebook__variable_groups') }}
),

variable_group_members as (
    select * from {{ ref('stg_codebook__variable_group_members') }}
),

standard_populations as (
    select * from {{ ref('stg_codebook__standard_populations') }}
),

standard_population_shares as (
    select * from {{ ref('stg_codebook__standard_population_shares') }}
),

comparisons as (
    select * from {{ ref('stg_codebook__comparisons') }}
),

segment_contrasts as (
    select * from {{ ref('stg_codebook__segment_contrasts') }}
),

pooled_waves as (
    select * from {{ ref('stg_codebook__pooled_waves') }}
),

calendar_grains as (
    select * from {{ ref('stg_codebook__calendar_grains') }}
),

association_tests as (
    select * from {{ ref('stg_codebook__association_tests') }}
),

publication_criteria as (
    select * from {{ ref('stg_codebook__publication_criteria') }}
),

overlapping_questions as (
    {{ overlap_check('questions', ['study_id', 'variable_id'], 'waves') | indent(4) }}
),

overlapping_crosswalk as (
    {{ overlap_check(
        'crosswalk', ['study_id', 'crosswalk_id', 'source_code'], 'waves'
    ) | indent(4) }}
),

overlapping_waivers as (
    {{ overlap_check('waived_columns', ['study_id', 'source_column'], 'waves') | indent(4) }}
),

validity_rows as (
    select
        'questions' as seed,
        study_id,
        source_column as named,
        valid_from_wave,
        valid_to_wave
    from questions

    union all

    select
        'crosswalk' as seed,
        study_id,
        source_code as named,
        valid_from_wave,
        valid_to_wave
    from crosswalk

    union all

    select
        'waived_columns' as seed,
        study_id,
        source_column as named,
        valid_from_wave,
        valid_to_wave
    from waived_columns
),

reversed_validity as (
    select
        {{ problem_columns(
            check_id='codebook_reversed_validity',
            file="'seeds/codebook/' || validity_rows.seed || '.csv'",
            study_id='validity_rows.study_id',
            wave_id='validity_rows.valid_to_wave',
            column_name="'valid_to_wave'",
            source_code='validity_rows.named',
            problem="'The row ends before it begins (' || validity_rows.valid_from_wave || ' to ' || validity_rows.valid_to_wave || ').'",
            remedy="'Exchange the two waves, or leave valid_to_wave empty where the row still holds.'"
        ) | indent(8) }}
    from validity_rows
    inner join waves as first_wave
        on
            validity_rows.study_id = first_wave.study_id
            and validity_rows.valid_from_wave = first_wave.wave_id
    inner join waves as last_wave
        on
            validity_rows.study_id = last_wave.study_id
            and validity_rows.valid_to_wave = last_wave.wave_id
    where last_wave.wave_number < first_wave.wave_number
),

crosswalk_targets as (
    select
        {{ problem_columns(
            check_id='crosswalk_target',
            file=codebook_file('crosswalk'),
            study_id='study_id',
            wave_id='valid_from_wave',
            column_name="'category_code, numeric_value, missing_kind'",
            source_code='source_code',
            problem="'Crosswalk ' || crosswalk_id || ' must map a code to exactly one of a category, a number or a kind of missing (and <number> to none of them).'",
            remedy="'Fill exactly one of the three cells; none for <number>.'"
        ) | indent(8) }}
    from crosswalk
    where
        case when category_code is null then 0 else 1 end
        + case when numeric_value is null then 0 else 1 end
        + case when missing_kind is null then 0 else 1 end
        <> case when source_code = {{ number_code() }} then 0 else 1 end
),

crosswalk_categories as (
    select distinct
        {{ problem_columns(
            check_id='crosswalk_category',
            file=codebook_file('crosswalk'),
            study_id='questions.study_id',
            wave_id='crosswalk.valid_from_wave',
            column_name="'category_code'",
            source_code='crosswalk.source_code',
            problem="'Crosswalk ' || crosswalk.crosswalk_id || ' gives category ' || " ~ quoted('crosswalk.category_code') ~ " || ', which the code list of variable ' || questions.variable_id || ' does not have.'",
            remedy="'Correct the category, or add it to seeds/codebook/categories.csv.'"
        ) | indent(8) }}
    from questions
    inner join crosswalk
        on
            questions.study_id = crosswalk.study_id
            and questions.crosswalk_id = crosswalk.crosswalk_id
    inner join variables
        on questions.variable_id = variables.variable_id
    left join categories
        on
            variables.code_list_id = categories.code_list_id
            and crosswalk.category_code = categories.category_code
    where
        crosswalk.category_code is not null
        and categories.category_code is null
),

crosswalk_value_types as (
    select distinct
        {{ problem_columns(
            check_id='crosswalk_value_type',
            file=codebook_file('crosswalk'),
            study_id='questions.study_id',
            wave_id='crosswalk.valid_from_wave',
            column_name="'numeric_value'",
            source_code='crosswalk.source_code',
            problem="'Crosswalk ' || crosswalk.crosswalk_id || ' gives a number, but variable ' || questions.variable_id || ' is categorical.'",
            remedy="'Map the code to a category, or declare the variable as numeric.'"
        ) | indent(8) }}
    from questions
    inner join crosswalk
        on
            questions.study_id = crosswalk.study_id
            and questions.crosswalk_id = crosswalk.crosswalk_id
    inner join variables
        on questions.variable_id = variables.variable_id
    where
        variables.value_type = 'categorical'
        and (crosswalk.numeric_value is not null or crosswalk.source_code = {{ number_code() }})
),

variable_values as (
    select
        {{ problem_columns(
            check_id='variable_values',
            file=codebook_file('variables'),
            column_name="'value_type, code_list_id'",
            source_code='variable_id',
            problem="'A categorical variable needs a code list, and a numeric one must not have any.'",
            remedy="'Correct value_type or code_list_id of this variable.'"
        ) | indent(8) }}
    from variables
    where
        (value_type = 'categorical' and code_list_id is null)
        or (value_type = 'numeric' and code_list_id is not null)
),

-- The variables of grids are estimated one by one; answers of questions with several are told apart below.
estimated_variables as (
    select
        measure_id,
        measure_kind,
        variable_id
    from measures

    union

    select
        measure_id,
        measure_kind,
        denominator_variable_id as variable_id
    from measures
    where measure_kind = 'ratio'

    union

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
            problem="'A ' || estimated_variables.measure_kind || ' cannot be taken of variable ' || estimated_variables.variable_id || ', which is ' || variables.value_type || '.'",
            remedy="'Shares, nets and scores are of categorical variables, means, ratios and quantiles of numeric ones.'"
        ) | indent(8) }}
    from estimated_variables
    inner join variables
        on estimated_variables.variable_id = variables.variable_id
    where
        (
            estimated_variables.measure_kind in ('share', 'net', 'score')
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
        'A ' || measure_kind || ' needs a group of the kind multiple_response, and no variable.'
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
        'A ' || measure_kind || ' cannot be taken of a group that is no grid.' as problem,
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
                then 'A quantile lies between 0 and 1, without the two.'
            else 'A ' || described_measures.measure_kind || ' has no quantile.'
        end as problem,
        'Write it as a fraction, such as 0.5 for the median; leave it empty for other kinds.'
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
        and measure_kind not in ('share', 'net', 'score', 'mean')
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

group_mentions as (
    select
        {{ problem_columns(
            check_id='variable_group_mention',
            file=codebook_file('variable_groups'),
            column_name="'mention_category_code'",
            source_code='variable_groups.variable_group_id',
            problem="'Variable ' || variable_group_members.variable_id || ' of this group does not have the category that says that an answer was given.'",
            remedy="'Name a category in mention_category_code that all variables of the group have, or make the group a grid.'"
        ) | indent(8) }}
    from variable_groups
    inner join variable_group_members
        on variable_groups.variable_group_id = variable_group_members.variable_group_id
    inner join variables
        on variable_group_members.variable_id = variables.variable_id
    left join categories
        on
            variables.code_list_id = categories.code_list_id
            and variable_groups.mention_category_code = categories.category_code
    where
        variable_groups.group_kind = 'multiple_response'
        and categories.category_code is null
),

population_totals as (
    select
        standard_populations.standard_population_id,
        coalesce(sum(standard_population_shares.population_share), 0) as total_share,
        coalesce(min(standard_population_shares.population_share), 0) as smallest_share
    from standard_populations
    left join standard_population_shares
        on
            standard_populations.standard_population_id
            = standard_population_shares.standard_population_id
    group by standard_populations.standard_population_id
),

population_sums as (
    select
        {{ problem_columns(
            check_id='standard_population_shares',
            file=codebook_file('standard_population_shares'),
            column_name="'population_share'",
            source_code='standard_population_id',
            problem="case when smallest_share < 0 then 'A share of this standard population is negative.' else 'The shares of this standard population do not add up to 1.' end",
            remedy="'Write shares as fractions of 1, with at least six digits after the point, one for each group.'"
        ) | indent(8) }}
    from population_totals
    where
        smallest_share < 0
        or abs(total_share - 1) > 1e-6
),

population_categories as (
    select
        {{ problem_columns(
            check_id='standard_population_category',
            file=codebook_file('standard_population_shares'),
            column_name="'category_code'",
            source_code='standard_population_shares.category_code',
            problem="'Standard population ' || standard_populations.standard_population_id || ' gives a share to a category that its variable ' || standard_populations.variable_id || ' does not have.'",
            remedy="'Correct the category here, or the variable in seeds/codebook/standard_populations.csv.'"
        ) | indent(8) }}
    from standard_population_shares
    inner join standard_populations
        on
            standard_population_shares.standard_population_id
            = standard_populations.standard_population_id
    inner join variables
        on standard_populations.variable_id = variables.variable_id
    left join categories
        on
            variables.code_list_id = categories.code_list_id
            and standard_population_shares.category_code = categories.category_code
    where categories.category_code is null
),

comparison_bases as (
    select
        {{ problem_columns(
            check_id='comparison_base',
            file=codebook_file('comparisons'),
            study_id='study_id',
            column_name="'base_wave_id'",
            source_code='comparison_id',
            problem="case when comparison_kind = 'base' then 'A comparison with a base wave needs the wave.' else 'A comparison of the kind ' || comparison_kind || ' finds its wave by itself.' end",
            remedy="'Fill base_wave_id for the kind base; leave it empty for other kinds.'"
        ) | indent(8) }}
    from comparisons
    where (comparison_kind = 'base') = (base_wave_id is null)
),

pooled_sizes as (
    select
        {{ problem_columns(
            check_id='pooled_waves',
            file=codebook_file('pooled_waves'),
            study_id='study_id',
            column_name="'n_waves'",
            source_code='n_waves',
            problem="'There is nothing to pool in fewer than two waves.'",
            remedy="'Write 2 or more, or remove the row.'"
        ) | indent(8) }}
    from pooled_waves
    where n_waves < 2
),

undated_designs as (
    select distinct
        {{ problem_columns(
            check_id='calendar_dates',
            file=codebook_file('calendar_grains'),
            study_id='waves.study_id',
            column_name="'period_grain'",
            source_code='calendar_grains.period_grain',
            problem="'Calendar periods are made of the dates of interviews, and design ' || waves.design_id || ' of this study has no column with them.'",
            remedy="'Name the column in seeds/codebook/design_columns.csv, in the role interview_date, or remove the row.'"
        ) | indent(8) }}
    from calendar_grains
    inner join waves
        on calendar_grains.study_id = waves.study_id
    inner join designs
        on waves.design_id = designs.design_id
    left join design_columns
        on
            designs.design_id = design_columns.design_id
            and design_columns.design_role = 'interview_date'
    where design_columns.design_id is null
),

item_counts as (
    select
        measures.measure_id,
        measures.measure_kind,
        count(distinct measure_items.item_code) as n_items,
        count(distinct measure_scores.item_code) as n_scored_items
    from measures
    left join measure_items
        on measures.measure_id = measure_items.measure_id
    left join measure_scores
        on
            measure_items.measure_id = measure_scores.measure_id
            and measure_items.item_code = measure_scores.item_code
    group by
        measures.measure_id,
        measures.measure_kind
),

measure_item_counts as (
    select
        {{ problem_columns(
            check_id='measure_items',
            file=codebook_file('measure_items'),
            column_name="'measure_id'",
            source_code='measure_id',
            n_rows='n_items',
            problem="'A net or a score needs items, and each of them at least one score; a ' || measure_kind || ' takes ' || case when measure_kind in ('share', 'mean') then 'none.' else 'them from here.' end",
            remedy="'Add the item here and its scores in seeds/codebook/measure_scores.csv, or remove them.'"
        ) | indent(8) }}
    from item_counts
    where
        (measure_kind in ('net', 'score') and (n_items = 0 or n_scored_items < n_items))
        or (measure_kind in ('share', 'mean') and n_items > 0)
),

measure_score_values as (
    select
        {{ problem_columns(
            check_id='measure_scores',
            file=codebook_file('measure_scores'),
            column_name="'category_code, score'",
            source_code='measure_scores.category_code',
            problem="'Measure ' || measure_scores.measure_id || case when categories.category_code is null then ' scores a category that its variable does not have.' else ' is a net, whose scores are all 1.' end",
            remedy="'Correct the category or the score, or make the measure a score.'"
        ) | indent(8) }}
    from measure_scores
    inner join measures
        on measure_scores.measure_id = measures.measure_id
    inner join variables
        on measures.variable_id = variables.variable_id
    left join categories
        on
            variables.code_list_id = categories.code_list_id
            and measure_scores.category_code = categories.category_code
    where
        categories.category_code is null
        or (measures.measure_kind = 'net' and measure_scores.score <> 1)
),

segment_sizes as (
    select
        segments.segment_id,
        count(segment_variables.variable_id) as n_variables,
        min(segment_variables.position) as first_position,
        max(segment_variables.position) as last_position
    from segments
    left join segment_variables
        on segments.segment_id = segment_variables.segment_id
    group by segments.segment_id
),

segment_shapes as (
    select
        {{ problem_columns(
            check_id='segment_variables',
            file=codebook_file('segment_variables'),
            column_name="'position'",
            source_code='segment_id',
            problem="'A segment has one variable (position 1) or two (positions 1 and 2); only the segment total has none.'",
            remedy="'Add or remove rows of this segment.'"
        ) | indent(8) }}
    from segment_sizes
    where
        (segment_id = 'total' and n_variables <> 0)
        or (
            segment_id <> 'total'
            and (n_variables not in (1, 2) or first_position <> 1 or last_position <> n_variables)
        )
),

segment_values as (
    select
        {{ problem_columns(
            check_id='segment_variables',
            file=codebook_file('segment_variables'),
            column_name="'variable_id'",
            source_code='segment_variables.variable_id',
            problem="'Segment ' || segment_variables.segment_id || ' uses a variable that is not categorical.'",
            remedy="'Derive groups from it in seeds/codebook/derivations.csv and use those.'"
        ) | indent(8) }}
    from segment_variables
    inner join variables
        on segment_variables.variable_id = variables.variable_id
    where variables.value_type = 'numeric'
),

segment_categories as (
    select
        segment_variables.segment_id,
        segment_variables.position,
        categories.category_code
    from segment_variables
    inner join variables
        on segment_variables.variable_id = variables.variable_id
    inner join categories
        on variables.code_list_id = categories.code_list_id
),

segment_codes as (
    select
        first_variable.segment_id,
        coalesce(
            first_variable.category_code || '|' || second_variable.category_code,
            first_variable.category_code
        ) as segment_code
    from segment_categories as first_variable
    left join segment_categories as second_variable
        on
            first_variable.segment_id = second_variable.segment_id
            and second_variable.position = 2
    where first_variable.position = 1
),

compared_codes as (
    select
        segment_id,
        'segment_code' as column_name,
        segment_code
    from segment_contrasts

    union

    select
        segment_id,
        'reference_segment_code' as column_name,
        reference_segment_code as segment_code
    from segment_contrasts
),

unknown_contrasts as (
    select
        {{ problem_columns(
            check_id='segment_contrast',
            file=codebook_file('segment_contrasts'),
            column_name='compared_codes.column_name',
            source_code='compared_codes.segment_code',
            problem="'Segment ' || compared_codes.segment_id || ' does not have this value.'",
            remedy="'Write a category of its variable; of two variables, both with a | between them.'"
        ) | indent(8) }}
    from compared_codes
    left join segment_codes
        on
            compared_codes.segment_id = segment_codes.segment_id
            and compared_codes.segment_code = segment_codes.segment_code
    where segment_codes.segment_id is null
),

idle_contrasts as (
    select
        {{ problem_columns(
            check_id='segment_contrast',
            file=codebook_file('segment_contrasts'),
            column_name="'segment_code, reference_segment_code'",
            source_code='segment_code',
            problem="'A value of segment ' || segment_id || ' is compared with itself.'",
            remedy="'Name two values, or remove the row.'"
        ) | indent(8) }}
    from segment_contrasts
    where segment_code = reference_segment_code
),

total_segments as (
    select count(*) as n_totals
    from segments
    where segment_id = 'total'
),

no_total as (
    select
        {{ problem_columns(
            check_id='segment_variables',
            file=codebook_file('segments'),
            column_name="'segment_id'",
            problem="'The segment total is missing.'",
            remedy="'Add the row with segment_id total: it stands for the whole sample.'"
        ) | indent(8) }}
    from total_segments
    where n_totals = 0
),

untestable as (
    select
        {{ problem_columns(
            check_id='association_test',
            file=codebook_file('association_tests'),
            column_name="'measure_id, segment_id'",
            source_code="association_tests.measure_id || ', ' || association_tests.segment_id",
            problem="'Only shares of a variable, not standardised, can be tested for association, and only with a segment of one variable.'",
            remedy="'Name such a measure and such a segment, or remove the row.'"
        ) | indent(8) }}
    from association_tests
    inner join measures
        on association_tests.measure_id = measures.measure_id
    inner join segment_sizes
        on association_tests.segment_id = segment_sizes.segment_id
    where
        measures.measure_kind <> 'share'
        or measures.standard_population_id is not null
        or segment_sizes.n_variables <> 1
),

derived_variables as (
    select distinct
        variable_id,
        source_variable_id
    from derivations
),

derivation_sources as (
    select distinct
        {{ problem_columns(
            check_id='derivation_source',
            file=codebook_file('derivations'),
            column_name="'source_variable_id'",
            source_code='derived_variables.source_variable_id',
            problem="'Variable ' || derived_variables.variable_id || ' must be derived from one variable that was asked, and not be asked itself.'",
            remedy="'Derive from the asked variable; remove the question, or the derivation.'"
        ) | indent(8) }}
    from derived_variables
    left join derived_variables as other
        on
            derived_variables.variable_id = other.variable_id
            and derived_variables.source_variable_id <> other.source_variable_id
    left join derived_variables as derived_source
        on derived_variables.source_variable_id = derived_source.variable_id
    left join questions
        on derived_variables.variable_id = questions.variable_id
    where
        other.variable_id is not null
        or derived_source.variable_id is not null
        or questions.variable_id is not null
),

derivation_targets as (
    select
        {{ problem_columns(
            check_id='derivation_category',
            file=codebook_file('derivations'),
            column_name="'category_code'",
            source_code='derivations.category_code',
            problem="'The code list of derived variable ' || derivations.variable_id || ' does not have this category.'",
            remedy="'Correct the category, or add it to seeds/codebook/categories.csv.'"
        ) | indent(8) }}
    from derivations
    inner join variables
        on derivations.variable_id = variables.variable_id
    left join categories
        on
            variables.code_list_id = categories.code_list_id
            and derivations.category_code = categories.category_code
    where categories.category_code is null
),

derivation_inputs as (
    select
        {{ problem_columns(
            check_id='derivation_category',
            file=codebook_file('derivations'),
            column_name="'source_category_code'",
            source_code='derivations.source_category_code',
            problem="'Source variable ' || derivations.source_variable_id || ' of ' || derivations.variable_id || ' does not have this category.'",
            remedy="'Correct source_category_code.'"
        ) | indent(8) }}
    from derivations
    inner join variables
        on derivations.source_variable_id = variables.variable_id
    left join categories
        on
            variables.code_list_id = categories.code_list_id
            and derivations.source_category_code = categories.category_code
    where
        derivations.source_category_code is not null
        and categories.category_code is null
),

misfit_decimals as (
    select
        {{ problem_columns(
            check_id='variable_decimals',
            file=codebook_file('variables'),
            column_name="'decimals'",
            source_code='variable_id',
            problem="'Only numbers are rounded, to between 0 and 15 decimals.'",
            remedy="'Write such a number, or leave decimals empty.'"
        ) | indent(8) }}
    from variables
    where
        decimals is not null
        and (value_type = 'categorical' or decimals not between 0 and 15)
),

sum_members as (
    select
        derived_sums.variable_id,
        derived_sums.minimum_answers,
        variable_group_members.variable_id as member_variable_id,
        members.value_type,
        members.code_list_id
    from derived_sums
    inner join variable_group_members
        on derived_sums.variable_group_id = variable_group_members.variable_group_id
    inner join variables as members
        on variable_group_members.variable_id = members.variable_id
),

sum_sizes as (
    select
        variable_id,
        max(minimum_answers) as minimum_answers,
        count(*) as n_members
    from sum_members
    group by variable_id
),

derived_variable_ids as (
    select variable_id
    from derivations

    union

    select variable_id
    from derived_sums
),

sum_variables as (
    select distinct
        {{ problem_columns(
            check_id='derived_sum',
            file=codebook_file('derived_sums'),
            column_name="'variable_id'",
            source_code='derived_sums.variable_id',
            problem="'A sum must be a numeric variable that is neither asked nor in derivations.csv.'",
            remedy="'Make the variable numeric; remove its question, or the sum.'"
        ) | indent(8) }}
    from derived_sums
    inner join variables
        on derived_sums.variable_id = variables.variable_id
    left join questions
        on derived_sums.variable_id = questions.variable_id
    left join derivations
        on derived_sums.variable_id = derivations.variable_id
    where
        variables.value_type = 'categorical'
        or questions.variable_id is not null
        or derivations.variable_id is not null
),

sum_parts as (
    select
        {{ problem_columns(
            check_id='derived_sum',
            file=codebook_file('derived_sums'),
            column_name="'variable_group_id'",
            source_code='sum_members.variable_id',
            problem="'The sum adds up variable ' || sum_members.member_variable_id || ', which is derived itself.'",
            remedy="'Name a group of variables that were asked.'"
        ) | indent(8) }}
    from sum_members
    inner join derived_variable_ids
        on sum_members.member_variable_id = derived_variable_ids.variable_id
),

sum_minimums as (
    select
        {{ problem_columns(
            check_id='derived_sum',
            file=codebook_file('derived_sums'),
            column_name="'minimum_answers'",
            source_code='variable_id',
            problem="'The group of this sum has ' || cast(n_members as " ~ dbt.type_string() ~ ") || ' variables, and so many answers can be asked of nobody.'",
            remedy="'Write a number from 1 to the number of variables.'"
        ) | indent(8) }}
    from sum_sizes
    where minimum_answers not between 1 and n_members
),

scored_members as (
    select
        sum_members.variable_id,
        sum_members.member_variable_id,
        count(categories.category_code) as n_scored
    from sum_members
    left join derived_sum_scores
        on sum_members.variable_id = derived_sum_scores.variable_id
    left join categories
        on
            sum_members.code_list_id = categories.code_list_id
            and derived_sum_scores.category_code = categories.category_code
    where sum_members.value_type = 'categorical'
    group by
        sum_members.variable_id,
        sum_members.member_variable_id
),

unscored_members as (
    select
        {{ problem_columns(
            check_id='derived_sum',
            file=codebook_file('derived_sum_scores'),
            column_name="'category_code'",
            source_code='variable_id',
            problem="'No category of variable ' || member_variable_id || ' has a score in this sum.'",
            remedy="'Add a row for each of its categories.'"
        ) | indent(8) }}
    from scored_members
    where n_scored = 0
),

known_scores as (
    select distinct
        sum_members.variable_id,
        categories.category_code
    from sum_members
    inner join categories
        on sum_members.code_list_id = categories.code_list_id
),

idle_scores as (
    select
        {{ problem_columns(
            check_id='derived_sum',
            file=codebook_file('derived_sum_scores'),
            column_name="'category_code'",
            source_code='derived_sum_scores.category_code',
            problem="'No variable of sum ' || derived_sum_scores.variable_id || ' has this category.'",
            remedy="'Correct the category, or remove the row.'"
        ) | indent(8) }}
    from derived_sum_scores
    left join known_scores
        on
            derived_sum_scores.variable_id = known_scores.variable_id
            and derived_sum_scores.category_code = known_scores.category_code
    where known_scores.category_code is null
),

unknown_bases as (
    select
        {{ problem_columns(
            check_id='measure_base',
            file=codebook_file('measure_bases'),
            column_name="'category_code'",
            source_code='measure_bases.category_code',
            problem="'Variable ' || measure_bases.variable_id || ' does not have this category, so nobody is in the base of measure ' || measure_bases.measure_id || ' for it.'",
            remedy="'Correct the category, or derive groups of a number in seeds/codebook/derivations.csv and use those.'"
        ) | indent(8) }}
    from measure_bases
    inner join variables
        on measure_bases.variable_id = variables.variable_id
    left join categories
        on
            variables.code_list_id = categories.code_list_id
            and measure_bases.category_code = categories.category_code
    where categories.category_code is null
),

design_role_counts as (
    select
        designs.design_id,
        designs.study_id,
        designs.applies_fpc,
        designs.variance_method,
        designs.replicate_scale,
        sum(case when design_columns.design_role = 'replicate_weight' then 1 else 0 end)
            as n_replicates,
        sum(case when design_columns.design_role = 'respondent' then 1 else 0 end) as n_respondent,
        sum(case when design_columns.design_role = 'psu_population' then 1 else 0 end)
            as n_population,
        sum(case when design_columns.design_role = 'weight' then 1 else 0 end) as n_weight
    from designs
    left join design_columns
        on designs.design_id = design_columns.design_id
    group by
        designs.design_id,
        designs.study_id,
        designs.applies_fpc,
        designs.variance_method,
        designs.replicate_scale
),

design_roles as (
    select
        {{ problem_columns(
            check_id='design_roles',
            file=codebook_file('design_columns'),
            study_id='study_id',
            column_name="'design_role'",
            source_code='design_id',
            problem="'A design needs the column of the respondent, at most one weight, and the column psu_population where it applies a finite population correction.'",
            remedy="'Add the row to seeds/codebook/design_columns.csv, or set applies_fpc to false.'"
        ) | indent(8) }}
    from design_role_counts
    where
        n_respondent = 0
        or n_weight > 1
        or n_population > 1
        or (applies_fpc and n_population = 0)
),

design_replicates as (
    select
        {{ problem_columns(
            check_id='design_replicates',
            file=codebook_file('designs'),
            study_id='study_id',
            column_name="case when variance_method = 'fay' and n_replicates > 1 then 'replicate_scale' else 'variance_method' end",
            source_code='design_id',
            problem="case when variance_method = 'taylor' then 'The design has replicate weights, but its method taylor does not use them.' when n_replicates < 2 then 'The method ' || variance_method || ' needs the columns of at least two replicate weights.' else 'The method fay needs the scale 1 / R / (1 - rho)^2.' end",
            remedy="'Make variance_method and replicate_scale fit the rows with the role replicate_weight in seeds/codebook/design_columns.csv.'"
        ) | indent(8) }}
    from design_role_counts
    where
        (variance_method = 'taylor' and n_replicates > 0)
        or (variance_method <> 'taylor' and n_replicates < 2)
        or (variance_method = 'fay' and replicate_scale is null)
),

confidential_marks as (
    select
        {{ problem_columns(
            check_id='criterion_purpose',
            file=codebook_file('publication_criteria'),
            column_name="'consequence'",
            source_code="publication_rule_id || ', ' || cast(position as " ~ dbt.type_string() ~ ")",
            problem="'A criterion of confidentiality hides; it cannot mark or accept.'",
            remedy="'Set its consequence to suppress, or its purpose to reliability.'"
        ) | indent(8) }}
    from publication_criteria
    where
        purpose = 'confidentiality'
        and consequence in ('caution', 'review', 'accept')
),

final as (
    {% for check in [
        'overlapping_questions', 'overlapping_crosswalk', 'overlapping_waivers', 'reversed_validity',
        'crosswalk_targets', 'crosswalk_categories', 'crosswalk_value_types', 'variable_values',
        'measure_variables', 'measure_parts', 'measure_item_counts', 'measure_score_values',
        'group_mentions', 'population_sums', 'population_categories', 'comparison_bases',
        'pooled_sizes', 'undated_designs', 'segment_shapes', 'segment_values', 'unknown_contrasts',
        'idle_contrasts', 'no_total', 'untestable', 'derivation_sources', 'derivation_targets',
        'derivation_inputs', 'misfit_decimals', 'sum_variables', 'sum_parts', 'sum_minimums',
        'unscored_members', 'idle_scores', 'unknown_bases', 'design_roles',
        'design_replicates', 'confidential_marks'
    ] -%}
    select * from {{ check }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from final
