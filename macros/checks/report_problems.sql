{% macro report_problems(lines_per_column=10, lines_per_file=50) -%}
    {#-
        At the end of a run: every problem of this run's checks, at once, in plain words. Where one check finds
        very many in one column or file, the first stand for all, so that they hide nothing else. All rows stay
        in intermediate.int_checks__problems. Prints nothing where the checks were not part of the run.
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
                ~ " order by " ~ wavehouse.all_by_code_point(
                    ['check_id', 'file_path', 'wave_id', 'column_name', 'source_code', 'problem']
                )
            ).rows -%}
            {%- if rows | length > 0 -%}
                {%- do log("", info=true) -%}
                {%- do log(rows | length ~ " problem(s) in the delivered waves or the codebook:", info=true) -%}
                {%- set counts = {} -%}
                {%- for row in rows -%}
                    {%- set file = [row['check_id'], row['file_path'], row['wave_id']] | join('|') -%}
                    {%- set column = [file, row['column_name']] | join('|') -%}
                    {%- do counts.update({column: counts.get(column, 0) + 1}) -%}
                    {%- if counts[column] <= lines_per_column and counts.get(file, 0) < lines_per_file -%}
                        {%- do counts.update({file: counts.get(file, 0) + 1}) -%}
                        {%- do log("  " ~ loop.index ~ ". " ~ wavehouse.problem_line(row), info=true) -%}
                    {%- else -%}
                        {%- do counts.update({'more': counts.get('more', 0) + 1}) -%}
                    {%- endif -%}
                    {%- set next = loop.nextitem -%}
                    {%- if counts.get('more') and (
                        not next
                        or row['check_id'] != next['check_id']
                        or row['file_path'] != next['file_path']
                        or row['wave_id'] != next['wave_id']
                        or (row['column_name'] != next['column_name'] and counts[file] < lines_per_file)
                    ) -%}
                        {%- do log(
                            "     ... and " ~ counts['more'] ~ " more like these: see "
                            ~ ran[0].node.relation_name ~ ".", info=true
                        ) -%}
                        {%- do counts.update({'more': 0}) -%}
                    {%- endif -%}
                {%- endfor -%}
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
    {%- if row['source_code'] is not none -%}
        {%- set value = row['source_code'] | replace('\n', ' ') -%}
        {%- do place.append('value "' ~ value[:100] ~ ('...' if value | length > 100 else '') ~ '"') -%}
    {%- endif -%}
    {%- if row['n_rows'] is not none -%}{%- do place.append(row['n_rows'] ~ ' row(s)') -%}{%- endif -%}
    {{ return('[' ~ row['check_id'] ~ '] ' ~ place | join(', ') ~ ': ' ~ row['problem'] ~ ' ' ~ row['remedy']) }}
{%- endmacro %}
