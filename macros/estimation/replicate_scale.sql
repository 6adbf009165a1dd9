{% macro replicate_scale(variance_method, n_replicates) -%}
    {#- As in R's svrepdesign(); fay's depends on rho, which the codebook's own scale must hold. -#}
    case {{ variance_method }}
        when 'jk1' then ({{ n_replicates }} - 1.0) / {{ n_replicates }}
        when 'jkn' then 1
        when 'brr' then 1.0 / {{ n_replicates }}
        when 'bootstrap' then 1.0 / ({{ n_replicates }} - 1)
        when 'successive_difference' then 4.0 / {{ n_replicates }}
    end
{%- endmacro %}
