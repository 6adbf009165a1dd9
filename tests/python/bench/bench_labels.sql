{{ config(schema='bench', materialized='table') }}
{% for label, name in var('bench_labels') -%}
select
    {{ loop.index0 }} as case_number,
    {{ plain_words(bench_literal(label)) }} as words,
    {{ plain_words(bench_literal(label), bench_literal(name)) }} as words_of_column
{{ 'union all' if not loop.last }}
{% endfor -%}
