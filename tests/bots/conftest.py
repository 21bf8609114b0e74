from pathlib import Path

import pytest

from bots.entries import Entry
from bots.retrieval.embedder import Embedder
from bots.retrieval.meanings import Meanings
from bots.retrieval.morphemes import Morphemes
from bots.retrieval.static_model import make_vectors, save

SCHOOL = (
    Entry(
        id="transfer",
        title="전학 절차",
        question="전학을 가려면 어떻게 해야 하나요?",
        aliases=("이사 가는데 학교를 옮기고 싶어요", "전학 서류가 뭐가 필요해요"),
        answer="전입신고를 한 뒤 주민등록등본을 들고 새 학교 교무실로 가시면 됩니다.",
    ),
    Entry(
        id="absence",
        title="결석 처리",
        question="아이가 아파서 결석하면 무엇을 내야 하나요?",
        aliases=("병원 다녀오면 진단서 내야 하나요", "질병 결석 서류"),
        answer="결석계와 진료확인서를 담임교사에게 5일 안에 내시면 질병결석으로 처리됩니다.",
    ),
    Entry(
        id="lunch",
        title="급식비",
        question="급식비는 언제 빠져나가나요?",
        aliases=("급식비 스쿨뱅킹 출금일", "급식비 환불 되나요"),
        answer="급식비는 매월 10일에 스쿨뱅킹 계좌에서 출금됩니다.",
    ),
    Entry(
        id="after",
        title="방과후학교",
        question="방과후학교는 어떻게 신청하나요?",
        aliases=("방과후 신청 기간", "자유수강권 쓸 수 있나요"),
        answer="학기마다 가정통신문으로 안내하며 학교 누리집에서 신청합니다.",
    ),
    Entry(
        id="record",
        title="생활기록부",
        question="생활기록부를 떼려면 어디로 가야 하나요?",
        aliases=("생기부 발급", "생기부 인터넷으로 뽑을 수 있나요"),
        answer="정부24나 가까운 학교 행정실에서 발급합니다.",
    ),
    Entry(
        id="care",
        title="늘봄학교",
        question="늘봄학교에 들어가려면 언제 신청해요?",
        aliases=("돌봄교실 신청", "맞벌이인데 오후에 아이를 맡기고 싶어요"),
        answer="매년 2월에 학교에서 신청을 받습니다.",
    ),
)


@pytest.fixture(scope="session")
def morphemes() -> Morphemes:
    made = Morphemes()
    made.warm_up()
    return made


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hold the default model, made of the most frequent morphemes alone, under the name that it looks for."""
    from bots.retrieval.static_model import place_of

    folder = tmp_path_factory.mktemp("models")
    place = place_of(folder)
    place.mkdir()
    save(place, *make_vectors(12_000))
    return folder


@pytest.fixture(scope="session")
def embedder(morphemes: Morphemes, models: Path) -> Embedder:
    made = Embedder(morphemes, models)
    made.warm_up()
    return made


@pytest.fixture(scope="session")
def meanings(models: Path) -> Meanings:
    return Meanings.kept(models)


@pytest.fixture
def school() -> tuple[Entry, ...]:
    return SCHOOL
