"""Whether a review was held: said of one that was only asked for, it is a wrong statement about a document."""

import re
import tomllib
from datetime import date

import pytest

from digests.held import DATA, JUDGED, is_held

RAW = "Chỉ thị số 48-CT/TW"


@pytest.mark.parametrize(
    "quote",
    [
        f"Sáng 5/3, UBND tỉnh Lào Cai tổ chức hội nghị tổng kết 10 năm thực hiện {RAW}.",
        f"Cà Mau tổng kết 10 năm thực hiện {RAW}",
        f"Tỉnh ủy Cà Mau đã tổng kết 10 năm thực hiện {RAW}.",
        f"Hội nghị tổng kết 10 năm thực hiện {RAW} diễn ra sáng nay tại Cà Mau.",
        f"Thủ tướng yêu cầu các địa phương quyết liệt hơn tại hội nghị tổng kết 10 năm thực hiện {RAW}.",
        f"Theo yêu cầu của Bộ Công an, Công an tỉnh Cà Mau tổ chức hội nghị tổng kết {RAW}.",
        f"Thực hiện kế hoạch của Tỉnh ủy, sáng 5/3, Công an tỉnh tổ chức hội nghị tổng kết 10 năm thực hiện {RAW}.",
        f"Phát biểu chỉ đạo hội nghị tổng kết 10 năm thực hiện {RAW}, Bộ trưởng biểu dương Công an Cà Mau.",
        f"Thành ủy Cần Thơ tổng kết 10 năm thực hiện {RAW}.",
        f"Bộ Kế hoạch và Đầu tư báo cáo tổng kết 10 năm thực hiện {RAW}.",
        f"Qua tổng kết 10 năm thực hiện {RAW}, nhiều mô hình được nhân rộng.",
        f"{RAW} đã được tổng kết tại Cà Mau.",
        f"Sau khi tổng kết 10 năm thực hiện {RAW}, Ban Bí thư đã ban hành kết luận mới.",
        f"Cục đã họp giao ban; tổng kết 5 năm thực hiện {RAW}.",
        f"Hội nghị tổng kết 10 năm thực hiện {RAW} đề ra phương hướng, theo đó Công an tỉnh sẽ tổ chức thêm chốt.",
        f"Hội nghị toàn quốc tổng kết 10 năm thực hiện {RAW} và triển khai phương hướng, nhiệm vụ thời gian tới.",
        f"Hội nghị tổng kết 10 năm thực hiện {RAW}, các kiến nghị sẽ được báo cáo Bộ.",
        f"Từ năm 2020 tới nay, Cà Mau hai lần tổng kết {RAW}.",
        f"Tại hội nghị giao ban quý III, Ban Nội chính tổng kết {RAW}.",
        f"Theo kế hoạch, Công an tỉnh đã tổng kết {RAW}.",
        f"Hà Nội yêu cầu nhân rộng mô hình mà thành phố mới tổng kết theo {RAW}.",
    ],
)
def test_a_review_that_is_told_is_held(quote: str) -> None:
    assert is_held("final_review", quote, RAW, None)


@pytest.mark.parametrize(
    "quote",
    [
        f"Bí thư Tỉnh ủy yêu cầu Công an tỉnh hoàn thiện báo cáo đánh giá 10 năm thực hiện {RAW} để sớm có tổng kết.",
        f"Bí thư Tỉnh ủy đã yêu cầu các huyện tổng kết 10 năm thực hiện {RAW}.",
        f"Các đại biểu đề nghị cơ quan soạn thảo cần đánh giá cụ thể sau 10 năm thực hiện {RAW}.",
        f"Ban Thường vụ giao Ban Nội chính tham mưu tổng kết 10 năm thực hiện {RAW}.",
        f"Công an tỉnh đang chuẩn bị tổng kết 10 năm thực hiện {RAW}.",
        f"Cà Mau sẽ tổ chức hội nghị tổng kết 10 năm thực hiện {RAW}.",
        f"Tỉnh ủy tiến hành tổng kết {RAW} vào quý II tới.",
        f"Tỉnh ủy ban hành Kế hoạch số 57-KH/TU về tổng kết 15 năm thực hiện {RAW}.",
        f"Ban Bí thư cho chủ trương tổng kết 10 năm thực hiện {RAW}.",
        f"Ban Chỉ đạo tổng kết {RAW} họp phiên thứ nhất.",
        f"Hội nghị triển khai tổng kết 10 năm thực hiện {RAW}.",
        f"Hội nghị tổng kết 10 năm thực hiện {RAW} sẽ diễn ra trong tháng này.",
        f"{RAW} sẽ được tổng kết ở cấp tỉnh.",
        f"Các huyện gửi báo cáo tổng kết {RAW} trước ngày 30/6.",
        f"Thời gian tới, Công an tỉnh tiếp tục tuần tra; tổng kết 10 năm thực hiện {RAW}.",
        f"Sau khi tổng kết 10 năm thực hiện {RAW}, Ban Bí thư sẽ ban hành kết luận mới.",
        f"Đến nay, Cà Mau chưa tổng kết {RAW}.",
        f"Cấp ủy các cấp thường xuyên sơ kết, tổng kết việc thực hiện {RAW}.",
        f"Kế hoạch kiểm tra, giám sát và tổng kết {RAW} được thông qua.",
        f"Quân ủy cho ý kiến vào dự thảo tổng kết 10 năm thực hiện {RAW}.",
        f"Theo Quyết định số 5, ngày 5/3/2020 của Tỉnh ủy, cần tổng kết {RAW}.",
        f"Ban Bí thư giao Ban Tổ chức Trung ương chủ trì tổng kết {RAW}.",
        f"Bộ Nội vụ đang tổng kết 10 năm thực hiện {RAW} để trình Bộ Chính trị.",
        f"Bộ Chính trị quyết định tổng kết 10 năm thực hiện {RAW}.",
        f"Bộ Công an xin ý kiến Bộ Chính trị về việc tổng kết {RAW}.",
        f"Sáng 3/10, Tỉnh ủy họp bàn công tác tổng kết 10 năm thực hiện {RAW}.",
        f"Theo kế hoạch, Hội nghị tổng kết {RAW} được tổ chức vào cuối tháng 12/2026.",
        f"Ngày 15/12 tới, Bộ Công an tổ chức hội nghị tổng kết {RAW}.",
        f"Từ nay đến cuối năm, toàn lực lượng tổng kết {RAW}.",
        f"Cuối năm nay, Chính phủ tổng kết {RAW}.",
        f"Nhiệm vụ năm 2027 là tổng kết 10 năm thực hiện {RAW}.",
        f"Tiếp tục tổng kết, đánh giá việc thực hiện {RAW}.",
        f"Bí thư Tỉnh ủy lưu ý việc tổng kết {RAW} bảo đảm thực chất.",
        f"Đây là cơ sở để tổng kết 10 năm thực hiện {RAW}.",
        f"Đề nghị các đồng chí đã được phân công tổng kết {RAW}.",
        f"Việc tổng kết 10 năm thực hiện {RAW} là cần thiết.",
    ],
)
def test_one_that_is_asked_for_or_planned_is_not(quote: str) -> None:
    assert not is_held("final_review", quote, RAW, None)


@pytest.mark.parametrize(
    ("quote", "held"),
    [
        (f"Đoàn công tác của Bộ Công an kiểm tra việc thực hiện {RAW} tại Cà Mau.", True),
        (f"Thủ tướng giao Thanh tra Chính phủ kiểm tra việc thực hiện {RAW} tại Cà Mau.", False),
        (f"Các bộ, ngành có trách nhiệm hướng dẫn, kiểm tra việc thực hiện {RAW}.", False),
        (f"Bí thư Thành ủy yêu cầu đổi mới công tác kiểm tra, giám sát việc thực hiện {RAW}.", False),
        (f"Đẩy mạnh công tác kiểm tra, giám sát việc thực hiện {RAW}.", False),
        (f"Chiều 5/3, Bí thư công bố quyết định kiểm tra việc thực hiện {RAW}.", False),
        (f"HĐND tỉnh thông qua chương trình giám sát năm 2027, gồm giám sát việc thực hiện {RAW}.", False),
        (f"Theo phân công của Bộ Chính trị, Đoàn số 3 kiểm tra việc thực hiện {RAW} tại Cần Thơ.", True),
        (f"Thanh tra tỉnh yêu cầu khắc phục sai phạm nêu tại kết luận thanh tra việc thực hiện {RAW}.", True),
    ],
)
def test_an_inspection_is_as_a_review(quote: str, held: bool) -> None:
    assert is_held("inspected", quote, RAW, None) is held


@pytest.mark.parametrize(
    "told",
    [
        f"2026-11-20 Bộ Chính trị năm 2027 tổng kết {RAW}.",
        f"2026-11-20 Việc tổng kết {RAW} hoàn thành trong quý I/2027.",
        f"2026-11-20 Từ ngày 14 đến 18/12/2026, Đoàn số 2 kiểm tra việc thực hiện {RAW}.",
        f"2026-11-20 Hội nghị sơ kết {RAW} lùi sang tháng 1/2027.",
        f"2026-11-20 {RAW} được tổng kết vào năm 2027.",
        f"2026-11-20 Năm 2027, tỉnh kiểm tra việc thực hiện {RAW} tại 5 huyện.",
        f"2026-11-20 Ngày 15/12/2026, Ban Thường vụ Tỉnh ủy tổng kết {RAW}.",
        f"2026-11-20 Quý IV/2027, Thành ủy tổng kết 10 năm thực hiện {RAW}.",
        f"2026-11-20 Tháng 12/2026, Đảng ủy tổ chức hội nghị sơ kết {RAW}.",
        f"2026-11-20 Trong quý I/2027, các chi bộ sơ kết việc thực hiện {RAW}.",
        f"2026-11-20 Hội nghị tổng kết {RAW} được tổ chức vào ngày 5-1-2027 tại Hà Nội.",
        f"2026-11-20 Đoàn kiểm tra làm việc tại 3 đảng bộ từ ngày 1/12/2026 về thực hiện {RAW}.",
        f"2026-11-20 Vào tháng 3 năm 2027, Ban Dân vận tổng kết {RAW}.",
        f"2026-11-20 Ủy ban Kiểm tra Tỉnh ủy kiểm tra việc thực hiện {RAW} trong năm 2027.",
        f"2026-11-20 Tháng 1/2027: Sơ kết 3 năm thực hiện {RAW}.",
        f"2026-11-20 Lễ tổng kết 10 năm {RAW} diễn ra sáng 30-11-2026.",
        f"2026-11-20 Quý 2 năm 2027, Công an tỉnh sơ kết 5 năm thực hiện {RAW}.",
        f"2025-03-05 Quý III/2025, Ngân hàng Chính sách xã hội tổng kết {RAW}.",
        f"2025-03-05 Tháng 4 và tháng 5/2025, các đoàn kiểm tra việc thực hiện {RAW} tại cơ sở.",
        f"2025-03-05 Dự kiến ngày 20 tháng 6 năm 2025, Quân ủy Trung ương tổng kết {RAW}.",
        f"2025-03-05 Hội nghị sơ kết {RAW} tổ chức trong quý II-2025.",
        f"2025-03-05 Năm 2026 tổng kết {RAW} của Bộ Chính trị.",
        f"2025-03-05 Chương trình kiểm tra, giám sát năm 2026: kiểm tra việc lãnh đạo thực hiện {RAW}.",
        f"2024-06-10 Cuối năm 2025, Ban Tuyên giáo tổng kết {RAW}.",
        f"2024-06-10 Việc tổng kết {RAW} phải hoàn thành trước ngày 30/9/2024.",
        f"2024-06-10 Việc tổng kết {RAW} phải hoàn thành trong quý III.",
        f"2024-06-10 Công tác sơ kết {RAW} cần hoàn thành trước 15/7.",
        f"2024-06-10 Báo cáo tổng kết {RAW} gửi về Ban Thường vụ trước ngày 31/12/2024.",
        f"2024-06-10 Từ tháng 9-2024, Ủy ban Kiểm tra giám sát việc thực hiện {RAW} ở các sở.",
        f"2024-06-10 Đầu năm 2025, các địa phương sơ kết {RAW}.",
        f"2024-06-10 Bộ Công an tổng kết 15 năm {RAW} vào quý IV năm 2024.",
        f"2026-02-01 Ngày 1.7.2026, Hội Nông dân sơ kết {RAW}.",
        f"2026-02-01 Hội nghị trực tuyến toàn quốc tổng kết {RAW} ấn định ngày 12/5/2026.",
        f"2026-02-01 Trong tháng 5/2026, Bộ Công an kiểm tra việc chấp hành {RAW} tại 20 doanh nghiệp.",
        f"2026-02-01 Chiều 10/02/2026, Thành phố Huế sơ kết {RAW}.",
    ],
)
def test_what_is_dated_after_its_article_is_not_held(told: str) -> None:
    published, quote = told.split(" ", 1)
    assert not is_held(_stage(quote), quote, RAW, date.fromisoformat(published))


@pytest.mark.parametrize(
    "told",
    [
        f"2026-11-20 Thành ủy tổng kết {RAW} và bàn việc sáp nhập trong quý I/2027.",
        f"2026-11-20 Năm 2027 là năm cuối nhiệm kỳ, vì vậy ngay hôm nay Đảng bộ tổng kết {RAW}.",
        f"2026-11-20 Nhân 82 năm Ngày thành lập Quân đội (22/12/1944 - 22/12/2026), Quân khu sơ kết {RAW}.",
        f"2026-11-20 Tổng kết {RAW}: Năm 2027 phấn đấu giảm 10% tội phạm.",
        f"2026-11-20 Từ tháng 2 đến tháng 12/2026, đoàn số 2 kiểm tra việc thực hiện {RAW}.",
        f"2026-11-20 Ngày 15/11/2026, Ban Thường vụ Tỉnh ủy tổng kết {RAW}.",
        f"2026-11-20 Sáng 20/11/2026, Tỉnh ủy tổ chức hội nghị tổng kết {RAW}.",
        f"2026-11-20 Ngày 20/11, Tỉnh ủy tổng kết {RAW} và triển khai nhiệm vụ năm 2027.",
        f"2026-11-20 Tại hội nghị, Đảng ủy sơ kết {RAW} nhiệm kỳ 2026-2030.",
        f"2026-11-20 Thành ủy tổng kết {RAW}, đề ra phương hướng đến năm 2030, tầm nhìn 2045.",
        f"2026-11-20 Hội nghị tổng kết {RAW} và phương hướng, nhiệm vụ năm 2027 diễn ra sáng nay tại Hà Nội.",
        f"2026-11-20 Đoàn kiểm tra của Bộ Chính trị kiểm tra việc thực hiện {RAW} tại Cà Mau.",
        f"2026-11-20 Trong năm 2026, Ủy ban Kiểm tra đã kiểm tra 15 tổ chức đảng về {RAW}.",
        f"2026-11-20 Năm 2026, tỉnh kiểm tra việc thực hiện {RAW} tại 5 huyện.",
        f"2026-11-20 Quý IV/2026, Ban Dân vận tổng kết {RAW}.",
        f"2026-11-20 Tháng 11/2026, các chi bộ sơ kết {RAW}.",
        f"2026-11-20 UBND tỉnh sơ kết 1 năm thực hiện {RAW} giai đoạn 2026-2030.",
        f"2026-11-20 Đã tổng kết {RAW}, tỉnh đặt mục tiêu năm 2027 giảm 10% tội phạm.",
        f"2026-11-20 Sáng 19-11, Công an tỉnh tổng kết {RAW} giai đoạn 2022-2025, tầm nhìn đến năm 2030.",
        f"2026-11-20 Bộ tổng kết {RAW} về chiến lược biển đến năm 2030, tầm nhìn đến năm 2045.",
        f"2026-11-20 Đảng bộ sơ kết 2 năm thực hiện {RAW}, phấn đấu đến tháng 6/2027 hoàn thành 100% chỉ tiêu.",
        f"2025-03-05 Ngày 4/3/2025, Ngân hàng Chính sách xã hội tổng kết {RAW}, chuẩn bị cho Đại hội năm 2026.",
        f"2025-03-05 Từ tháng 2 đến tháng 6/2025, đoàn công tác kiểm tra việc thực hiện {RAW}.",
        f"2025-03-05 Quân ủy Trung ương vừa tổng kết {RAW} và giao nhiệm vụ cho quý II/2025.",
        f"2025-03-05 Năm 2024, tỉnh sơ kết {RAW}; năm 2025 triển khai tiếp.",
        f"2025-03-05 Kết quả tổng kết {RAW} là cơ sở xây dựng chương trình hành động năm 2026.",
        f"2025-03-05 Qua kiểm tra {RAW}, chuẩn bị đại hội nhiệm kỳ 2025 - 2030, đoàn ghi nhận nhiều kết quả.",
        f"2025-03-05 Tỉnh ủy kiểm tra việc thực hiện {RAW}, tiến tới Đại hội XIV của Đảng đầu năm 2026.",
        f"2024-06-10 Hội nghị tổng kết {RAW} diễn ra ngày 10-6 với sự tham dự của 500 đại biểu.",
        f"2024-06-10 Việc tổng kết {RAW} đã hoàn thành trước ngày 30/5/2024.",
        f"2024-06-10 Sơ kết 3 năm thực hiện {RAW}, biểu dương 50 tập thể, phát động thi đua năm 2025.",
        f"2024-06-10 Tổng kết {RAW}, thành phố kiến nghị Trung ương ban hành nghị quyết mới trong năm 2025.",
        f"2024-06-10 Chiều 9/6, tỉnh giám sát {RAW} ở Sở Tài chính, yêu cầu khắc phục trước ngày 30/9/2024.",
        f"2024-06-10 Bộ Nội vụ sơ kết {RAW}; cải cách tiền lương có hiệu lực từ ngày 1/7/2024.",
        f"2024-06-10 Bộ Công an tổng kết 15 năm (2009 - 2024) thực hiện {RAW}.",
        f"2026-02-01 Đoàn giám sát của Quốc hội kiểm tra thực hiện {RAW}, phục vụ bầu cử ngày 15/3/2026.",
        f"2026-02-01 Sơ kết {RAW}, Bí thư Tỉnh ủy yêu cầu đến hết quý II/2026 xóa xong nhà tạm.",
        f"2026-02-01 Hội nghị tổng kết {RAW}, sơ kết công tác năm 2025, triển khai nhiệm vụ trọng tâm năm 2026.",
        f"2026-02-01 Ngày 31 tháng 1 năm 2026 tổng kết việc thi hành {RAW}.",
        f"2026-02-01 Chiều 1/2/2026, Thành phố Huế sơ kết {RAW}, hướng tới kỷ niệm ngày 3/2/2026.",
        f"2026-02-01 Sáng 30-1, tỉnh tổng kết {RAW} gắn với Chương trình quốc gia về văn hóa giai đoạn 2026-2035.",
    ],
)
def test_a_date_that_is_not_of_the_deed_puts_nothing_off(told: str) -> None:
    published, quote = told.split(" ", 1)
    assert is_held(_stage(quote), quote, RAW, date.fromisoformat(published))


def test_without_the_day_of_its_article_no_date_puts_a_review_off() -> None:
    quote = f"Năm 2027, Cà Mau tổng kết {RAW}."
    assert is_held("final_review", quote, RAW, None)
    assert is_held("final_review", quote, RAW, date(2027, 1, 1)), "not wholly after it"
    assert not is_held("final_review", quote, RAW, date(2026, 12, 31))


def test_a_plan_that_is_reviewed_is_no_plan_to_review_it() -> None:
    raw = "Kế hoạch số 45-KH/TU"
    assert not is_held("inspected", f"Đoàn số 3 kiểm tra việc thực hiện {raw} trong năm 2027.", raw, date(2026, 11, 20))


def test_whoever_orders_it_carried_out_carries_it_out() -> None:
    assert is_held("implemented", f"Bí thư Tỉnh ủy yêu cầu các huyện thực hiện {RAW}.", RAW, None)


def test_a_sentence_that_was_cut_off_before_the_document_is_read_as_far_as_it_goes() -> None:
    assert not is_held("final_review", "Tỉnh ủy sẽ tổng kết" + " rất kỹ" * 400 + f" {RAW}", RAW, None)


def test_the_rules_name_the_deeds_of_all_that_is_judged() -> None:
    assert tomllib.loads(DATA.read_text("utf-8"))["deeds"].keys() == set(JUDGED)


def _stage(quote: str) -> str:
    """What the sentence is about, as its first such word says; an inspection where there is none."""
    named = re.search("sơ kết|tổng kết|kiểm tra|giám sát", quote, re.IGNORECASE)
    return {"sơ kết": "interim_review", "tổng kết": "final_review"}.get(named[0].lower() if named else "", "inspected")
