-- A threshold is data with a reason and a date. Change it here, in a new row's words, when nights have shown that it is wrong.
with threshold(
    check_name, title, figure, measure, compared_with, threshold_percent, minimum_count, minimum_of_part, reason,
    decided_on
) as (
    values
        (
            'register_last_night', 'Ungdomar i registret', 'status', 'in_register', 'last_night', 10, 20, 10,
            'Registret ändras med några procent mellan två uttag. Mer än så är oftast ett ofullständigt uttag eller en gallring.',
            date '2026-11-22'
        ),
        (
            'register_year_ago', 'Ungdomar i registret', 'status', 'in_register', 'year_ago', 30, 50, 30,
            'Där gränsen prövades ökade registret med drygt 5 procent på ett år; 30 ger plats för små jobbtorg.',
            date '2026-11-22'
        ),
        (
            'eligible_last_night', 'Målgrupp enligt lag', 'target_group', 'eligible', 'last_night', 10, 50, 25,
            'Målgruppen ändras långsamt. Den 1 juli, då en årskull lämnar skolplikten, och vid skolstarten är varningen väntad.',
            date '2026-11-22'
        ),
        (
            'eligible_year_ago', 'Målgrupp enligt lag', 'target_group', 'eligible', 'year_ago', 30, 100, 50,
            'Årskullarna skiljer sig med några procent. Mer tyder på att ett uttag ur skolregistret saknas.',
            date '2026-11-22'
        ),
        (
            'missing_last_night', 'Målgrupp men inte i registret', 'target_group', 'eligible_not_in_register', 'last_night', 25,
            25, 15, 'Listan är liten, så gränsen är vid; en hel skolas avbrott på en natt syns ändå.', date '2026-11-22'
        ),
        (
            'surplus_last_night', 'I registret men inte målgrupp', 'target_group', 'in_register_not_eligible', 'last_night', 25,
            25, 15, 'Listan är liten, så gränsen är vid; ett uttag ur folkbokföringen som saknar personer syns ändå.',
            date '2026-11-22'
        ),
        (
            'missing_year_ago', 'Målgrupp men inte i registret', 'target_group', 'eligible_not_in_register', 'year_ago', 50,
            50, 25, 'Hur väl registret följer målgruppen ändras sällan från ett år till nästa; hälften är ändå vanligt för en kort lista.',
            date '2026-11-23'
        ),
        (
            'surplus_year_ago', 'I registret men inte målgrupp', 'target_group', 'in_register_not_eligible', 'year_ago', 50,
            50, 25, 'Som för dem som saknas i registret: listan är kort, och mer än hälften tyder på ett register som inte rensas.',
            date '2026-11-23'
        ),
        (
            'contacts_last_night', 'Kontaktförsök under fyra veckor', 'contacts', 'attempts', 'last_night', 25, 100, 50,
            'Ett stort utskick ger flera hundra brev på en dag; varningen är väntad när det görs.',
            date '2026-11-22'
        ),
        (
            'contacts_year_ago', 'Kontaktförsök under fyra veckor', 'contacts', 'attempts', 'year_ago', 50, 200, 100,
            'Där gränsen prövades ökade försöken med drygt 10 procent på ett år; fyra veckor varierar mer.',
            date '2026-11-22'
        ),
        (
            'enrolled_last_night', 'Inskrivna samma dag', 'participants', 'enrolled', 'last_night', 10, 20, 10,
            'In- och utskrivningar är några om dagen. Mer är oftast ett ofullständigt uttag.', date '2026-11-22'
        ),
        (
            'enrolled_year_ago', 'Inskrivna samma dag', 'participants', 'enrolled', 'year_ago', 50, 50, 25,
            'Där gränsen prövades ökade antalet inskrivna med en fjärdedel på ett år.', date '2026-11-22'
        )
)

select
    check_name,
    title,
    figure,
    measure,
    compared_with,
    threshold_percent,
    minimum_count,
    minimum_of_part,
    reason,
    decided_on
from threshold
