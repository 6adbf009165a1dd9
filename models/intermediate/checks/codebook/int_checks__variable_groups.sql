with

variables as (
    select * from {{ ref('stg_codebook__variables') }}
),

offered_categories as (
    select * from {{ ref('int_codebook__offered_categories') }}
),

measures as (
    select * from {{ ref('stg_codebook__measures') }}
),

variable_groups as (
    select * from {{ ref('stg_codebook__variable_groups') }}
),

variable_group_members as (
    select * from {{ ref('stg_codebook__variable_group_members') }}
),

categories as (
    select * from {{ ref('stg_codebook__categories') }}
),

offered_items as (
    select
        offered_categories.study_id,
        offered_categories.wave_id,
        offered_categories.variable_id,
        variable_groups.mention_category_code,
        min(offered_categories.category_code) as first_category,
        max(offered_categories.category_code) as last_category
    from offered_categories
    inner join variable_group_members
        on offered_categories.variable_id = variable_group_members.variable_id
    inner join variable_groups
        on variable_group_members.variable_group_id = variable_groups.variable_group_id
    inner join measures
        on
            variable_groups.variable_group_id = measures.variable_group_id
            and measures.measure_kind = 'share_of_cases'
    group by
        offered_categories.study_id,
        offered_categories.wave_id,
        offered_categories.variable_id,
        variable_groups.mention_category_code
),

-- of those who answered it, everybody would have named it
items_without_no as (
    select
        {{ problem_columns(
            check_id='item_without_no',
            file=codebook_file('crosswalk'),
            study_id='study_id',
            wave_id='wave_id',
            column_name="'category_code'",
            source_code='variable_id',
            problem="'The crosswalk maps every answer to this item to ' || mention_category_code || ', so everybody who answered would have given this answer.'",
            remedy="'Map the code for an answer that was not given to another category. This code is often a blank (<empty>). Keep kinds of missing for people who did not answer.'"
        ) | indent(8) }}
    from offered_items
    where
        first_category = mention_category_code
        and last_category = mention_category_code
),

group_mentions as (
    select
        {{ problem_columns(
            check_id='variable_group_mention',
            file=codebook_file('variable_groups'),
            column_name="'mention_category_code'",
            source_code='variable_groups.variable_group_id',
            problem="'Variable ' || variable_group_members.variable_id || ' of this group does not have the category that says that an answer was given.'",
            remedy="'Name a category in mention_category_code that all variables of the group have, or make the group a grid.'"
        ) | indent(8) }}
    from variable_groups
    inner join variable_group_members
        on variable_groups.variable_group_id = variable_group_members.variable_group_id
    inner join variables
        on variable_group_members.variable_id = variables.variable_id
    left join categories
        on
            variables.code_list_id = categories.code_list_id
            and variable_groups.mention_category_code = categories.category_code
    where
        variable_groups.group_kind = 'multiple_response'
        and categories.category_code is null
),

final as (
    {% for check in ['group_mentions', 'items_without_no'] -%}
    select * from {{ check }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from final
