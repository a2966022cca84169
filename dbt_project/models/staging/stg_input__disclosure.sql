select protected_identities
from {{ source('input', 'disclosure') }}
