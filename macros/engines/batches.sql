{#-
    A model of materialization `batched` is computed for some waves at a time, so that its memory is bounded by these.
    `of_one_batch` marks where: as it stands it is true for all, so that the compiled SQL gives the whole
    model, in unit tests too; the materialization puts a batch's number in its place.
-#}
{% macro of_one_batch(batch_number) -%}
    {{ batch_number }} is not null /* of one batch */
{%- endmacro %}


{#- Engines that keep to a limit of memory by themselves are asked once. -#}
{% macro batch_numbers(batches) -%}
    {{ return(adapter.dispatch('batch_numbers', 'wavehouse')(batches)) }}
{%- endmacro %}

{% macro default__batch_numbers(batches) -%}
    {{ return([]) }}
{%- endmacro %}

{% macro duckdb__batch_numbers(batches) -%}
    {%- set found = run_query('select distinct batch_number from ' ~ batches ~ ' order by batch_number') -%}
    {{ return(found.columns[0].values() | list) }}
{%- endmacro %}


{#- The SQL of a model for one batch. -#}
{% macro sql_of_batch(sql, number) -%}
    {{ return(sql | replace('is not null /* of one batch */', '= ' ~ number)) }}
{%- endmacro %}


{% materialization batched, default %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type='table') -%}
    {%- set intermediate = make_intermediate_relation(target) -%}
    {%- set backup = make_backup_relation(target, 'table' if existing is none else existing.type) -%}
    {{ drop_relation_if_exists(load_cached_relation(intermediate)) }}
    {{ drop_relation_if_exists(load_cached_relation(backup)) }}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- set numbers = batch_numbers(ref('int_design__batches')) %}
    {%- set first = sql if numbers | length < 2 else sql_of_batch(sql, numbers[0]) %}
    {% call statement('main') -%}
        {{ get_create_table_as_sql(False, intermediate, first) }}
    {%- endcall %}
    {%- for number in numbers[1:] %}
    {% call statement('batch_' ~ number) -%}
        insert into {{ intermediate }}
        {{ sql_of_batch(sql, number) }}
    {%- endcall %}
    {%- endfor %}

    {%- if existing is not none %}
    {{ adapter.rename_relation(existing, backup) }}
    {%- endif %}
    {{ adapter.rename_relation(intermediate, target) }}
    {% do create_indexes(target) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do persist_docs(target, model) %}
    {{ adapter.commit() }}
    {{ drop_relation_if_exists(backup) }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}
