{#-
    A model of materialization `by_wave` is computed by units: by wave, or by part of a period. A unit whose
    fingerprint is in the table already is kept; others are computed, some at a time, so that memory is bounded
    by these; units that are gone are deleted. The table's column `fingerprint` says what each row is of, so
    whatever was interrupted, or built by an older version, is noticed by the table itself. In a run with --defer a
    table that is not there yet begins with what the release has kept of it.

    The model's `meta` has
    - units: the model that lists the units, with a `batch_number`;
    - unit: its columns that name a unit, which the model has too; study_id and wave_id if left out;
    - described_by: its columns that count for the fingerprint; all but batch_number if left out;
    - only_with: units count only if a `model` has rows of them, found by the columns `on`, that are as `where` says;
    - inputs: how parents count for it, where not in the usual way (macro fingerprints_of_units).
-#}
{% materialization by_wave, default %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type='table') -%}
    {%- set unit = wavehouse.unit_of(model) -%}
    {%- set units = ref(model.config.meta.units) -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- set rows = run_query(wavehouse.fingerprints_of_units(model, sql, units)).rows -%}
    {%- set current = wavehouse.fingerprints_by_name(rows) -%}
    {%- set begun_with = existing if existing is not none else wavehouse.released_table(defer_relation) -%}
    {%- set kept = [] if begun_with is none or should_full_refresh() else wavehouse.kept_fingerprints(begun_with, current) -%}
    {%- set batches = wavehouse.batches_of_rows(rows, kept) -%}
    {%- set message = wavehouse.said_of_units(current, kept) -%}

    {%- if kept %}
        {%- call statement('main') -%}
        {%- if existing is none %}
            {{ get_create_table_as_sql(
                False, target, 'select * from ' ~ begun_with ~ ' where fingerprint in (' ~ kept | join(', ') ~ ')'
            ) }}
        {%- else %}
            delete from {{ target }} where fingerprint not in ({{ kept | join(', ') }})
        {%- endif %}
        {%- endcall %}
        {%- if existing is none %}
            {% do create_indexes(target) %}
        {%- endif %}
        {%- set columns = adapter.get_columns_in_relation(target) | map(attribute='quoted') | join(', ') -%}
        {%- for batch in batches %}
            {%- call statement('batch_' ~ loop.index) -%}
                insert into {{ target }} ({{ columns }})
                select {{ columns }} from ({{ wavehouse.sql_of_batch(sql, units, unit, batch) }}) as made
            {%- endcall %}
        {%- endfor %}
    {%- else %}
        {%- set intermediate = make_intermediate_relation(target) -%}
        {%- set backup = make_backup_relation(target, 'table' if existing is none else existing.type) -%}
        {{ drop_relation_if_exists(load_cached_relation(intermediate)) }}
        {{ drop_relation_if_exists(load_cached_relation(backup)) }}
        {%- call statement('main') -%}
            {{ get_create_table_as_sql(
                False, intermediate, wavehouse.sql_of_batch(sql, units, unit, batches[0] if batches else [])
            ) }}
        {%- endcall %}
        {%- for batch in batches[1:] %}
            {%- call statement('batch_' ~ loop.index) -%}
                insert into {{ intermediate }}
                {{ wavehouse.sql_of_batch(sql, units, unit, batch) }}
            {%- endcall %}
        {%- endfor %}
        {%- if existing is not none %}
            {{ adapter.rename_relation(existing, backup) }}
        {%- endif %}
        {{ adapter.rename_relation(intermediate, target) }}
        {% do create_indexes(target) %}
    {%- endif %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do persist_docs(target, model) %}
    {{ adapter.commit() }}
    {%- if not kept %}
        {{ drop_relation_if_exists(backup) }}
    {%- endif %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {%- do store_raw_result(
        name='main', message=message, code='by_wave', rows_affected=-1, agate_table=none
    ) -%}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}


{#-
    Marks where a model is narrowed to some units. As it stands the condition is true, so the compiled SQL is that
    of the whole model, in unit tests too; the materialization puts the units in its place.
-#}
{% macro of_these_units(columns, alias=none) -%}
    {%- set prefix = alias ~ '.' if alias else '' -%}
    1 = 1 /* of the units: {{ prefix }}{{ columns | join(', ' ~ prefix) }} */
{%- endmacro %}


{#- The table that a run with --defer finds in the release, for a model that this database does not have. -#}
{% macro released_table(defer_relation) -%}
    {{ return(load_relation(defer_relation) if defer_relation else none) }}
{%- endmacro %}


{#- The columns that name a unit of a model, which is this one or another one of the project. -#}
{% macro unit_of(model) -%}
    {{ return(model.config.meta.get('unit', ['study_id', 'wave_id'])) }}
{%- endmacro %}


{#- How many units are computed, and which waves these are; shown by dbt, and read by report_waves. -#}
{% macro said_of_units(current, kept) -%}
    {%- set computed = current.values() | rejectattr('fingerprint', 'in', kept) | list -%}
    {%- set said = computed | length ~ ' of ' ~ current | length ~ ' computed' -%}
    {%- set names = computed | map(attribute='unit_name') | select | list -%}
    {%- if names and kept -%}
        {%- set said = said ~ ': ' ~ names | sort | join(', ') -%}
    {%- endif -%}
    {{ return(said) }}
{%- endmacro %}


{#- Gives (unit, batch_number, fingerprint) rows as {fingerprint: row}. -#}
{% macro fingerprints_by_name(rows) -%}
    {%- set found = {} -%}
    {%- for row in rows -%}
        {%- do found.update({row['fingerprint']: row}) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}


{#- The fingerprints of a table that are still right; none if it is of another kind. -#}
{% macro kept_fingerprints(existing, current) -%}
    {%- if not existing.is_table -%}{{ return([]) }}{%- endif -%}
    {%- if 'fingerprint' not in wavehouse.names_of_columns(existing) -%}{{ return([]) }}{%- endif -%}
    {%- set found = run_query('select distinct fingerprint from ' ~ existing).columns[0].values() -%}
    {{ return(found | select('in', current) | list) }}
{%- endmacro %}


{#- The rows of units that are not kept, batch by batch. -#}
{% macro batches_of_rows(rows, kept) -%}
    {%- set batches = {} -%}
    {%- for row in rows if row['fingerprint'] not in kept -%}
        {%- set number = wavehouse.batch_of(row['batch_number']) -%}
        {%- do batches.setdefault(number, []).append(row) -%}
    {%- endfor -%}
    {{ return(batches.values() | list) }}
{%- endmacro %}


{#- Engines that keep to a limit of memory by themselves are asked once. -#}
{% macro batch_of(batch_number) -%}
    {{ return(adapter.dispatch('batch_of', 'wavehouse')(batch_number)) }}
{%- endmacro %}

{% macro default__batch_of(batch_number) -%}
    {{ return(0) }}
{%- endmacro %}

{% macro duckdb__batch_of(batch_number) -%}
    {{ return(batch_number) }}
{%- endmacro %}


{#- The SQL of a model for the units of a batch, each row with its fingerprint. -#}
{% macro sql_of_batch(sql, units, unit, batch) -%}
    {%- set keys = [] -%}
    {%- for row in batch -%}
        {%- do keys.append('(' ~ wavehouse.literals_of(row, unit) ~ ')') -%}
    {%- endfor -%}
    {%- set pattern = '1 = 1 /\\* of the units: ([^*]*) \\*/' -%}
    {%- set narrowed = namespace(sql=sql) -%}
    {%- for columns in modules.re.findall(pattern, sql) | unique -%}
        {%- set names = columns | replace(' ', '') -%}
        {%- set bare = modules.re.sub('\\w+\\.', '', names).split(',') -%}
        {%- set listed = keys | join(', ') if bare == unit else wavehouse.related_keys(units, unit, keys, bare) -%}
        {%- set condition = '(' ~ columns ~ ') in (' ~ listed ~ ')' if listed else '1 = 0' -%}
        {%- set narrowed.sql = narrowed.sql | replace('1 = 1 /* of the units: ' ~ columns ~ ' */', condition) -%}
    {%- endfor -%}
    {%- if not batch %}
    select
        made.*,
        cast(null as bigint) as fingerprint
    from (
        {{ narrowed.sql }}
    ) as made
    where 1 = 0
    {%- else %}
    select
        made.*,
        units.fingerprint
    from (
        {{ narrowed.sql }}
    ) as made
    inner join (
        {%- for row in batch %}
        select
            {%- for column in unit %}
            {{ wavehouse.literals_of(row, [column]) }} as {{ column }},
            {%- endfor %}
            cast({{ row['fingerprint'] }} as bigint) as fingerprint
        {%- if not loop.last %}
        union all
        {%- endif %}
        {%- endfor %}
    ) as units
        on
            {%- for column in unit %}
            {{ 'and ' if not loop.first }}made.{{ column }} = units.{{ column }}
            {%- endfor %}
    {%- endif %}
{%- endmacro %}


{#- What other columns of the list of units hold for some units, as literals of keys. -#}
{% macro related_keys(units, unit, keys, columns) -%}
    {%- if not keys -%}{{ return('') }}{%- endif -%}
    {%- set found = run_query(
        'select distinct ' ~ columns | join(', ') ~ ' from ' ~ units
        ~ ' where (' ~ unit | join(', ') ~ ') in (' ~ keys | join(', ') ~ ') order by ' ~ columns | join(', ')
    ) -%}
    {%- set listed = [] -%}
    {%- for row in found.rows -%}
        {%- do listed.append('(' ~ wavehouse.literals_of(row, columns) ~ ')') -%}
    {%- endfor -%}
    {{ return(listed | join(', ')) }}
{%- endmacro %}


{% macro literals_of(row, columns) -%}
    {%- set texts = [] -%}
    {%- for column in columns -%}
        {%- set value = row[column] -%}
        {%- do texts.append(value if value is number else wavehouse.sql_text(value)) -%}
    {%- endfor -%}
    {{ return(texts | join(', ')) }}
{%- endmacro %}
