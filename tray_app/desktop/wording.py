"""The texts of menu and notifications, in English and Simplified Chinese.

Names in braces are filled in. What comes from elsewhere in the program (the sentence of a trouble, a
client's reason) stays as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Wording:
    """One language. A label has at most about 60 characters once it is filled."""

    language: str
    # Status lines
    running: str
    stopped: str
    starting: str
    stopping: str
    crashed: str
    signed_out: str
    demo: str
    limit_reached: str
    # Quota
    percent_left: str
    lasts_until: str
    resets: str
    unlimited: str
    quota_unknown: str
    # Troubles, by their code
    troubles: Mapping[str, str]
    trouble: str
    # The next step
    all_well: str
    newer: str  # version
    what_to_do: str
    start_on_port: str
    sign_in: str
    enter_code: str
    # Proxy
    start: str
    stop: str
    restart: str
    # Window
    open_dashboard: str
    requests: str
    usage: str
    usage_left: str
    copy_url: str
    copy_url_stopped: str
    settings: str
    # Clients
    connect: str
    more_clients: str
    client_state: Mapping[str, str]
    client_reason: str
    # Accounts
    account: str
    account_none: str
    this_run_only: str
    sign_in_another: str
    sign_out: str
    sign_out_nobody: str
    # Approvals
    nothing_waits: str
    waiting: str
    request_of: str
    units: str
    allow: str
    deny: str
    allow_client: str
    more_waiting: str
    # Recording
    pause_recording: str
    resume_recording: str
    record_bodies: str
    stop_bodies: str
    bodies_paused: str
    # Limits and the rest
    one_more_hour: str
    limit_not_reached: str
    limit_lifted: str
    autostart: str
    autostart_impossible: str
    quit: str
    # Notifications: title, text
    notice_signed_out: tuple[str, str]
    notice_quota: tuple[str, str]
    notice_limit: tuple[str, str]
    notice_port: tuple[str, str]
    notice_crashed: tuple[str, str]
    notice_approval: tuple[str, str]
    notice_copy_failed: tuple[str, str]
    notice_no_window: tuple[str, str]
    # Dates
    months: tuple[str, ...]
    date: str

    def day(self, when: datetime) -> str:
        """A date without the year, in local time."""
        local = when.astimezone()
        return self.date.format(day=local.day, month=self.months[local.month - 1])

    def time(self, when: datetime) -> str:
        """A time of day, in local time."""
        return when.astimezone().strftime("%H:%M")


ENGLISH = Wording(
    language="en",
    running="● Running – {address}",
    stopped="○ Stopped",
    starting="○ Starting…",
    stopping="● Stopping, {count} still running…",
    crashed="▲ The proxy ended unexpectedly",
    signed_out="◌ Signed out – {address}",
    demo="● Demo – {address}",
    limit_reached="◌ Today's limit is reached",
    percent_left="{percent} % left",
    lasts_until="{percent} % left, lasts until {date}",
    resets="{percent} % left, resets on {date}",
    unlimited="Quota: unlimited",
    quota_unknown="Quota: not known yet",
    troubles={
        "port_in_use": "The port is in use",
        "crashed": "The proxy ended unexpectedly",
        "offline": "Can't reach GitHub",
        "certificate": "Can't reach GitHub – certificate",
        "no_seat": "This account has no Copilot seat",
        "keyring": "The keyring can't be used",
        "settings": "The settings have a mistake",
        "disk": "The disk is full or read-only",
        "history": "The history has a problem",
    },
    trouble="▲ {what}",
    all_well="Nothing needs attention",
    newer="Version {version} is there – what changed",
    what_to_do="What to do…",
    start_on_port="Start on port {port} instead",
    sign_in="Sign in…",
    enter_code="Sign in: enter {code} on GitHub…",
    start="Start proxy",
    stop="Stop proxy",
    restart="Restart proxy",
    open_dashboard="Open dashboard",
    requests="Requests",
    usage="Usage",
    usage_left="Usage ({percent} % left)",
    copy_url="Copy base URL",
    copy_url_stopped="Copy base URL – start the proxy first",
    settings="Settings…",
    connect="Connect",
    more_clients="More clients…",
    client_state={
        "elsewhere": "{title} (connected elsewhere)",
        "not found": "{title} (not found)",
        "unreadable": "{title} (its settings can't be read)",
    },
    client_reason="{title} – {reason}",
    account="Account: {login}",
    account_none="Account: signed out",
    this_run_only="{login} (until you quit)",
    sign_in_another="Sign in to another…",
    sign_out="Sign out {login}",
    sign_out_nobody="Sign out – nobody is signed in",
    nothing_waits="No request waits for approval",
    waiting="Waiting for approval ({count})",
    request_of="{client}: {model}, {size}",
    units=", about {units} units",
    allow="Allow",
    deny="Deny",
    allow_client="Allow {client} for an hour",
    more_waiting="{count} more in the dashboard…",
    pause_recording="Pause recording",
    resume_recording="Resume recording",
    record_bodies="Record bodies for an hour",
    stop_bodies="Stop recording bodies (until {time})",
    bodies_paused="Record bodies – recording is paused",
    one_more_hour="Allow one more hour",
    limit_not_reached="Allow one more hour – limit not reached",
    limit_lifted="Limit lifted until {time}",
    autostart="Start at login",
    autostart_impossible="Start at login – not possible here",
    quit="Quit Jumpseat",
    notice_signed_out=(
        "Signed out of GitHub",
        "The sign-in of {login} has expired. The menu has Sign in.",
    ),
    notice_quota=("{percent} % of the quota left", "{outlook} Usage shows what it went to."),
    notice_limit=(
        "Today's limit is reached",
        "New requests are refused until tomorrow. The menu can allow one more hour.",
    ),
    notice_port=(
        "The proxy did not start",
        "{reason} Port {offer} is free: see the menu, What to do.",
    ),
    notice_crashed=("The proxy ended unexpectedly", "{reason} Choose Restart proxy in the menu."),
    notice_approval=(
        "{client} asks to send a request",
        "{model}, {size}{units}. Allow or deny it from the menu or the window by {time}.",
    ),
    notice_copy_failed=("Could not copy", "No clipboard can be used here. The base URL is {url}"),
    notice_no_window=("The dashboard is in your browser", "{url} {reason}"),
    months=("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    date="{day} {month}",
)

CHINESE = Wording(
    language="zh-CN",
    running="● 运行中 – {address}",
    stopped="○ 已停止",
    starting="○ 正在启动…",
    stopping="● 正在停止，还有 {count} 个请求…",
    crashed="▲ 代理意外退出",
    signed_out="◌ 未登录 – {address}",
    demo="● 演示 – {address}",
    limit_reached="◌ 已达到今日限额",
    percent_left="剩余 {percent}%",
    lasts_until="剩余 {percent}%，可用到 {date}",
    resets="剩余 {percent}%，{date} 重置",
    unlimited="额度：不限",
    quota_unknown="额度：尚未获知",
    troubles={
        "port_in_use": "端口被占用",
        "crashed": "代理意外退出",
        "offline": "无法连接 GitHub",
        "certificate": "无法连接 GitHub – 证书问题",
        "no_seat": "此账户没有 Copilot 席位",
        "keyring": "无法使用系统密钥环",
        "settings": "设置有误",
        "disk": "磁盘已满或只读",
        "history": "历史记录有问题",
    },
    trouble="▲ {what}",
    all_well="一切正常",
    newer="已有新版本 {version} – 查看变化",
    what_to_do="如何处理…",
    start_on_port="改用端口 {port} 启动",
    sign_in="登录…",
    enter_code="登录：在 GitHub 输入 {code}…",
    start="启动代理",
    stop="停止代理",
    restart="重新启动代理",
    open_dashboard="打开面板",
    requests="请求记录",
    usage="用量",
    usage_left="用量（剩余 {percent}%）",
    copy_url="复制基础 URL",
    copy_url_stopped="复制基础 URL – 请先启动代理",
    settings="设置…",
    connect="连接工具",
    more_clients="更多工具…",
    client_state={
        "elsewhere": "{title}（已连接到别处）",
        "not found": "{title}（未找到）",
        "unreadable": "{title}（无法读取其设置）",
    },
    client_reason="{title} – {reason}",
    account="账户：{login}",
    account_none="账户：未登录",
    this_run_only="{login}（退出前有效）",
    sign_in_another="登录其他账户…",
    sign_out="退出登录 {login}",
    sign_out_nobody="退出登录 – 尚未登录",
    nothing_waits="没有等待批准的请求",
    waiting="等待批准的请求（{count}）",
    request_of="{client}：{model}，{size}",
    units="，约 {units} 单位",
    allow="允许",
    deny="拒绝",
    allow_client="一小时内允许 {client}",
    more_waiting="面板中还有 {count} 个…",
    pause_recording="暂停记录",
    resume_recording="恢复记录",
    record_bodies="记录请求内容一小时",
    stop_bodies="停止记录请求内容（到 {time}）",
    bodies_paused="记录请求内容 – 记录已暂停",
    one_more_hour="再允许一小时",
    limit_not_reached="再允许一小时 – 未达到限额",
    limit_lifted="限额已放宽到 {time}",
    autostart="登录时启动",
    autostart_impossible="登录时启动 – 此处不可用",
    quit="退出 Jumpseat",
    notice_signed_out=("GitHub 登录已失效", "{login} 的登录已过期，请从菜单重新登录。"),
    notice_quota=("额度剩余 {percent}%", "{outlook}用量页面显示额度的去向。"),
    notice_limit=("已达到今日限额", "明天之前新的请求会被拒绝。可从菜单再允许一小时。"),
    notice_port=(
        "代理未能启动",
        "{reason}端口 {offer} 空闲，见菜单中的“如何处理”。",
    ),
    notice_crashed=("代理意外退出", "{reason}请在菜单中选择“重新启动代理”。"),
    notice_approval=(
        "{client} 请求发送",
        "{model}，{size}{units}。请在 {time} 前从菜单或窗口允许或拒绝。",
    ),
    notice_copy_failed=("无法复制", "此处没有可用的剪贴板。基础 URL 是 {url}"),
    notice_no_window=("面板已在浏览器中打开", "{url} {reason}"),
    months=tuple(str(month) for month in range(1, 13)),
    date="{month}月{day}日",
)


def wording(language: str, system: str) -> Wording:
    """The texts for the setting `desktop.language`; `system` is the system's language, as `zh_CN.UTF-8`."""
    wanted = system if language == "system" else language
    return CHINESE if wanted.lower().startswith("zh") else ENGLISH
