import pytest
from nngen.judge.judge import judge
from nngen.judge.workers import Pool


@pytest.fixture(scope="module")
def pool():
    with Pool(1, judge) as p:
        yield p
