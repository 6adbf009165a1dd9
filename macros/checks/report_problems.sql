{% macro report_problems(max_lines=200) -%}
    {#-
        At the end of a run: every problem of this run's checks, at once, in plain words. The same rows
        stay in intermediate.int_checks__problems. Prints nothing where the checks were not part of the run.
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
                {%- for row in rows[:max_lines] -%}
                    {%- do log("  " ~ loop.index ~ ". " ~ problem_line(row), info=true) -%}
                {%- endfor -%}
                {%- if rows | length > max_lines -%}
                    {%- do log(
                        "  ... and " ~ (rows | length - max_lines)
                        ~ " more in " ~ ran[0].node.relation_name, info=true
                    ) -%}
                {%- endif -%}
                {%- do log("", info=true) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{% macro problem_line(row) -%}
    {%- set place = [row['file_path']] -%}
    {%- if row['study_id'] is not none -%}{%- do place.append('study ' ~ row['study_id']) -%}{%- endif -%}
    {%- if row['wave_id'] is not none -%}{%- do place.append('wave ' ~ row['wave_id']) -%}{%- endif -%}
    {%- if row['column_name'] is not none -%}{%- do place.append('column ' ~ row['column_name']) -%}{%- endif -%}
    {%- if row['source_code'] is not none -%}{%- do place.append('value "' ~ row['source_code'] ~ '"') -%}{%- endif -%}
    {%- if row['n_rows'] is not none -%}{%- do place.append(row['n_rows'] ~ ' row(s)') -%}{%- endif -%}
    {{ return('[' ~ row['check_id'] ~ '] ' ~ place | join(', ') ~ ': ' ~ row['problem'] ~ ' ' ~ row['remedy']) }}
{%- endmacro %}
