{#- How the crosswalk writes "nothing was delivered" and "any number": words no survey uses as a code. -#}
{% macro empty_code() -%} '<empty>' {%- endmacro %}

{% macro number_code() -%} '<number>' {%- endmacro %}
