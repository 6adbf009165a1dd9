{% test shares_sum_to_one(model, group_by, tolerance=1e-9) %}

    select
        {{ group_by | join(',\n        ') }},
        sum(estimate) as sum_of_shares
    from {{ model }}
    where measure_kind = 'share'
    group by
        {{ group_by | join(',\n        ') }}
    having
        count(estimate) = count(*)
        and abs(sum(estimate) - 1) > {{ tolerance }}

{% endtest %}
