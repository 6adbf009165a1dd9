{% test shares_sum_to_one(model, group_by, tolerance=1e-9) %}

    select
        {{ group_by | join(',\n        ') }},
        sum(estimate) as sum_of_shares
    from {{ model }}
    where
        measure_kind = 'share'
        -- rounded shares, which come without a sum of weights, add up to 1 only nearly
        and (estimate is null or sum_of_weights is not null)
    group by
        {{ group_by | join(',\n        ') }}
    -- where a rule suppresses one category for its own error, the others stay below 1
    having
        sum(estimate) > 1 + {{ tolerance }}
        or (sum(estimate) < 1 - {{ tolerance }} and count(estimate) = count(*))

{% endtest %}
