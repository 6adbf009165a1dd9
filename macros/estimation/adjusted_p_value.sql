{% macro adjusted_p_value(method, p_value, p_rank, family_size, family) -%}
    {#-
        As R's p.adjust(): Benjamini-Hochberg takes the smallest p * m / rank of this and all larger p, Holm
        the largest p * (m - rank + 1) of this and all smaller p; neither exceeds 1.
    -#}
    case
        when {{ p_value }} is null then null
        when {{ method }} = 'benjamini_hochberg'
            then {{ wavehouse.at_most_one(
                "min(" ~ p_value ~ " * (cast(" ~ family_size ~ " as " ~ wavehouse.type_number() ~ ") / " ~ p_rank
                ~ ")) over ("
                ~ "partition by " ~ family ~ " order by " ~ p_rank
                ~ " rows between current row and unbounded following)"
            ) }}
        when {{ method }} = 'holm'
            then {{ wavehouse.at_most_one(
                "max(" ~ p_value ~ " * (" ~ family_size ~ " - " ~ p_rank ~ " + 1)) over ("
                ~ "partition by " ~ family ~ " order by " ~ p_rank
                ~ " rows between unbounded preceding and current row)"
            ) }}
    end
{%- endmacro %}


{% macro adjusted_in_families(relation, family, order) -%}
    {#- The p-value that is shown has a part in the adjustment, no other. -#}
    select
        ranked.*,
        {{ wavehouse.adjusted_p_value(
            'adjustment_method', 'p_value', 'p_rank', 'family_size', family
        ) | indent(8) }} as p_value_adjusted
    from (
        select
            *,
            count(p_value) over (partition by {{ family }}) as family_size,
            row_number() over (
                partition by {{ family }}
                order by
                    case when p_value is null then 1 else 0 end,
                    p_value,
                    {{ order }}
            ) as p_rank
        from {{ relation }}
    ) as ranked
{%- endmacro %}


{% macro at_most_one(expression) -%}
    case when {{ expression }} > 1 then 1 else {{ expression }} end
{%- endmacro %}
