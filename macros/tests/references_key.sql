{% test references_key(model, columns, to, to_columns) %}

    select referring.*
    from {{ model }} as referring
    left join {{ to }} as referred
        on
            {% for column in columns -%}
            referring.{{ column }} = referred.{{ to_columns[loop.index0] }}
            {{- "\n            and " if not loop.last }}
            {%- endfor %}
    where
        referred.{{ to_columns | first }} is null
        {%- for column in columns %}
        and referring.{{ column }} is not null
        {%- endfor %}

{% endtest %}
