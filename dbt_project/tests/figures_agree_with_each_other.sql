{{ config(meta={'dagster': {'ref': {'name': 'figures'}}}) }}
-- What the published counts must fulfil whatever was delivered, most of it by what the catalogue says of each figure.
with published_count as (
    select counted.*
    from {{ published_counts() }} as counted
),

measure_entry as (
    select catalogue.*
    from {{ catalogue_measures() }} as catalogue
),

-- If this breaks, somebody has two genders or none, or was counted in one grouping only.
women_and_men_add_up_to_all as (
    select figure.figure, figure.measure, figure.period, figure.district, figure.job_centre, figure.category, figure.subcategory
    from published_count as figure
    inner join measure_entry as catalogue
        on catalogue.figure = figure.figure
        and catalogue.measure = figure.measure
    where catalogue.has_gender
    group by figure.figure, figure.measure, figure.period, figure.district, figure.job_centre, figure.category, figure.subcategory
    having sum(case when figure.gender = '*' then figure.value else -figure.value end) <> 0
),

-- If this breaks, somebody is in two districts in one period, or was dropped for want of one instead of being SAKNAS.
districts_add_up_to_all as (
    select figure.figure, figure.measure, figure.period, figure.gender, figure.category, figure.subcategory
    from published_count as figure
    inner join measure_entry as catalogue
        on catalogue.figure = figure.figure
        and catalogue.measure = figure.measure
    where catalogue.has_district and figure.job_centre = '*'
    group by figure.figure, figure.measure, figure.period, figure.gender, figure.category, figure.subcategory
    having sum(case when figure.district = '*' then figure.value else -figure.value end) <> 0
),

-- If this breaks, a district has two job-centres, or somebody without one was dropped instead of being SAKNAS.
job_centres_add_up_to_all as (
    select figure.figure, figure.measure, figure.period, figure.gender, figure.category, figure.subcategory
    from published_count as figure
    inner join measure_entry as catalogue
        on catalogue.figure = figure.figure
        and catalogue.measure = figure.measure
    where catalogue.has_job_centre and figure.district = '*'
    group by figure.figure, figure.measure, figure.period, figure.gender, figure.category, figure.subcategory
    having sum(case when figure.job_centre = '*' then figure.value else -figure.value end) <> 0
),

-- If this breaks, a person has two occupations, two last reasons or two categories, or a contact two channels.
categories_add_up_where_each_is_counted_in_one as (
    select figure.figure, figure.measure, figure.period, figure.gender, figure.district, figure.job_centre
    from published_count as figure
    inner join measure_entry as catalogue
        on catalogue.figure = figure.figure
        and catalogue.measure = figure.measure
    where catalogue.counted_in = 'one' and catalogue.category_total <> 'none' and figure.subcategory = '*'
    group by figure.figure, figure.measure, figure.period, figure.gender, figure.district, figure.job_centre
    having sum(case when figure.category = '*' then figure.value else -figure.value end) <> 0
),

-- If this breaks, an intervention of a person ended for two reasons, or an answer was counted twice.
subcategories_add_up_where_each_is_counted_in_one as (
    select figure.figure, figure.measure, figure.period, figure.gender, figure.district, figure.job_centre, figure.category
    from published_count as figure
    inner join measure_entry as catalogue
        on catalogue.figure = figure.figure
        and catalogue.measure = figure.measure
    where catalogue.subcategory_counted_in = 'one'
        and (
            catalogue.subcategory_only_in = '[]'
            or catalogue.subcategory_only_in like concat('%"', figure.category, '"%')
        )
    group by figure.figure, figure.measure, figure.period, figure.gender, figure.district, figure.job_centre, figure.category
    having sum(case when figure.subcategory = '*' then figure.value else -figure.value end) <> 0
),

-- If this breaks, a page that adds months shows another number than the page of their period.
whole_of_months as (
    select
        period.period_id,
        month.period_id as month_id,
        count(*) over (partition by period.period_id) as months,
        12 * (year(period.ends_on) - year(period.starts_on)) + month(period.ends_on) - month(period.starts_on) + 1
            as months_needed
    from {{ source('input', 'period') }} as period
    inner join {{ source('input', 'period') }} as month
        on month.starts_on >= period.starts_on
        and month.ends_on <= period.ends_on
    where month.period_kind = 'manad' and period.period_kind not in ('manad', 'dag')
),

count_of_months as (
    select figure.*
    from published_count as figure
    inner join measure_entry as catalogue
        on catalogue.figure = figure.figure
        and catalogue.measure = figure.measure
    where catalogue.adds_up_over_months and figure.district = '*' and figure.job_centre = '*'
),

month_or_whole as (
    select counted.*, whole.period_id
    from whole_of_months as whole
    inner join count_of_months as counted on counted.period = whole.month_id
    where whole.months = whole.months_needed

    union all

    select counted.* replace (-counted.value as value), counted.period as period_id
    from count_of_months as counted
    where counted.period in (select whole.period_id from whole_of_months as whole where whole.months = whole.months_needed)
),

months_add_up_to_their_period as (
    select figure, measure, period_id, gender, category, subcategory
    from month_or_whole
    group by figure, measure, period_id, gender, category, subcategory
    having sum(value) <> 0
),

-- If this breaks, something was counted that is no part of what it is a share of, and a page would show more than 100 %.
a_part_is_at_most_its_whole as (
    select part.figure, part.measure, part.period, part.gender, part.district, part.job_centre, part.category
    from published_count as part
    inner join {{ catalogue_relations('part_of') }} as relation
        on relation.figure = part.figure
        and relation.measure = part.measure
    left join published_count as whole
        on whole.figure = relation.other_figure
        and whole.measure = relation.other_measure
        and whole.period = part.period
        and whole.gender = part.gender
        and whole.district = part.district
        and whole.job_centre = part.job_centre
        and whole.category = case when relation.by_category then part.category else '*' end
        and whole.subcategory = '*'
    where part.value > coalesce(whole.value, 0)
        and (relation.by_place or (part.district = '*' and part.job_centre = '*'))
),

-- If this breaks, somebody was counted in two summands or in none: sought, and neither reached nor not reached.
a_sum_is_its_summands as (
    select term.figure, term.measure, counted.period, counted.gender, counted.district, counted.job_centre
    from published_count as counted
    inner join {{ catalogue_sums() }} as term
        on term.other_figure = counted.figure
        and term.other_measure = counted.measure
        and term.category = counted.category
    where counted.subcategory = '*'
    group by term.figure, term.measure, counted.period, counted.gender, counted.district, counted.job_centre
    having sum(term.sign * counted.value) <> 0
),

-- If this breaks, two pages show different numbers for one thing.
side_of_pair as (
    select figure, measure, by_category, by_place, figure as side_figure, measure as side_measure, 1 as sign
    from {{ catalogue_relations('same_as') }} as relation
    union all
    select figure, measure, by_category, by_place, other_figure, other_measure, -1
    from {{ catalogue_relations('same_as') }} as relation
),

figures_that_say_the_same_agree as (
    select side.figure, side.measure, counted.period, counted.gender, counted.district, counted.job_centre, counted.category
    from published_count as counted
    inner join side_of_pair as side
        on side.side_figure = counted.figure
        and side.side_measure = counted.measure
    where counted.subcategory = '*'
        -- By category all together need not be published on both sides.
        and (counted.category = '*') <> side.by_category
        and (side.by_place or (counted.district = '*' and counted.job_centre = '*'))
    group by side.figure, side.measure, counted.period, counted.gender, counted.district, counted.job_centre, counted.category
    having sum(side.sign * counted.value) <> 0
),

-- If this breaks, a day shows a figure for a period or a period one for a day.
days_have_the_figures_of_days_and_only_those as (
    select figure.figure, figure.period
    from published_count as figure
    inner join {{ source('input', 'period') }} as period
        on period.period_id = figure.period
    inner join measure_entry as catalogue
        on catalogue.figure = figure.figure
        and catalogue.measure = figure.measure
    where (period.period_kind = 'dag') <> (catalogue.period = 'day')
),

-- If this breaks, a figure is published for a district or job-centre that the profile does not know, and has no name.
districts_and_job_centres_are_the_profiles as (
    select figure.figure, figure.period, figure.district, figure.job_centre
    from published_count as figure
    where (
        figure.district not in ('*', 'SAKNAS')
        and figure.district not in (select district.code from {{ source('input', 'district') }} as district)
    )
    or (
        figure.job_centre not in ('*', 'SAKNAS')
        and figure.job_centre not in (select job_centre.code from {{ source('input', 'job_centre') }} as job_centre)
    )
)

{{ broken_rules([
    has_one_row_per('figures', ['figure', 'measure', 'period', 'gender', 'district', 'job_centre', 'category', 'subcategory']),
    has_one_row_per('own_figures', ['figure', 'measure', 'period', 'gender', 'district', 'job_centre', 'category', 'subcategory']),
    rule('women_and_men_add_up_to_all'),
    rule('districts_add_up_to_all'),
    rule('job_centres_add_up_to_all'),
    rule('categories_add_up_where_each_is_counted_in_one'),
    rule('subcategories_add_up_where_each_is_counted_in_one'),
    rule('months_add_up_to_their_period'),
    rule('a_part_is_at_most_its_whole'),
    rule('a_sum_is_its_summands'),
    rule('figures_that_say_the_same_agree'),
    rule('days_have_the_figures_of_days_and_only_those'),
    rule('districts_and_job_centres_are_the_profiles'),
]) }}
