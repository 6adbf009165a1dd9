{% macro stratum_variance(sum_zz, sum_z, n_psus, sampling_fraction, lonely_psu) -%}
    {#-
        A stratum's part of the linearised variance (docs: method, formula 1), from the sums over its PSUs
        of z and z squared. PSUs that add nothing to both sums still count in n_psus.
        A lonely PSU that is the whole stratum (sampling fraction 1) has no variance. Any other: `adjust`
        adds its square, not centred, of totals too (as R); `remove` adds nothing; `average` is unknown
        here (null) and is scaled up by lonely_scale.
        What is left below the digits of the sums is rounding: the PSUs are alike, and the variance zero.
    -#}
    case
        when {{ n_psus }} > 1
            then (1 - {{ sampling_fraction }}) * {{ n_psus }} / ({{ n_psus }} - 1.0) * case
                when
                    {{ sum_zz }} - {{ sum_z }} * {{ sum_z }} / {{ n_psus }} > 1e-14 * {{ sum_zz }}
                    then {{ sum_zz }} - {{ sum_z }} * {{ sum_z }} / {{ n_psus }}
                else 0
            end
        when {{ sampling_fraction }} >= 1 or {{ lonely_psu }} = 'remove' then 0
        when {{ lonely_psu }} = 'adjust'
            then (1 - {{ sampling_fraction }}) * {{ sum_z }} * {{ sum_z }}
    end
{%- endmacro %}


{% macro stratum_covariance(sum_zv, sum_z, sum_v, n_psus, sampling_fraction, lonely_psu) -%}
    {#- The same of two sums z and v over the PSUs of a stratum; of z and z it is stratum_variance. -#}
    case
        when {{ n_psus }} > 1
            then (1 - {{ sampling_fraction }}) * {{ n_psus }} / ({{ n_psus }} - 1.0)
            * ({{ sum_zv }} - {{ sum_z }} * {{ sum_v }} / {{ n_psus }})
        when {{ sampling_fraction }} >= 1 or {{ lonely_psu }} = 'remove' then 0
        when {{ lonely_psu }} = 'adjust'
            then (1 - {{ sampling_fraction }}) * {{ sum_z }} * {{ sum_v }}
    end
{%- endmacro %}


{% macro lonely_scale(n_psus, sampling_fraction, lonely_psu) -%}
    {#-
        Aggregate over the strata with members in a cell: with `average`, lonely strata get the mean variance
        of the others, so the sum over the others is multiplied by strata / (strata - lonely strata).
        Null where all strata are lonely: then nothing is known about the error.
    -#}
    cast(count(*) as {{ wavehouse.type_number() }}) / nullif(
        sum(
            case
                when
                    {{ n_psus }} = 1
                    and {{ sampling_fraction }} < 1
                    and {{ lonely_psu }} = 'average'
                    then 0
                else 1
            end
        ), 0
    )
{%- endmacro %}
