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
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CASES, ids=lambda value: str(value)[:50])
def test_stages(text, expected):
    found = [citation for citation in find_citations(text) if citation.key]
    assert [(citation.stage, citation.stage_years) for citation in found] == expected


@pytest.mark.parametrize("pattern", stage_rules()["pattern"], ids=lambda pattern: pattern["name"])
def test_each_pattern_does_what_its_example_shows(pattern):
    found = [citation for citation in find_citations(pattern["example"]) if citation.key]
    assert [citation.stage for citation in found] == pattern["stages"]
