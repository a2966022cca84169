-- If this breaks, something was counted that is no part of what it is a share of, and a page would show more than 100 %.
with pair(part_figure, part_measure, whole_figure, whole_measure) as (
    values
        ('outreach', 'sought', 'population', 'in_register'),
        ('contacts', 'answered', 'contacts', 'attempts'),
        ('occupation', 'occupied', 'occupation', 'reached'),
        ('participants', 'new', 'participants', 'enrolled'),
        ('participants', 'ended', 'participants', 'enrolled'),
        ('measures', 'new', 'measures', 'participants'),
        ('measures', 'ended', 'measures', 'participants'),
        ('support_choice', 'reached_then_enrolled', 'participants', 'new'),
        ('timeliness', 'contacted_in_14_days', 'timeliness', 'contacted_in_30_days'),
        ('timeliness', 'contacted_in_30_days', 'timeliness', 'registered'),
        ('reached_by_channel', 'reached', 'reached_by_channel', 'sought'),
        ('offer_90_days', 'offered', 'offer_90_days', 'enrolments'),
        ('residents', 'in_register_16_19', 'residents', 'aged_16_19'),
        ('target_group', 'eligible_not_in_register', 'target_group', 'eligible'),
        ('target_group', 'in_register_not_eligible', 'target_group', 'in_register')
)

select part.figure, part.measure, part.period, part.gender, part.district, part.job_centre, part.category
from pair
inner join {{ published_counts() }} as part
    on part.figure = pair.part_figure
    and part.measure = pair.part_measure
left join {{ published_counts() }} as whole
    on whole.figure = pair.whole_figure
    and whole.measure = pair.whole_measure
    and whole.period = part.period
    and whole.gender = part.gender
    and whole.district = part.district
    and whole.job_centre = part.job_centre
    and whole.category = part.category
    and whole.subcategory = part.subcategory
where part.value > coalesce(whole.value, 0)
