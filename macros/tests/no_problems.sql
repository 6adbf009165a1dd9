{% test no_problems(model) %}

    {{ config(severity='error') }}

    select * from {{ model }}

{% endtest %}
