{#-
    What sums over PSUs are made of besides a wave's answers or values, as `inputs` of models that are computed by
    wave: who counts with which weight, and in which segments.
-#}
{% macro inputs_of_sums() -%}
    {{ return({
        'int_design__weights': {
            'by': ['wave_key'],
            'columns': [
                'respondent_number', 'moment_date', 'weight_key', 'unit_key', 'is_replicate', 'weight',
            ],
        },
        'int_segments__memberships': {
            'by': ['study_id', 'wave_id'],
            'columns': ['respondent_number', 'segment_value_key'],
        },
    }) }}
{%- endmacro %}


{#- The same of sums of answers: also who is in which base, which weights count, and where the answers that the wave has stand. -#}
{% macro inputs_of_answer_sums(slot_columns) -%}
    {{ return(dict(
        wavehouse.inputs_of_sums(),
        int_measures__base_members={'by': ['wave_key']},
        int_measures__weighted_variables={'by': ['wave_key']},
        int_measures__answer_slots={
            'by': ['study_id', 'wave_id'],
            'through': 'int_answers__answer_keys',
            'on': ['answer_key'],
            'columns': slot_columns,
        },
        int_answers__answer_keys=none,
        int_moments__wave_scores=none,
    )) }}
{%- endmacro %}
