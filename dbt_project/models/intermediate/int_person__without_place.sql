select protected.person_id
from {{ ref('int_person__protected') }} as protected
cross join {{ ref('stg_input__disclosure') }} as disclosure
where disclosure.protected_identities = 'missing_place'
