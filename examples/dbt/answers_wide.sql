-- A dbt model: one row a submission of a form, a column for each of its questions, from the events that load_response_events keeps.
-- dbt_project.yml: vars: {form_name: visits, question_paths: [patient.age, patient.name]}
{{ config(materialized='incremental', unique_key='submission_id', on_schema_change='append_new_columns') }}

SELECT submission_id, submission_created, max(processed_on) AS processed_on
{%- for path in var('question_paths') %},
    max(value) FILTER (WHERE schema_path = '{{ path }}') AS {{ path | replace('.', '_') }}
{%- endfor %}
FROM {{ source('dwh', 'response_events') }}
WHERE form_name = '{{ var("form_name") }}'
GROUP BY submission_id, submission_created
{%- if is_incremental() %}
HAVING max(processed_on) > (SELECT coalesce(max(processed_on), '-infinity') FROM {{ this }})
{%- endif %}
