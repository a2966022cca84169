"""What an auditor asks: which rows and files a number rests on, why it changed, what a report was, who has looked.

Everything here reads what the nightly has kept; how a figure is counted is the SQL in ``dbt_project``, and nothing here counts a
second time.
"""
