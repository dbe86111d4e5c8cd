"""A district's year, played: people go through the product's verbs at random, with faults, beside a plain model of the rules.

- `model.py` and `model_*.py`: what must be so, by product.md alone. `acts/`: a file per kind of act, which thinks, does, and tells
  the model. A later rule of the product is a field of the model, a file of acts, and a comparison in `rows.py`.
- `playing.py`: the year itself; `faults.py`: deaths and races; `rows.py`: the rows held against the model.
- `story.py`: what broke a year, made short and told. `sabotage.py`: bugs put in on purpose, each to be found.
- `python -m tests.years --help`: plays a seed again, or many.
"""
