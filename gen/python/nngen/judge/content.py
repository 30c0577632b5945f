"""The files of one model. Those that are kept are read once, so that hashes, inputs, expected outputs and bounds are of the same bytes."""
import os


def below(top, place):
    """Names of the files below top/place, relative to top. A link is a file: it is not followed."""
    with os.scandir(f"{top}/{place}") as entries:
        for x in entries:
            if x.is_dir(follow_symlinks=False):
                yield from below(top, f"{place}{x.name}/")
            else:
                yield place + x.name


class Folder:
    def __init__(self, path, keep=True):
        self.top, self.keep, self.held = str(path), keep, {}

    def names(self):
        """Of the files below the folder, relative to it."""
        return set(below(self.top, ""))

    def read(self, name):
        """The bytes of a file. OSError if it cannot be read."""
        if name in self.held:
            return self.held[name]
        with open(f"{self.top}/{name}", "rb", buffering=0) as f:
            content = f.read()
        if self.keep:
            self.held[name] = content
        return content

    def has(self, name):
        return name in self.held or os.path.exists(f"{self.top}/{name}")
