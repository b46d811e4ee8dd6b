"""The judgement of single pictures: what `accuracy.py` is made of."""
