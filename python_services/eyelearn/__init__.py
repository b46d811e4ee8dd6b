"""EyeLearn Focus: is the learner looking at the lesson? Start reading at `app.py`."""
