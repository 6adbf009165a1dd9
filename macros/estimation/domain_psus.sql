{% macro domain_psus() -%}
    {#-
        The PSUs of a stratum with members in a domain, and those of them that may have a deviation. A respondent with
        nothing in the denominator adds zero by construction. Respondents who are their own PSU count one by one;
        squares of their sum and the sum of their squares are the same if one of many has all of it.
    -#}
    sum(
        case
            when n_respondents > 0 and is_own_psu then n_respondents
            when n_respondents > 0 then 1
            else 0
        end
    ) as n_domain_psus,
    sum(
        case
            when n_respondents > 0 and sum_wxx > 0 and not is_own_psu then 1
            when n_respondents > 0 and sum_wxx > 0 and total_x * total_x <= sum_wwxx * (1 + 1e-12)
                then 1
            when n_respondents > 0 and sum_wxx > 0 then n_respondents
            else 0
        end
    ) as n_psus_with_denominator
{%- endmacro %}


{% macro domain_strata() -%}
    {#- The strata with members in a domain, and their PSUs (domain_psus). -#}
    sum(case when n_domain_psus > 0 then 1 else 0 end) as n_domain_strata,
    sum(n_domain_psus) as n_domain_psus,
    sum(n_psus_with_denominator) as n_psus_with_denominator
{%- endmacro %}
