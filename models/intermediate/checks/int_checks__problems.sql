{{ config(materialized='table') }}

/*
    1. All problems of a run at once: nothing that a check reads is downstream of a test, so one bad wave does
       not hide another.
    2. Tests on this table stop the build here: everything that computes numbers depends on it.
*/
{% for part in ['codebook', 'validity', 'waves', 'columns', 'codes', 'respondents'] -%}
select * from {{ ref('int_checks__' ~ part) }}
{{ "union all" if not loop.last }}
{% endfor %}
