"""What a consumer did with a corpus, kept in files: a measurement that was interrupted goes on where it stopped."""
import hashlib
import importlib.metadata
import json
from pathlib import Path

from reach import ort


# What decides which results a consumer gives
MEASURING = ("consumers.py", "graph.py", "log.py", "measure.py", "ort.py", "structure.py", "triggers.py")


def of_code():
    """A hash of what measures."""
    h = hashlib.sha256()
    for name in MEASURING:
        h.update(name.encode() + b"\0" + (Path(__file__).parent / name).read_bytes())
    h.update(json.dumps(ort.passes(), sort_keys=True).encode())
    return h.hexdigest()


def of_corpus(models):
    """A hash of the models and of the data sets beside them."""
    h = hashlib.sha256()
    for name, path in models:
        path = Path(path)
        files = sorted(p for p in path.parent.rglob("*") if p.is_file()) if path.name == "model.onnx" else [path]
        for file in files:
            content = file.read_bytes()
            h.update(f"{name}\0{file.relative_to(path.parent)}\0{len(content)}\0".encode() + content)
    return h.hexdigest()


class Parts:
    """The kept results of one corpus. A result holds for the same models, versions of the consumer's packages, and code; others are measured again."""

    def __init__(self, folder, corpus, models):
        self.folder = folder
        self.corpus = corpus.replace(" ", "-").replace(",", "").replace("/", "-")
        self.key = {"models": of_corpus(models), "code": of_code()} if folder else {}

    def _file(self, consumer):
        return Path(self.folder) / f"{self.corpus}--{consumer.name}.json"

    def _key(self, consumer):
        return self.key | {"packages": {p: importlib.metadata.version(p) for p in consumer.packages}}

    def load(self, consumer):
        """(figures, {model: what it showed}) as measured before, or None."""
        if not self.folder:
            return None
        try:
            kept = json.loads(self._file(consumer).read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return tuple(kept["result"]) if kept.get("key") == self._key(consumer) else None

    def save(self, consumer, result):
        if not self.folder:
            return
        file = self._file(consumer)
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".part")
        partial.write_text(json.dumps({"key": self._key(consumer), "result": result}), "utf-8")
        partial.replace(file)
