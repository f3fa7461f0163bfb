"""Whether a review was held: said of one that was only asked for, it is a wrong statement about a document."""

import tomllib

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
    assert is_held("final_review", quote, RAW)


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
    assert not is_held("final_review", quote, RAW)


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
    assert is_held("inspected", quote, RAW) is held


def test_whoever_orders_it_carried_out_carries_it_out() -> None:
    assert is_held("implemented", f"Bí thư Tỉnh ủy yêu cầu các huyện thực hiện {RAW}.", RAW)


def test_a_sentence_that_was_cut_off_before_the_document_is_read_as_far_as_it_goes() -> None:
    assert not is_held("final_review", "Tỉnh ủy sẽ tổng kết" + " rất kỹ" * 400 + f" {RAW}", RAW)


def test_the_rules_name_the_deeds_of_all_that_is_judged() -> None:
    assert tomllib.loads(DATA.read_text("utf-8"))["deeds"].keys() == set(JUDGED)
