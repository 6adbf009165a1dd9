{% macro columns_of_segments(model) -%}
    {%- set found = [] -%}
    {%- for column in model.columns.values() -%}
        {%- set segment_id = column.config.get('meta', column.meta).get('segment_id') -%}
        {%- if segment_id -%}
            {%- do found.append({'name': column.name, 'segment_id': segment_id}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
