// What each setting is called, and its help in Chinese; the English help comes with the setting itself.
import type { Language } from '../../texts';
import type { SettingKey } from '../../types';

interface Words {
  en: string;
  zh: string;
  help: string; // in Chinese
  unit?: Unit;
}

type Unit = 'MB' | 's' | 'days' | 'hours' | '%';

/** `section.name` → words. `tests/web/test_ui_words.py` holds it against the settings themselves. */
export const SETTING_WORDS: Record<string, Words> = {
  'server.host': { en: 'Address', zh: '监听地址', help: '监听的地址；除回环地址外都需要 API 密钥' },
  'server.port': { en: 'Port', zh: '端口', help: '监听的端口；0 表示自动选取空闲端口' },
  'server.ollama_port': { en: 'Ollama port', zh: 'Ollama 端口', help: '另外监听一个提供 Ollama API 的端口；0 表示不监听' },
  'server.api_keys': { en: 'API keys', zh: 'API 密钥', help: '客户端必须发送的密钥；留空则在本机开放' },
  'server.allowed_hosts': { en: 'Further host names', zh: '额外的主机名', help: 'Host 头还可以使用的名称' },
  'server.allowed_origins': { en: 'Allowed web origins', zh: '允许的网页来源', help: '可以调用的网页来源，例如 https://example.org' },
  'server.max_body_mb': { en: 'Largest request', zh: '最大请求体', help: '请求体的上限，单位为兆字节', unit: 'MB' },
  'server.metrics': { en: 'Metrics', zh: '指标', help: '提供 /metrics' },
  'copilot.account_type': { en: 'Plan', zh: '套餐类型', help: '仅在令牌未指明主机时用于选择主机' },
  'copilot.github_url': { en: 'GitHub', zh: 'GitHub 地址', help: '登录所用的地址；https://租户.ghe.com 会一并改变其余地址' },
  'copilot.github_api_url': { en: 'GitHub API', zh: 'GitHub API 地址', help: 'GitHub 的 API' },
  'copilot.api_url': { en: 'Copilot API', zh: 'Copilot API 地址', help: 'Copilot 的主机；留空则使用令牌响应给出的主机' },
  'copilot.client_id': { en: 'Client id', zh: '客户端 ID', help: '设备登录流程所用的 OAuth 应用' },
  'copilot.editor_version': { en: 'Editor version', zh: '编辑器版本', help: 'Editor-Version 头；与后面三项配套' },
  'copilot.plugin_version': { en: 'Plugin version', zh: '插件版本', help: 'Editor-Plugin-Version 头' },
  'copilot.integration_id': { en: 'Integration id', zh: '集成 ID', help: 'Copilot-Integration-Id 头' },
  'copilot.api_version': { en: 'API version', zh: 'API 版本', help: '数据接口的 X-GitHub-Api-Version 头' },
  'copilot.connect_timeout_seconds': { en: 'Connection timeout', zh: '连接超时', help: '等待建立连接的最长时间', unit: 's' },
  'copilot.read_timeout_seconds': { en: 'Longest silence', zh: '最长静默', help: 'Copilot 保持沉默的最长时间，0 表示不限', unit: 's' },
  'copilot.max_connection_retries': { en: 'Retries', zh: '重试次数', help: '在首个字节之前失败后的重试次数' },
  'copilot.use_system_proxy': { en: 'System proxy', zh: '系统代理', help: '使用系统的代理设置' },
  'models.exact': { en: 'Exact names', zh: '完整名称', help: '请求的完整名称 = 实际使用的模型' },
  'models.prefix': { en: 'Beginnings of names', zh: '名称前缀', help: '请求名称的开头 = 实际使用的模型；最长者优先' },
  'models.reasoning_effort': { en: 'Reasoning effort', zh: '推理强度', help: '模型 = 客户端未指定时的推理强度' },
  'models.extra_prompts': { en: 'Extra prompts', zh: '附加提示', help: '模型 = 加入其系统提示的文字' },
  'models.small_model': { en: 'Small model', zh: '小模型', help: '客户端后台调用所用的模型；留空则按请求' },
  'models.web_search_model': { en: 'Web search model', zh: '网页搜索模型', help: '执行 Claude Code 与 Gemini CLI 网页搜索的模型，或 auto；留空则由所请求的模型执行' },
  'filters.system_prompt_remove': { en: 'Cut from system prompts', zh: '从系统提示中删去', help: '从系统提示中删去的文字' },
  'filters.system_prompt_add': { en: 'Add to system prompts', zh: '加入系统提示', help: '加入系统提示的文字' },
  'filters.tool_result_suffix_remove': { en: 'Cut from tool results', zh: '从工具结果末尾删去', help: '从工具结果末尾删去的文字' },
  'anthropic.native_messages': { en: 'Native Messages', zh: '原生 Messages', help: '模型支持时使用 Copilot 自己的 Messages 接口' },
  'anthropic.extend_cache_ttl': { en: 'One-hour cache', zh: '一小时缓存', help: '请求一小时的提示缓存；写入费用更高' },
  'responses.web_search': { en: 'Web search', zh: '网页搜索', help: '原样传递网页搜索工具；关闭则去除' },
  'responses.function_apply_patch': { en: 'apply_patch as a function', zh: '函数形式的 apply_patch', help: '将 Codex 的 apply_patch 作为函数发送并还原' },
  'limits.rate_limit_seconds': { en: 'Time between requests', zh: '请求间隔', help: '两个请求之间的最短时间，0 表示不限', unit: 's' },
  'limits.rate_limit_wait': { en: 'Wait instead of refusing', zh: '等待而非拒绝', help: '等待，而不是拒绝' },
  'limits.manual_approval': { en: 'Ask before each request', zh: '逐个批准', help: '每个请求前在桌面上询问；无人可问时拒绝' },
  'limits.daily_quota_percent': { en: 'Daily share of the quota', zh: '每日配额份额', help: '一天可以使用的配额份额，0 表示不限', unit: '%' },
  'history.enabled': { en: 'Keep a history', zh: '保留历史', help: '保留每个请求的记录' },
  'history.retention_days': { en: 'Keep for', zh: '保留时间', help: '记录保留的天数', unit: 'days' },
  'history.max_requests': { en: 'Most requests', zh: '最多记录数', help: '最多保留的记录数' },
  'history.capture_bodies': { en: 'Record bodies', zh: '记录正文', help: '在一段时间内保存请求与回答的正文' },
  'history.capture_hours': { en: 'Record for', zh: '记录时长', help: '多少小时后记录自动关闭', unit: 'hours' },
  'history.otlp_endpoint': { en: 'Trace collector', zh: '追踪收集器', help: '接收每个请求一条跨度（不含正文）的 OpenTelemetry 收集器；留空则不发送' },
  'history.otlp_headers': { en: 'Headers for the collector', zh: '收集器的请求头', help: '发给收集器的请求头，例如 Authorization: Bearer TOKEN' },
  'desktop.start_proxy': { en: 'Start the proxy too', zh: '同时启动代理', help: '随应用一起启动代理' },
  'desktop.autostart': { en: 'Start at login', zh: '登录时启动', help: '登录系统时启动 Jumpseat' },
  'desktop.notifications': { en: 'Notifications', zh: '通知', help: '显示通知' },
  'desktop.quota_alerts': { en: 'Quota alerts', zh: '配额提醒', help: '剩余多少百分比时提醒' },
  'desktop.theme': { en: 'Look', zh: '外观', help: '窗口的外观' },
  'desktop.language': { en: 'Language', zh: '语言', help: '窗口的语言' },
  'desktop.update_feed': { en: 'Release feed', zh: '版本发布源', help: '每天询问一次是否有新版本的 GitHub 发布地址；留空则从不询问' },
};

export const labelOf = (setting: SettingKey, language: Language): string => {
  const words = SETTING_WORDS[setting.key];
  return words ? words[language === 'en' ? 'en' : 'zh'] : setting.name.replaceAll('_', ' ');
};

export const helpOf = (setting: SettingKey, language: Language): string =>
  (language === 'en' ? undefined : SETTING_WORDS[setting.key]?.help) ?? setting.help;

const UNITS: Record<Unit, [string, string]> = {
  MB: ['MB', 'MB'],
  s: ['seconds', '秒'],
  days: ['days', '天'],
  hours: ['hours', '小时'],
  '%': ['%', '%'],
};

export function unitOf(setting: SettingKey, language: Language): string {
  const unit = SETTING_WORDS[setting.key]?.unit;
  return unit ? UNITS[unit][language === 'en' ? 0 : 1] : '';
}
