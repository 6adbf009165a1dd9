{{ config(schema='bench', materialized='table') }}
{{ unpivot_rows(ref('bench_columns')) }}
