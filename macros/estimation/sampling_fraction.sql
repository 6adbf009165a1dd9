{% macro sampling_fraction(n_psus, psu_population, applies_fpc) -%}
    case
        when {{ applies_fpc }} and {{ psu_population }} is not null
            then cast({{ n_psus }} as {{ wavehouse.type_number() }}) / {{ psu_population }}
        else cast(0 as {{ wavehouse.type_number() }})
    end
{%- endmacro %}
