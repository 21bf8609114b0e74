"""Makes the sample office: an invented province with two districts, four schools and a thousand people.

`python -m tests.support.sample_office` writes the roster files that `madang demo` imports and that
stand as an example beside `madang import`. Every name is drawn from lists with a fixed seed; no row
is about anybody.
"""

import csv
import io
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "hub" / "cli" / "data" / "sample"
YEAR = 2026
SEED = 20260302

OFFICE = ("9010000", "한빛도교육청")
DISTRICTS = {"9011000": "한빛도가온교육지원청", "9012000": "한빛도마루교육지원청"}

SURNAMES = "김김김김김이이이이박박박최최정정강조윤장임한오서신권황안송류홍전고문손양배백허남심노하"
GIVEN_FIRST = "민서지하도예준수현은시유태재승윤다나가연영정성진혜소우"
GIVEN_LAST = "준우연윤아진호원빈율은현민영서희훈주경린솔"
HANGUL = "김이박최정강조윤장임한오서신권황안송류홍전고문손양배백허남심노하"
LATIN = (
    "kim lee park choi jung kang cho yoon jang lim han oh seo shin kwon hwang "
    "ahn song ryu hong jeon ko moon son yang bae baek heo nam shim noh ha"
)
ROMAN = dict(zip(HANGUL, LATIN.split(), strict=True))


@dataclass(frozen=True)
class School:
    """A school: its classes by grade with their size, and its departments with the titles in them."""

    code: str
    name: str
    level: str
    founded: str
    founding: str
    district: str
    address: str
    grades: dict[str, int]
    classes: int
    size: int
    departments: dict[str, Sequence[str]]


SCHOOLS = (
    School(
        *("H000000101", "물빛초등학교", "초등학교", "1998-03-01", "공립"),
        *("9011000", "한빛도 가온시 물빛로 12"),
        grades=dict.fromkeys("123456", 2),
        classes=2,
        size=16,
        departments={
            "교무부": ("교무부장", "교사", "교사"),
            "연구부": ("연구부장", "교사"),
            "생활안전부": ("생활안전부장", "상담교사", "보건교사"),
            "정보과학부": ("정보부장", "교사"),
            "행정실": ("행정실장", "주무관", "주무관", "영양교사", "사서"),
        },
    ),
    School(
        *("H000000202", "솔내중학교", "중학교", "2004-03-01", "공립"),
        *("9011000", "한빛도 가온시 솔내길 45"),
        grades=dict.fromkeys("123", 2),
        classes=2,
        size=16,
        departments={
            "교무부": ("교무부장", "교사", "교사", "교사"),
            "연구부": ("연구부장", "교사", "교사"),
            "학생생활부": ("학생생활부장", "상담교사", "보건교사"),
            "진로정보부": ("진로정보부장", "교사", "교사"),
            "행정실": ("행정실장", "주무관", "주무관", "사서"),
        },
    ),
    School(
        *("H000000303", "별마루고등학교", "고등학교", "1987-03-02", "사립"),
        *("9012000", "한빛도 마루시 별마루로 301"),
        grades=dict.fromkeys("123", 2),
        classes=2,
        size=17,
        departments={
            "교무부": ("교무부장", "교사", "교사", "교사", "교사"),
            "연구부": ("연구부장", "교사", "교사", "교사"),
            "학생생활부": ("학생생활부장", "상담교사", "보건교사", "교사"),
            "진로진학부": ("진로진학부장", "진로교사", "교사", "교사"),
            "행정실": ("행정실장", "주무관", "주무관", "주무관", "사서교사"),
        },
    ),
    School(
        *("H000000404", "온새미학교", "특수학교", "2011-03-01", "공립"),
        *("9012000", "한빛도 마루시 온새미길 7"),
        grades=dict.fromkeys(("초등부", "중학부", "고등부"), 1),
        classes=1,
        size=6,
        departments={
            "교무부": ("교무부장", "특수교사", "특수교사"),
            "연구부": ("연구부장", "치료사"),
            "행정실": ("행정실장", "주무관", "특수교육실무사"),
        },
    ),
)

OFFICE_DEPARTMENTS = {
    "교육과정과": ("과장", "장학관", "장학사", "장학사", "주무관"),
    "정보화담당관": ("담당관", "사무관", "주무관", "주무관"),
    "총무과": ("과장", "사무관", "주무관", "주무관", "주무관"),
}
DISTRICT_DEPARTMENTS = {
    "교육과": ("과장", "장학사", "장학사", "장학사"),
    "행정과": ("과장", "팀장", "주무관", "주무관", "주무관"),
}

Row = Sequence[str | int]


@dataclass
class Staff:
    """A member of the staff and their rows; `login` is set for those whom the README names."""

    code: str
    name: str
    title: str
    roles: list[tuple[str, str]]
    login: str = ""


@dataclass
class Child:
    """A student, and their place."""

    code: str
    name: str
    school: School
    grade: str
    room: int
    number: int = 0


@dataclass
class Sample:
    """The office being made."""

    dice: random.Random = field(default_factory=lambda: random.Random(SEED))
    departments: list[Row] = field(default_factory=list)
    staff: list[Staff] = field(default_factory=list)
    children: list[Child] = field(default_factory=list)
    guardians: list[Row] = field(default_factory=list)
    parents: int = 0
    student: str = ""

    def name(self, surname: str = "") -> str:
        """Draw a name."""
        surname = surname or self.dice.choice(SURNAMES)
        while True:
            first, last = self.dice.choice(GIVEN_FIRST), self.dice.choice(GIVEN_LAST)
            if first != last:
                return surname + first + last

    def hire(self, title: str, *roles: tuple[str, str]) -> Staff:
        """Add a member of the staff."""
        person = Staff(f"E{len(self.staff) + 1:04}", self.name(), title, list(roles))
        person.login = f"{ROMAN[person.name[0]]}{len(self.staff) + 1:03}"
        self.staff.append(person)
        return person

    def department(self, unit: str, number: int, name: str, titles: Sequence[str]) -> list[Staff]:
        """Add a department and its people."""
        code = f"{unit}-D{number}"
        self.departments.append((code, name, unit, number))
        return [self.hire(title, (code, "직원")) for title in titles]

    def offices(self) -> None:
        """Staff the office and the district offices."""
        made = {
            name: self.department(OFFICE[0], number, name, titles)
            for number, (name, titles) in enumerate(OFFICE_DEPARTMENTS.items(), 1)
        }
        admin = made["정보화담당관"][2]
        admin.login = "admin"
        admin.roles.append((OFFICE[0], "관리자"))
        for district in DISTRICTS:
            self.hire("교육장", (district, "직원"))
            desks = [
                self.department(district, number, name, titles)
                for number, (name, titles) in enumerate(DISTRICT_DEPARTMENTS.items(), 1)
            ]
            desks[-1][1].roles.append((district, "관리자"))

    def school(self, school: School) -> None:
        """Staff a school: its heads, its departments, and a teacher for each class."""
        self.hire("교장", (school.code, "직원"))
        self.hire("교감", (school.code, "관리자"))
        made = {
            name: self.department(school.code, number, name, titles)
            for number, (name, titles) in enumerate(school.departments.items(), 1)
        }
        desks = [f"{school.code}-D{number}" for number in range(1, len(made))]
        teachers = [
            self.hire(
                "특수교사" if school.level == "특수학교" else "교사",
                (desks[place % len(desks)], "직원"),
                (f"{school.code}-{YEAR}-{grade}-{room}", "담임"),
            )
            for place, (grade, room) in enumerate(rooms_of(school))
        ]
        if school is SCHOOLS[0]:
            # The people of the README: a teacher of a third-year class, a colleague, the head of the office.
            teachers[4].login, made["연구부"][0].login = "teacher", "teacher2"
            made["행정실"][0].login = "staff"

    def families(self) -> None:
        """Fill the classes with children, brothers and sisters among them, and give each their guardians."""
        seats = [
            (school, grade, room)
            for school in SCHOOLS
            for grade, room in rooms_of(school)
            for _ in range(school.size)
        ]
        self.dice.shuffle(seats)
        while seats:
            count = self.dice.choices((1, 2, 3), (74, 23, 3))[0]
            home = [seats.pop() for _ in range(min(count, len(seats)))]
            surname = self.dice.choice(SURNAMES)
            children = [
                Child(f"S{len(self.children) + place:05}", self.name(surname), *seat)
                for place, seat in enumerate(home, 1)
            ]
            self.children += children
            self.guardians += self.family(surname, children)

    def family(self, surname: str, children: Sequence[Child]) -> Iterator[Row]:
        """Give a family its guardians, with their rights."""
        kind = self.dice.choices(
            ("both", "mother", "father", "separated", "grandmother", "teacher"), (50, 28, 10, 4, 5, 3)
        )[0]
        adults: list[tuple[str, str, str, str]] = []
        if kind in {"both", "mother", "separated"}:
            adults.append((*self.parent(), "모", "전체"))
        if kind in {"both", "father"}:
            rights = self.dice.choice(("전체", "전체", "대화·알림·기록"))
            adults.append((*self.parent(surname), "부", rights if kind == "both" else "전체"))
        if kind == "separated":
            adults.append((*self.parent(surname), "부", "없음"))
        if kind == "grandmother":
            adults.append((*self.parent(), "조모", "대화·알림·동의"))
        if kind == "teacher":
            # Somebody on the staff of another school, or of an office, is a parent too.
            elsewhere = [
                person
                for person in self.staff
                if not any(child.school.code in unit for child in children for unit, _ in person.roles)
                and not person.login.isalpha()
            ]
            person = self.dice.choice(elsewhere)
            adults.append((person.code, person.name, "모", "전체"))
        for code, name, relation, rights in dict.fromkeys(adults):
            for child in children:
                yield (code, name, child.code, relation, rights, "")

    def parent(self, surname: str = "") -> tuple[str, str]:
        """Draw a guardian: code and name."""
        self.parents += 1
        return f"G{self.parents:05}", self.name(surname)

    def name_logins(self) -> None:
        """Give the README's guardian and student short logins: mother and child of the teacher's class."""
        mine = [c for c in self.children if (c.school, c.grade, c.room) == (SCHOOLS[0], "3", 1)]
        child = mine[0]
        place = next(
            number for number, row in enumerate(self.guardians) if row[2] == child.code and row[4] == "전체"
        )
        guardian = self.guardians[place][0]
        self.guardians = [(*row[:5], "guardian" if row[0] == guardian else row[5]) for row in self.guardians]
        self.student = child.code

    def login_of(self, child: Child) -> str:
        """Give a child's login: only the README's has one of its own."""
        return "student" if child.code == self.student else ""


def rooms_of(school: School) -> list[tuple[str, int]]:
    """List a school's classes."""
    return [(grade, room) for grade in school.grades for room in range(1, school.classes + 1)]


def make() -> dict[str, str]:
    """Make the text of every file, by name."""
    sample = Sample()
    sample.offices()
    for school in SCHOOLS:
        sample.school(school)
    sample.families()
    sample.name_logins()
    sample.children.sort(key=lambda c: (c.school.code, list(c.school.grades).index(c.grade), c.room, c.name))
    taken: dict[tuple[str, str, int], int] = {}
    for child in sample.children:
        room = (child.school.code, child.grade, child.room)
        taken[room] = child.number = taken.get(room, 0) + 1
    return {
        "schools.csv": _text(
            "학교ID,학교명,학교급구분,설립일자,설립형태,본교분교구분,운영상태,소재지도로명주소,"
            "시도교육청코드,시도교육청명,교육지원청코드,교육지원청명",
            (
                (
                    *(s.code, s.name, s.level, s.founded, s.founding, "본교", "운영", s.address),
                    *(*OFFICE, s.district, DISTRICTS[s.district]),
                )
                for s in SCHOOLS
            ),
        ),
        "departments.csv": _text("부서코드,부서명,소속코드,순서", sample.departments),
        "classes.csv": _text(
            "학교코드,학년도,학년,반",
            ((school.code, YEAR, *room) for school in SCHOOLS for room in rooms_of(school)),
        ),
        "people.csv": _text(
            "개인코드,아이디,이름,소속코드,역할,직위,이메일",
            (
                (p.code, p.login, p.name, *role, p.title, f"{p.login}@hanbit.example")
                for p in sample.staff
                for role in p.roles
            ),
        ),
        "students.csv": _text(
            "학생코드,이름,학교코드,학년도,학년,반,번호,아이디",
            (
                (c.code, c.name, c.school.code, YEAR, c.grade, c.room, c.number, sample.login_of(c))
                for c in sample.children
            ),
        ),
        "guardians.csv": _text("보호자코드,이름,학생코드,관계,권리,아이디", sample.guardians),
    }


def _text(header: str, rows: Iterable[Row]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header.split(","))
    writer.writerows(rows)
    return out.getvalue()


def main() -> None:
    """Write the files, with the mark by which spreadsheets know UTF-8."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in make().items():
        (FOLDER / name).write_text(text, "utf-8-sig", newline="")


if __name__ == "__main__":
    main()
