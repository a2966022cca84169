"""The program ``kaa``: its command line, and the work of those commands that are no step of a night.

``cli`` reads the arguments, ``queries`` answers questions to what is published, ``dictionary`` writes the data
dictionary, ``data_protection`` the data protection officer's documents, ``recover`` and ``restore`` mend what is below
KAA_HOME, ``demonstration`` runs it all for a synthetic city.
"""
