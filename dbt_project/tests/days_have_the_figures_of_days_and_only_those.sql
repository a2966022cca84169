-- If this breaks, a day shows a figure for a period or a period one for a day.
select figure.figure, figure.period
from {{ published_counts() }} as figure
inner join {{ source('input', 'period') }} as period
    on period.period_id = figure.period
inner join {{ catalogue_measures() }} as catalogue
    on catalogue.figure = figure.figure
    and catalogue.measure = figure.measure
where (period.period_kind = 'dag') <> (catalogue.period = 'day')
