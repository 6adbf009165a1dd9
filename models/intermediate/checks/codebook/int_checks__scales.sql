/* Code lists that fit the kinds of measures whose scores follow from them. */
with

measures as (
    select * from {{ ref('stg_codebook__measures') }}
    where {{ is_generated_kind('measure_kind') }}
),

variables as (
    select * from {{ ref('stg_codebook__variables') }}
),

variable_group_members as (
    select * from {{ ref('stg_codebook__variable_group_members') }}
),

code_lists as (
    select * from {{ ref('stg_codebook__code_lists') }}
),

categories as (
    select
        *,
        {{ to_integer('category_code') }} as code_number
    from {{ ref('stg_codebook__categories') }}
),

base_categories as (
    select * from {{ ref('stg_codebook__base_categories') }}
),

measured_variables as (
    select
        measure_id,
        variable_id
    from measures
    where variable_id is not null

    union distinct

    select
        measures.measure_id,
        variable_group_members.variable_id
    from measures
    inner join variable_group_members
        on measures.variable_group_id = variable_group_members.variable_group_id
),

measured_lists as (
    select
        measures.measure_id,
        measures.measure_kind,
        measures.base_id,
        measured_variables.variable_id,
        code_lists.code_list_id,
        code_lists.top_end
    from measures
    inner join measured_variables
        on measures.measure_id = measured_variables.measure_id
    inner join variables
        on measured_variables.variable_id = variables.variable_id
    inner join code_lists
        on variables.code_list_id = code_lists.code_list_id
),

scales as (
    select
        measured_lists.measure_id,
        measured_lists.measure_kind,
        measured_lists.code_list_id,
        count(*) as n_steps,
        count(
            distinct case
                when categories.code_number between 0 and 10 then categories.code_number
            end
        ) as n_of_ratings,
        min(case when categories.code_number is null then categories.category_code end)
            as code_without_number
    from measured_lists
    inner join categories
        on measured_lists.code_list_id = categories.code_list_id
    where not categories.is_off_scale
    group by
        measured_lists.measure_id,
        measured_lists.measure_kind,
        measured_lists.code_list_id
),

-- Of boxes, who is off the scale is in the base all the same; a mean would take them as 0.
off_scale as (
    select distinct
        measured_lists.measure_id,
        measured_lists.measure_kind,
        categories.category_code
    from measured_lists
    inner join categories
        on measured_lists.code_list_id = categories.code_list_id
    left join base_categories as excluding
        on
            measured_lists.base_id = excluding.base_id
            and measured_lists.variable_id = excluding.variable_id
    left join base_categories as including
        on
            measured_lists.base_id = including.base_id
            and measured_lists.variable_id = including.variable_id
            and categories.category_code = including.category_code
    where
        categories.is_off_scale
        and not {{ is_box_kind('measured_lists.measure_kind') }}
        and (excluding.base_id is null or including.base_id is not null)
),

misfits as (
    select distinct
        measure_id,
        'measure_kind' as column_name,
        'Code list ' || code_list_id || ' does not say which end of its scale is the top, but a '
        || measure_kind || ' needs this.' as problem,
        'Write first or last in top_end of seeds/codebook/code_lists.csv.' as remedy
    from measured_lists
    where
        top_end is null
        and ({{ is_box_kind('measure_kind') }} or measure_kind = 'mean_step')

    union all

    select
        measure_id,
        'measure_kind' as column_name,
        'Code list ' || code_list_id || ' has '
        || cast(n_steps as {{ dbt.type_string() }}) || ' categories on its scale, and a '
        || measure_kind || ' would count all of them.' as problem,
        'Take fewer boxes, or another code list.' as remedy
    from scales
    where n_steps <= {{ n_boxes('measure_kind') | indent(8) }}

    union all

    select
        measure_id,
        'measure_kind' as column_name,
        'A net promoter score needs the codes 0 to 10, but code list ' || code_list_id || ' has '
        || cast(n_of_ratings as {{ dbt.type_string() }}) || ' of these 11, and '
        || cast(n_steps - n_of_ratings as {{ dbt.type_string() }}) || ' others.' as problem,
        'Give its categories the codes 0 to 10, and write true in is_off_scale of others '
        || '(seeds/codebook/categories.csv). Or take boxes.' as remedy
    from scales
    where
        measure_kind = 'nps'
        and (n_of_ratings < 11 or n_steps > 11)

    union all

    select
        measure_id,
        'measure_kind' as column_name,
        'A mean of codes needs numbers, but code list ' || code_list_id || ' has the code '
        || code_without_number || '.' as problem,
        'Write true in is_off_scale of codes that are no numbers of the scale '
        || '(seeds/codebook/categories.csv), or take mean_step, or a score with scores of your own.'
            as remedy
    from scales
    where
        measure_kind = 'mean_code'
        and code_without_number is not null

    union all

    select
        measure_id,
        'base_id' as column_name,
        'Category ' || category_code || ' is off the scale, but a ' || measure_kind
        || ' would count it as 0.' as problem,
        'Name a base that has only the categories on the scale '
        || '(seeds/codebook/bases.csv and base_categories.csv).' as remedy
    from off_scale
),

final as (
    select
        {{ problem_columns(
            check_id='measure_scale',
            file=codebook_file('measures'),
            column_name='column_name',
            source_code='measure_id',
            problem='problem',
            remedy='remedy'
        ) | indent(8) }}
    from misfits
)

select * from final
