{% macro report_waves() -%}
    {#-
        At the end of a run: which waves were computed again, and that the others were kept. Prints nothing where no
        model that is computed by wave was part of the run.
    -#}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
        {%- set ran = results
            | selectattr('node.config.materialized', 'equalto', 'by_wave')
            | selectattr('status', 'equalto', 'success')
            | selectattr('node.config.meta.units', 'equalto', 'int_delivered__waves')
            | list -%}
        {%- set found = namespace(names=[], n_waves=0, all=false) -%}
        {%- for result in ran -%}
            {%- set counts = modules.re.findall('^([0-9]+) of ([0-9]+) computed(?:: (.*))?$', result.message) -%}
            {%- for n_computed, n_units, names in counts -%}
                {%- set found.n_waves = [found.n_waves, n_units | int] | max -%}
                {%- if names -%}
                    {%- set found.names = found.names + names.split(', ') -%}
                {%- elif n_computed | int > 0 -%}
                    {%- set found.all = true -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- if found.n_waves -%}
            {%- set names = found.names | unique | sort | list -%}
            {%- if found.all or names | length == found.n_waves -%}
                {%- do log('Waves computed: all ' ~ found.n_waves ~ '.', info=true) -%}
            {%- elif names -%}
                {%- do log(
                    'Waves computed: ' ~ names | join(', ') ~ ' (' ~ names | length ~ ' of ' ~ found.n_waves
                    ~ ', the others are kept).', info=true
                ) -%}
            {%- else -%}
                {%- do log('Waves computed: none of ' ~ found.n_waves ~ ', all are kept.', info=true) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
