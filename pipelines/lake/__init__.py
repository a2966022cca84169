"""What a home hands over so that somebody else can count: a lake of Parquet files, of one municipality or of many.

``layout`` says what a lake is and proves that it is whole; ``recipient_key`` and ``export`` make one from a home; ``history``
makes of the lakes of many municipalities the history that the models read; ``engine`` says what an engine must be able to do,
``ask`` asks one for figures. How a figure is counted belongs in ``dbt_project`` alone: every engine runs that SQL.
"""

#: The profile whose districts are municipalities and whose job-centres are counties.
NATION = "riket"
