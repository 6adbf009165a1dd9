{#-
    dbt's macro with a key left out where it is tested instead (enforces_keys): models say so by `meta.long_table`.
    Other constraints stay, and so does the key in the contract.
-#}
{% macro duckdb__get_table_columns_and_constraints() -%}
    {%- set long_table = model['config'].get('meta', {}).get('long_table', false) -%}
    {%- set constraints = [] -%}
    {%- for constraint in model['constraints'] -%}
        {%- if constraint['type'] != 'primary_key' or wavehouse.enforces_keys(long_table) -%}
            {%- do constraints.append(constraint) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set parts = adapter.render_raw_columns_constraints(raw_columns=model['columns'])
        + adapter.render_raw_model_constraints(raw_constraints=constraints) -%}
    (
        {{ parts | join(',\n        ') }}
    )
{%- endmacro %}
