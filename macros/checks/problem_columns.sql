{% macro problem_columns(
    check_id, file, problem, remedy,
    study_id=none, wave_id=none, column_name=none, source_code=none, n_rows=none
) -%}
    {#-
        The columns of a problem, the same for every check so that all can be listed together. Arguments are SQL
        expressions, but for check_id, which is the plain name.
    -#}
    cast('{{ check_id }}' as {{ dbt.type_string() }}) as check_id,
    cast({{ file }} as {{ dbt.type_string() }}) as file_path,
    cast({{ study_id or 'null' }} as {{ dbt.type_string() }}) as study_id,
    cast({{ wave_id or 'null' }} as {{ dbt.type_string() }}) as wave_id,
    cast({{ column_name or 'null' }} as {{ dbt.type_string() }}) as column_name,
    cast({{ source_code or 'null' }} as {{ dbt.type_string() }}) as source_code,
    cast({{ n_rows or 'null' }} as bigint) as n_rows,
    cast({{ problem }} as {{ dbt.type_string() }}) as problem,
    cast({{ remedy }} as {{ dbt.type_string() }}) as remedy
{%- endmacro %}


{% macro codebook_file(seed) -%} 'seeds/codebook/{{ seed }}.csv' {%- endmacro %}

{#- Where a wave is delivered: its seed, or its folder in the landing folder. -#}
{% macro wave_file(study_id, wave_id) -%}
    {%- set landed = wavehouse.landed_waves() -%}
    {%- if landed -%}
    case
        when {{ study_id }} || '/' || {{ wave_id }} in ({{ wavehouse.text_literals(landed) }})
            then 'landing/' || {{ study_id }} || '/' || {{ wave_id }}
        else
    {% endif -%}
    'seeds/waves/' || {{ study_id }} || '/' || {{ study_id }} || '_' || {{ wave_id }} || '.csv'
    {%- if landed %}
    end
    {%- endif -%}
{%- endmacro %}


{#-
    What to do about a file or folder of a wave that the codebook lacks. Somebody may be bringing the wave in, so its
    draft comes first; what is delivered goes last.
-#}
{% macro undeclared_wave_remedy(study_id, wave_id, adding) -%}
    {%- set words = "' || " ~ study_id ~ " || ' ' || " ~ wave_id ~ " || '" -%}
    'If the wave is being brought in, go on with its draft: wavehouse review {{ words }}, and then wavehouse apply {{ words }}. If it has no draft, {{ adding }} and run make generate. To give the wave up and remove its files: wavehouse remove-wave {{ words }} --apply.'
{%- endmacro %}


{#- The waves that are declared as landed, as study/wave, from the sources that are generated for them. -#}
{% macro landed_waves() -%}
    {%- set found = [] -%}
    {%- for node in (graph.sources.values() if execute else []) | sort(attribute='unique_id') -%}
        {%- set meta = node.config.get('meta', {}) -%}
        {%- if node.source_name == 'landing' and meta.get('wave_id') -%}
            {%- do found.append(meta['study_id'] ~ '/' ~ meta['wave_id']) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- Text of a value inside a message, in double quotes, also where there is none. -#}
{% macro quoted(expression) -%}
    '"' || coalesce(cast({{ expression }} as {{ dbt.type_string() }}), '') || '"'
{%- endmacro %}
