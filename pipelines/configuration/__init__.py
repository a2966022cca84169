"""What people have written down in data files, read into models: nothing is computed or judged here.

``settings`` reads a KAA_HOME's settings, ``municipality`` a municipality's profile, ``contract`` the data contracts, ``plans``
the action plans, ``data_protection`` what lies where and who needs it, ``catalogue`` what is known of each figure (beside the
figure's SQL); ``yaml_file`` says what is wrong with a file that cannot be read.
"""
