"""Projects of teams, apart from what Wavehouse brings: begin one, upgrade it, look after it.

| module     | what it does                                                        |
|------------|---------------------------------------------------------------------|
| `init`     | makes a project, empty or with a small example, from `files/`       |
| `example`  | the small example                                                    |
| `wheel`    | gives the installed version of Wavehouse as the file it came in     |
| `lock`     | the exact packages that a project needs                             |
| `upgrade`  | brings a project to another version, or back                        |
| `doctor`   | says what is installed, what is missing, and what is out of order   |
| `packing`  | puts models, macros and docs into the wheel when it is built        |
"""
