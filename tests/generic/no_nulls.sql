{% test no_nulls(model, columns) %}

    select *
    from {{ model }}
    where
        {% for column in columns -%}
        {{ column }} is null
        {{- "\n        or " if not loop.last }}
        {%- endfor %}

{% endtest %}
