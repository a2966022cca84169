{{ person_numbers(ref('stg_history__numbers'), ref('stg_folkbokforing__residents')) }}
