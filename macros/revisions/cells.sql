{#- The columns that name an estimate, whatever its grain. -#}
{% macro cell_columns() -%}
    {{ return([
        'study_id', 'period_grain', 'period_id', 'measure_id', 'category_code', 'segment_id', 'segment_code',
    ]) }}
{%- endmacro %}


{#- The columns of a cell with the name of their table, line by line. -#}
{% macro cell_of(table) -%}
    {%- set found = [] -%}
    {%- for column in wavehouse.cell_columns() -%}
        {%- do found.append(table ~ '.' ~ column) -%}
    {%- endfor -%}
    {{ return(found | join(',\n')) }}
{%- endmacro %}


{#- Whether two rows are of the same cell; an SQL condition. -#}
{% macro is_same_cell(one, other) -%}
    {%- set found = [] -%}
    {%- for column in wavehouse.cell_columns() -%}
        {%- do found.append(one ~ '.' ~ column ~ ' = ' ~ other ~ '.' ~ column) -%}
    {%- endfor -%}
    {{ return(found | join('\nand ')) }}
{%- endmacro %}
