{% macro report_problems(values_per_column=5, lines_per_file=50) -%}
    {#-
        At the end of a run: every problem of this run's checks, at once, in plain words. Where one check finds
        very many in one file, the first stand for all of them, so that none hides what another check says. All
        rows stay in intermediate.int_checks__problems. Prints nothing where the checks were not part of the run.
    -#}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
        {%- set ran = results
            | selectattr('node.name', 'equalto', 'int_checks__problems')
            | selectattr('status', 'equalto', 'success')
            | list -%}
        {%- if ran -%}
            {%- set rows = run_query(
                "select file_path, study_id, wave_id, column_name, source_code, n_rows, check_id, problem, remedy"
                ~ " from " ~ ran[0].node.relation_name
                ~ " order by check_id, file_path, wave_id, column_name, source_code, problem"
            ).rows -%}
            {%- if rows | length > 0 -%}
                {%- do log("", info=true) -%}
                {%- do log(rows | length ~ " problem(s) in the delivered waves or the codebook:", info=true) -%}
                {%- set printed = namespace(total=0, in_file=0) -%}
                {%- for of_file in rows | groupby_columns(['check_id', 'file_path', 'wave_id']) -%}
                {%- endfor -%}
            {%- endif -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
