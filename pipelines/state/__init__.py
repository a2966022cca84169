"""What lies below KAA_HOME: folders, keys, versions, the pointer that says which one counts, and what people have decided.

``home`` knows the folders, ``keys`` the keys, ``versions`` which version is whole; ``databases`` opens a version's files,
``night_records`` keeps what each nightly judged, ``decision_log`` what persons have decided and why. What a version's files
hold does not belong here.
"""
