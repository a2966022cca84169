select
    extract.source,
    extract.extract_date
from {{ source('history', 'extract') }} as extract
inner join {{ source('input', 'knowledge') }} as knowledge
    on extract.extract_date <= knowledge.known_to
