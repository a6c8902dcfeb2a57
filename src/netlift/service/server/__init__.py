"""`netlift serve`: a first run makes what is missing in a folder, then two processes live and end together.

supervisor  holds the folder, starts the web server and the worker, starts them again, ends them together
first       migrations, the first admin, new passwords and keys
demo        the package's own real data, planned and published
web, work   the two processes
"""
