{% test primary_key(model, columns, long_table=false) %}

    {{ config(enabled=long_table or not wavehouse.enforces_keys()) }}

    select
        {{ columns | join(',\n        ') }},
        count(*) as n_rows
    from {{ model }}
    group by
        {{ columns | join(',\n        ') }}
    having
        count(*) > 1
        {%- for column in columns %}
        or {{ column }} is null
        {%- endfor %}

{% endtest %}
