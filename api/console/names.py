"""What codes are called on pages: outcomes, kinds of entries, roles; a code nobody named is shown as it is."""

from __future__ import annotations

from collections.abc import Mapping

from engine.authoring.phrases import OUTCOMES
from engine.vocabulary import Text

_ENTRIES = {
    "decision_made": Text("作出决策", "decision made"),
    "decision_replayed": Text("重放决策", "decision replayed"),
    "policy_published": Text("发布策略", "policy published"),
    "key_created": Text("创建密钥", "key created"),
    "clock": Text("时钟回拨", "clock went back"),
    "export_made": Text("导出", "export made"),
    "sealed_read": Text("读取封存内容", "sealed part read"),
    "hold_placed": Text("设置法律保留", "legal hold placed"),
    "hold_released": Text("解除法律保留", "legal hold released"),
    "erasure_requested": Text("请求擦除", "erasure requested"),
    "parts_removed": Text("到期删除", "parts removed"),
    "subject_erased": Text("擦除主体", "subject erased"),
    "session_opened": Text("登录控制台", "signed in"),
    "session_closed": Text("退出控制台", "signed out"),
}
_ROLES = {
    "integrator": Text("接入系统", "integrator"),
    "reviewer": Text("审核员", "reviewer"),
    "supervisor": Text("主管", "supervisor"),
    "compliance": Text("合规", "compliance"),
    "author": Text("策略编写", "policy author"),
    "approver": Text("策略审批", "policy approver"),
    "admin": Text("管理员", "administrator"),
}
_SOURCES = {
    "applicant": Text("申请人", "applicant"),
    "bureau": Text("征信", "credit bureau"),
    "platform": Text("平台", "platform"),
    "line": Text("额度账户", "line"),
    "environment": Text("环境", "environment"),
    "": Text("策略未使用", "not used by the policy"),
}
NAMED: Mapping[str, Mapping[str, Text]] = {
    "outcome": {str(code): said for code, said in OUTCOMES.items()},
    "entry": _ENTRIES,
    "role": _ROLES,
    "source": _SOURCES,
}
