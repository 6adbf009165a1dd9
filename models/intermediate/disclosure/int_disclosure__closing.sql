-- depends_on: {{ ref('int_checks__problems') }}
/*
    Rows that `wavehouse build` suppresses besides, because its attack computed a suppressed figure with their help. It writes
    them to a table beside this one, builds again what follows, and drops that table. Where there is none, as in
    a plain dbt build, nothing more is suppressed.
*/
with

final as (
    {{ closing_rows([
        'study_id',
        'period_grain',
        'period_id',
        'measure_id',
        'category_code',
        'segment_id',
        'segment_code',
    ]) | indent(4) }}
)

select * from final
