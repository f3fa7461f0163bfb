"""Which edits of a headline a reader must hear of."""

import pytest

from digests.headlines import says_otherwise


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        # a number
        ("VN-Index vượt 1.600 điểm", "VN-Index vượt 1.500 điểm"),
        ("Bắt 2 người ở Hà Nội", "Bắt ba người ở Hà Nội"),
        ("Triển khai Chỉ thị 09-CT/TW về an ninh", "Triển khai Chỉ thị 19-CT/TW về an ninh"),
        ("Phạt 1,5 tỷ đồng vì lộ dữ liệu cá nhân", "Phạt 15 tỷ đồng vì lộ dữ liệu cá nhân"),
        # a name
        ("Công an Hà Nội bắt nhóm cướp", "Công an Hải Phòng bắt nhóm cướp"),
        ("Hà Nội họp về an ninh", "Hải Phòng họp về an ninh"),
        ("Ông Nguyễn Văn An làm giám đốc công an tỉnh", "Ông Nguyễn Văn Bình làm giám đốc công an tỉnh"),
        # its sense
        ("VN-Index vượt 1.600 điểm", "VN-Index không giữ được mốc 1.600 điểm"),
        ("Ban hành nghị định về an ninh mạng", "Đề xuất ban hành nghị định về an ninh mạng"),
        ("Dự kiến sáp nhập công an cấp huyện", "Sáp nhập công an cấp huyện"),
        ("Hà Nội bắn pháo hoa dịp lễ", "Hà Nội hủy bắn pháo hoa dịp lễ"),
        ("Không gian mạng an toàn", "Không gian mạng chưa an toàn"),
        ("Ministry bans the app", "Ministry denies it bans the app"),
        ("Bộ Công an sẽ ban hành thông tư mới", "Bộ Công an ban hành thông tư mới"),
        ("Tăng 20% số vụ", "Giảm 20% số vụ"),
        ("Tuyên án tử hình Trần Văn Nam", "Tuyên án chung thân Trần Văn Nam"),
        ("Hà Nội cấm xe máy từ hôm nay", "Hà Nội cho phép xe máy từ hôm nay"),
        ("Hà Nội giữ lệnh cấm xe máy", "Hà Nội dỡ bỏ lệnh cấm xe máy"),
        ("Bộ Công an thí điểm cấp căn cước tại Huế", "Bộ Công an chấm dứt cấp căn cước tại Huế"),
        ("Tai nạn ở Huế, 5 người chết", "Tai nạn ở Huế, 5 người bị thương"),
        ("Nghi phạm bị bắt tại Huế", "Nghi phạm đầu thú tại Huế"),
        ("Court gives the spy a death sentence", "Court gives the spy a life sentence"),
        # its day
        ("Ngày 20/11, Bộ Công an họp", "Ngày 21/11, Bộ Công an họp"),
        ("Bộ Công an họp ngày 20/11", "Bộ Công an họp"),
        ("Sáng 20/11, Bộ Công an bắt 5 người", "Bộ Công an bắt 4 người"),
        # most of it
        ("Chủ tịch nước thăm Lào", "Hội nghị toàn quốc về an ninh mạng"),
    ],
)
def test_what_says_otherwise(was: str, becomes: str) -> None:
    assert says_otherwise(was, becomes)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("Công an họp bàn về an ninh", "Video: Công an họp bàn về an ninh"),
        ("Công an họp bàn về an ninh", "CÔNG AN HỌP BÀN VỀ AN NINH"),
        ("Công an họp bàn về an ninh", "“Công an họp bàn về an ninh”..."),
        ("Khoá họp bàn về hoà bình", "Khóa họp bàn về hòa bình"),
        ("VN-Index vượt 1.600 điểm", "VN-Index vượt 1600 điểm"),
        ("Họp ngày 01/07 về an ninh", "Họp ngày 1/7 về an ninh"),
        ("Bắt 2 người ở Hà Nội", "Bắt hai người ở Hà Nội"),
        ("Sáng 20/11, Bộ Công an họp báo về an ninh mạng", "Bộ Công an họp báo về an ninh mạng"),
        ("Chiều ngày 2-10-2026: Bộ Công an họp báo", "Bộ Công an họp báo"),
        ("Tăng mức phạt, giảm tai nạn ở Huế", "Giảm tai nạn ở Huế nhờ tăng mức phạt"),
        ("Tăng cường quản lý giảm tai nạn", "Siết quản lý giảm tai nạn"),
        ("Xe tăng tập trận ở Huế", "Xe bọc thép tập trận ở Huế"),
        ("Bộ Công an sẽ ban hành thông tư mới", "Thông tư mới của Bộ Công an sẽ được ban hành"),
        ("Bắt nhóm cướp ở Hà Nội", "Bắt nhóm cướp gồm 5 người ở Hà Nội"),
        ("Bộ Công an làm rõ vụ án ở TP Hồ Chí Minh", "Bộ CA làm rõ vụ án ở TP HCM"),
        ("Bảo vệ an ninh mạng Việt Nam", "Bảo vệ an ninh không gian mạng Việt Nam"),
        ("Lực lượng ở sân bay tập trận", "Lực lượng phòng không ở sân bay tập trận"),
        ("Thủ tướng chủ trì họp về Biển Đông", "Họp về Biển Đông do Thủ tướng chủ trì"),
        ("Công an họp bàn về an ninh", ""),
        ("", "Công an họp bàn về an ninh"),
        ("!!!", "???"),
    ],
)
def test_what_says_the_same(was: str, becomes: str) -> None:
    assert not says_otherwise(was, becomes)


def test_only_the_beginning_of_an_endless_headline_is_compared() -> None:
    words = " ".join(f"a{'b' * n}" for n in range(2000))
    assert not says_otherwise(words, f"{words} không 1.600")
    assert says_otherwise(words, f"không {words}")
