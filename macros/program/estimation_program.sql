{#-
    The engine as a program: the SQL of the models that lead from segments and periods to labelled estimates, as dbt
    renders it, so that there is one engine and not two. A question to it is a run of this program over tables of its own.
-#}

{#-
    The tables that the program reads, as (columns, narrowed by). All columns where none are named; a kept table is in
    the order of its columns, so that what is asked of it lies together.
-#}
{% macro program_inputs() -%}
    {%- set by_study = [['study_id']] -%}
    {%- set by_wave = [['study_id', 'wave_id']] -%}
    {%- set by_measure = [['measure_id']] -%}
    {%- set by_measure_and_study = by_study + by_measure -%}
    {{ return({
        'int_answers__answer_keys': [[], by_wave],
        'int_answers__coded': [
            [
                'study_id', 'wave_id', 'wave_key', 'variable_id', 'respondent_number', 'answer_key',
                'category_code', 'numeric_value', 'missing_kind',
            ],
            by_wave + [['variable_id']],
        ],
        'int_codebook__offered_categories': [[], by_wave],
        'int_codebook__questions_by_wave': [['study_id', 'wave_id', 'variable_id'], by_study],
        'int_comparisons__days': [[], []],
        'int_comparisons__item_changes': [[], by_measure_and_study],
        'int_comparisons__measure_breaks': [[], by_measure_and_study],
        'int_delivered__respondents': [
            ['study_id', 'wave_id', 'respondent_number', 'interview_date'], by_wave,
        ],
        'int_delivered__waves': [['study_id', 'wave_id', 'wave_key', 'batch_number'], by_wave],
        'int_design__replicates': [[], []],
        'int_design__units': [[], by_study],
        'int_design__weighted_respondents': [
            [
                'study_id', 'wave_id', 'wave_key', 'respondent_number', 'interview_date', 'weight_id',
                'weight_key', 'weight', 'design_id', 'sample_id', 'stratum_id', 'psu_id',
                'is_own_psu', 'psu_population',
            ],
            by_wave,
        ],
        'int_design__weights': [[], by_wave],
        'int_measures__answer_slots': [[], [['variable_key']]],
        'int_measures__base_members': [[], [['wave_key'], ['base_id']]],
        'int_measures__categories': [[], by_measure],
        'int_measures__denominators': [[], by_measure_and_study],
        'int_measures__measures': [[], by_measure],
        'int_measures__offered': [[], by_measure_and_study],
        'int_measures__publication_rules': [[], by_measure_and_study],
        'int_measures__values': [[], by_wave + by_measure],
        'int_measures__variables': [[], [['variable_key']]],
        'int_measures__waves': [[], by_measure_and_study],
        'int_measures__weighted_variables': [[], [['wave_key'], ['variable_key']]],
        'int_measures__weights': [[], by_measure_and_study],
        'int_moments__wave_scores': [[], [['wave_key'], ['score_key']]],
        'stg_codebook__categories': [[], []],
        'stg_codebook__derivations': [[], []],
        'stg_codebook__design_columns': [[], []],
        'stg_codebook__designs': [[], []],
        'stg_codebook__publication_criteria': [[], []],
        'stg_codebook__publication_rules': [[], []],
        'stg_codebook__segment_variables': [[], []],
        'stg_codebook__segments': [[], []],
        'stg_codebook__standard_population_shares': [[], []],
        'stg_codebook__standard_populations': [[], []],
        'stg_codebook__studies': [[], by_study],
        'stg_codebook__variables': [[], []],
        'stg_codebook__waves': [[], by_study],
        'stg_reference__confidence_levels': [[], []],
        'stg_reference__gauss_legendre': [[], []],
        'stg_reference__t_quantiles': [[], []],
    }) }}
{%- endmacro %}


{#- The models that the program runs, in their order. Those of asked_tables() stand where they belong. -#}
{% macro program_models() -%}
    {{ return([
        'stg_codebook__segment_variables',
        'stg_codebook__calendar_grains',
        'int_comparisons__calendar_periods',
        'int_comparisons__period_waves',
        'int_segments__values',
        'int_segments__offered',
        'int_segments__memberships',
        'int_comparisons__period_breaks',
        'int_design__parts',
        'int_design__part_waves',
        'int_design__replicate_ranks',
        'int_design__strata',
        'int_design__periods',
        'int_design__t_quantiles',
        'int_moments__psu',
        'int_moments__psu_numbers',
        'int_moments__psu_values',
        'int_moments__distributions',
        'int_moments__quantiles',
        'int_moments__cells',
        'int_estimates__group_totals',
        'int_estimates__ranges',
        'int_estimates__coefficients',
        'int_estimates__domain_degrees',
        'int_estimates__point_estimates',
        'int_estimates__replicates',
        'int_estimates__standardised_coefficients',
        'int_estimates__influences',
        'int_estimates__variances',
        'int_estimates__errors',
        'int_estimates__quantile_bounds',
        'int_estimates__estimates',
        'int_estimates__effective_bases',
        'int_estimates__interval_choices',
        'int_estimates__exact_bounds',
        'int_estimates__intervals',
        'int_rules__collected_cells',
        'int_rules__expected_cells',
        'int_rules__consequences',
        'int_rules__impossible_cells',
        'int_disclosure__secondary',
        'int_rules__judged_estimates',
        'int_published__estimates',
        'int_published__labelled_estimates',
    ]) }}
{%- endmacro %}


{#- The keys that follow from the measures of a question. -#}
{% macro asked_keys() -%}
    {{ return({
        'asked_scores': "select distinct score_key from stored.int_measures__denominators"
            ~ " where measure_id in (select measure_id from asked_measures)",
        'asked_bases': "select distinct base_id from stored.int_measures__measures"
            ~ " where measure_id in (select measure_id from asked_measures)",
        'asked_variable_keys': "select distinct variables.variable_key, variables.variable_id"
            ~ " from stored.int_measures__variables as variables"
            ~ " inner join stored.int_measures__measures as measures"
            ~ " on variables.variable_id = measures.variable_id and variables.base_id = measures.base_id"
            ~ " where measures.measure_id in (select measure_id from asked_measures)",
    }) }}
{%- endmacro %}


{#- Which table of a question has the values that columns of an input are narrowed to. -#}
{% macro asked_table_of(columns) -%}
    {{ return({
        'study_id': 'asked_waves',
        'study_id, wave_id': 'asked_waves',
        'wave_key': 'asked_waves',
        'measure_id': 'asked_measures',
        'score_key': 'asked_scores',
        'base_id': 'asked_bases',
        'variable_key': 'asked_variable_keys',
        'variable_id': 'asked_variable_keys',
    }[columns | join(', ')]) }}
{%- endmacro %}


{#- The rows of an input that a question is about. -#}
{% macro narrowed_input(name, narrowed_by) -%}
    {%- set conditions = [] -%}
    {%- for columns in narrowed_by -%}
        {%- set names = columns | join(', ') -%}
        {%- do conditions.append(
            '(' ~ names ~ ') in (select ' ~ names ~ ' from ' ~ wavehouse.asked_table_of(columns) ~ ')'
        ) -%}
    {%- endfor -%}
    {{ return(
        wavehouse.asked_weights() if name == 'int_design__weights'
        else 'select * from stored.' ~ name ~ ' where ' ~ conditions | join(' and ')
    ) }}
{%- endmacro %}


{#- The weights of a question's waves. Their day counts only where periods part a wave. -#}
{% macro asked_weights() -%}
select
    weights.respondent_number,
    weights.study_id,
    weights.wave_id,
    weights.wave_key,
    case when asked_question.period_grain not in ('wave', 'pooled') then respondents.interview_date end
        as moment_date,
    weights.sample_id,
    weights.weight_key,
    weights.psu_id,
    weights.unit_key,
    weights.is_replicate,
    weights.weight
from stored.int_design__weights as weights
inner join int_delivered__respondents as respondents
    on weights.respondent_number = respondents.respondent_number
cross join asked_question
where (weights.study_id, weights.wave_id) in (select study_id, wave_id from asked_waves)
{%- endmacro %}


{#-
    The program as a list of {name, kind, sql}, in its order: `input` is a table that is kept, `key` a table of keys that a
    question asks for, `narrowed` what it needs of an input, `whole` an input that it needs all of, `step` a model.
    `stored.` stands before kept tables, nothing before those that the program makes.
-#}
{% macro estimation_program() -%}
    {%- set inputs = wavehouse.program_inputs() -%}
    {%- set models = wavehouse.program_models() -%}
    {%- set relations = {} -%}
    {%- for name in inputs.keys() | list + models + ['int_checks__problems'] -%}
        {%- do relations.update({name: ref(name) | string}) -%}
    {%- endfor -%}
    {%- set program = [] -%}
    {%- if execute -%}
        {%- set raw = {} -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.name in models -%}
            {%- do raw.update({node.name: node.raw_code}) -%}
        {%- endfor -%}
        {%- set asked = wavehouse.asked_tables() -%}
        {%- for name, (columns, narrowed_by) in inputs.items() -%}
            {%- do program.append({
                'name': name, 'kind': 'input', 'sql': 'select ' ~ (columns | join(', ') or '*') ~ ' from ' ~ name,
            }) -%}
        {%- endfor -%}
        {%- for name, sql in wavehouse.asked_keys().items() -%}
            {%- do program.append({'name': name, 'kind': 'key', 'sql': sql}) -%}
        {%- endfor -%}
        {%- for name, (columns, narrowed_by) in inputs.items() if name not in models -%}
            {%- if narrowed_by -%}
                {%- do program.append({
                    'name': name, 'kind': 'narrowed', 'sql': wavehouse.narrowed_input(name, narrowed_by),
                }) -%}
            {%- else -%}
                {%- do program.append({'name': name, 'kind': 'whole', 'sql': 'select * from stored.' ~ name}) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- for name in models -%}
            {%- set own = namespace(sql=asked[name] if name in asked else render(raw[name])) -%}
            {%- for other, relation in relations.items() -%}
                {%- set own.sql = own.sql | replace(relation, other) -%}
            {%- endfor -%}
            {%- do program.append({'name': name, 'kind': 'step', 'sql': own.sql}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(program) }}
{%- endmacro %}
