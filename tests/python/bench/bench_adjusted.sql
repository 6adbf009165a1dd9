{#- The families of the references, ranked as int_contrasts__published_changes ranks them. -#}
{{ config(schema='bench', materialized='table') }}
with

ranked as (
    select
        family,
        position,
        p_value,
        count(*) over (partition by family) as family_size,
        row_number() over (partition by family order by p_value, position) as p_rank
    from (
        select
            family,
            {{ to_integer('position') }} as position,
            {{ to_number('p') }} as p_value
        from {{ ref('bench_p_adjust') }}
    ) as given
)

select
    family,
    position,
    {% for method in ['benjamini_hochberg', 'holm'] -%}
    {{ adjusted_p_value(
        "'" ~ method ~ "'", 'p_value', 'p_rank', 'family_size', 'family'
    ) }} as {{ method }}{{ ',' if not loop.last }}
    {% endfor -%}
from ranked
