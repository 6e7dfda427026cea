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
    "review_opened": Text("转入人工复核", "review opened"),
    "appeal_filed": Text("提出申诉", "appeal filed"),
    "review_claimed": Text("认领", "claimed"),
    "review_renewed": Text("续期认领", "claim renewed"),
    "review_released": Text("放回队列", "released"),
    "review_asked": Text("向申请人询问", "applicant asked"),
    "review_answered": Text("申请人答复", "applicant answered"),
    "review_noted": Text("记录备注", "note added"),
    "review_attached": Text("添加文件", "document added"),
    "review_recommended": Text("提出建议", "conclusion recommended"),
    "review_declined": Text("不同意建议", "recommendation declined"),
    "review_escalated": Text("上报主管", "escalated"),
    "review_extended": Text("延长期限", "deadline put off"),
    "review_concluded": Text("结案", "concluded"),
    "review_withdrawn": Text("撤回", "withdrawn"),
    "line_changed": Text("额度账户变动", "line changed"),
    "key_rotated": Text("轮换密钥", "key rotated"),
    "key_revoked": Text("吊销密钥", "key revoked"),
    "notice_issued": Text("发出通知", "notice issued"),
    "matter_raised": Text("收到来函", "matter raised"),
    "matter_acknowledged": Text("确认收到来函", "matter acknowledged"),
    "matter_answered": Text("答复来函", "matter answered"),
    "matter_extended": Text("延长来函期限", "matter's end put off"),
    "matter_ended": Text("来函终止", "matter ended"),
    "automation_refused": Text("拒绝自动化决策", "automation refused"),
    "automation_allowed": Text("撤回拒绝自动化决策", "automation allowed again"),
    "user_created": Text("新建用户", "user made"),
    "user_role_changed": Text("更改用户角色", "user's role changed"),
    "user_password_set": Text("设置用户密码", "user's password set"),
    "user_confirmed": Text("确认用户变更", "user confirmed"),
    "user_disabled": Text("停用用户", "user disabled"),
    "user_forgotten": Text("擦除用户姓名", "user forgotten"),
    "session_opened": Text("登录控制台", "signed in"),
    "session_closed": Text("退出控制台", "signed out"),
}
_ROLES = {
    "integrator": Text("接入系统", "integrator"),
    "channel": Text("申请人渠道", "applicant channel"),
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
_KINDS = {"review": Text("复核", "review"), "appeal": Text("申诉", "appeal")}
_STATES = {
    "open": Text("待认领", "open"),
    "claimed": Text("处理中", "claimed"),
    "waiting": Text("等待申请人", "waiting for the applicant"),
    "concluded": Text("已结案", "concluded"),
}
_CAUSES = {
    "referred": Text("策略转人工", "the policy refers to a person"),
    "automation_refused": Text("申请人拒绝自动化决策", "the subject refuses automation"),
    "appealed": Text("申请人申诉", "the applicant appealed"),
}
_RESULTS = {
    "decide": Text("作出决策", "decide"),
    "uphold": Text("维持原决策", "uphold"),
    "overturn": Text("改判", "overturn"),
    "policy_defect": Text("策略缺陷", "policy defect"),
    "withdrawn": Text("已撤回", "withdrawn"),
}
_ACTIONS = {
    "claim": Text("认领", "Claim"),
    "renew": Text("续期", "Renew the claim"),
    "release": Text("放回队列", "Release"),
    "note": Text("备注", "Note"),
    "attach": Text("添加文件", "Attach a document"),
    "ask": Text("询问申请人", "Ask the applicant"),
    "recommend": Text("建议结论", "Recommend"),
    "conclude": Text("结案", "Conclude"),
    "approve": Text("同意建议", "Approve"),
    "decline": Text("不同意建议", "Decline"),
    "escalate": Text("上报主管", "Escalate"),
    "extend": Text("延长期限", "Put the deadline off"),
}
_WHY = {
    "not_claimed": Text("请先认领", "claim it first"),
    "held_by_another": Text("已由他人认领", "another person has claimed it"),
    "waiting_for_answer": Text("等待申请人答复", "the applicant's answer is awaited"),
    "not_waiting": Text("没有向申请人提问", "nothing was asked"),
    "not_party": Text("仅限申请人一方", "only who speaks for the applicant"),
    "took_part": Text("您参与过相关决策，须回避", "you took part in what this is about"),
    "supervisor_needed": Text("需由主管处理", "it takes a supervisor"),
    "same_person": Text("须由另一人同意", "it takes another person"),
    "second_person_needed": Text("须由第二人同意：请先提出建议", "it takes two: recommend first"),
    "no_recommendation": Text("尚无建议", "nothing is recommended"),
    "escalated_already": Text("已上报主管", "escalated already"),
    "not_later": Text("新期限不晚于原期限", "the new deadline is not later"),
    "wrong_result": Text("此类案件不能这样结案", "such a case cannot end so"),
    "too_many_attachments": Text("文件数量已满", "there are too many documents"),
    "no_extension_left": Text("不能再延期", "it cannot be put off again"),
}
_VERDICTS = {
    "same": Text("结果相同", "the same"),
    "changed by rule": Text("因规则而变", "changed by rule"),
    "changed by data": Text("因数据而变", "changed by data"),
    "changed by engine": Text("因引擎而变", "changed by engine"),
}
_FIELDS = {
    "grounds": Text("理由（存档）", "Grounds, for the file"),
    "answer_zh": Text("中文答复", "Answer in Chinese"),
    "answer_en": Text("英文答复", "Answer in English"),
    "question_zh": Text("中文问题", "Question in Chinese"),
    "question_en": Text("英文问题", "Question in English"),
    "text": Text("正文", "Text"),
}
_STANDINGS = {
    "valid": Text("有效", "good"),
    "expired": Text("已过期", "expired"),
    "revoked": Text("已吊销", "ended"),
}
_ENDED = {
    "stolen": Text("被盗", "stolen"),
    "lost": Text("遗失", "lost"),
    "replaced": Text("已更换", "replaced"),
    "unused": Text("不再使用", "not used any more"),
    "left": Text("持有人离岗", "its holder left"),
}
_USER_STANDINGS = {
    "valid": Text("有效", "good"),
    "waiting": Text("待确认", "to be confirmed"),
    "disabled": Text("已停用", "disabled"),
}
_USER_CHANGES = {
    "create": Text("新建用户", "New user"),
    "role": Text("更改角色", "Change the role"),
    "password": Text("重置密码", "New password"),
    "confirm": Text("确认", "Confirm"),
    "disable": Text("停用", "Disable"),
    "forget": Text("擦除姓名与密码", "Forget"),
}
_CHECKS = {
    "database": Text("数据库", "database"),
    "log": Text("日志", "log"),
    "policies": Text("策略", "policies"),
    "witnesses": Text("见证方", "witnesses"),
}
_CHECK_STATES = {
    "pass": Text("正常", "good"),
    "warn": Text("注意", "look after it"),
    "fail": Text("异常", "failed"),
}
_SECTIONS = {
    "outcomes": Text("结果", "outcomes"),
    "rules": Text("规则", "rule"),
    "reasons": Text("告知的原因", "reason given"),
    "facts": Text("派生事实", "derived fact"),
    "rows": Text("表格行", "row of a table"),
    "invariants": Text("不变式", "invariant"),
}
NAMED: Mapping[str, Mapping[str, Text]] = {
    "outcome": {str(code): said for code, said in OUTCOMES.items()},
    "entry": _ENTRIES,
    "role": _ROLES,
    "source": _SOURCES,
    "case_kind": _KINDS,
    "case_state": _STATES,
    "case_cause": _CAUSES,
    "case_result": _RESULTS,
    "case_action": _ACTIONS,
    "case_why": _WHY,
    "verdict": _VERDICTS,
    "field": _FIELDS,
    "section": _SECTIONS,
    "standing": _STANDINGS,
    "ended": _ENDED,
    "user_standing": _USER_STANDINGS,
    "user_change": _USER_CHANGES,
    "check": _CHECKS,
    "check_state": _CHECK_STATES,
}
