{% macro fingerprints_of_units(model, sql, units) -%}
    {#-
        What each unit of a model is made of, as one number: its SQL, the version of the engine, and of every parent what
        belongs to the unit. A parent that is computed by wave has fingerprints itself. Of others the rows are hashed: those
        of the study, if the parent has a study_id, else all. In the model's meta, `inputs` says by parent what is narrower:
        - `by`: columns that the parent and the list of units have both, or {the parent's: that of the units};
        - `columns`: the only columns that the model reads; `where`: the only rows;
        - `through` and `on`: another parent, which says by these columns which rows belong to a unit;
        - null: what it holds follows from other inputs.
        Gives rows of (unit, unit_name, batch_number, fingerprint); parts of a period have no name. Macros
        that the model calls are part of its SQL. Where its parents lie does not count: a change that is checked
        against a release reads some of them there.
    -#}
    {%- set meta = model.config.meta -%}
    {%- set inputs = meta.get('inputs', {}) -%}
    {%- set unit = wavehouse.unit_of(model) -%}
    {%- set names = wavehouse.names_of_columns(units) -%}
    {%- set digests = [] -%}
    {%- set hashed = [] -%}
    {%- for name in meta.get('described_by', names | reject('equalto', 'batch_number')) -%}
        {%- do hashed.append('units.' ~ name) -%}
    {%- endfor -%}
    {%- set placeless = namespace(sql=sql) -%}
    {%- for parent in wavehouse.parents_of(model) -%}
        {%- set placeless.sql = placeless.sql | replace(parent.relation | string, parent.name) -%}
    {%- endfor -%}
    {%- for parent in wavehouse.parents_of(model) if parent.name != meta.units -%}
        {%- set input = inputs.get(parent.name, {}) -%}
        {%- if input is not none -%}
            {%- do digests.append(wavehouse.digest_of_parent(parent, input, names)) -%}
            {%- do hashed.append('digest_' ~ digests | length ~ '.digest') -%}
        {%- endif -%}
    {%- endfor -%}
    select
        {%- for column in unit %}
        units.{{ column }},
        {%- endfor %}
        {% if 'study_id' in names and 'wave_id' in names -%}
        max(units.study_id || ' ' || units.wave_id)
        {%- else -%}
        cast(null as {{ dbt.type_string() }})
        {%- endif %} as unit_name,
        max(units.batch_number) as batch_number,
        {%- set of_sql = wavehouse.sql_text(local_md5(placeless.sql)) %}
        {{ wavehouse.integer_key([of_sql, 'version()', wavehouse.rows_digest(hashed)] + wavehouse.prefixed(unit, 'units')) | indent(8) }}
            as fingerprint
    from {{ units }} as units
    {%- for digest in digests %}
    {%- set number = loop.index %}
    left join (
        {{ digest.sql | indent(8) }}
    ) as digest_{{ number }}
        on
            1 = 1
            {%- for parent_column, unit_column in digest.by.items() %}
            and units.{{ unit_column }} = digest_{{ number }}.{{ parent_column }}
            {%- endfor %}
    {%- endfor %}
    {%- if meta.only_with %}
    where exists (
        select 1 from {{ ref(meta.only_with.model) }} as needed
        where
            {{ meta.only_with.where or '1 = 1' }}
            {%- for column in meta.only_with.on %}
            and needed.{{ column }} = units.{{ column }}
            {%- endfor %}
    )
    {%- endif %}
    group by
        {{ wavehouse.prefixed(unit, 'units') | join(', ') }}
    order by
        max(units.batch_number),
        {{ wavehouse.prefixed(unit, 'units') | join(', ') }}
{%- endmacro %}


{#- The models and seeds that a model reads, with their relations. -#}
{% macro parents_of(model) -%}
    {%- set found = [] -%}
    {%- for id in model.depends_on.nodes | sort -%}
        {%- set node = graph.nodes.get(id) -%}
        {%- if node -%}
            {%- do found.append({
                'name': node.name,
                'relation': wavehouse.relation_of_node(node),
                'has_fingerprints': node.config.materialized == 'by_wave',
                'unit': wavehouse.unit_of(node),
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}


{#- How a parent counts: {by: its columns and those of the list of units, sql: rows of (by, digest)}. -#}
{% macro digest_of_parent(parent, input, names) -%}
    {%- if parent.has_fingerprints and not input -%}
        {%- set by = wavehouse.columns_by_name(parent.unit) -%}
        {%- set digest = 'min(fingerprint)' -%}
        {%- set rows = parent.relation -%}
    {%- else -%}
        {%- set all_columns = wavehouse.names_of_columns(parent.relation) | reject('equalto', 'fingerprint') | list -%}
        {%- set usual = ['study_id'] if 'study_id' in all_columns and 'study_id' in names else [] -%}
        {%- set by = wavehouse.columns_by_name(input.get('by', usual)) -%}
        {%- set columns = input.get('columns', all_columns | reject('in', by) | list) -%}
        {%- set digest = wavehouse.rows_digest(columns) -%}
        {%- if input.get('through') -%}
            {%- set on = input['on'] -%}
            {%- set rows -%}
            (
                select distinct
                    {%- for column in by %}
                    {{ 'membership' if column in wavehouse.names_of_columns(ref(input['through'])) else 'parent' }}.{{ column }},
                    {%- endfor %}
                    {{ wavehouse.prefixed(columns, 'parent') | join(', ') }}
                from {{ parent.relation }} as parent
                inner join {{ ref(input['through']) }} as membership
                    on
                        1 = 1
                        {%- for column in on %}
                        and parent.{{ column }} = membership.{{ column }}
                        {%- endfor %}
            ) as belonging
            {%- endset -%}
        {%- else -%}
            {%- set rows = parent.relation -%}
        {%- endif -%}
    {%- endif -%}
    {%- set sql -%}
    select
        {%- for column in by %}
        {{ column }},
        {%- endfor %}
        {{ digest }} as digest
    from {{ rows }}
    {%- if input.get('where') %}
    where {{ input['where'] }}
    {%- endif %}
    {%- if by %}
    group by {{ by | join(', ') }}
    {%- endif %}
    {%- endset -%}
    {{ return({'by': by, 'sql': sql}) }}
{%- endmacro %}


{% macro columns_by_name(columns) -%}
    {%- if columns is mapping -%}{{ return(columns) }}{%- endif -%}
    {%- set found = {} -%}
    {%- for column in columns -%}
        {%- do found.update({column: column}) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}


{% macro names_of_columns(relation) -%}
    {{ return(adapter.get_columns_in_relation(relation) | map(attribute='name') | list) }}
{%- endmacro %}


{% macro prefixed(columns, alias) -%}
    {%- set found = [] -%}
    {%- for column in columns -%}
        {%- do found.append(alias ~ '.' ~ column) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
