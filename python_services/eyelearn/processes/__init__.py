"""Child processes: start them, talk to them in length-prefixed messages, notice when they die."""
