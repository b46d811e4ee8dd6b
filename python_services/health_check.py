"""`python python_services/health_check.py --help`: can this machine run the service?"""

from __future__ import annotations

import sys

from eyelearn.diagnosis.program import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
