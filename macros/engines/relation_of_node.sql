{% macro relation_of_node(node) -%}
    {#-
        Where the rows of a node of the graph are, as `ref` would say it: here; or, in a run with --defer, in the release
        that it names, if this database does not have them.
    -#}
    {%- set place = {'database': node.database, 'schema': node.schema, 'identifier': node.alias} -%}
    {%- set release = node.defer_relation -%}
    {%- if release and adapter.get_relation(**place) is none -%}
        {%- set place = {
            'database': release.database, 'schema': release.schema, 'identifier': release.alias
        } -%}
    {%- endif -%}
    {{ return(api.Relation.create(**place)) }}
{%- endmacro %}
