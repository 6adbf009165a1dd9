{#-
    Key of a study's weight. Samples are keyed by it too: the people that a weight is for are a sample of their own.
-#}
{% macro weight_key(weight_id='weight_id', study_id='study_id') -%}
    {{ return(wavehouse.integer_key([study_id, weight_id])) }}
{%- endmacro %}
