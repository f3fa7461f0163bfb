"""Stages: what a sentence says is being done with the document it cites."""

import pytest

from feeds.documents import find_citations
from feeds.documents.cues import stage_rules

CASES = [
    ("Hội nghị sơ kết 4 năm thực hiện Chỉ thị 05-CT/TW", [("interim_review", 4)]),
    ("Tổng kết thực tiễn mười năm thi hành Luật Đặc xá năm 2007", [("final_review", 10)]),
    ("Ban Thường vụ kiểm điểm việc thực hiện Nghị quyết 18-NQ/TW", [("final_review", None)]),
    ("Đoàn công tác kiểm tra 10 tỉnh về việc tổ chức thực hiện Nghị quyết 18-NQ/TW", [("inspected", None)]),
    ("Kiểm tra việc thực hiện các chỉ đạo về an toàn giao thông (Chỉ thị số 12-CT/TW)", [("inspected", None)]),
    ("Sơ kết công tác năm 2016 và triển khai Chỉ thị 12-CT/TW", [("implemented", None)]),
    ("Hội nghị toàn quốc quán triệt Nghị quyết 79-NQ/TW về kinh tế nhà nước và Nghị quyết 80-NQ/TW",
     [("rolled_out", None), ("rolled_out", None)]),
    ("Kế hoạch của Bộ Chính trị thực hiện Nghị quyết 21-NQ/TW", [("rolled_out", None)]),
    ("Sau hai năm triển khai Nghị quyết 57-NQ/TW đã có kết quả", [("implemented", None)]),
    ("góp phần đưa Nghị quyết 57-NQ/TW vào cuộc sống", [("implemented", None)]),
    ("Thành phố thu hồi nhà đất theo Nghị định 108/2024/NĐ-CP", [("implemented", None)]),
    ("Theo Nghị định 108/2024/NĐ-CP, người dân được bồi thường", [("mentioned", None)]),
    ("Căn cứ Luật Bảo hiểm y tế được sửa đổi, bổ sung bởi luật mới", [("mentioned", None)]),
    ("Luật số 118/2025/QH15 sửa đổi, bổ sung một số điều của 10 luật", [("mentioned", None)]),
    ("Nghị định 291/2025/NĐ-CP sửa đổi Nghị định 103/2024/NĐ-CP", [("mentioned", None), ("amended", None)]),
    ("kiến nghị bãi bỏ quy định cấm bán rượu tại Nghị định 105/2017/NĐ-CP", [("amended", None)]),
    ("Góp ý dự thảo thay thế Nghị định số 86/2014/NĐ-CP", [("replaced", None)]),
    ("Nghị định số 86/2014/NĐ-CP hết hiệu lực", [("replaced", None)]),
    ("Các dự án luật được cho ý kiến, gồm: Luật Chứng khoán; Luật Thư viện", [("drafted", None), ("drafted", None)]),
    ("hoàn thiện dự thảo báo cáo thực hiện Nghị quyết 18-NQ/TW", [("implemented", None)]),
    ("Văn phòng Chính phủ có Công văn số 7066/VPCP-CĐS", [("issued", None)]),
    ("Luật Đặc xá được Quốc hội thông qua", [("issued", None)]),
    ("hoàn thiện báo cáo đánh giá 10 năm thực hiện Nghị quyết số 02-NQ/TU để sớm có tổng kết", [("final_review", 10)]),
    ("cần đánh giá cụ thể về tình hình sau 10 năm triển khai thực hiện Nghị quyết số 02-NQ/TU", [("final_review", 10)]),
    ("đánh giá kết quả sau 2 năm thực hiện Nghị quyết 57-NQ/TW", [("interim_review", 2)]),
    ("sơ kết 1 năm thực hiện Nghị quyết 57-NQ/TW, 4 năm triển khai Đề án 06",
     [("interim_review", 1), ("interim_review", 4)]),
    ("tổng kết 10 năm thực hiện Nghị quyết 28-NQ/TW về quốc phòng và sơ kết 5 năm thực hiện Nghị định 152/2007/NĐ-CP",
     [("final_review", 10), ("interim_review", 5)]),
    ("Nghị định 67/2014/NĐ-CP và Nghị định 89/2015/NĐ-CP hết hiệu lực", [("replaced", None), ("replaced", None)]),
    ("Nghị định 86/2014/NĐ-CP về kinh doanh vận tải bằng xe ô tô hết hiệu lực từ ngày mai", [("replaced", None)]),
    ("thủ tục quy định tại Nghị định 05/1999/NĐ-CP, Thông tư 04/1999/TT-BCA đều được bãi bỏ",
     [("mentioned", None), ("mentioned", None)]),
    ("biên chế sẽ được điều chuyển nếu Luật Công an nhân dân được thông qua", [("drafted", None)]),
    ("Toàn bộ dự thảo Luật An ninh mạng đã được 423 đại biểu bấm nút tán thành", [("issued", None)]),
    ("Nghị quyết số 36/2026/NQ-CP do Chính phủ ban hành ngày 31/7/2026", [("issued", None)]),
    ("Chính phủ ký ban hành Nghị quyết về người Việt Nam ở nước ngoài (Nghị quyết số 23-NQ/TW)", [("issued", None)]),
    ("mới thay thế cho các văn bản hiện hành (Nghị định 79/2012/NĐ-CP)", [("replaced", None)]),
    ("Cùng với đó, 6 luật khác đã được thông qua là Luật Quốc phòng, Luật Cạnh tranh",
     [("issued", None), ("issued", None)]),
    ("Luật mới sửa đổi một số điều của 10 luật liên quan, trong đó có Luật Căn cước năm 2023", [("amended", None)]),
    ("Hôm nay Quốc hội thông qua 4 luật: Luật Việc làm sửa đổi, Luật Hộ tịch", [("issued", None), ("issued", None)]),
    ("bổ sung tội danh này vào Bộ luật Hình sự", [("amended", None)]),
    ("Tuy nhiên, theo Quyết định 2235/QĐ-UBND, hai cán bộ được bổ nhiệm", [("mentioned", None)]),
    ("Quyết định 6565/QĐ-UBND không thể thay thế Quyết định 367/QĐ-TTg", [("mentioned", None), ("mentioned", None)]),
    ("<p>Thực hiện Kế hoạch số 277/KH-UBND của tỉnh</p>", [("implemented", None)]),
    ("Luật Phòng cháy và chữa cháy ra đời", [("issued", None)]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CASES, ids=lambda value: str(value)[:50])
def test_stages(text, expected):
    found = [citation for citation in find_citations(text) if citation.key]
    assert [(citation.stage, citation.stage_years) for citation in found] == expected


@pytest.mark.parametrize("pattern", stage_rules()["pattern"], ids=lambda pattern: pattern["name"])
def test_each_pattern_does_what_its_example_shows(pattern):
    found = [citation for citation in find_citations(pattern["example"]) if citation.key]
    assert [citation.stage for citation in found] == pattern["stages"]
