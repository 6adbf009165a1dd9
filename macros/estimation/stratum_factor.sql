{% macro stratum_factor(n_psus, sampling_fraction, lonely_psu) -%}
    {#-
        How often the square of a PSU counts in the variance of its stratum; its sum over the stratum is taken
        off 1/n_psus as often, where there are several. As in stratum_variance, but `average` gives 0:
        lonely_scale makes up for it.
    -#}
    case
        when {{ n_psus }} > 1 then (1 - {{ sampling_fraction }}) * {{ n_psus }} / ({{ n_psus }} - 1.0)
        when {{ lonely_psu }} = 'adjust' and {{ sampling_fraction }} < 1
            then 1 - {{ sampling_fraction }}
        else 0
    end
{%- endmacro %}
