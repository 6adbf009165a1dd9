{#-
    Checks that follow from the schema of the codebook, which seeds/codebook/_codebook__seeds.yml declares
    under `meta`: required cells, types, accepted values, primary keys and foreign keys. Written once there,
    enforced here.
-#}
{% macro codebook_checks() -%}
    {%- set queries = [] -%}
    {%- for seed in wavehouse.codebook_seeds() -%}
        {%- for column in seed.columns.values() -%}
            {%- set meta = column.config.get('meta', {}) -%}
            {%- if meta.get('required') -%}
                {%- do queries.append(wavehouse.required_cell_check(seed, column.name)) -%}
            {%- endif -%}
            {%- if meta.get('type', 'text') != 'text' -%}
                {%- do queries.append(wavehouse.cell_type_check(seed, column.name, meta['type'])) -%}
            {%- endif -%}
            {%- if meta.get('accepted_values') -%}
                {%- do queries.append(wavehouse.accepted_values_check(seed, column.name, meta['accepted_values'])) -%}
            {%- endif -%}
            {%- for comparison in ['at_least', 'above'] if comparison in meta -%}
                {%- do queries.append(wavehouse.lower_bound_check(seed, column.name, comparison, meta[comparison])) -%}
            {%- endfor -%}
            {%- if meta.get('pattern') -%}
                {%- do queries.append(wavehouse.pattern_check(seed, column.name, meta['pattern'])) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- do queries.append(wavehouse.primary_key_check(seed)) -%}
        {%- for key in seed.config.meta.get('foreign_keys', []) -%}
            {%- do queries.append(wavehouse.foreign_key_check(seed, key)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ queries | join('\nunion all\n') }}
{%- endmacro %}


{#- The seeds that declare a primary key, from the graph: a new codebook table is checked without more. -#}
{% macro codebook_seeds() -%}
    {%- set found = [] -%}
    {%- for node in graph.nodes.values() | sort(attribute='unique_id') -%}
        {%- if
            node.resource_type == 'seed'
            and node.config.get('meta', {}).get('primary_key')
        -%}
            {%- do found.append(node) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}


{#- How a row of a seed is named in a message: by its key. -#}
{% macro row_name(seed) -%}
    {%- set parts = [] -%}
    {%- for column in seed.config.meta.primary_key -%}
        {%- do parts.append("'" ~ column ~ " ' || " ~ wavehouse.quoted(column)) -%}
    {%- endfor -%}
    {{ parts | join(" || ', ' || ") }}
{%- endmacro %}


{% macro seed_scope(seed, column) -%}
    {#- study_id or wave_id of the row, where the seed has such a column. -#}
    {{ return(column if column in seed.columns else 'null') }}
{%- endmacro %}


{% macro required_cell_check(seed, column) -%}
select
    {{ wavehouse.problem_columns(
        check_id='codebook_cell_missing',
        file="'" ~ seed.original_file_path ~ "'",
        study_id=wavehouse.seed_scope(seed, 'study_id'),
        wave_id=wavehouse.seed_scope(seed, 'wave_id'),
        column_name="'" ~ column ~ "'",
        problem="'The cell is empty in the row with ' || " ~ wavehouse.row_name(seed) ~ " || '.'",
        remedy="'Fill it: the column is required.'"
    ) }}
from {{ wavehouse.relation_of_node(seed) }}
where {{ column }} is null
{%- endmacro %}


{% macro cell_type_check(seed, column, type) -%}
{%- set casts = {
    'integer': wavehouse.to_integer(column),
    'number': wavehouse.to_number(column),
    'boolean': wavehouse.to_boolean(column),
    'date': wavehouse.to_date(column),
} -%}
{%- set words = {
    'integer': 'a whole number',
    'number': 'a number (with a point, without thousands separators)',
    'boolean': 'true or false',
    'date': 'a date such as 2001-12-31',
} -%}
select
    {{ wavehouse.problem_columns(
        check_id='codebook_cell_type',
        file="'" ~ seed.original_file_path ~ "'",
        study_id=wavehouse.seed_scope(seed, 'study_id'),
        wave_id=wavehouse.seed_scope(seed, 'wave_id'),
        column_name="'" ~ column ~ "'",
        source_code=column,
        problem=wavehouse.quoted(column) ~ " || ' is not " ~ words[type] ~ ", in the row with ' || "
            ~ wavehouse.row_name(seed) ~ " || '.'",
        remedy="'Write " ~ words[type] ~ ".'"
    ) }}
from {{ wavehouse.relation_of_node(seed) }}
where
    {{ column }} is not null
    and {{ casts[type] }} is null
{%- endmacro %}


{% macro accepted_values_check(seed, column, accepted_values) -%}
select
    {{ wavehouse.problem_columns(
        check_id='codebook_cell_value',
        file="'" ~ seed.original_file_path ~ "'",
        study_id=wavehouse.seed_scope(seed, 'study_id'),
        wave_id=wavehouse.seed_scope(seed, 'wave_id'),
        column_name="'" ~ column ~ "'",
        source_code=column,
        problem=wavehouse.quoted(column) ~ " || ' is not a known value, in the row with ' || "
            ~ wavehouse.row_name(seed) ~ " || '.'",
        remedy="'Write one of: " ~ accepted_values | join(', ') ~ ".'"
    ) }}
from {{ wavehouse.relation_of_node(seed) }}
where {{ column }} not in ('{{ accepted_values | join("', '") }}')
{%- endmacro %}


{#- A cell that is no number at all is its own problem, listed elsewhere. -#}
{% macro lower_bound_check(seed, column, comparison, bound) -%}
{%- set words = {'at_least': bound ~ ' or more', 'above': 'more than ' ~ bound} -%}
select
    {{ wavehouse.problem_columns(
        check_id='codebook_cell_value',
        file="'" ~ seed.original_file_path ~ "'",
        study_id=wavehouse.seed_scope(seed, 'study_id'),
        wave_id=wavehouse.seed_scope(seed, 'wave_id'),
        column_name="'" ~ column ~ "'",
        source_code=column,
        problem=wavehouse.quoted(column) ~ " || ' is too small, in the row with ' || " ~ wavehouse.row_name(seed) ~ " || '.'",
        remedy="'Write a number that is " ~ words[comparison] ~ ".'"
    ) }}
from {{ wavehouse.relation_of_node(seed) }}
where {{ wavehouse.to_number(column) }} {{ {'at_least': '<', 'above': '<='}[comparison] }} {{ bound }}
{%- endmacro %}


{% macro pattern_check(seed, column, pattern) -%}
select
    {{ wavehouse.problem_columns(
        check_id='codebook_cell_value',
        file="'" ~ seed.original_file_path ~ "'",
        study_id=wavehouse.seed_scope(seed, 'study_id'),
        wave_id=wavehouse.seed_scope(seed, 'wave_id'),
        column_name="'" ~ column ~ "'",
        source_code=column,
        problem=wavehouse.quoted(column) ~ " || ' has characters that this column cannot hold, in the row with ' || "
            ~ wavehouse.row_name(seed) ~ " || '.'",
        remedy="'Write a value that matches the pattern " ~ pattern ~ " (a regular expression).'"
    ) }}
from {{ wavehouse.relation_of_node(seed) }}
where not {{ wavehouse.matches(column, pattern) }}
{%- endmacro %}


{% macro primary_key_check(seed) -%}
{%- set key = seed.config.meta.primary_key -%}
select
    {{ wavehouse.problem_columns(
        check_id='codebook_duplicate_key',
        file="'" ~ seed.original_file_path ~ "'",
        study_id='study_id' if 'study_id' in key else none,
        wave_id='wave_id' if 'wave_id' in key else none,
        column_name="'" ~ key | join(', ') ~ "'",
        n_rows='count(*)',
        problem="'There is more than one row with ' || " ~ wavehouse.row_name(seed) ~ " || '.'",
        remedy="'Keep one of them.'"
    ) }}
from {{ wavehouse.relation_of_node(seed) }}
group by {{ key | join(', ') }}
having count(*) > 1
{%- endmacro %}


{% macro foreign_key_check(seed, key) -%}
{%- set target = wavehouse.codebook_seeds() | selectattr('name', 'equalto', key['to']) | first -%}
{#- Rows of the library count as if they stood in the table that the key refers to. -#}
{%- set library = wavehouse.codebook_seeds() | selectattr('name', 'equalto', key.get('or_to')) | first -%}
{%- set values = [] -%}
{%- for column in key['columns'] -%}
    {%- do values.append("'" ~ column ~ " ' || " ~ wavehouse.quoted('referring.' ~ column)) -%}
{%- endfor -%}
select
    {{ wavehouse.problem_columns(
        check_id='codebook_orphan_reference',
        file="'" ~ seed.original_file_path ~ "'",
        study_id='referring.study_id' if 'study_id' in seed.columns else none,
        wave_id='referring.wave_id' if 'wave_id' in seed.columns else none,
        column_name="'" ~ key['columns'] | join(', ') ~ "'",
        source_code='referring.' ~ key['columns'] | last,
        n_rows='count(*)',
        problem="'Refers to ' || " ~ values | join(" || ', ' || ")
            ~ " || ', which " ~ target.original_file_path
            ~ ((' and ' ~ library.original_file_path ~ ' do') if library else ' does') ~ " not have.'",
        remedy="'Correct the reference, or add the row to " ~ target.original_file_path ~ ".'"
    ) }}
from {{ wavehouse.relation_of_node(seed) }} as referring
left join {{ wavehouse.relation_of_node(target) }} as referred
    on
        {% for column in key['columns'] -%}
        referring.{{ column }} = referred.{{ key['to_columns'][loop.index0] }}
        {{- "\n        and " if not loop.last }}
        {%- endfor %}
{%- if library %}
left join {{ wavehouse.relation_of_node(library) }} as of_library
    on
        {% for column in key['columns'] -%}
        referring.{{ column }} = of_library.{{ key['to_columns'][loop.index0] }}
        {{- "\n        and " if not loop.last }}
        {%- endfor %}
{%- endif %}
where
    referred.{{ key['to_columns'] | first }} is null
    {%- if library %}
    and of_library.{{ key['to_columns'] | first }} is null
    {%- endif %}
    {%- for column in key['columns'] %}
    and referring.{{ column }} is not null
    {%- endfor %}
group by
    {%- set grouped = [] -%}
    {%- for column in key['columns'] + ['study_id', 'wave_id'] -%}
        {%- if column in seed.columns and column not in grouped -%}
            {%- do grouped.append(column) -%}
        {%- endif -%}
    {%- endfor %}
    {% for column in grouped -%}
    referring.{{ column }}{{ ", " if not loop.last }}
    {%- endfor %}
{%- endmacro %}
