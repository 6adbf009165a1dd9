with

designs as (
    select * from {{ ref('stg_codebook__designs') }}
),

design_columns as (
    select * from {{ ref('stg_codebook__design_columns') }}
),

design_role_counts as (
    select
        designs.design_id,
        designs.study_id,
        designs.applies_fpc,
        designs.variance_method,
        designs.replicate_scale,
        sum(case when design_columns.design_role = 'replicate_weight' then 1 else 0 end)
            as n_replicates,
        sum(case when design_columns.design_role = 'respondent' then 1 else 0 end) as n_respondent,
        sum(case when design_columns.design_role = 'psu_population' then 1 else 0 end)
            as n_population
    from designs
    left join design_columns
        on designs.design_id = design_columns.design_id
    group by
        designs.design_id,
        designs.study_id,
        designs.applies_fpc,
        designs.variance_method,
        designs.replicate_scale
),

design_roles as (
    select
        {{ problem_columns(
            check_id='design_roles',
            file=codebook_file('design_columns'),
            study_id='study_id',
            column_name="'design_role'",
            source_code='design_id',
            problem="'A design needs the column of the respondent, and the column psu_population where it applies a finite population correction.'",
            remedy="'Add the row to seeds/codebook/design_columns.csv, or set applies_fpc to false.'"
        ) | indent(8) }}
    from design_role_counts
    where
        n_respondent = 0
        or n_population > 1
        or (applies_fpc and n_population = 0)
),

design_replicates as (
    select
        {{ problem_columns(
            check_id='design_replicates',
            file=codebook_file('designs'),
            study_id='study_id',
            column_name="case when variance_method = 'fay' and n_replicates > 1 then 'replicate_scale' else 'variance_method' end",
            source_code='design_id',
            problem="case when variance_method = 'taylor' then 'The design has replicate weights, but its method taylor does not use them.' when n_replicates < 2 then 'The method ' || variance_method || ' needs the columns of at least two replicate weights.' else 'The method fay needs the scale 1 / R / (1 - rho)^2.' end",
            remedy="'Correct variance_method and replicate_scale, or the rows with the role replicate_weight in seeds/codebook/design_columns.csv.'"
        ) | indent(8) }}
    from design_role_counts
    where
        (variance_method = 'taylor' and n_replicates > 0)
        or (variance_method <> 'taylor' and n_replicates < 2)
        or (variance_method = 'fay' and replicate_scale is null)
),

final as (
    {% for check in ['design_roles', 'design_replicates'] -%}
    select * from {{ check }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from final
