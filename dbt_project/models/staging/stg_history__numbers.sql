select
    pseudonym,
    birth_date,
    gender
from {{ source('history', 'number') }}
