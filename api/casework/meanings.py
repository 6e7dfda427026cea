"""What the entries of casework mean to the person they concern, for the answer to an access request."""

from __future__ import annotations

from collections.abc import Mapping

from api.casework.events import APPEAL_FILED, KIND, REVIEW_OPENED
from api.casework.states import Action

_ACTIONS: Mapping[Action, tuple[str, str]] = {
    Action.CLAIM: ("工作人员开始处理您的案件", "a member of staff began to work on your case"),
    Action.RENEW: ("工作人员继续处理您的案件", "a member of staff went on working on your case"),
    Action.RELEASE: ("您的案件等待其他工作人员处理", "your case was left to another member of staff"),
    Action.ASK: ("请您就案件提供情况", "you were asked for information about your case"),
    Action.ANSWER: ("您就案件作了答复", "your answer about your case was received"),
    Action.NOTE: ("案卷中记入了一条说明", "a note was added to the file of your case"),
    Action.ATTACH: ("案卷中加入了一份材料", "a document was added to the file of your case"),
    Action.RECOMMEND: ("工作人员提出了处理建议，待他人复核", "an end of your case was recommended to a second person"),
    Action.DECLINE: ("处理建议未获同意", "the second person did not agree to what was recommended"),
    Action.ESCALATE: ("您的案件已交由主管处理", "your case was handed to a supervisor"),
    Action.EXTEND: ("您的案件的办理期限已延长", "the time to answer your case was extended"),
    Action.CONCLUDE: ("您的案件已办结", "your case was concluded"),
    Action.WITHDRAW: ("您的案件已撤回", "your case was withdrawn"),
}
MEANINGS: Mapping[str, tuple[str, str]] = {
    REVIEW_OPENED: ("您的申请转由人工审核", "a person was to look at your application"),
    APPEAL_FILED: ("您提出了申诉", "you appealed against a decision"),
    **{KIND[action]: told for action, told in _ACTIONS.items()},
}
