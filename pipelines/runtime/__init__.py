"""What the program needs of the machine it runs on, whatever it is used for.

``surroundings`` names the environment variables that come in, ``output`` stands between the program and its caller, ``database``
opens DuckDB, ``files`` writes a file in one step, ``worker_process`` lets slow libraries load in processes of their own,
``os_errors`` words what the operating system refuses, ``errors`` are those that a person can mend. Nothing here knows what a
delivery is.
"""
