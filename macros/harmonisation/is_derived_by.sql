{#- Whether a rule of `derivations` holds for an answer: its category, or the band that its number is in. -#}
{% macro is_derived_by(derivations, category_code, numeric_value) -%}
    (
        {{ category_code }} = {{ derivations }}.source_category_code
        or (
            {{ derivations }}.source_category_code is null
            and (
                {{ derivations }}.lower_bound is null
                or {{ numeric_value }} >= {{ derivations }}.lower_bound
            )
            and (
                {{ derivations }}.upper_bound is null
                or {{ numeric_value }} < {{ derivations }}.upper_bound
            )
            and {{ numeric_value }} is not null
        )
    )
{%- endmacro %}
