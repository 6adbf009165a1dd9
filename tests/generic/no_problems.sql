{% test no_problems(model, check_id) %}

    {{ config(severity='error') }}

    select *
    from {{ model }}
    where check_id = '{{ check_id }}'

{% endtest %}
