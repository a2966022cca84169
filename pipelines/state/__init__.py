"""What lies below KAA_HOME: folders, keys, versions, the pointer that says which one counts, and what people have decided.

``home`` knows the folders and settings, ``versions`` which version is whole, ``opening`` opens a version's files,
``decided`` keeps what persons have decided and why. What a version's files hold does not belong here.
"""
