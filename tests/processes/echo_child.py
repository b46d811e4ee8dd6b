"""A child process for the tests: answers, and does on request what children should not do."""

from __future__ import annotations

import time
from pathlib import Path

from eyelearn.processes.channel import ChannelClosed
from eyelearn.processes.child import connect_to_parent


def main() -> None:
    channel, configuration = connect_to_parent()
    channel.send({"type": "ready", "greeting": configuration.get("greeting")})
    try:
        while True:
            header, payload = channel.receive()
            if header["type"] == "ping":
                channel.send({"type": "pong"})
            else:
                channel.send(header, payload)
    except ChannelClosed:
        if "parting_file" in configuration:
            time.sleep(0.3)
            Path(configuration["parting_file"]).write_text("finished")


if __name__ == "__main__":
    main()
