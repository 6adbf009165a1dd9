{% macro beta_decline(distance, rate, total, here, rest) -%}
    {#-
        The logit u of a beta variable has the density exp(A u) / (1 + exp(u))^total without its constant. Down
        from the point whose share is `here` (rate: A) it falls to this fraction, and so it does upwards
        with the two shares exchanged and the other rate. Below exp(-700) PostgreSQL knows no numbers.
    -#}
    exp(greatest(
        -({{ rate }}) * {{ distance }}
        - {{ total }} * ln({{ rest }} + {{ here }} * exp(-({{ distance }}))),
        -700
    ))
{%- endmacro %}


{% macro ln_one_plus(expression) -%}
    {#- ln(1 + y) loses the digits of a small y; the quotient puts them back (Kahan). -#}
    case
        when 1 + {{ expression }} = 1 then {{ expression }}
        else ln(1 + {{ expression }}) * {{ expression }} / (1 + {{ expression }} - 1)
    end
{%- endmacro %}
