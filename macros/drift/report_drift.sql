{% macro report_drift() -%}
    {#-
        At the end of a run: every hard finding that is neither fixed nor waived, at once, in plain words. Prints
        nothing where the findings were not part of the run.
    -#}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
        {%- set ran = results
            | selectattr('node.name', 'equalto', 'fct_drift')
            | selectattr('status', 'equalto', 'success')
            | list -%}
        {%- if ran -%}
            {%- set rows = run_query(
                "select drift_kind as check_id, " ~ wavehouse.wave_file('study_id', 'wave_id') ~ " as file_path,"
                ~ " study_id, wave_id, subject as column_name, null as source_code, null as n_rows,"
                ~ " finding as problem, remedy"
                ~ " from " ~ ran[0].node.relation_name
                ~ " where severity = 'hard' and not is_waived"
                ~ " order by " ~ wavehouse.all_by_code_point(
                    ['study_id', 'wave_id', 'drift_kind', 'subject']
                )
            ).rows -%}
            {%- if rows | length > 0 -%}
                {%- do log("", info=true) -%}
                {%- do log(rows | length ~ " hard finding(s) of drift between waves:", info=true) -%}
                {%- for row in rows -%}
                    {%- do log("  " ~ loop.index ~ ". " ~ wavehouse.problem_line(row), info=true) -%}
                {%- endfor -%}
                {%- do log("", info=true) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
