{% macro public_columns() -%}
    {#-
        The columns of all public tables as their YAML describes them, as rows of (table_name,
        column_position, column_name, data_type, column_description, is_key, guarded_by), and what their meta
        says they show: (study_id, variable_id, segment_id, design_role, shows).
    -#}
    {%- set guards = wavehouse.tests_by_model() -%}
    {%- set shown = ['variable_id', 'segment_id', 'design_role', 'shows'] -%}
    {#- No macro is called for what is none, as most is of 5,000 cells; types are those of the last row. -#}
    {%- for node in wavehouse.public_models() %}
        {%- set keys = wavehouse.primary_key_of(node) %}
        {%- set table_name = wavehouse.sql_text(node.name) %}
        {%- set study_id = wavehouse.sql_text(node.config.meta.study_id) if node.config.meta.get('study_id') else 'null' %}
        {%- for column in node.columns.values() %}
            {%- set meta = column.config.get('meta', column.meta) %}
            {%- set names = wavehouse.guards_of_column(guards.get(node.unique_id, []), column.name) %}
    select
        {{ table_name }} as table_name,
        {{ loop.index }} as column_position,
        {{ wavehouse.sql_text(column.name) }} as column_name,
        {{ wavehouse.sql_text(column.data_type) }} as data_type,
        {{ wavehouse.sql_text((column.description | trim).split('\n\n')[0] | replace('\n', ' ')) }} as column_description,
        {{ column.name in keys }} as is_key,
        {{ wavehouse.sql_text(names | join(', ')) if names else 'null' }} as guarded_by,
        {{ study_id }} as study_id,
        {%- for key in shown %}
        {{ wavehouse.sql_text(meta[key]) if meta.get(key) is not none else 'null' }} as {{ key }}{{ ',' if not loop.last }}
        {%- endfor %}
    union all
        {%- endfor %}
    {%- endfor %}
    select
        cast(null as {{ dbt.type_string() }}) as table_name,
        cast(null as integer) as column_position,
        cast(null as {{ dbt.type_string() }}) as column_name,
        cast(null as {{ dbt.type_string() }}) as data_type,
        cast(null as {{ dbt.type_string() }}) as column_description,
        cast(null as boolean) as is_key,
        cast(null as {{ dbt.type_string() }}) as guarded_by,
        cast(null as {{ dbt.type_string() }}) as study_id,
        {%- for key in shown %}
        cast(null as {{ dbt.type_string() }}) as {{ key }}{{ ',' if not loop.last }}
        {%- endfor %}
{%- endmacro %}


{% macro public_models() -%}
    {%- set found = [] -%}
    {%- for node in (graph.nodes.values() if execute else []) | sort(attribute='unique_id') -%}
        {%- if node.resource_type == 'model' and node.config.access == 'public' -%}
            {%- do found.append(node) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}


{% macro primary_key_of(node) -%}
    {%- set found = [] -%}
    {%- for constraint in node.constraints -%}
        {%- if constraint.type == 'primary_key' -%}
            {%- do found.extend(constraint.columns) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}


{% macro tests_by_model() -%}
    {%- set found = {} -%}
    {%- for node in (graph.nodes.values() if execute else []) | sort(attribute='unique_id') -%}
        {%- if node.resource_type == 'test' and node.attached_node -%}
            {%- do found.setdefault(node.attached_node, []).append(node) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}


{% macro guards_of_column(tests, column_name) -%}
    {#- A test guards the columns that its arguments name, in a list or in a condition. -#}
    {%- set found = [] -%}
    {%- for test in tests -%}
        {%- set said = test.test_metadata.kwargs.values() | map('string') | join(' ') -%}
        {%- if modules.re.search('\\b' ~ column_name ~ '\\b', said) -%}
            {%- do found.append(test.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

