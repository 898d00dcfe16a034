"""The sample *Harbour Bank*: a database and a folder of documents about people who never lived, and the truth."""
