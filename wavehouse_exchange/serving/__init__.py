"""The API: what is published, for people and programs outside of the team.

    resources.py    what can be asked for: each resource is a public table
    parameters.py   what a request says, read and checked
    questions.py    what a request becomes: SQL whose values are bound
    answers.py      the rows, what is included, and where the next page begins
    estimates.py    declared estimates, or those of on_demand.py
    formats.py      JSON, CSV, Parquet and Arrow
    sdmx.py         the estimates as SDMX's REST service gives them
    doors.py        the release that a key opens: in files (file_doors.py), or on PostgreSQL
                    (postgres_doors.py)
    copies.py       small copies of it, for programs that read DuckDB only
    deliveries.py   what partners send; `wavehouse_exchange/receiving` takes it in
    uploads.py      the same, of large files in parts
    audit.py        the log of every request
    problems.py     what goes wrong, as `application/problem+json`
    description.py  the description of the API (OpenAPI) and its page
    http.py         keys, tags and heads of requests and answers
    routes.py       the addresses below /v1; those of SDMX are in sdmx_routes.py
    app.py          the application around the routes
    logged.py       no answer without a line in the log
    transport.py    TLS, and browsers that are told to insist on it
    server.py       `wavehouse serve`

Nothing here decides who may read what. A key opens the file of its audience, and the rest is not in
it; on PostgreSQL the database shows an audience its rows and no others.
"""
