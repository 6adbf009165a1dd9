"""Write two rounds and their key: python -m benchmark.questionnaires FOLDER LANGUAGE SEED."""

import sys
from collections import Counter
from pathlib import Path

from benchmark.questionnaires import write_rounds

if __name__ == "__main__":
    folder, language, seed = sys.argv[1:]
    key = write_rounds(Path(folder), language, int(seed))
    for relation, count in Counter(match.relation for match in key).items():
        print(f"{count:4} {relation}")
