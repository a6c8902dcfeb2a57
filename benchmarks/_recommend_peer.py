"""Lists of implicit's ALS, made in an environment of its own: `python _recommend_peer.py FOLDER`.

FOLDER holds `matrix.npz` (SciPy CSR) and `settings.json` (a list of settings and k); `lists.npy` is written there, of
shape (settings, users, k). This file imports nothing of netlift.
"""

import json
import sys
from pathlib import Path

import numpy as np
import scipy.sparse as sp


def main(folder: Path) -> None:
    from implicit.als import AlternatingLeastSquares  # type: ignore[import-not-found]

    matrix = sp.csr_matrix(sp.load_npz(folder / "matrix.npz"))
    asked = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    found = []
    for settings in asked["settings"]:
        model = AlternatingLeastSquares(**settings, random_state=0, num_threads=1)
        model.fit(matrix, show_progress=False)
        users = np.arange(matrix.shape[0])
        items, _ = model.recommend(users, matrix, N=asked["k"], filter_already_liked_items=True)
        found.append(items)
    np.save(folder / "lists.npy", np.array(found, np.int64))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
