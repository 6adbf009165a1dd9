{#-
    A question as one query, for models and for `dbt show`: the program as common table expressions, over the tables of
    the build. Each is materialized, so that none is computed twice.
-#}
{% macro estimates_of(measures, study, by=[], where={}, waves=[], grain='wave') -%}
    {%- set program = wavehouse.estimation_program() -%}
    {%- if execute and not wavehouse.may_be_asked(study) -%}
        {{ exceptions.raise_compiler_error(
            'The publication rule of ' ~ study ~ ' keeps figures confidential, so it answers declared estimates only:'
            ~ ' read them in fct_trend_estimates.'
        ) }}
    {%- endif -%}
with

{{ wavehouse.written_question(measures, study, by, where, waves, grain) }}
{%- for step in program if step.kind != 'input' %},

{{ step.name }} as materialized (
{%- set own = namespace(sql=step.sql ~ ' ') -%}
{%- for input in program if input.kind == 'input' -%}
    {%- set own.sql = own.sql | replace('stored.' ~ input.name ~ ' ', ref(input.name) ~ ' ') -%}
{%- endfor %}
{{ own.sql }}
)
{%- endfor %}

select
    {% for name in by -%}
    {{ adapter.quote('c' ~ loop.index) }}.category_code as {{ adapter.quote('by_' ~ name) }},
    {{ adapter.quote('c' ~ loop.index) }}.category_label as {{ adapter.quote('by_' ~ name ~ '_label') }},
    {% endfor -%}
    int_published__labelled_estimates.*
from int_published__labelled_estimates
{%- for name in by %}
cross join (
    select
        categories.category_code,
        categories.category_label
    from {{ ref('stg_codebook__variables') }} as variables
    inner join {{ ref('stg_codebook__categories') }} as categories
        on variables.code_list_id = categories.code_list_id
    where variables.variable_id = {{ wavehouse.sql_text(name) }}
) as {{ adapter.quote('c' ~ loop.index) }}
{%- endfor %}
{%- if by %}
where
    int_published__labelled_estimates.segment_code = {% for name in by -%}
    {{ adapter.quote('c' ~ loop.index) }}.category_code{{ " || '|' || " if not loop.last }}
    {%- endfor %}
{%- endif %}
{%- endmacro %}


{#- Whether a study's rules have nothing to do with confidentiality; so it is assumed where they are not built yet. -#}
{% macro may_be_asked(study) -%}
    {%- set rules = ref('int_measures__publication_rules') -%}
    {%- if load_relation(rules) is none -%}{{ return(true) }}{%- endif -%}
    {%- set found = run_query(
        'select count(*) from ' ~ rules ~ ' as rules inner join '
        ~ ref('stg_codebook__publication_rules') ~ ' as described'
        ~ ' on rules.publication_rule_id = described.publication_rule_id left join '
        ~ ref('stg_codebook__publication_criteria') ~ ' as criteria'
        ~ " on rules.publication_rule_id = criteria.publication_rule_id and criteria.purpose = 'confidentiality'"
        ~ ' where rules.study_id = ' ~ wavehouse.sql_text(study)
        ~ ' and (criteria.purpose is not null or described.base_rounding is not null)'
    ) -%}
    {{ return(found.columns[0].values()[0] == 0) }}
{%- endmacro %}


{#- The tables of a question, as common table expressions. -#}
{% macro written_question(measures, study, by, where, waves, grain) -%}
    {%- set named = [] -%}
    {%- for variable, codes in where.items() -%}
        {%- for code in codes -%}{%- do named.append([variable, code]) -%}{%- endfor -%}
    {%- endfor -%}
    {%- set numbered = [] -%}
    {%- for name in by -%}{%- do numbered.append([loop.index, name]) -%}{%- endfor -%}
    {%- set lone = [] -%}
    {%- for name in measures -%}{%- do lone.append([name]) -%}{%- endfor -%}
    {%- set wanted = [] -%}
    {%- for name in waves -%}{%- do wanted.append(wavehouse.sql_text(name)) -%}{%- endfor -%}
asked_question as (
    select
        cast({{ wavehouse.sql_text(grain) }} as {{ dbt.type_string() }}) as period_grain,
        cast({{ wavehouse.sql_text(by | join('*') or 'total') }} as {{ dbt.type_string() }})
            as segment_id,
        cast(
            {%- for name in by %}
            (
                select variables.variable_label
                from {{ ref('stg_codebook__variables') }} as variables
                where variables.variable_id = {{ wavehouse.sql_text(name) }}
            ) {{ "|| ' × ' ||" if not loop.last }}
            {%- else %}
            (
                select segments.segment_label
                from {{ ref('stg_codebook__segments') }} as segments
                where segments.segment_id = 'total'
            )
            {%- endfor %}
            as {{ dbt.type_string() }}
        ) as segment_label
),

asked_measures as (
    {{ wavehouse.question_rows(['measure_id'], lone) }}
),

asked_by as (
    {{ wavehouse.question_rows(['place', 'variable_id'], numbered) }}
),

asked_filter as (
    {{ wavehouse.question_rows(['variable_id', 'category_code'], named) }}
),

asked_waves as (
    select
        waves.study_id,
        waves.wave_id,
        delivered_waves.wave_key,
        waves.wave_number,
        waves.wave_date
    from {{ ref('stg_codebook__waves') }} as waves
    inner join {{ ref('int_delivered__waves') }} as delivered_waves
        on
            waves.study_id = delivered_waves.study_id
            and waves.wave_id = delivered_waves.wave_id
    where
        waves.study_id = {{ wavehouse.sql_text(study) }}
        {%- if wanted %}
        and waves.wave_id in ({{ wanted | join(', ') }})
        {%- endif %}
),

asked_members as materialized (
    {%- if not by and not where %}
    select
        respondents.respondent_number,
        respondents.study_id,
        respondents.wave_id,
        cast('total' as {{ dbt.type_string() }}) as segment_code
    from {{ ref('int_delivered__respondents') }} as respondents
    inner join asked_waves
        on
            respondents.study_id = asked_waves.study_id
            and respondents.wave_id = asked_waves.wave_id
    {%- else %}
    select
        answers.respondent_number,
        answers.study_id,
        answers.wave_id,
        {% if by -%}
        {% for name in by -%}
        max(case when answers.variable_id = {{ wavehouse.sql_text(name) }} then answers.category_code end)
        {{ "|| '|' || " if not loop.last }}
        {%- endfor %} as segment_code
        {%- else -%}
        cast('total' as {{ dbt.type_string() }}) as segment_code
        {%- endif %}
    from {{ ref('int_answers__coded') }} as answers
    inner join asked_waves
        on
            answers.study_id = asked_waves.study_id
            and answers.wave_id = asked_waves.wave_id
    where answers.missing_kind is null
    group by
        answers.respondent_number,
        answers.study_id,
        answers.wave_id
    having
        1 = 1
        {%- for name in by %}
        and max(
            case when answers.variable_id = {{ wavehouse.sql_text(name) }} then answers.category_code end
        ) is not null
        {%- endfor %}
        {%- for variable, codes in where.items() %}
        and max(
            case when answers.variable_id = {{ wavehouse.sql_text(variable) }} then answers.category_code end
        ) in (
            {%- for code in codes -%}
            {{ wavehouse.sql_text(code) }}{{ ', ' if not loop.last }}
            {%- endfor -%}
        )
        {%- endfor %}
    {%- endif %}
)
{%- endmacro %}


{#- A table of a question: rows of texts, and of places; none if there are none. -#}
{% macro question_rows(columns, rows) -%}
    {%- for row in rows or [none] %}
    select
        {%- for column in columns %}
        {%- set type = 'integer' if column == 'place' else dbt.type_string() %}
        cast({{ 'null' if row is none else wavehouse.sql_text(row[loop.index0]) }} as {{ type }})
            as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    {%- if row is none %}
    where 1 = 0
    {%- endif %}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}
{%- endmacro %}
