"""How fast citations are found (offsets, attachments and stages included), beside eyecite and a bare symbol pattern.

    python benchmarks/citations.py [--runs 5] [--eyecite PYTHON]

Three tables, CPU seconds, best of `--runs`: characters a second by length of text, which must not fall as texts grow;
texts made to be slow; and the ratio to one compiled symbol pattern and to eyecite on English opinions, all in the same
run. eyecite is no dependency of this project: install it elsewhere and name that Python,

    python -m venv /tmp/eyecite && /tmp/eyecite/bin/pip install 'eyecite==2.7.*'
    python benchmarks/citations.py --eyecite /tmp/eyecite/bin/python
"""

import argparse
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

CITING = (
    "Sơ kết 4 năm thực hiện Chỉ thị số 05-CT/TW của Bộ Chính trị (khóa X), lực lượng Công an đã đạt nhiều kết quả.",
    "Ban Bí thư vừa ban hành Kết luận số 44-KL/TW ngày 22/1/2019 về tiếp tục thực hiện Chỉ thị 09-CT/TW.",
    "Nghị định 13/2023/NĐ-CP của Chính phủ quy định việc bảo vệ dữ liệu cá nhân.",
    "Ban Thường vụ Tỉnh ủy Hà Tĩnh quán triệt Nghị quyết Trung ương 8 khóa XI và Nghị quyết số 02-NQ/TU.",
    "Bộ Công an ban hành Thông tư số 28/2020/TT-BCA ngày 26/3/2020 về tuần tra, kiểm soát.",
    "Thủ tướng Chính phủ ký Quyết định số 623/QĐ-TTg phê duyệt Chiến lược quốc gia phòng, chống tội phạm.",
    "Luật An ninh mạng năm 2018 có hiệu lực từ ngày 1/1/2019.",
)
PLAIN = (
    "Sáng nay, lãnh đạo tỉnh đã đến thăm và động viên cán bộ, chiến sĩ đang làm nhiệm vụ tại khu vực biên giới.",
    "Trong 6 tháng đầu năm, cơ quan điều tra khởi tố 125 vụ, 214 bị can, thu giữ hơn 3,5 kg ma túy các loại.",
    "Người dân cần nâng cao cảnh giác trước các cuộc gọi tự xưng là cán bộ cơ quan nhà nước yêu cầu chuyển tiền.",
    "Theo thống kê, tỷ lệ phá án đạt 92,4%, trong đó án rất nghiêm trọng đạt 98%, vượt chỉ tiêu được giao.",
    "Đồng chí Bí thư chi bộ cho biết phong trào đã có sức lan tỏa sâu rộng trong các tầng lớp nhân dân địa phương.",
    "Mô hình camera an ninh được nhân rộng ở 34 thôn, bản với sự đóng góp tự nguyện của hàng nghìn hộ gia đình.",
    "Các đại biểu thảo luận về những khó khăn trong công tác phối hợp giữa các lực lượng ở cơ sở thời gian qua.",
    "Thời tiết ngày mai nhiều mây, có mưa rào và dông vài nơi, nhiệt độ cao nhất từ 31 đến 34 độ C.",
)
# What eyecite costs depends on what is cited: a district court's name is looked up in a long list.
ENGLISH_CITING = {
    "Supreme Court": ("The court relied on Miranda v. Arizona, 384 U.S. 436, 444 (1966), and denied the motion.",),
    "courts of appeals": ("See United States v. Ramirez, 714 F.3d 1134, 1137 (9th Cir. 2013), on the same point.",),
    "district courts": ("Accord Harris v. City of Newark, 998 F. Supp. 2d 412, 420 (D.N.J. 2014), on the same facts.",),
    "state courts": ("People v. Johnson, 26 Cal. 3d 557, 606 P.2d 738 (1980), is to the same effect.",),
    "short forms": (
        "The standard is a familiar one. Id. at 690.",
        "That is not what Anderson, 477 U.S. at 248, holds.",
        "The claim arises under 42 U.S.C. § 1983.",
    ),
}
ENGLISH_PLAIN = (
    "We review the grant of summary judgment de novo and draw every inference in favor of the other party.",
    "The officers entered the apartment shortly after midnight and found nobody there.",
    "Counsel conceded at oral argument that the notice had been mailed to the wrong address.",
    "Plaintiff was employed as a dispatcher from March 2004 until she was dismissed on June 12, 2009.",
    "On appeal, the defendant argues that the jury was instructed in error and that the error was not harmless.",
    "The agreement provides that any dispute arising under section 4 shall be submitted to binding arbitration.",
)
HOSTILE = {
    "digits": "1",
    "dates": "ngày 1/1/2011 ",
    "type words": "Nghị quyết số ",
    "open brackets": "(((",
    "open quotes": "Nghị quyết 18 về “",
    "list": "Nghị quyết 18, ",
    "issuers": "Bộ Chính trị ban hành ",
    "amending laws": "Luật sửa đổi, bổ sung một số điều của Luật ",
    "symbols": "05-CT/TW ",
    "half symbols": "12-CT/",
    "groups": "12-AA-BB-CC-DD-EE-FF-GG-",
    "references": "Nghị quyết này ",
    "stages": "thực hiện triển khai quán triệt ",
    "blanks": "Chỉ thị          ",
    "marks": "e\u0301\u0302\u200b",
    "congresses": "Nghị quyết Đại hội Đảng bộ ",
}
SYMBOL = re.compile(
    r"\d{1,5}[a-zđ]?(?:/(?:19|20)\d\d)?[-/](?:NQ|CT|KL|QĐ|TB|HD|KH|BC|TTr|NĐ|TT|TTLT|CTr)[-/](?:TW|TƯ|TU|HU|CP|TTg|BCA|[A-ZĐ]{2,8})"
)
LENGTHS = (10_000, 1_000_000, 10_000_000)
EYECITE = """
import sys, time
from eyecite import get_citations
texts = sys.stdin.read().split("\\0")
get_citations(texts[0])
best = min(
    (lambda start: [get_citations(text) for text in texts] and time.process_time() - start)(time.process_time())
    for _ in range(int(sys.argv[1]))
)
print(sum(map(len, texts)) / best)
"""


def article(
    length: int, draw: random.Random, citing: Sequence[str] = CITING, plain: Sequence[str] = PLAIN, share: float = 0.1
) -> str:
    """`length` characters; `share` of the sentences cite, in news about one citation in a thousand characters."""
    sentences: list[str] = []
    size = 0
    while size < length:
        sentence = draw.choice(citing if draw.random() < share else plain)
        sentences.append(sentence)
        size += len(sentence) + 1
    return " ".join(sentences)[:length]


def best(action: Callable[[], object], runs: int) -> float:
    """CPU seconds of the fastest of `runs`."""
    taken = []
    for _ in range(runs):
        start = time.process_time()
        action()
        taken.append(time.process_time() - start)
    return min(taken)


def loading() -> float:
    """CPU seconds to import, load the grammar and read a first sentence, less those of a bare interpreter."""
    program = "import time; start = time.process_time(); from feeds.documents import find_citations\n"
    program += f"find_citations({CITING[0]!r}); print(time.process_time() - start)"
    return min(
        float(subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True).stdout)  # noqa: S603
        for _ in range(5)
    )


def eyecite_speed(python: str, runs: int, draw: random.Random, citing: Sequence[str]) -> float:
    """Characters a second of eyecite on opinions, which cite more often than news: twice in a thousand characters."""
    opinions = [article(7300, draw, citing, ENGLISH_PLAIN, 0.2) for _ in range(20)]
    done = subprocess.run(  # noqa: S603  the interpreter that the user named
        [python, "-c", EYECITE, str(runs)], input="\0".join(opinions), capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--eyecite", default=sys.executable, metavar="PYTHON", help="an interpreter that has eyecite")
    arguments = parser.parse_args()
    out = sys.stdout.write
    out(f"import, grammar and first sentence: {loading():.3f} s\n\n")

    from feeds.documents import find_citations

    draw = random.Random(1)  # noqa: S311  no cryptography
    out(f"{'characters':>12}{'citations':>11}{'M characters/s':>16}\n")
    for length in LENGTHS:
        texts = [article(length, draw) for _ in range(max(1, 1_000_000 // length))]
        found = sum(len(find_citations(text)) for text in texts)
        taken = best(lambda texts=texts: [find_citations(text) for text in texts], arguments.runs)  # type: ignore[misc]
        out(f"{length:12,}{found:11,}{length * len(texts) / taken / 1e6:16.2f}\n")

    out(f"\n{'made to be slow':>16}{'100 kB, M/s':>14}{'1 MB, M/s':>14}\n")
    for name, piece in HOSTILE.items():
        out(f"{name:>16}")
        for length in (100_000, 1_000_000):
            text = (piece * (length // len(piece) + 1))[:length]
            out(f"{length / best(lambda text=text: find_citations(text), 2) / 1e6:14.2f}")  # type: ignore[misc]
        out("\n")

    texts = [article(2800, draw) for _ in range(400)]
    characters = sum(map(len, texts))
    ours = characters / best(lambda: [find_citations(text) for text in texts], arguments.runs)
    symbols = characters / best(lambda: [SYMBOL.findall(text) for text in texts], arguments.runs)
    count = sum(len(find_citations(text)) for text in texts)
    out(f"\n400 articles of 2,800 characters, {count} citations: {ours / 1e6:.2f} M characters/s\n")
    out(f"symbol pattern alone: {symbols / 1e6:.2f} M characters/s; ours is 1/{symbols / ours:.1f} of it\n")
    every = tuple(sentence for sentences in ENGLISH_CITING.values() for sentence in sentences)
    out(f"\n{'eyecite on opinions that cite':>30}{'M characters/s':>16}{'ours to it':>12}\n")
    for name, citing in {**ENGLISH_CITING, "all of these": every}.items():
        try:
            english = eyecite_speed(arguments.eyecite, arguments.runs, draw, citing)
        except (OSError, subprocess.CalledProcessError) as error:
            reason = getattr(error, "stderr", "") or str(error)
            out(f"not measured ({reason.strip().splitlines()[-1]}); --help says how to install eyecite\n")
            return
        out(f"{name:>30}{english / 1e6:16.3f}{ours / english:12.0f}\n")


if __name__ == "__main__":
    main()
